//! A site and a service to begin with.

use serde_json::{Value, json};

use super::{FakeAzure, State};

/// What the stand-in takes for a token.
pub(crate) const TOKEN: &str = "eyJ0b2tlbiI6InRlc3QifQ.c2VjcmV0";
pub(crate) const SITE: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Web/staticSites/shop";
pub(crate) const SERVICE: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.ApiManagement/service/gate";
/// The first label of the site's hostname.
pub(crate) const LABEL: &str = "agreeable-smoke-06273c21e";

pub(super) fn set(state: &mut State, gateway: &str) {
    state.set(site(SITE, &format!("{LABEL}.5.azurestaticapps.net")));
    state.set(service(SERVICE, gateway));
    for api in ["orders", "catalog"] {
        state.set(json!({"id": format!("{SERVICE}/apis/{api}"), "properties": {
            "displayName": api, "path": format!("api/{api}"), "subscriptionRequired": true,
            "protocols": ["https"], "subscriptionKeyParameterNames": {"header": "Ocp-Apim-Subscription-Key", "query": "subscription-key"},
            "isCurrent": true}}));
        state.set(json!({"id": format!("{SERVICE}/apis/{api}/operations/list"), "properties": {
            "displayName": "list", "method": "GET", "urlTemplate": "/{id}"}}));
    }
}

pub(crate) fn site(id: &str, hostname: &str) -> Value {
    json!({"id": id, "location": "Central US", "sku": {"name": "Standard", "tier": "Standard"},
        "properties": {"defaultHostname": hostname, "provider": "None", "customDomains": [],
        "userProvidedFunctionApps": null, "stagingEnvironmentPolicy": "Enabled"}})
}

pub(crate) fn service(id: &str, gateway: &str) -> Value {
    json!({"id": id, "location": "Central US", "sku": {"name": "Consumption", "capacity": 0},
        "properties": {"gatewayUrl": gateway, "provisioningState": "Succeeded", "virtualNetworkType": "None",
        "publicNetworkAccess": "Enabled", "publisherEmail": "a@example.com", "publisherName": "a"}})
}

impl FakeAzure {
    /// Puts a resource there without asking.
    pub(crate) fn put(&self, body: &Value) {
        self.state().set(body.clone());
    }
}
