//! The third stage: the owners of the subscriptions, and the keys.

use super::{ends::Ends, in_service::InService};
use crate::{
    engine::{KeyFingerprints, Provisioner},
    model::{
        ApimSubscription, ApimSubscriptionId, Fingerprint, LinkNames, Ownership, ProductId, SiteKey, SiteSide,
    },
    provider::{Depth, ProviderError, Reads, Versioned},
};

/// The owners of the subscriptions, and the known keys of the subscription that the site uses.
pub(super) struct KeysSeen {
    pub(super) site_key: SiteKey,
    pub(super) ownership: Vec<Ownership>,
    pub(super) chosen: Option<usize>,
    pub(super) free_subscription: Option<ApimSubscriptionId>,
    pub(super) keys: Option<Versioned<KeyFingerprints>>,
}

impl KeysSeen {
    /// No subscription, and no key that could be read.
    pub(super) fn none() -> Self {
        let (site_key, ownership) = (SiteKey::Hidden, Vec::new());
        Self { site_key, ownership, chosen: None, free_subscription: None, keys: None }
    }

    /// Determines the owners of the subscriptions, and reads the keys of the one that the site uses. If the site's key
    /// is known, it distinguishes a link's subscription that lost its display name from another consumer's.
    pub(super) async fn read(
        plane: &dyn Reads,
        names: &LinkNames,
        ends: &Ends,
        listed: &InService,
    ) -> Result<Self, ProviderError> {
        let site_key = match ends.own_backend() {
            Some(backend) => plane.site_key(&backend.id).await?,
            None => SiteKey::Hidden,
        };
        let candidates: Vec<ApimSubscription> = listed.subscriptions.iter().map(|s| s.view.clone()).collect();
        let has_a_named_one = candidates.iter().any(|candidate| candidate.is_named_by(names));
        let holder = match &site_key {
            SiteKey::Held(held) if !has_a_named_one => holder_of(plane, &candidates, held).await?,
            SiteKey::Held(_) | SiteKey::Absent | SiteKey::Hidden => None,
        };
        let site = SiteSide {
            holder: holder.map(|holder| &holder.id),
            key_is_hidden: is_hidden(ends, &site_key),
            connected_on: ends.own_backend().and_then(|backend| backend.created_on.as_deref()),
        };
        let ownership = Ownership::of_all(&candidates, Some(names), &site);
        let chosen = Ownership::used(&ownership, &candidates);
        let mut seen = Self { site_key, ownership, chosen, ..Self::none() };
        match chosen {
            Some(at) if plane.capabilities().depth == Depth::Whole => {
                let keys = plane.keys(&candidates[at].id).await?;
                seen.keys = keys.map(|keys| {
                    let (primary, secondary) = (&keys.value.primary, &keys.value.secondary);
                    let value = KeyFingerprints {
                        primary: primary.fingerprint(),
                        secondary: secondary.fingerprint(),
                    };
                    Versioned { value, etag: keys.etag }
                });
            }
            None if ends.target.provisioner == Provisioner::Engine => {
                let product = names.product(&ends.target.service)?;
                seen.free_subscription = Some(free_subscription(plane, &product).await?);
            }
            Some(_) | None => {}
        }
        Ok(seen)
    }
}

/// Whether the site's key is unknown, so that any subscription may hold it. Where the resource provider creates
/// subscriptions, this includes those that an earlier connection left.
fn is_hidden(ends: &Ends, site_key: &SiteKey) -> bool {
    let by_azure = ends.target.provisioner == Provisioner::Service;
    *site_key == SiteKey::Hidden && (ends.own_backend().is_some() || by_azure)
}

async fn free_subscription(
    plane: &dyn Reads,
    product: &ProductId,
) -> Result<ApimSubscriptionId, ProviderError> {
    let service = product.service();
    let mut id = service.apim_subscription(product.name())?;
    let mut number = 2;
    while let Some(taken) = plane.get(&id).await? {
        // A subscription that is left from a deleted product is deleted when the product is created again.
        let scope = taken.value.text("properties.scope").ok().flatten().unwrap_or_default();
        let names_product = ApimSubscription::product_of_scope(scope);
        if names_product.is_some_and(|name| name.eq_ignore_ascii_case(product.name()))
            && plane.get(product).await?.is_none()
        {
            break;
        }
        id = service.apim_subscription(&format!("{}-{number}", product.name()))?;
        number += 1;
    }
    Ok(id)
}

/// Returns the subscription that has the key with this fingerprint.
pub(in crate::engine) async fn holder_of<'a>(
    plane: &dyn Reads,
    candidates: &'a [ApimSubscription],
    held: &Fingerprint,
) -> Result<Option<&'a ApimSubscription>, ProviderError> {
    for candidate in candidates {
        let keys = plane.keys(&candidate.id).await?;
        if keys.is_some_and(|keys| keys.value.slot_of(held).is_some()) {
            return Ok(Some(candidate));
        }
    }
    Ok(None)
}
