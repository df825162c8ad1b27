//! An emulator's own routes, in addition to those of Azure: the traffic of its sites and gateways, its switches, and
//! calls through its sites. `docs/emulator.md` describes their JSON.

mod exchange;
mod site_call;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub use self::{
    exchange::{Exchange, ExchangeState, HopOutcome, HopPlace, TraceHop, Traffic},
    site_call::{CallAnswer, EmulatedSite, SiteCall},
};
use super::{ProviderError, WriteAccess};
use crate::diagnosis::{Diagnose, Diagnosis, ExitCode};

/// A request to one of an emulator's own routes.
pub enum OwnRoute {
    /// `GET traffic`: the requests that have changed after a revision; waits for a change if there is none.
    Traffic {
        /// The revision that the caller already has; 0 for all requests that are kept.
        after: u64,
        /// How long to wait at most.
        wait: Duration,
    },
    /// `GET sites`: the sites that the emulator serves.
    Sites,
    /// `GET switches`.
    Switches,
    /// `PATCH switches`, with a JSON merge patch.
    SetSwitches(Value),
    /// `POST calls`: a call of a site.
    Call(SiteCall),
}

/// Sends requests to the own routes of one emulator.
#[async_trait]
pub trait EmulatorRoutes: fmt::Debug + Send + Sync {
    /// Sends a request, and returns the JSON of the answer.
    ///
    /// # Errors
    ///
    /// [`OwnRouteError`] if the emulator does not answer, or refuses the request.
    async fn ask(&self, route: OwnRoute) -> Result<Value, OwnRouteError>;
}

/// Why a request to an emulator's own routes has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OwnRouteError {
    /// The emulator serves its own routes to no client.
    #[error("the emulator does not show its traffic and switches")]
    Closed,
    /// The emulator refuses the request; the message is its own.
    #[error("{0}")]
    Refused(String),
    /// The emulator has been stopped.
    #[error("the emulator has been stopped")]
    Stopped,
    /// The server at the address answers in another form.
    #[error("{0} does not answer as an emulator of this version does")]
    Foreign(String),
    /// The emulator cannot be reached.
    #[error(transparent)]
    Unreachable(ProviderError),
}

impl Diagnose for OwnRouteError {
    fn diagnosis(&self) -> Diagnosis {
        match self {
            Self::Closed => {
                Diagnosis::new(ExitCode::Refused).hint("start the emulator with `--admin`, or with `--ui`")
            }
            Self::Refused(_) => Diagnosis::new(ExitCode::Usage).hint("correct the value, and send it again"),
            Self::Stopped => Diagnosis::new(ExitCode::Unavailable).hint("start the emulator again"),
            Self::Foreign(_) => Diagnosis::new(ExitCode::Unavailable)
                .hint("check that an emulator of the same version listens at this address"),
            Self::Unreachable(error) => error.diagnosis(),
        }
    }
}

/// Reads an emulator. It cannot change a switch, and calls no site.
#[derive(Clone, Debug)]
pub struct EmulatorView(Arc<dyn EmulatorRoutes>);

/// Sets the switches of an emulator, and calls its sites.
#[derive(Clone, Debug)]
pub struct EmulatorControls(Arc<dyn EmulatorRoutes>);

impl EmulatorView {
    /// A view over an emulator's routes.
    #[must_use]
    pub fn new(routes: Arc<dyn EmulatorRoutes>) -> Self {
        Self(routes)
    }

    /// The requests that have changed after a revision. Waits for a change, up to the given time, if there is none.
    ///
    /// # Errors
    ///
    /// [`OwnRouteError`] if the emulator does not answer.
    pub async fn traffic(&self, after: u64, wait: Duration) -> Result<Traffic, OwnRouteError> {
        read(self.0.ask(OwnRoute::Traffic { after, wait }).await?)
    }

    /// The sites that the emulator serves, by name.
    ///
    /// # Errors
    ///
    /// [`OwnRouteError`] if the emulator does not answer.
    pub async fn sites(&self) -> Result<Vec<EmulatedSite>, OwnRouteError> {
        let mut answer = self.0.ask(OwnRoute::Sites).await?;
        read(answer.get_mut("value").map(Value::take).unwrap_or_default())
    }

    /// The switches, as `GET /_emulator/switches` returns them.
    ///
    /// # Errors
    ///
    /// [`OwnRouteError`] if the emulator does not answer.
    pub async fn switches(&self) -> Result<Value, OwnRouteError> {
        self.0.ask(OwnRoute::Switches).await
    }
}

impl EmulatorControls {
    /// Controls over an emulator's routes.
    #[must_use]
    pub fn new(routes: Arc<dyn EmulatorRoutes>, _: WriteAccess) -> Self {
        Self(routes)
    }

    /// Calls a site, and returns its answer with every hop on the way.
    ///
    /// # Errors
    ///
    /// [`OwnRouteError`] if the emulator does not answer, or the request cannot be sent as it is.
    pub async fn call(&self, call: SiteCall) -> Result<CallAnswer, OwnRouteError> {
        read(self.0.ask(OwnRoute::Call(call)).await?)
    }

    /// Applies a JSON merge patch to the switches, as a whole or not at all. Returns the switches.
    ///
    /// # Errors
    ///
    /// [`OwnRouteError::Refused`] names the switch whose value is refused.
    pub async fn set(&self, change: Value) -> Result<Value, OwnRouteError> {
        self.0.ask(OwnRoute::SetSwitches(change)).await
    }

    /// Sets every switch to its default.
    ///
    /// # Errors
    ///
    /// [`OwnRouteError`] if the emulator does not answer.
    pub async fn reset(&self) -> Result<Value, OwnRouteError> {
        let names = [
            "latencyMs",
            "provisions",
            "provisioning",
            "throttling",
            "gatewayDelayMs",
            "edgeDelayMs",
            "faults",
        ];
        let change = names.into_iter().map(|name| (name.to_owned(), Value::Null)).collect();
        self.set(Value::Object(change)).await
    }
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, OwnRouteError> {
    serde_json::from_value(value).map_err(|_| OwnRouteError::Foreign("the emulator".to_owned()))
}

impl OwnRoute {
    /// The prefix of all own routes.
    pub const PREFIX: &str = "/_emulator/";
    /// The code of the error with which an emulator answers that serves its own routes to no client.
    pub const CLOSED: &str = "AdminRoutesClosed";

    /// The method, the path below the prefix, and the body of the request.
    #[must_use]
    pub fn parts(&self) -> (&'static str, &'static str, Option<Value>) {
        match self {
            Self::Traffic { .. } => ("GET", "traffic", None),
            Self::Sites => ("GET", "sites", None),
            Self::Switches => ("GET", "switches", None),
            Self::SetSwitches(change) => ("PATCH", "switches", Some(change.clone())),
            Self::Call(call) => ("POST", "calls", Some(json!(call))),
        }
    }
}
