//! The data plane: the edges of sites and the gateways of services, told apart by `Host`.

mod content;
mod edge;
mod gateway;
mod history;
mod hop;
mod limits;
mod table;
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

use http_body_util::BodyExt;
use hyper::{Request, Response, body::Incoming};
use serde_json::{Map, Value};

pub use self::edge::ConfigurationError;
pub(super) use self::edge::{Folders, fuzz as fuzz_rules};
use self::{
    gateway::Gateway,
    history::{History, Routing, Viewer},
    limits::Limits,
    token::{Keyring, Verifier},
};
use super::{
    body::Body,
    host::{self, authority_of},
    view::ModelView,
};
use crate::ambient::Ambient;

/// Answers requests as the platform does that the model describes.
pub(super) struct DataPlane {
    history: History,
    limits: Limits,
    gateway: Gateway,
    folders: Folders,
    keyring: Keyring,
    scheme: Scheme,
    data_port: u16,
    gateway_delay: Arc<AtomicU64>,
    edge_delay: Arc<AtomicU64>,
    ambient: Arc<dyn Ambient>,
}

/// What the data plane is told when it begins.
pub(super) struct DataOptions {
    /// The folders that are served as sites' content, with their rules.
    pub(super) content: Folders,
    /// How it is called.
    pub(super) scheme: Scheme,
    /// The port at which it is called.
    pub(super) data_port: u16,
    /// How many milliseconds gateways are behind the model.
    pub(super) gateway_delay: Arc<AtomicU64>,
    /// How many milliseconds the edges of sites are behind the model.
    pub(super) edge_delay: Arc<AtomicU64>,
    /// The time and chance.
    pub(super) ambient: Arc<dyn Ambient>,
}

/// By which scheme something is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// `http`.
    Http,
    /// `https`.
    Https,
}

impl Scheme {
    /// The scheme as it stands in a URL.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl DataPlane {
    /// A data plane for a model that is still to be published. Its key pair is made in the background; a
    /// request that needs it before it is there waits.
    pub(super) fn new(options: DataOptions) -> Self {
        let keyring = Keyring::generate(Arc::clone(&options.ambient));
        Self::with_keyring(options, keyring)
    }

    fn with_keyring(options: DataOptions, keyring: Keyring) -> Self {
        limits::warn(&options.content.limits());
        Self {
            history: History::default(),
            limits: Limits::default(),
            gateway: Gateway::new(Verifier::new(keyring.clone())),
            folders: options.content,
            keyring,
            scheme: options.scheme,
            data_port: options.data_port,
            gateway_delay: options.gateway_delay,
            edge_delay: options.edge_delay,
            ambient: options.ambient,
        }
    }

    /// Tells it what the model is from now on.
    pub(super) fn publish(&self, model: ModelView) {
        limits::warn(&self.limits.note(&model));
        self.history.publish(model, delay(&self.gateway_delay).max(delay(&self.edge_delay)));
    }

    /// What is not carried out: policy elements, rules of `staticwebapp.config.json`, and what of both is in use.
    pub(super) fn limits(&self) -> Map<String, Value> {
        limits::report(&self.limits.all(), &edge::NOT_CARRIED_OUT, &self.folders.limits())
    }

    /// Answers a request of `peer` as whoever is at the host that it names.
    pub(super) async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Response<Body> {
        let authority = match authority_of(request.headers(), request.uri()) {
            Ok(authority) => authority,
            Err(problem) => return edge::bad_request(problem.to_string()),
        };
        if climbs(request.uri().path()) {
            return edge::bad_request("The request's path leads out of the site.");
        }
        let host = lower(host_of(&authority));
        let sites = self.history.behind_by(Viewer::Edge, delay(&self.edge_delay));
        if let Some(site) = sites.as_ref().and_then(|routing| routing.site(&host)) {
            let called = edge::Called { scheme: self.scheme, authority: &authority, peer };
            return edge::answer(self, site, request, called).await;
        }
        let gateways = self.gateway_routing();
        let Some(service) = gateways.as_ref().and_then(|routing| routing.gateway(&host)) else {
            return edge::not_found();
        };
        let now = self.ambient.now().as_second();
        let called = gateway::Called { scheme: self.scheme, host: &host, now };
        self.gateway.answer(service, request, called).await.map(BodyExt::boxed_unsync)
    }

    /// What gateways go by now.
    fn gateway_routing(&self) -> Option<Arc<Routing>> {
        self.history.behind_by(Viewer::Gateway, delay(&self.gateway_delay))
    }
}

fn delay(milliseconds: &AtomicU64) -> Duration {
    Duration::from_millis(milliseconds.load(Relaxed))
}

/// A host without its port, and without the dot that may end it.
pub(super) fn host_of(authority: &str) -> &str {
    let host = host::host_of(authority).unwrap_or(authority);
    host.strip_suffix('.').unwrap_or(host)
}

fn lower(host: &str) -> Cow<'_, str> {
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return host.to_ascii_lowercase().into();
    }
    host.into()
}

/// Whether a segment of a path is one or two dots, as they are or encoded.
fn climbs(path: &str) -> bool {
    let is_dots = |segment: &str| {
        let dots = percent_encoding::percent_decode_str(segment);
        dots.clone().all(|byte| byte == b'.') && (1..=2).contains(&dots.count())
    };
    path.split('/').any(|segment| segment.starts_with(['.', '%']) && is_dots(segment))
}

#[cfg(test)]
mod tests;
