//! Ids → addresses: the API version of each resource provider, and the fields that a request may have.

use serde_json::{Map, Value, json};

use crate::model::{
    API_MANAGEMENT, API_MANAGEMENT_VERSION, ApimPolicyId, ApimSubscription, ApimSubscriptionId,
    LinkedBackendId, ProductApiId, Resource, ResourceId, SiteEnvironmentId, StaticSiteId, WEB, WEB_VERSION,
    canonical_policy,
};

/// [Subscriptions and resource groups](https://learn.microsoft.com/rest/api/resources).
pub(crate) const RESOURCES: &str = "2022-12-01";
/// [Authorization](https://learn.microsoft.com/rest/api/authorization/permissions).
pub(crate) const ACTIVITY_LOG: &str = "2015-04-01";
/// The version of [permissions](https://learn.microsoft.com/rest/api/authorization/permissions/list-for-resource).
pub(crate) const AUTHORIZATION: &str = "2022-04-01";
/// [Resource Graph](https://learn.microsoft.com/rest/api/azureresourcegraph).
pub(crate) const RESOURCE_GRAPH: &str = "2022-10-01";

/// Returns the API version for a resource, or for a path below it.
pub(crate) fn version_of(id: &ResourceId) -> &'static str {
    if is_of_api_management(id) {
        API_MANAGEMENT_VERSION
    } else if has_namespace(id, WEB) {
        WEB_VERSION
    } else {
        RESOURCES
    }
}

/// Whether a resource is of API Management, which has entity tags for everything in a service.
pub(crate) fn is_of_api_management(id: &ResourceId) -> bool {
    has_namespace(id, API_MANAGEMENT)
}

/// Whether a resource has an entity tag of its own. An API in a product has none: the answer to its PUT has the tag of
/// the API.
pub(crate) fn has_entity_tag(id: &ResourceId) -> bool {
    is_of_api_management(id) && !id.is_a(ProductApiId::TYPE)
}

/// Whether the program reads resources of this provider, so that their absence can be proven.
pub(crate) fn is_spoken_to(id: &ResourceId) -> bool {
    is_of_api_management(id) || has_namespace(id, WEB)
}

fn has_namespace(id: &ResourceId, namespace: &str) -> bool {
    let of_provider = id.lower_case().rsplit_once("/providers/").map(|(_, path)| path);
    of_provider
        .and_then(|path| path.split('/').next())
        .is_some_and(|found| found.eq_ignore_ascii_case(namespace))
}

/// Returns the query parameters of a GET of the resource.
pub(crate) fn read_query(id: &ResourceId) -> &'static [(&'static str, &'static str)] {
    // Without a format, API Management answers with `xml`, which is XML; `rawxml` often is not.
    if id.is_a(ApimPolicyId::TYPE) { &[("format", "xml")] } else { &[] }
}

/// Returns the query parameters of a DELETE of the resource. Cleaning up the authentication of a backend concerns only
/// App Service, so it is not requested.
pub(crate) fn delete_query(id: &ResourceId) -> &'static [(&'static str, &'static str)] {
    if id.is_a(LinkedBackendId::TYPE) { &[("isCleaningAuthConfig", "false")] } else { &[] }
}

/// Fields of an answer that a request must not have.
const READ_ONLY: &[&str] = &[
    "createdDate",
    "createdOn",
    "endDate",
    "groups",
    "notificationDate",
    "provisioningState",
    "startDate",
    "stateComment",
];

/// Fields of a subscription that only its update (a PATCH) defines: a PUT does not change them.
const OF_UPDATES: &[&str] = &["expirationDate"];

