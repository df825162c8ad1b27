//! The target and the intent of a command.
#![warn(clippy::arithmetic_side_effects)]

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    diagnosis::{Cure, Hint, Selection},
    model::{ApimServiceId, LinkedBackend, ResourceId, SiteEnvironmentId, StaticSiteId},
};

/// A site environment and the service that it is, or will be, linked to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// The name of the env.
    pub env: String,
    /// The site environment whose `/api` is proxied.
    pub site_environment: SiteEnvironmentId,
    /// The service that receives the requests.
    pub service: ApimServiceId,
    /// The ids, within the service, of the APIs that the link's product must contain.
    pub apis: Vec<String>,
    /// Which side creates the product, the subscription and the policy.
    pub provisioner: Provisioner,
    /// How long a change takes to reach the gateway and the site.
    #[serde(default)]
    pub propagation: Propagation,
    /// Whether a named preview environment may be linked.
    pub previews: Previews,
    /// Whether the link may use a product that is not proven to be the link's.
    #[serde(default)]
    pub adoption: Adoption,
    /// The options that select the target in the commands of hints. It is not saved.
    #[serde(skip)]
    pub selection: Selection,
}

impl Target {
    /// Returns the target with its ids in the spelling that the control plane uses for a resource that was read.
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

    /// Whether a linked backend names the service.
    pub(super) fn is_linked_by(&self, backend: &LinkedBackend) -> bool {
        backend.backend == *self.service
    }

    /// Returns a command on this target, to be a part of a hint.
    #[must_use]
    pub fn command(&self, cure: Cure) -> Hint {
        Hint::command(cure, self.selection.clone())
    }

    /// Returns the hint to run a command on this target.
    #[must_use]
    pub fn run(&self, cure: Cure) -> Hint {
        Hint::run(cure, self.selection.clone())
    }
}

/// Which side creates the product, the subscription and the policy of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provisioner {
    /// The engine, each resource in its own step and with known content.
    Engine,
    /// The resource provider, when the backend is connected; it decides the content of the policy.
    Service,
}

/// How long a change takes to reach the gateway's nodes and the site's edges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Propagation {
    /// No requests are served, so there is no wait.
    #[default]
    Immediate,
    /// An unknown time, assumed to be shorter than this.
    Eventual(Grace),
}

impl Propagation {
    /// Returns how long to wait for a change that cannot be observed.
    #[must_use]
    pub fn grace(self) -> Option<Grace> {
        match self {
            Self::Immediate => None,
            Self::Eventual(grace) => Some(grace),
        }
    }
}

/// How long to wait for a change that cannot be observed; serialized in seconds.
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
    /// Returns a grace of this many seconds.
    #[must_use]
    pub fn seconds(seconds: u32) -> Self {
        Self { seconds }
    }

    /// Returns the grace as a duration.
    #[must_use]
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }
}

/// Whether a named preview environment may be linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Previews {
    /// Only production may be linked.
    Refuse,
    /// Named preview environments may be linked too.
    Allow,
}

/// Whether a link may use a product that has the link's id but is not proven to be the link's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Adoption {
    /// The command is refused.
    #[default]
    Refuse,
    /// The product is used for the link.
    Allow,
}

/// How to handle another backend that the site is linked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Existing {
    /// It stays connected, and the command is refused.
    Keep,
    /// It is disconnected first.
    Replace,
}

/// How to handle the product and the subscription when a site is unlinked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Leftovers {
    /// They are kept, as Azure keeps them.
    Keep,
    /// They are deleted if they belong to this link and no other consumer uses them.
    Purge,
}

/// The intent of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "kebab-case")]
pub enum Intent {
    /// A working link; a link that works already is not changed.
    Link {
        /// How to handle another backend.
        existing: Existing,
    },
    /// A working link with two new keys.
    Relink,
    /// The site is not linked.
    Unlink {
        /// How to handle the product and the subscription.
        leftovers: Leftovers,
    },
    /// These APIs are in the link's product.
    AddApis {
        /// Their ids within the service.
        apis: Vec<String>,
    },
    /// These APIs are not in the link's product.
    RemoveApis {
        /// Their ids within the service.
        apis: Vec<String>,
    },
}

impl Intent {
    /// Returns the command with this intent, as the user types it.
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
