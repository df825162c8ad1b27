//! Which headers reach the API.

use super::world::{GATEWAY, SITE, World, request};

#[tokio::test]
async fn the_edge_says_who_is_calling_and_for_what() {
    let world = World::linked().await;
    let host = format!("{SITE}:8088");
    assert_eq!(world.get(&host, "/api/orders?x=1").await.status, 200);
    let seen = world.api.last().headers;
    let header = |name: &str| seen[name].to_str().unwrap();
    assert_eq!(header("ocp-apim-subscription-key"), "key-of-mango", "the API receives the key");
    assert!(header("x-ms-auth-token").starts_with("Bearer ey"));
    assert_eq!(header("x-ms-original-url"), format!("http://{host}/api/orders?x=1"));
    assert_eq!(header("disguised-host"), SITE);
    assert_eq!(header("x-forwarded-proto"), "http");
    assert!(header("x-forwarded-for").starts_with("127.0.0.1:"));
    assert_eq!(header("x-ms-request-id").len(), 36);
    assert_eq!(header("host"), world.api_address().to_string());
    assert!(!seen.contains_key("x-ms-client-principal"), "no user is signed in");
}

#[tokio::test]
async fn what_only_the_edge_may_say_a_client_cannot() {
    let world = World::linked().await;
    let forged = [
        ("Ocp-Apim-Subscription-Key", "mine"),
        ("X-MS-AUTH-TOKEN", "Bearer mine"),
        ("x-ms-client-principal", "mine"),
        ("x-ms-client-principal-id", "mine"),
        ("x-ms-client-principal-name", "mine"),
        ("x-ms-client-principal-idp", "mine"),
        ("x-ms-original-url", "mine"),
        ("x-ms-request-id", "mine"),
        ("x-forwarded-proto", "mine"),
        ("disguised-host", "mine"),
        ("X_MS_Client_Principal", "mine"),
        ("x-ms_client-principal_id", "mine"),
        ("x-ms-client-principal-claims", "mine"),
        ("X_MS_AUTH_TOKEN", "mine"),
        ("Ocp_Apim_Subscription_Key", "mine"),
        ("ocp.apim.subscription.key", "mine"),
        ("x_forwarded_for", "mine"),
        ("x-ms-client-principal", "mine too"),
        ("x-ms-auth-token", "mine too"),
    ];
    assert_eq!(world.get_with(SITE, "/api/orders", &forged).await.status, 200);
    let seen = world.api.last().headers;
    let mine: Vec<_> = seen.iter().filter(|(_, value)| value.to_str().unwrap().contains("mine")).collect();
    assert!(mine.is_empty(), "{mine:?}");
}

#[tokio::test]
async fn hop_by_hop_headers_are_not_forwarded_and_all_other_headers_are() {
    let world = World::linked().await;
    let sent = [
        ("authorization", "Bearer of-the-client"),
        ("cookie", "a=b"),
        ("x-mine", "1"),
        ("x-forwarded-for", "203.0.113.7"),
        ("connection", "keep-alive, X-Hop"),
        ("x-hop", "1"),
        ("te", "trailers"),
        ("proxy-authorization", "Basic x"),
        ("upgrade", "h2c"),
    ];
    let answer = world.get_with(SITE, "/api/orders", &sent).await;
    let seen = world.api.last().headers;
    for name in ["connection", "x-hop", "te", "proxy-authorization", "upgrade"] {
        assert!(!seen.contains_key(name), "{name}");
    }
    assert_eq!(seen["authorization"], "Bearer of-the-client");
    assert_eq!((&seen["cookie"], &seen["x-mine"]), (&"a=b".parse().unwrap(), &"1".parse().unwrap()));
    assert!(seen["x-forwarded-for"].to_str().unwrap().starts_with("203.0.113.7, 127.0.0.1:"));
    assert_eq!(answer.header("x-api"), "yes");
    assert!(!answer.headers.contains_key("keep-alive"));
}

#[tokio::test]
async fn a_client_cannot_have_the_edges_headers_taken_out() {
    let world = World::linked().await;
    let sent = [("connection", "x-ms-auth-token, ocp-apim-subscription-key, host")];
    assert_eq!(world.get_with(SITE, "/api/orders", &sent).await.status, 200);
}

#[tokio::test]
async fn the_edge_does_not_upgrade() {
    let world = World::linked().await;
    let sent = [("connection", "Upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13")];
    assert_eq!(world.get_with(SITE, "/api/orders", &sent).await.status, 400);
    assert_eq!(world.api.calls(), 0);
}

#[tokio::test]
async fn a_body_and_its_length_arrive() {
    let world = World::linked().await;
    let mut post = request(SITE, "/api/orders", &[("content-type", "text/plain")]);
    *post.method_mut() = hyper::Method::POST;
    *post.body_mut() = http_body_util::Full::from("twelve bytes");
    assert_eq!(world.send(post).await.body, "12");
    let seen = world.api.last();
    assert_eq!((seen.method.as_str(), &seen.headers["content-length"]), ("POST", &"12".parse().unwrap()));
}

#[tokio::test]
async fn the_gateway_accepts_a_valid_token_from_every_client() {
    let world = World::linked().await;
    let token = world.token_of(SITE).await;
    let answer = world.call("key-of-mango", &token).await;
    assert_eq!(answer.status, 200, "the token is checked, not the sender: {answer:?}");
    assert_eq!(world.get(GATEWAY, "/.auth/me").await.status, 404, "a gateway is no site");
}
