//! A failure that many wait for.

use std::{error::Error, fmt, sync::Arc};

use crate::{
    diagnosis::{Diagnose, Diagnosis, ExitCode},
    provider::{Failure, ProviderError},
};

/// One failure, as it reaches everybody who waited for the same request.
#[derive(Clone, Debug)]
pub(super) struct Shared(Arc<ProviderError>);

/// A result whose failure can be told to many.
pub(super) fn shared<T>(result: Result<T, ProviderError>) -> Result<T, Shared> {
    result.map_err(|error| Shared(Arc::new(error)))
}

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Shared {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

impl Diagnose for Shared {
    fn diagnosis(&self) -> Diagnosis {
        self.0.diagnosis()
    }
}

impl From<Shared> for ProviderError {
    fn from(shared: Shared) -> Self {
        match shared.diagnosis().exit {
            ExitCode::NotAuthorized => Self::NotAuthorized(Failure::new(shared)),
            _ => Self::Unavailable(Failure::new(shared)),
        }
    }
}
