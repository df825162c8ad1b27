//! A request to the control plane, as its routes see it.

use std::{borrow::Cow, fmt, time::Duration};

use bytes::Bytes;
use hyper::Method;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};

use super::provisioning::Linking;
use crate::{
    emulator::reply::Reply,
    model::without_mark,
    provider::{ETag, Expected},
};

/// The characters that must be encoded in a path.
const PATH: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'?').add(b'%');

/// A request whose body has been read.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) method: Method,
    /// The decoded path.
    pub(super) path: String,
    pub(super) query: Query,
    pub(super) if_match: Option<String>,
    pub(super) if_none_match: Option<String>,
    pub(super) body: Bytes,
    /// The address at which the client reaches the control plane: `http://127.0.0.1:8087`.
    pub(super) base: String,
    /// How a PUT of a linked backend behaves.
    pub(super) linking: Linking,
    /// How long a change is not in the activity log.
    pub(super) log_delay: Duration,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("method", &self.method).field("path", &self.path).finish_non_exhaustive()
    }
}

/// The parameters of a request. Their names are compared ignoring case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::emulator) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        let pairs = form_urlencoded::parse(text.as_bytes());
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    pub(in crate::emulator) fn get(&self, name: &str) -> Option<&str> {
        let mut pairs = self.0.iter();
        pairs.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Returns the encoded parameters with one of them replaced or added.
    pub(super) fn with(&self, name: &str, value: &str) -> String {
        let others = self.0.iter().filter(|(known, _)| !known.eq_ignore_ascii_case(name));
        let mut text = form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(others).append_pair(name, value);
        // A literal plus is already percent-encoded.
        text.finish().replace('+', "%20")
    }
}

impl Call {
    /// Returns the precondition of the change. `present` is the entity tag that `*` stands for.
    pub(super) fn expected(&self, present: Option<&ETag>) -> Result<Expected, Reply> {
        match (self.if_match.as_deref(), self.if_none_match.as_deref(), present) {
            (Some("*"), _, Some(_)) => Ok(Expected::Anything),
            // As recorded, `If-Match: *` creates a resource that does not exist.
            (Some("*"), _, None) | (None, Some("*"), None) => Ok(Expected::Absent),
            (Some(tag), _, Some(current)) if weakly(tag) == weakly(current.as_str()) => {
                Ok(Expected::Unchanged(current.clone()))
            }
            (Some(_), _, _) | (None, Some("*"), Some(_)) => Err(Reply::precondition_failed()),
            (None, _, _) => Ok(Expected::Anything),
        }
    }

    /// Returns the API version of the request.
    pub(super) fn version(&self) -> &str {
        self.query.get("api-version").unwrap_or_default()
    }

    /// Returns the same request with another API version.
    pub(super) fn as_of(&self, version: &str) -> Self {
        Self { query: Query::parse(&self.query.with("api-version", version)), ..self.clone() }
    }

    /// Returns the body as an object. An empty body counts as an empty object.
    pub(super) fn object(&self) -> Result<Map<String, Value>, Reply> {
        let text = without_mark(&self.body);
        if text.trim_ascii().is_empty() {
            return Ok(Map::new());
        }
        match serde_json::from_slice(text) {
            Ok(Value::Object(body)) => Ok(body),
            Ok(_) => Err(Reply::invalid_content("The body must be a JSON object.")),
            Err(error) => Err(Reply::invalid_content(&error.to_string())),
        }
    }

    /// Returns an address of the control plane as this client reaches it.
    pub(super) fn address(&self, path: &str, query: &str) -> String {
        format!("{}{}?{query}", self.base, utf8_percent_encode(path, PATH))
    }
}

/// Returns an entity tag without the weakness prefix and the quotes that some clients send.
fn weakly(tag: &str) -> &str {
    tag.trim().trim_start_matches("W/").trim_matches('"')
}

/// Decodes a path.
pub(super) fn decoded(path: &str) -> Option<Cow<'_, str>> {
    percent_decode_str(path).decode_utf8().ok()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Builds a call for a test.
    pub(in crate::emulator::control) fn call(method: Method, address: &str, body: &Value) -> Call {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        Call {
            method,
            path: path.to_owned(),
            query: Query::parse(query),
            if_match: None,
            if_none_match: None,
            body: if body.is_null() { Bytes::new() } else { body.to_string().into() },
            base: "http://127.0.0.1:1".to_owned(),
            linking: Linking::default(),
            log_delay: Duration::ZERO,
        }
    }

    #[test]
    fn a_condition_holds_or_is_refused() {
        let tag = ETag::new("\"a\"");
        let cases = [
            (None, None, Some(&tag), Some(Expected::Anything)),
            (None, None, None, Some(Expected::Anything)),
            (Some("*"), None, Some(&tag), Some(Expected::Anything)),
            (Some("*"), None, None, Some(Expected::Absent)),
            (Some("\"a\""), None, Some(&tag), Some(Expected::Unchanged(tag.clone()))),
            (Some("a"), None, Some(&tag), Some(Expected::Unchanged(tag.clone()))),
            (Some("W/\"a\""), None, Some(&tag), Some(Expected::Unchanged(tag.clone()))),
            (Some("\"b\""), None, Some(&tag), None),
            (Some("\"a\""), None, None, None),
            (None, Some("*"), Some(&tag), None),
            (None, Some("*"), None, Some(Expected::Absent)),
        ];
        for (if_match, if_none_match, present, expected) in cases {
            let mut call = call(Method::PUT, "/x", &Value::Null);
            (call.if_match, call.if_none_match) =
                (if_match.map(str::to_owned), if_none_match.map(str::to_owned));
            let got = call.expected(present);
            let status = got.as_ref().err().map(|reply| reply.status.as_u16());
            assert_eq!(got.ok(), expected, "{if_match:?} {if_none_match:?} {present:?}");
            assert!(status.is_none_or(|status| status == 412));
        }
    }

    #[test]
    fn parameters_are_found_in_any_case_and_can_be_replaced() {
        let query = Query::parse("API-Version=1&%24filter=a+eq+%27b%26c%27&$skip=2");
        assert_eq!((query.get("api-version"), query.get("$filter")), (Some("1"), Some("a eq 'b&c'")));
        let next = Query::parse(&query.with("$skip", "4"));
        assert_eq!((next.get("$skip"), next.get("$filter")), (Some("4"), Some("a eq 'b&c'")));
    }

    #[test]
    fn a_body_is_an_object_or_nothing() {
        let of = |text: &'static str| {
            let call = Call { body: text.into(), ..call(Method::PUT, "/x", &Value::Null) };
            call.object().map(|body| body.len()).map_err(|reply| reply.status.as_u16())
        };
        assert_eq!((of(""), of("\u{feff}{\"a\":1}")), (Ok(0), Ok(1)));
        assert_eq!((of("[]"), of("{")), (Err(400), Err(400)));
    }
}
