//! Errors in the communication with Azure Resource Manager.

use std::time::Duration;

use jiff::Timestamp;

use super::{ArmFailure, CredentialError, FailureKind, ForeignAddress};
use crate::{
    diagnosis::{Diagnose, Diagnosis, ExitCode},
    model::ResourceId,
    provider::{ProviderError, see_status},
};

/// A request that Azure Resource Manager did not fulfil.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArmError {
    /// Azure answered with a failure.
    #[error("{}", refused(.what, .failure))]
    Refused {
        /// The request, as the object of a sentence.
        what: String,
        /// The answer.
        failure: Box<ArmFailure>,
    },
    /// A long-running operation failed or was cancelled.
    #[error("{what} was accepted, but ended with the state {state}: {failure}")]
    Operation {
        /// The request, as the object of a sentence.
        what: String,
        /// The final state of the operation.
        state: String,
        /// The error of the operation.
        failure: Box<ArmFailure>,
    },
    /// A change was accepted, but its outcome is unknown.
    #[error("{what} was accepted, but its result is not known")]
    Unfinished {
        /// The request, as the object of a sentence.
        what: String,
        /// Why the outcome is unknown.
        #[source]
        source: Box<ArmError>,
    },
    /// A change was sent again because an answer was lost, and then refused.
    #[error("the answer to an earlier attempt was lost, and the change may have been carried out")]
    AfterLostAnswer {
        /// The refusal of the last attempt.
        #[source]
        source: Box<ArmError>,
    },
    /// The connection failed or broke.
    #[error("could not reach {origin} for {what}: {problem}")]
    Unreachable {
        /// Scheme and host.
        origin: String,
        /// The request, as the object of a sentence.
        what: String,
        /// The problem.
        problem: String,
    },
    /// One request took too long.
    #[error("no complete answer within {} s to {what}", .after.as_secs())]
    Silent {
        /// The request, as the object of a sentence.
        what: String,
        /// How long the program waited.
        after: Duration,
    },
    /// The time limit of the command was reached.
    #[error("the time limit of {} s was reached while waiting for {what}", .limit.as_secs())]
    TimeOver {
        /// The request or operation that was waited for, as the object of a sentence.
        what: String,
        /// The time limit of the command.
        limit: Duration,
    },
    /// The answer asks for a longer wait than the command has time for.
    #[error(
        "Azure asks the client to wait {} s before {what} can continue, but the time limit of the command is \
         reached in {} s", .asked.as_secs(), .left.as_secs()
    )]
    TooLong {
        /// The request or operation that was waited for, as the object of a sentence.
        what: String,
        /// How long Azure asks to wait.
        asked: Duration,
        /// The remaining time of the command.
        left: Duration,
    },
    /// The server's certificate is not trusted.
    #[error("the certificate of {origin} is not trusted: {problem}")]
    Untrusted {
        /// Scheme and host.
        origin: String,
        /// The problem with the certificate.
        problem: String,
        /// Where the trusted certificates come from, and how to use different ones.
        store: String,
    },
    /// There are no certificates to verify servers with.
    #[error("no certificate authorities are available: {problem}")]
    NoCertificates {
        /// The problem.
        problem: String,
        /// Where the certificates should come from, and how to use different ones.
        store: String,
    },
    /// The proxy blocks the request.
    #[error("could not reach {origin} through the proxy {proxy} (from {variable}): {problem}")]
    Proxy {
        /// Scheme and host.
        origin: String,
        /// Host and port of the proxy.
        proxy: String,
        /// The environment variable that names the proxy.
        variable: &'static str,
        /// The problem.
        problem: String,
        /// Whether the proxy requires a user name and a password.
        login: bool,
    },
    /// An answer that cannot be used.
    #[error("the answer to {what} {problem}")]
    Unusable {
        /// The request, as the object of a sentence.
        what: String,
        /// The problem with the answer.
        problem: String,
    },
    /// A compressed answer, although the request accepts none.
    #[error("the answer to {what} is compressed ({coding}), and the request accepts no compression")]
    Compressed {
        /// The request, as the object of a sentence.
        what: String,
        /// The compression, as the answer names it.
        coding: String,
        /// The host that was asked.
        host: String,
    },
    /// An answer that links to an address that must not receive the token.
    #[error("the link in the answer to {what} was not followed")]
    Foreign {
        /// The request, as the object of a sentence.
        what: String,
        /// The address.
        #[source]
        source: ForeignAddress,
    },
    /// There is no token.
    #[error(transparent)]
    Credential(#[from] CredentialError),
}

/// A change that was carried out, but whose resource could not be read afterwards.
#[derive(Debug, thiserror::Error)]
#[error("{what} was accepted, but the resource could not be read afterwards")]
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

