//! The edge of a site: its content, who is signed in, and `/api` on to what is linked.

mod auth;
mod file;
mod folder;
mod page;
mod principal;
mod proxy;
mod ruled;
mod rules;

use std::net::SocketAddr;

use bytes::Bytes;
use hyper::{Request, Response, body::Incoming};

pub(in crate::emulator) use self::folder::Folders;
use self::ruled::Ruled;
pub use self::rules::ConfigurationError;
pub(in crate::emulator) use self::rules::fuzz;
pub(super) use self::{principal::Principal, rules::NOT_CARRIED_OUT};
use super::{DataPlane, Scheme, table::Site};
use crate::emulator::body::Body;

/// How the edge was called.
#[derive(Clone, Copy)]
pub(super) struct Called<'a> {
    /// By which scheme.
    pub(super) scheme: Scheme,
    /// By which host, as the client wrote it.
    pub(super) authority: &'a str,
    /// By whom.
    pub(super) peer: SocketAddr,
}

/// Answers as the edge of a site.
pub(super) async fn answer(
    plane: &DataPlane,
    site: &Site,
    request: Request<Incoming>,
    called: Called<'_>,
) -> Response<Body> {
    if let Some(rules) = plane.folders.rules(site) {
        return Ruled { plane, site, rules }.answer(request, called).await;
    }
    let path = request.uri().path();
    if is_api(path) {
        return proxy::answer(plane, site, request, called).await;
    }
    if below(path, "/.auth").is_some() {
        return auth::answer(plane, site, request).await;
    }
    if below(path, "/.swa").is_some() {
        return page::not_found();
    }
    plane.folders.answer(site, request.map(|_| ())).await
}

/// The answer at a host that belongs to no site and no service.
pub(super) fn not_found() -> Response<Body> {
    page::not_found()
}

/// The answer to a request that is malformed.
pub(super) fn bad_request(why: impl Into<Bytes>) -> Response<Body> {
    page::bad_request(why)
}

/// Whether a path is proxied, which upper and lower case make no difference to.
fn is_api(path: &str) -> bool {
    below(path, "/api").is_some()
}

/// The rest of a path at or below `prefix`.
fn below<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = path.split_at_checked(prefix.len())?;
    (head.eq_ignore_ascii_case(prefix) && (rest.is_empty() || rest.starts_with('/'))).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_segments_are_proxied() {
        for (path, proxied) in [
            ("/api/x", true),
            ("/API/x", true),
            ("/api", true),
            ("/apis", false),
            ("/", false),
            ("/aé", false),
        ] {
            assert_eq!(is_api(path), proxied, "{path}");
        }
    }
}
