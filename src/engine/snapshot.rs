//! All resources of some links in a control plane, from which a local model is created.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use serde_json::Map;

use super::Target;
use crate::{
    model::{Api, ApimServiceId, ProductId, Resource, ResourceId},
    provider::{Collection, ProviderError, Reads, Versioned},
};

/// Resources by their ids.
type Found = BTreeMap<ResourceId, Resource>;

/// Reads the sites, environments and linked backends of some targets, and their services with all APIs and products.
/// The result contains no keys.
///
/// # Errors
///
/// [`ProviderError::NotFound`] if a site or a service does not exist; any other [`ProviderError`] if the control plane
/// does not answer.
pub async fn snapshot(plane: &dyn Reads, targets: &[Target]) -> Result<Vec<Resource>, ProviderError> {
    let services: BTreeMap<&str, &ApimServiceId> =
        targets.iter().map(|target| (target.service.lower_case(), &target.service)).collect();
    let of_sites = try_join_all(targets.iter().map(|target| of_site(plane, target)));
    let of_services = try_join_all(services.into_values().map(|service| of_service(plane, service)));
    let (of_sites, of_services) = tokio::try_join!(of_sites, of_services)?;
    let mut found: Found = of_sites.into_iter().flatten().collect();
    // Targets of the same service read the same resources, so one copy is kept.
    found.extend(of_services.into_iter().flatten());
    Ok(found.into_values().collect())
}

async fn needed(plane: &dyn Reads, id: &ResourceId) -> Result<Resource, ProviderError> {
    let found = plane.get(id).await?;
    found.map(|found| found.value).ok_or_else(|| ProviderError::NotFound(id.clone()))
}

async fn of_site(plane: &dyn Reads, target: &Target) -> Result<Found, ProviderError> {
    let (site, environment) = (target.site_environment.site(), &target.site_environment);
    let backends = Collection::LinkedBackends(environment.clone());
    let (site, environment, backends) =
        tokio::try_join!(needed(plane, &site), plane.get(environment), plane.list(&backends))?;
    let named = backends.iter().filter_map(|backend| {
        let named = backend.value.text("properties.backendResourceId").ok().flatten()?;
        ResourceId::parse(named).ok().filter(|id| *id != *target.service)
    });
    // Without the resource that it names, the copy of a backend would be reported as dangling.
    let named = try_join_all(named.map(async |id| plane.get(&id).await)).await?;
    let others = environment.into_iter().chain(backends).chain(named.into_iter().flatten());
    Ok(by_id(others.map(|found| found.value).chain([site])))
}

async fn of_service(plane: &dyn Reads, service: &ApimServiceId) -> Result<Found, ProviderError> {
    let (apis, products) = (Collection::Apis(service.clone()), Collection::Products(service.clone()));
    let (itself, apis, products) =
        tokio::try_join!(needed(plane, service), plane.list(&apis), plane.list(&products))?;
    let sets = version_sets(plane, &apis).await?;
    let ids = products.iter().map(|found| ProductId::try_from(found.value.id().clone()));
    let ids: Vec<ProductId> = ids.collect::<Result<_, _>>()?;
    let of_products = try_join_all(ids.iter().map(|id| of_product(plane, id))).await?;
    let mut found = by_id(apis.into_iter().chain(products).map(|found| found.value).chain([itself]));
    found.extend(of_products.into_iter().flatten());
    found.extend(sets);
    Ok(found)
}

/// Reads the version sets that APIs name, which determine their addresses.
async fn version_sets(plane: &dyn Reads, apis: &[Versioned<Resource>]) -> Result<Found, ProviderError> {
    let named = apis.iter().filter_map(|found| Api::read(&found.value).ok()?.versioning.set().cloned());
    let named: BTreeSet<ResourceId> = named.collect();
    let found = try_join_all(named.iter().map(async |id| plane.get(id).await)).await?;
    Ok(by_id(found.into_iter().flatten().map(|found| found.value)))
}

async fn of_product(plane: &dyn Reads, id: &ProductId) -> Result<Found, ProviderError> {
    let (policy, apis, subscriptions) =
        (id.policy(), Collection::ProductApis(id.clone()), Collection::ProductSubscriptions(id.clone()));
    let (policy, apis, subscriptions) =
        tokio::try_join!(plane.get(&policy), plane.list(&apis), plane.list(&subscriptions))?;
    // The list returns the APIs themselves; the product contains a membership resource for each.
    let places = apis.iter().map(|found| Ok::<_, ProviderError>(id.api(&Api::read(&found.value)?.id)));
    let places: Vec<_> = places.collect::<Result<_, _>>()?;
    let places = places.into_iter().map(|place| Resource::new((*place).clone(), Map::new()));
    Ok(by_id(policy.into_iter().chain(subscriptions).map(|found| found.value).chain(places)))
}

fn by_id(resources: impl Iterator<Item = Resource>) -> Found {
    resources.map(|resource| (resource.id().clone(), resource)).collect()
}
