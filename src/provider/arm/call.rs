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
    /// Whether the answer may be the bare text of a policy.
    pub(super) is_of_policy: bool,
    /// What it is for, as the object of a sentence: no more than verbs and names.
    pub(super) what: String,
}

impl Call {
    pub(super) fn new(method: Method, url: Url, what: impl Into<String>) -> Self {
        let (repeat, what) = (Repeat::Safely, what.into());
        Self { method, url, body: None, if_match: None, repeat, is_of_policy: false, what }
    }

    pub(super) fn get(url: Url, what: impl Into<String>) -> Self {
        Self::new(Method::GET, url, what)
    }
}

/// Where a body has keys.
const KEYS: [&str; 4] =
    ["/properties/primaryKey", "/properties/secondaryKey", "/primaryKey", "/secondaryKey"];

/// Where a body has elements of a list: Resource Manager's, and Resource Graph's.
const LISTS: [&str; 2] = ["value", "data"];

/// The keys in a body: of one resource, or of each element of a list, where old api-versions show them.
pub(super) fn keys_in(body: &Value) -> impl Iterator<Item = String> {
    let elements = LISTS.into_iter().filter_map(|name| body.get(name)?.as_array()).flatten();
    let resources = std::iter::once(body).chain(elements);
    resources.flat_map(|resource| {
        KEYS.into_iter().filter_map(|place| resource.pointer(place)?.as_str().map(str::to_owned))
    })
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_keys_of_each_element_of_a_list_are_secret() {
        // apim-product-subscriptions #4: until 2018-01-01 a list shows the keys
        let listed = json!({"value": [{"properties": {"primaryKey": "a", "secondaryKey": "b"}},
            {"properties": {"primaryKey": "c"}}], "nextLink": ""});
        assert_eq!(keys_in(&listed).collect::<Vec<_>>(), ["a", "b", "c"]);
        let pair = json!({"primaryKey": "a", "secondaryKey": "b"});
        assert_eq!(keys_in(&pair).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(keys_in(&json!({"value": "text"})).count(), 0);
    }
}
