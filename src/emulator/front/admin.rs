//! The emulator's own admin routes, in addition to those of Azure.

use std::{net::SocketAddr, time::Duration};

use hyper::{Method, StatusCode, body::Incoming, http::request::Parts};
use serde_json::{Map, Value, json};

use super::{
    Server,
    own_routes::{self, Refused},
};
use crate::{
    diagnosis::misfit_at,
    emulator::{control, listen::body, reply::Reply},
    provider::emulated::OwnRoute,
};

/// The prefix of the admin routes.
pub(super) const ROUTES: &str = OwnRoute::PREFIX;
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
        OwnRoute::CLOSED,
        "The admin routes are disabled. Start the emulator with --admin.",
    )
}

/// The answer to a body that exceeds the size limit.
pub(super) fn too_long() -> Reply {
    let message = "The request content size exceeds the maximum size of 1 MB.";
    Reply::arm(StatusCode::PAYLOAD_TOO_LARGE, "RequestContentTooLarge", message)
}

/// Answers a request to an admin route.
pub(super) async fn answer(server: &Server, parts: &Parts, body: Incoming) -> Reply {
    let route = parts.uri.path().trim_start_matches(ROUTES);
    let query = parts.uri.query().unwrap_or_default();
    let asked = match (&parts.method, route) {
        (&Method::GET, "requests") => return Reply::ok(json!({"value": server.journal.recent()})),
        (&Method::GET, "switches") => Ok(OwnRoute::Switches),
        (&Method::GET, "sites") => Ok(OwnRoute::Sites),
        (&Method::GET, "traffic") => traffic(query),
        (&Method::PATCH, "switches") => match body::read(body).await {
            Ok(body) => serde_json::from_slice(&body)
                .map(OwnRoute::SetSwitches)
                .map_err(|error| Refused::switches(misfit_at(&error))),
            Err(_) => return too_long(),
        },
        (&Method::POST, "calls") => match body::read(body).await {
            Ok(body) => serde_json::from_slice(&body)
                .map(OwnRoute::Call)
                .map_err(|error| Refused::call(misfit_at(&error))),
            Err(_) => return too_long(),
        },
        _ => return Reply::arm(StatusCode::NOT_FOUND, "NotFound", "The admin route does not exist."),
    };
    let result = match asked {
        Ok(route) => own_routes::carry_out(server, route).await,
        Err(refused) => Err(refused),
    };
    result.map_or_else(
        |Refused { code, message }| Reply::arm(StatusCode::BAD_REQUEST, code, message),
        Reply::ok,
    )
}

/// Reads the parameters of `GET traffic`.
fn traffic(query: &str) -> Result<OwnRoute, Refused> {
    let (mut after, mut wait) = (0, 0);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let number = value.parse().map_err(|_| Refused::traffic(&name));
        match &*name {
            "after" => after = number?,
            "waitMs" => wait = number?,
            _ => return Err(Refused::traffic(&name)),
        }
    }
    Ok(OwnRoute::Traffic { after, wait: Duration::from_millis(wait) })
}
