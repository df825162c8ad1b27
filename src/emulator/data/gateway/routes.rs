//! Finds the API of a request: by its path, and by the version in the query or in a header.

use std::collections::HashMap;

use hyper::{HeaderMap, Uri, header::HeaderName};

use crate::model::{Api, Versioning};

/// The APIs of a service by path, in lower case.
#[derive(Default)]
pub(super) struct Routes(HashMap<Box<str>, Vec<Route>>);

struct Route {
    /// The index of the API.
    api: usize,
    selector: Selector,
}

/// How a request selects one of the APIs that share a path.
enum Selector {
    /// By the path only, without a version.
    Path,
    /// By the version in a query parameter.
    Query { parameter: String, version: String },
    /// By the version in a header.
    Header { name: HeaderName, version: String },
}

impl Selector {
    /// Returns the selector of an API; `None` if it cannot be determined.
    fn of(versioning: &Versioning) -> Option<Self> {
        Some(match versioning {
            Versioning::Unversioned | Versioning::Segment { .. } => Self::Path,
            Versioning::Query { version, parameter } => {
                Self::Query { parameter: parameter.clone(), version: version.clone() }
            }
            Versioning::Header { version, header } => {
                Self::Header { name: HeaderName::try_from(header).ok()?, version: version.clone() }
            }
            Versioning::Undetermined { .. } => return None,
        })
    }

    /// Whether a request selects this version.
    fn is_named(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        match self {
            Self::Path => false,
            Self::Query { parameter, version } => {
                let mut pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
                pairs.any(|(name, value)| {
                    name.eq_ignore_ascii_case(parameter) && value.eq_ignore_ascii_case(version)
                })
            }
            Self::Header { name, version } => headers
                .get(name)
                .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(version.as_bytes())),
        }
    }
}

impl Routes {
    /// Adds an API: the current revision at its path, and every revision at `path;rev=n`. APIs that were added before
    /// keep their addresses. Returns whether the addresses of the API are known.
    pub(super) fn add(&mut self, api: &Api, at: usize) -> bool {
        let (Some(path), Some(_)) = (api.served_path(), Selector::of(&api.versioning)) else { return false };
        let path = path.to_ascii_lowercase();
        let revision =
            api.revision.as_deref().map(|number| format!("{path};rev={number}").to_ascii_lowercase());
        for path in api.is_current.then_some(path).into_iter().chain(revision) {
            let Some(selector) = Selector::of(&api.versioning) else { return false };
            self.0.entry(path.into()).or_default().push(Route { api: at, selector });
        }
        true
    }

    /// Returns the index of the API of a request, and the rest of the path.
    pub(super) fn find<'p>(&self, uri: &'p Uri, headers: &HeaderMap) -> Option<(usize, &'p str)> {
        let path = uri.path().strip_prefix('/').unwrap_or(uri.path());
        let lower = path.to_ascii_lowercase();
        let ends = lower.rmatch_indices('/').map(|(at, _)| at);
        let mut prefixes = std::iter::once(lower.len()).chain(ends).chain([0]);
        prefixes.find_map(|end| {
            let routes = self.0.get(&lower[..end])?;
            let named = routes.iter().find(|route| route.selector.is_named(uri, headers));
            let by_path = || routes.iter().find(|route| matches!(route.selector, Selector::Path));
            let rest = if end == 0 { path } else { &path[end..] };
            Some((named.or_else(by_path)?.api, rest))
        })
    }
}
