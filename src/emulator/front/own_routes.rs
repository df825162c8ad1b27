//! Carries out requests to the emulator's own routes, which come over HTTP or from the same process.
#![warn(clippy::arithmetic_side_effects)]

use std::{
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};

use async_trait::async_trait;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Server, site_call};
use crate::provider::emulated::{EmulatorRoutes, OwnRoute, OwnRouteError};

/// The maximum time for which a reader of the traffic waits.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Why a request to an own route is refused.
pub(super) struct Refused {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refused {
    pub(super) fn switches(message: String) -> Self {
        Self { code: "InvalidSwitches", message }
    }

    pub(super) fn call(message: String) -> Self {
        Self { code: "InvalidCall", message }
    }

    /// The refusal of a parameter of the traffic.
    pub(super) fn traffic(name: &str) -> Self {
        let message = match name {
            "after" | "waitMs" => format!("`{name}` must be a number"),
            other => format!("`{other}` is not a parameter of the traffic; they are `after` and `waitMs`"),
        };
        Self { code: "InvalidParameter", message }
    }

    fn not_recorded() -> Self {
        Self { code: "NotRecorded", message: "the emulator does not record its traffic".to_owned() }
    }
}

/// Carries out a request, and returns the JSON of the answer.
pub(super) async fn carry_out(server: &Server, route: OwnRoute) -> Result<Value, Refused> {
    match route {
        OwnRoute::Traffic { after, wait } => {
            let log = server.traffic.as_ref().ok_or_else(Refused::not_recorded)?;
            Ok(written(&log.after(after, wait.min(LONGEST_WAIT)).await))
        }
        OwnRoute::Sites => {
            // Changes that another process has just written take effect at once.
            drop(server.store.current());
            Ok(json!({"value": server.data.sites()}))
        }
        OwnRoute::Switches => Ok(written(&server.board.now())),
        OwnRoute::SetSwitches(change) => match server.board.patch(&change) {
            Ok(switches) => Ok(written(&switches)),
            Err(problem) => Err(Refused::switches(problem)),
        },
        OwnRoute::Call(call) => match site_call::send(server, call).await {
            Ok(answer) => Ok(written(&answer)),
            Err(problem) => Err(Refused::call(problem)),
        },
    }
}

fn written(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// The own routes of an emulator, for callers in the same process. It does not keep the emulator running.
pub(in crate::emulator) struct InProcess(Weak<Server>);

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InProcess").finish_non_exhaustive()
    }
}

impl InProcess {
    pub(in crate::emulator) fn new(server: &Arc<Server>) -> Self {
        Self(Arc::downgrade(server))
    }
}

#[async_trait]
impl EmulatorRoutes for InProcess {
    async fn ask(&self, route: OwnRoute) -> Result<Value, OwnRouteError> {
        let server = self.0.upgrade().ok_or(OwnRouteError::Stopped)?;
        carry_out(&server, route).await.map_err(|refused| OwnRouteError::Refused(refused.message))
    }
}
