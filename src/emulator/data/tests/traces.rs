//! Each request is traced hop by hop, with the decision of each hop, and without any secret.

use std::time::Duration;

use serde_json::json;

use super::world::{GATEWAY, OTHER_SITE, SITE, World, id, policy, product};
use crate::provider::emulated::{Exchange, HopOutcome, HopPlace};

/// The hops of the last request, each with its outcome.
async fn hops(world: &World) -> Vec<(HopPlace, HopOutcome)> {
    last(world).await.hops.iter().map(|hop| (hop.at, hop.outcome)).collect()
}

async fn last(world: &World) -> Exchange {
    world.traffic.after(0, Duration::ZERO).await.value.pop().unwrap()
}

/// The reason of the last hop of the last request.
async fn reason(world: &World) -> String {
    last(world).await.hops.pop().unwrap().detail
}

#[tokio::test]
async fn an_admitted_request_passes_every_hop_in_order() {
    use HopOutcome::{Answered, Passed};
    let world = World::linked().await;
    assert_eq!(world.get(SITE, "/api/orders/7?x=1").await.status, 200);
    let expected = [
        (HopPlace::Edge, Passed),
        (HopPlace::Gateway, Passed),
        (HopPlace::Key, Passed),
        (HopPlace::Token, Passed),
        (HopPlace::Policy, Passed),
        (HopPlace::Api, Passed),
        (HopPlace::Api, Answered),
    ];
    assert_eq!(hops(&world).await, expected);
    let Exchange { method, host, path, status, .. } = last(&world).await;
    assert_eq!(
        (method.as_str(), host.as_str(), path.as_str(), status),
        ("GET", SITE, "/api/orders/7", Some(200))
    );
    let sent = &last(&world).await.hops[5].detail;
    assert!(sent.ends_with(&format!("http://{}/orders/v1/7", world.api_address())), "{sent}");
}

#[tokio::test]
async fn a_refused_request_ends_at_the_hop_that_refuses_it() {
    let world = World::linked().await;
    let token = world.token_of(SITE).await;
    let of_other = world.token_of(OTHER_SITE).await;
    world.get("nobody.example", "/").await;
    assert_eq!(hops(&world).await, [(HopPlace::Edge, HopOutcome::Refused)]);
    world.get(GATEWAY, "/api/nothing").await;
    assert_eq!(hops(&world).await, [(HopPlace::Gateway, HopOutcome::Refused)]);
    for (key, token, at, why) in [
        ("wrong", token.as_str(), HopPlace::Key, "gives no access to the API `orders`"),
        ("key-of-mango", "", HopPlace::Token, "JWT not present"),
        ("key-of-mango", of_other.as_str(), HopPlace::Token, "Issuer validation failed"),
    ] {
        assert_eq!(world.call(key, token).await.status, 401);
        assert_eq!(hops(&world).await.last(), Some(&(at, HopOutcome::Refused)));
        assert!(reason(&world).await.contains(why), "{}", reason(&world).await);
    }
    assert_eq!(world.get(GATEWAY, "/api/orders").await.status, 401);
    assert!(reason(&world).await.contains("no key in the header `Ocp-Apim-Subscription-Key`"));
    world.put(&format!("{}/policies/policy", product()), &policy("<ip-filter action=\"allow\" />"));
    assert_eq!(world.get(SITE, "/api/orders").await.status, 500);
    assert_eq!(hops(&world).await.last(), Some(&(HopPlace::Policy, HopOutcome::Refused)));
    assert!(reason(&world).await.contains("`ip-filter`"));
}

#[tokio::test]
async fn a_hop_that_cannot_be_reached_is_named() {
    let world = World::linked().await;
    world.set(&id("service/apis/orders"), "serviceUrl", "http://user:pass@127.0.0.1:1/x");
    assert_eq!(world.get(SITE, "/api/orders").await.status, 500);
    assert_eq!(hops(&world).await.last(), Some(&(HopPlace::Api, HopOutcome::Failed)));
    let shown = serde_json::to_string(&last(&world).await).unwrap();
    assert!(shown.contains("http://127.0.0.1:1/x") && !shown.contains("user:"), "{shown}");
    world.set(&id("service"), "publicNetworkAccess", "Disabled");
    assert_eq!(world.get(SITE, "/api/orders").await.status, 500);
    assert!(reason(&world).await.contains("cannot be reached from the internet"));
    world.remove("mango/linkedBackends/backend");
    world.edit(|view| view.resources.retain(|it| !it.id().as_str().ends_with("/linkedBackends/backend")));
    assert_eq!(world.get(SITE, "/api/orders").await.status, 404);
    assert!(reason(&world).await.contains("has no linked backend"));
}

#[tokio::test]
async fn the_sites_own_content_is_answered_by_the_edge() {
    let world = World::linked().await;
    for path in ["/", "/.auth/me", "/.swa/x"] {
        world.get(SITE, path).await;
        assert_eq!(hops(&world).await, [(HopPlace::Edge, HopOutcome::Answered)], "{path}");
    }
}

#[tokio::test]
async fn no_trace_contains_a_key_or_a_token() {
    let world = World::linked().await;
    let token = world.token_of(SITE).await.trim_start_matches("Bearer ").to_owned();
    let key = "0123456789abcdef0123456789abcdef";
    let paths = [
        format!("/api/orders?subscription-key={key}&token={token}"),
        format!("/api/orders/{key}/{token}"),
        format!("/api/{token}"),
        format!("/{key}"),
    ];
    for path in &paths {
        for host in [SITE, GATEWAY] {
            world.get(host, path).await;
        }
    }
    for given in ["key-of-mango", "key-of-mango-secondary", key] {
        world.call(given, &token).await;
        world.get_with(SITE, "/api/orders", &[("ocp-apim-subscription-key", given)]).await;
    }
    world.wait(10_000);
    world.call("key-of-mango", &token).await;
    world.put(
        &format!("{}/policies/policy", product()),
        &json!({"format": "xml", "value": "<policies><inbound><rate-limit /></inbound></policies>"}),
    );
    world.call("key-of-mango", &token).await;
    let traffic = world.traffic.after(0, Duration::ZERO).await;
    let shown = serde_json::to_string(&traffic).unwrap();
    assert!(traffic.value.len() > 15 && shown.contains("sha256:"), "{shown}");
    for secret in [key, "key-of-mango", token.as_str(), "eyJ"] {
        assert!(!shown.contains(secret), "{secret} is in {shown}");
    }
}
