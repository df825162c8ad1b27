//! What linked sites show of the subscriptions that they use.

use futures_util::{StreamExt as _, stream};

use super::{ServiceSeen, SideSeen, SiteKeys, SitesSeen, classify, classify::scoped_to};
use crate::{
    engine::observe::holder_of,
    model::{ApimServiceId, ApimSubscription, LinkedBackend, ProductId, SiteEnvironmentId, SiteKey},
    provider::{Collection, ProviderError, Reads, at_once},
};

/// Reads the linked backend of each site whose product other consumers use too, or may use: it decides which of the
/// product's subscriptions is the link's, by the same rule as for the link itself.
///
/// If a linked backend cannot be read, the owners are decided without it.
pub(super) async fn look_at_sides(
    plane: &dyn Reads,
    services: impl Iterator<Item = &ServiceSeen>,
    sites: &SitesSeen,
) -> Vec<SideSeen> {
    let mut shared = Vec::new();
    for service in services {
        let audit = classify(service, sites);
        let of_service = audit.shared().map(|(product, site)| (service, product.clone(), site.clone()));
        shared.extend(of_service.collect::<Vec<_>>());
    }
    let sides = stream::iter(shared)
        .map(async |(service, product, site)| look_at_side(plane, service, product, &site).await);
    sides.buffered(at_once::READS_OF_AUDIT).filter_map(async |side| side.ok().flatten()).collect().await
}

async fn look_at_side(
    plane: &dyn Reads,
    service: &ServiceSeen,
    product: ProductId,
    site: &SiteEnvironmentId,
) -> Result<Option<SideSeen>, ProviderError> {
    let Some(backend) = backend_of(plane, &service.id, site).await? else { return Ok(None) };
    let (holder, site_key) = match plane.site_key(&backend.id).await? {
        SiteKey::Held(held) => {
            let candidates: Vec<ApimSubscription> = scoped_to(&product, &service.subscriptions);
            let holder = holder_of(plane, &candidates, &held).await?.map(|holder| holder.id.clone());
            (holder, SiteKeys::Shown)
        }
        SiteKey::Absent => (None, SiteKeys::Shown),
        SiteKey::Hidden => (None, SiteKeys::Hidden),
    };
    Ok(Some(SideSeen { product, holder, site_key, connected_on: backend.created_on }))
}

async fn backend_of(
    plane: &dyn Reads,
    service: &ApimServiceId,
    site: &SiteEnvironmentId,
) -> Result<Option<LinkedBackend>, ProviderError> {
    let found = plane.list(&Collection::LinkedBackends(site.clone())).await?;
    let backends = found.iter().filter_map(|found| LinkedBackend::read(&found.value).ok());
    Ok(backends.into_iter().find(|backend| backend.backend == **service))
}
