//! Why there is no token.

use super::{CredentialKind, UnknownKind};
use crate::diagnosis::{Diagnose, Diagnosis, ExitCode};

/// A credential that returned no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    pub(super) kind: CredentialKind,
    pub(super) problem: String,
}

impl Tried {
    /// Returns the kind of credential.
    #[must_use]
    pub fn kind(&self) -> CredentialKind {
        self.kind
    }

    /// Returns the reason why it returned no token.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// No credential returned a token.
    #[error("no credential returned a token{}", listed(.tried))]
    None {
        /// The credentials that were tried, and the result of each.
        tried: Vec<Tried>,
    },
    /// `SWA_APIM_ACCESS_TOKEN` holds a value that cannot be a token.
    #[error("`SWA_APIM_ACCESS_TOKEN` {problem}")]
    AccessToken {
        /// The problem with the value.
        problem: &'static str,
    },
    /// The certificates for TLS connections to an authority are unusable.
    #[error("the certificates of the operating system cannot be used: {problem}")]
    Certificates {
        /// The problem with the certificates.
        problem: String,
    },
    /// `SWA_APIM_CREDENTIAL` names an unknown kind of credential.
    #[error(transparent)]
    UnknownKind(#[from] UnknownKind),
    /// `SWA_APIM_CREDENTIAL` names a kind of credential that is not configured.
    #[error("the credential `{kind}` is not configured: {missing}")]
    NotConfigured {
        /// The kind.
        kind: CredentialKind,
        /// The settings that this kind needs.
        missing: &'static str,
    },
}

fn listed(tried: &[Tried]) -> String {
    let lines: Vec<String> =
        tried.iter().map(|Tried { kind, problem }| format!("\n{kind}: {problem}")).collect();
    lines.concat()
}

impl Diagnose for CredentialError {
    fn diagnosis(&self) -> Diagnosis {
        match self {
            Self::None { .. } => Diagnosis::new(ExitCode::NotAuthorized).hint(
                "sign in with `az login`, or set a token: `SWA_APIM_ACCESS_TOKEN=$(az account \
                 get-access-token --query accessToken -o tsv)`",
            ),
            Self::AccessToken { .. } => Diagnosis::new(ExitCode::NotAuthorized).hint(
                "set a new token: `SWA_APIM_ACCESS_TOKEN=$(az account get-access-token --query accessToken -o \
                 tsv)`",
            ),
            Self::Certificates { .. } => Diagnosis::new(ExitCode::NotAuthorized).hint(
                "install the certificates of the operating system, or set a token in SWA_APIM_ACCESS_TOKEN",
            ),
            Self::UnknownKind(error) => error.diagnosis(),
            Self::NotConfigured { .. } => Diagnosis::new(ExitCode::NotAuthorized).hint(
                "set the missing variables, or unset SWA_APIM_CREDENTIAL to use the first credential that \
                 works",
            ),
        }
    }
}