/// Returns the message for a failure. If the failure does not show whether a resource exists, the message says so.
fn refused(what: &str, failure: &ArmFailure) -> String {
    if let FailureKind::Undetermined(_) = failure.kind() {
        format!("the answer to {what} does not prove that the resource does not exist: {failure}")
    } else {
        format!("Azure rejected {what}: {failure}")
    }
}

impl ArmError {
    /// Returns the kind of failure, if Azure answered.
    #[must_use]
    pub fn kind(&self) -> Option<&FailureKind> {
        self.refusal().map(ArmFailure::kind)
    }

    /// Returns Azure's answer to the request itself, if there was one.
    pub(super) fn refusal(&self) -> Option<&ArmFailure> {
        match self {
            Self::Refused { failure, .. } => Some(failure),
            Self::AfterLostAnswer { source } => source.refusal(),
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
            | Self::Compressed { .. }
            | Self::Foreign { .. }
            | Self::Credential(_) => None,
        }
    }

    /// Whether the answer proves that a resource does not exist.
    #[must_use]
    pub fn is_absence_of(&self, id: &ResourceId) -> bool {
        self.refusal().is_some_and(|failure| failure.is_absence_of(id))
    }

    /// Returns the status of Azure's answer to the request itself, if there was one.
    pub(super) fn status(&self) -> Option<u16> {
        self.refusal().map(|failure| failure.status().as_u16())
    }

    /// Returns the resource group that Resource Manager reports as missing, if any.
    pub(super) fn missing_group(&self) -> Option<&str> {
        self.refusal().and_then(ArmFailure::missing_group)
    }
}

impl Diagnose for ArmError {
    fn diagnosis(&self) -> Diagnosis {
        let again = Diagnosis::new(ExitCode::Unavailable);
        match self {
            Self::Refused { failure, .. } => match failure.diagnosis() {
                // The caller expects absence in another form, so this answer is about a different resource from the
                // requested one.
                Diagnosis { .. } if *failure.kind() == FailureKind::NotFound => {
                    again.hint(see_status())
                }
                diagnosis => diagnosis,
            },
            Self::Operation { failure, .. } => Diagnosis {
                exit: ExitCode::Partial,
                hint: failure.hint().or_else(|| {
                    Some(
                        "run the same command again; if it fails again, check the resource in the Azure \
                         portal"
                            .into(),
                    )
                }),
            },
            Self::Unfinished { source, .. } => {
                let hint = source.diagnosis().hint.filter(|_| source.diagnosis().exit != ExitCode::Unavailable);
                let again = "run the same command again: it continues from what is there; `--timeout` gives it more time";
                Diagnosis { exit: ExitCode::Partial, hint: Some(hint.unwrap_or_else(|| again.into())) }
            }
            Self::AfterLostAnswer { source } => Diagnosis { exit: ExitCode::Partial, ..source.diagnosis() },
            Self::Unreachable { .. } => {
                again.hint("check the network, the proxy and the endpoint, then run the command again")
            }
            Self::Silent { .. } => again.hint("run the same command again"),
            Self::TimeOver { .. } => again.hint(
                "run the same command again: it continues from the current state; increase the time limit \
                 with `--timeout`",
            ),
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
            Self::Compressed { host, .. } => again.hint(format!(
                "a proxy in between compresses answers: exempt {host} from that, or reach it without the proxy, with NO_PROXY={host}"
            )),
            Self::Foreign { .. } => again.hint(
                "the token was not sent to that host; check the endpoint, and whether a proxy changes the \
                 answers of Azure",
            ),
            Self::Credential(error) => error.diagnosis(),
        }
    }

    fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        match self {
            Self::Refused { failure, .. } | Self::Operation { failure, .. } => failure.retry_after_from(now),
            Self::Unfinished { source, .. } | Self::AfterLostAnswer { source } => source.retry_after(now),
            Self::TooLong { asked, .. } => Some(*asked),
            Self::Unreachable { .. }
            | Self::Silent { .. }
            | Self::TimeOver { .. }
            | Self::Untrusted { .. }
            | Self::NoCertificates { .. }
            | Self::Proxy { .. }
            | Self::Unusable { .. }
            | Self::Compressed { .. }
            | Self::Foreign { .. }
            | Self::Credential(_) => None,
        }
    }

    fn is_answered(&self) -> bool {
        match self {
            // If a gateway server or proxy failed, the server behind it may have carried out the request.
            Self::Refused { failure, .. } => !super::http::asked::is_transient(failure.status()),
            // Without a token or a trusted connection, no request was sent.
            Self::Operation { .. }
            | Self::Credential(_)
            | Self::Untrusted { .. }
            | Self::NoCertificates { .. }
            | Self::Proxy { .. } => true,
            Self::Unfinished { .. }
            | Self::AfterLostAnswer { .. }
            | Self::TooLong { .. }
            | Self::Unreachable { .. }
            | Self::Silent { .. }
            | Self::TimeOver { .. }
            | Self::Unusable { .. }
            | Self::Compressed { .. }
            | Self::Foreign { .. } => false,
        }
    }
}
