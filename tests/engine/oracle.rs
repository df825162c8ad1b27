//! What the gateway would do with a call of the site: the two invariants that hold at every moment,
//! told by the resources and keys alone, without a line of the engine.

use swa_apim::{
    model::{
        ApimPolicy, ApimServiceId, ApimSubscription, LinkedBackend, PolicyVerdict, Product, SiteKey,
        StaticSite, StaticSiteId, SubscriptionState,
    },
    provider::{Collection, ControlPlane},
};

use crate::recipe::{HOST, LABEL, service_id, site_id};

/// What becomes of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Traffic {
    /// The site proxies `/api` to the service.
    pub(crate) proxied: bool,
    /// The key that the site sends is one of the two of an active subscription to the link's product.
    pub(crate) key_is_valid: bool,
    /// A call could reach an API of the product without a valid token of the site.
    pub(crate) unguarded: bool,
}

impl Traffic {
    pub(crate) async fn of(plane: &dyn ControlPlane) -> Self {
        let site = StaticSiteId::parse(&site_id()).unwrap();
        let service = ApimServiceId::parse(&service_id("apim")).unwrap();
        let site_resource = plane.get(&site).await.unwrap().unwrap();
        let host = StaticSite::read(&site_resource.value).unwrap().default_hostname;
        assert_eq!(host.as_str(), HOST);
        let backends =
            plane.list(&Collection::LinkedBackends(site.environment("default").unwrap())).await.unwrap();
        let own =
            backends.iter().map(|b| LinkedBackend::read(&b.value).unwrap()).find(|b| b.backend == *service);
        let product_id = service.product(LABEL).unwrap();
        let product = plane.get(&product_id).await.unwrap().map(|p| Product::read(&p.value).unwrap());
        let guarded = match plane.get(&product_id.policy()).await.unwrap() {
            Some(policy) => {
                let verdict = ApimPolicy::read(&policy.value).unwrap().verdict(&host, None);
                matches!(verdict, PolicyVerdict::Healthy | PolicyVerdict::Undetermined(_))
            }
            None => false,
        };
        let key_is_valid = match &own {
            Some(own) => key_is_valid(plane, plane.site_key(&own.id).await.unwrap(), &product_id).await,
            None => false,
        };
        let opened = product.as_ref().is_some_and(|product| key_is_valid || !product.subscription_required);
        let open = product.is_some_and(|product| !product.subscription_required);
        Self {
            proxied: own.is_some(),
            key_is_valid,
            unguarded: own.is_some() && opened && (!guarded || open),
        }
    }
}

async fn key_is_valid(plane: &dyn ControlPlane, held: SiteKey, product: &swa_apim::model::ProductId) -> bool {
    let SiteKey::Held(held) = held else { return false };
    for found in plane.list(&Collection::ProductSubscriptions(product.clone())).await.unwrap() {
        let subscription = ApimSubscription::read(&found.value).unwrap();
        let keys = plane.keys(&subscription.id).await.unwrap();
        let holds = keys.is_some_and(|keys| keys.value.slot_of(&held).is_some());
        if holds && subscription.state == SubscriptionState::Active {
            return true;
        }
    }
    false
}
