//! API Management: products, their APIs, policies, subscriptions, and what takes long.

use serde_json::{Map, Value, json};
use swa_apim::{
    diagnosis::{Diagnose as _, ExitCode},
    model::{
        Api, ApimServiceId, ApimSubscription, ApimSubscriptionId, Key, KeyPair, KeySlot, Product, Resource,
        ResourceId,
    },
    provider::{Collection, ETag, Expected, Reads as _, Writes as _},
};

use crate::{
    library::{cassette, transcript},
    replay::{Recorded, Replay},
};

const SERVICE: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/cli_test_apim-000001/providers/Microsoft.ApiManagement/service/cli-test-apim-000003";
const AZURE: &str = "https://management.azure.com";

fn service() -> ApimServiceId {
    ApimServiceId::parse(SERVICE).unwrap()
}

fn core() -> Option<Vec<Recorded>> {
    cassette("apim_core_service.api-2022-08-01.yaml")
}

fn resource(id: &ResourceId, properties: &Value) -> Resource {
    Resource::new(id.clone(), properties.as_object().cloned().unwrap_or_default())
}

fn etag_of(recorded: &Recorded) -> ETag {
    let found = recorded.headers.iter().find(|(name, _)| name == "etag");
    ETag::new(found.unwrap().1.clone())
}

#[tokio::test]
async fn a_product_is_made_read_changed_and_deleted() {
    let Some(recorded) = core() else { return };
    let replay = Replay::of([8, 9, 10, 11, 18].map(|at| recorded[at].clone()));
    let plane = replay.plane();
    let id = service().product("standard").unwrap();
    let product = resource(&id, &json!({"displayName": "product1"}));
    assert_eq!(plane.put(product.clone(), Expected::Anything).await.unwrap(), etag_of(&recorded[8]));
    let named = plane.list(&Collection::ProductsNamed(service(), "product1".to_owned())).await.unwrap();
    let names: Vec<&str> = named.iter().map(|found| found.value.id().name()).collect();
    assert_eq!(names, ["standard"], "also where the list holds more than was asked for");
    let found = plane.get(&id).await.unwrap().unwrap();
    assert_eq!(found.etag, etag_of(&recorded[10]));
    let read = Product::read(&found.value).unwrap();
    assert!(read.subscription_required, "{read:?}");
    assert_eq!(plane.put(product, Expected::Unchanged(found.etag)).await.unwrap(), etag_of(&recorded[11]));
    plane.delete(&id, Expected::Anything).await.unwrap();
    assert_eq!(replay.left(), 0);
}

#[tokio::test]
async fn an_api_comes_into_a_product_and_leaves_it() {
    let Some(recorded) = core() else { return };
    let replay = Replay::of((12..=17).map(|at| recorded[at].clone()));
    let plane = replay.plane();
    let product = service().product("standard").unwrap();
    let place = product.api(&service().api("az-cli000004").unwrap());
    let all = Collection::ProductApis(product);
    assert!(plane.list(&all).await.unwrap().is_empty());
    plane.put(resource(&place, &json!({})), Expected::Absent).await.unwrap();
    let listed = plane.list(&all).await.unwrap();
    let api = Api::read(&listed[0].value).unwrap();
    assert_eq!(
        (api.id.name(), api.path.as_str(), api.subscription_required),
        ("az-cli000004", "test", false)
    );
    let there = plane.get(&place).await.unwrap().unwrap();
    assert_eq!(there.etag, listed[0].etag, "asked for by HEAD, and listed");
    plane.delete(&place, Expected::Anything).await.unwrap();
    assert!(plane.list(&all).await.unwrap().is_empty());
    assert_eq!(replay.left(), 0);
}

#[tokio::test]
async fn an_import_is_waited_for_at_the_address_that_it_names_on_the_same_host() {
    let Some(recorded) = core() else { return };
    let id = service().api("48242ec7f53745de9cbb800757a4204a").unwrap();
    let replay = Replay::start();
    replay.then([recorded[4].clone().moved(AZURE, &replay.origin), recorded[5].clone()]);
    let put = replay.plane().put(resource(&id, &json!({"path": "test2"})), Expected::Anything).await;
    assert_eq!(put.unwrap(), etag_of(&recorded[5]), "though that ends with 201");
    // as it was recorded, it leads to a host that is not this one
    let elsewhere = Replay::of([recorded[4].clone()]);
    let put = elsewhere.plane().put(resource(&id, &json!({"path": "test2"})), Expected::Anything).await;
    let error = put.unwrap_err();
    let cause = std::error::Error::source(&error).expect("an accepted change names why its end is unknown");
    assert!(cause.to_string().contains("was not followed"), "{cause}");
    assert_eq!(error.diagnosis().exit, ExitCode::Partial);
}

