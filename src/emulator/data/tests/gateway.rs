//! Which requests reach an API, and the exact messages of refusals.

use serde_json::json;

use super::world::{GATEWAY, OTHER_SITE, SITE, World, id, key, policy, product};
use crate::model::KeyPair;

const INVALID_KEY: &str = "Access denied due to invalid subscription key. Make sure to provide a valid key for \
                           an active subscription.";
const MISSING_KEY: &str = "Access denied due to missing subscription key. Make sure to include subscription key \
                           when making requests to an API.";
const KEY_HEADER: &str = "ocp-apim-subscription-key";

#[tokio::test]
async fn a_site_reaches_the_apis_of_its_product_and_nothing_else() {
    let world = World::linked().await;
    let answer = world.get(SITE, "/api/orders/7?expand=lines").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "0"));
    let seen = world.api.last();
    assert_eq!(seen.uri.to_string(), "/orders/v1/7?expand=lines");
    world.get(SITE, "/api/catalog").await.assert_says(401, INVALID_KEY);
    world.get(SITE, "/api/nothing").await.assert_says(404, "Resource not found");
    assert_eq!(world.api.calls(), 1);
}

#[tokio::test]
async fn a_site_is_found_by_each_of_its_names() {
    let world = World::linked().await;
    for host in ["mango-grass-1.localhost:8088", "MANGO-GRASS-1.5.azurestaticapps.net:443", SITE] {
        assert_eq!(world.get(host, "/API/orders").await.status, 200, "{host}");
    }
    for host in ["mango.localhost", "localhost", "5.azurestaticapps.net"] {
        let answer = world.get(host, "/api/orders").await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (404, "text/html; charset=utf-8"),
            "{host}"
        );
    }
    world.put("mango/builds/preview", &json!({"hostname": "mango-grass-1-preview.5.azurestaticapps.net"}));
    let preview = world.get("mango-grass-1-preview.localhost", "/api/orders").await;
    assert_eq!(preview.status, 404, "an environment of its own, which is not linked");
}

#[tokio::test]
async fn a_site_that_is_not_linked_has_no_api() {
    let world = World::linked().await;
    world.remove("mango/builds/default/linkedBackends/backend");
    let answer = world.get(SITE, "/api/orders").await;
    assert_eq!((answer.status, answer.header("content-type")), (404, "text/html; charset=utf-8"));
    assert_eq!(world.get(OTHER_SITE, "/api/orders").await.status, 200);
}

#[tokio::test]
async fn a_link_that_is_not_made_yet_is_none() {
    let world = World::linked().await;
    let backend = id("mango/builds/default/linkedBackends/backend");
    world.set(&backend, "provisioningState", "InProgress");
    assert_eq!(world.get(SITE, "/api/orders").await.status, 404);
    world.set(&backend, "provisioningState", "Succeeded");
    assert_eq!(world.get(SITE, "/api/orders").await.status, 200);
}

#[tokio::test]
async fn a_backend_out_of_reach_is_a_failed_call() {
    for (property, value) in [("virtualNetworkType", "Internal"), ("publicNetworkAccess", "Disabled")] {
        let world = World::linked().await;
        world.set(&id("service"), property, value);
        let answer = world.get(SITE, "/api/orders").await;
        assert_eq!((answer.status, answer.body.as_str()), (500, "Backend call failure"), "{property}");
    }
    let world = World::linked().await;
    world.remove("service");
    assert_eq!(world.get(SITE, "/api/orders").await.body, "Backend call failure");
}

