//! The endpoint of a managed identity, for clients that must get a token from one.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use hyper::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::emulator::{
    control::{Query, TENANT},
    reply::Reply,
};

/// The lifetime of a token, in seconds.
const LIFETIME: i64 = 24 * 3600;

/// Answers with a token that is valid only for this emulator.
pub(super) fn answer(headers: &HeaderMap, query: &Query, now: i64) -> Reply {
    // Requests that a page or a redirect triggers in a browser or proxy do not have these headers.
    if !headers.contains_key("x-identity-header") && !headers.contains_key("metadata") {
        let message = "The header 'Metadata' or 'X-IDENTITY-HEADER' is missing.";
        return Reply::arm(StatusCode::BAD_REQUEST, "BadRequest", message);
    }
    let resource = query.get("resource").unwrap_or_default();
    let expires = now.saturating_add(LIFETIME);
    Reply::ok(json!({"access_token": token(resource, now, expires), "client_id": TENANT,
        "expires_on": expires.to_string(), "expires_in": LIFETIME.to_string(), "not_before": now.to_string(),
        "resource": resource, "token_type": "Bearer"}))
}

/// Returns an unsigned token in the form that clients parse.
fn token(resource: &str, now: i64, expires: i64) -> String {
    let encoded = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let head = encoded(json!({"alg": "none", "typ": "JWT"}));
    let claims = encoded(json!({"aud": resource, "iss": format!("https://sts.windows.net/{TENANT}/"),
        "iat": now, "nbf": now, "exp": expires, "appid": TENANT, "oid": TENANT, "sub": TENANT, "tid": TENANT,
        "ver": "1.0"}));
    format!("{head}.{claims}.emulator")
}