#[tokio::test]
async fn a_service_takes_a_while_to_come_and_to_go() {
    let Some(recorded) = core() else { return };
    let replay = Replay::start();
    let moved = |at: usize| recorded[at].clone().moved(AZURE, &replay.origin);
    // The version is read after the operation, and the resource is read once more below.
    replay.then([0, 1, 2, 3, 3, 25, 26, 27].map(moved));
    let plane = replay.plane();
    plane.put(resource(&service(), &json!({})), Expected::Anything).await.unwrap();
    assert_eq!(replay.left(), 4, "until its operation has succeeded");
    let found = plane.get(&service()).await.unwrap().unwrap();
    assert_eq!(found.value.id(), &*service());
    plane.delete(&service(), Expected::Anything).await.unwrap();
    assert_eq!(replay.left(), 0);
}

#[tokio::test]
async fn a_subscription_and_its_keys() {
    let Some(recorded) = transcript("apim_subscription.api-2021-08-01.json") else { return };
    let replay = Replay::of(recorded.iter().cloned());
    let plane = replay.plane();
    let id: ApimSubscriptionId = service().apim_subscription("apim_subscription-000001").unwrap();
    let scoped = Collection::ProductSubscriptions(service().product("p").unwrap());
    assert!(plane.list(&scoped).await.unwrap().is_empty(), "one of all APIs is no product's");
    let new = resource(&id, &json!({"scope": format!("{SERVICE}/apis"), "displayName": "foo-bar"}));
    assert_eq!(plane.put(new, Expected::Anything).await.unwrap(), etag_of(&recorded[1]));
    let found = plane.get(&id).await.unwrap().unwrap();
    assert_eq!(found.etag, etag_of(&recorded[2]));
    assert_eq!(ApimSubscription::read(&found.value).unwrap().display_name.as_deref(), Some("foo-bar"));
    let key = |text: &str| Key::new(text).unwrap();
    let pair = KeyPair { primary: key("a"), secondary: key("b") };
    let swapped = plane.set_keys(&id, pair, Expected::Unchanged(found.etag)).await.unwrap();
    let keys = plane.keys(&id).await.unwrap().unwrap();
    assert_eq!(keys.etag, swapped);
    assert_eq!(keys.value.primary, key("2202d648ccd444e49f8aa2b4e40ed401"));
    plane.regenerate(&id, KeySlot::Primary).await.unwrap();
    plane.regenerate(&id, KeySlot::Secondary).await.unwrap();
    let fresh = plane.keys(&id).await.unwrap().unwrap();
    assert_eq!(fresh.value.secondary, key("0ac23a7030b54f3e95a91c7a4d04593b"));
    assert_ne!(fresh.etag, keys.etag);
    plane.delete(&id, Expected::Anything).await.unwrap();
    assert_eq!(replay.left(), 0);
}

#[tokio::test]
async fn a_policy_comes_back_rewritten_and_its_version_stays_where_nothing_changes() {
    let Some(recorded) = transcript("apim_policy.api-2021-08-01.json") else { return };
    let replay = Replay::of(recorded.iter().cloned());
    let plane = replay.plane();
    let id = service().child("policies", "policy").unwrap();
    let policy = Resource::new(id.clone(), Map::from_iter([("value".to_owned(), "<policies/>".into())]));
    let first = plane.put(policy.clone(), Expected::Anything).await.unwrap();
    let again = plane.put(policy, Expected::Anything).await.unwrap();
    assert_eq!(first, etag_of(&recorded[0]));
    assert_eq!(first, again);
    plane.delete(&id, Expected::Anything).await.unwrap();
    assert_eq!(plane.get(&id).await.unwrap(), None);
    assert_eq!(replay.left(), 0);
}
