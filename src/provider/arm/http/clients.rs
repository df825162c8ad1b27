//! The HTTP clients: one for Resource Manager, one for gateways, and one for authorities that issue tokens.

use std::{sync::Arc, time::Duration};

use reqwest::{Certificate, Client, ClientBuilder, redirect::Policy};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

use super::reach::Surroundings;
use crate::{
    ambient,
    provider::arm::{ArmError, Endpoint, Transport},
};

/// How long a connection may take to be established, including TLS.
const CONNECTING: Duration = Duration::from_secs(10);
/// How long a gateway or an authority may take to answer.
const ANSWERING: Duration = Duration::from_secs(10);
/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(90);

#[derive(Clone)]
pub(crate) struct Clients {
    pub(crate) arm: Arc<dyn Transport>,
    /// Opens a new connection for each request, so that each may reach another node of a gateway.
    pub(crate) gateway: Arc<dyn Transport>,
}

/// The certificate authorities that servers are verified with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Authorities {
    /// Those that the operating system trusts, or that `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
    System,
    /// Mozilla's list at the time when the program was built.
    BuiltIn,
}

impl Clients {
    pub(crate) fn new(endpoint: &Endpoint, surroundings: Surroundings) -> Result<Self, ArmError> {
        let build = |base: &dyn Fn() -> ClientBuilder| {
            verifying(base, surroundings).map_err(|error| surroundings.no_certificates(&error))
        };
        // If a provider is installed, it is the same one.
        let _ = ring::default_provider().install_default();
        let local = endpoint.is_loopback() && endpoint.base().scheme() == "http";
        let (gateway, authorities) = build(&|| others(local).timeout(ANSWERING).pool_max_idle_per_host(0))?;
        if authorities == Authorities::BuiltIn {
            tracing::info!(
                "the operating system has no certificate authorities; servers are verified with the built-in \
                 ones"
            );
        }
        let (arm, _) = if local {
            build(&|| base().no_proxy().tls_backend_preconfigured(no_tls()))?
        } else {
            build(&base)?
        };
        Ok(Self { arm: Arc::new(arm), gateway: Arc::new(gateway) })
    }
}

/// Returns the client that requests tokens. Authorities are remote, even if Resource Manager is on this machine.
pub(crate) fn for_tokens() -> reqwest::Result<Client> {
    let surroundings = Surroundings { variables: ambient::variable };
    Ok(verifying(&|| base().timeout(ANSWERING), surroundings)?.0)
}

/// Builds a client. On a system without certificate authorities, such as an empty container, it uses the built-in ones,
/// unless an environment variable names a file or directory: the choice of the user is never replaced.
fn verifying(
    base: &dyn Fn() -> ClientBuilder,
    surroundings: Surroundings,
) -> reqwest::Result<(Client, Authorities)> {
    let error = match base().build() {
        Ok(client) => return Ok((client, Authorities::System)),
        Err(error) if surroundings.names_authorities() => return Err(error),
        Err(error) => error,
    };
    let built_in = TLS_SERVER_ROOT_CERTS.iter().map(|certificate| Certificate::from_der(certificate));
    let built_in = built_in.collect::<Result<Vec<_>, _>>()?;
    base().tls_certs_only(built_in).build().map_or(Err(error), |client| Ok((client, Authorities::BuiltIn)))
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

/// Returns a TLS configuration that trusts no certificate, for addresses that need none: reading the system's
/// certificates takes longer than a whole command against this machine.
fn no_tls() -> ClientConfig {
    ClientConfig::builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth()
}
