//! A request, and its answer.

use std::fmt;

use reqwest::{
    Method, StatusCode,
    header::{ETAG, HeaderMap},
};
use serde_json::Value;
use url::Url;

use crate::provider::arm::Repeat;

/// A request, before it is sent.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) body: Option<Value>,
    pub(crate) if_match: Option<String>,
    pub(crate) repeat: Repeat,
    /// Whether the answer may be the bare text of a policy.
    pub(crate) is_of_policy: bool,
    /// The purpose of the request, as the object of a sentence: only verbs and names.
    pub(crate) what: String,
}

impl Call {
    pub(crate) fn new(method: Method, url: Url, what: impl Into<String>) -> Self {
        let (repeat, what) = (Repeat::Safely, what.into());
        Self { method, url, body: None, if_match: None, repeat, is_of_policy: false, what }
    }

    pub(crate) fn get(url: Url, what: impl Into<String>) -> Self {
        Self::new(Method::GET, url, what)
    }

    /// Whether the request changes a resource and can be sent twice. Keys are read by POST.
    pub(super) fn changes(&self) -> bool {
        [Method::PUT, Method::PATCH, Method::DELETE].contains(&self.method)
    }
}

/// The fields of a body that hold keys.
const KEYS: [&str; 4] =
    ["/properties/primaryKey", "/properties/secondaryKey", "/primaryKey", "/secondaryKey"];

/// The fields of a body that hold the elements of a list, in Resource Manager and in Resource Graph.
const LISTS: [&str; 2] = ["value", "data"];

/// Returns the keys in a body: those of one resource, or of each element of a list, which includes keys in old
/// api-versions.
pub(crate) fn keys_in(body: &Value) -> impl Iterator<Item = String> {
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

/// A successful answer. Its body may hold keys, so `Debug` does not print it.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    /// The address that the answer came from. Links in the answer are resolved against it.
    pub(crate) url: Url,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({})", self.status)
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn etag(&self) -> Option<&str> {
        self.header(ETAG.as_str()).filter(|tag| !tag.trim().is_empty())
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
