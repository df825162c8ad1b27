//! The thread that runs the use cases. A workspace stays on its thread, so the page sends it errands.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    future::Future,
    io,
    path::{Path, PathBuf},
    pin::Pin,
    rc::Rc,
    sync::Arc,
    thread,
    time::Duration,
};

use axum::http::StatusCode;
use tokio::{
    runtime::Builder,
    sync::{Mutex, mpsc, oneshot},
    task::{LocalSet, spawn_local},
    time::{Instant, timeout},
};

use crate::{
    config::{EnvSettings, Overrides, ProviderKind, Source, Sourced},
    diagnosis::{ExitCode, Render},
    engine::Previews,
    graph::Graph,
    report::{AuditReport, ErrorReport, LinkReport, StatusReport},
    workflow::{
        self, Deadline, Deaf, ExitDetail, Services, UsageError, Workspace, WorkspaceOptions,
        emulated::{self, EmulatorRoutes},
    },
};

/// How long an answer about Azure is used again, so that many windows cost as much as one.
const KEPT_AZURE: Duration = Duration::from_secs(5);
/// How long an answer about a model is used again.
const KEPT_MODEL: Duration = Duration::from_millis(200);
/// The time limit of one read.
const ONE_READ: Duration = Duration::from_secs(120);

type Errand = Box<dyn FnOnce(Rc<Office>) -> Pin<Box<dyn Future<Output = ()>>> + Send>;

/// Sends errands to the thread that runs the use cases.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    errands: mpsc::UnboundedSender<Errand>,
    /// Writes the commands that errors name.
    render: Render,
}

/// Why an errand failed.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) error: ErrorReport,
}

/// The links of the configuration, and the control planes that they are on.
#[derive(Clone, Debug)]
pub(super) struct Links {
    pub(super) report: StatusReport,
    pub(super) source: String,
    /// Whether a link is in Azure.
    pub(super) azure: bool,
}

/// What the errands work with.
pub(super) struct Office {
    folder: PathBuf,
    options: WorkspaceOptions,
    links: Kept<Links>,
    audit: Kept<AuditReport>,
    each: RefCell<BTreeMap<String, Rc<Kept<LinkReport>>>>,
}

