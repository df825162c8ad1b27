//! Checks that the site has taken the key before an older key is replaced.

use super::Hand;
use crate::{
    diagnosis::{Diagnose, Diagnosis, ExitCode},
    model::{LinkedBackend, ProvisioningState},
    provider::{Failure, ProviderError},
};

/// The linked backend was put, and Azure has not finished connecting it.
#[derive(Debug, thiserror::Error)]
#[error(
    "the linked backend `{name}` is in the state `{state}`, so the site may still send an older key; no key was changed"
)]
struct NotConnected {
    name: String,
    state: String,
}

impl Diagnose for NotConnected {
    fn diagnosis(&self) -> Diagnosis {
        Diagnosis::new(ExitCode::Partial).hint(
            "run the same command again; if it fails again, check the linked backend in the Azure portal",
        )
    }

    /// The step that changes a key was not sent.
    fn is_answered(&self) -> bool {
        true
    }
}

impl Hand<'_> {
    /// Checks that the linked backend that these steps have put is connected to the service.
    ///
    /// The answer to the PUT of a linked backend can be a success although the site did not take the key. A key may be
    /// replaced only if the site holds the other one.
    pub(super) async fn check_connected(&self) -> Result<(), ProviderError> {
        let Some(backend) = &self.connected else { return Ok(()) };
        let conflict = || ProviderError::Conflict((**backend).clone());
        let found = self.plane.get(backend).await?.ok_or_else(conflict)?;
        let view = LinkedBackend::read(&found.value)?;
        if view.backend != *self.observed.target.service {
            return Err(conflict());
        }
        match view.provisioning {
            ProvisioningState::Succeeded => Ok(()),
            state @ (ProvisioningState::Pending(_)
            | ProvisioningState::Failed(_)
            | ProvisioningState::Other(_)) => {
                let (name, state) = (backend.name().to_owned(), state.as_str().to_owned());
                Err(ProviderError::Unavailable(Failure::new(NotConnected { name, state })))
            }
        }
    }
}
