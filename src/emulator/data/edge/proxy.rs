//! Proxies `/api` to the gateway of the linked service.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::{
    HeaderMap, Request, Response, StatusCode,
    body::Incoming,
    header::{HOST, HeaderName, HeaderValue},
    http::uri::PathAndQuery,
};

use super::{called::Called, edges::Edges, page};
use crate::{
    emulator::{
        data::{
            deadline::Limited,
            gateway::{self, GatewayService},
            hop,
            principal::Principal,
            routing::{Link, Site},
            scheme::Scheme,
        },
        host::name_of,
        reply::Body,
        traffic::redacted,
    },
    provider::emulated::HopPlace,
};

/// The time limit of a request, from its arrival to the end of the answer.
const LIMIT: Duration = Duration::from_secs(45);

const KEY: HeaderName = HeaderName::from_static("ocp-apim-subscription-key");
const TOKEN: HeaderName = HeaderName::from_static("x-ms-auth-token");
const PRINCIPAL: HeaderName = HeaderName::from_static("x-ms-client-principal");
const ORIGINAL_URL: HeaderName = HeaderName::from_static("x-ms-original-url");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-request-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const DISGUISED_HOST: HeaderName = HeaderName::from_static("disguised-host");

/// Headers that only the edge sets. They are removed from the client's request, in every spelling.
const PROTECTED: [HeaderName; 6] = [KEY, TOKEN, ORIGINAL_URL, REQUEST_ID, FORWARDED_PROTO, DISGUISED_HOST];

/// Proxies a request to the site's linked backend.
pub(super) async fn answer(
    edges: &Edges,
    site: &Site,
    mut request: Request<Incoming>,
    called: Called<'_>,
) -> Response<Body> {
    let trace = called.trace;
    let Some(link) = &site.link else {
        trace.refused(HopPlace::Edge, || format!("the site `{}` has no linked backend", site.hostname));
        return page::not_found();
    };
    if hop::asks_for_upgrade(request.headers()) {
        trace.refused(HopPlace::Edge, || "WebSocket connections are not supported".to_owned());
        return page::bad_request("WebSocket connections are not supported");
    }
    let routing = edges.gateways.routing();
    let service = routing.as_ref().and_then(|routing| routing.service(&link.backend));
    let Some(service) = service.filter(|service| service.reachable) else {
        trace.failed(HopPlace::Edge, || {
            let problem =
                if service.is_some() { "cannot be reached from the internet" } else { "does not exist" };
            format!("the linked service `{}` {problem}", link.backend)
        });
        return backend_call_failure();
    };
    let mut deadline = Box::pin(tokio::time::sleep(LIMIT));
    let now = edges.ambient.now().as_second();
    sign(edges, site, link, &mut request, called, now).await;
    trace.passed(HopPlace::Edge, || forwarded(site, link, service, &request));
    let called = gateway::Called { scheme: Scheme::Https, host: &service.host, now, trace };
    tokio::select! {
        biased;
        answer = edges.gateways.answer(service, request, called) => {
            answer.map(|body| Limited::new(body, deadline).boxed_unsync())
        }
        () = &mut deadline => {
            trace.failed(HopPlace::Edge, || format!("no answer within {} s", LIMIT.as_secs()));
            backend_call_failure()
        }
    }
}

/// What the edge does with a request, for the trace.
fn forwarded(site: &Site, link: &Link, service: &GatewayService, request: &Request<Incoming>) -> String {
    let key = link.key.as_ref().and_then(|key| key.to_str().ok()).map(redacted::fingerprint);
    let key = key.map_or_else(|| "without a key".to_owned(), |key| format!("with the key {key}"));
    let signed_in = request.headers().contains_key(PRINCIPAL);
    let user = if signed_in { "the signed-in user" } else { "an anonymous user" };
    format!(
        "the site `{}` proxies the request to the service `{}`, {key} and a new token for {user}",
        site.hostname,
        service.id.name()
    )
}

/// Replaces the client's values of the edge's headers with the edge's own.
async fn sign(
    edges: &Edges,
    site: &Site,
    link: &Link,
    request: &mut Request<Incoming>,
    called: Called<'_>,
    now: i64,
) {
    let path = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
    let original_url = format!("{}://{}{path}", called.scheme.as_str(), called.authority);
    let principal = Principal::of_request(request.headers());
    let signer = edges.keyring.signer().await;
    let headers = request.headers_mut();
    hop::strip(headers);
    remove_protected(headers);
    headers.remove(HOST);
    if let Some(key) = &link.key {
        headers.insert(KEY, key.clone());
    }
    headers.insert(TOKEN, link.tokens.header(&site.hostname, principal.as_ref(), &signer, now));
    if let Some(principal) = &principal {
        set(headers, PRINCIPAL, principal.encoded().to_owned());
    }
    set(headers, ORIGINAL_URL, original_url);
    set(headers, REQUEST_ID, edges.ambient.unguessable().to_string());
    set(headers, FORWARDED_FOR, forwarded_for(headers, called));
    headers.insert(FORWARDED_PROTO, HeaderValue::from_static(called.scheme.as_str()));
    set(headers, DISGUISED_HOST, name_of(called.authority).to_owned());
}

/// Removes the headers that only the edge sets. A backend may read `_` or `.` in a header name as `-`.
fn remove_protected(headers: &mut HeaderMap) {
    let is_alias =
        |name: &HeaderName| !name.as_str().bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
    let is_protected = |name: &HeaderName| {
        let plain = name.as_str().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        plain.starts_with(PRINCIPAL.as_str())
            || PROTECTED.iter().any(|protected| *protected == plain.as_str())
            || is_alias(name) && FORWARDED_FOR == plain.as_str()
    };
    let found: Vec<HeaderName> = headers.keys().filter(|name| is_protected(name)).cloned().collect();
    for name in found {
        headers.remove(name);
    }
}

/// Returns the addresses that forwarded the request, the value that the client sent first.
fn forwarded_for(headers: &HeaderMap, called: Called<'_>) -> String {
    let before = headers.get(FORWARDED_FOR).and_then(|value| value.to_str().ok());
    before.map_or_else(|| called.peer.to_string(), |before| format!("{before}, {}", called.peer))
}

/// Sets a header; a value that is invalid in a header is omitted.
fn set(headers: &mut HeaderMap, name: HeaderName, value: String) {
    if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(value)) {
        headers.insert(name, value);
    }
}

/// The edge's answer when its backend is unreachable or too slow.
fn backend_call_failure() -> Response<Body> {
    page::with_type(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", "Backend call failure")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SITE_KEY_HEADER;

    #[test]
    fn the_key_goes_where_every_site_puts_it() {
        assert!(SITE_KEY_HEADER.eq_ignore_ascii_case(KEY.as_str()));
    }
}
