//! The operations of an API: the paths and methods that it serves.

use hyper::Method;

use crate::model::ApiOperation;

/// A parsed operation.
pub(super) struct GatewayOperation {
    method: String,
    segments: Vec<Segment>,
    /// Whether the template ends in `*`, which matches any rest of the path.
    open_ended: bool,
    /// The element of its policy for which all requests are refused.
    pub(super) refused: Option<String>,
}

/// A segment of a template: literals in lower case, with a parameter between any two of them.
struct Segment(Vec<String>);

impl GatewayOperation {
    pub(super) fn new(operation: &ApiOperation) -> Self {
        let path = operation.url_template.split('?').next().unwrap_or_default();
        let mut segments: Vec<&str> = segments(path).collect();
        let open_ended = segments.last().is_some_and(|last| *last == "*" || last.starts_with("{*"));
        segments.truncate(segments.len() - usize::from(open_ended));
        Self {
            method: operation.method.clone(),
            segments: segments.into_iter().map(Segment::new).collect(),
            open_ended,
            refused: None,
        }
    }

    /// Whether the operation serves a request for `path`, which begins after the path of the API.
    pub(super) fn serves(&self, method: &Method, path: &str) -> bool {
        let mut asked = segments(path);
        self.method.eq_ignore_ascii_case(method.as_str())
            && self.segments.iter().all(|segment| asked.next().is_some_and(|text| segment.fits(text)))
            && (self.open_ended || asked.next().is_none())
    }
}

/// Returns the segments of a path; a trailing slash makes no difference.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/').skip(usize::from(path.is_empty()))
}

impl Segment {
    fn new(template: &str) -> Self {
        let mut literals = Vec::new();
        let mut rest = template;
        while let Some((literal, name)) = rest.split_once('{') {
            literals.push(literal.to_ascii_lowercase());
            rest = name.split_once('}').map_or("", |(_, rest)| rest);
        }
        literals.push(rest.to_ascii_lowercase());
        Self(literals)
    }

    fn fits(&self, text: &str) -> bool {
        let [first, varying @ ..] = self.0.as_slice() else { return false };
        let Some(mut rest) = without_prefix(text, first) else { return false };
        let Some((last, between)) = varying.split_last() else { return rest.is_empty() };
        for literal in between {
            let Some(at) = find_after_one(rest, literal) else { return false };
            rest = &rest[at + literal.len()..];
        }
        let varies = rest.len().checked_sub(last.len());
        varies.is_some_and(|at| at > 0 && rest.is_char_boundary(at) && rest[at..].eq_ignore_ascii_case(last))
    }
}

fn without_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Returns the position of a literal that has at least one character before it.
fn find_after_one(text: &str, literal: &str) -> Option<usize> {
    (1..=text.len()).find(|at| {
        let found = text.get(*at..).and_then(|rest| rest.get(..literal.len()));
        found.is_some_and(|found| found.eq_ignore_ascii_case(literal))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serves(template: &str, path: &str) -> bool {
        let operation = ApiOperation { method: "get".to_owned(), url_template: template.to_owned() };
        GatewayOperation::new(&operation).serves(&Method::GET, path)
    }

    #[test]
    fn a_template_serves_the_paths_that_fit_it() {
        for (template, path) in [
            ("/", ""),
            ("/", "/"),
            ("", "/"),
            ("/items", "/Items/"),
            ("/{id}", "/7"),
            ("/{id}/lines/{line}?expand={x}", "/7/LINES/é"),
            ("/*", ""),
            ("/*", "/a/b/c"),
            ("/files/{*path}", "/files/a/b"),
            ("/orders({id})", "/orders(7)"),
            ("/{name}.{kind}", "/a.b.json"),
        ] {
            assert!(serves(template, path), "{template} {path}");
        }
    }

    #[test]
    fn and_only_these() {
        for (template, path) in [
            ("/", "/a"),
            ("/items", "/"),
            ("/items", "/items/7"),
            ("/{id}", "/"),
            ("/{id}", "//"),
            ("/files/*", "/file/a"),
            ("/orders({id})", "/orders()"),
            ("/{name}.{kind}", "/json"),
            ("/{name}.json", "/é"),
        ] {
            assert!(!serves(template, path), "{template} {path}");
        }
    }

    #[test]
    fn a_method_that_it_does_not_name_is_not_served() {
        let operation = ApiOperation { method: "get".to_owned(), url_template: "/".to_owned() };
        assert!(!GatewayOperation::new(&operation).serves(&Method::HEAD, "/"));
    }
}
