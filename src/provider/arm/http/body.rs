//! Bodies of answers: JSON as Azure sends it, and pages of lists.

use std::{collections::HashSet, fmt};

use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use serde_json::Value;

use crate::model::without_mark;

/// A body that does not have the expected form. The message does not include the content, which may hold keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnusableBody {
    /// The body is not JSON.
    #[error("is not valid JSON (line {line}, column {column} of {length} bytes)")]
    NotJson {
        /// The line of the first error, from 1.
        line: usize,
        /// The column of the first error in that line.
        column: usize,
        /// The length of the body.
        length: usize,
    },
    /// The body is JSON, but not a list.
    #[error("is not a list: it has no `{0}`")]
    NotAList(&'static str),
    /// The body is a part of a list, and does not say how the rest can be read.
    #[error("is truncated: `resultTruncated` is set, and there is no `$skipToken`")]
    Truncated,
}

/// Returns how the body of an answer is compressed, if it is.
pub(crate) fn coding_of(headers: &HeaderMap) -> Option<String> {
    let coding = headers.get(CONTENT_ENCODING)?.to_str().unwrap_or("an unknown encoding").trim();
    let is_none = coding.is_empty() || coding.eq_ignore_ascii_case("identity");
    (!is_none).then(|| coding.escape_debug().to_string())
}

/// Parses a body. Some bodies of API Management begin with a byte order mark; one without content is `null`.
///
/// # Errors
///
/// [`UnusableBody::NotJson`], with the position.
pub(crate) fn json(bytes: &[u8]) -> Result<Value, UnusableBody> {
    let text = without_mark(bytes);
    if text.trim_ascii().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(text).map_err(|error| UnusableBody::NotJson {
        line: error.line(),
        column: error.column(),
        length: bytes.len(),
    })
}

/// Returns the text of a policy, if the answer consists of it without JSON around it. Some instances of API Management
/// answer this way even if the request accepts only JSON. The HTML page of a proxy is not mistaken for a policy.
pub(crate) fn bare_policy(content_type: Option<&str>, bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(without_mark(bytes)).ok()?.trim();
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    let is_xml = !essence.contains("html") && (essence.ends_with("/xml") || essence.ends_with("+xml"));
    // A page of HTML has another root element, even if its media type is that of XML.
    (text.starts_with('<') && (is_xml || root_of(text) == Some("policies"))).then(|| text.to_owned())
}

/// Returns the name of the first element after comments and the XML declaration.
fn root_of(text: &str) -> Option<&str> {
    let mut rest = text.trim_start();
    loop {
        rest = match rest.strip_prefix("<!--") {
            Some(comment) => comment.split_once("-->")?.1,
            None => match rest.strip_prefix("<?") {
                Some(declaration) => declaration.split_once("?>")?.1,
                None => break,
            },
        }
        .trim_start();
    }
    rest.strip_prefix('<')?.split(|it: char| it.is_whitespace() || it == '>' || it == '/').next()
}

/// One page of a list.
#[derive(PartialEq)]
pub(crate) struct Page {
    pub(crate) values: Vec<Value>,
    /// The address of the next page; in Resource Graph, the continuation token.
    pub(crate) next: Option<String>,
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").finish_non_exhaustive()
    }
}

impl Page {
    /// Parses a page of an ARM list. On the last page, `nextLink` is absent, `null` or empty.
    pub(crate) fn read(body: Value) -> Result<Self, UnusableBody> {
        Self::of(body, "value", "nextLink")
    }

    /// Parses a page of an answer of Resource Graph.
    pub(crate) fn of_graph(body: Value) -> Result<Self, UnusableBody> {
        let is_truncated = match body.get("resultTruncated") {
            Some(Value::String(word)) => word.eq_ignore_ascii_case("true"),
            Some(Value::Bool(is)) => *is,
            Some(_) | None => false,
        };
        let page = Self::of(body, "data", "$skipToken")?;
        // The remaining rows would seem not to exist.
        if is_truncated && page.next.is_none() { Err(UnusableBody::Truncated) } else { Ok(page) }
    }

