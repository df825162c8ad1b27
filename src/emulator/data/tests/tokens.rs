//! Tokens: how the edge signs them, and how the gateway judges them.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::world::{GATEWAY, NOW, OTHER_SITE, SITE, World, id, policy, product};

const KEY: &str = "key-of-mango";

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn encoded(value: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Splits a token into header, claims and signature.
fn parts(token: &str) -> (Value, Value, String) {
    let [head, claims, signature] = token.trim_start_matches("Bearer ").split('.').collect::<Vec<_>>()[..]
    else {
        panic!("{token}")
    };
    (decoded(head), decoded(claims), signature.to_owned())
}

/// Replaces the policy of the first site.
fn with_check(world: &World, attributes: &str, inner: &str) {
    let configuration =
        format!("<openid-config url=\"https://{SITE}/.auth/.well-known/openid-configuration\" />");
    let check = format!(
        "<validate-jwt header-name=\"X-MS-AUTH-TOKEN\" {attributes}>{configuration}{inner}</validate-jwt>"
    );
    world.put(&format!("{}/policies/policy", product()), &policy(&check));
}

#[tokio::test]
async fn a_token_says_what_azures_say() {
    let world = World::linked().await;
    let token = world.token_of(SITE).await;
    let (head, claims, _) = parts(&token);
    assert_eq!((&head["alg"], &head["typ"]), (&json!("RS256"), &json!("JWT")));
    let kid = head["kid"].as_str().unwrap();
    assert!(
        kid.len() == 40 && kid.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte))
    );
    assert_eq!(
        claims,
        json!({
            "iss": format!("https://{SITE}/.auth"), "aud": format!("https://{GATEWAY}"),
            "nbf": NOW, "exp": NOW + 300, "iat": NOW,
        })
    );
    assert_eq!(world.token_of(SITE).await, token, "the same second, the same token");
    world.wait(1);
    assert_ne!(world.token_of(SITE).await, token);
}

#[tokio::test]
async fn every_client_can_verify_a_token_with_the_sites_published_keys() {
    let world = World::linked().await;
    let token = world.token_of(SITE).await;
    let configuration = world.get(SITE, "/.auth/.well-known/openid-configuration").await;
    let configuration: Value = serde_json::from_str(&configuration.body).unwrap();
    assert_eq!(configuration["issuer"], format!("https://{SITE}/.auth"));
    assert_eq!(configuration["jwks_uri"], "http://mango-grass-1.localhost:8088/.auth/.well-known/jwks");
    let keys = world.get("mango-grass-1.localhost:8088", "/.auth/.well-known/jwks").await;
    let keys: Value = serde_json::from_str(&keys.body).unwrap();
    let [key] = keys["keys"].as_array().unwrap().as_slice() else { panic!("one key") };
    let number = |name: &str| BASE64_URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    let public = ring::rsa::PublicKeyComponents { n: number("n"), e: number("e") };
    let (message, signature) = token.trim_start_matches("Bearer ").rsplit_once('.').unwrap();
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    public
        .verify(&ring::signature::RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &signature)
        .expect("it is signed with the published key");
    assert_eq!(parts(&token).0["kid"], key["kid"]);
}

#[tokio::test]
async fn a_token_is_valid_for_five_minutes() {
    let world = World::linked().await;
    let token = world.token_of(SITE).await;
    world.wait(299);
    assert_eq!(world.call(KEY, &token).await.status, 200);
    world.wait(1);
    let expired = "IDX10223: Lifetime validation failed. The token is expired. Access denied.";
    world.call(KEY, &token).await.assert_says(401, expired);
    with_check(&world, "clock-skew=\"60\"", "");
    assert_eq!(world.call(KEY, &token).await.status, 200);
    world.wait(60);
    world.call(KEY, &token).await.assert_says(401, expired);
    world.wait(-1000);
    let early = "IDX10222: Lifetime validation failed. The token is not yet valid. Access denied.";
    world.call(KEY, &token).await.assert_says(401, early);
}

