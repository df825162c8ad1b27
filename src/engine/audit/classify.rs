//! Derives an [`Audit`] from [`ServiceSeen`] and [`SitesSeen`]; pure.

use super::{
    Audit, DanglingLink, HostSeen, Orphaned, ProductAudit, ServiceSeen, SitesSeen, Standing,
    SubscriptionsSeen, Unread, made_for, tell,
};
use crate::{
    engine::{Finding, Unreadable},
    model::{
        ApiId, ApimServiceId, ApimSubscription, Hostname, LinkNames, Ownership, Product, ProductId,
        linked_hostname,
    },
};

/// Classifies the products of a service.
#[must_use]
pub fn classify(service: &ServiceSeen, sites: &SitesSeen) -> Audit {
    let mut products: Vec<ProductAudit> =
        service.products.iter().map(|seen| product(&seen.value, service, sites)).collect();
    let views = service.products.iter().map(|seen| &seen.value);
    let told: Vec<Vec<Finding>> = views
        .zip(&products)
        .map(|(view, judged)| tell::of_product(view, judged, &products, service))
        .collect();
    for (product, findings) in products.iter_mut().zip(told) {
        product.findings = findings;
    }
    let dangling = dangling(sites);
    let findings = tell::of_service(service, sites, &products, &dangling);
    Audit { service: service.id.clone(), exists: service.exists, products, dangling, findings }
}

fn product(product: &Product, service: &ServiceSeen, sites: &SitesSeen) -> ProductAudit {
    let made_for = made_for(product);
    let host = host_of(product, made_for.as_ref(), service, sites);
    let hostname = made_for.clone().or_else(|| linked_hostname(&product.display_name));
    let names = hostname.clone().or_else(|| host.map(|host| host.hostname.clone())).map(LinkNames::of);
    let scoped = scoped_to(&product.id, &service.subscriptions);
    let owners = Ownership::of_all(&scoped, names.as_ref(), &sites.side_of(&product.id));
    let owned = scoped.into_iter().zip(owners);
    let (own, others): (Vec<_>, Vec<_>) = owned.partition(|(_, ownership)| ownership.goes_with_product());
    let standing = match (&made_for, host) {
        (None, Some(_)) => Standing::InUse,
        (None, None) => Standing::Foreign,
        (Some(hostname), host) => {
            let left = Left { product, others: &others, subscriptions: &service.subscriptions };
            of_link(hostname, host, &service.id, sites).unless_used(&left)
        }
    };
    ProductAudit {
        id: product.id.clone(),
        display_name: product.display_name.clone(),
        hostname,
        standing,
        site: host.map(|host| host.environment.clone()),
        links: host.and_then(|host| host.links.clone().ok()).unwrap_or_default(),
        own: own.into_iter().map(|(it, _)| it).collect(),
        others,
        apis: apis_in(product, service),
        findings: Vec::new(),
    }
}

/// Returns the site environment that a product belongs to: the one that it was made for or, if the product has lost its
/// display name, the one that is linked to the service and whose hostname matches the product's id.
fn host_of<'a>(
    product: &Product,
    made_for: Option<&Hostname>,
    service: &ServiceSeen,
    sites: &'a SitesSeen,
) -> Option<&'a HostSeen> {
    let uses = |host: &&HostSeen| host.links.as_ref().is_ok_and(|links| links.contains(&service.id));
    let Some(hostname) = made_for else {
        let says_otherwise = linked_hostname(&product.display_name).is_some();
        let fits = |host: &&HostSeen| host.hostname.first_label().eq_ignore_ascii_case(product.id.name());
        return sites.hosts.iter().filter(|_| !says_otherwise).filter(fits).find(uses);
    };
    let mut same = sites.hosts.iter().filter(|host| host.hostname == *hostname);
    let first = same.clone().next();
    same.find(uses).or(first)
}

fn of_link(
    hostname: &Hostname,
    host: Option<&HostSeen>,
    service: &ApimServiceId,
    sites: &SitesSeen,
) -> Standing {
    let Some(host) = host else {
        let gaps = sites.gaps.iter().filter(|gap| gap.may_hold(hostname));
        let unread: Vec<Unread> = gaps.map(|gap| gap.unread.clone()).collect();
        return if unread.is_empty() {
            Standing::Orphan(Orphaned::SiteGone)
        } else {
            Standing::Unknown(unread)
        };
    };
    match &host.links {
        Err(unread) => Standing::Unknown(vec![unread.clone()]),
        Ok(links) if links.contains(service) => Standing::InUse,
        Ok(links) if links.is_empty() => Standing::Orphan(Orphaned::Unlinked),
        Ok(_) => Standing::Orphan(Orphaned::LinkedElsewhere),
    }
}

/// A product that a site left behind, and the other consumers that may use it.
struct Left<'a> {
    product: &'a Product,
    others: &'a [(ApimSubscription, Ownership)],
    subscriptions: &'a Result<SubscriptionsSeen, Unread>,
}

impl Standing {
    /// Returns the standing, except that a product is an orphan only if no other consumer has access to it.
    fn unless_used(self, left: &Left) -> Self {
        match (self, left.subscriptions) {
            (Self::Orphan(_), Err(unread)) => Self::Unknown(vec![unread.clone()]),
            (Self::Orphan(_), Ok(_)) if !left.others.is_empty() || !left.product.subscription_required => {
                Self::InUse
            }
            (Self::Orphan(reason), Ok(seen)) => {
                let what =
                    |it: &Unreadable| Unread::new(format!("the subscription `{}`", it.id.name()), &it.reason);
                let unread: Vec<Unread> = seen.unreadable.iter().map(what).collect();
                if unread.is_empty() { Self::Orphan(reason) } else { Self::Unknown(unread) }
            }
            (other @ (Self::InUse | Self::Unknown(_) | Self::Foreign), _) => other,
        }
    }
}

/// Returns the subscriptions whose scope is the product.
pub(super) fn scoped_to(
    product: &ProductId,
    seen: &Result<SubscriptionsSeen, Unread>,
) -> Vec<ApimSubscription> {
    let all = seen.iter().flat_map(|seen| &seen.all).map(|seen| &seen.value);
    let opens = |subscription: &&ApimSubscription| {
        let name = ApimSubscription::product_of_scope(&subscription.scope);
        name.is_some_and(|name| name.eq_ignore_ascii_case(product.name()))
    };
    all.filter(opens).cloned().collect()
}

fn apis_in(product: &Product, service: &ServiceSeen) -> Option<Vec<ApiId>> {
    let apis = service.apis.as_ref().ok()?;
    let mut found = Vec::new();
    for seen in apis {
        if seen.products.as_ref().ok()?.contains(&product.id) {
            found.push(seen.api.id.clone());
        }
    }
    Some(found)
}

fn dangling(sites: &SitesSeen) -> Vec<DanglingLink> {
    let mut found = Vec::new();
    for host in &sites.hosts {
        let links = host.links.iter().flatten();
        let gone = links.filter_map(|link| sites.gone.iter().find(|gone| ***gone == *link));
        found.extend(
            gone.map(|service| DanglingLink {
                environment: host.environment.clone(),
                service: service.clone(),
            }),
        );
    }
    found
}
