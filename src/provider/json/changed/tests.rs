use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    ambient::System,
    model::{ApimServiceId, ApimSubscriptionId, KeySlot, Resource, StaticSiteId},
    provider::{Asked, Expected, Reads as _, Writes as _},
};

const PROVIDERS: &str = "/subscriptions/s/resourceGroups/rg/providers";

fn site(name: &str) -> StaticSiteId {
    StaticSiteId::parse(&format!("{PROVIDERS}/Microsoft.Web/staticSites/{name}")).unwrap()
}

fn service(name: &str) -> ApimServiceId {
    ApimServiceId::parse(&format!("{PROVIDERS}/Microsoft.ApiManagement/service/{name}")).unwrap()
}

/// A resource that links are made of, by the letters that choose it.
fn resource((kind, one, two): (u8, bool, bool)) -> ResourceId {
    let site = site(if one { "shop" } else { "docs" });
    let service = service(if two { "a" } else { "b" });
    let (first, second) = (if one { "p" } else { "q" }, if two { "o" } else { "r" });
    let tail = match kind {
        0 => return (*site).clone(),
        1 => return (*site.environment(if two { "default" } else { "preview" }).unwrap()).clone(),
        2 => {
            let environment = site.environment(if two { "default" } else { "preview" }).unwrap();
            return (*environment.linked_backend("b").unwrap()).clone();
        }
        3 => return (*service).clone(),
        4 => format!("products/{first}"),
        5 => format!("apis/{first}"),
        6 => format!("products/{first}/apis/{second}"),
        7 => format!("products/{first}/policies/policy"),
        8 => format!("apis/{second}/operations/{first}"),
        _ => format!("subscriptions/{first}"),
    };
    ResourceId::parse(&format!("{service}/{tail}")).unwrap()
}

fn properties(id: &ResourceId, one: bool, two: bool) -> Value {
    let product = if one { "p" } else { "q" };
    match ResourceKind::of(id.lower_case()) {
        ResourceKind::Subscription => {
            let service = kind::cut(id.as_str());
            json!({"scope": format!("{service}/products/{product}"), "displayName": two.to_string()})
        }
        ResourceKind::LinkedBackend => json!({"backendResourceId": service("a").as_str(), "region": product}),
        _ => json!({"displayName": product, "description": two.to_string(), "defaultHostname": "x.net"}),
    }
}

#[derive(Clone, Debug)]
enum Change {
    Put((u8, bool, bool), bool, bool),
    Delete((u8, bool, bool)),
    Regenerate(bool, bool),
}

fn change() -> impl Strategy<Value = Change> {
    let place = || (0_u8..10, any::<bool>(), any::<bool>());
    prop_oneof![
        4 => (place(), any::<bool>(), any::<bool>()).prop_map(|(at, one, two)| Change::Put(at, one, two)),
        1 => place().prop_map(Change::Delete),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(one, two)| Change::Regenerate(one, two)),
    ]
}

/// Makes a change, unless the model refuses it.
async fn make(plane: &JsonControlPlane, change: &Change) {
    match change {
        Change::Put(at, one, two) => {
            let id = resource(*at);
            let mut body = json!({"id": id.as_str(), "properties": properties(&id, *one, *two)});
            body["sku"] = json!({"name": "Standard"});
            let _ = plane.put(Resource::from_value(body).unwrap(), Expected::Anything).await;
        }
        Change::Delete(at) => drop(plane.delete(&resource(*at), Expected::Anything).await),
        Change::Regenerate(one, two) => {
            let id = ApimSubscriptionId::try_from(resource((9, *one, *two))).unwrap();
            let _ = plane.regenerate(&id, KeySlot::Primary).await;
        }
    }
}

/// Every question about the resources that [`resource`] returns.
fn questions() -> Vec<ReadRequest> {
    let mut all = vec![
        ReadRequest::List(Collection::StaticSites),
        ReadRequest::List(Collection::Services),
        ReadRequest::WouldSee((*service("new")).clone()),
    ];
    for kind in 0..10 {
        for (one, two) in [(true, true), (true, false), (false, true), (false, false)] {
            all.push(ReadRequest::Get(resource((kind, one, two))));
        }
    }
    for (site, name) in [(site("shop"), "default"), (site("shop"), "preview"), (site("docs"), "default")] {
        let environment = site.environment(name).unwrap();
        all.push(ReadRequest::SiteKey(environment.linked_backend("b").unwrap()));
        all.push(ReadRequest::List(Collection::LinkedBackends(environment)));
        all.push(ReadRequest::List(Collection::SiteEnvironments(site)));
    }
    for service in [service("a"), service("b")] {
        for name in ["p", "q"] {
            let product = service.product(name).unwrap();
            let subscription = service.apim_subscription(name).unwrap();
            let api = service.api(name).unwrap();
            all.extend([
                ReadRequest::List(Collection::ProductsNamed(service.clone(), name.to_owned())),
                ReadRequest::List(Collection::ProductApis(product.clone())),
                ReadRequest::List(Collection::ProductSubscriptions(product)),
                ReadRequest::List(Collection::ApiProducts(api.clone())),
                ReadRequest::List(Collection::ApiOperations(api)),
                ReadRequest::Keys(subscription.clone()),
                ReadRequest::KeyTimes(subscription),
            ]);
        }
        all.extend([
            ReadRequest::List(Collection::Apis(service.clone())),
            ReadRequest::List(Collection::Products(service.clone())),
            ReadRequest::List(Collection::Subscriptions(service)),
        ]);
    }
    all
}

