//! Every method of the control plane, against the definitions.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use swa_apim::{
    ambient::System,
    model::{ApimServiceId, ApimSubscriptionId, Key, KeyPair, KeySlot, Resource, ResourceId, StaticSiteId},
    provider::{
        Collection, Expected, Reads as _, Writes as _,
        arm::{ArmControlPlane, ArmOptions, Budget, Connections, Endpoint, Wait},
    },
};

use crate::{
    azure::{FakeAzure, SERVICE, SITE, TOKEN},
    traffic::Traffic,
};

fn at(azure: &FakeAzure) -> ArmControlPlane {
    let options = ArmOptions {
        endpoint: Endpoint::public().at(&azure.endpoint()).unwrap(),
        variables: |name| (name == "SWA_APIM_ACCESS_TOKEN").then(|| TOKEN.to_owned()),
        ambient: Arc::new(System),
        limit: Duration::from_secs(60),
        budget: Budget::default(),
        wait: Wait::UntilDone,
        azure_subscription: None,
        transport: None,
        connections: Connections::default(),
    };
    ArmControlPlane::new(options).unwrap()
}

fn resource(id: &ResourceId, properties: &Value) -> Resource {
    Resource::new(id.clone(), properties.as_object().unwrap().clone())
}

/// Sends one of every request that the provider can make, those that are refused as well.
pub(crate) async fn every_request(azure: &FakeAzure, traffic: &mut Traffic) {
    let plane = at(azure);
    let (site, service) = (StaticSiteId::parse(SITE).unwrap(), ApimServiceId::parse(SERVICE).unwrap());
    let production = site.environment("default").unwrap();
    let product = service.product("label").unwrap();
    let api = service.api("orders").unwrap();
    let subscription = service.apim_subscription("label").unwrap();
    let backend = production.linked_backend("gate").unwrap();
    let put = async |id: &ResourceId, properties: &Value, expected: Expected| {
        plane.put(resource(id, properties), expected).await
    };
    put(&product, &json!({"displayName": "x", "subscriptionRequired": true}), Expected::Absent)
        .await
        .unwrap();
    let seen = plane.get(&product).await.unwrap().unwrap();
    plane.put(seen.value, Expected::Unchanged(seen.etag)).await.unwrap();
    let open = service.product("open").unwrap();
    put(&open, &json!({"displayName": "open", "subscriptionRequired": false}), Expected::Absent)
        .await
        .unwrap();
    put(&product.policy(), &json!({"value": "<policies/>"}), Expected::Absent).await.unwrap();
    put(&product.api(&api), &json!({}), Expected::Absent).await.unwrap();
    let scoped = json!({"scope": product.as_str(), "displayName": "x", "state": "active"});
    put(&subscription, &scoped, Expected::Absent).await.unwrap();
    put(&backend, &json!({"backendResourceId": SERVICE}), Expected::Absent).await.unwrap();
    keys(&plane, &subscription).await;
    for id in [&*site, &production, &service, &api, &product, &subscription, &backend] {
        plane.get(id).await.unwrap();
    }
    plane.get(&product.policy()).await.unwrap().unwrap();
    plane.get(&product.api(&api)).await.unwrap().unwrap();
    let name = "it's & co".to_owned();
    for collection in [
        Collection::StaticSites,
        Collection::Services,
        Collection::SiteEnvironments(site.clone()),
        Collection::LinkedBackends(production.clone()),
        Collection::Apis(service.clone()),
        Collection::ProductsNamed(service.clone(), name),
        Collection::ProductApis(product.clone()),
        Collection::ApiOperations(api.clone()),
        Collection::ProductSubscriptions(product.clone()),
    ] {
        plane.list(&collection).await.unwrap();
    }
    // each of these is refused, in the words of the server that refuses
    let other = production.linked_backend("other").unwrap();
    put(&other, &json!({"backendResourceId": SERVICE}), Expected::Anything).await.unwrap_err();
    let second = service.product("second").unwrap();
    put(&second, &json!({"displayName": "x"}), Expected::Anything).await.unwrap_err();
    plane.delete(&product, Expected::Anything).await.unwrap_err();
    plane.get(&service.product("none").unwrap()).await.unwrap();
    plane.get(&StaticSiteId::parse(&format!("{SITE}-none")).unwrap()).await.unwrap();
    plane.get(&other).await.unwrap();
    delete(&plane, [&*product.api(&api), &*product.policy(), &*subscription]).await;
    // the one that came with the product
    let owners = plane.list(&Collection::ProductSubscriptions(product.clone())).await.unwrap();
    delete(&plane, owners.iter().map(|owners| owners.value.id())).await;
    delete(&plane, [&*product, &*open, &*backend, &*product]).await;
    traffic.take(azure);
}

async fn delete(plane: &ArmControlPlane, ids: impl IntoIterator<Item = &ResourceId>) {
    for id in ids {
        plane.delete(id, Expected::Anything).await.unwrap();
    }
}

async fn keys(plane: &ArmControlPlane, id: &ApimSubscriptionId) {
    let keys = plane.keys(id).await.unwrap().unwrap();
    let key = |text: &str| Key::new(text).unwrap();
    let swapped = KeyPair { primary: key("a"), secondary: keys.value.primary };
    plane.set_keys(id, swapped.clone(), Expected::Unchanged(keys.etag.clone())).await.unwrap();
    let stale = KeyPair { primary: key("b"), ..swapped };
    plane.set_keys(id, stale, Expected::Unchanged(keys.etag)).await.unwrap_err();
    plane.regenerate(id, KeySlot::Primary).await.unwrap();
    plane.regenerate(id, KeySlot::Secondary).await.unwrap();
}
