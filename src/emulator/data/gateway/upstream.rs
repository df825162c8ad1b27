//! The backends of APIs, and the connections to them.
#![warn(clippy::arithmetic_side_effects)]

use std::{
    io,
    sync::{Arc, OnceLock},
    time::Duration,
};

use hyper::{
    Request, Response, Uri,
    body::Incoming,
    header::{HOST, HeaderValue},
    http::uri::{Authority, Parts, PathAndQuery, Scheme},
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use rustls::crypto::ring;

/// The time limit for opening a connection.
const CONNECTING: Duration = Duration::from_secs(10);
/// The time for which an unused connection is kept.
const IDLE: Duration = Duration::from_secs(30);
/// The maximum number of unused connections to one host.
const MOST_IDLE: usize = 256;

/// A parsed `serviceUrl` of an API.
pub(super) struct Upstream {
    scheme: Scheme,
    authority: Authority,
    host: HeaderValue,
    /// The base path, without a trailing slash.
    base: String,
}

/// HTTP clients for plain and for encrypted connections, each with a connection pool.
pub(super) struct Clients {
    plain: Client<HttpConnector, Incoming>,
    /// Created when it is first needed, because it reads the system's certificates.
    encrypted: OnceLock<Client<HttpsConnector<HttpConnector>, Incoming>>,
}

impl Upstream {
    /// Parses an address; `None` if a gateway cannot call it.
    pub(super) fn parse(url: &str) -> Option<Self> {
        let parts = Uri::try_from(url).ok()?.into_parts();
        let scheme = parts.scheme.filter(|scheme| [Scheme::HTTP, Scheme::HTTPS].contains(scheme))?;
        let authority = parts.authority?;
        let host = HeaderValue::from_str(without_user(authority.as_str())).ok()?;
        let path = parts.path_and_query.as_ref().map_or("", PathAndQuery::path);
        let base = path.trim_end_matches('/').to_owned();
        Some(Self { scheme, authority, host, base })
    }

    /// Addresses a request to `rest` below the upstream's base path.
    pub(super) fn address(&self, request: &mut Request<Incoming>, rest: &str) -> io::Result<()> {
        let query = request.uri().query();
        let mut target = String::new();
        target.push_str(&self.base);
        if !rest.starts_with('/') {
            target.push('/');
        }
        target.push_str(rest);
        if let Some(query) = query {
            target.push('?');
            target.push_str(query);
        }
        let mut parts = Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query =
            Some(PathAndQuery::from_maybe_shared(bytes::Bytes::from(target)).map_err(io::Error::other)?);
        *request.uri_mut() = Uri::from_parts(parts).map_err(io::Error::other)?;
        request.headers_mut().insert(HOST, self.host.clone());
        Ok(())
    }
}

impl Clients {
    pub(super) fn new() -> Self {
        let mut plain = HttpConnector::new();
        plain.set_nodelay(true);
        plain.set_connect_timeout(Some(CONNECTING));
        Self { plain: builder().build(plain), encrypted: OnceLock::new() }
    }

    /// Sends a request to the host of its address, and returns when the head of the answer arrives.
    pub(super) async fn send(&self, request: Request<Incoming>) -> io::Result<Response<Incoming>> {
        if request.uri().scheme() == Some(&Scheme::HTTP) {
            return self.plain.request(request).await.map_err(io::Error::other);
        }
        self.encrypted()?.request(request).await.map_err(io::Error::other)
    }

    fn encrypted(&self) -> io::Result<&Client<HttpsConnector<HttpConnector>, Incoming>> {
        if let Some(client) = self.encrypted.get() {
            return Ok(client);
        }
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECTING));
        tcp.enforce_http(false);
        let https = HttpsConnectorBuilder::new()
            .with_provider_and_platform_verifier(Arc::new(ring::default_provider()))?
            .https_only()
            .enable_http1()
            .wrap_connector(tcp);
        Ok(self.encrypted.get_or_init(|| builder().build(https)))
    }
}

fn builder() -> hyper_util::client::legacy::Builder {
    let mut builder = Client::builder(TokioExecutor::new());
    builder
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(MOST_IDLE)
        .pool_timer(TokioTimer::new())
        .set_host(false);
    builder
}

/// Returns the address of a request for a reader: without a user name, a password and parameters.
pub(super) fn shown(uri: &Uri) -> String {
    let authority = uri.authority().map(|authority| without_user(authority.as_str())).unwrap_or_default();
    format!("{}://{authority}{}", uri.scheme_str().unwrap_or_default(), uri.path())
}

fn without_user(authority: &str) -> &str {
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}
