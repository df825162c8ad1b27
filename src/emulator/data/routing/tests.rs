//! Tests of the routing that viewers use, and of the time from which they use it.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::{History, Routing, Viewer, history::PARTS};
use crate::{
    model::{Resource, ResourceId},
    provider::json::Everything,
};

fn site(name: &str, hostname: &str) -> Resource {
    let id = format!("/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/staticSites/{name}");
    let hostname = ("defaultHostname".to_owned(), Value::from(hostname));
    Resource::new(ResourceId::parse(&id).unwrap(), Map::from_iter([hostname]))
}

fn publish(history: &History, hostname: &str, longest: u64) -> Weak<Everything> {
    let resources = vec![site("a", hostname), site("b", "other.example")];
    let model = Arc::new(Everything { resources, ..Everything::default() });
    let published = Arc::downgrade(&model);
    history.publish(model, Duration::from_secs(longest));
    published
}

fn known(history: &History, viewer: Viewer, delay: u64) -> Vec<&'static str> {
    let routing = history.behind_by(viewer, Duration::from_millis(delay), Routing::of).unwrap();
    ["first.example", "second.example", "third.example"]
        .into_iter()
        .filter(|host| routing.site(host).is_some())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_viewer_that_is_behind_goes_by_an_earlier_generation() {
    let history = History::default();
    assert!(history.behind_by(Viewer::Edge, Duration::ZERO, Routing::of).is_none());
    let edge = || known(&history, Viewer::Edge, 2000);
    let gateway = || known(&history, Viewer::Gateway, 5000);
    let mut published = vec![publish(&history, "first.example", 5)];
    assert_eq!((edge(), gateway()), (vec!["first.example"], vec!["first.example"]), "there is nothing older");
    tokio::time::advance(Duration::from_secs(3)).await;
    published.push(publish(&history, "second.example", 5));
    assert_eq!((edge(), gateway()), (vec!["first.example"], vec!["first.example"]));
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!((edge(), gateway()), (vec!["second.example"], vec!["first.example"]));
    published.push(publish(&history, "third.example", 5));
    assert_eq!(alive(&published), 3, "one of them is behind by five seconds");
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!((edge(), gateway()), (vec!["third.example"], vec!["third.example"]));
    published.push(publish(&history, "third.example", 5));
    assert_eq!(alive(&published), 2, "the older ones are needed no more");
}

#[tokio::test(start_paused = true)]
async fn a_change_that_has_arrived_stays() {
    let history = History::default();
    let gateway = |delay| known(&history, Viewer::Gateway, delay);
    // The edges lag far behind, so that a later generation of the same second replaces an earlier one.
    let mut published = vec![publish(&history, "first.example", 64)];
    tokio::time::advance(Duration::from_millis(500)).await;
    published.push(publish(&history, "second.example", 64));
    tokio::time::advance(Duration::from_millis(200)).await;
    assert_eq!(gateway(100), ["second.example"]);
    tokio::time::advance(Duration::from_millis(200)).await;
    published.push(publish(&history, "third.example", 64));
    assert_eq!(alive(&published), 2, "the second has made room");
    assert_eq!(gateway(100), ["second.example"], "the first does not come back");
    assert_eq!(gateway(30_000), ["second.example"], "nor with a longer delay");
    tokio::time::advance(Duration::from_millis(100)).await;
    assert_eq!(gateway(100), ["third.example"]);
}

/// Publishes 300 generations, 50 ms apart, while both viewers read.
async fn storm(history: &History, longest: u64) -> Vec<Weak<Everything>> {
    let mut published = Vec::new();
    for number in 0..300 {
        published.push(publish(history, &format!("host-{number}.example"), longest));
        for (viewer, delay) in [(Viewer::Edge, 0), (Viewer::Gateway, longest)] {
            let routing = history.behind_by(viewer, Duration::from_secs(delay), Routing::of).unwrap();
            assert!(routing.site("other.example").is_some());
        }
        tokio::time::advance(Duration::from_millis(50)).await;
    }
    published
}

fn alive(published: &[Weak<Everything>]) -> usize {
    published.iter().filter(|model| model.strong_count() > 0).count()
}

#[tokio::test(start_paused = true)]
async fn the_generations_that_live_are_few_however_many_were_published() {
    for (longest, most) in [(0, 1), (1, 2 * PARTS as usize), (60, 2 * PARTS as usize), (86_400, 2)] {
        let history = History::default();
        let published = storm(&history, longest).await;
        let live = alive(&published);
        assert!((1..=most + 2).contains(&live), "{live} live with a delay of {longest} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_arrives_never_before_its_delay_and_soon_after() {
    let (history, longest) = (History::default(), Duration::from_secs(8));
    publish(&history, "first.example", 8);
    tokio::time::advance(Duration::from_secs(20)).await;
    publish(&history, "third.example", 8);
    tokio::time::advance(Duration::from_millis(10)).await;
    publish(&history, "second.example", 8);
    let since = Instant::now();
    let mut arrived = None;
    for number in 0..100 {
        tokio::time::advance(Duration::from_millis(100)).await;
        // The second name does not move while other changes are made.
        let resources = vec![site("a", "second.example"), site("b", &format!("b-{number}.example"))];
        history.publish(Arc::new(Everything { resources, ..Everything::default() }), longest);
        let routing = history.behind_by(Viewer::Gateway, longest, Routing::of).unwrap();
        if routing.site("second.example").is_some() && arrived.is_none() {
            arrived = Some(since.elapsed());
        }
    }
    let arrived = arrived.unwrap();
    let latest = longest + longest / PARTS + Duration::from_millis(100);
    assert!((longest..=latest).contains(&arrived), "{arrived:?}");
}
