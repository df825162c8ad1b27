//! The routes by which the emulator itself is asked and told, beside those of Azure.

use std::net::SocketAddr;

use hyper::{Method, StatusCode, body::Incoming, http::request::Parts};
use serde_json::{Map, Value, json};

use super::{log::RequestLog, switches::Switchboard};
use crate::emulator::{control, listen::body, reply::Reply};

/// Where the admin routes are.
pub(super) const ROUTES: &str = "/_emulator/";
/// Where every client can read what is not emulated.
pub(super) const LIMITS: &str = "/_emulator/limits";

/// Whether the switches can be set while the emulator runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admin {
    /// By whoever is on this machine.
    Open,
    /// Not at all.
    Closed,
}

/// The answer to `GET /_emulator/limits`: the types that are not emulated, and what the data plane reports of itself.
/// Which resources are concerned is for clients on this machine alone.
pub(super) fn limits(mut data_plane: Map<String, Value>, peer: SocketAddr) -> Reply {
    if !peer.ip().is_loopback() {
        data_plane.remove("inUse");
    }
    let mut report = Map::from_iter([("resourceTypes".to_owned(), control::resource_types().into())]);
    report.extend(data_plane);
    Reply::ok(Value::Object(report))
}

/// The answer where the routes are closed.
pub(super) fn closed() -> Reply {
    Reply::arm(StatusCode::NOT_FOUND, "NotFound", "The admin routes are closed.")
}

/// The answer to a body that is longer than any that is taken.
pub(super) fn too_long() -> Reply {
    let message = "The request content size exceeds the maximum size of 1 MB.";
    Reply::arm(StatusCode::PAYLOAD_TOO_LARGE, "RequestContentTooLarge", message)
}

/// Answers with the switches, or the last requests.
pub(super) async fn answer(
    board: &Switchboard,
    journal: &RequestLog,
    parts: &Parts,
    body: Incoming,
) -> Reply {
    let shown = |switches| Reply::ok(serde_json::to_value(switches).unwrap_or_default());
    match (&parts.method, parts.uri.path().trim_start_matches(ROUTES)) {
        (&Method::GET, "requests") => Reply::ok(json!({"value": journal.recent()})),
        (&Method::GET, "switches") => shown(board.now()),
        (&Method::PATCH, "switches") => {
            let Ok(body) = body::read(body).await else { return too_long() };
            let change = serde_json::from_slice(&body).map_err(|error| error.to_string());
            match change.and_then(|change| board.patch(&change)) {
                Ok(switches) => shown(switches),
                Err(problem) => Reply::arm(StatusCode::BAD_REQUEST, "InvalidSwitches", problem),
            }
        }
        _ => Reply::arm(StatusCode::NOT_FOUND, "NotFound", "There is no such admin route."),
    }
}
