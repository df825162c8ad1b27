//! The emulator: Azure Resource Manager's HTTP API over the JSON model, and the data plane that serves requests, with
//! the edges of sites and the gateways.

mod control;
mod data;
mod front;
#[doc(hidden)]
pub mod fuzzing;
mod host;
mod listen;
mod pause;
mod reply;
mod store;
mod sync;
mod traffic;

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::watch};
use tokio_rustls::TlsAcceptor;

use self::{
    control::ResourceManager,
    data::{DataOptions, DataPlane, Folders, Scheme},
    front::{
        OnControl, OnData, Server, access::Tokens, guard::Guard, log::RequestLog, own_routes::InProcess,
        switches::Switchboard, throttle::Throttle,
    },
    listen::tls,
    store::{Store, Writer},
    traffic::TrafficLog,
};
pub use self::{
    control::{Ending, LinkProvisioning, Shape, UnknownChoice},
    data::ConfigurationError,
    front::{
        admin::Admin,
        fault::{EmulatedPlane, FaultEffect, InjectedFault, InvalidFault},
        guard::Remote,
        log::{LineWriter, LogFormat},
        switches::Switches,
        throttle::{Bucket, Throttling},
    },
    listen::tls::{TlsError, TlsOptions},
    traffic::Recorded,
};
use crate::{
    ambient::Ambient,
    diagnosis::{Diagnose, Diagnosis, ExitCode, ListenError},
    provider::{
        emulated::EmulatorRoutes,
        json::{JsonControlPlane, ModelError},
    },
};

/// The options of an emulator.
pub struct EmulatorOptions {
    /// The file of the model, which must exist.
    pub model: PathBuf,
    /// How long a write waits for other processes that hold the model's lock.
    pub lock_wait: Duration,
    /// The address of the control plane; port 0 selects a free port.
    pub control: SocketAddr,
    /// The address of the data plane; port 0 selects a free port.
    pub data: SocketAddr,
    /// Whether other machines can reach the emulator.
    pub remote: Remote,
    /// Host names that the control plane answers to, in addition to this machine's own.
    pub names: Vec<String>,
    /// The only token that is accepted; the default is any token.
    pub token: Option<String>,
    /// Whether the switches can be changed while it runs.
    pub admin: Admin,
    /// Whether the requests of the data plane are recorded.
    pub traffic: Recorded,
    /// The maximum number of open connections, for each of the two listeners.
    pub connections: usize,
    /// The directories that are served as sites' content, by the sites' names.
    pub content: Vec<(String, PathBuf)>,
    /// Whether clients speak TLS.
    pub tls: TlsOptions,
    /// The initial switches.
    pub switches: Switches,
    /// The format of the request log.
    pub log: LogFormat,
    /// Writes the lines of the request log.
    pub write: LineWriter,
    /// The source of time and randomness.
    pub ambient: Arc<dyn Ambient>,
}

/// Why an emulator does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmulatorError {
    /// The model cannot be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// An address that other machines could reach.
    #[error("{0} can be reached by other machines")]
    NotLoopback(SocketAddr),
    /// An address on which the emulator cannot listen.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The configuration of a site cannot be used.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// The certificate cannot be used.
    #[error("could not set up TLS")]
    Tls(#[from] TlsError),
}

impl Diagnose for EmulatorError {
    fn diagnosis(&self) -> Diagnosis {
        match self {
            Self::Model(error) => error.diagnosis(),
            Self::NotLoopback(_) => Diagnosis::new(ExitCode::Usage).hint(
                "listen on 127.0.0.1, or add `--allow-remote`: then every client that can reach the emulator \
                 can read all keys",
            ),
            Self::Listen(error) => error.diagnosis(),
            Self::Configuration(_) => Diagnosis::new(ExitCode::Usage).hint(
                "correct the file (the format is described at https://aka.ms/swa/config-schema), or delete \
                 it",
            ),
            Self::Tls(_) => Diagnosis::new(ExitCode::Usage)
                .hint("specify PEM files with `--tls-cert` and `--tls-key`, or use only `--tls`"),
        }
    }
}

/// An emulator whose listeners are open.
pub struct Emulator {
    control: (TcpListener, SocketAddr),
    data: (TcpListener, SocketAddr),
    tls: Option<TlsAcceptor>,
    server: Arc<Server>,
    writer: Writer,
    connections: usize,
}

