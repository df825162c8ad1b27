//! The kinds of credentials.

use std::time::Duration;

use strum::{Display, EnumString, IntoStaticStr, VariantArray, VariantNames};

use crate::diagnosis::{Diagnose, Diagnosis, ExitCode};

/// How long a program such as `az` may take.
const PROGRAM: Duration = Duration::from_secs(30);
/// How long an authority may take.
const AUTHORITY: Duration = Duration::from_secs(30);

/// Where a token comes from.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray, VariantNames,
)]
#[strum(serialize_all = "kebab-case", ascii_case_insensitive)]
#[strum(parse_err_ty = UnknownKind, parse_err_fn = unknown)]
#[non_exhaustive]
pub enum CredentialKind {
    /// The environment variable `SWA_APIM_ACCESS_TOKEN`.
    AccessToken,
    /// A client secret of an application.
    ClientSecret,
    /// A client certificate of an application.
    ClientCertificate,
    /// A Kubernetes token in a file.
    WorkloadIdentity,
    /// A service connection of Azure Pipelines.
    AzurePipelines,
    /// The OpenID token of a GitHub Actions job.
    #[strum(serialize = "github-actions")]
    GitHubActions,
    /// A managed identity of the machine or service on which the command runs.
    ManagedIdentity,
    /// `az login`.
    AzureCli,
    /// `azd auth login`.
    AzureDeveloperCli,
}

impl CredentialKind {
    /// Every kind, in the order in which they are tried.
    pub const ALL: &[Self] = <Self as VariantArray>::VARIANTS;

    /// Returns the kind as `SWA_APIM_CREDENTIAL` spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns how long to wait for a token.
    pub(super) fn patience(self) -> Duration {
        match self {
            Self::AzureCli | Self::AzureDeveloperCli => PROGRAM,
            Self::AccessToken
            | Self::ClientSecret
            | Self::ClientCertificate
            | Self::WorkloadIdentity
            | Self::AzurePipelines
            | Self::GitHubActions
            | Self::ManagedIdentity => AUTHORITY,
        }
    }
}

/// A value of `SWA_APIM_CREDENTIAL` that is not a kind of credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("SWA_APIM_CREDENTIAL: `{word}` is not a kind of credential")]
pub struct UnknownKind {
    word: String,
}

fn unknown(word: &str) -> UnknownKind {
    UnknownKind { word: word.to_owned() }
}

impl Diagnose for UnknownKind {
    fn diagnosis(&self) -> Diagnosis {
        let known = <CredentialKind as VariantNames>::VARIANTS.join(", ");
        Diagnosis::new(ExitCode::Usage).hint(format!("the kinds are {known}"))
    }
}
