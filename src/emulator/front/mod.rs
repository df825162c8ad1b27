//! Handles a request from its arrival to its answer: access checks, injected faults and the request log.
#![warn(clippy::arithmetic_side_effects)]

pub(super) mod access;
pub(super) mod admin;
pub(super) mod fault;
pub(super) mod guard;
mod identity;
pub(super) mod log;
pub(super) mod own_routes;
mod site_call;
pub(super) mod switches;
pub(super) mod throttle;

use std::{net::SocketAddr, panic::AssertUnwindSafe, sync::Arc};

use bytes::Bytes;
use futures_util::FutureExt as _;
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::Incoming,
    header::{HOST, HeaderName, HeaderValue},
    http::{request::Parts, uri::Authority},
};
use tokio::time::Instant;

use self::{
    access::Tokens,
    admin::Admin,
    fault::{EmulatedPlane, FaultEffect},
    guard::Guard,
    log::{Entry, RequestLog},
    switches::Switchboard,
    throttle::Throttle,
};
use super::{
    control::{self, Arrived, Asked, ResourceManager},
    data::DataPlane,
    listen::{
        Handler,
        body::{self, Unread},
    },
    pause::pause,
    reply::{self, Body, Reply},
    store::Store,
    traffic::{Recording, Trace, TrafficLog},
};
use crate::{ambient::Ambient, provider::emulated::HopPlace};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-request-id");
const CORRELATION_ID: HeaderName = HeaderName::from_static("x-ms-correlation-request-id");
const ROUTING_ID: HeaderName = HeaderName::from_static("x-ms-routing-request-id");
const CLIENT_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");
const RETURN_CLIENT_ID: HeaderName = HeaderName::from_static("x-ms-return-client-request-id");

/// Both planes and their shared state.
pub(super) struct Server {
    pub(super) control: Arc<ResourceManager>,
    pub(super) data: Arc<DataPlane>,
    pub(super) store: Store,
    pub(super) board: Arc<Switchboard>,
    pub(super) journal: RequestLog,
    pub(super) guard: Guard,
    pub(super) tokens: Tokens,
    pub(super) throttle: Throttle,
    pub(super) admin: Admin,
    /// The traffic of the data plane, if it is recorded.
    pub(super) traffic: Option<Arc<TrafficLog>>,
    /// `http` or `https`.
    pub(super) scheme: &'static str,
    pub(super) ambient: Arc<dyn Ambient>,
}

/// The handler of the control plane's port.
#[derive(Clone)]
pub(super) struct OnControl(pub(super) Arc<Server>);

/// The handler of the data plane's port.
#[derive(Clone)]
pub(super) struct OnData(pub(super) Arc<Server>);

impl Handler for OnControl {
    async fn handle(&self, request: Request<Incoming>, peer: SocketAddr) -> Option<Response<Body>> {
        let (server, begun) = (&*self.0, Begun::of(&request, EmulatedPlane::Control, &*self.0.ambient));
        let (parts, body) = request.into_parts();
        let answered = AssertUnwindSafe(server.on_control(&parts, body, peer)).catch_unwind().await;
        let reply = answered.unwrap_or_else(|_| Some(Reply::internal_error()));
        let response = reply.map(|reply| identified(reply.into_response(), &parts.headers, &begun));
        server.tell(begun, response.as_ref());
        response
    }
}

impl Handler for OnData {
    async fn handle(&self, request: Request<Incoming>, peer: SocketAddr) -> Option<Response<Body>> {
        let server = &*self.0;
        let recording = server.record(&request);
        server.answer_data(request, peer, recording).await
    }
}

impl Server {
    /// Begins to record a request to the data plane, if the traffic is recorded.
    fn record<B>(&self, request: &Request<B>) -> Option<Recording> {
        let log = self.traffic.as_ref()?;
        let (time, host) = (time_of(&*self.ambient), host_of(request));
        Some(log.begin(time, request.method(), host, request.uri().path()))
    }

    /// Answers a request to the data plane, and records it in both logs.
    async fn answer_data(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        recording: Option<Recording>,
    ) -> Option<Response<Body>> {
        let begun = self.is_watched().then(|| Begun::of(&request, EmulatedPlane::Data, &*self.ambient));
        let trace = Trace::of(recording.as_ref());
        let answered = AssertUnwindSafe(self.on_data(request, peer, trace)).catch_unwind().await;
        let response = answered.unwrap_or_else(|_| {
            let mut response = Response::new(reply::full("Internal server error"));
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            Some(response)
        });
        if let Some(begun) = begun {
            self.tell(begun, response.as_ref());
        }
        if let (Some(recording), Some(response)) = (recording, &response) {
            recording.answered(response.status().as_u16());
        }
        response
    }

    async fn on_control(&self, parts: &Parts, body: Incoming, peer: SocketAddr) -> Option<Reply> {
        let authority = match self.guard.check(&parts.headers, &parts.uri) {
            Ok(authority) => authority,
            Err(refusal) => return Some(refusal),
        };
        let path = parts.uri.path();
        if path == admin::LIMITS && parts.method == Method::GET {
            return Some(admin::limits(self.data.limits(), peer));
        }
        if path.starts_with(admin::ROUTES) {
            return Some(self.administer(parts, body, peer).await);
        }
        let effect = self.board.strike(EmulatedPlane::Control, parts.method.as_str(), path, &*self.ambient);
        if let Some(struck) = effect.filter(|effect| *effect != FaultEffect::Lost) {
            return struck_down(struck).await;
        }
        pause(self.board.now().latency_ms).await;
        let reply = match body::read(body).await {
            Ok(body) => {
                let base = format!("{}://{authority}", self.scheme);
                self.let_in(parts, body, base).await.unwrap_or_else(|refusal| refusal)
            }
            Err(Unread::TooLong) => admin::too_long(),
            Err(Unread::Slow) => {
                let message = "The request did not arrive in time.";
                Reply::arm(StatusCode::REQUEST_TIMEOUT, "RequestTimeout", message)
            }
            Err(Unread::CutOff) => return None,
        };
        effect.is_none().then_some(reply)
    }

