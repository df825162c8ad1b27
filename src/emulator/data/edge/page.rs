//! The edge's own pages and texts.

use bytes::Bytes;
use hyper::{
    Response, StatusCode,
    header::{CONTENT_TYPE, HeaderValue},
};

use crate::emulator::reply::{self, Body};

pub(super) fn html(status: StatusCode, title: &str, text: &str) -> Response<Body> {
    let page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
         <body><h1>{title}</h1>{text}</body></html>\n"
    );
    with_type(status, "text/html; charset=utf-8", page)
}

pub(super) fn json(value: &serde_json::Value) -> Response<Body> {
    with_type(StatusCode::OK, "application/json; charset=utf-8", value.to_string())
}

pub(super) fn not_found() -> Response<Body> {
    html(StatusCode::NOT_FOUND, "404: Not Found", "<p>There is no page at this address.</p>")
}

/// Returns the page of an error.
pub(super) fn of_status(status: StatusCode) -> Response<Body> {
    match status {
        StatusCode::NOT_FOUND => not_found(),
        other => {
            html(other, &format!("{}: {}", other.as_u16(), other.canonical_reason().unwrap_or("Error")), "")
        }
    }
}

pub(super) fn bad_request(why: impl Into<Bytes>) -> Response<Body> {
    with_type(StatusCode::BAD_REQUEST, "text/plain; charset=utf-8", why)
}

pub(super) fn with_type(
    status: StatusCode,
    content_type: &'static str,
    text: impl Into<Bytes>,
) -> Response<Body> {
    let mut response = Response::new(reply::full(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Escapes a text for HTML, including attribute values.
pub(super) fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, c| {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
        escaped
    })
}
