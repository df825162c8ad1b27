//! The kinds of credentials.

use std::fmt;

/// Where a token comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    pub const ALL: [Self; 9] = [
        Self::AccessToken,
        Self::ClientSecret,
        Self::ClientCertificate,
        Self::WorkloadIdentity,
        Self::AzurePipelines,
        Self::GitHubActions,
        Self::ManagedIdentity,
        Self::AzureCli,
        Self::AzureDeveloperCli,
    ];

    /// Returns the kind as `SWA_APIM_CREDENTIAL` spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "access-token",
            Self::ClientSecret => "client-secret",
            Self::ClientCertificate => "client-certificate",
            Self::WorkloadIdentity => "workload-identity",
            Self::AzurePipelines => "azure-pipelines",
            Self::GitHubActions => "github-actions",
            Self::ManagedIdentity => "managed-identity",
            Self::AzureCli => "azure-cli",
            Self::AzureDeveloperCli => "azure-developer-cli",
        }
    }
}

impl fmt::Display for CredentialKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
