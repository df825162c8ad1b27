//! The edge of a site: serves its content, signs users in, and proxies `/api` to the linked backend.

mod auth;
mod called;
mod edges;
mod file;
mod folder;
mod page;
mod proxy;
mod ruled;
pub(in crate::emulator) mod rules;

use bytes::Bytes;
use hyper::{Request, Response, body::Incoming};

pub(in crate::emulator) use self::folder::Folders;
use self::ruled::Ruled;
pub(super) use self::{called::Called, edges::Edges, rules::NOT_CARRIED_OUT};
use super::{
    path::{below, is_api},
    routing::Site,
};
use crate::emulator::reply::Body;

/// Answers as the edge of a site.
pub(super) async fn answer(
    edges: &Edges,
    site: &Site,
    request: Request<Incoming>,
    called: Called<'_>,
) -> Response<Body> {
    if let Some(rules) = edges.folders.rules(site) {
        return Ruled { edges, site, rules }.answer(request, called).await;
    }
    let path = request.uri().path();
    if is_api(path) {
        return proxy::answer(edges, site, request, called).await;
    }
    let answer = if below(path, "/.auth").is_some() {
        auth::answer(edges, site, request).await
    } else if below(path, "/.swa").is_some() {
        page::not_found()
    } else {
        edges.folders.answer(site, request.map(|_| ())).await
    };
    called.answered(site, &answer);
    answer
}

/// The answer for a host that belongs to no site or service.
pub(super) fn not_found() -> Response<Body> {
    page::not_found()
}

/// The answer to a malformed request.
pub(super) fn bad_request(why: impl Into<Bytes>) -> Response<Body> {
    page::bad_request(why)
}
