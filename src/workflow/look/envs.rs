//! Looking at links without changing them, for commands that show many at once.

use futures_util::{StreamExt as _, stream};

use crate::{
    cli::{command::status::unread, error, session::Context},
    config::{EnvSettings, Sourced},
    diagnosis::ExitCode,
    engine::{self, Previews, Target},
    model::{LinkedBackend, PRODUCTION, StaticSiteId},
    provider::Collection,
    report::LinkReport,
    workflow::plane::Plane,
};

/// How many links are read at once; what is sent at once is limited where it is sent.
const AT_ONCE: usize = 32;

/// Links as they were seen, and the exit code of what could not be.
pub(crate) struct Looked {
    pub(crate) links: Vec<LinkReport>,
    pub(crate) code: ExitCode,
}

/// Looks at the link of each env. One that cannot be read is reported as such among several; alone, it is an
/// error.
pub(crate) async fn at_envs(cx: &Context, envs: &[EnvSettings]) -> anyhow::Result<Looked> {
    let progress = cx.ui.progress();
    progress.now(format!("reading {} links", envs.len()));
    let seen = stream::iter(envs).map(async |env| {
        let plane = cx.plane_of(env)?;
        let target = cx.target(env, plane.as_ref(), Previews::Allow).await?;
        at_target(&plane, &target).await
    });
    let seen: Vec<_> = seen.buffered(AT_ONCE).collect().await;
    drop(progress);
    let mut looked = Looked { links: Vec::new(), code: ExitCode::Success };
    for (env, link) in envs.iter().zip(seen) {
        match link {
            Ok(link) => looked.links.push(link),
            Err(error) if envs.len() > 1 => {
                looked.code = looked.code.worst(error::diagnose(&error).exit);
                looked.links.push(unread(env, &error));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(looked)
}

async fn at_target(plane: &Plane, target: &Target) -> anyhow::Result<LinkReport> {
    Ok(LinkReport::of(&engine::verify(plane.as_ref(), target).await?))
}

/// An env for each site whose production is linked to the service that `--apim` names, in order of the sites'
/// ids. The configuration file need not know them.
pub(crate) async fn linked_to(cx: &Context, apim: &Sourced<String>) -> anyhow::Result<Vec<EnvSettings>> {
    let plane = cx.default_plane()?;
    let service = cx.service_of(plane.as_ref(), &env_of(cx, "", "", apim)).await?;
    let sites = plane.as_ref().list(&Collection::StaticSites).await?;
    let linked = stream::iter(&sites).map(async |site| {
        let id = StaticSiteId::try_from(site.value.id().clone())?;
        let production = Collection::LinkedBackends(id.environment(PRODUCTION)?);
        let backends = plane.as_ref().list(&production).await?;
        let mut backends = backends.iter().filter_map(|found| LinkedBackend::read(&found.value).ok());
        let is_linked = backends.any(|backend| backend.backend == service);
        Ok::<_, anyhow::Error>(is_linked.then(|| env_of(cx, id.name(), id.as_str(), apim)))
    });
    let linked: Vec<anyhow::Result<_>> = linked.buffered(AT_ONCE).collect().await;
    let envs = linked.into_iter().filter_map(Result::transpose);
    envs.collect()
}

/// An env that stands in no file.
fn env_of(cx: &Context, name: &str, site: &str, apim: &Sourced<String>) -> EnvSettings {
    let (settings, given) = (&cx.settings, cx.overrides());
    let provider = settings.provider();
    EnvSettings {
        name: name.to_owned(),
        at: apim.source.clone(),
        static_web_app: apim.clone().map(|_| site.to_owned()),
        apim: apim.clone(),
        resource_group: given.resource_group.clone(),
        subscription: given.subscription.clone(),
        site_environment: Sourced::default(PRODUCTION.to_owned()),
        apis: Vec::new(),
        provisioning: Sourced::default(provider.value.provisioning()),
        provider,
        model: settings.model(),
        cloud: settings.cloud(),
        endpoint: settings.endpoint(),
    }
}
