//! The data plane: the edges of sites and the gateways of services, distinguished by `Host`.

mod deadline;
pub(super) mod edge;
mod gateway;
mod gateways;
mod hop;
mod limit;
mod limits;
mod path;
mod principal;
mod routing;
mod scheme;
mod token;

use std::{
    borrow::Cow,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use hyper::{Request, Response, body::Incoming};
use serde_json::{Map, Value};

pub use self::edge::rules::ConfigurationError;
use self::{
    edge::Edges,
    gateway::Gateway,
    gateways::Gateways,
    limits::Limits,
    path::climbs,
    routing::{History, Routing, Viewer},
    token::{Keyring, Verifier},
};
pub(super) use self::{edge::Folders, scheme::Scheme};
use super::{
    host::{authority_of, name_of},
    reply::Body,
    traffic::Trace,
};
use crate::{
    ambient::Ambient,
    provider::{
        emulated::{EmulatedSite, HopPlace},
        json::Everything,
    },
};

/// Answers requests as the platform that the model describes.
pub(super) struct DataPlane {
    history: Arc<History>,
    limits: Limits,
    gateways: Arc<Gateways>,
    edges: Edges,
    /// The delay of the sites' edges behind the model, in milliseconds.
    edge_delay: Arc<AtomicU64>,
}

/// The options with which the data plane starts.
pub(super) struct DataOptions {
    /// The directories that are served as sites' content, with their rules.
    pub(super) content: Folders,
    /// The scheme of its addresses.
    pub(super) scheme: Scheme,
    /// The port at which it is called.
    pub(super) data_port: u16,
    /// The delay of gateways behind the model, in milliseconds.
    pub(super) gateway_delay: Arc<AtomicU64>,
    /// The delay of the sites' edges behind the model, in milliseconds.
    pub(super) edge_delay: Arc<AtomicU64>,
    /// The source of time and randomness.
    pub(super) ambient: Arc<dyn Ambient>,
}

impl DataPlane {
    /// Creates a data plane; a model must still be published. The key pair is generated in the background, and a
    /// request that needs it waits until it exists.
    pub(super) fn new(options: DataOptions) -> Self {
        let keyring = Keyring::generate(Arc::clone(&options.ambient));
        Self::with_keyring(options, keyring)
    }

    fn with_keyring(options: DataOptions, keyring: Keyring) -> Self {
        limits::warn(&options.content.limits());
        let history = Arc::new(History::default());
        let gateway = Gateway::new(Verifier::new(keyring.clone()));
        let gateways = Arc::new(Gateways::new(gateway, Arc::clone(&history), options.gateway_delay));
        let edges = Edges {
            folders: options.content,
            keyring,
            gateways: Arc::clone(&gateways),
            scheme: options.scheme,
            port: options.data_port,
            ambient: options.ambient,
        };
        Self { history, limits: Limits::default(), gateways, edges, edge_delay: options.edge_delay }
    }

    /// Replaces the current model.
    pub(super) fn publish(&self, model: Arc<Everything>) {
        limits::warn(&self.limits.note(&model));
        self.history.publish(model, self.edge_delay().max(self.gateways.delay()));
    }

    /// Returns the features that are not carried out: policy elements, rules of `staticwebapp.config.json`, and the
    /// uses of both.
    pub(super) fn limits(&self) -> Map<String, Value> {
        limits::report(&self.limits.all(), &edge::NOT_CARRIED_OUT, &self.edges.folders.limits())
    }

    /// Answers a request of `peer` as the site or the gateway at the host that the request names, and reports each
    /// decision to `trace`.
    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        trace: Trace<'_>,
    ) -> Response<Body> {
        let malformed = |problem: String| {
            trace.refused(HopPlace::Edge, || problem.clone());
            edge::bad_request(problem)
        };
        let authority = match authority_of(request.headers(), request.uri()) {
            Ok(authority) => authority,
            Err(problem) => return malformed(problem.to_string()),
        };
        if climbs(request.uri().path()) {
            return malformed("The path of the request leaves the site.".to_owned());
        }
        let (host, scheme) = (lower(name_of(&authority)), self.edges.scheme);
        let sites = self.history.behind_by(Viewer::Edge, self.edge_delay(), Routing::of);
        if let Some(site) = sites.as_ref().and_then(|routing| routing.site(&host)) {
            let called = edge::Called { scheme, authority: &authority, peer, trace };
            return edge::answer(&self.edges, site, request, called).await;
        }
        let gateways = self.gateways.routing();
        let Some(service) = gateways.as_ref().and_then(|routing| routing.gateway(&host)) else {
            trace.refused(HopPlace::Edge, || format!("no site and no gateway has the host `{host}`"));
            return edge::not_found();
        };
        let now = self.edges.ambient.now().as_second();
        self.gateways.answer(service, request, gateway::Called { scheme, host: &host, now, trace }).await
    }

    /// Returns the sites that are served now, by name.
    pub(super) fn sites(&self) -> Vec<EmulatedSite> {
        let routing = self.history.behind_by(Viewer::Edge, self.edge_delay(), Routing::of);
        routing.map(|routing| routing.all_sites()).unwrap_or_default()
    }

    fn edge_delay(&self) -> Duration {
        Duration::from_millis(self.edge_delay.load(Relaxed))
    }
}

fn lower(host: &str) -> Cow<'_, str> {
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return host.to_ascii_lowercase().into();
    }
    host.into()
}

#[cfg(test)]
mod tests;
