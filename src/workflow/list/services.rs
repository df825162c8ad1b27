//! The services that sites are linked to, and the products in them: one list for each service, none for each site.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures_util::{StreamExt as _, stream};

use super::row::{Backend, Row};
use crate::{
    model::{ApimServiceId, Hostname, LinkNames, Product},
    provider::{Collection, Reads, at_once},
    report::SiteState,
};

/// The products of a service by their names in lower case; `None` for one that could not be parsed.
type Products = HashMap<String, Option<Product>>;

/// A service as it was read.
#[derive(Debug)]
enum ServiceSeen {
    /// It exists, with these products.
    There(Products),
    /// It does not exist.
    Gone,
    /// It could not be read.
    Unreadable,
}

/// The services that a list of sites needs.
#[derive(Debug, Default)]
pub(super) struct Services {
    seen: BTreeMap<ApimServiceId, ServiceSeen>,
}

impl Services {
    /// Reads the services that sites are linked to and, if a site is not linked, the other ones that the caller can see:
    /// one of them may have the product of an earlier link.
    pub(super) async fn read(plane: &dyn Reads, rows: &[Row], notes: &mut Vec<String>) -> Self {
        let linked: BTreeSet<ApimServiceId> =
            rows.iter().filter_map(|row| row.backend.service().cloned()).collect();
        let any_unlinked = rows.iter().any(|row| row.backend == Backend::Nothing);
        if linked.is_empty() && !any_unlinked {
            return Self::default();
        }
        let visible = match plane.list(&Collection::Services).await {
            Ok(all) => all.into_iter().filter_map(|it| it.value.id().clone().try_into().ok()).collect(),
            Err(error) => {
                notes.push(format!("the API Management services could not be listed: {error}"));
                BTreeSet::new()
            }
        };
        let others = visible.iter().filter(|_| any_unlinked).cloned();
        let wanted: BTreeSet<ApimServiceId> = linked.into_iter().chain(others).collect();
        let each = stream::iter(wanted).map(async |id| {
            let seen = look(plane, &id, visible.contains(&id)).await;
            (id, seen)
        });
        let mut services = Self::default();
        for (id, (seen, note)) in each.buffered(at_once::LINKS_READ).collect::<Vec<_>>().await {
            notes.extend(note);
            services.seen.insert(id, seen);
        }
        services
    }

    /// Returns the state of a site environment, as far as the lists show it.
    pub(super) fn state(&self, row: &Row) -> SiteState {
        match &row.backend {
            Backend::Unreadable(_) => SiteState::Unknown,
            Backend::App(_) | Backend::Other(_) => SiteState::LinkedElsewhere,
            Backend::Nothing => {
                let is_left = row.hostname.as_ref().is_some_and(|hostname| self.has_product_of(hostname));
                if is_left { SiteState::Leftover } else { SiteState::Unlinked }
            }
            Backend::Service(service) => match self.seen.get(service) {
                Some(ServiceSeen::There(products)) => state_in(products, row.hostname.as_ref()),
                Some(ServiceSeen::Gone) => SiteState::Dangling,
                Some(ServiceSeen::Unreadable) | None => SiteState::Unknown,
            },
        }
    }

    /// Whether a service has the product of a link of the site with this hostname.
    fn has_product_of(&self, hostname: &Hostname) -> bool {
        let name = LinkNames::of(hostname.clone()).display_name();
        let products = self.seen.values().filter_map(|seen| match seen {
            ServiceSeen::There(products) => products.get(hostname.first_label()),
            ServiceSeen::Gone | ServiceSeen::Unreadable => None,
        });
        products.flatten().any(|product| product.display_name == name)
    }
}

/// Returns the state of a link to a service with these products. The policy and the keys are not read.
fn state_in(products: &Products, hostname: Option<&Hostname>) -> SiteState {
    let Some(hostname) = hostname else { return SiteState::Unknown };
    let is_right = |product: &Product| {
        product.subscription_required
            && product.display_name == LinkNames::of(hostname.clone()).display_name()
    };
    match products.get(hostname.first_label()) {
        None => SiteState::Partial,
        Some(None) => SiteState::Unknown,
        Some(Some(product)) if is_right(product) => SiteState::Connected,
        Some(Some(_)) => SiteState::Drifted,
    }
}

/// Reads a service, and returns why it could not be read. A service that a list showed is not read separately.
async fn look(plane: &dyn Reads, id: &ApimServiceId, is_listed: bool) -> (ServiceSeen, Option<String>) {
    let unreadable = |what: &str, error: &dyn std::fmt::Display| {
        let note = format!("{what} `{}` could not be read: {error}", id.name());
        (ServiceSeen::Unreadable, Some(note))
    };
    if !is_listed {
        match plane.get(id).await {
            Ok(Some(_)) => {}
            Ok(None) if plane.would_see(id) => return (ServiceSeen::Gone, None),
            Ok(None) => return (ServiceSeen::Unreadable, None),
            Err(error) => return unreadable("the API Management service", &error),
        }
    }
    match plane.list(&Collection::Products(id.clone())).await {
        Ok(products) => {
            let products = products
                .into_iter()
                .map(|it| (it.value.id().name().to_ascii_lowercase(), Product::read(&it.value).ok()));
            (ServiceSeen::There(products.collect()), None)
        }
        Err(error) => unreadable("the products of", &error),
    }
}
