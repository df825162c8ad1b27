//! What pages are made from: reads of the use cases, each kept for a while.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
};

use jiff::Timestamp;
use serde::Serialize;
use tokio::task::spawn_local;

use super::{
    kept::{Answered, Files, Fresh, Kept, Need, Origin, Peek},
    list::{KnownList, Links},
    news::Topic,
    problem::Problem,
    subject::{SiteLink, Subject},
};
use crate::{
    config::{ConfigError, EnvSettings, Overrides, ProviderKind, Source, Sourced},
    diagnosis::{Cure, Selection},
    engine::Previews,
    model::ResourceId,
    report::{AuditReport, LinkReport, ListReport},
    workflow::{
        self, Deadline, Deaf, ExitDetail, LinkLog, OtherSites, Services, Status, UsageError, WorkflowError,
        Workspace, WorkspaceOptions,
        emulated::{self, EmulatorRoutes},
    },
};

/// The maximum number of links whose answers are kept; then all are dropped.
const MOST: usize = 500;

/// What the errands work with.
pub(super) struct Office {
    folder: PathBuf,
    options: WorkspaceOptions,
    links: Kept<Links>,
    known: RefCell<KnownList>,
    audit: Kept<AuditReport>,
    picture: Kept<String>,
    services: Kept<Vec<String>>,
    each: RefCell<BTreeMap<Subject, Rc<Kept<OneLink>>>>,
}

/// One link in full.
#[derive(Clone, Debug, Serialize)]
pub(super) struct OneLink {
    pub(super) link: LinkReport,
    /// The changes of the link.
    pub(super) log: LinkLog,
    /// The commands for the terminal.
    pub(super) commands: Vec<String>,
    #[serde(skip)]
    pub(super) at: Timestamp,
}

