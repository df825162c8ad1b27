//! What was seen of a service and of the sites, and what was not.

use std::fmt;

use crate::{
    engine::{Seen, Unreadable},
    model::{
        Api, ApimServiceId, ApimSubscription, Hostname, Product, ProductId, ResourceId, SiteEnvironmentId,
    },
};

/// Something that could not be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// What it is.
    pub what: String,
    /// Why it could not be read.
    pub why: String,
}

impl Unread {
    pub(super) fn new(what: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self { what: what.to_string(), why: why.to_string() }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} could not be read: {}", self.what, self.why)
    }
}

/// A service as it was seen.
#[derive(Clone, Debug)]
pub struct ServiceSeen {
    /// The service.
    pub id: ApimServiceId,
    /// Whether it exists.
    pub exists: bool,
    /// Its products.
    pub products: Vec<Seen<Product>>,
    /// The products that are there and could not be understood.
    pub unreadable: Vec<Unreadable>,
    /// Its subscriptions.
    pub subscriptions: Result<SubscriptionsSeen, Unread>,
    /// Its APIs, and where they are.
    pub apis: Result<Vec<ApiSeen>, Unread>,
}

/// The subscriptions of a service, whatever they open.
#[derive(Clone, Debug, Default)]
pub struct SubscriptionsSeen {
    /// Those that could be understood.
    pub all: Vec<Seen<ApimSubscription>>,
    /// Those that could not: they may open anything.
    pub unreadable: Vec<Unreadable>,
}

/// An API, and the products that it is in.
#[derive(Clone, Debug)]
pub struct ApiSeen {
    /// The API.
    pub api: Api,
    /// The products.
    pub products: Result<Vec<ProductId>, Unread>,
}

/// The sites that the caller can see, as far as they matter.
#[derive(Clone, Debug, Default)]
pub struct SitesSeen {
    /// Site environments by their hostnames, and what they are linked to.
    pub hosts: Vec<HostSeen>,
    /// Where there may be hostnames that were not seen.
    pub gaps: Vec<Gap>,
    /// Services that a site is linked to and that do not exist.
    pub gone: Vec<ApimServiceId>,
    /// Services that a site is linked to and that could not be looked up.
    pub doubtful: Vec<Unread>,
}

/// A site environment, and what it is linked to.
#[derive(Clone, Debug)]
pub struct HostSeen {
    /// The site environment.
    pub environment: SiteEnvironmentId,
    /// Its hostname.
    pub hostname: Hostname,
    /// What it is linked to.
    pub links: Result<Vec<ResourceId>, Unread>,
}

/// Site environments that could not be read.
#[derive(Clone, Debug)]
pub struct Gap {
    /// The site whose previews they are; any site, if it is not said.
    pub of: Option<Hostname>,
    /// What could not be read.
    pub unread: Unread,
}

impl Gap {
    /// Whether a site environment with this hostname may be among them.
    #[must_use]
    pub fn may_hold(&self, hostname: &Hostname) -> bool {
        self.of.as_ref().is_none_or(|site| hostname.may_be_preview_of(site))
    }
}
