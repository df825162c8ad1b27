//! Versions of an API by path, query and header, and its revisions.

use serde_json::{Value, json};

use super::world::{GATEWAY, SITE, World, id, product};

/// Adds a version set, and replaces the orders API with a version of it that has its own base path.
fn version(world: &World, api: &str, version: &str, set: &Value) {
    world.put("service/apiVersionSets/orders", set);
    let properties = json!({"path": "api/orders", "apiVersion": version, "isCurrent": true,
        "apiVersionSetId": id("service/apiVersionSets/orders").as_str(),
        "serviceUrl": format!("http://{}/{api}", world.api_address())});
    world.put(&format!("service/apis/{api}"), &properties);
    world.put(&format!("{}/apis/{api}", product()), &json!({}));
}

async fn arrives(world: &World, path: &str, headers: &[(&str, &str)]) -> Option<String> {
    let answer = world.get_with(SITE, path, headers).await;
    match answer.status {
        200 => Some(world.api.last().uri.to_string()),
        404 => None,
        _ => panic!("{path}: {answer:?}"),
    }
}

#[tokio::test]
async fn a_version_in_the_path_is_served_below_it() {
    let world = World::linked().await;
    let set = json!({"displayName": "Orders", "versioningScheme": "Segment"});
    version(&world, "orders", "v1", &set);
    version(&world, "orders-v2", "v2", &set);
    assert_eq!(arrives(&world, "/api/orders/v1/7?a=b", &[]).await.as_deref(), Some("/orders/7?a=b"));
    assert_eq!(arrives(&world, "/API/Orders/V2", &[]).await.as_deref(), Some("/orders-v2/"));
    for path in ["/api/orders", "/api/orders/7", "/api/orders/v3/7", "/api/orders/v10"] {
        assert_eq!(arrives(&world, path, &[]).await, None, "{path}");
    }
}

#[tokio::test]
async fn a_version_in_the_query_or_in_a_header_selects_the_api() {
    let world = World::linked().await;
    let set = json!({"versioningScheme": "Query", "versionQueryName": "api-version"});
    version(&world, "orders", "v1", &set);
    version(&world, "orders-v2", "v2", &set);
    assert_eq!(
        arrives(&world, "/api/orders/7?x=1&API-Version=v2", &[]).await.as_deref(),
        Some("/orders-v2/7?x=1&API-Version=v2")
    );
    for path in ["/api/orders/7", "/api/orders/7?api-version=v3", "/api/orders/v1/7"] {
        assert_eq!(arrives(&world, path, &[]).await, None, "{path}");
    }
    let set = json!({"versioningScheme": "Header", "versionHeaderName": "X-Version"});
    world.put("service/apiVersionSets/orders", &set);
    assert_eq!(arrives(&world, "/api/orders/7", &[("x-version", "v1")]).await.as_deref(), Some("/orders/7"));
    assert_eq!(
        arrives(&world, "/api/orders/7", &[("x-version", "v2")]).await.as_deref(),
        Some("/orders-v2/7")
    );
    assert_eq!(arrives(&world, "/api/orders/7?api-version=v1", &[]).await, None);
}

#[tokio::test]
async fn the_original_version_is_served_where_a_request_names_none() {
    let world = World::linked().await;
    let set = json!({"versioningScheme": "Query", "versionQueryName": "v"});
    version(&world, "orders", "", &set);
    version(&world, "orders-v2", "2", &set);
    assert_eq!(arrives(&world, "/api/orders/7", &[]).await.as_deref(), Some("/orders/7"));
    assert_eq!(arrives(&world, "/api/orders/7?v=2", &[]).await.as_deref(), Some("/orders-v2/7?v=2"));
}

#[tokio::test]
async fn a_version_whose_set_is_missing_or_makes_no_sense_is_not_served() {
    let world = World::linked().await;
    for set in [json!({}), json!({"versioningScheme": "Query"}), json!({"versioningScheme": "Cookie"})] {
        version(&world, "orders", "v1", &set);
        for path in ["/api/orders", "/api/orders/v1", "/api/orders?v=v1"] {
            assert_eq!(arrives(&world, path, &[]).await, None, "{path}");
        }
    }
}

#[tokio::test]
async fn the_current_revision_is_served_at_the_plain_path_and_each_revision_at_its_number() {
    let world = World::linked().await;
    world.set(&id("service/apis/orders"), "apiRevision", "1");
    let second = json!({"path": "api/orders", "apiRevision": "2",
        "serviceUrl": format!("http://{}/second", world.api_address())});
    world.put("service/apis/orders;rev=2", &second);
    world.put("service/apis/orders;rev=2/operations/get", &json!({"method": "GET", "urlTemplate": "/{id}"}));
    assert_eq!(arrives(&world, "/api/orders/7", &[]).await.as_deref(), Some("/orders/v1/7"));
    assert_eq!(arrives(&world, "/api/orders;rev=1/7", &[]).await.as_deref(), Some("/orders/v1/7"));
    assert_eq!(arrives(&world, "/api/orders;rev=2/7?a=b", &[]).await.as_deref(), Some("/second/7?a=b"));
    assert_eq!(arrives(&world, "/api/orders;rev=2/7/lines", &[]).await, None, "it has operations of its own");
    assert_eq!(arrives(&world, "/api/orders;rev=3/7", &[]).await, None);
    let refused = world.get(GATEWAY, "/api/orders;rev=2/7").await;
    assert_eq!(refused.status, 401, "a revision asks for the key as its API does");
    world.set(&id("service/apis/orders;rev=2"), "path", Value::Null);
    assert_eq!(
        arrives(&world, "/api/orders;rev=2/7", &[]).await,
        None,
        "a revision without a path is offline"
    );
}

#[tokio::test]
async fn a_revision_never_takes_the_plain_path_from_its_api() {
    let world = World::linked().await;
    let second = json!({"path": "api/orders", "isCurrent": true,
        "serviceUrl": format!("http://{}/second", world.api_address())});
    world.edit(|view| {
        let first = view.resources.iter().position(|it| *it.id() == id("service/apis/orders")).unwrap();
        let first = view.resources.remove(first);
        super::world::put(view, "service/apis/orders;rev=2", &second);
        view.resources.push(first);
    });
    assert_eq!(arrives(&world, "/api/orders/7", &[]).await.as_deref(), Some("/orders/v1/7"));
}

#[tokio::test]
async fn a_revision_of_a_version_is_served_behind_the_version() {
    let world = World::linked().await;
    let set = json!({"versioningScheme": "Segment"});
    version(&world, "orders", "v1", &set);
    version(&world, "orders;rev=2", "v1", &set);
    world.set(&id("service/apis/orders;rev=2"), "isCurrent", false);
    assert_eq!(arrives(&world, "/api/orders/v1;rev=2/7", &[]).await.as_deref(), Some("/orders;rev=2/7"));
    assert_eq!(arrives(&world, "/api/orders/v1/7", &[]).await.as_deref(), Some("/orders/7"));
    assert_eq!(arrives(&world, "/api/orders;rev=2/v1/7", &[]).await, None);
}
