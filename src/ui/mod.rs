//! The page: links, services and their changes in a browser, over the same use cases as the commands.
//!
//! A page shows what a use case of [`workflow`](crate::workflow) returns, and a form starts one. Nothing here decides
//! what a change means. Every change needs a [`WriteAccess`], which the command line grants.
//! A page that is opened read-only has none, and no module of the page can create one.

mod access;
mod changes;
mod desk;
mod emulated;
mod jobs;
mod kept;
mod list;
mod listen;
mod mark;
mod news;
mod office;
mod pages;
mod plans;
mod problem;
mod route;
mod site;
mod subject;

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

use tokio::net::TcpListener;

pub use self::listen::PageLimits;
use self::{
    access::Access, changes::Changes, desk::Desk, emulated::Emulated, jobs::Jobs, kept::Need, plans::Plans,
    site::Site,
};
use crate::{
    ambient::Ambient,
    diagnosis::{Diagnose, Diagnosis, ExitCode, ListenError},
    engine::Grace,
    workflow::{
        MissingSample, WorkspaceOptions, WriteAccess,
        emulated::{EmulatorControls, EmulatorRoutes, EmulatorView},
    },
};

/// Whether the page may change links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// It shows links, plans changes and applies them.
    Change(WriteAccess),
    /// It only shows links: it has no form, no address that changes something, and no permission that a change needs.
    ReadOnly,
}

/// Which addresses the page may be served on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Only addresses of this machine.
    ThisMachine,
    /// Any address; requests must then name an IP address or this machine.
    Network,
}

/// The options of a page.
#[derive(Clone, Debug)]
pub struct PageOptions {
    /// The address to listen on; port 0 selects a free port.
    pub listen: SocketAddr,
    /// Which addresses are allowed.
    pub reach: Reach,
    /// Whether the page may change links.
    pub permission: Permission,
    /// How long a change waits in Azure for what cannot be observed.
    pub grace: Grace,
    /// The directory in which the configuration is searched for.
    pub folder: PathBuf,
    /// The options of each workspace that the page opens.
    pub workspace: WorkspaceOptions,
    /// The limits of clients.
    pub limits: PageLimits,
    /// The emulator beside which the page is served. Without one, the page searches the configuration for an endpoint
    /// on this machine.
    pub emulator: Option<Arc<dyn EmulatorRoutes>>,
}

/// Why a page does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// An address that other machines could reach.
    #[error("other machines can reach `{0}`")]
    NotLoopback(SocketAddr),
    /// An address on which the page cannot listen.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The operating system provides no thread.
    #[error("could not start a thread")]
    Thread(#[source] io::Error),
}

impl Diagnose for PageError {
    fn diagnosis(&self) -> Diagnosis {
        match self {
            Self::NotLoopback(_) => Diagnosis::new(ExitCode::Usage).hint("listen on 127.0.0.1"),
            Self::Listen(error) => error.diagnosis(),
            Self::Thread(_) => Diagnosis::new(ExitCode::Unexpected),
        }
    }
}

/// A page that listens, and is not served yet.
#[derive(Debug)]
pub struct Page {
    listener: TcpListener,
    site: Site,
    changes: Option<Changes>,
    limits: PageLimits,
    address: String,
}

impl Page {
    /// Starts to listen.
    ///
    /// # Errors
    ///
    /// [`PageError`]; nothing listens then.
    pub async fn start(options: PageOptions) -> Result<Self, PageError> {
        let PageOptions { listen, reach, permission, grace, folder, mut workspace, limits, emulator } =
            options;
        if reach == Reach::ThisMachine && !listen.ip().is_loopback() {
            return Err(PageError::NotLoopback(listen));
        }
        let failed = |source| ListenError { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let local = listener.local_addr().map_err(failed)?;
        let ambient: Arc<dyn Ambient> = Arc::clone(&workspace.ambient);
        let (access, token) = Access::new(local, reach, ambient.as_ref());
        if permission == Permission::ReadOnly {
            workspace.missing_sample = MissingSample::InMemory;
        }
        let emulator = emulator.or_else(|| office::emulator_of(&folder, &workspace));
        let desk = Desk::open(folder, workspace).map_err(PageError::Thread)?;
        let changes = match permission {
            Permission::ReadOnly => None,
            Permission::Change(access) => Some(Changes {
                access,
                plans: Arc::new(Plans::new(Arc::clone(&ambient))),
                form: Arc::from(ambient.unguessable().simple().to_string()),
                grace,
                emulator: emulator.clone().map(|routes| EmulatorControls::new(routes, access)),
            }),
        };
        let emulated = emulator.map(|routes| Emulated::new(EmulatorView::new(routes), desk.clone()));
        let (access, jobs) = (Arc::new(access), Arc::new(Jobs::new(ambient)));
        // The first page of models finds its answer ready: reading them takes less time than opening a browser.
        if desk.is_local().await {
            let _ = desk.links(Need::Page).await;
        }
        let site = Site { desk, access, jobs, emulated };
        Ok(Self { listener, site, changes, limits, address: format!("http://{local}/?token={token}") })
    }

    /// The address to open, with the token that is valid once.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Serves the page until `stop` completes.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        // Azure is read while the browser is opened. If it cannot be read, the page tells why.
        let desk = self.site.desk.clone();
        let early = tokio::spawn(async move { desk.links(Need::Page).await.map(drop) });
        let router = route::router(self.site, self.changes, self.limits.form);
        tokio::select! {
            () = stop => {}
            () = listen::serve(self.listener, router, self.limits) => {}
        }
        early.abort();
    }
}
