//! The gateways of all services, which lag behind the model by the configured delay.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use hyper::{Request, Response, body::Incoming};

use super::{
    gateway::{Called, Gateway, GatewayService},
    routing::{History, Routing, Viewer},
};
use crate::emulator::reply::Body;

/// Answers as the gateway of any service.
pub(super) struct Gateways {
    gateway: Gateway,
    history: Arc<History>,
    /// The delay of gateways behind the model, in milliseconds.
    delay: Arc<AtomicU64>,
}

impl Gateways {
    pub(super) fn new(gateway: Gateway, history: Arc<History>, delay: Arc<AtomicU64>) -> Self {
        Self { gateway, history, delay }
    }

    /// Returns the routing that gateways currently use.
    pub(super) fn routing(&self) -> Option<Arc<Routing>> {
        self.history.behind_by(Viewer::Gateway, self.delay(), Routing::of)
    }

    /// Returns the delay of gateways behind the model.
    pub(super) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay.load(Relaxed))
    }

    /// Answers as the gateway of a service.
    pub(super) async fn answer(
        &self,
        service: &GatewayService,
        request: Request<Incoming>,
        called: Called<'_>,
    ) -> Response<Body> {
        self.gateway.answer(service, request, called).await
    }
}
