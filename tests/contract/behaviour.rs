//! What every control plane does, whatever it is made of.

use serde_json::{Value, json};
use swa_apim::{
    model::{KeySlot, Resource, SiteKey},
    provider::{Collection, ControlPlane, Expected, ProviderError, Reads as _, Versioned, Writes as _},
};

use crate::{
    candidate::{Absences, Candidate, SiteKeys},
    world::{
        LABEL, api, backend, backend_id, code_of, pair, policy, product, product_api, product_id, production,
        put, put_a_link, resource, service, service_id, service_named, site, site_id, subscription,
        subscription_id,
    },
};

macro_rules! of_every_control_plane {
    ($($(#[$doc:meta])* async fn $name:ident($plane:ident) $body:block)*) => {$(
        #[tokio::test]
        async fn $name() {
            let folder = tempfile::tempdir().unwrap();
            for candidate in Candidate::all(folder.path()).await {
                let $plane = &candidate;
                $body
            }
        }
    )*};
}

async fn names(plane: &dyn ControlPlane, collection: Collection) -> Vec<String> {
    let found = plane.list(&collection).await.unwrap();
    found.iter().map(|found| found.value.id().name().to_owned()).collect()
}

fn text<'a>(resource: &'a Resource, path: &str) -> Option<&'a str> {
    resource.field(path).and_then(Value::as_str)
}