#[tokio::test]
async fn a_token_of_another_site_is_refused() {
    let world = World::linked().await;
    let token = world.token_of(OTHER_SITE).await;
    world.call(KEY, &token).await.assert_says(401, "IDX10205: Issuer validation failed. Access denied.");
}

#[tokio::test]
async fn a_token_is_required_and_its_scheme_counts_in_one_header() {
    let world = World::linked().await;
    let token = world.token_of(SITE).await;
    let bare = token.trim_start_matches("Bearer ");
    world.call(KEY, "").await.assert_says(401, "JWT not present.");
    for malformed in ["x", "a.b", "a.b.c", "a.b.c.d", "e30.e30."] {
        world.call(KEY, &format!("Bearer {malformed}")).await.assert_says(401, "Invalid JWT.");
    }
    assert_eq!(world.call(KEY, bare).await.status, 200, "the scheme is ignored beside another header");
    let keys = format!("<openid-config url=\"https://{SITE}/.auth/.well-known/openid-configuration\" />");
    let check =
        |scheme: &str| format!("<validate-jwt header-name=\"Authorization\" {scheme}>{keys}</validate-jwt>");
    let call = async |value: &str| {
        let headers = [("ocp-apim-subscription-key", KEY), ("authorization", value)];
        world.get_with(GATEWAY, "/api/orders", &headers).await
    };
    world.put(&format!("{}/policies/policy", product()), &policy(&check("require-scheme=\"Bearer\"")));
    for absent in ["", "Bearer", "Bearer ", bare, &format!("Basic {bare}")] {
        call(absent).await.assert_says(401, "JWT not present.");
    }
    assert_eq!(call(&token).await.status, 200);
    world.put(&format!("{}/policies/policy", product()), &policy(&check("")));
    assert_eq!(call(bare).await.status, 200, "where no scheme is asked for, none is needed");
}

#[tokio::test]
async fn forged_tokens_are_refused() {
    let world = World::linked().await;
    let token = world.token_of(SITE).await;
    let (head, mut claims, signature) = parts(&token);
    claims["exp"] = (NOW + 1_000_000).into();
    let body = encoded(&claims);
    let unsigned = "IDX10504: Unable to validate signature, token does not have a signature. Access denied.";
    let unknown = "IDX10503: Signature validation failed. The token's key was not found. Access denied.";
    let invalid = "IDX10511: Signature validation failed. Access denied.";

    let none = encoded(&json!({"alg": "none", "typ": "JWT"}));
    world.call(KEY, &format!("Bearer {none}.{body}.")).await.assert_says(401, unsigned);
    for spelling in ["None", "NONE"] {
        let none = encoded(&json!({"alg": spelling, "typ": "JWT"}));
        world.call(KEY, &format!("Bearer {none}.{body}.")).await.assert_says(401, unknown);
    }
    let resealed = format!("Bearer {}.{body}.{signature}", encoded(&head));
    world.call(KEY, &resealed).await.assert_says(401, invalid);
    let mut other = head.clone();
    other["kid"] = json!("0".repeat(40));
    let stranger = format!("Bearer {}.{body}.{signature}", encoded(&other));
    world.call(KEY, &stranger).await.assert_says(401, unknown);

    let signer = world.signer().await;
    let hs256 = format!("{}.{body}", encoded(&json!({"alg": "HS256", "typ": "JWT", "kid": head["kid"]})));
    let secret = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &signer.public_der());
    let tag = BASE64_URL_SAFE_NO_PAD.encode(ring::hmac::sign(&secret, hs256.as_bytes()));
    world.call(KEY, &format!("Bearer {hs256}.{tag}")).await.assert_says(401, unknown);
    assert_eq!(world.api.calls(), 1, "none of them reached the API");
}

#[tokio::test]
async fn an_unsigned_token_is_let_in_where_the_policy_says_so() {
    let world = World::linked().await;
    let (_, claims, _) = parts(&world.token_of(SITE).await);
    let unsigned = format!("{}.{}.", encoded(&json!({"alg": "none"})), encoded(&claims));
    with_check(&world, "require-signed-tokens=\"false\"", "");
    assert_eq!(world.call(KEY, &unsigned).await.status, 200);
}

