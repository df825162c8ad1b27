//! Errors of a control plane.

use std::{error::Error, fmt, time::Duration};

use jiff::Timestamp;

use crate::{
    diagnosis::{Cure, Diagnose, Diagnosis, ExitCode, Hint, Selection},
    model::{InvalidId, Malformed, ResourceId},
};

/// A request that a control plane did not fulfil, by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// The resource has changed since the caller read it.
    #[error("another client has changed `{0}` in the meantime")]
    Conflict(ResourceId),
    /// The resource has changed since the caller read it, perhaps by the caller's own change: it was sent again because
    /// the answer to an earlier attempt was lost.
    #[error("`{0}` has changed, perhaps by an earlier attempt of the same request whose answer was lost")]
    ConflictAfterLostAnswer(ResourceId),
    /// The resource, or its parent, does not exist.
    #[error("`{0}` does not exist")]
    NotFound(ResourceId),
    /// The control plane refuses the request; the message is its own.
    #[error("the control plane rejected the request for `{id}`: {code}: {message}")]
    Rejected {
        /// The resource of the request.
        id: ResourceId,
        /// The control plane's code, such as `ValidationError`.
        code: String,
        /// The control plane's message, verbatim.
        message: String,
        /// The next step, if one is known.
        hint: Option<Hint>,
    },
    /// The control plane does not know the caller.
    #[error(transparent)]
    NotAuthenticated(Failure),
    /// The caller lacks the permission.
    #[error(transparent)]
    NotAuthorized(Failure),
    /// The control plane asks for fewer requests.
    #[error(transparent)]
    Throttled(Failure),
    /// The control plane does not answer, or not in time, or with something that is not a valid answer.
    #[error(transparent)]
    Unavailable(Failure),
    /// The answer of the control plane does not show whether a resource exists.
    #[error(transparent)]
    Undetermined(Failure),
    /// A change was accepted, but then failed, or its outcome is unknown.
    #[error(transparent)]
    Unfinished(Failure),
    /// A resource of a model does not have the fields that its type requires: the file is damaged, and running the
    /// command again does not repair it. For such an answer over HTTP, see [`Undetermined`](Self::Undetermined).
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The control plane could not be read or written.
    #[error(transparent)]
    Storage(Failure),
}

/// The error of an implementation, with its diagnosis.
#[derive(Debug)]
pub struct Failure(Box<dyn Diagnose>);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

impl Failure {
    /// Wraps an error and its diagnosis.
    pub fn new(error: impl Diagnose) -> Self {
        Self(Box::new(error))
    }
}

impl ProviderError {
    /// Wraps an implementation's own error, which keeps its diagnosis.
    pub fn storage(error: impl Diagnose) -> Self {
        Self::Storage(Failure::new(error))
    }

    /// Returns the error for an answer with a resource that lacks the fields that its type requires.
    pub(super) fn unusable_answer(error: Malformed) -> Self {
        Self::Undetermined(Failure::new(UnusableAnswer(error)))
    }
}

/// An answer with a resource that lacks the fields that its type requires.
#[derive(Debug, thiserror::Error)]
#[error("the control plane returned a resource that is not valid")]
struct UnusableAnswer(#[source] Malformed);

impl Diagnose for UnusableAnswer {
    fn diagnosis(&self) -> Diagnosis {
        Diagnosis::new(ExitCode::Unavailable)
            .hint("run the command again; if it fails again, check the resource in the Azure portal")
    }
}

/// Answers that do not show what was asked, such as two that cannot both be true: one may be older than the last change.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Inconclusive(String);

impl Diagnose for Inconclusive {
    fn diagnosis(&self) -> Diagnosis {
        Diagnosis::new(ExitCode::Unavailable).hint(
            "run the command again in a minute; if it fails again, check the resource in the Azure portal",
        )
    }
}

impl ProviderError {
    /// Returns the error for answers that do not show what was asked, with the reason.
    pub(crate) fn undetermined(why: String) -> Self {
        Self::Undetermined(Failure::new(Inconclusive(why)))
    }

    /// Whether the control plane answered that it did not carry out the request. If this is false, the change may have
    /// been carried out.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        match self {
            Self::Conflict(_)
            | Self::NotFound(_)
            | Self::Rejected { .. }
            | Self::NotAuthenticated(_)
            | Self::NotAuthorized(_)
            | Self::Throttled(_) => true,
            Self::Malformed(_) | Self::Unfinished(_) | Self::ConflictAfterLostAnswer(_) => false,
            Self::Unavailable(error) | Self::Undetermined(error) | Self::Storage(error) => {
                error.0.is_answered()
            }
        }
    }
}

impl From<InvalidId> for ProviderError {
    fn from(error: InvalidId) -> Self {
        Self::Malformed(error.into())
    }
}

/// Returns the hint for a resource that is not there: the command that prints the state of the link.
pub(super) fn see_status() -> Hint {
    Hint::run(Cure::Status, Selection::default()).then(" to see what is there")
}

impl Diagnose for ProviderError {
    fn diagnosis(&self) -> Diagnosis {
        match self {
            Self::Conflict(_) | Self::ConflictAfterLostAnswer(_) => Diagnosis::new(ExitCode::Unavailable)
                .hint("run the command again: it starts from the current state"),
            Self::NotFound(_) => Diagnosis::new(ExitCode::Refused).hint(see_status()),
            Self::Rejected { hint, .. } => Diagnosis { exit: ExitCode::Refused, hint: hint.clone() },
            Self::Malformed(_) => Diagnosis::new(ExitCode::Unexpected)
                .hint("correct the resource in Azure or in the model, then run the command again"),
            Self::NotAuthenticated(error)
            | Self::NotAuthorized(error)
            | Self::Throttled(error)
            | Self::Unavailable(error)
            | Self::Undetermined(error)
            | Self::Unfinished(error)
            | Self::Storage(error) => error.0.diagnosis(),
        }
    }

    fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        match self {
            Self::Throttled(error)
            | Self::Unavailable(error)
            | Self::Undetermined(error)
            | Self::Unfinished(error) => error.0.retry_after(now),
            Self::Conflict(_)
            | Self::ConflictAfterLostAnswer(_)
            | Self::NotFound(_)
            | Self::Rejected { .. }
            | Self::NotAuthenticated(_)
            | Self::NotAuthorized(_)
            | Self::Malformed(_)
            | Self::Storage(_) => None,
        }
    }

    fn is_answered(&self) -> bool {
        Self::is_answered(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_not_retried_and_an_answer_that_cannot_be_used_is() {
        let damaged = ProviderError::Malformed(Malformed::NoId);
        assert_eq!(damaged.diagnosis().exit, ExitCode::Unexpected);
        let answer = ProviderError::unusable_answer(Malformed::NoId);
        assert!(matches!(answer, ProviderError::Undetermined(_)));
        assert_eq!(answer.diagnosis().exit, ExitCode::Unavailable);
        for error in [damaged, answer] {
            assert!(error.diagnosis().hint.is_some() && !error.is_answered());
        }
    }
}
