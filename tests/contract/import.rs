//! Importing states what is: whatever shape it comes in, it is there afterwards.

use std::sync::Arc;

use serde_json::{Value, json};
use swa_apim::{
    cli::command_line,
    diagnosis::{Diagnose as _, ExitCode},
    model::{ApimSubscriptionId, Key, Resource, SiteKey, StaticSite},
    provider::{
        Collection, Reads as _,
        json::{Imported, JsonControlPlane, Pages},
    },
};

use crate::world::{
    Counting, LABEL, api, backend, backend_id, pair, policy, product, product_api, product_id, put_a_link,
    resource, service, service_id, service_named, site, site_id, subscription, subscription_id,
};

fn in_memory() -> JsonControlPlane {
    JsonControlPlane::in_memory(Arc::new(Counting::default()))
}

fn export(plane: &JsonControlPlane) -> Value {
    plane.resources().unwrap().into_iter().map(Resource::into_value).collect()
}

#[tokio::test]
async fn an_export_is_imported_unchanged_and_gets_new_keys() {
    let (original, copy) = (in_memory(), in_memory());
    put_a_link(&original).await;
    let exported = export(&original);
    assert!(!exported.to_string().contains("Key\""), "{exported}");
    let report = copy.import(exported.clone()).unwrap();
    assert_eq!(report, Imported { created: 8, changed: 0, unchanged: 0 });
    assert_eq!(export(&copy), exported);
    let keys = copy.keys(&subscription_id("linked")).await.unwrap().unwrap().value;
    let held = copy.site_key(&backend_id("backend")).await.unwrap();
    assert_eq!(held, SiteKey::Held(keys.primary.fingerprint()));
    let again = copy.import(exported).unwrap();
    assert_eq!(again, Imported { created: 0, changed: 0, unchanged: 8 });
}

#[tokio::test]
async fn order_and_shape_do_not_matter() {
    let parts =
        [subscription("linked"), product_api("orders"), policy(), product(), api("orders"), service()];
    let [subscription, member, policy, product, api, service] = parts.map(Resource::into_value);
    let backend = backend("backend", &service_id()).into_value();
    for whole in [
        json!([backend, subscription, member, policy, product, api, service, site().into_value()]),
        json!({"value": [backend, subscription, member, policy, product, api, service, site().into_value()],
               "nextLink": null, "id": null}),
        json!([{"value": [backend, subscription, member]}, {"value": [policy, product], "count": 2}, api, service,
               [site().into_value()]]),
    ] {
        let plane = in_memory();
        assert_eq!(plane.import(whole).unwrap().created, 8);
        assert_ne!(plane.site_key(&backend_id("backend")).await.unwrap(), SiteKey::Absent);
    }
    assert_eq!(in_memory().import(service).unwrap().created, 1, "a single resource");
}

