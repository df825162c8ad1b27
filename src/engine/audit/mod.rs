//! Which products of a service were created by links, who uses them, and which are left over.
//!
//! Reading and classifying are separate: [`look`] and [`sites`] read, [`classify`] is pure. A failed read is a value
//! too, and every product that depends on it is unknown, never an orphan.

mod audited;
mod classify;
mod look;
mod seen;
mod sides;
mod sites;
mod tell;

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, stream};

pub use self::{
    audited::{Audit, DanglingLink, Orphaned, ProductAudit, Standing},
    classify::classify,
    seen::{ApiSeen, Gap, HostSeen, ServiceSeen, SideSeen, SiteKeys, SitesSeen, SubscriptionsSeen, Unread},
};
pub(super) use self::{
    look::look_at_product,
    sites::{Listed, list_one, list_sites, look_at_sites},
};
use crate::{
    model::{ApimServiceId, Hostname, Product, linked_hostname},
    provider::{ProviderError, Reads, at_once},
};

/// Reads services and the sites that may use them, and classifies their products.
///
/// If a service or its products cannot be read, the result for that service is an error.
pub async fn audit(
    plane: &dyn Reads,
    services: &[ApimServiceId],
) -> Vec<(ApimServiceId, Result<Audit, ProviderError>)> {
    let seen = stream::iter(services)
        .map(async |service| (service.clone(), look::look_at_service(plane, service).await));
    let seen: Vec<_> = seen.buffered(at_once::SERVICES_AUDITED).collect().await;
    let mut wanted = Wanted::default();
    for service in seen.iter().filter_map(|(_, service)| service.as_ref().ok()) {
        service.products.iter().for_each(|product| wanted.add(&product.value));
    }
    let mut sites = look_at_sites(plane, &list_sites(plane).await, &wanted).await;
    let services = || seen.iter().filter_map(|(_, service)| service.as_ref().ok());
    sites.sides = sides::look_at_sides(plane, services(), &sites).await;
    let judge = |service: ServiceSeen| classify(&service, &sites);
    seen.into_iter().map(|(id, service)| (id, service.map(judge))).collect()
}

/// The products for which sites are searched.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// The ids of products. A site whose hostname begins with one of them may use that product.
    labels: BTreeSet<String>,
    /// The hostnames of the sites that products were made for.
    hostnames: BTreeSet<String>,
}

impl Wanted {
    pub(super) fn add(&mut self, product: &Product) {
        self.labels.insert(product.id.name().to_ascii_lowercase());
        if let Some(hostname) = made_for(product) {
            self.hostnames.insert(hostname.as_str().to_owned());
        }
    }

    fn is_used_by(&self, hostname: &Hostname) -> bool {
        self.labels.contains(hostname.first_label())
    }

    fn hostnames(&self) -> impl Iterator<Item = Hostname> {
        self.hostnames.iter().filter_map(|text| Hostname::parse(text).ok())
    }
}

/// Returns the hostname of the site that a product was made for, if the product's display name contains one that
/// matches its id.
fn made_for(product: &Product) -> Option<Hostname> {
    let hostname = linked_hostname(&product.display_name)?;
    product.id.name().eq_ignore_ascii_case(hostname.first_label()).then_some(hostname)
}
