//! Links for graphs and exports: several at once.

use std::collections::HashMap;

use futures_util::{StreamExt as _, stream};

use super::fleet::look_at_each;
use crate::{
    config::{EnvSettings, ProviderKind, Sourced},
    diagnosis::ExitCode,
    engine::{self, Previews, Verdict},
    graph::{Drawn, Graph},
    model::{LinkedBackend, PRODUCTION, StaticSiteId},
    provider::{Collection, at_once},
    workflow::{
        error::{Result, WorkflowError, diagnose},
        listener::Listener,
        workspace::Workspace,
    },
};

/// Links as they were observed, and the exit code.
#[derive(Debug)]
pub struct Looked {
    /// For each env its link, or why it could not be read.
    pub links: Vec<Result<Verdict>>,
    /// The exit code of the command.
    pub exit: ExitCode,
}

impl Looked {
    fn of(mut links: Vec<Result<Verdict>>) -> Result<Self> {
        if let [Err(_)] = links.as_slice() {
            links.remove(0)?;
        }
        let codes = links.iter().filter_map(|link| link.as_ref().err()).map(|error| diagnose(error).exit);
        let exit = codes.fold(ExitCode::Success, ExitCode::worst);
        Ok(Self { links, exit })
    }
}

/// The graph of links, and the exit code.
#[derive(Debug)]
pub struct Pictured {
    /// The graph.
    pub graph: Graph,
    /// The exit code of the command.
    pub exit: ExitCode,
}

/// Observes the link of each env in full, with its keys.
///
/// # Errors
///
/// If there is one env and its link cannot be read.
pub async fn links(work: &Workspace, envs: &[EnvSettings], listener: &dyn Listener) -> Result<Looked> {
    listener.doing(&format!("reading {} links", envs.len()));
    let seen = stream::iter(envs).map(async |env| observed(work, env).await);
    Looked::of(seen.buffered(at_once::LINKS_READ).collect().await)
}

/// Observes the link of each env, and draws their graph: many envs in Azure are read from pages of listings, without
/// their keys. A link that could not be read is drawn with its ends as the settings name them.
///
/// # Errors
///
/// If there is one env and its link cannot be read.
pub async fn graph(work: &Workspace, envs: &[EnvSettings], listener: &dyn Listener) -> Result<Pictured> {
    listener.doing(&format!("reading {} links", envs.len()));
    let mut in_azure = Vec::new();
    let mut seen: HashMap<usize, Result<Verdict>> = HashMap::new();
    let of_azure = |env: &EnvSettings| env.provider.value == ProviderKind::Arm;
    for (at, env) in envs.iter().enumerate().filter(|(_, env)| of_azure(env)) {
        match work.target(env, Previews::Allow).await {
            Ok((plane, target)) => in_azure.push((at, target, plane)),
            Err(error) => drop(seen.insert(at, Err(error))),
        }
    }
    seen.extend(look_at_each(in_azure, listener).await);
    let (mut graph, mut exit) = (Graph::default(), ExitCode::Success);
    for (at, env) in envs.iter().enumerate() {
        let link = match seen.remove(&at) {
            Some(link) => link,
            // A model is drawn link by link, since the observations of many links together need much memory.
            None => observed(work, env).await,
        };
        match link {
            Ok(verdict) => graph.add(Drawn::Seen(&verdict)),
            Err(error) if envs.len() == 1 => return Err(error),
            Err(error) => {
                exit = exit.worst(diagnose(&error).exit);
                graph.add(unread(env));
            }
        }
    }
    Ok(Pictured { graph, exit })
}

async fn observed(work: &Workspace, env: &EnvSettings) -> Result<Verdict> {
    let (plane, target) = work.target(env, Previews::Allow).await?;
    Ok(engine::verify(plane.as_ref(), &target).await?)
}

fn unread(env: &EnvSettings) -> Drawn<'_> {
    Drawn::Unread {
        env: &env.name,
        site: &env.static_web_app.value,
        environment: &env.site_environment.value,
        service: &env.apim.value,
    }
}

/// Returns an env for each site whose production environment is linked to the service that `--apim` names, in order of
/// the sites' ids. The envs need not be in the configuration file.
///
/// # Errors
///
/// If the service is not found, or a site cannot be read.
pub async fn linked_to(work: &Workspace, apim: &Sourced<String>) -> Result<Vec<EnvSettings>> {
    let plane = work.default_plane()?;
    let service = work.service_of(plane.as_ref(), &env_of(work, "", "", apim)).await?;
    let sites = plane.as_ref().list(&Collection::StaticSites).await?;
    let linked = stream::iter(&sites).map(async |site| {
        let id = StaticSiteId::try_from(site.value.id().clone())?;
        let production = Collection::LinkedBackends(id.environment(PRODUCTION)?);
        let backends = plane.as_ref().list(&production).await?;
        let mut backends = backends.iter().filter_map(|found| LinkedBackend::read(&found.value).ok());
        let is_linked = backends.any(|backend| backend.backend == service);
        Ok::<_, WorkflowError>(is_linked.then(|| env_of(work, id.name(), id.as_str(), apim)))
    });
    let linked: Vec<Result<_>> = linked.buffered(at_once::LINKS_READ).collect().await;
    let envs = linked.into_iter().filter_map(Result::transpose);
    envs.collect()
}

/// An env that is in no configuration file.
fn env_of(work: &Workspace, name: &str, site: &str, apim: &Sourced<String>) -> EnvSettings {
    let (settings, given) = (&work.settings, work.overrides());
    let provider = settings.provider();
    EnvSettings {
        name: name.to_owned(),
        at: apim.source.clone(),
        static_web_app: apim.clone().map(|_| site.to_owned()),
        apim: apim.clone(),
        resource_group: given.resource_group.clone(),
        azure_subscription: given.azure_subscription.clone(),
        site_environment: Sourced::default(PRODUCTION.to_owned()),
        apis: Vec::new(),
        max_key_age: None,
        provisioning: Sourced::default(provider.value.provisioning()),
        provider,
        model: settings.model(),
        cloud: settings.cloud(),
        endpoint: settings.endpoint(),
    }
}
