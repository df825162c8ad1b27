//! The data plane: the sites' edges and the gateways.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, atomic::AtomicU64},
};

use hyper::{Request, Response, StatusCode, body::Incoming};

use super::{
    body::{self, Body},
    view::ModelView,
};
use crate::ambient::Ambient;

/// How clients reach the data plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Https,
}

/// What a data plane works with.
#[expect(dead_code, reason = "a stand-in until the data plane is there")]
pub(super) struct DataOptions {
    pub content: Vec<(String, PathBuf)>,
    pub scheme: Scheme,
    pub data_port: u16,
    pub gateway_delay: Arc<AtomicU64>,
    pub edge_delay: Arc<AtomicU64>,
    pub ambient: Arc<dyn Ambient>,
}

/// The sites' edges and the gateways.
pub(super) struct DataPlane;

impl DataPlane {
    pub(super) fn new(_: DataOptions) -> Self {
        Self
    }

    /// Tells it what the model is from now on.
    #[expect(clippy::unused_self, reason = "a stand-in")]
    pub(super) fn publish(&self, model: ModelView) {
        let ModelView { resources, subscription_keys, site_keys } = model;
        let (keys, held) = (subscription_keys.len(), site_keys.len());
        tracing::trace!(resources = resources.len(), keys, held, "a generation");
    }

    #[expect(clippy::unused_async, reason = "a stand-in")]
    pub(super) async fn answer(&self, _: Request<Incoming>, _: SocketAddr) -> Response<Body> {
        let mut response = Response::new(body::full("there is no data plane yet"));
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response
    }
}