#[tokio::test]
async fn the_policy_decides_how_it_refuses() {
    let world = World::linked().await;
    let token = world.token_of(SITE).await;
    let attributes = "failed-validation-httpcode=\"403\" failed-validation-error-message=\"Not for you.\"";
    with_check(&world, attributes, "<audiences><audience>https://else.example</audience></audiences>");
    world.call(KEY, &token).await.assert_says(403, "Not for you.");
    world.call(KEY, "").await.assert_says(403, "Not for you.");
}

#[tokio::test]
async fn audiences_issuers_and_claims_are_compared() {
    let world = World::linked().await;
    let token = world.token_of(SITE).await;
    let says = async |inner: &str, message: &str| {
        with_check(&world, "", inner);
        world.call(KEY, &token).await.assert_says(401, message);
    };
    says(
        "<audiences><audience>https://else.example</audience></audiences>",
        "IDX10214: Audience validation failed. Access denied.",
    )
    .await;
    says(
        "<required-claims><claim name=\"prn\" /></required-claims>",
        "JWT is missing the following claims: prn. Access denied.",
    )
    .await;
    let required = |value: &str| {
        format!("<required-claims><claim name=\"aud\"><value>{value}</value></claim></required-claims>")
    };
    says(&required("x"), &format!("Claim aud value of https://{GATEWAY} is not allowed. Access denied."))
        .await;
    with_check(&world, "", &required(&format!("https://{GATEWAY}")));
    assert_eq!(world.call(KEY, &token).await.status, 200);
}

#[tokio::test]
async fn tokens_are_rejected_if_their_keys_cannot_be_fetched() {
    let world = World::linked().await;
    let token = world.token_of(SITE).await;
    let check = "<validate-jwt header-name=\"X-MS-AUTH-TOKEN\">\
                 <openid-config url=\"https://login.example/.well-known/openid-configuration\" /></validate-jwt>";
    world.put(&format!("{}/policies/policy", product()), &policy(check));
    let unknown = "IDX10503: Signature validation failed. The token's key was not found. Access denied.";
    world.call(KEY, &token).await.assert_says(401, unknown);
}

#[tokio::test]
async fn an_edited_policy_applies_at_once_and_a_malformed_one_accepts_no_request() {
    let world = World::linked().await;
    assert_eq!(world.get(SITE, "/api/orders").await.status, 200);
    let id_of_policy = id(&format!("{}/policies/policy", product()));
    world.set(
        &id_of_policy,
        "value",
        "<policies><inbound><validate-jwt header-name=\"X-Else\" /></inbound></policies>",
    );
    world.get(SITE, "/api/orders").await.assert_says(401, "JWT not present.");
    world.set(&id_of_policy, "value", "<policies><inbound>");
    world.get(SITE, "/api/orders").await.assert_says(500, "Internal server error");
    world.set(&id_of_policy, "value", "<policies><inbound><base /></inbound></policies>");
    assert_eq!(world.get(SITE, "/api/orders").await.status, 200, "a policy that checks nothing");
}

#[tokio::test]
async fn a_token_can_be_in_the_query() {
    let world = World::linked().await;
    let token = world.token_of(SITE).await;
    let check = format!(
        "<validate-jwt query-parameter-name=\"t\"><openid-config \
         url=\"https://{SITE}/.auth/.well-known/openid-configuration\" /></validate-jwt>"
    );
    world.put(&format!("{}/policies/policy", product()), &policy(&check));
    let key = [("ocp-apim-subscription-key", KEY)];
    let path = format!("/api/orders?t={}", token.trim_start_matches("Bearer "));
    assert_eq!(world.get_with(GATEWAY, &path, &key).await.status, 200);
    world.get_with(GATEWAY, "/api/orders?u=1", &key).await.assert_says(401, "JWT not present.");
}
