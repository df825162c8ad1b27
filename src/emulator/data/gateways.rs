//! The gateways of all services, as far behind the model as the switches say.

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

/// What answers as the gateway of any service.
pub(super) struct Gateways {
    gateway: Gateway,
    history: Arc<History>,
    /// How many milliseconds gateways are behind the model.
    delay: Arc<AtomicU64>,
}

impl Gateways {
    pub(super) fn new(gateway: Gateway, history: Arc<History>, delay: Arc<AtomicU64>) -> Self {
        Self { gateway, history, delay }
    }

    /// What gateways go by now.
    pub(super) fn routing(&self) -> Option<Arc<Routing>> {
        self.history.behind_by(Viewer::Gateway, self.delay(), Routing::of)
    }

    /// How far gateways are behind the model.
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