impl Emulator {
    /// Opens the model and both listeners. From then on clients can connect; [`run`](Self::run) answers them.
    ///
    /// # Errors
    ///
    /// [`EmulatorError`]; no listener is open then.
    pub async fn start(options: EmulatorOptions) -> Result<Self, EmulatorError> {
        let content = Folders::load(options.content.clone())?;
        let tls = tls::acceptor(&options.tls, names(&options)?)?;
        let control = bound(options.control, options.remote).await?;
        let data = bound(options.data, options.remote).await?;
        let board = Arc::new(Switchboard::new(options.switches));
        let (scheme, of_data) = if tls.is_some() { ("https", Scheme::Https) } else { ("http", Scheme::Http) };
        let plane = Arc::new(DataPlane::new(DataOptions {
            content,
            scheme: of_data,
            data_port: data.1.port(),
            gateway_delay: Arc::clone(&board.gateway_delay),
            edge_delay: Arc::clone(&board.edge_delay),
            ambient: Arc::clone(&options.ambient),
        }));
        let told = Arc::clone(&plane);
        let publish = Box::new(move |view| told.publish(view));
        let (store, writer) = Store::open(&options.model, options.lock_wait, &options.ambient, publish)?;
        for resource_type in control::types_not_emulated(&store.current().resources().unwrap_or_default()) {
            tracing::warn!(
                "the model contains resources of the type `{resource_type}`, which the emulator does not \
                 implement"
            );
        }
        let is_recorded = options.traffic == Recorded::Always || options.admin == Admin::Open;
        let ambient = options.ambient;
        let server = Arc::new(Server {
            control: Arc::new(ResourceManager::new(store.clone(), Arc::clone(&ambient))),
            data: plane,
            store,
            board,
            journal: RequestLog::new(options.log, options.write),
            guard: Guard::new(options.names, options.remote),
            tokens: Tokens::new(options.token),
            throttle: Throttle::default(),
            admin: options.admin,
            traffic: is_recorded.then(|| Arc::new(TrafficLog::new())),
            scheme,
            ambient,
        });
        Ok(Self { control, data, tls, server, writer, connections: options.connections })
    }

    /// Returns the address of the control plane.
    #[must_use]
    pub fn control_plane(&self) -> String {
        format!("{}://{}", self.server.scheme, self.control.1)
    }

    /// Returns the address of the data plane.
    #[must_use]
    pub fn data_plane(&self) -> String {
        format!("{}://{}", self.server.scheme, self.data.1)
    }

    /// Returns the emulator's own routes, for callers in the same process. They work until the emulator ends.
    #[must_use]
    pub fn own_routes(&self) -> Arc<dyn EmulatorRoutes> {
        Arc::new(InProcess::new(&self.server))
    }

    /// Answers requests until `stop` completes. Running requests are finished, and accepted changes are durable.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { control, data, tls, server, writer, connections } = self;
        let (told, stopping) = watch::channel(false);
        let background = Arc::clone(&server.control);
        let traffic = server.traffic.clone();
        let on_control = OnControl(Arc::clone(&server));
        let serving = async {
            tokio::join!(
                listen::serve(control.0, tls.clone(), on_control, connections, stopping.clone()),
                listen::serve(data.0, tls, OnData(server), connections, stopping),
            )
        };
        let telling = async {
            stop.await;
            // There is no receiver if both planes have already stopped.
            let _ = told.send(true);
            if let Some(traffic) = traffic {
                traffic.stop();
            }
            background.stop();
        };
        tokio::join!(serving, telling);
        // The last requests may have started background operations.
        background.stop();
        drop(background);
        writer.finish().await;
    }
}

/// Returns the names that a new certificate must cover.
fn names(options: &EmulatorOptions) -> Result<Vec<String>, EmulatorError> {
    let TlsOptions::Generated { .. } = &options.tls else { return Ok(Vec::new()) };
    let model = JsonControlPlane::open(&options.model, options.lock_wait, Arc::clone(&options.ambient))?;
    Ok(model.resources().map(|resources| tls::names(&resources)).unwrap_or_default())
}

async fn bound(address: SocketAddr, remote: Remote) -> Result<(TcpListener, SocketAddr), EmulatorError> {
    if !Guard::may_listen(remote, &address) {
        return Err(EmulatorError::NotLoopback(address));
    }
    let failed = |source| ListenError { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}