of_every_control_plane! {
    async fn what_is_put_is_there_under_any_spelling_of_its_id(plane) {
        put(plane, service()).await;
        let shouted = swa_apim::model::ResourceId::parse(&service_id().as_str().to_uppercase()).unwrap();
        let found = plane.get(&shouted).await.unwrap().unwrap();
        assert_eq!(found.value, service(), "{plane:?}");
    }

    async fn what_is_absent_is_none_and_deleting_it_succeeds(plane) {
        assert_eq!(plane.get(&service_id()).await.unwrap(), None);
        plane.delete(&service_id(), Expected::Anything).await.unwrap();
        plane.delete(&service_id(), Expected::Absent).await.unwrap();
        assert_eq!(plane.keys(&subscription_id("linked")).await.unwrap(), None);
        assert_eq!(plane.site_key(&backend_id("backend")).await.unwrap(), SiteKey::Absent);
    }

    async fn a_child_needs_its_parent(plane) {
        assert_eq!(code_of(plane.put(product(), Expected::Anything).await), "not found: gateway");
        assert_eq!(code_of(plane.put(backend("b", &service_id()), Expected::Anything).await), "not found: shop");
        put(plane, service()).await;
        assert_eq!(code_of(plane.put(policy(), Expected::Anything).await), format!("not found: {LABEL}"));
        put(plane, product()).await;
        assert_eq!(code_of(plane.put(product_api("orders"), Expected::Anything).await), "not found: orders");
        put(plane, site()).await;
        let preview = site_id().environment("preview").unwrap().linked_backend("b").unwrap();
        let linked = resource(&preview, &json!({"backendResourceId": service_id().as_str()}));
        assert_eq!(code_of(plane.put(linked, Expected::Anything).await), "not found: preview");
    }

    async fn a_version_that_has_moved_is_a_conflict(plane) {
        let first = put(plane, service()).await;
        assert_eq!(code_of(plane.put(service(), Expected::Absent).await), "conflict");
        let mut changed = service();
        changed.set_property("publisherName", "x");
        let second = plane.put(changed, Expected::Unchanged(first.clone())).await.unwrap();
        assert_ne!(first, second);
        assert_eq!(code_of(plane.put(service(), Expected::Unchanged(first.clone())).await), "conflict");
        assert_eq!(code_of(plane.delete(&service_id(), Expected::Unchanged(first)).await), "conflict");
        plane.delete(&service_id(), Expected::Unchanged(second.clone())).await.unwrap();
        assert_eq!(code_of(plane.put(service(), Expected::Unchanged(second)).await), "conflict");
    }

    async fn what_is_expected_to_be_absent_and_is_not_stays(plane) {
        put_a_link(plane).await;
        for part in [service(), product(), policy(), subscription("linked"), site()] {
            assert_eq!(code_of(plane.delete(part.id(), Expected::Absent).await), "conflict", "{plane:?}");
            assert_eq!(code_of(plane.put(part, Expected::Absent).await), "conflict", "{plane:?}");
        }
        // where there can be one alone, Azure is left to refuse another, and connecting the same again is fine
        for part in [backend("backend", &service_id()), product_api("orders")] {
            let told = code_of(plane.put(part, Expected::Absent).await);
            assert_eq!(told == "conflict", plane.absences() == Absences::Checked, "{plane:?}: {told}");
        }
        let taken = code_of(plane.put(backend("other", &service_id()), Expected::Absent).await);
        assert_eq!(taken, "59363", "{plane:?}");
    }

    async fn a_put_that_changes_nothing_keeps_the_version(plane) {
        put_a_link(plane).await;
        for part in [site(), service(), product(), policy(), subscription("linked")] {
            let before = plane.get(part.id()).await.unwrap().unwrap().etag;
            assert_eq!(put(plane, part).await, before, "{plane:?}");
        }
        let shown = plane.get(&site_id()).await.unwrap().unwrap();
        assert_eq!(put(plane, shown.value).await, shown.etag, "a site as it is shown");
    }

    async fn a_changed_key_changes_the_version_of_its_subscription(plane) {
        put_a_link(plane).await;
        let before = plane.get(&subscription_id("linked")).await.unwrap().unwrap().etag;
        plane.regenerate(&subscription_id("linked"), KeySlot::Secondary).await.unwrap();
        let after = plane.keys(&subscription_id("linked")).await.unwrap().unwrap().etag;
        assert_ne!(before, after);
        let stale = plane.set_keys(&subscription_id("linked"), pair("a", "b"), Expected::Unchanged(before)).await;
        assert_eq!(code_of(stale), "conflict");
        let set = plane.set_keys(&subscription_id("linked"), pair("a", "b"), Expected::Unchanged(after)).await;
        assert_eq!(set.unwrap(), plane.get(&subscription_id("linked")).await.unwrap().unwrap().etag);
    }

    async fn a_new_subscription_has_two_fresh_keys_which_no_resource_shows(plane) {
        put_a_link(plane).await;
        let keys = plane.keys(&subscription_id("linked")).await.unwrap().unwrap().value;
        assert_ne!(keys.primary, keys.secondary);
        assert_eq!(keys.primary.expose().len(), 32);
        let mut with_keys = subscription("other");
        with_keys.set_property("primaryKey", "one");
        with_keys.set_property("secondaryKey", "two");
        put(plane, with_keys).await;
        assert_eq!(plane.keys(&subscription_id("other")).await.unwrap().unwrap().value, pair("one", "two"));
        let shown = plane.get(&subscription_id("other")).await.unwrap().unwrap().value;
        assert_eq!(shown.field("properties.primaryKey"), None);
    }

    async fn putting_a_subscription_again_keeps_its_keys(plane) {
        put_a_link(plane).await;
        let before = plane.keys(&subscription_id("linked")).await.unwrap().unwrap().value;
        let mut renamed = subscription("linked");
        renamed.set_property("displayName", "y");
        put(plane, renamed).await;
        assert_eq!(plane.keys(&subscription_id("linked")).await.unwrap().unwrap().value, before);
    }

    async fn a_fresh_key_goes_into_its_slot_alone(plane) {
        put_a_link(plane).await;
        let id = subscription_id("linked");
        let before = plane.keys(&id).await.unwrap().unwrap().value;
        plane.regenerate(&id, KeySlot::Primary).await.unwrap();
        let after = plane.keys(&id).await.unwrap().unwrap().value;
        assert!(after.primary != before.primary && after.secondary == before.secondary, "{plane:?}");
        let nobodys = subscription_id("nobody's");
        assert_eq!(code_of(plane.regenerate(&nobodys, KeySlot::Primary).await), "not found: nobody's");
        let set = plane.set_keys(&nobodys, pair("a", "b"), Expected::Anything).await;
        assert_eq!(code_of(set), "not found: nobody's");
    }

    async fn connecting_copies_the_primary_key_and_connecting_again_copies_it_again(plane) {
        put_a_link(plane).await;
        let id = backend_id("backend");
        let primary = |pair: swa_apim::model::KeyPair| SiteKey::Held(pair.primary.fingerprint());
        let keys = plane.keys(&subscription_id("linked")).await.unwrap().unwrap().value;
        assert_eq!(plane.site_key(&id).await.unwrap(), primary(keys.clone()));
        plane.regenerate(&subscription_id("linked"), KeySlot::Primary).await.unwrap();
        assert_eq!(plane.site_key(&id).await.unwrap(), primary(keys), "the site's copy is its own");
        let before = plane.get(&id).await.unwrap().unwrap();
        let after = put(plane, backend("backend", &service_id())).await;
        let is_part_of_the_version = before.etag != after;
        assert_eq!(is_part_of_the_version, plane.site_keys() == SiteKeys::Told, "{plane:?}");
        let keys = plane.keys(&subscription_id("linked")).await.unwrap().unwrap().value;
        assert_eq!(plane.site_key(&id).await.unwrap(), primary(keys));
    }

    async fn a_site_that_is_connected_to_nothing_holds_no_key(plane) {
        put_a_link(plane).await;
        plane.delete(&subscription_id("linked"), Expected::Anything).await.unwrap();
        assert_ne!(plane.site_key(&backend_id("backend")).await.unwrap(), SiteKey::Absent);
        put(plane, backend("backend", &service_id())).await;
        assert_eq!(plane.site_key(&backend_id("backend")).await.unwrap(), SiteKey::Absent);
    }

    async fn a_suspended_subscription_still_gives_its_key(plane) {
        put_a_link(plane).await;
        let mut suspended = subscription("linked");
        suspended.set_property("state", "suspended");
        put(plane, suspended).await;
        put(plane, backend("backend", &service_id())).await;
        assert_ne!(plane.site_key(&backend_id("backend")).await.unwrap(), SiteKey::Absent);
    }

    async fn an_environment_has_one_backend(plane) {
        put_a_link(plane).await;
        let other_name = plane.put(backend("other", &service_id()), Expected::Anything).await;
        assert_eq!(code_of(other_name), "59363");
        let other_service = plane.put(backend("backend", &service_named("b")), Expected::Anything).await;
        assert_eq!(code_of(other_service), "59363");
        plane.delete(&backend_id("backend"), Expected::Anything).await.unwrap();
        put(plane, backend("other", &service_id())).await;
        assert_eq!(names(plane, Collection::LinkedBackends(production())).await, ["other"]);
    }

    async fn a_backend_gets_what_is_the_control_planes_to_set(plane) {
        put_a_link(plane).await;
        let shown = plane.get(&backend_id("backend")).await.unwrap().unwrap().value;
        assert_eq!(text(&shown, "properties.createdOn"), Some(plane.created_on()));
        assert_eq!(text(&shown, "properties.provisioningState"), Some("Succeeded"));
        assert_eq!(shown.body()["properties"]["region"], Value::Null);
        let site = plane.get(&site_id()).await.unwrap().unwrap().value;
        let embedded = &site.body()["properties"]["linkedBackends"];
        assert_eq!(embedded[0]["backendResourceId"], service_id().as_str(), "the site shows it");
    }

    async fn the_site_level_path_of_a_backend_is_the_same_backend(plane) {
        put_a_link(plane).await;
        let alias = site_id().child("linkedBackends", "backend").unwrap();
        assert!(plane.get(&alias).await.unwrap().is_some());
        plane.delete(&alias, Expected::Anything).await.unwrap();
        assert_eq!(plane.get(&backend_id("backend")).await.unwrap(), None);
    }

    async fn two_products_of_a_service_cannot_share_a_display_name(plane) {
        put_a_link(plane).await;
        let second = service_id().product("second").unwrap();
        let refused = plane.put(resource(&second, &json!({"displayName": "Linked"})), Expected::Anything).await;
        assert_eq!(code_of(refused), "ValidationError");
        put(plane, resource(&second, &json!({"displayName": "linked"}))).await;
        let named = Collection::ProductsNamed(service_id(), "linked".to_owned());
        assert_eq!(names(plane, named).await, ["second"]);
        put(plane, resource(&second, &json!({"displayName": "renamed"}))).await;
        let named = Collection::ProductsNamed(service_id(), "linked".to_owned());
        assert!(names(plane, named).await.is_empty());
    }

    async fn the_scope_of_a_subscription_is_a_product_that_exists(plane) {
        put(plane, service()).await;
        let refused = plane.put(subscription("linked"), Expected::Anything).await;
        let Err(ProviderError::Rejected { code, .. }) = refused else { panic!("{refused:?}") };
        assert_eq!(code, "ValidationError");
        let all = resource(&subscription_id("master"), &json!({"scope": format!("{}/", service_id())}));
        put(plane, all).await;
    }

    async fn the_subscriptions_of_a_product_are_found_by_either_form_of_scope(plane) {
        put_a_link(plane).await;
        let full = resource(&subscription_id("full"), &json!({"scope": product_id().as_str().to_uppercase()}));
        put(plane, full).await;
        put(plane, resource(&subscription_id("all"), &json!({"scope": "/apis"}))).await;
        let found = names(plane, Collection::ProductSubscriptions(product_id())).await;
        assert_eq!(found, ["full", "linked"]);
    }

    async fn a_product_with_subscriptions_is_not_deleted(plane) {
        put_a_link(plane).await;
        let refused = plane.delete(&product_id(), Expected::Anything).await;
        assert_eq!(code_of(refused), "ValidationError");
        plane.delete(&subscription_id("linked"), Expected::Anything).await.unwrap();
        plane.delete(&product_id(), Expected::Anything).await.unwrap();
        assert_eq!(plane.get(&product_id().policy()).await.unwrap(), None);
        put(plane, product()).await;
        assert_eq!(plane.get(&product_id().policy()).await.unwrap(), None, "a new product is empty");
        assert!(names(plane, Collection::ProductApis(product_id())).await.is_empty());
    }

    async fn a_products_api_shows_the_properties_of_the_api_itself(plane) {
        put_a_link(plane).await;
        let shown = plane.list(&Collection::ProductApis(product_id())).await.unwrap();
        assert_eq!(shown[0].value.id(), product_api("orders").id());
        assert_eq!(text(&shown[0].value, "properties.path"), Some("api/orders"));
        assert_eq!(shown[0].etag, plane.get(product_api("orders").id()).await.unwrap().unwrap().etag);
    }

    async fn an_api_that_is_deleted_leaves_its_products(plane) {
        put_a_link(plane).await;
        plane.delete(api("orders").id(), Expected::Anything).await.unwrap();
        assert!(names(plane, Collection::ProductApis(product_id())).await.is_empty());
        put(plane, api("orders")).await;
        assert!(names(plane, Collection::ProductApis(product_id())).await.is_empty(), "for good");
    }

    async fn a_service_that_is_deleted_takes_all_of_it_along(plane) {
        put_a_link(plane).await;
        plane.delete(&service_id(), Expected::Anything).await.unwrap();
        put(plane, service()).await;
        for gone in [product(), policy(), product_api("orders"), subscription("linked"), api("orders")] {
            assert_eq!(plane.get(gone.id()).await.unwrap(), None, "{:?}", gone.id());
        }
        assert_eq!(plane.keys(&subscription_id("linked")).await.unwrap(), None);
        assert!(names(plane, Collection::Apis(service_id())).await.is_empty());
    }

    async fn collections_are_in_order_of_the_ids(plane) {
        put(plane, site()).await;
        for name in ["b", "a-c", "a", "B2"] {
            put(plane, resource(&service_named(name), &json!({}))).await;
        }
        assert_eq!(names(plane, Collection::Services).await, ["a", "a-c", "b", "B2"]);
        assert_eq!(names(plane, Collection::StaticSites).await, ["shop"]);
    }

    async fn the_products_of_an_api_are_those_that_it_was_added_to(plane) {
        put_a_link(plane).await;
        put(plane, api("catalog")).await;
        put(plane, resource(&service_id().product("other").unwrap(), &json!({"displayName": "Other"}))).await;
        let of = |name: &str| Collection::ApiProducts(service_id().api(name).unwrap());
        assert_eq!(names(plane, of("orders")).await, [LABEL]);
        assert!(names(plane, of("catalog")).await.is_empty());
        let shown = plane.list(&of("orders")).await.unwrap();
        assert_eq!(shown[0].value, plane.get(&product_id()).await.unwrap().unwrap().value);
        plane.delete(product_api("orders").id(), Expected::Anything).await.unwrap();
        assert!(names(plane, of("orders")).await.is_empty());
    }

    async fn the_products_and_subscriptions_of_a_service_are_all_that_it_has(plane) {
        put_a_link(plane).await;
        put(plane, resource(&service_id().product("other").unwrap(), &json!({"displayName": "Other"}))).await;
        put(plane, resource(&subscription_id("all"), &json!({"scope": "/apis"}))).await;
        put(plane, resource(&service_named("empty"), &json!({}))).await;
        assert_eq!(names(plane, Collection::Products(service_id())).await, [LABEL, "other"]);
        assert_eq!(names(plane, Collection::Subscriptions(service_id())).await, ["all", "linked"]);
        assert!(names(plane, Collection::Products(service_named("empty"))).await.is_empty());
        assert!(names(plane, Collection::Subscriptions(service_named("absent"))).await.is_empty());
        let listed = plane.list(&Collection::Subscriptions(service_id())).await.unwrap();
        let read = plane.get(&subscription_id("linked")).await.unwrap().unwrap();
        assert_eq!(listed[1].value, read.value, "no key is in it");
    }

    async fn asking_each_subscription_finds_the_same_sites(plane) {
        put_a_link(plane).await;
        let each = plane.list(&Collection::StaticSitesOfEach).await.unwrap();
        // Resource Graph spells types in lower case, and is the same resource in the same version.
        let seen = |found: &[Versioned<Resource>]| -> Vec<_> {
            found.iter().map(|it| (it.value.id().clone(), it.etag.clone())).collect()
        };
        assert_eq!(seen(&each), seen(&plane.list(&Collection::StaticSites).await.unwrap()));
        assert_eq!(each.len(), 1);
    }
}
