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
    #[error("{}", refused(.what, .failure))]
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
    /// A change was accepted, and how it ended is not known.
    #[error("{what} was accepted, and it is not known how it ended")]
    Unfinished {
        /// What was asked of it.
        what: String,
        /// Why it is not known.
        #[source]
        source: Box<ArmError>,
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
    /// The answer asks for a longer wait than the command may take.
    #[error(
        "Azure asks to wait {} s before {what} goes on, and the command has {} s left", .asked.as_secs(), .left.as_secs()
    )]
    TooLong {
        /// What was waited for.
        what: String,
        /// How long Azure asks to wait.
        asked: Duration,
        /// How long the command may still take.
        left: Duration,
    },
    /// The server's certificate is not trusted.
    #[error("the certificate of {origin} is not trusted: {problem}")]
    Untrusted {
        /// Scheme and host.
        origin: String,
        /// What is wrong with the certificate.
        problem: String,
        /// Where the trusted certificates come from, and how to give others.
        store: String,
    },
    /// There are no certificates to verify servers with.
    #[error("no certificate authority is trusted: {problem}")]
    NoCertificates {
        /// What went wrong.
        problem: String,
        /// Where the certificates should come from, and how to give others.
        store: String,
    },
    /// The proxy does not let the request through.
    #[error("could not reach {origin} by way of the proxy {proxy} (from {variable}): {problem}")]
    Proxy {
        /// Scheme and host.
        origin: String,
        /// Host and port of the proxy.
        proxy: String,
        /// The variable that names the proxy.
        variable: &'static str,
        /// What happened.
        problem: String,
        /// Whether the proxy asks for a user and a password.
        login: bool,
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

/// A change that was made, and whose resource could not be read after that.
#[derive(Debug, thiserror::Error)]
#[error("{what} was accepted, and the resource could not be read after that")]
pub(super) struct NotReadBack {
    pub(super) what: String,
    #[source]
    pub(super) source: ProviderError,
}

impl Diagnose for NotReadBack {
    fn diagnosis(&self) -> Diagnosis {
        Diagnosis { exit: ExitCode::Partial, ..self.source.diagnosis() }
    }
}

/// What a failure is told as. One that does not say whether a resource exists says so.
fn refused(what: &str, failure: &ArmFailure) -> String {
    match failure.kind() {
        FailureKind::Undetermined(_) => {
            format!("the answer to {what} does not prove that the resource is missing: {failure}")
        }
        _ => format!("Azure refused {what}: {failure}"),
    }
}

impl ArmError {
    /// What Azure's answer is about, where there was one.
    #[must_use]
    pub fn kind(&self) -> Option<&FailureKind> {
        self.refusal().map(ArmFailure::kind)
    }

    /// Azure's answer to the request itself, where there was one.
    fn refusal(&self) -> Option<&ArmFailure> {
        match self {
            Self::Refused { failure, .. } => Some(failure),
            Self::Operation { .. }
            | Self::Unfinished { .. }
            | Self::Unreachable { .. }
            | Self::Silent { .. }
            | Self::TimeOver { .. }
            | Self::TooLong { .. }
            | Self::Untrusted { .. }
            | Self::NoCertificates { .. }
            | Self::Proxy { .. }
            | Self::Unusable { .. }
            | Self::Foreign { .. }
            | Self::Credential(_) => None,
        }
    }

    /// Whether the answer proves that a resource does not exist.
    #[must_use]
    pub fn is_absence_of(&self, id: &ResourceId) -> bool {
        self.refusal().is_some_and(|failure| failure.is_absence_of(id))
    }

    /// The status of Azure's answer to the request itself, where there was one.
    pub(super) fn status(&self) -> Option<u16> {
        self.refusal().map(|failure| failure.status().as_u16())
    }

    /// The resource group that Resource Manager reports as missing, if it does.
    pub(super) fn missing_group(&self) -> Option<&str> {
        self.refusal().and_then(ArmFailure::missing_group)
    }

    /// The same, of a change that Azure has accepted: whatever happens after that, something may have changed.
    pub(super) fn after_acceptance(self, what: &str) -> ProviderError {
        let error = match self {
            ended @ (Self::Operation { .. } | Self::Unfinished { .. }) => ended,
            source => Self::Unfinished { what: what.to_owned(), source: Box::new(source) },
        };
        ProviderError::Unfinished(Failure::new(error))
    }

    /// The same, as the engine is to see it.
    pub(super) fn about(self, id: &ResourceId) -> ProviderError {
        match self.kind() {
            Some(FailureKind::NotFound) if self.is_absence_of(id) => {
                return ProviderError::NotFound(id.clone());
            }
            Some(FailureKind::NotFound | FailureKind::Undetermined(_)) => {
                return ProviderError::Undetermined(Failure::new(self));
            }
            Some(FailureKind::Conflict) => return ProviderError::Conflict(id.clone()),
            Some(FailureKind::Throttled) => return ProviderError::Throttled(Failure::new(self)),
            Some(FailureKind::NotAuthenticated { .. } | FailureKind::WrongTenant { .. }) => {
                return ProviderError::NotAuthenticated(Failure::new(self));
            }
            _ if matches!(self, Self::Credential(_)) => {
                return ProviderError::NotAuthenticated(Failure::new(self));
            }
            _ => {}
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
            Self::Refused { failure, .. } => match failure.diagnosis() {
                // The caller knows of absence in another form, so this is about another resource than the one asked for.
                Diagnosis { .. } if *failure.kind() == FailureKind::NotFound => {
                    again.hint("run `swa-apim status` to see what is there")
                }
                diagnosis => diagnosis,
            },
            Self::Operation { failure, .. } => Diagnosis {
                exit: ExitCode::Partial,
                hint: failure.hint().or_else(|| {
                    Some("run the same command again; if it ends alike, look at the resource in the portal".into())
                }),
            },
            Self::Unfinished { source, .. } => {
                let hint = source.diagnosis().hint.filter(|_| source.diagnosis().exit != ExitCode::Unavailable);
                let again = "run the same command again: it continues from what is there; `--timeout` gives it more time";
                Diagnosis { exit: ExitCode::Partial, hint: Some(hint.unwrap_or_else(|| again.to_owned())) }
            }
            Self::Unreachable { .. } => again.hint("check the network, proxy and endpoint, then run it again"),
            Self::Silent { .. } => again.hint("run the same command again"),
            Self::TimeOver { .. } => {
                again.hint("run the same command again: it goes on from what is there; `--timeout` gives it more time")
            }
            Self::TooLong { asked, .. } => again.hint(format!(
                "run the same command again in {} s, or with `--timeout {}s`",
                asked.as_secs(),
                asked.as_secs().saturating_add(60)
            )),
            Self::Untrusted { store, .. } | Self::NoCertificates { store, .. } => {
                Diagnosis::new(ExitCode::Usage).hint(store.as_str())
            }
            Self::Proxy { login: true, variable, .. } => Diagnosis::new(ExitCode::NotAuthorized)
                .hint(format!("give the user and the password of the proxy in {variable}: http://USER:PASSWORD@HOST:PORT")),
            Self::Proxy { variable, .. } => again.hint(format!(
                "correct {variable}, or name the host in NO_PROXY to reach it without a proxy"
            )),
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
            Self::Unfinished { source, .. } => source.retry_after(now),
            Self::TooLong { asked, .. } => Some(*asked),
            Self::Unreachable { .. }
            | Self::Silent { .. }
            | Self::TimeOver { .. }
            | Self::Untrusted { .. }
            | Self::NoCertificates { .. }
            | Self::Proxy { .. }
            | Self::Unusable { .. }
            | Self::Foreign { .. }
            | Self::Credential(_) => None,
        }
    }

    fn is_answered(&self) -> bool {
        match self {
            // What stands behind a server or a proxy that failed may have carried the request out.
            Self::Refused { failure, .. } => !matches!(failure.status().as_u16(), 500 | 502 | 504),
            // Without a token or a trusted connection, no request was sent.
            Self::Operation { .. }
            | Self::Credential(_)
            | Self::Untrusted { .. }
            | Self::NoCertificates { .. }
            | Self::Proxy { .. } => true,
            Self::Unfinished { .. }
            | Self::TooLong { .. }
            | Self::Unreachable { .. }
            | Self::Silent { .. }
            | Self::TimeOver { .. }
            | Self::Unusable { .. }
            | Self::Foreign { .. } => false,
        }
    }
}