    fn of(mut body: Value, values: &'static str, next: &str) -> Result<Self, UnusableBody> {
        let Some(Value::Array(found)) = body.get_mut(values).map(Value::take) else {
            return Err(UnusableBody::NotAList(values));
        };
        let next = body.get(next).and_then(Value::as_str).filter(|next| !next.trim().is_empty());
        Ok(Self { values: found, next: next.map(str::to_owned) })
    }
}

/// The maximum number of pages in one list.
const MOST_PAGES: usize = 10_000;

/// The pages of a list that were read. A list whose page links to an earlier page would never end.
#[derive(Debug, Default)]
pub(crate) struct Trail(HashSet<String>);

impl Trail {
    /// Records the next page, by its address or token.
    ///
    /// # Errors
    ///
    /// The problem with the list, if the page was read before or the list has too many pages.
    pub(crate) fn follow(&mut self, page: &str) -> Result<(), String> {
        if !self.0.insert(page.to_owned()) {
            return Err("refers to a page that was already read".to_owned());
        }
        if self.0.len() > MOST_PAGES {
            return Err(format!("has more than {MOST_PAGES} pages"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_byte_order_mark_and_line_ends_of_either_kind_do_not_matter() {
        assert_eq!(json(b"\xef\xbb\xbf{\r\n \"a\": 1\r\n}\r\n").unwrap(), json!({"a": 1}));
        assert_eq!(json(b" \r\n").unwrap(), Value::Null);
        assert_eq!(json(b"").unwrap(), Value::Null);
    }

    #[test]
    fn malformed_json_is_reported_by_position_without_content() {
        let error = json(b"{\"primaryKey\": \"secret\", oops").unwrap_err().to_string();
        assert_eq!(error, "is not valid JSON (line 1, column 26 of 29 bytes)");
    }

    #[test]
    fn a_policy_without_json_is_distinguished_from_a_page() {
        let policy = "<!-- IMPORTANT: -->\r\n<policies>\r\n\t<inbound />\r\n</policies>";
        let bare = |content_type: &str, text: &str| bare_policy(Some(content_type), text.as_bytes());
        assert_eq!(bare("application/json; charset=utf-8", policy).as_deref(), Some(policy));
        assert_eq!(bare_policy(None, format!("\u{feff}{policy}\r\n").as_bytes()).as_deref(), Some(policy));
        assert_eq!(
            bare("application/vnd.ms-azure-apim.policy+xml", "<format>xml</format>").as_deref(),
            Some("<format>xml</format>")
        );
        for (content_type, text) in [
            ("application/xhtml+xml", "<html />"),
            ("text/plain", "<html><body>Sign in</body></html>"),
            ("application/xml", "{\"value\": 1}"),
            ("application/xml", ""),
        ] {
            assert_eq!(bare(content_type, text), None, "{content_type} {text}");
        }
    }

    #[test]
    fn every_form_of_a_missing_link_ends_the_list() {
        for last in [json!({"value": []}), json!({"value": [], "nextLink": null})] {
            assert_eq!(Page::read(last).unwrap().next, None);
        }
        assert_eq!(Page::read(json!({"value": [], "count": 0, "nextLink": ""})).unwrap().next, None);
        let page = Page::read(json!({"value": [1], "nextLink": "https://x/?$skip=1"})).unwrap();
        assert_eq!(page, Page { values: vec![json!(1)], next: Some("https://x/?$skip=1".to_owned()) });
    }

    #[test]
    fn a_list_that_goes_round_in_a_circle_ends_at_its_first_page() {
        let mut trail = Trail::default();
        for page in ["a", "b", "c"] {
            assert_eq!(trail.follow(page), Ok(()));
        }
        assert!(trail.follow("a").unwrap_err().contains("a page that was already read"));
    }

    #[test]
    fn an_object_without_values_is_no_list() {
        assert_eq!(Page::read(json!({"id": "x"})), Err(UnusableBody::NotAList("value")));
        assert_eq!(Page::of_graph(json!({"value": []})), Err(UnusableBody::NotAList("data")));
    }
}