/// An answer that is used again for a while. Concurrent callers wait for one answer.
struct Kept<T>(Mutex<Option<(Instant, Arc<T>)>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Kept<T> {
    async fn get<F>(&self, lifetime: Duration, read: F) -> anyhow::Result<Arc<T>>
    where
        F: AsyncFnOnce() -> anyhow::Result<T>,
    {
        let mut kept = self.0.lock().await;
        if let Some((at, answer)) = kept.as_ref().filter(|(at, _)| at.elapsed() < lifetime) {
            tracing::trace!(age = ?at.elapsed(), "an answer is used again");
            return Ok(Arc::clone(answer));
        }
        let answer = timeout(ONE_READ, read()).await.unwrap_or_else(|_| Err(too_slow().into()))?;
        let answer = Arc::new(answer);
        *kept = Some((Instant::now(), Arc::clone(&answer)));
        Ok(answer)
    }

    async fn forget(&self) {
        *self.0.lock().await = None;
    }
}

fn too_slow() -> UsageError {
    UsageError::not_yet(format!("the control plane has not answered within {} s", ONE_READ.as_secs()))
}

impl Problem {
    fn of(error: &anyhow::Error, render: Render) -> Self {
        let error = workflow::report(error.as_ref(), render);
        let is = |code: ExitCode| error.exit_code == code as u8;
        let status = if is(ExitCode::Usage) {
            StatusCode::UNPROCESSABLE_ENTITY
        } else if is(ExitCode::Unavailable) {
            StatusCode::SERVICE_UNAVAILABLE
        } else if is(ExitCode::NotAuthorized) {
            StatusCode::BAD_GATEWAY
        } else if is(ExitCode::Refused) {
            StatusCode::CONFLICT
        } else {
            StatusCode::INTERNAL_SERVER_ERROR
        };
        Self { status, error }
    }

    fn unexpected() -> Self {
        let (status, exit) = (StatusCode::INTERNAL_SERVER_ERROR, ExitCode::Unexpected);
        Self::plain(
            status,
            exit,
            "the page could not run this request",
            "try again, or run the command instead",
        )
    }

    /// The problem with an address that names nothing.
    pub(super) fn not_found(message: &str) -> Self {
        Self::plain(StatusCode::NOT_FOUND, ExitCode::Usage, message, "open the list of links")
    }

    fn plain(status: StatusCode, exit: ExitCode, message: &str, hint: &str) -> Self {
        let (message, hint, exit_code) = (message.to_owned(), Some(hint.to_owned()), exit as u8);
        Self {
            status,
            error: ErrorReport { message, causes: Vec::new(), hint, exit_code, retry_after_ms: None },
        }
    }
}

impl Desk {
    /// Starts the thread.
    pub(super) fn open(folder: PathBuf, options: WorkspaceOptions) -> io::Result<Self> {
        let (errands, mut inbox) = mpsc::unbounded_channel::<Errand>();
        let render = options.render;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        thread::Builder::new().name("page".to_owned()).spawn(move || {
            let office = Rc::new(Office::new(folder, options));
            LocalSet::new().block_on(&runtime, async {
                while let Some(errand) = inbox.recv().await {
                    spawn_local(errand(Rc::clone(&office)));
                }
            });
        })?;
        Ok(Self { errands, render })
    }

    /// Runs an errand on the thread, and returns its result.
    pub(super) async fn run<T, F>(
        &self,
        errand: impl FnOnce(Rc<Office>) -> F + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Future<Output = anyhow::Result<T>> + 'static,
    {
        let (done, answer) = oneshot::channel();
        let render = self.render;
        let errand: Errand = Box::new(move |office| {
            Box::pin(async move {
                let result = errand(office).await.map_err(|error| Problem::of(&error, render));
                // A browser that has gone away needs no answer.
                let _ = done.send(result);
            })
        });
        self.errands.send(errand).map_err(|_| Problem::unexpected())?;
        answer.await.unwrap_or_else(|_| Err(Problem::unexpected()))
    }

    /// The problem of an error that occurred elsewhere.
    pub(super) fn problem(&self, error: impl Into<anyhow::Error>) -> Problem {
        Problem::of(&error.into(), self.render)
    }

    /// The links of every env.
    pub(super) async fn links(&self) -> Result<Arc<Links>, Problem> {
        self.run(async |office: Rc<Office>| office.links().await).await
    }

    /// One link in full.
    pub(super) async fn link(&self, env: String) -> Result<Arc<LinkReport>, Problem> {
        self.run(async move |office: Rc<Office>| office.link(&env).await).await
    }

    /// The products of every service.
    pub(super) async fn audit(&self) -> Result<Arc<AuditReport>, Problem> {
        self.run(async |office: Rc<Office>| office.audit().await).await
    }

    /// The graph of every link, as SVG for a page. Each site leads to the address of its env.
    pub(super) async fn picture(&self, address: fn(&str) -> String) -> Result<String, Problem> {
        self.run(async move |office: Rc<Office>| office.picture(address).await).await
    }
}

/// The emulator that the configuration names. A configuration that cannot be used is reported by the pages.
pub(super) fn emulator_of(folder: &Path, options: &WorkspaceOptions) -> Option<Arc<dyn EmulatorRoutes>> {
    let work = Workspace::open(folder, options.clone()).ok()?;
    emulated::emulator_of(&work, &envs(&work).ok()?).ok()?
}

impl Office {
    fn new(folder: PathBuf, options: WorkspaceOptions) -> Self {
        Self { folder, options, links: Kept::default(), audit: Kept::default(), each: RefCell::default() }
    }

    /// Opens a workspace with the configuration as it is now.
    pub(super) fn workspace(&self) -> anyhow::Result<Workspace> {
        self.workspace_with(|_| {})
    }

    /// Opens a workspace with other overrides than those of the page.
    pub(super) fn workspace_with(&self, change: impl FnOnce(&mut Overrides)) -> anyhow::Result<Workspace> {
        let deadline = Deadline::new(self.options.deadline.given());
        let mut options = WorkspaceOptions { deadline, ..self.options.clone() };
        change(&mut options.overrides);
        Ok(Workspace::open(&self.folder, options)?)
    }

    /// The settings of one env.
    pub(super) fn env(work: &Workspace, name: &str) -> anyhow::Result<EnvSettings> {
        let found = envs(work)?.into_iter().find(|env| env.name == name);
        Ok(found.ok_or_else(|| UsageError::new(format!("the configuration has no env `{name}`")))?)
    }

    /// Makes the next reads ask the control planes again.
    pub(super) async fn forget(&self) {
        self.links.forget().await;
        self.audit.forget().await;
        self.each.borrow_mut().clear();
    }

    async fn links(&self) -> anyhow::Result<Arc<Links>> {
        let work = self.workspace()?;
        let envs = envs(&work)?;
        let read = async || {
            let status = workflow::status(&work, &envs, Previews::Allow, ExitDetail::Plain, &Deaf).await?;
            Ok(Links { report: status.report, source: source(&envs), azure: envs.iter().any(is_in_azure) })
        };
        self.links.get(lifetime(&envs), read).await
    }

    async fn link(&self, name: &str) -> anyhow::Result<Arc<LinkReport>> {
        let work = self.workspace()?;
        let envs = [Self::env(&work, name)?];
        let kept = Rc::clone(self.each.borrow_mut().entry(name.to_owned()).or_default());
        let read = async || {
            let status = workflow::status(&work, &envs, Previews::Allow, ExitDetail::Plain, &Deaf).await?;
            let link = status.report.links.into_iter().next();
            link.ok_or_else(|| anyhow::anyhow!("the link was not reported"))
        };
        kept.get(lifetime(&envs), read).await
    }

    async fn audit(&self) -> anyhow::Result<Arc<AuditReport>> {
        let work = self.workspace()?;
        let lifetime = lifetime(&envs(&work)?);
        let read = async || Ok(workflow::audit(&work, Services::Every, false, &Deaf).await?.0);
        self.audit.get(lifetime, read).await
    }

    async fn picture(&self, address: fn(&str) -> String) -> anyhow::Result<String> {
        let work = self.workspace()?;
        let envs = envs(&work)?;
        let looked = workflow::links(&work, &envs, &Deaf).await?;
        Ok(Graph::of(looked.drawn(&envs)).draw_in_page(address))
    }
}

/// The envs of the page: the one that flags select, or all.
fn envs(work: &Workspace) -> anyhow::Result<Vec<EnvSettings>> {
    let given = work.overrides();
    let by_flag = |it: &Option<Sourced<String>>| matches!(it, Some(Sourced { source: Source::Flag(_), .. }));
    let one = [&given.env, &given.static_web_app, &given.apim].into_iter().any(by_flag);
    Ok(work.envs(!one)?)
}

fn is_in_azure(env: &EnvSettings) -> bool {
    env.provider.value == ProviderKind::Arm
}

fn lifetime(envs: &[EnvSettings]) -> Duration {
    if envs.iter().any(is_in_azure) { KEPT_AZURE } else { KEPT_MODEL }
}

/// The control planes of the envs, for the head of each page.
fn source(envs: &[EnvSettings]) -> String {
    let name = |env: &EnvSettings| match (env.provider.value, &env.endpoint) {
        (ProviderKind::Json, _) => format!("model {}", env.model.value.display()),
        (ProviderKind::Arm, Some(endpoint)) => endpoint.value.clone(),
        (ProviderKind::Arm, None) => "Azure".to_owned(),
    };
    let names: std::collections::BTreeSet<String> = envs.iter().map(name).collect();
    match names.len() {
        0 => "no env".to_owned(),
        1..=2 => names.into_iter().collect::<Vec<_>>().join(" and "),
        many => format!("{many} control planes"),
    }
}
