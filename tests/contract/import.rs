//! Importing states what is: whatever shape it comes in, it is there afterwards.

use std::sync::Arc;

use serde_json::{Value, json};
use swa_apim::{
    diagnosis::{Diagnose as _, ExitCode},
    model::{Resource, SiteKey},
    provider::{
        Collection, ControlPlane as _,
        json::{ImportReport, JsonControlPlane},
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
async fn what_is_exported_comes_back_the_same_and_has_keys_of_its_own() {
    let (original, copy) = (in_memory(), in_memory());
    put_a_link(&original).await;
    let exported = export(&original);
    assert!(!exported.to_string().contains("Key\""), "{exported}");
    let report = copy.import(exported.clone()).unwrap();
    assert_eq!(report, ImportReport { created: 8, changed: 0, unchanged: 0 });
    assert_eq!(export(&copy), exported);
    let keys = copy.keys(&subscription_id("linked")).await.unwrap().unwrap().value;
    let held = copy.site_key(&backend_id("backend")).await.unwrap();
    assert_eq!(held, SiteKey::Held(keys.primary.fingerprint()));
    let again = copy.import(exported).unwrap();
    assert_eq!(again, ImportReport { created: 0, changed: 0, unchanged: 8 });
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
    assert_eq!(
        plane.import(shown.into_value()).unwrap(),
        ImportReport { created: 0, changed: 0, unchanged: 2 }
    );
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
        (json!({"name": "nobody"}), "element 1 does not fit"),
        (json!(7), "element 1 does not fit"),
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
