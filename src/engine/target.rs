//! What a command is about, and what it wants.
#![warn(clippy::arithmetic_side_effects)]

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{ApimServiceId, ResourceId, SiteEnvironmentId, StaticSiteId};

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
    /// How long a change takes to arrive where requests are served.
    #[serde(default)]
    pub propagation: Propagation,
    /// Whether a named preview environment may be linked.
    pub previews: Previews,
    /// Whether a product may be used that does not show that it is the link's.
    #[serde(default)]
    pub adoption: Adoption,
    /// How the target is named on the command line, for hints: `--env prod`.
    pub selector: String,
}

impl Target {
    /// The target with its ids spelt as the control plane spells that of a resource that was found.
    #[must_use]
    pub fn spelt_like(mut self, found: &ResourceId) -> Self {
        let found = found.in_known_casing();
        if found == *self.service {
            self.service = ApimServiceId::try_from(found).unwrap_or(self.service);
        } else if found == *self.site_environment {
            self.site_environment = SiteEnvironmentId::try_from(found).unwrap_or(self.site_environment);
        } else if found == *self.site_environment.site() {
            let environment = StaticSiteId::try_from(found);
            let environment = environment.and_then(|site| site.environment(self.site_environment.name()));
            self.site_environment = environment.unwrap_or(self.site_environment);
        }
        self
    }

    /// The command line that runs `verb` on this target.
    #[must_use]
    pub fn command(&self, verb: &str) -> String {
        format!("`{}`", format!("swa-apim {verb} {}", self.selector).trim_end())
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

/// How long a change takes to arrive at the gateway's nodes and at the site's edges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Propagation {
    /// Nobody serves requests, so nothing is waited for.
    #[default]
    Immediate,
    /// Some time that is not known, and hopefully less than this.
    Eventual(Grace),
}

impl Propagation {
    /// How long to wait for what cannot be observed.
    #[must_use]
    pub fn grace(self) -> Option<Grace> {
        match self {
            Self::Immediate => None,
            Self::Eventual(grace) => Some(grace),
        }
    }
}

/// How long to wait for something that cannot be observed; in plans, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Grace {
    seconds: u32,
}

impl Default for Grace {
    fn default() -> Self {
        Self::seconds(30)
    }
}

impl Grace {
    /// A grace of so many whole seconds.
    #[must_use]
    pub fn seconds(seconds: u32) -> Self {
        Self { seconds }
    }

    /// The grace as a duration.
    #[must_use]
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }
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

/// Whether a link may use a product that has the link's id and does not show that it is the link's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Adoption {
    /// The command is refused.
    #[default]
    Refuse,
    /// The product becomes the link's.
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
