//! What can go wrong between this program and Azure Resource Manager.

use std::time::Duration;

use jiff::Timestamp;

use super::{ArmFailure, CredentialError, FailureKind, ForeignAddress};
use crate::{
    diagnosis::{Diagnose, Diagnosis, ExitCode},
    model::ResourceId,
    provider::{Failure, ProviderError},
};

/// A request that Azure Resource Manager did not fulfil.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArmError {
    /// It answered with a failure.
    #[error("Azure refused {what}: {failure}")]
    Refused {
        /// What was asked of it.
        what: String,
        /// What it answered.
        failure: Box<ArmFailure>,
    },
    /// A long-running operation ended, and not well.
    #[error("{what} was accepted, and then ended as {state}: {failure}")]
    Operation {
        /// What was asked of it.
        what: String,
        /// The state that the operation ended in.
        state: String,
        /// What it said about that.
        failure: Box<ArmFailure>,
    },
    /// No connection, or one that broke.
    #[error("could not reach {origin} for {what}: {problem}")]
    Unreachable {
        /// Scheme and host.
        origin: String,
        /// What was asked of it.
        what: String,
        /// What happened.
        problem: String,
    },
    /// One request took too long.
    #[error("no whole answer within {} s to {what}", .after.as_secs())]
    Silent {
        /// What was asked.
        what: String,
        /// How long was waited.
        after: Duration,
    },
    /// The time of the whole command is over.
    #[error("the {} s that the command may take are over, waiting for {what}", .limit.as_secs())]
    TimeOver {
        /// What was waited for.
        what: String,
        /// The time that the command may take.
        limit: Duration,
    },
    /// An answer that cannot be used.
    #[error("the answer to {what} {problem}")]
    Unusable {
        /// What was asked.
        what: String,
        /// What is wrong with the answer.
        problem: String,
    },
    /// An answer that points to where the token must not go.
    #[error("the answer to {what} was not followed")]
    Foreign {
        /// What was asked.
        what: String,
        /// Where it points.
        #[source]
        source: ForeignAddress,
    },
    /// No token.
    #[error(transparent)]
    Credential(#[from] CredentialError),
}

impl ArmError {
    /// What Azure's answer is about, where there was one.
    #[must_use]
    pub fn kind(&self) -> Option<&FailureKind> {
        match self {
            Self::Refused { failure, .. } => Some(failure.kind()),
            Self::Operation { .. }
            | Self::Unreachable { .. }
            | Self::Silent { .. }
            | Self::TimeOver { .. }
            | Self::Unusable { .. }
            | Self::Foreign { .. }
            | Self::Credential(_) => None,
        }
    }

    /// Whether the answer is that there is nothing there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self.kind(), Some(FailureKind::NotFound))
    }

    /// The same, as the engine is to see it.
    pub(super) fn about(self, id: &ResourceId) -> ProviderError {
        if let Self::Refused { failure, .. } = &self {
            match failure.kind() {
                FailureKind::NotFound => return ProviderError::NotFound(id.clone()),
                FailureKind::Conflict => return ProviderError::Conflict(id.clone()),
                FailureKind::Throttled => return ProviderError::Throttled(Failure::new(self)),
                _ => {}
            }
        }
        let unknown = matches!(self.kind(), Some(FailureKind::NotAuthenticated { .. }));
        if unknown || matches!(self, Self::Credential(_)) {
            return ProviderError::NotAuthenticated(Failure::new(self));
        }
        match (self.diagnosis().exit, &self) {
            (ExitCode::NotAuthorized, _) => ProviderError::NotAuthorized(Failure::new(self)),
            (ExitCode::Refused, Self::Refused { failure, .. }) => ProviderError::Rejected {
                id: id.clone(),
                code: failure.code().to_owned(),
                message: failure.message_and_ids(),
                hint: failure.hint(),
            },
            _ => ProviderError::Unavailable(Failure::new(self)),
        }
    }
}

impl Diagnose for ArmError {
    fn diagnosis(&self) -> Diagnosis {
        let again = Diagnosis::new(ExitCode::Unavailable);
        match self {
            Self::Refused { failure, .. } => failure.diagnosis(),
            Self::Operation { failure, .. } => Diagnosis {
                exit: ExitCode::Unavailable,
                hint: failure.hint().or_else(|| {
                    Some("run the same command again; if it ends alike, look at the resource in the portal".into())
                }),
            },
            Self::Unreachable { .. } => again.hint("check the network, proxy and endpoint, then run it again"),
            Self::Silent { .. } => again.hint("run the same command again"),
            Self::TimeOver { .. } => {
                again.hint("run the same command again: it goes on from what is there; `--timeout` gives it more time")
            }
            Self::Unusable { .. } => again.hint("run it again; a proxy in between may have answered"),
            Self::Foreign { .. } => again.hint(
                "the token was sent nowhere; check the endpoint, and whether something stands between you and Azure",
            ),
            Self::Credential(error) => error.diagnosis(),
        }
    }

    fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        match self {
            Self::Refused { failure, .. } | Self::Operation { failure, .. } => failure.retry_after_from(now),
            Self::Unreachable { .. }
            | Self::Silent { .. }
            | Self::TimeOver { .. }
            | Self::Unusable { .. }
            | Self::Foreign { .. }
            | Self::Credential(_) => None,
        }
    }

    fn is_answered(&self) -> bool {
        match self {
            // What stands behind a server or a proxy that failed may have carried the request out.
            Self::Refused { failure, .. } => !matches!(failure.status().as_u16(), 500 | 502 | 504),
            Self::Operation { .. } | Self::Credential(_) => true,
            Self::Unreachable { .. }
            | Self::Silent { .. }
            | Self::TimeOver { .. }
            | Self::Unusable { .. }
            | Self::Foreign { .. } => false,
        }
    }
}
