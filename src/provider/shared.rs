//! A failure that many callers receive.

use std::{error::Error, fmt, sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{Failure, ProviderError};
use crate::diagnosis::{Diagnose, Diagnosis, ExitCode};

/// One failure, for every caller that waited for the same request or was in the same transaction.
#[derive(Clone, Debug)]
pub struct Shared(Arc<ProviderError>);

impl From<ProviderError> for Shared {
    fn from(error: ProviderError) -> Self {
        Self(Arc::new(error))
    }
}

impl From<Shared> for ProviderError {
    fn from(shared: Shared) -> Self {
        if let Self::Undetermined(_) = *shared.0 {
            return Self::Undetermined(Failure::new(shared));
        }
        match shared.diagnosis().exit {
            ExitCode::NotAuthorized => Self::NotAuthorized(Failure::new(shared)),
            ExitCode::Success
            | ExitCode::Unexpected
            | ExitCode::Usage
            | ExitCode::Changes
            | ExitCode::Refused
            | ExitCode::Unavailable
            | ExitCode::Partial
            | ExitCode::NotVerified
            | ExitCode::Interrupted => Self::Unavailable(Failure::new(shared)),
        }
    }
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

    fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        self.0.retry_after(now)
    }

    fn is_answered(&self) -> bool {
        self.0.is_answered()
    }
}
