//! The HTTP clients: one for Resource Manager, one for gateways, and one for authorities that issue tokens.

use std::{sync::Arc, time::Duration};

use reqwest::{Client, ClientBuilder, redirect::Policy};
use rustls::{ClientConfig, RootCertStore, crypto::ring};

use super::{ArmError, Endpoint, Transport, reach::Surroundings};

/// How long a connection may take to be made, its TLS included.
const CONNECTING: Duration = Duration::from_secs(10);
/// How long a gateway or an authority may take to answer.
const ANSWERING: Duration = Duration::from_secs(10);
/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_secs(90);

pub(super) struct Clients {
    pub(super) arm: Arc<dyn Transport>,
    /// Makes a new connection for each request, so that each may reach another of a gateway's nodes.
    pub(super) gateway: Arc<dyn Transport>,
}

impl Clients {
    pub(super) fn new(endpoint: &Endpoint, surroundings: Surroundings) -> Result<Self, ArmError> {
        let build =
            |builder: ClientBuilder| builder.build().map_err(|error| surroundings.no_certificates(&error));
        // If there is one already, it is the same.
        let _ = ring::default_provider().install_default();
        let local = endpoint.is_loopback() && endpoint.base().scheme() == "http";
        let arm = if local { base().no_proxy().tls_backend_preconfigured(no_tls()) } else { base() };
        let arm = build(arm)?;
        let gateway = build(others(local).timeout(ANSWERING).pool_max_idle_per_host(0))?;
        Ok(Self { arm: Arc::new(arm), gateway: Arc::new(gateway) })
    }
}

/// What asks authorities for tokens. They are never of this machine alone, wherever Resource Manager is.
pub(super) fn for_tokens() -> reqwest::Result<Client> {
    base().timeout(ANSWERING).build()
}

fn others(local: bool) -> ClientBuilder {
    if local { base().no_proxy() } else { base() }
}

fn base() -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("swa-apim/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECTING)
        .pool_idle_timeout(IDLE)
        .tcp_nodelay(true)
        .redirect(Policy::none())
        .referer(false)
}

/// A configuration that trusts nobody, for addresses that need none: reading the system's certificates
/// takes longer than a whole command against this machine.
fn no_tls() -> ClientConfig {
    ClientConfig::builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth()
}