impl Office {
    pub(super) fn new(folder: PathBuf, options: WorkspaceOptions) -> Self {
        Self {
            folder,
            options,
            links: Kept::default(),
            known: RefCell::default(),
            audit: Kept::default(),
            picture: Kept::default(),
            services: Kept::default(),
            each: RefCell::default(),
        }
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

    /// Opens a workspace on the control plane whose sites are listed: that of the envs, also if each of them names it.
    pub(super) fn workspace_of_sites(
        &self,
        change: impl FnOnce(&mut Overrides),
    ) -> anyhow::Result<Workspace> {
        let provider = workflow::listed_on(&self.workspace()?)?;
        self.workspace_with(|overrides| {
            overrides.provider = Some(Sourced::new(provider, Source::Flag("--provider")));
            change(overrides);
        })
    }

    /// Opens a workspace for a link, and returns the settings of the link.
    pub(super) fn open(&self, subject: &Subject) -> anyhow::Result<(Workspace, EnvSettings)> {
        match subject {
            Subject::Env(name) => {
                let work = self.workspace()?;
                let found = envs(&work)?.into_iter().find(|env| env.name == *name);
                let missing = || UsageError::new(format!("the configuration has no env `{name}`"));
                let env = found.ok_or_else(missing)?;
                Ok((work, env))
            }
            Subject::Site(link) => self.open_site(link),
        }
    }

    fn open_site(&self, link: &SiteLink) -> anyhow::Result<(Workspace, EnvSettings)> {
        for id in [&link.site, &link.apim] {
            ResourceId::parse(id)?;
        }
        let given = |value: &String, flag| Some(Sourced::new(value.clone(), Source::Flag(flag)));
        let work = self.workspace_of_sites(|overrides| {
            overrides.env = None;
            overrides.static_web_app = given(&link.site, "--static-web-app");
            overrides.apim = given(&link.apim, "--apim");
            if link.environment != crate::model::PRODUCTION {
                overrides.site_environment = given(&link.environment, "--site-environment");
            }
        })?;
        let env = work.settings.unnamed()?;
        Ok((work, env))
    }

    /// Makes the next reads ask the control planes again.
    pub(super) fn forget(&self) {
        self.links.forget();
        self.audit.forget();
        self.picture.forget();
        self.each.borrow_mut().clear();
    }

    /// The mark of what a window shows, without waiting. If it is not known, it is read meanwhile.
    pub(super) fn mark(self: &Rc<Self>, topic: Topic) -> Option<u64> {
        let peek = match &topic {
            Topic::Links => self.links.peek(Need::Watch),
            Topic::Services => self.audit.peek(Need::Watch),
            Topic::Picture => self.picture.peek(Need::Watch),
            // The emulator knows it.
            Topic::Traffic => return None,
            Topic::Link(subject) => {
                self.each.borrow().get(subject).map_or(Peek::Old, |it| it.peek(Need::Watch))
            }
        };
        match peek {
            Peek::Known(mark) => return Some(mark),
            Peek::Reading => {}
            Peek::Old => {
                let office = Rc::clone(self);
                spawn_local(async move { office.look(&topic).await });
            }
        }
        None
    }

    async fn look(&self, topic: &Topic) {
        let need = Need::Watch;
        match topic {
            Topic::Links => drop(self.links(need).await),
            Topic::Services => drop(self.audit(need).await),
            Topic::Picture => drop(self.picture(need).await),
            Topic::Traffic => {}
            Topic::Link(subject) => drop(self.link(subject, need).await),
        }
    }

    fn problem(&self, error: &anyhow::Error) -> Problem {
        Problem::of(error, self.options.render)
    }

    fn now(&self) -> Timestamp {
        self.options.ambient.now()
    }

    /// Whether everything that the list of links shows is in files.
    pub(super) fn is_local(&self) -> bool {
        let origin = || {
            let work = self.workspace().ok()?;
            listed_from(&work, &envs(&work).ok()?).ok()
        };
        origin().is_some_and(|origin| !origin.azure)
    }

    /// The links of every env, and the other sites that can be seen.
    pub(super) async fn links(&self, need: Need) -> Answered<Links> {
        self.links.get(need, async || self.read_links().await.map_err(|error| self.problem(&error))).await
    }

    async fn read_links(&self) -> anyhow::Result<Fresh<Links>> {
        let work = self.workspace()?;
        let lists = !work.overrides().select_one();
        let envs = match envs(&work) {
            // Without an env, the page shows the sites that an env could be made of.
            Err(error)
                if lists
                    && matches!(
                        error.downcast_ref(),
                        Some(WorkflowError::Config(ConfigError::NoEnvs(_)))
                    ) =>
            {
                Vec::new()
            }
            envs => envs?,
        };
        let origin = origin(&work, &envs);
        let origin = if lists { listed_from(&work, &envs).unwrap_or(origin) } else { origin };
        let others = if lists { OtherSites::Read } else { OtherSites::Skip };
        let mut known = self.known.take();
        let read = known.read(&work, &envs, others).await;
        self.known.replace(known);
        let (of_envs, others) = read?;
        let (sites, notes, unlisted) = match others {
            Ok(ListReport { sites, notes, .. }) => (sites, notes, None),
            Err(error) => (Vec::new(), Vec::new(), Some(workflow::report(&error, self.options.render))),
        };
        let source = source(&work, &envs, origin.azure);
        let value = Links { of_envs, others: sites, notes, unlisted, source, at: self.now() };
        Ok(Fresh { value, origin })
    }

    /// One link in full.
    pub(super) async fn link(&self, subject: &Subject, need: Need) -> Answered<OneLink> {
        let kept = {
            let mut each = self.each.borrow_mut();
            if each.len() >= MOST {
                each.clear();
            }
            Rc::clone(each.entry(subject.clone()).or_default())
        };
        kept.get(need, async || self.read_link(subject).await.map_err(|error| self.problem(&error))).await
    }

    async fn read_link(&self, subject: &Subject) -> anyhow::Result<Fresh<OneLink>> {
        let (work, env) = self.open(subject)?;
        let envs = [env];
        let origin = origin(&work, &envs);
        let status = workflow::status(&work, &envs, Previews::Allow, ExitDetail::Plain, &Deaf).await?;
        let Status { report, log, .. } = status;
        let link = report.links.into_iter().next();
        let link = link.ok_or_else(|| anyhow::anyhow!("the link was not reported"))?;
        let commands = match subject {
            Subject::Env(_) => Vec::new(),
            Subject::Site(site) => self.commands(site, &envs[0]),
        };
        Ok(Fresh { value: OneLink { link, log, commands, at: self.now() }, origin })
    }

    /// The commands for a site that no env names: the one that adds it to the configuration.
    fn commands(&self, link: &SiteLink, env: &EnvSettings) -> Vec<String> {
        let named = Selection::default().with("--env", &env.name);
        let named = named.with("--static-web-app", &link.site).with("--apim", &link.apim);
        let named = if link.environment == crate::model::PRODUCTION {
            named
        } else {
            named.with("--site-environment", &link.environment)
        };
        let on = named.with("--provider", env.provider.value.to_string());
        vec![(self.options.render)(&Cure::AddEnv, &on)]
    }

    /// The ids of the services that can be seen.
    pub(super) async fn services(&self) -> Answered<Vec<String>> {
        let read = async || {
            let work = self.workspace()?;
            let origin = listed_from(&work, &[])?;
            anyhow::Ok(Fresh { value: workflow::services(&work).await?, origin })
        };
        self.services.get(Need::Page, async || read().await.map_err(|error| self.problem(&error))).await
    }

    /// The products of every service.
    pub(super) async fn audit(&self, need: Need) -> Answered<AuditReport> {
        let read = async || {
            let work = self.workspace_of_sites(|_| {})?;
            let origin = listed_from(&work, &envs(&work).unwrap_or_default())?;
            let (value, _) = workflow::audit(&work, Services::Every, false, &Deaf).await?;
            anyhow::Ok(Fresh { value, origin })
        };
        self.audit.get(need, async || read().await.map_err(|error| self.problem(&error))).await
    }

    /// The graph of every link, as SVG for a page. Each site leads to the page of its link.
    pub(super) async fn picture(&self, need: Need) -> Answered<String> {
        let address = |env: &str| Subject::Env(env.to_owned()).address();
        let read = async || {
            let work = self.workspace()?;
            let envs = envs(&work)?;
            let origin = origin(&work, &envs);
            let value = workflow::graph(&work, &envs, &Deaf).await?.graph.draw_in_page(address);
            anyhow::Ok(Fresh { value, origin })
        };
        self.picture.get(need, async || read().await.map_err(|error| self.problem(&error))).await
    }
}

/// The emulator that the configuration names. A configuration that cannot be used is reported by the pages.
pub(super) fn emulator_of(folder: &Path, options: &WorkspaceOptions) -> Option<Arc<dyn EmulatorRoutes>> {
    let work = Workspace::open(folder, options.clone()).ok()?;
    emulated::emulator_of(&work, &envs(&work).ok()?).ok()?
}

/// The envs of the page: the one that flags select, or all.
fn envs(work: &Workspace) -> anyhow::Result<Vec<EnvSettings>> {
    Ok(work.envs(!work.overrides().select_one())?)
}

/// One of several envs in a row that are on the same control plane.
fn on_each_plane(envs: &[EnvSettings]) -> impl Iterator<Item = &EnvSettings> {
    let is_same = |one: &EnvSettings, next: &EnvSettings| {
        one.provider.value == next.provider.value
            && one.model.value.as_os_str() == next.model.value.as_os_str()
            && one.endpoint == next.endpoint
    };
    envs.chunk_by(is_same).filter_map(<[EnvSettings]>::first)
}

fn is_in_azure(env: &EnvSettings) -> bool {
    env.provider.value == ProviderKind::Arm
}

/// The files that an answer about these envs is read from, as they are now. Without an env, the default model.
fn origin(work: &Workspace, envs: &[EnvSettings]) -> Origin {
    let in_models = on_each_plane(envs).filter(|env| !is_in_azure(env));
    let models = in_models.map(|env| env.model.value.clone());
    let default = [work.settings.model().value];
    let files = work.settings.file.iter().cloned().chain(models).chain(default);
    Origin { files: Files::of(files.collect()), azure: envs.iter().any(is_in_azure) }
}

/// The files, with the control plane whose sites are listed.
fn listed_from(work: &Workspace, envs: &[EnvSettings]) -> anyhow::Result<Origin> {
    let mut origin = origin(work, envs);
    origin.azure |= workflow::listed_on(work)? == ProviderKind::Arm;
    Ok(origin)
}

/// The control planes of the envs, for the head of the list.
fn source(work: &Workspace, envs: &[EnvSettings], azure: bool) -> String {
    let address = |endpoint: Option<&Sourced<String>>| {
        endpoint.map_or_else(|| "Azure".to_owned(), |endpoint| endpoint.value.clone())
    };
    let model = |path: &Path| format!("model {}", path.strip_prefix(&work.folder).unwrap_or(path).display());
    let name = |env: &EnvSettings| match env.provider.value {
        ProviderKind::Json => model(&env.model.value),
        ProviderKind::Arm => address(env.endpoint.as_ref()),
    };
    let names: std::collections::BTreeSet<String> = on_each_plane(envs).map(name).collect();
    match names.len() {
        0 if azure => address(work.settings.endpoint().as_ref()),
        0 => model(&work.settings.model().value),
        1..=2 => names.into_iter().collect::<Vec<_>>().join(" and "),
        many => format!("{many} control planes"),
    }
}