/// The answer to a question as text, in which keys differ as their fingerprints do.
async fn answer(plane: &JsonControlPlane, question: &ReadRequest) -> String {
    match question {
        ReadRequest::Get(id) => format!("{:?}", plane.get(id).await),
        ReadRequest::List(collection) => format!("{:?}", plane.list(collection).await),
        ReadRequest::Keys(id) => {
            let keys = plane.keys(id).await.unwrap();
            format!("{:?}", keys.map(|keys| (keys.value.primary.fingerprint(), keys.etag)))
        }
        ReadRequest::KeyTimes(id) => format!("{:?}", plane.key_times(id).await),
        ReadRequest::SiteKey(id) => format!("{:?}", plane.site_key(id).await),
        ReadRequest::WouldSee(id) => format!("{:?}", plane.would_see(id)),
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

proptest! {
    #[test]
    fn an_answer_that_no_difference_concerns_is_the_same(
        before in prop::collection::vec(change(), 0..40),
        after in prop::collection::vec(change(), 1..4),
    ) {
        wait(async {
            let plane = JsonControlPlane::in_memory(Arc::new(System));
            for change in &before {
                make(&plane, change).await;
            }
            let earlier = plane.snapshot().unwrap();
            for change in &after {
                make(&plane, change).await;
            }
            let changed = plane.changed_since(&earlier).unwrap();
            for question in questions() {
                if !changed.concerns(&AnswerBasis::of([&question])) {
                    let (was, is) = (answer(&earlier, &question).await, answer(&plane, &question).await);
                    prop_assert_eq!(was, is, "{:?}", question);
                }
            }
            Ok(())
        })?;
    }
}

async fn two_links() -> JsonControlPlane {
    let plane = JsonControlPlane::in_memory(Arc::new(System));
    for (kind, two) in [(3, true), (5, true)] {
        make(&plane, &Change::Put((kind, true, two), true, true)).await;
    }
    for one in [true, false] {
        for kind in [0, 2, 4, 9] {
            make(&plane, &Change::Put((kind, one, true), one, true)).await;
        }
    }
    plane
}

/// What is asked about the link of a site whose product has this name.
fn about(site: &StaticSiteId, product: &str) -> Vec<ReadRequest> {
    let service = service("a");
    let environment = site.environment("default").unwrap();
    vec![
        ReadRequest::Get((**site).clone()),
        ReadRequest::Get((*service).clone()),
        ReadRequest::List(Collection::LinkedBackends(environment)),
        ReadRequest::List(Collection::ProductsNamed(service.clone(), product.to_owned())),
        ReadRequest::List(Collection::ProductApis(service.product(product).unwrap())),
        ReadRequest::List(Collection::ProductSubscriptions(service.product(product).unwrap())),
        ReadRequest::Keys(service.apim_subscription(product).unwrap()),
    ]
}

#[tokio::test]
async fn a_change_of_one_link_does_not_concern_another_one() {
    let plane = two_links().await;
    let [ours, theirs] =
        [about(&site("shop"), "p"), about(&site("docs"), "q")].map(|all| AnswerBasis::of(&all));
    for change in [
        Change::Delete((2, true, true)),
        Change::Put((2, true, true), false, true),
        Change::Put((9, true, true), true, false),
        Change::Regenerate(true, true),
        Change::Put((0, true, true), true, false),
        Change::Delete((9, true, true)),
        Change::Delete((4, true, true)),
    ] {
        let earlier = plane.snapshot().unwrap();
        make(&plane, &change).await;
        let changed = plane.changed_since(&earlier).unwrap();
        assert!(!changed.is_empty() && changed.concerns(&ours), "{change:?}");
        assert!(!changed.concerns(&theirs), "{change:?}");
        assert!(!changed.concerns(&AnswerBasis::of_ids()), "{change:?}");
    }
    for shared in [3, 5] {
        let earlier = plane.snapshot().unwrap();
        make(&plane, &Change::Put((shared, true, true), false, false)).await;
        let changed = plane.changed_since(&earlier).unwrap();
        assert!(changed.concerns(&ours) && changed.concerns(&theirs));
    }
    let earlier = plane.snapshot().unwrap();
    make(&plane, &Change::Delete((0, true, true))).await;
    assert!(plane.changed_since(&earlier).unwrap().concerns(&AnswerBasis::of_ids()));
}

#[tokio::test]
async fn another_model_concerns_every_answer_and_the_same_one_none() {
    let (plane, other) = (two_links().await, two_links().await);
    let basis = AnswerBasis::of(&questions());
    assert!(plane.changed_since(&other).unwrap().concerns(&basis));
    let same = plane.changed_since(&plane.snapshot().unwrap()).unwrap();
    assert!(same.is_empty() && !same.concerns(&basis));
}

#[tokio::test]
async fn each_question_is_kept() {
    let plane = two_links().await;
    let asked = Asked::new(&plane);
    for question in questions() {
        match &question {
            ReadRequest::Get(id) => drop(asked.get(id).await),
            ReadRequest::List(collection) => drop(asked.list(collection).await),
            ReadRequest::Keys(id) => drop(asked.keys(id).await),
            ReadRequest::KeyTimes(id) => drop(asked.key_times(id).await),
            ReadRequest::SiteKey(id) => drop(asked.site_key(id).await),
            ReadRequest::WouldSee(id) => assert!(asked.would_see(id)),
        }
    }
    assert_eq!(asked.into_questions(), questions());
}
