//! The ids, resources and control planes that the suite is about.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use serde_json::{Value, json};
use swa_apim::{
    ambient::Ambient,
    model::{
        ApimServiceId, ApimSubscriptionId, Key, KeyPair, LinkedBackendId, ProductId, Resource, ResourceId,
        SiteEnvironmentId, StaticSiteId,
    },
    provider::{ControlPlane, ETag, Expected, ProviderError, json::JsonControlPlane},
};
use uuid::Uuid;

/// A time that stands still, and ids that count from 1.
#[derive(Debug, Default)]
pub(crate) struct Counting(AtomicU64);

impl Ambient for Counting {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn unguessable(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)) + 1)
    }
}

pub(crate) const LABEL: &str = "agreeable-smoke-06273c21e";
pub(crate) const WAIT: Duration = Duration::from_millis(300);

pub(crate) fn open(path: &Path) -> JsonControlPlane {
    JsonControlPlane::open(path, WAIT, Arc::new(Counting::default())).unwrap()
}

pub(crate) fn create(path: &Path) -> JsonControlPlane {
    JsonControlPlane::create(path, "", WAIT, Arc::new(Counting::default())).unwrap()
}

pub(crate) fn resource(id: &ResourceId, properties: &Value) -> Resource {
    Resource::new(id.clone(), properties.as_object().unwrap().clone())
}

pub(crate) fn site_id() -> StaticSiteId {
    StaticSiteId::parse("/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/staticSites/shop")
        .unwrap()
}

pub(crate) fn service_id() -> ApimServiceId {
    service_named("gateway")
}

pub(crate) fn service_named(name: &str) -> ApimServiceId {
    let services = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service";
    ApimServiceId::parse(&format!("{services}/{name}")).unwrap()
}

pub(crate) fn production() -> SiteEnvironmentId {
    site_id().environment("default").unwrap()
}

pub(crate) fn product_id() -> ProductId {
    service_id().product(LABEL).unwrap()
}

pub(crate) fn subscription_id(name: &str) -> ApimSubscriptionId {
    service_id().apim_subscription(name).unwrap()
}

pub(crate) fn backend_id(name: &str) -> LinkedBackendId {
    production().linked_backend(name).unwrap()
}

pub(crate) fn site() -> Resource {
    let hostname = format!("{LABEL}.5.azurestaticapps.net");
    resource(&site_id(), &json!({"defaultHostname": hostname, "branch": "main"}))
}

pub(crate) fn service() -> Resource {
    resource(&service_id(), &json!({"gatewayUrl": "https://gateway.azure-api.net"}))
}

pub(crate) fn api(name: &str) -> Resource {
    resource(&service_id().api(name).unwrap(), &json!({"path": format!("api/{name}"), "displayName": name}))
}

pub(crate) fn product() -> Resource {
    resource(&product_id(), &json!({"displayName": "Linked"}))
}

pub(crate) fn policy() -> Resource {
    resource(&product_id().policy(), &json!({"value": "<policies/>"}))
}

pub(crate) fn product_api(name: &str) -> Resource {
    resource(&product_id().api(&service_id().api(name).unwrap()), &json!({}))
}

pub(crate) fn subscription(name: &str) -> Resource {
    let display_name = format!("Azure Static Web Apps - {LABEL}.5.azurestaticapps.net (Linked)");
    let properties =
        json!({"scope": format!("/products/{LABEL}"), "displayName": display_name, "state": "active"});
    resource(&subscription_id(name), &properties)
}

pub(crate) fn backend(name: &str, service: &ApimServiceId) -> Resource {
    resource(&backend_id(name), &json!({"backendResourceId": service.as_str()}))
}

pub(crate) fn pair(primary: &str, secondary: &str) -> KeyPair {
    KeyPair { primary: Key::new(primary).unwrap(), secondary: Key::new(secondary).unwrap() }
}

pub(crate) async fn put(plane: &dyn ControlPlane, resource: Resource) -> ETag {
    plane.put(resource, Expected::Anything).await.unwrap()
}

/// A site, a service with an API, and all that a link between the two consists of.
pub(crate) async fn put_a_link(plane: &dyn ControlPlane) {
    for part in [site(), service(), api("orders"), product(), policy(), product_api("orders")] {
        put(plane, part).await;
    }
    put(plane, subscription("linked")).await;
    put(plane, backend("backend", &service_id())).await;
}

pub(crate) fn code_of(result: Result<impl Sized, ProviderError>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(ProviderError::Conflict(_)) => "conflict".to_owned(),
        Err(ProviderError::NotFound(id)) => format!("not found: {}", id.name().to_lowercase()),
        // Microsoft.Web says the status' code first, and then its own
        Err(ProviderError::Rejected { code, .. }) => code.rsplit('/').next().unwrap().to_owned(),
        Err(other) => format!("{other}"),
    }
}
