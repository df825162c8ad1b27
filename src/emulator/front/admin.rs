//! The emulator's own admin routes, in addition to those of Azure.

use std::net::SocketAddr;

use hyper::{Method, StatusCode, body::Incoming, http::request::Parts};
use serde_json::{Map, Value, json};

use super::{log::RequestLog, switches::Switchboard};
use crate::{
    diagnosis::misfit_at,
    emulator::{control, listen::body, reply::Reply},
};

/// The prefix of the admin routes.
pub(super) const ROUTES: &str = "/_emulator/";
/// The route at which every client can read what is not emulated.
pub(super) const LIMITS: &str = "/_emulator/limits";

/// Whether the switches can be changed while the emulator runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admin {
    /// By any client on this machine.
    Open,
    /// By no client.
    Closed,
}

/// The answer to `GET /_emulator/limits`: the types that are not emulated, and the data plane's own report. Only
/// clients on this machine see which resources are affected.
pub(super) fn limits(mut data_plane: Map<String, Value>, peer: SocketAddr) -> Reply {
    if !peer.ip().is_loopback() {
        data_plane.remove("inUse");
    }
    let mut report = Map::from_iter([("resourceTypes".to_owned(), control::resource_types().into())]);
    report.extend(data_plane);
    Reply::ok(Value::Object(report))
}

/// The answer if the routes are closed.
pub(super) fn closed() -> Reply {
    Reply::arm(
        StatusCode::NOT_FOUND,
        "NotFound",
        "The admin routes are disabled. Start the emulator with --admin.",
    )
}

/// The answer to a body that exceeds the size limit.
pub(super) fn too_long() -> Reply {
    let message = "The request content size exceeds the maximum size of 1 MB.";
    Reply::arm(StatusCode::PAYLOAD_TOO_LARGE, "RequestContentTooLarge", message)
}

/// Answers with the switches or with the latest requests.
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
            let change = serde_json::from_slice(&body).map_err(|error| misfit_at(&error));
            match change.and_then(|change| board.patch(&change)) {
                Ok(switches) => shown(switches),
                Err(problem) => Reply::arm(StatusCode::BAD_REQUEST, "InvalidSwitches", problem),
            }
        }
        _ => Reply::arm(StatusCode::NOT_FOUND, "NotFound", "The admin route does not exist."),
    }
}
