//! The products of a service as an audit found them: which are used, by whom, and which are left over.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Unread;
use crate::{
    diagnosis::Selection,
    engine::{Finding, FindingCode},
    model::{
        ApiId, ApimServiceId, ApimSubscription, Hostname, Ownership, ProductId, ResourceId, SiteEnvironmentId,
    },
};

/// The products of a service, classified.
#[derive(Clone, Debug)]
pub struct Audit {
    /// The service.
    pub service: ApimServiceId,
    /// Whether it exists.
    pub exists: bool,
    /// Its products, in order of their ids.
    pub products: Vec<ProductAudit>,
    /// The links of sites to a service that does not exist: this one or another.
    pub dangling: Vec<DanglingLink>,
    /// The findings about the service as a whole.
    pub findings: Vec<Finding>,
}

/// A product, and the consumers that use it.
#[derive(Clone, Debug)]
pub struct ProductAudit {
    /// The product.
    pub id: ProductId,
    /// Its display name.
    pub display_name: String,
    /// The hostname of the site in its display name.
    pub hostname: Option<Hostname>,
    /// Whether it is used.
    pub standing: Standing,
    /// The environment of that site, if it was seen.
    pub site: Option<SiteEnvironmentId>,
    /// The resources that this site is linked to, if they are known.
    pub links: Vec<ResourceId>,
    /// The subscriptions that linking created, and the administrator's subscription that Azure creates with each
    /// product.
    pub own: Vec<ApimSubscription>,
    /// The subscriptions that other consumers use, or may use, each with its owner.
    pub others: Vec<(ApimSubscription, Ownership)>,
    /// The APIs in the product, if they are known.
    pub apis: Option<Vec<ApiId>>,
    /// The findings about the product.
    pub findings: Vec<Finding>,
}

/// Whether a product is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A site or another consumer uses it.
    InUse,
    /// A link created it, and no consumer uses it.
    Orphan(Orphaned),
    /// A link created it, and whether a consumer uses it could not be determined.
    Unknown(Vec<Unread>),
    /// It was not created by a link.
    Foreign,
}

/// Why no consumer uses a product that a link created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Orphaned {
    /// No site that the caller can see has the hostname.
    SiteGone,
    /// The site is not linked.
    Unlinked,
    /// The site is linked to another resource.
    LinkedElsewhere,
}

/// A site that is linked to a service that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DanglingLink {
    /// The site environment.
    pub environment: SiteEnvironmentId,
    /// The service that does not exist.
    pub service: ApimServiceId,
}

impl Audit {
    /// Adds the options of a control plane to the commands in the hints.
    pub fn place_hints(&mut self, place: &Selection) {
        let of_products = self.products.iter_mut().flat_map(|product| &mut product.findings);
        for finding in self.findings.iter_mut().chain(of_products) {
            finding.hint = std::mem::take(&mut finding.hint).placed(place);
        }
    }

    /// Returns the products that sites use and that other consumers use too, or may use, with their environments.
    pub(super) fn shared(&self) -> impl Iterator<Item = (&ProductId, &SiteEnvironmentId)> {
        let shared = self.products.iter().filter(|product| !product.others.is_empty());
        let used = shared.filter(|product| product.links.contains(&self.service));
        used.filter_map(|product| Some((&product.id, product.site.as_ref()?)))
    }

    /// Whether the service was read completely.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.findings.iter().any(|finding| finding.code == FindingCode::PartUnread)
    }
}
