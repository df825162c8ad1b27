//! What a command is about, and what it wants.

use serde::{Deserialize, Serialize};

use crate::model::{ApimServiceId, SiteEnvironmentId};

/// A site environment and the service that it is, or is to be, linked to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// The name of the env.
    pub env: String,
    /// The site environment whose `/api` is proxied.
    pub site_environment: SiteEnvironmentId,
    /// The service that it is proxied to.
    pub service: ApimServiceId,
    /// The ids, within the service, of the APIs that the link's product has to have.
    pub apis: Vec<String>,
    /// Who makes the product, the subscription and the policy.
    pub provisioner: Provisioner,
    /// Whether a named preview environment may be linked.
    pub previews: Previews,
    /// How the target is named on the command line, for hints: `--env prod`.
    pub selector: String,
}

impl Target {
    /// The command line that runs `verb` on this target.
    #[must_use]
    pub fn command(&self, verb: &str) -> String {
        format!("`swa-apim {verb} {}`", self.selector)
    }
}

/// Who makes the product, the subscription and the policy of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provisioner {
    /// The engine, piece by piece: it knows exactly how each has to be.
    Engine,
    /// The resource provider, when the backend is connected: how it writes the policy is its affair.
    Service,
}

/// Whether a named preview environment may be linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Previews {
    /// Production alone.
    Refuse,
    /// Named previews too.
    Allow,
}

/// What becomes of another backend that the site is linked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Existing {
    /// It stays, and the command is refused.
    Keep,
    /// It is disconnected first.
    Replace,
}

/// What becomes of the product and the subscription when a site is unlinked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Leftovers {
    /// They stay, as Azure leaves them.
    Keep,
    /// They are deleted, if they are this link's and nobody else uses them.
    Purge,
}

/// What a command wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "kebab-case")]
pub enum Intent {
    /// A working link; one that works already stays as it is.
    Link {
        /// What becomes of another backend.
        existing: Existing,
    },
    /// A working link with two new keys.
    Relink,
    /// No link.
    Unlink {
        /// What becomes of the product and the subscription.
        leftovers: Leftovers,
    },
    /// These APIs in the link's product.
    AddApis {
        /// Their ids within the service.
        apis: Vec<String>,
    },
    /// These APIs not in the link's product.
    RemoveApis {
        /// Their ids within the service.
        apis: Vec<String>,
    },
}

impl Intent {
    /// The command that has this intent, as it is typed.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Link { .. } => "link",
            Self::Relink => "relink",
            Self::Unlink { .. } => "unlink",
            Self::AddApis { .. } => "api add",
            Self::RemoveApis { .. } => "api remove",
        }
    }
}
