//! The data that were read of a service and of the sites, and the reads that failed.

use std::fmt;

use crate::{
    engine::Unreadable,
    model::{
        Api, ApimServiceId, ApimSubscription, ApimSubscriptionId, Hostname, Product, ProductId, ResourceId,
        SiteEnvironmentId, SiteSide,
    },
    provider::Versioned,
};

/// Something that could not be read, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The name of what could not be read.
    pub what: String,
    /// The reason.
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

/// A service as it was read. Resources are not kept as a whole: those of many links need much memory.
#[derive(Clone, Debug)]
pub struct ServiceSeen {
    /// The service.
    pub id: ApimServiceId,
    /// Whether it exists.
    pub exists: bool,
    /// Its products.
    pub products: Vec<Versioned<Product>>,
    /// The products that exist but could not be parsed.
    pub unreadable: Vec<Unreadable>,
    /// Its subscriptions.
    pub subscriptions: Result<SubscriptionsSeen, Unread>,
    /// Its APIs, and the products that each is in.
    pub apis: Result<Vec<ApiSeen>, Unread>,
}

/// All subscriptions of a service, with any scope.
#[derive(Clone, Debug, Default)]
pub struct SubscriptionsSeen {
    /// The subscriptions that could be parsed.
    pub all: Vec<Versioned<ApimSubscription>>,
    /// The subscriptions that could not be parsed: their scope may be any product.
    pub unreadable: Vec<Unreadable>,
}

/// An API, and the products that contain it.
#[derive(Clone, Debug)]
pub struct ApiSeen {
    /// The API.
    pub api: Api,
    /// The products.
    pub products: Result<Vec<ProductId>, Unread>,
}

/// The sites that the caller can see, as far as the audit needs them.
#[derive(Clone, Debug, Default)]
pub struct SitesSeen {
    /// The site environments that were read, with their hostnames and the resources that they are linked to.
    pub hosts: Vec<HostSeen>,
    /// The site environments that could not be read.
    pub gaps: Vec<Gap>,
    /// The services that a site is linked to and that do not exist.
    pub gone: Vec<ApimServiceId>,
    /// The services that a site is linked to and whose existence could not be determined.
    pub doubtful: Vec<Unread>,
    /// Whether the keys that sites send can be read.
    pub site_keys: SiteKeys,
    /// What sites show of the subscriptions that they use, for products that other consumers may use too.
    pub sides: Vec<SideSeen>,
}

/// Whether the keys that sites send can be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SiteKeys {
    /// They can, as in a model.
    #[default]
    Shown,
    /// They cannot, as in Azure: any subscription may contain the key that a site sends.
    Hidden,
}

/// What a site shows of the subscription that it uses.
#[derive(Clone, Debug)]
pub struct SideSeen {
    /// The product that the site uses.
    pub product: ProductId,
    /// The subscription that contains the key that the site sends, if it is known.
    pub holder: Option<ApimSubscriptionId>,
    /// Whether the key that the site sends can be read.
    pub site_key: SiteKeys,
    /// When the site was linked, as Azure writes it.
    pub connected_on: Option<String>,
}

impl SitesSeen {
    /// Returns what is known of the subscription that the site of a product uses.
    pub(super) fn side_of(&self, product: &ProductId) -> SiteSide<'_> {
        let Some(seen) = self.sides.iter().find(|side| side.product == *product) else {
            return SiteSide { key_is_hidden: self.site_keys == SiteKeys::Hidden, ..SiteSide::default() };
        };
        SiteSide {
            holder: seen.holder.as_ref(),
            key_is_hidden: seen.site_key == SiteKeys::Hidden,
            connected_on: seen.connected_on.as_deref(),
        }
    }
}

/// A site environment, and the resources that it is linked to.
#[derive(Clone, Debug)]
pub struct HostSeen {
    /// The site environment.
    pub environment: SiteEnvironmentId,
    /// Its hostname.
    pub hostname: Hostname,
    /// The resources that it is linked to.
    pub links: Result<Vec<ResourceId>, Unread>,
}

/// Site environments that could not be read.
#[derive(Clone, Debug)]
pub struct Gap {
    /// The site to which these preview environments belong; `None` if it may be any site.
    pub of: Option<Hostname>,
    /// The failed read.
    pub unread: Unread,
}

impl Gap {
    /// Whether a site environment with this hostname may be one of them.
    #[must_use]
    pub fn may_hold(&self, hostname: &Hostname) -> bool {
        self.of.as_ref().is_none_or(|site| hostname.may_be_preview_of(site))
    }
}
