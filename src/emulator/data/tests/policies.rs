//! Policies of every kind: the gateway's decisions agree with the verdict on each policy.

use std::path::Path;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::world::{GATEWAY, NOW, SITE, World, policy, product};
use crate::model::{ApimPolicy, Hostname, Resource};

const KEY: &str = "key-of-mango";
/// The secret that some policies trust, and its Base64 form.
const SECRET: (&[u8], &str) = (b"secret-secret-secret-secret", "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0");

fn encoded(value: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
}

fn claims(issuer: &str, expires: Option<i64>) -> Value {
    let mut claims =
        json!({"iss": issuer, "aud": format!("https://{GATEWAY}"), "nbf": NOW - 9000, "iat": NOW});
    if let Some(expires) = expires {
        claims["exp"] = expires.into();
    }
    claims
}

/// Returns tokens that are not valid tokens of the site.
async fn forged(world: &World) -> Vec<String> {
    let (signer, own) = (world.signer().await, format!("https://{SITE}/.auth"));
    let later = Some(NOW + 300);
    let unsigned =
        |issuer: &str| format!("{}.{}.", encoded(&json!({"alg": "none"})), encoded(&claims(issuer, later)));
    let shared = |issuer: &str| {
        let message = format!("{}.{}", encoded(&json!({"alg": "HS256"})), encoded(&claims(issuer, later)));
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.0);
        format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(ring::hmac::sign(&key, message.as_bytes())))
    };
    vec![
        String::new(),
        "Bearer x.y.z".to_owned(),
        unsigned(&own),
        unsigned("https://partner.example/"),
        shared(&own),
        signer.sign(&claims("https://partner.example/", later)),
        signer.sign(&claims(&own, None)),
        signer.sign(&claims(&own, Some(NOW - 1000))),
    ]
}

async fn agrees(world: &World, name: &str, properties: &Value, expected: Option<&str>) {
    let id = super::world::id(&format!("{}/policies/policy", product()));
    let resource = Resource::new(id, properties.as_object().unwrap().clone());
    let verdict =
        ApimPolicy::read(&resource).unwrap().verdict(&Hostname::parse(SITE).unwrap(), Some(GATEWAY));
    assert_eq!(expected.unwrap_or(verdict.as_str()), verdict.as_str(), "{name}: {verdict:?}");
    world.put(&format!("{}/policies/policy", product()), properties);
    let own = world.signer().await.sign(&claims(&format!("https://{SITE}/.auth"), Some(NOW + 300)));
    let site = world.call(KEY, &format!("Bearer {own}")).await.status == 200;
    let mut forged_tokens = 0;
    for token in forged(world).await {
        forged_tokens += usize::from(world.call(KEY, &token).await.status == 200);
    }
    match verdict.as_str() {
        "healthy" => assert!(site && forged_tokens == 0, "{name}: {site}, {forged_tokens}"),
        "open" => assert!(forged_tokens > 0, "{name}: {site}, {forged_tokens}"),
        "closed" => assert!(!site, "{name}: {site}, {forged_tokens}"),
        _ => assert!(!site && forged_tokens == 0, "{name}: {site}, {forged_tokens}"),
    }
}

#[tokio::test]
async fn the_gateway_agrees_with_the_verdict_on_each_trial() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/trials/policies.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        // The trial policies are not next to this project.
        return;
    };
    let trials: Value = serde_json::from_str(&text).unwrap();
    let (host, gateway) = (trials["hostname"].as_str().unwrap(), trials["gateway"].as_str().unwrap());
    let world = World::linked().await;
    for (name, trial) in trials["policies"].as_object().unwrap() {
        let value = trial["value"].as_str().unwrap();
        let value = value.replace(host, SITE).replace(gateway, &format!("https://{GATEWAY}"));
        let properties = json!({"format": trial["format"], "value": value});
        agrees(&world, name, &properties, trial["verdict"].as_str()).await;
    }
}

#[tokio::test]
async fn the_gateway_agrees_with_the_verdict_on_each_kind_of_statement() {
    let world = World::linked().await;
    let keys = format!("<openid-config url=\"https://{SITE}/.auth/.well-known/openid-configuration\" />");
    let jwt = |attributes: &str, content: &str| {
        format!("<validate-jwt header-name=\"x-ms-auth-token\" {attributes}>{keys}{content}</validate-jwt>")
    };
    let right = jwt("", "");
    let choose = |when: &str, otherwise: &str| {
        format!("<choose><when condition=\"@(true)\">{when}</when>{otherwise}</choose>")
    };
    let secret = format!("<issuer-signing-keys><key>{}</key></issuer-signing-keys>", SECRET.1);
    for (inbound, verdict) in [
        (right.clone(), "healthy"),
        (jwt("require-scheme=\"Basic\"", ""), "healthy"),
        (
            jwt("failed-validation-httpcode=\"@(403)\" failed-validation-error-message=\"@(x)\"", ""),
            "healthy",
        ),
        (jwt("clock-skew=\"300\"", ""), "healthy"),
        (format!("{right}<set-header name=\"X-MS-AUTH-TOKEN\" exists-action=\"delete\" />"), "healthy"),
        (choose(&right, &format!("<otherwise>{right}</otherwise>")), "healthy"),
        (choose("<set-variable name=\"a\" value=\"b\" />", "").clone() + &right, "healthy"),
        (jwt("", &secret), "open"),
        (jwt("require-expiration-time=\"false\"", ""), "open"),
        (jwt("clock-skew=\"3600\"", ""), "open"),
        (
            jwt("", "<required-claims><claim name=\"iss\"><value>x</value></claim></required-claims>"),
            "closed",
        ),
        (format!("<return-response />{right}"), "closed"),
        (choose(&right, ""), "undetermined"),
        (jwt("token-value=\"@(x)\"", ""), "undetermined"),
        (jwt("new-attribute=\"x\"", ""), "undetermined"),
        (jwt("", "<issuer-signing-keys><key n=\"AQAB\" e=\"AQAB\" /></issuer-signing-keys>"), "undetermined"),
        (
            format!("<set-header name=\"X-MS-AUTH-TOKEN\"><value>x</value></set-header>{right}"),
            "undetermined",
        ),
        (
            format!("{right}<ip-filter action=\"allow\"><address>1.1.1.1</address></ip-filter>"),
            "undetermined",
        ),
        (format!("{right}<validate-azure-ad-token tenant-id=\"t\" />"), "undetermined"),
        (format!("{right}<include-fragment fragment-id=\"f\" />"), "undetermined"),
        (format!("{right}<new-element />"), "undetermined"),
    ] {
        agrees(&world, &inbound, &policy(&inbound), Some(verdict)).await;
    }
}
