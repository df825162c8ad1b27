//! How a service's gateway answers a request with a key, and how any address answers a request without one.
#![warn(clippy::arithmetic_side_effects)]

use std::time::Duration;

use reqwest::{
    Method, Request, Response, StatusCode,
    header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue},
};
use serde_json::Value;
use url::Url;

use super::{
    Transport, TransportError,
    http::{body, endpoint::is_loopback},
};
use crate::{
    model::{Address, Key, SITE_KEY_HEADER},
    provider::{Answered, GatewayAnswer, Visit},
};

/// The maximum number of bytes of an answer that are read: the answers that matter are short.
const LONGEST_ANSWER: usize = 64 << 10;
/// How long an address may take to answer. A site stops waiting for its backend after 45 s, and reports that.
const ANSWERING: Duration = Duration::from_secs(50);
/// The problem with an address whose API version cannot be written into a header.
const UNSENDABLE: &str = "the version of the API cannot be sent in a header";

/// Sends a request with a key and without a token. A key is only sent over https, or to this machine.
pub(super) async fn ask(transport: &dyn Transport, address: &Address, key: &Key) -> GatewayAnswer {
    let unclear = |text: &str| GatewayAnswer::Unclear(text.to_owned());
    let Ok(url) = Url::parse(&address.url) else { return unclear("its URL is not valid") };
    if url.scheme() != "https" && !is_loopback(&url) && local_name(&url).is_none() {
        return unclear("its address is not https, so the key was not sent");
    }
    let Ok(mut value) = HeaderValue::from_str(key.expose()) else {
        return unclear("the key has characters that cannot be sent");
    };
    value.set_sensitive(true);
    let Some(mut request) = versioned(get(url), address) else { return unclear(UNSENDABLE) };
    request.headers_mut().insert(SITE_KEY_HEADER, value);
    let Ok(response) = transport.send(request).await else {
        return unclear("it does not answer");
    };
    let status = response.status();
    meaning(status, &beginning(response).await)
}

/// Sends a request without a key and without a token.
pub(super) async fn visit(transport: &dyn Transport, address: &Address) -> Visit {
    let Ok(url) = Url::parse(&address.url) else {
        return Visit::Silent("its URL is not valid".to_owned());
    };
    let Some(mut request) = versioned(get(url), address) else { return Visit::Silent(UNSENDABLE.to_owned()) };
    *request.timeout_mut() = Some(ANSWERING);
    let response = match transport.send(request).await {
        Ok(response) => response,
        Err(error) => return Visit::Silent(why(&error)),
    };
    let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    let (status, media_type) = (response.status().as_u16(), media_type.trim().to_ascii_lowercase());
    Visit::Answered(Answered { status, media_type, body: beginning(response).await })
}

/// Returns a request for an address. A name below `localhost` is always this machine, without a resolver.
fn get(url: Url) -> Request {
    let mut here = url.clone();
    let name = local_name(&url).and_then(|name| HeaderValue::from_str(&name).ok());
    match name {
        Some(name) if here.set_host(Some("127.0.0.1")).is_ok() => {
            let mut request = Request::new(Method::GET, here);
            request.headers_mut().insert(HOST, name);
            request
        }
        Some(_) | None => Request::new(Method::GET, url),
    }
}

/// Adds the header that names the version of the API, if it can be sent.
fn versioned(mut request: Request, address: &Address) -> Option<Request> {
    if let Some((name, value)) = &address.header {
        let (name, value) = (HeaderName::try_from(name).ok()?, HeaderValue::from_str(value).ok()?);
        request.headers_mut().insert(name, value);
    }
    Some(request)
}

/// Returns the name and the port of a plain address below `localhost`: an emulator has a name for each site.
fn local_name(url: &Url) -> Option<String> {
    let name = url.domain().filter(|name| name.ends_with(".localhost") && url.scheme() == "http")?;
    Some(url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}")))
}

/// Returns the reason why there is no answer: the innermost error.
fn why(error: &TransportError) -> String {
    let TransportError::Client(error) = error else { return error.to_string() };
    if error.is_timeout() && !error.is_connect() {
        return format!("no answer within {} s", ANSWERING.as_secs());
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

async fn beginning(mut response: Response) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LONGEST_ANSWER {
            bytes.truncate(LONGEST_ANSWER);
            break;
        }
    }
    bytes
}

/// Interprets an answer. The gateway checks the key before it checks for a token, so an error that is not about the key
/// shows that it accepted the key.
fn meaning(status: StatusCode, bytes: &[u8]) -> GatewayAnswer {
    let message = body::json(bytes).ok();
    let message = message.as_ref().and_then(|body| body.get("message")).and_then(Value::as_str);
    let says = |words: &str| message.is_some_and(|text| text.to_lowercase().contains(words));
    match status {
        StatusCode::UNAUTHORIZED if says("missing subscription key") => {
            GatewayAnswer::Unclear(format!("it does not read the key from the header `{SITE_KEY_HEADER}`"))
        }
        StatusCode::UNAUTHORIZED if says("subscription key") => GatewayAnswer::KeyRefused,
        StatusCode::UNAUTHORIZED if message.is_some() => GatewayAnswer::Accepted,
        StatusCode::NOT_FOUND => GatewayAnswer::NothingThere,
        status if status.is_success() => GatewayAnswer::LetIn,
        status => GatewayAnswer::Unclear(format!("it answered with {}", status.as_u16())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: u16, body: &str) -> GatewayAnswer {
        meaning(StatusCode::from_u16(status).unwrap(), body.as_bytes())
    }

    #[test]
    fn a_name_below_localhost_is_asked_of_this_machine_and_no_other_is() {
        let name = |url: &str| local_name(&Url::parse(url).unwrap());
        assert_eq!(name("http://gate.localhost:8088/api"), Some("gate.localhost:8088".to_owned()));
        assert_eq!(name("http://gate.localhost/"), Some("gate.localhost".to_owned()));
        for url in
            ["https://gate.localhost/", "http://localhost.example/", "http://localhost/", "http://127.0.0.1/"]
        {
            assert_eq!(name(url), None, "{url}");
        }
        let request = get(Url::parse("http://gate.localhost:8088/x").unwrap());
        assert_eq!(request.url().as_str(), "http://127.0.0.1:8088/x");
        assert_eq!(request.headers()[HOST], "gate.localhost:8088");
    }

    #[test]
    fn the_gateways_error_shows_whether_it_accepted_the_key() {
        let about_key = r#"{"statusCode":401,"message":"Access denied due to invalid subscription key."}"#;
        assert_eq!(said(401, about_key), GatewayAnswer::KeyRefused);
        assert_eq!(said(401, r#"{"statusCode":401,"message":"JWT not present."}"#), GatewayAnswer::Accepted);
        assert_eq!(said(200, "hello"), GatewayAnswer::LetIn);
        assert_eq!(
            said(404, r#"{"statusCode":404,"message":"Resource not found"}"#),
            GatewayAnswer::NothingThere
        );
        let elsewhere = r#"{"statusCode":401,"message":"Access denied due to missing subscription key."}"#;
        for (status, body) in [(401, elsewhere), (401, "<html>a proxy"), (500, ""), (429, "{}"), (302, "")] {
            assert!(matches!(said(status, body), GatewayAnswer::Unclear(_)), "{status}");
        }
    }
}
