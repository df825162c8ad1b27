//! The values that the program reads out of a resource, against the JSON that Azure sent.

use serde_json::{Map, Value};
use swa_apim::model::{
    Api, ApiId, ApiOperation, ApimService, ApimSubscription, LinkedBackend, LinkedBackendId, Product,
    ProductApiId, Resource, SiteEnvironment, StaticSite,
};

/// Checks that a resource holds all that Azure sent, and that each typed value is the one in the JSON. Keys
/// are not kept; `id` and `type` are those of the resource itself.
pub(crate) fn same(read: &Resource, sent: &Value, what: &str) {
    assert_eq!(properties(&Value::Object(read.body().clone())), properties(sent), "{what}");
    for member in ["name", "location", "sku", "kind", "tags"] {
        let read = read.body().get(member).unwrap_or(&Value::Null);
        assert_eq!(read, &sent[member], "`{member}` of {what}");
    }
    let id = read.id();
    match id.resource_type().to_lowercase().as_str() {
        "microsoft.apimanagement/service" => service(read, sent, what),
        "microsoft.apimanagement/service/products" => product(read, sent, what),
        "microsoft.apimanagement/service/subscriptions" => subscription(read, sent, what),
        "microsoft.apimanagement/service/apis" | "microsoft.apimanagement/service/products/apis" => {
            api(read, sent, what);
        }
        "microsoft.apimanagement/service/apis/operations" => operation(read, sent, what),
        "microsoft.web/staticsites" => site(read, sent, what),
        "microsoft.web/staticsites/builds" => {
            let hostname = SiteEnvironment::read(read).unwrap().hostname;
            assert_eq!(hostname.as_str(), text(sent, "hostname").unwrap(), "{what}");
        }
        "microsoft.web/staticsites/builds/linkedbackends" => linked_backend(read, sent, what),
        _ => {}
    }
}

/// The properties without the keys that a PUT answers.
fn properties(resource: &Value) -> Map<String, Value> {
    let mut properties = resource["properties"].as_object().cloned().unwrap_or_default();
    properties.retain(|name, _| !["primaryKey", "secondaryKey"].contains(&name.as_str()));
    properties
}

fn text<'a>(sent: &'a Value, property: &str) -> Option<&'a str> {
    sent["properties"][property].as_str()
}

fn flag(sent: &Value, property: &str) -> Option<bool> {
    sent["properties"][property].as_bool()
}

fn service(read: &Resource, sent: &Value, what: &str) {
    let service = ApimService::read(read).unwrap();
    assert_eq!(service.sku, sent["sku"]["name"].as_str().unwrap(), "{what}");
    assert_eq!(service.gateway_url.as_deref(), text(sent, "gatewayUrl"), "{what}");
    assert_eq!(service.provisioning.as_str(), text(sent, "provisioningState").unwrap(), "{what}");
    assert_eq!(service.virtual_network_type.as_deref(), text(sent, "virtualNetworkType"), "{what}");
    assert_eq!(service.public_network_access.as_deref(), text(sent, "publicNetworkAccess"), "{what}");
}

fn product(read: &Resource, sent: &Value, what: &str) {
    let product = Product::read(read).unwrap();
    assert_eq!(product.id.name(), sent["name"].as_str().unwrap(), "{what}");
    assert_eq!(product.display_name, text(sent, "displayName").unwrap(), "{what}");
    assert_eq!(Some(product.subscription_required), flag(sent, "subscriptionRequired"), "{what}");
    // null where no subscription is required: then there is nothing to approve
    assert_eq!(product.approval_required, flag(sent, "approvalRequired") == Some(true), "{what}");
    assert_eq!(product.state.as_str(), text(sent, "state").unwrap(), "{what}");
}

fn subscription(read: &Resource, sent: &Value, what: &str) {
    // Before 2019-01-01 a subscription named its product instead.
    let Some(scope) = text(sent, "scope") else { return };
    let subscription = ApimSubscription::read(read).unwrap();
    assert_eq!(subscription.scope, scope, "{what}");
    assert_eq!(subscription.display_name.as_deref(), text(sent, "displayName"), "{what}");
    assert_eq!(subscription.state.as_str(), text(sent, "state").unwrap(), "{what}");
    assert_eq!(subscription.created_on.as_deref(), text(sent, "createdDate"), "{what}");
}

fn api(read: &Resource, sent: &Value, what: &str) {
    let api = Api::read(read).unwrap();
    let id = ProductApiId::try_from(read.id().clone()).map(|place| place.api());
    let id = id.or_else(|_| ApiId::try_from(read.id().clone())).unwrap();
    assert_eq!(api.id, id, "{what}");
    assert_eq!(api.path, text(sent, "path").unwrap_or_default().trim_matches('/'), "{what}");
    assert_eq!(api.subscription_required, flag(sent, "subscriptionRequired") != Some(false), "{what}");
    assert_eq!(api.service_url.as_deref(), text(sent, "serviceUrl"), "{what}");
    let keys = &sent["properties"]["subscriptionKeyParameterNames"];
    assert_eq!(api.key_header, keys["header"].as_str().unwrap_or("Ocp-Apim-Subscription-Key"), "{what}");
    assert_eq!(api.key_parameter, keys["query"].as_str().unwrap_or("subscription-key"), "{what}");
    let name = sent["name"].as_str().unwrap();
    if let Some(current) = flag(sent, "isCurrent") {
        assert_eq!(api.is_current, current, "{what}");
    } else if name.contains(";rev=") {
        assert!(!api.is_current, "another revision than the current one does not say that it is one: {what}");
    }
}

fn operation(read: &Resource, sent: &Value, what: &str) {
    let operation = ApiOperation::read(read).unwrap();
    assert_eq!(operation.method, text(sent, "method").unwrap(), "{what}");
    assert_eq!(operation.url_template, text(sent, "urlTemplate").unwrap(), "{what}");
}

fn site(read: &Resource, sent: &Value, what: &str) {
    let site = StaticSite::read(read).unwrap();
    assert_eq!(site.default_hostname.as_str(), text(sent, "defaultHostname").unwrap(), "{what}");
    assert_eq!(site.sku, sent["sku"]["name"].as_str().unwrap(), "{what}");
    assert_eq!(site.plan_allows_backends(), sent["sku"]["name"] == "Standard", "{what}");
    // null and [] mean the same
    let each = |property: &str, member: &str| {
        let all = sent["properties"][property].as_array().into_iter().flatten();
        all.map(|one| one[member].as_str().unwrap().to_lowercase()).collect::<Vec<_>>()
    };
    let linked: Vec<String> = site.linked_to.iter().map(|id| id.as_str().to_lowercase()).collect();
    assert_eq!(linked, each("linkedBackends", "backendResourceId"), "{what}");
    // A function app inside a site has no level `properties`.
    let apps: Vec<String> = site.functions_apps.iter().map(|id| id.to_lowercase()).collect();
    assert_eq!(apps, each("userProvidedFunctionApps", "functionAppResourceId"), "{what}");
}

fn linked_backend(read: &Resource, sent: &Value, what: &str) {
    let backend = LinkedBackend::read(read).unwrap();
    assert_eq!(backend.id, LinkedBackendId::try_from(read.id().clone()).unwrap(), "{what}");
    assert_eq!(backend.backend.as_str(), text(sent, "backendResourceId").unwrap(), "{what}");
    assert_eq!(backend.provisioning.as_str(), text(sent, "provisioningState").unwrap(), "{what}");
    assert_eq!(backend.created_on.as_deref(), text(sent, "createdOn"), "{what}");
}