    /// Answers a request to Resource Manager, or returns the refusal.
    async fn let_in(&self, parts: &Parts, body: Bytes, base: String) -> Result<Reply, Reply> {
        let asked = Asked::of(&parts.uri)?;
        self.tokens.admit(&asked, &parts.headers, &*self.ambient)?;
        let limits = self.board.now().throttling;
        let left = limits.map(|limits| self.throttle.take(&limits, &parts.method)).transpose()?;
        let is_counted = asked.is_in_an_azure_subscription();
        let (method, headers) = (&parts.method, &parts.headers);
        let arrived = Arrived {
            method,
            headers,
            body,
            base,
            linking: self.board.linking(),
            log_delay: self.board.log_delay(),
        };
        let reply = control::answer(&self.control, asked, arrived).await;
        let counts =
            throttle::unlimited(method).into_iter().filter(|_| is_counted && reply.is_of_a_provider());
        let counts: Vec<(HeaderName, String)> = counts.collect();
        Ok(counts.into_iter().chain(left).fold(reply, |reply, (name, value)| reply.header(name, value)))
    }

    async fn administer(&self, parts: &Parts, body: Incoming, peer: SocketAddr) -> Reply {
        if self.admin == Admin::Closed || !peer.ip().is_loopback() {
            return admin::closed();
        }
        admin::answer(self, parts, body).await
    }

    async fn on_data(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        trace: Trace<'_>,
    ) -> Option<Response<Body>> {
        // Changes that another process has just written take effect at once.
        drop(self.store.current());
        let (method, path) = (request.method().as_str(), request.uri().path());
        let struck = self.board.strike(EmulatedPlane::Data, method, path, &*self.ambient);
        if let Some(effect) = struck {
            trace.failed(HopPlace::Fault, || format!("an injected fault: {}", effect.meaning()));
        }
        match struck {
            Some(FaultEffect::Lost) => {
                drop(self.data.answer(request, peer, trace).await);
                None
            }
            Some(struck) => struck_down(struck).await.map(Reply::into_response),
            None => Some(self.data.answer(request, peer, trace).await),
        }
    }

    /// Whether requests are logged or can be read through the admin routes.
    fn is_watched(&self) -> bool {
        self.journal.is_written() || self.admin != Admin::Closed
    }

    fn tell(&self, begun: Begun, response: Option<&Response<Body>>) {
        let mut entry = begun.entry;
        entry.status = response.map_or(0, |response| response.status().as_u16());
        entry.milliseconds = (begun.since.elapsed().as_secs_f64() * 10_000.0).round() / 10.0;
        self.journal.note(entry);
    }
}

/// A request that is being answered.
struct Begun {
    entry: Entry,
    since: Instant,
}

impl Begun {
    fn of(request: &Request<Incoming>, plane: EmulatedPlane, ambient: &dyn Ambient) -> Self {
        let entry = Entry {
            time: time_of(ambient),
            plane,
            method: request.method().to_string(),
            host: host_of(request).to_owned(),
            path: request.uri().path().to_owned(),
            status: 0,
            milliseconds: 0.0,
            request_id: ambient.unguessable().to_string(),
        };
        Self { entry, since: Instant::now() }
    }
}

fn time_of(ambient: &dyn Ambient) -> String {
    ambient.now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// The host that a request names, as the client wrote it.
fn host_of<B>(request: &Request<B>) -> &str {
    let named = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    request.uri().authority().map(Authority::as_str).or(named).unwrap_or_default()
}

/// Adds the ids by which users refer to a request.
fn identified(mut response: Response<Body>, asked: &HeaderMap, begun: &Begun) -> Response<Body> {
    let id = &begun.entry.request_id;
    let correlation = asked.get(&CORRELATION_ID).cloned();
    let routing = format!("EMULATOR:{}:{id}", begun.entry.time);
    let headers = response.headers_mut();
    for (name, value) in [(REQUEST_ID, id), (ROUTING_ID, &routing), (CORRELATION_ID, id)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    if let Some(correlation) = correlation {
        headers.insert(CORRELATION_ID, correlation);
    }
    let wants_own =
        asked.get(&RETURN_CLIENT_ID).is_some_and(|it| it.as_bytes().eq_ignore_ascii_case(b"true"));
    if let Some(client) = asked.get(&CLIENT_ID).filter(|_| wants_own) {
        headers.insert(CLIENT_ID, client.clone());
    }
    response
}

async fn struck_down(effect: FaultEffect) -> Option<Reply> {
    match effect {
        FaultEffect::Status(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let reason = status.canonical_reason().unwrap_or("Fault").replace([' ', '-'], "");
            let reply = Reply::arm(status, &reason, "A fault that was injected into the emulator.");
            let is_passing = matches!(status.as_u16(), 429 | 503);
            Some(if is_passing { reply.retry_after(1) } else { reply })
        }
        FaultEffect::Reset | FaultEffect::Lost => None,
        FaultEffect::Hang => std::future::pending().await,
        FaultEffect::Panic => panic!("a panic that was injected into the emulator"),
    }
}