#[tokio::test]
async fn an_api_that_does_not_answer_is_the_gateways_own_error() {
    let world = World::linked().await;
    // A port that is bound but not listening.
    let deaf = tokio::net::TcpSocket::new_v4().unwrap();
    deaf.bind((std::net::Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let address = deaf.local_addr().unwrap();
    world.set(&id("service/apis/orders"), "serviceUrl", format!("http://{address}"));
    world.get(SITE, "/api/orders").await.assert_says(500, "Internal server error");
}

#[tokio::test]
async fn a_key_that_was_changed_behind_the_sites_back_is_refused() {
    let world = World::linked().await;
    let subscription = id("service/subscriptions/mango");
    let (old, new, newer) = (key("mango"), key("new"), key("newer"));
    let set = |primary: &crate::model::Key, secondary: &crate::model::Key| {
        let pair = KeyPair { primary: primary.clone(), secondary: secondary.clone() };
        world.edit(|view| {
            view.subscription_keys.insert(subscription.clone(), std::sync::Arc::new(pair.clone()));
        });
    };
    set(&new, &old);
    assert_eq!(world.get(SITE, "/api/orders").await.status, 200, "as the secondary key it is as good");
    set(&new, &newer);
    world.get(SITE, "/api/orders").await.assert_says(401, INVALID_KEY);
    world.edit(|view| {
        view.site_keys.clear();
    });
    world.get(SITE, "/api/orders").await.assert_says(401, MISSING_KEY);
}

#[tokio::test]
async fn a_subscription_that_is_not_active_opens_nothing() {
    let world = World::linked().await;
    for state in ["suspended", "cancelled", "expired", "submitted", "rejected"] {
        world.set(&id("service/subscriptions/mango"), "state", state);
        world.get(SITE, "/api/orders").await.assert_says(401, INVALID_KEY);
    }
    world.remove("service/subscriptions/mango");
    world.get(SITE, "/api/orders").await.assert_says(401, INVALID_KEY);
}

#[tokio::test]
async fn a_deleted_product_gives_no_access() {
    let world = World::linked().await;
    world.remove(product());
    world.get(SITE, "/api/orders").await.assert_says(401, INVALID_KEY);
}

#[tokio::test]
async fn an_api_that_is_taken_out_of_the_product_is_refused() {
    let world = World::linked().await;
    world.remove(&format!("{}/apis/orders", product()));
    world.get(SITE, "/api/orders").await.assert_says(401, INVALID_KEY);
}

#[tokio::test]
async fn without_a_key_the_gateway_says_where_one_belongs() {
    let world = World::linked().await;
    let answer = world.get(GATEWAY, "/api/orders/7").await;
    answer.assert_says(401, MISSING_KEY);
    let expected = format!(
        "AzureApiManagementKey realm=\"http://{GATEWAY}/api/orders\",name=\"Ocp-Apim-Subscription-Key\",type=\"header\""
    );
    assert_eq!(answer.header("www-authenticate"), expected);
}

#[tokio::test]
async fn the_key_is_read_from_the_header_before_the_query() {
    let world = World::linked().await;
    let path = "/api/orders?subscription-key=key-of-mango";
    world.get(GATEWAY, path).await.assert_says(401, "JWT not present.");
    world.get_with(GATEWAY, path, &[(KEY_HEADER, "wrong")]).await.assert_says(401, INVALID_KEY);
    world.get(GATEWAY, "/api/orders?subscription-key=wrong").await.assert_says(401, INVALID_KEY);
}

#[tokio::test]
async fn an_api_with_its_own_names_for_the_key_refuses_the_sites() {
    let world = World::linked().await;
    let names = json!({"header": "X-Shop-Key", "query": "shop-key"});
    world.set(&id("service/apis/orders"), "subscriptionKeyParameterNames", names);
    let answer = world.get(SITE, "/api/orders").await;
    answer.assert_says(401, MISSING_KEY);
    assert!(answer.header("www-authenticate").contains("name=\"X-Shop-Key\""));
    for (path, headers) in
        [("/api/orders", &[("x-shop-key", "key-of-mango")][..]), ("/api/orders?shop-key=key-of-mango", &[])]
    {
        world.get_with(GATEWAY, path, headers).await.assert_says(401, "JWT not present.");
    }
}

#[tokio::test]
async fn keys_of_wider_scopes_skip_what_products_demand() {
    let world = World::linked().await;
    let subscription = id("service/subscriptions/wide");
    let whole = |tail: &str| format!("{}{tail}", id("service"));
    for (scope, catalog) in [
        (whole("/"), true),
        ("/apis".to_owned(), true),
        (whole("/apis"), true),
        ("/apis/orders".to_owned(), false),
        (whole("/APIS/orders"), false),
    ] {
        world.put("service/subscriptions/wide", &json!({"scope": scope, "state": "active"}));
        world.edit(|view| {
            let pair = KeyPair { primary: key("wide"), secondary: key("wide-2") };
            view.subscription_keys.insert(subscription.clone(), std::sync::Arc::new(pair));
        });
        let headers = [(KEY_HEADER, "key-of-wide")];
        assert_eq!(world.get_with(GATEWAY, "/api/orders", &headers).await.status, 200, "{scope}");
        let other = world.get_with(GATEWAY, "/api/catalog", &headers).await;
        assert_eq!(other.status == 200, catalog, "{scope}: {other:?}");
    }
}

#[tokio::test]
async fn an_api_without_a_required_key_is_open_to_every_client() {
    let world = World::linked().await;
    world.set(&id("service/apis/catalog"), "subscriptionRequired", false);
    assert_eq!(world.get(GATEWAY, "/api/catalog").await.status, 200, "the API asks for none");
    world.get(GATEWAY, "/api/orders").await.assert_says(401, MISSING_KEY);
    world.put("service/products/open", &json!({"displayName": "Open", "subscriptionRequired": false}));
    world.put("service/products/open/apis/orders", &json!({}));
    assert_eq!(world.get(GATEWAY, "/api/orders").await.status, 200, "an open product holds it");
    let wrong = [(KEY_HEADER, "wrong")];
    assert_eq!(world.get_with(GATEWAY, "/api/orders", &wrong).await.status, 200, "a key that is none");
    let check = policy("<validate-jwt header-name=\"authorization\" />");
    world.put("service/products/open/policies/policy", &check);
    world.get(GATEWAY, "/api/orders").await.assert_says(401, "JWT not present.");
}

#[tokio::test]
async fn the_longest_path_wins_by_whole_segments() {
    let world = World::linked().await;
    let url = |name: &str| {
        let base = format!("http://{}", world.api_address());
        json!(format!("{base}/{name}"))
    };
    for (name, path) in [("archive", "api/orders/archive"), ("root", "")] {
        let properties = json!({"path": path, "serviceUrl": url(name), "subscriptionRequired": false});
        world.put(&format!("service/apis/{name}"), &properties);
    }
    world.put(
        "service/apis/archive;rev=2",
        &json!({"path": "api/orders/archive", "serviceUrl": url("draft"), "isCurrent": false}),
    );
    world.set(&id("service/apis/orders"), "subscriptionRequired", false);
    for (path, arrives) in [
        ("/api/orders/archive/7", "/archive/7"),
        ("/API/Orders/ARCHIVE", "/archive/"),
        ("/api/orders/archives", "/orders/v1/archives"),
        ("/api/orders/", "/orders/v1/"),
        ("/api/orders2", "/root/api/orders2"),
        ("/", "/root/"),
    ] {
        assert_eq!(world.get(GATEWAY, path).await.status, 200, "{path}");
        assert_eq!(world.api.last().uri.path(), arrives, "{path}");
    }
}

#[tokio::test]
async fn where_an_api_has_operations_nothing_else_is_served() {
    let world = World::linked().await;
    let operation = json!({"method": "GET", "urlTemplate": "/{id}/lines"});
    world.put("service/apis/orders/operations/lines", &operation);
    assert_eq!(world.get(SITE, "/api/orders/7/lines").await.status, 200);
    for path in ["/api/orders", "/api/orders/7", "/api/orders/7/lines/1"] {
        world.get(SITE, path).await.assert_says(404, "Resource not found");
    }
    let mut post = super::world::request(SITE, "/api/orders/7/lines", &[]);
    *post.method_mut() = hyper::Method::POST;
    world.send(post).await.assert_says(404, "Resource not found");
}

#[tokio::test]
async fn a_path_with_dot_segments_is_refused_before_routing() {
    let world = World::linked().await;
    for path in ["/api/orders/../catalog", "/api/orders/%2e%2E/x", "/api/./orders", "/api/orders/.%2e"] {
        assert_eq!(world.get(SITE, path).await.status, 400, "{path}");
        assert_eq!(world.get(GATEWAY, path).await.status, 400, "{path}");
    }
    assert_eq!(world.api.calls(), 0);
    assert_eq!(world.get(SITE, "/api/orders/.hidden").await.status, 200);
}