#[tokio::test]
async fn a_site_brings_the_backend_that_it_shows() {
    let plane = in_memory();
    let mut shown = site();
    let embedded = json!([{"backendResourceId": service_id().as_str(), "region": null,
                           "createdOn": "2022-03-27T04:57:24.8058474", "provisioningState": "Succeeded"}]);
    shown.set_property("linkedBackends", embedded.clone());
    let whole = json!([shown.clone().into_value(), service().into_value()]);
    assert_eq!(plane.import(whole.clone()).unwrap().created, 3);
    let there = plane.get(&backend_id("gateway")).await.unwrap().expect("named after its backend").value;
    assert_eq!(there.text("properties.createdOn").unwrap(), Some("2022-03-27T04:57:24.8058474"));
    assert_eq!(
        plane.get(&site_id()).await.unwrap().unwrap().value.body()["properties"]["linkedBackends"],
        embedded
    );
    assert_eq!(plane.import(whole).unwrap().unchanged, 3);
    let listed = backend("from-the-list", &service_id()).into_value();
    plane.import(json!([shown.into_value(), listed])).unwrap();
    assert_eq!(plane.get(&backend_id("gateway")).await.unwrap(), None, "what is listed counts");
    assert!(plane.get(&backend_id("from-the-list")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_backend_that_is_there_keeps_its_name_if_the_import_has_none_for_it() {
    let plane = in_memory();
    put_a_link(&plane).await;
    let mut shown = site();
    shown.set_property("linkedBackends", json!([{"backendResourceId": service_id().as_str()}]));
    assert_eq!(plane.import(shown.into_value()).unwrap(), Imported { created: 0, changed: 0, unchanged: 2 });
    assert!(plane.get(&backend_id("backend")).await.unwrap().is_some());
}

#[tokio::test]
async fn another_backend_takes_the_place_of_the_one_that_was_there() {
    let plane = in_memory();
    put_a_link(&plane).await;
    let other = backend("backend", &service_named("other")).into_value();
    plane.import(json!([other])).unwrap();
    let there = plane.get(&backend_id("backend")).await.unwrap().unwrap().value;
    assert!(there.required_text("properties.backendResourceId").unwrap().ends_with("/other"));
    assert_eq!(plane.site_key(&backend_id("backend")).await.unwrap(), SiteKey::Absent);
}

#[tokio::test]
async fn given_keys_are_taken_and_recorded_ones_kept() {
    let plane = in_memory();
    put_a_link(&plane).await;
    let before = plane.keys(&subscription_id("linked")).await.unwrap().unwrap().value;
    plane.import(subscription("linked").into_value()).unwrap();
    assert_eq!(plane.keys(&subscription_id("linked")).await.unwrap().unwrap().value, before);
    let mut with_keys = subscription("linked");
    with_keys.set_property("primaryKey", "one");
    with_keys.set_property("secondaryKey", "two");
    assert_eq!(plane.import(with_keys.into_value()).unwrap().changed, 1);
    assert_eq!(plane.keys(&subscription_id("linked")).await.unwrap().unwrap().value, pair("one", "two"));
    let master = resource(&subscription_id("master"), &json!({"scope": format!("{}/", service_id())}));
    plane.import(master.into_value()).unwrap();
}

/// Azure/azure-sdk-for-net, CreateListUpdateDelete.json, recorded 2020-02-07 with 2019-01-01, with the ids of this
/// suite and other keys: `GET products/P/subscriptions` names its elements as the product's, and shows their keys.
fn listed_below(owner: &str, keys: bool) -> Value {
    let service = service_id();
    let mut properties = json!({"ownerId": format!("{service}/users/1"), "scope": product().id().as_str(),
        "displayName": null, "state": "active", "createdDate": "2020-02-07T00:19:59.283Z", "startDate": null,
        "expirationDate": null, "endDate": null, "notificationDate": null, "stateComment": null,
        "allowTracing": true});
    if keys {
        properties["primaryKey"] = "a key in a list".into();
        properties["secondaryKey"] = "another key in a list".into();
    }
    let (kind, _) = owner.split_once('/').unwrap();
    json!({"id": format!("{service}/{owner}/subscriptions/5e3cad2f4acd5f008a070001"),
        "type": format!("Microsoft.ApiManagement/service/{kind}/subscriptions"),
        "name": "5e3cad2f4acd5f008a070001", "properties": properties})
}

#[tokio::test]
async fn a_subscription_in_a_nested_list_is_the_services_and_keeps_its_keys_to_itself() {
    for owner in
        [format!("products/{LABEL}"), "users/1".to_owned(), format!("Products/{}", LABEL.to_uppercase())]
    {
        let plane = in_memory();
        let list = json!({"value": [listed_below(&owner, true)], "count": 1});
        plane.import(json!([service().into_value(), product().into_value(), list])).unwrap();
        let id = subscription_id("5e3cad2f4acd5f008a070001");
        let keys = plane.keys(&id).await.unwrap().unwrap().value;
        assert_eq!(keys, pair("a key in a list", "another key in a list"), "{owner}");
        let exported = export(&plane).to_string();
        assert!(!exported.contains("in a list") && exported.contains(id.as_str()), "{exported}");
        let scoped = plane.list(&Collection::ProductSubscriptions(product_id())).await.unwrap();
        assert_eq!(scoped.len(), 1);
        assert_eq!(scoped[0].value.body()["type"], "Microsoft.ApiManagement/service/subscriptions");
    }
}

#[tokio::test]
async fn one_subscription_in_several_lists_is_one() {
    let plane = in_memory();
    let lists =
        json!([[listed_below(&format!("products/{LABEL}"), false)], [listed_below("users/1", false)]]);
    let report = plane.import(json!([service().into_value(), product().into_value(), lists])).unwrap();
    assert_eq!(report.created, 3);
}

#[tokio::test]
async fn the_keys_of_a_workspaces_subscription_are_not_exported() {
    let plane = in_memory();
    let id = format!("{}/workspaces/w/subscriptions/x", service_id());
    let properties = json!({"scope": "/products/p", "primaryKey": "a key", "secondaryKey": "another key"});
    let workspace = json!({"id": format!("{}/workspaces/w", service_id())});
    plane.import(json!([service().into_value(), workspace, {"id": id, "properties": properties}])).unwrap();
    assert!(!export(&plane).to_string().contains("a key"));
}

#[tokio::test]
async fn a_product_in_the_list_of_an_api_is_the_services_product() {
    let plane = in_memory();
    // apim-api-products, 2022-08-01
    let listed = json!({"id": format!("{}/apis/orders/products/{LABEL}", service_id()), "name": LABEL,
        "type": "Microsoft.ApiManagement/service/apis/products", "properties": {"displayName": "Linked"}});
    plane
        .import(json!([
            service().into_value(),
            listed,
            product_api("orders").into_value(),
            api("orders").into_value()
        ]))
        .unwrap();
    assert!(plane.get(&product_id()).await.unwrap().is_some());
    assert!(
        plane.get(product_api("orders").id()).await.unwrap().is_some(),
        "the place of the API stays a place"
    );
}

#[tokio::test]
async fn an_element_that_does_not_fit_is_named_and_nothing_is_changed() {
    let plane = in_memory();
    let no_target = resource(&backend_id("b"), &json!({})).into_value();
    for (element, wanted) in [
        (json!({"name": "nobody"}), "element 1 cannot be imported"),
        (json!(7), "element 1 cannot be imported"),
        (json!({"id": "x"}), "element 1 (`x`)"),
        (no_target, "linkedBackends/b"),
        (json!({"id": format!("{}/products/p", service_named("absent"))}), "absent/products/p"),
    ] {
        let error = plane.import(json!([service().into_value(), element])).unwrap_err();
        assert!(error.to_string().contains(wanted) && error.to_string().contains("element 1"), "{error}");
        assert_eq!(error.diagnosis().exit, ExitCode::Usage);
        assert!(std::error::Error::source(&error).is_some());
        assert_eq!(plane.resources().unwrap(), []);
    }
}

const AZ: &str = "/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-tool/providers";

/// What `az` prints for the parts of a link.
fn printed(name: &str) -> Value {
    let site = format!("{AZ}/Microsoft.Web/staticSites/tool-web");
    let service = format!("{AZ}/Microsoft.ApiManagement/service/tool-apim");
    match name {
        "site" => {
            json!({"allowConfigFileUpdates": true, "branch": null, "customDomains": [], "identity": null, "kind": null,
            "defaultHostname": "lively-river-0a1b2c3d4.5.azurestaticapps.net", "id": site, "location": "West Europe",
            "linkedBackends": [{"backendResourceId": service, "createdOn": "2026-10-01T10:00:00.123456+00:00",
                                "provisioningState": "Succeeded", "region": null}],
            "name": "tool-web", "resourceGroup": "rg-tool", "sku": {"capabilities": null, "name": "Standard", "tier": "Standard"},
            "tags": {}, "type": "Microsoft.Web/staticSites", "userProvidedFunctionApps": null})
        }
        "backend" => {
            json!({"backendResourceId": service, "createdOn": "2026-10-01T10:00:00.123456+00:00", "kind": null,
            "id": format!("{site}/builds/default/linkedBackends/tool-apim"), "name": "tool-apim", "provisioningState": "Succeeded",
            "region": null, "resourceGroup": "rg-tool", "type": "Microsoft.Web/staticSites/builds/linkedBackends"})
        }
        "service" => {
            json!({"etag": "AAAAAAAACb0=", "gatewayUrl": "https://tool-apim.azure-api.net", "id": service,
            "hostnameConfigurations": [{"certificate": null, "hostName": "tool-apim.azure-api.net", "type": "Proxy"}],
            "additionalLocations": null, "location": "West Europe", "name": "tool-apim", "provisioningState": "Succeeded",
            "publicIpAddresses": ["192.0.2.1"], "resourceGroup": "rg-tool", "sku": {"capacity": 1, "name": "Developer"},
            "tags": {"team": "tool"}, "type": "Microsoft.ApiManagement/service", "virtualNetworkType": "None"})
        }
        "api" => {
            json!({"apiRevision": "1", "apiType": "http", "apiVersion": "v1", "authenticationSettings": null,
            "apiVersionSetId": format!("{service}/apiVersionSets/parts"), "displayName": "Parts", "id": format!("{service}/apis/parts"),
            "name": "parts", "path": "api/parts", "protocols": ["https"], "resourceGroup": "rg-tool", "serviceUrl": "https://parts.example",
            "subscriptionKeyParameterNames": null, "type": "Microsoft.ApiManagement/service/apis"})
        }
        "version set" => {
            json!({"description": null, "displayName": "Parts", "id": format!("{service}/apiVersionSets/parts"),
            "name": "parts", "resourceGroup": "rg-tool", "type": "Microsoft.ApiManagement/service/apiVersionSets",
            "versionHeaderName": null, "versionQueryName": null, "versioningScheme": "Segment"})
        }
        "product" => json!({"approvalRequired": false, "description": null, "displayName": "Parts (Linked)",
            "id": format!("{service}/products/parts"), "name": "parts", "resourceGroup": "rg-tool", "state": "published",
            "subscriptionRequired": true, "subscriptionsLimit": null, "terms": "", "type": "Microsoft.ApiManagement/service/products"}),
        "product api" => {
            json!({"apiType": null, "authenticationSettings": null, "displayName": "Parts", "name": "parts",
            "id": format!("{service}/products/parts/apis/parts"), "path": "api/parts", "resourceGroup": "rg-tool",
            "subscriptionKeyParameterNames": null, "type": "Microsoft.ApiManagement/service/products/apis"})
        }
        "policy" => {
            json!({"format": "xml", "id": format!("{service}/products/parts/policies/policy"), "name": "policy",
            "resourceGroup": "rg-tool", "type": "Microsoft.ApiManagement/service/products/policies", "value": "<policies />"})
        }
        "subscription" => {
            json!({"allowTracing": false, "createdDate": "2026-10-01T10:00:00+00:00", "displayName": "x",
            "id": format!("{service}/subscriptions/linked"), "name": "linked", "primaryKey": null, "secondaryKey": null,
            "resourceGroup": "rg-tool", "scope": format!("{service}/products/parts"), "state": "active",
            "type": "Microsoft.ApiManagement/service/subscriptions"})
        }
        other => panic!("{other}"),
    }
}

const PARTS: [&str; 8] =
    ["site", "service", "api", "version set", "product", "product api", "policy", "subscription"];

fn part(plane: &JsonControlPlane, name: &str) -> Value {
    let id = printed(name)["id"].as_str().unwrap().to_lowercase();
    let found = plane.resources().unwrap().into_iter().find(|it| it.id().lower_case() == id);
    found.unwrap_or_else(|| panic!("{name} is missing")).into_value()
}

#[tokio::test]
async fn the_output_of_az_is_converted_to_envelopes() {
    let plane = in_memory();
    let all: Value = PARTS.into_iter().map(printed).collect();
    assert_eq!(plane.import(all.clone()).unwrap(), Imported { created: 9, changed: 0, unchanged: 0 });
    let site = part(&plane, "site");
    assert_eq!(site["properties"]["defaultHostname"], "lively-river-0a1b2c3d4.5.azurestaticapps.net");
    assert_eq!((&site["sku"]["name"], &site["location"]), (&json!("Standard"), &json!("West Europe")));
    let service = part(&plane, "service");
    assert_eq!(service["properties"]["publicIPAddresses"], json!(["192.0.2.1"]));
    assert_eq!((&service["etag"], &service["tags"]), (&json!("AAAAAAAACb0="), &json!({"team": "tool"})));
    assert_eq!(part(&plane, "api")["properties"]["type"], "http");
    assert_eq!(part(&plane, "policy")["properties"]["value"], "<policies />");
    for name in PARTS.into_iter().chain(["backend"]) {
        let part = part(&plane, name);
        let fields: Vec<&String> = part.as_object().unwrap().keys().collect();
        assert!(part["properties"].is_object(), "{name}: {fields:?}");
        assert!(!part.to_string().contains("resourceGroup\""), "{name}: {part}");
        assert!(
            part.get("defaultHostname").or(part.get("path")).or(part.get("scope")).is_none(),
            "{name}: {fields:?}"
        );
    }
    let again = plane.import(json!([all, printed("backend")])).unwrap();
    assert_eq!(again, Imported { created: 0, changed: 0, unchanged: 9 });
}

#[tokio::test]
async fn what_says_less_takes_nothing_away() {
    let plane = in_memory();
    plane.import(PARTS.into_iter().map(printed).collect()).unwrap();
    let (site, service, api) = (printed("site"), printed("service"), printed("api"));
    let listed = |printed: &Value| {
        json!({"changedTime": "2026-10-02T10:00:00+00:00", "createdTime": "2026-10-01T10:00:00+00:00", "extendedLocation": null,
               "id": printed["id"], "identity": null, "kind": null, "location": "westeurope", "managedBy": null, "name": printed["name"],
               "plan": null, "properties": null, "provisioningState": "Succeeded", "resourceGroup": "rg-tool", "sku": null, "tags": null,
               "type": printed["type"]})
    };
    let row = json!({"data": [{"id": site["id"], "kind": "", "managedBy": "", "name": "tool-web", "location": "westeurope",
        "properties": {"branch": null, "defaultHostname": site["defaultHostname"]}, "resourceGroup": "rg-tool", "sku": null,
        "subscriptionId": "00000000-0000-0000-0000-000000000003", "tags": null, "tenantId": "t", "type": "microsoft.web/staticsites",
        "zones": null}], "count": 1, "skip_token": null, "total_records": 1});
    let mut nulls = api.clone();
    for field in ["serviceUrl", "apiVersion", "apiVersionSetId", "protocols"] {
        nulls[field] = Value::Null;
    }
    let before = export(&plane);
    for poorer in [
        listed(&site),
        listed(&service),
        row,
        nulls,
        json!({"id": site["id"]}),
        json!({"id": site["id"], "properties": null}),
        json!({"id": api["id"], "properties": {"path": "api/parts"}}),
        json!({"id": service["id"], "sku": {"name": "Developer"}, "gatewayUrl": service["gatewayUrl"]}),
    ] {
        let report = plane.import(poorer.clone()).unwrap();
        assert_eq!((report.created, report.changed), (0, 0), "{poorer}");
        assert_eq!(export(&plane), before, "{poorer}");
    }
    let null = json!({"id": api["id"], "properties": {"serviceUrl": null}});
    assert_eq!(plane.import(null).unwrap().changed, 1);
    assert_eq!(
        part(&plane, "api")["properties"]["serviceUrl"],
        Value::Null,
        "a null of an envelope is a value"
    );
}

#[tokio::test]
async fn two_views_of_a_resource_in_one_import_say_what_both_say() {
    let plane = in_memory();
    let short = json!({"id": printed("site")["id"], "properties": null, "tags": {"a": "1"}});
    let report = plane.import(json!([printed("site"), short, printed("service")])).unwrap();
    assert_eq!(report.created, 3);
    let site = part(&plane, "site");
    assert_eq!(site["tags"], json!({"a": "1"}));
    assert!(site["properties"]["defaultHostname"].is_string());
}

#[tokio::test]
async fn a_shape_that_cannot_be_lifted_is_refused_with_its_field() {
    let plane = in_memory();
    let id = printed("site")["id"].clone();
    for (element, field) in [
        (json!({"id": id, "default_hostname": "x", "name": "tool-web"}), "`default_hostname`"),
        (
            json!({"id": id, "defaultHostname": "x", "key_vault_reference_identity": "y"}),
            "`key_vault_reference_identity`",
        ),
        (json!({"id": id, "unheardOf": 1}), "`unheardOf`"),
        (json!({"id": id, "properties": null}), "`properties.defaultHostname`"),
        (json!({"id": id, "branch": "main"}), "`properties.defaultHostname`"),
        (json!({"id": printed("service")["id"], "properties": null}), "`properties`"),
    ] {
        let error = plane.import(json!([element])).unwrap_err();
        let message = error.to_string();
        assert!(message.contains(field) && message.contains(element["id"].as_str().unwrap()), "{message}");
        assert!(
            error.diagnosis().hint.is_some_and(|hint| hint.text(command_line).contains("az rest")),
            "{message}"
        );
        assert_eq!(error.diagnosis().exit, ExitCode::Usage);
        assert_eq!(plane.resources().unwrap(), []);
    }
}

#[tokio::test]
async fn an_envelope_passes_as_it_is() {
    let plane = in_memory();
    let service = json!({"id": service_id().as_str(), "name": "gateway", "type": "Microsoft.ApiManagement/service",
        "identity": null, "tags": {}, "zones": null, "sku": {"name": "Developer", "capacity": 1}, "unheardOf": {"a": null},
        "etag": "AAAA", "properties": {"gatewayUrl": null, "hostnameConfigurations": [{"certificate": null}], "new_name": 1}});
    plane.import(service.clone()).unwrap();
    assert_eq!(export(&plane), json!([service]));
}

#[tokio::test]
async fn a_page_of_a_list_is_refused_unless_it_is_asked_for() {
    let plane = in_memory();
    let page = json!({"value": [service().into_value()], "nextLink": "https://management.azure.com:443/x?%24skip=1"});
    let error = plane.import(page.clone()).unwrap_err();
    assert!(error.to_string().contains("`nextLink`"), "{error}");
    assert_eq!(error.diagnosis().exit, ExitCode::Usage);
    assert!(error.diagnosis().hint.is_some_and(|hint| hint.text(command_line).contains("--partial")));
    assert_eq!(plane.resources().unwrap(), []);
    assert_eq!(plane.import_pages(page, Pages::Partial).unwrap().created, 1);
}

/// What a recorded interaction answered, as JSON, with its ids in the service that the tests are about.
fn recorded(file: &str, wanted: impl Fn(&str, &str) -> bool) -> Option<Vec<Value>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/recordings/");
    let Ok(text) = std::fs::read_to_string(format!("{path}{file}")) else {
        crate::skip::skipped(&format!("`recordings/{file}` is not beside the repository"));
        return None;
    };
    let whole: Value = serde_json::from_str(&text).unwrap();
    let answers = whole["interactions"].as_array().unwrap().iter().filter_map(|interaction| {
        let (request, response) = (&interaction["request"], &interaction["response"]);
        if response["status"] != 200 || !wanted(request["method"].as_str()?, request["uri"].as_str()?) {
            return None;
        }
        match &response["body"] {
            Value::String(text) => serde_json::from_str(text.trim_start_matches('\u{feff}')).ok(),
            parsed => Some(parsed.clone()),
        }
    });
    Some(answers.collect())
}

#[tokio::test]
async fn keys_of_recorded_lists_of_subscriptions_are_never_in_resources() {
    let lists = |method: &str, uri: &str| {
        method == "GET" && uri.split('?').next().unwrap().ends_with("/subscriptions")
    };
    let Some(answers) = recorded("apim-product-subscriptions.json", lists) else { return };
    let elements: Vec<&Value> =
        answers.iter().flat_map(|answer| answer["value"].as_array().unwrap()).collect();
    let with_keys = elements.iter().filter(|element| element["properties"]["primaryKey"].is_string());
    assert!(with_keys.clone().count() > 3, "the recorded lists have keys");
    for element in with_keys {
        let plane = in_memory();
        let id = Resource::from_value((*element).clone()).unwrap().id().clone();
        let properties = &element["properties"];
        let (primary, secondary) =
            (properties["primaryKey"].as_str().unwrap(), properties["secondaryKey"].as_str().unwrap());
        let imported = plane.import(json!([parents_of(element), element]));
        assert!(imported.is_ok() || ApimSubscriptionId::parse(id.as_str()).is_err(), "{imported:?}");
        let text = export(&plane).to_string();
        assert!(!text.contains(primary) && !text.contains(secondary), "{id}");
        if let Ok(id) = ApimSubscriptionId::parse(id.as_str()) {
            assert_eq!(plane.keys(&id).await.unwrap().unwrap().value, pair(primary, secondary));
        }
    }
}

/// The service and the product that a recorded subscription needs.
fn parents_of(subscription: &Value) -> Value {
    let id = subscription["id"].as_str().unwrap();
    let at = id.find("/service/").unwrap() + "/service/".len();
    let service = &id[..at + id[at..].find('/').unwrap()];
    let properties = &subscription["properties"];
    let scope = properties["scope"].as_str().or(properties["productId"].as_str()).unwrap_or_default();
    let product = scope.split_once("/products/").map(|(_, product)| format!("{service}/products/{product}"));
    let parents = [Some(service.to_owned()), product].into_iter().flatten();
    parents.map(|id| json!({"id": id, "properties": {}})).collect()
}

#[tokio::test]
async fn a_functions_app_that_is_listed_without_its_site_is_shown_by_its_site() {
    let app = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/sites/functions";
    for below in ["", "/builds/default"] {
        let plane = in_memory();
        let mut bare = site();
        bare.set_property("userProvidedFunctionApps", Value::Null);
        let id = format!("{}{below}/userProvidedFunctionApps/functions", site_id());
        let shown = json!({"functionAppRegion": "West Europe", "functionAppResourceId": app, "id": id,
            "kind": null, "name": "functions", "resourceGroup": "rg",
            "type": format!("Microsoft.Web/staticSites{}/userProvidedFunctionApps", if below.is_empty() { "" } else { "/builds" })});
        let both = json!([bare.into_value(), shown]);
        plane.import(both.clone()).unwrap();
        let found = plane.get(&site_id()).await.unwrap().unwrap().value;
        assert_eq!(StaticSite::read(&found).unwrap().functions_apps, [app], "{below}");
        assert_eq!(plane.import(json!([both[1]])).unwrap().changed, 0);
        let copy = in_memory();
        copy.import(export(&plane)).unwrap();
        assert_eq!(export(&copy), export(&plane));
    }
}

#[tokio::test]
async fn a_value_of_another_type_is_refused_by_the_name_of_its_field() {
    let service = service_id();
    let part =
        |tail: &str, properties: Value| json!({"id": format!("{service}{tail}"), "properties": properties});
    let whole_site = |name: &str, value: Value| {
        let mut whole = site();
        whole.set_property(name, value);
        whole.into_value()
    };
    let mut number = site().into_value();
    number["sku"] = json!(5);
    for (element, field) in [
        (whole_site("defaultHostname", json!(5)), "properties.defaultHostname"),
        (whole_site("linkedBackends", json!("x")), "properties.linkedBackends"),
        (whole_site("linkedBackends", json!({})), "properties.linkedBackends"),
        (whole_site("userProvidedFunctionApps", json!("x")), "properties.userProvidedFunctionApps"),
        (number, "sku"),
        (part("", json!({"gatewayUrl": 7})), "properties.gatewayUrl"),
        (part("", json!({"provisioningState": 1})), "properties.provisioningState"),
        (part("/products/p", json!({"displayName": 5})), "properties.displayName"),
        (part("/products/p", json!({"displayName": "p", "state": 5})), "properties.state"),
        (part("/products/p/policies/policy", json!({"value": 5})), "properties.value"),
        (part("/apis/a", json!({"path": ["x"]})), "properties.path"),
    ] {
        let plane = in_memory();
        let error = plane.import(json!([element])).unwrap_err();
        let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        assert!(cause.contains(&format!("`{field}`")), "{element}: {error}: {cause}");
        assert_eq!(error.diagnosis().exit, ExitCode::Usage);
        assert_eq!(plane.resources().unwrap(), []);
    }
}

const SECRET: &str = "a-secret-that-stays-hidden";

#[tokio::test]
async fn secrets_are_not_in_resources_and_are_named() {
    let plane = in_memory();
    let whole_service = service().into_value();
    let service = service_id();
    let part =
        |tail: &str, properties: Value| json!({"id": format!("{service}{tail}"), "properties": properties});
    let mut with_token = site();
    with_token.set_property("repositoryToken", SECRET);
    let all = json!([
        whole_service, with_token.into_value(),
        part("/namedValues/n", json!({"displayName": "n", "secret": true, "value": SECRET})),
        part("/authorizationServers/a", json!({"displayName": "a", "clientSecret": SECRET})),
        part("/tenant/access", json!({"enabled": true, "primary_key": SECRET})),
        part("/gateways/g", json!({"primary": SECRET})),
        {"id": format!("{}/config/appsettings", site_id()), "properties": {"DB": SECRET}},
        {"id": format!("{service}/namedValues/flat"), "name": "flat", "displayName": "f", "secret": true, "value": SECRET},
    ]);
    let (report, withheld) = plane.import_withholding(all, Pages::Complete).unwrap();
    assert_eq!((report.created, withheld.len()), (8, 7), "{withheld:?}");
    assert!(withheld[0].contains("`properties.repositoryToken`"), "{withheld:?}");
    assert!(!export(&plane).to_string().contains(SECRET) && !withheld.concat().contains(SECRET));
}

#[tokio::test]
async fn the_key_that_a_linked_backend_shows_is_the_sites() {
    let id = backend_id("backend");
    for shown in [
        json!({"id": id.as_str(), "properties": {"backendResourceId": service_id().as_str(), "primaryKey": SECRET}}),
        json!({"id": id.as_str(), "properties": {"backendResourceId": service_id().as_str(), "primary_key": SECRET}}),
        json!({"id": id.as_str(), "name": "backend", "backendResourceId": service_id().as_str(), "primaryKey": SECRET}),
    ] {
        let plane = in_memory();
        let all = json!([site().into_value(), service().into_value(), shown]);
        plane.import(all.clone()).unwrap();
        let held = Key::new(SECRET).unwrap().fingerprint();
        assert_eq!(plane.site_key(&id).await.unwrap(), SiteKey::Held(held));
        assert!(!export(&plane).to_string().contains(SECRET), "{shown}");
        assert_eq!(plane.import(all).unwrap().unchanged, 3);
    }
    let unfit = json!({"id": id.as_str(), "properties": {"backendResourceId": service_id().as_str(), "primaryKey": [SECRET]}});
    let error = in_memory().import(json!([site().into_value(), unfit])).unwrap_err();
    assert!(!format!("{error:?}").contains(SECRET), "{error:?}");
}

#[tokio::test]
async fn a_subscription_with_one_key_or_an_unfit_one_is_refused() {
    for (keys, field) in [
        (json!({"primaryKey": SECRET}), "secondaryKey"),
        (json!({"secondaryKey": SECRET}), "primaryKey"),
        (json!({"primaryKey": 123_456_789, "secondaryKey": SECRET}), "primaryKey"),
        (json!({"primaryKey": SECRET, "secondaryKey": ""}), "secondaryKey"),
        (json!({"primary_key": SECRET}), "secondaryKey"),
    ] {
        let plane = in_memory();
        let mut whole = subscription("linked");
        for (name, value) in keys.as_object().unwrap() {
            whole.set_property(name, value.clone());
        }
        let all = json!([service().into_value(), product().into_value(), whole.into_value()]);
        let error = plane.import(all).unwrap_err();
        let said = format!("{error} {:?}", std::error::Error::source(&error).map(ToString::to_string));
        assert!(said.contains(&format!("`properties.{field}`")), "{said}");
        assert!(!said.contains(SECRET) && !said.contains("123456789"), "{said}");
    }
}

#[tokio::test]
async fn a_poorer_view_of_a_plan_loses_nothing() {
    let plane = in_memory();
    let mut rich = site().into_value();
    rich["sku"] = json!({"name": "Standard", "tier": "Standard", "capabilities": [{"name": "x"}]});
    rich["properties"]["branch"] = "main".into();
    plane.import(rich.clone()).unwrap();
    let shown = json!({"extendedLocation": null, "id": rich["id"], "identity": null, "kind": null, "managedBy": null,
        "name": "shop", "plan": null, "properties": {"defaultHostname": rich["properties"]["defaultHostname"]},
        "sku": {"capacity": null, "family": null, "model": null, "name": "Standard", "size": null, "tier": "Standard"},
        "tags": null, "type": "Microsoft.Web/staticSites"});
    assert_eq!(plane.import(shown).unwrap(), Imported { created: 0, changed: 0, unchanged: 1 });
    assert_eq!(export(&plane)[0]["sku"], rich["sku"]);
}

#[tokio::test]
async fn a_flat_element_that_contradicts_its_id_is_refused() {
    for (field, value) in
        [("name", "another"), ("type", "Microsoft.Web/sites"), ("type", "Microsoft.ApiManagement/service")]
    {
        let plane = in_memory();
        let mut flat = printed("site");
        flat[field] = value.into();
        let error = plane.import(json!([flat])).unwrap_err().to_string();
        assert!(
            error.contains(&format!("`{field}`")) && error.contains("does not match the `id`"),
            "{error}"
        );
        assert_eq!(plane.resources().unwrap(), []);
    }
    let plane = in_memory();
    let mut named = printed("site");
    named["sku"] = "Standard".into();
    plane.import(json!([named])).unwrap();
    assert_eq!(part(&plane, "site")["sku"], json!({"name": "Standard"}));
}

#[tokio::test]
async fn ids_and_types_get_their_documented_casing() {
    let plane = in_memory();
    let row = |printed: Value, kind: &str| {
        let mut row = printed;
        row["id"] = row["id"].as_str().unwrap().to_lowercase().into();
        row["type"] = kind.into();
        row
    };
    plane
        .import(json!([
            row(printed("service"), "microsoft.apimanagement/service"),
            row(printed("product"), "MICROSOFT.APIMANAGEMENT/SERVICE/PRODUCTS")
        ]))
        .unwrap();
    let (service, product) = (part(&plane, "service"), part(&plane, "product"));
    assert_eq!((&service["id"], &service["type"]), (&printed("service")["id"], &printed("service")["type"]));
    assert_eq!((&product["id"], &product["type"]), (&printed("product")["id"], &printed("product")["type"]));
}