/// Returns the body of a PUT of the resource. A property that Azure shows as null was never set, and most definitions
/// do not allow null for it, so it is omitted.
pub(crate) fn put_body(resource: &Resource) -> Option<Value> {
    let id = resource.id();
    if id.is_a(ProductApiId::TYPE) {
        return None;
    }
    let properties = resource.field("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    if id.is_a(LinkedBackendId::TYPE) {
        return Some(json!({ "properties": only(properties, &["backendResourceId", "region"]) }));
    }
    if id.is_a(ApimPolicyId::TYPE) {
        return Some(json!({ "properties": policy_properties(resource) }));
    }
    let is_sent = |(name, value): &(String, Value)| {
        let is_read_only = READ_ONLY.contains(&name.as_str())
            || (id.is_a(ApimSubscriptionId::TYPE) && OF_UPDATES.contains(&name.as_str()));
        !is_read_only && !value.is_null()
    };
    let writable = properties.into_iter().filter(is_sent);
    let mut body = Map::from_iter([("properties".to_owned(), writable.collect())]);
    for field in ["location", "sku", "tags", "kind", "identity", "zones"] {
        if let Some(value) = resource.field(field) {
            body.insert(field.to_owned(), value.clone());
        }
    }
    Some(Value::Object(body))
}

/// Returns a policy as XML. A policy that cannot be converted is sent in its own format.
fn policy_properties(resource: &Resource) -> Map<String, Value> {
    let mut sent = resource.clone();
    let is_xml = canonical_policy(&mut sent).is_ok();
    let sent = if is_xml { &sent } else { resource };
    let properties = sent.field("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut properties = only(properties, if is_xml { &["value"] } else { &["value", "format"] });
    if is_xml {
        properties.insert("format".to_owned(), "xml".into());
    }
    properties
}

fn only(mut properties: Map<String, Value>, fields: &[&str]) -> Map<String, Value> {
    properties.retain(|name, value| fields.contains(&name.as_str()) && !value.is_null());
    properties
}

/// Whether the service itself refuses to create the resource where it would be a duplicate: a second linked backend.
pub(crate) fn is_unique_by_itself(id: &ResourceId) -> bool {
    id.is_a(LinkedBackendId::TYPE) || id.is_a(ProductApiId::TYPE)
}

/// Returns the resources that must exist before a resource can be put, in the order in which their absence is reported.
pub(crate) fn needed_by(id: &ResourceId) -> Vec<ResourceId> {
    let Some(parent) = id.parent() else { return Vec::new() };
    if let Ok(place) = ProductApiId::try_from(id.clone()) {
        return vec![parent, (*place.api()).clone()];
    }
    match SiteEnvironmentId::try_from(parent.clone()) {
        // It exists whenever its site exists, and has no record of its own.
        Ok(environment) if environment.is_production() => parent.parent().into_iter().collect(),
        Ok(_) => parent.parent().into_iter().chain([parent]).collect(),
        Err(_) => vec![parent],
    }
}

/// Returns the content from which the version of a resource without an entity tag is computed: what people or programs
/// set, in a form that does not depend on the operation that showed it.
///
/// In recordings, a list and a GET of one resource differ in properties that are null or absent, in `allowTracing`, in
/// the digits and the zone of times, and in the casing of ids.
pub(crate) fn comparable(resource: &Resource) -> Value {
    let mut value = without_nulls(Value::Object(resource.body().clone()));
    let text = |field: &str| resource.text(field).ok().flatten().unwrap_or_default();
    if resource.id().is_a(LinkedBackendId::TYPE) {
        let region = text("properties.region").replace(' ', "").to_ascii_lowercase();
        return json!([canonical_key(text("properties.backendResourceId")), region]);
    }
    if resource.id().is_a(ProductApiId::TYPE) {
        // An API in a product is only present or absent; its other fields belong to the API.
        return json!(resource.id().lower_case());
    }
    if resource.id().is_a(StaticSiteId::TYPE) {
        // Resource Graph shows a part of the envelope, with the type in lower case; each api-version has other
        // properties, which also change over the years; and linked backends have versions of their own.
        let apps = value.pointer_mut("/properties/userProvidedFunctionApps").map(Value::take);
        let apps = apps.filter(|apps| apps.as_array().is_none_or(|apps| !apps.is_empty()));
        let of_site =
            ["properties.defaultHostname", "sku.name"].map(|field| text(field).to_ascii_lowercase());
        return json!([of_site, apps]);
    }
    if resource.id().is_a(ApimSubscriptionId::TYPE) {
        let scope = text("properties.scope");
        let product = ApimSubscription::product_of_scope(scope).map(str::to_ascii_lowercase);
        let scope = product.unwrap_or_else(|| canonical_key(scope));
        let owner = text("properties.ownerId").rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let [name, state, expires] = ["displayName", "state", "expirationDate"]
            .map(|property| text(&format!("properties.{property}")).to_owned());
        return json!([
            scope,
            owner,
            name,
            state,
            second_of(&expires),
            second_of(text("properties.createdDate"))
        ]);
    }
    value
}

fn canonical_key(id: &str) -> String {
    ResourceId::parse(id).map_or_else(|_| id.to_ascii_lowercase(), |id| id.lower_case().to_owned())
}

/// Returns a time without its fraction, which is rounded to a varying number of digits, and without its zone.
fn second_of(time: &str) -> &str {
    time.split(['.', 'Z']).next().unwrap_or_default()
}

/// Removes properties that are null: null means the same as absent.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let there = fields.into_iter().filter(|(_, field)| !field.is_null());
            Value::Object(there.map(|(name, field)| (name, without_nulls(field))).collect())
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
            other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a";

    fn resource(tail: &str, properties: &Value) -> Resource {
        Resource::from_value(json!({"id": format!("{SERVICE}{tail}"), "properties": properties})).unwrap()
    }

    #[test]
    fn each_provider_is_spoken_to_in_its_own_version() {
        let version = |id: &str| version_of(&ResourceId::parse(id).unwrap());
        assert_eq!(version(&format!("{SERVICE}/products/p")), API_MANAGEMENT_VERSION);
        assert_eq!(
            version("/subscriptions/s/resourceGroups/rg/providers/microsoft.web/staticSites/x"),
            WEB_VERSION
        );
        assert_eq!(version("/subscriptions/s/resourceGroups/rg"), RESOURCES);
    }

    #[test]
    fn what_only_the_service_writes_is_not_sent_back_and_the_unknown_is() {
        let sent = put_body(&resource("/products/p", &json!({"displayName": "x", "groups": [], "new": 1})));
        assert_eq!(sent, Some(json!({"properties": {"displayName": "x", "new": 1}})));
    }

    #[test]
    fn a_property_that_is_null_is_not_sent_back() {
        // apim-products and apim-subscriptions: the answer to a GET of a product and of a subscription
        let product = json!({"displayName": "x", "description": null, "terms": null, "subscriptionsLimit": null,
            "approvalRequired": false});
        let sent = put_body(&resource("/products/p", &product));
        assert_eq!(sent, Some(json!({"properties": {"displayName": "x", "approvalRequired": false}})));
        let subscription = json!({"scope": "/products/p", "displayName": null, "expirationDate": "2030-01-01T00:00:00Z",
            "endDate": null, "stateComment": null, "state": "active", "allowTracing": false});
        let sent = put_body(&resource("/subscriptions/x", &subscription));
        let expected = json!({"scope": "/products/p", "state": "active", "allowTracing": false});
        assert_eq!(sent, Some(json!({"properties": expected})));
    }

    #[test]
    fn an_api_is_put_into_a_product_without_a_body() {
        assert_eq!(put_body(&resource("/products/p/apis/a", &json!({}))), None);
    }

    #[test]
    fn a_policy_is_sent_as_it_is_written() {
        let sent = put_body(&resource("/products/p/policies/policy", &json!({"value": "<p/>", "x": 1})));
        assert_eq!(sent, Some(json!({"properties": {"value": "<p/>", "format": "xml"}})));
        let raw = json!({"value": "<p a=\"@(f(\"x\"))\"/>", "format": "rawxml"});
        let sent = put_body(&resource("/products/p/policies/policy", &raw)).unwrap();
        let expected = json!({"value": "<p a=\"@(f(&quot;x&quot;))\"/>", "format": "xml"});
        assert_eq!(sent["properties"], expected);
    }

    #[test]
    fn a_put_requires_an_existing_parent() {
        let site = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/staticSites/x";
        let needed = |id: &str| {
            let needed = needed_by(&ResourceId::parse(id).unwrap());
            needed.iter().map(|id| id.name().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(needed(SERVICE), [""; 0]);
        assert_eq!(needed(&format!("{SERVICE}/products/p/policies/policy")), ["p"]);
        assert_eq!(needed(&format!("{SERVICE}/products/p/apis/orders")), ["p", "orders"]);
        assert_eq!(needed(&format!("{site}/builds/default/linkedBackends/b")), ["x"]);
        assert_eq!(needed(&format!("{site}/builds/7/linkedBackends/b")), ["x", "7"]);
    }

    #[test]
    fn a_subscription_is_the_same_in_a_list_and_by_itself() {
        // Azure/azure-sdk-for-go, TestApimproductsTestSuite.json and TestApimsubscriptionsTestSuite.json, recorded
        // 2022-10-21 with 2021-08-01: `GET products/P/subscriptions`, and the form of a GET of the same time
        let list = json!({"id": format!("{SERVICE}/products/p/subscriptions/635307d6463461024444c8ab"),
            "type": "Microsoft.ApiManagement/service/products/subscriptions", "name": "635307d6463461024444c8ab",
            "properties": {"ownerId": format!("{SERVICE}/users/1"), "scope": format!("{SERVICE}/products/p"),
                "displayName": null, "state": "active", "createdDate": "2022-10-21T20:57:58.62Z",
                "startDate": "2022-10-21T00:00:00Z", "expirationDate": null, "endDate": null,
                "notificationDate": null, "stateComment": null, "allowTracing": false}});
        let itself = json!({"id": format!("{SERVICE}/subscriptions/635307d6463461024444c8ab"),
            "properties": {"ownerId": "/users/1", "scope": format!("{}/Products/P", SERVICE.to_uppercase()),
                "state": "active", "createdDate": "2022-10-21T20:57:58.6214968"}});
        let version = |value: &Value| comparable(&Resource::from_value(value.clone()).unwrap());
        assert_eq!(version(&list), version(&itself));
        for (property, other) in [
            ("displayName", "A partner"),
            ("state", "suspended"),
            ("ownerId", "/users/7"),
            ("scope", "/products/q"),
            ("createdDate", "2022-10-21T20:58:58.62Z"),
        ] {
            let mut changed = list.clone();
            changed["properties"][property] = other.into();
            assert_ne!(version(&changed), version(&list), "{property}");
        }
    }

    #[test]
    fn null_is_equal_to_a_missing_field() {
        let product = |properties: &Value| comparable(&resource("/products/p", properties));
        let short = json!({"displayName": "x", "groups": []});
        let long = json!({"displayName": "x", "groups": [], "terms": null, "more": {"a": null}});
        assert_ne!(product(&short), product(&long), "an object is there");
        let long = json!({"displayName": "x", "groups": [], "terms": null, "subscriptionsLimit": null});
        assert_eq!(product(&short), product(&long));
    }

    #[test]
    fn linked_backends_that_differ_only_in_dates_are_equal() {
        let site = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/staticSites/x";
        let backend = |created: &str, named: &str| {
            let id = format!("{site}/builds/default/linkedBackends/b");
            let properties = json!({"backendResourceId": named, "createdOn": created});
            comparable(&Resource::from_value(json!({"id": id, "properties": properties})).unwrap())
        };
        assert_eq!(
            backend("2024-06-19T09:03:33Z", SERVICE),
            backend("2024-06-19T09:03:33", &SERVICE.to_uppercase())
        );
        assert_ne!(backend("", SERVICE), backend("", &format!("{SERVICE}2")));
        let in_region = |region: Value| {
            let id = format!("{site}/builds/default/linkedBackends/b");
            let properties = json!({"backendResourceId": SERVICE, "region": region});
            comparable(&Resource::from_value(json!({"id": id, "properties": properties})).unwrap())
        };
        assert_eq!(in_region(json!("West US")), in_region(json!("westus")));
        assert_eq!(in_region(Value::Null), in_region(json!("")));
    }
}
