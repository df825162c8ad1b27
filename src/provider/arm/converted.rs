//! Errors of the communication with Azure, in the form that the engine uses: what a caller can do, and not which request
//! failed.

use super::{ArmError, FailureKind};
use crate::{
    diagnosis::{Diagnose as _, ExitCode},
    model::ResourceId,
    provider::{Failure, ProviderError},
};

impl ArmError {
    /// Converts an error of a change that Azure had accepted: the change may have been carried out, even if a later
    /// request failed.
    pub(super) fn after_acceptance(self, what: &str) -> ProviderError {
        let error = match self {
            ended @ (Self::Operation { .. } | Self::Unfinished { .. }) => ended,
            source @ (Self::Refused { .. }
            | Self::AfterLostAnswer { .. }
            | Self::Unreachable { .. }
            | Self::Silent { .. }
            | Self::TimeOver { .. }
            | Self::TooLong { .. }
            | Self::Untrusted { .. }
            | Self::NoCertificates { .. }
            | Self::Proxy { .. }
            | Self::Unusable { .. }
            | Self::Compressed { .. }
            | Self::Foreign { .. }
            | Self::Credential(_)) => Self::Unfinished { what: what.to_owned(), source: Box::new(source) },
        };
        ProviderError::Unfinished(Failure::new(error))
    }

    /// Converts the error to the form that the engine uses.
    pub(super) fn about(self, id: &ResourceId) -> ProviderError {
        let is_after_lost_answer = matches!(self, Self::AfterLostAnswer { .. });
        match self.kind() {
            Some(FailureKind::NotFound) if self.is_absence_of(id) => ProviderError::NotFound(id.clone()),
            Some(FailureKind::Conflict) if is_after_lost_answer => {
                ProviderError::ConflictAfterLostAnswer(id.clone())
            }
            Some(_) | None if is_after_lost_answer => ProviderError::Unfinished(Failure::new(self)),
            Some(FailureKind::NotFound | FailureKind::Undetermined(_)) => {
                ProviderError::Undetermined(Failure::new(self))
            }
            Some(FailureKind::Conflict) => ProviderError::Conflict(id.clone()),
            Some(FailureKind::Throttled) => ProviderError::Throttled(Failure::new(self)),
            Some(FailureKind::NotAuthenticated { .. } | FailureKind::WrongTenant { .. }) => {
                ProviderError::NotAuthenticated(Failure::new(self))
            }
            None if matches!(self, Self::Credential(_)) => {
                ProviderError::NotAuthenticated(Failure::new(self))
            }
            Some(
                FailureKind::NotAuthorized { .. }
                | FailureKind::Denied
                | FailureKind::Policy { .. }
                | FailureKind::InProgress
                | FailureKind::ManagementFailed
                | FailureKind::Locked
                | FailureKind::ReadOnly
                | FailureKind::NotRegistered { .. }
                | FailureKind::InvalidSubscription
                | FailureKind::ProxyLogin
                | FailureKind::Unavailable
                | FailureKind::SecondBackend
                | FailureKind::BackendNotFound
                | FailureKind::NoRegion
                | FailureKind::Rejected,
            )
            | None => self.by_exit_code(id),
        }
    }

    /// Converts an error whose exit code says what a caller can do.
    fn by_exit_code(self, id: &ResourceId) -> ProviderError {
        match (self.diagnosis().exit, self.refusal()) {
            (ExitCode::NotAuthorized, _) => ProviderError::NotAuthorized(Failure::new(self)),
            (ExitCode::Refused, Some(failure)) => ProviderError::Rejected {
                id: id.clone(),
                code: failure.code().to_owned(),
                message: failure.message_and_ids(),
                hint: failure.hint(),
            },
            (ExitCode::Refused, None)
            | (
                ExitCode::Success
                | ExitCode::Unexpected
                | ExitCode::Usage
                | ExitCode::Changes
                | ExitCode::Unavailable
                | ExitCode::Partial
                | ExitCode::NotVerified
                | ExitCode::Interrupted,
                _,
            ) => ProviderError::Unavailable(Failure::new(self)),
        }
    }
}
