//! When the keys of a model were created: what the file records, and what becomes of it.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use jiff::Timestamp;
use serde_json::{Value, json};
use swa_apim::{
    ambient::Ambient,
    model::{KeySlot, KeyTimes},
    provider::{Expected, Reads as _, Writes as _, json::JsonControlPlane},
};
use uuid::Uuid;

use crate::world::{WAIT, pair, product, put, service, subscription, subscription_id};

/// A clock that is set by hand, and ids that are new each time.
#[derive(Debug, Default)]
struct Clock(AtomicI64, AtomicI64);

impl Clock {
    fn set(&self, second: i64) {
        self.0.store(second, Ordering::Relaxed);
    }
}

impl Ambient for Clock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::Relaxed)).unwrap()
    }

    fn unguessable(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.1.fetch_add(1, Ordering::Relaxed).unsigned_abs()) + 1)
    }
}

/// A model with a subscription that was created in second 10, and its clock.
async fn model() -> (JsonControlPlane, Arc<Clock>) {
    let clock = Arc::new(Clock::default());
    clock.set(10);
    let plane = JsonControlPlane::in_memory(Arc::clone(&clock) as Arc<dyn Ambient>);
    for resource in [service(), product(), subscription("linked")] {
        put(&plane, resource).await;
    }
    (plane, clock)
}

fn at(primary: Option<i64>, secondary: Option<i64>) -> KeyTimes {
    let time = |second: i64| Timestamp::from_second(second).unwrap();
    KeyTimes { primary: primary.map(time), secondary: secondary.map(time) }
}

async fn times(plane: &JsonControlPlane) -> KeyTimes {
    plane.key_times(&subscription_id("linked")).await.unwrap()
}

#[tokio::test]
async fn each_key_has_the_time_at_which_it_was_created_and_keeps_it_in_the_other_slot() {
    let (plane, clock) = model().await;
    let id = subscription_id("linked");
    assert_eq!(times(&plane).await, at(Some(10), Some(10)), "a new subscription has two new keys");
    clock.set(20);
    plane.regenerate(&id, KeySlot::Secondary).await.unwrap();
    assert_eq!(times(&plane).await, at(Some(10), Some(20)));
    clock.set(30);
    let keys = plane.keys(&id).await.unwrap().unwrap();
    let fresh = "f".repeat(32);
    let swapped = pair(&fresh, keys.value.primary.expose());
    plane.set_keys(&id, swapped.clone(), Expected::Unchanged(keys.etag)).await.unwrap();
    assert_eq!(times(&plane).await, at(Some(30), Some(10)), "the old primary key is the secondary key now");
    clock.set(40);
    plane.set_keys(&id, swapped, Expected::Anything).await.unwrap();
    assert_eq!(times(&plane).await, at(Some(30), Some(10)), "keys that are set again are the same keys");
    put(&plane, subscription("linked")).await;
    assert_eq!(
        times(&plane).await,
        at(Some(30), Some(10)),
        "so are those of a subscription that is put again"
    );
}

#[tokio::test]
async fn a_version_does_not_depend_on_the_times() {
    let (plane, clock) = model().await;
    let id = subscription_id("linked");
    let (one, other) = (pair(&"a".repeat(32), &"b".repeat(32)), pair(&"c".repeat(32), &"d".repeat(32)));
    let first = plane.set_keys(&id, one.clone(), Expected::Anything).await.unwrap();
    clock.set(20);
    plane.set_keys(&id, other, Expected::Anything).await.unwrap();
    assert_eq!(plane.set_keys(&id, one, Expected::Anything).await.unwrap(), first);
    assert_eq!(times(&plane).await, at(Some(20), Some(20)), "the keys are from the moment they came back");
}

#[tokio::test]
async fn an_imported_key_has_no_time() {
    let (plane, _) = model().await;
    let mut import = subscription("linked").into_value();
    import["properties"]["primaryKey"] = "e".repeat(32).into();
    import["properties"]["secondaryKey"] = "f".repeat(32).into();
    plane.import(json!([import])).unwrap();
    assert_eq!(times(&plane).await, KeyTimes::default());
    plane.regenerate(&subscription_id("linked"), KeySlot::Primary).await.unwrap();
    assert_eq!(times(&plane).await, at(Some(10), None), "the other key is still of unknown age");
}

#[expect(clippy::disallowed_methods, reason = "the tests play an older program")]
#[tokio::test]
async fn a_model_without_times_is_read_as_before_and_gets_the_time_of_its_next_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    let clock = Arc::new(Clock::default());
    let ambient = Arc::clone(&clock) as Arc<dyn Ambient>;
    let plane = JsonControlPlane::create(&path, "", WAIT, ambient).unwrap();
    clock.set(10);
    plane.begin().await.unwrap();
    for resource in [service(), product(), subscription("linked")] {
        put(&plane, resource).await;
    }
    plane.commit().await.unwrap();
    let id = subscription_id("linked");
    let mut model: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(model["schemaVersion"], 1);
    let secret = &mut model["secrets"][id.as_str()];
    assert_eq!(secret["primaryKeyCreatedOn"], "1970-01-01T00:00:10Z");
    assert_eq!(secret["secondaryKeyCreatedOn"], "1970-01-01T00:00:10Z");
    let before = secret["primaryKey"].clone();
    secret.as_object_mut().unwrap().retain(|name, _| !name.ends_with("CreatedOn"));
    fs::write(&path, model.to_string()).unwrap();
    assert_eq!(times(&plane).await, KeyTimes::default());
    clock.set(20);
    plane.begin().await.unwrap();
    plane.regenerate(&id, KeySlot::Secondary).await.unwrap();
    plane.commit().await.unwrap();
    assert_eq!(times(&plane).await, at(None, Some(20)));
    let model: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let secret = &model["secrets"][id.as_str()];
    assert_eq!((&secret["primaryKey"], secret.get("primaryKeyCreatedOn")), (&before, None));
}

#[tokio::test]
async fn a_text_that_is_not_a_time_is_no_time() {
    let document = json!({"schemaVersion": 1, "resources": [service().into_value(), product().into_value(),
        subscription("linked").into_value()], "secrets": {subscription_id("linked").as_str():
        {"primaryKey": "a".repeat(32), "secondaryKey": "b".repeat(32),
         "primaryKeyCreatedOn": "yesterday", "secondaryKeyCreatedOn": "2026-01-01T00:00:00Z"}}});
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    let plane =
        JsonControlPlane::create(&path, &document.to_string(), WAIT, Arc::new(Clock::default())).unwrap();
    assert_eq!(times(&plane).await, at(None, Some(1_767_225_600)));
}
