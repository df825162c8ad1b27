//! The thread that runs the use cases. A workspace stays on its thread, so the page sends it errands.

use std::{future::Future, io, path::PathBuf, pin::Pin, rc::Rc, thread};

use axum::response::Response;
use tokio::{
    runtime::Builder,
    sync::{mpsc, oneshot},
    task::{LocalSet, spawn_local},
};

use super::{
    kept::{Answer, Answered, Need},
    list::Links,
    news::Topic,
    office::{Office, OneLink},
    problem::Problem,
    subject::Subject,
};
use crate::{diagnosis::Render, report::AuditReport, workflow::WorkspaceOptions};

type Errand = Box<dyn FnOnce(Rc<Office>) -> Pin<Box<dyn Future<Output = ()>>> + Send>;

/// Writes the page of an answer.
pub(super) trait Show<T>: FnOnce(&Answer<T>) -> Response + Send + 'static {}

impl<T, F: FnOnce(&Answer<T>) -> Response + Send + 'static> Show<T> for F {}

/// Sends errands to the thread that runs the use cases.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    errands: mpsc::UnboundedSender<Errand>,
    /// Writes the commands that errors name.
    render: Render,
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
        let render = self.render;
        self.send(async move |office| errand(office).await.map_err(|error| Problem::of(&error, render))).await
    }

    async fn send<T, F>(&self, errand: impl FnOnce(Rc<Office>) -> F + Send + 'static) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Problem>> + 'static,
    {
        let (done, answer) = oneshot::channel();
        let errand: Errand = Box::new(move |office| {
            Box::pin(async move {
                // A browser that has gone away needs no answer.
                let _ = done.send(errand(office).await);
            })
        });
        self.errands.send(errand).map_err(|_| Problem::unexpected())?;
        answer.await.unwrap_or_else(|_| Err(Problem::unexpected()))
    }

    /// The problem of an error that occurred elsewhere.
    pub(super) fn problem(&self, error: impl Into<anyhow::Error>) -> Problem {
        Problem::of(&error.into(), self.render)
    }

    /// Whether everything that the list of links shows is in files.
    pub(super) async fn is_local(&self) -> bool {
        self.send(async move |office: Rc<Office>| Ok(office.is_local())).await.unwrap_or(false)
    }

    /// The links of every env, and the other sites that can be seen.
    pub(super) async fn links(&self, need: Need) -> Answered<Links> {
        self.send(async move |office: Rc<Office>| office.links(need).await).await
    }

    /// Shows the links of every env, and the other sites that can be seen. A large page is written by the thread that
    /// read its content, which uses the memory of the one before again.
    pub(super) async fn show_links(&self, show: impl Show<Links>) -> Result<Response, Problem> {
        self.send(async move |office: Rc<Office>| Ok(show(&*office.links(Need::Page).await?))).await
    }

    /// One link in full.
    pub(super) async fn link(&self, subject: Subject, need: Need) -> Answered<OneLink> {
        self.send(async move |office: Rc<Office>| office.link(&subject, need).await).await
    }

    /// The ids of the services that can be seen.
    pub(super) async fn services(&self) -> Answered<Vec<String>> {
        self.send(async move |office: Rc<Office>| office.services().await).await
    }

    /// Shows the products of every service.
    pub(super) async fn show_audit(&self, show: impl Show<AuditReport>) -> Result<Response, Problem> {
        self.send(async move |office: Rc<Office>| Ok(show(&*office.audit(Need::Page).await?))).await
    }

    /// Shows the graph of every link, as SVG for a page.
    pub(super) async fn show_picture(&self, show: impl Show<String>) -> Result<Response, Problem> {
        self.send(async move |office: Rc<Office>| Ok(show(&*office.picture(Need::Page).await?))).await
    }

    /// The mark of what a window shows, without waiting for a control plane; `None` if it is being read.
    pub(super) async fn mark(&self, topic: Topic) -> Result<Option<u64>, Problem> {
        self.send(async move |office: Rc<Office>| Ok(office.mark(topic))).await
    }
}
