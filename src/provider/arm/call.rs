//! A request, and an answer to one.

use std::fmt;

use reqwest::{
    Method, StatusCode,
    header::{ETAG, HeaderMap},
};
use serde_json::Value;
use url::Url;

use super::Repeat;

/// A request, before it is sent.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Option<Value>,
    pub(super) if_match: Option<String>,
    pub(super) repeat: Repeat,
    /// What it is for, as the object of a sentence: no more than verbs and names.
    pub(super) what: String,
}

impl Call {
    pub(super) fn new(method: Method, url: Url, what: impl Into<String>) -> Self {
        Self { method, url, body: None, if_match: None, repeat: Repeat::Safely, what: what.into() }
    }

    pub(super) fn get(url: Url, what: impl Into<String>) -> Self {
        Self::new(Method::GET, url, what)
    }
}

/// Where a body has keys.
const KEYS: [&str; 4] =
    ["/properties/primaryKey", "/properties/secondaryKey", "/primaryKey", "/secondaryKey"];

/// The keys in a body.
pub(super) fn keys_in(body: &Value) -> impl Iterator<Item = String> {
    KEYS.into_iter().filter_map(|place| body.pointer(place)?.as_str().map(str::to_owned))
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url.path())
    }
}

/// An answer that is a success. Its body may hold keys, so `Debug` shows none of it.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
    /// Where it came from, for what it points to.
    pub(super) url: Url,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({})", self.status)
    }
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(super) fn etag(&self) -> Option<&str> {
        self.header(ETAG.as_str())
    }
}
