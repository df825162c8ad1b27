//! Tokens for clients that insist on getting one somewhere: what a managed identity's endpoint answers.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use hyper::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::emulator::{
    control::{Query, TENANT},
    reply::Reply,
};

/// How long a token is good for, in seconds.
const LIFETIME: i64 = 24 * 3600;

/// A token that opens nothing but this emulator.
pub(super) fn answer(headers: &HeaderMap, query: &Query, now: i64) -> Reply {
    // What makes a browser or a proxy send a request does not make it send these.
    if !headers.contains_key("x-identity-header") && !headers.contains_key("metadata") {
        let message = "The header 'Metadata' or 'X-IDENTITY-HEADER' is missing.";
        return Reply::arm(StatusCode::BAD_REQUEST, "BadRequest", message);
    }
    let resource = query.get("resource").unwrap_or_default();
    let expires = now + LIFETIME;
    Reply::ok(json!({"access_token": token(resource, now, expires), "client_id": TENANT,
        "expires_on": expires.to_string(), "expires_in": LIFETIME.to_string(), "not_before": now.to_string(),
        "resource": resource, "token_type": "Bearer"}))
}

/// A token of the shape that clients look into, signed by nobody.
fn token(resource: &str, now: i64, expires: i64) -> String {
    let encoded = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let head = encoded(json!({"alg": "none", "typ": "JWT"}));
    let claims = encoded(json!({"aud": resource, "iss": format!("https://sts.windows.net/{TENANT}/"),
        "iat": now, "nbf": now, "exp": expires, "appid": TENANT, "oid": TENANT, "sub": TENANT, "tid": TENANT,
        "ver": "1.0"}));
    format!("{head}.{claims}.emulator")
}
