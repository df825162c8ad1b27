//! `swa-apim status`

use std::{num::NonZero, sync::Arc, thread};

use clap::Args;

use super::watch::{self, WatchArgs};
use crate::{
    cli::{
        args::{PreviewArgs, ScopeArgs},
        error,
        session::Context,
    },
    config::EnvSettings,
    diagnosis::ExitCode,
    engine::{self, FindingCode, LinkState, Target, Verdict},
    output::Progress,
    provider::{ControlPlane, ProviderError, json::JsonControlPlane},
    report::{LinkReport, StatusReport},
    workflow::{look::fleet, plane::Plane, select::name_lookalikes},
};

/// Show every part of a link, and what is not as it should be
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim status --env prod\n  swa-apim status --all --detailed-exitcode\n  swa-apim status --env prod -o tsv --query 'links[0].state'"
)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    #[command(flatten)]
    preview: PreviewArgs,
    /// Exit with 3 if a link is not as it should be
    #[arg(long)]
    detailed_exitcode: bool,
    #[command(flatten)]
    watch: WatchArgs,
}

/// From this many envs on, they are looked at by several threads.
const MANY: usize = 64;

/// What was seen of an env, or why nothing was.
type Sight = anyhow::Result<(ExitCode, LinkReport)>;

pub(crate) async fn run(args: StatusArgs, cx: &Context) -> anyhow::Result<ExitCode> {
    let envs = cx.envs(args.scope.all)?;
    if args.watch.is_asked_for() {
        return watch::run(cx, &envs, &args.watch, async || look(&args, cx, &envs).await).await;
    }
    let (report, code) = look(&args, cx, &envs).await?;
    cx.ui.print(&report)?;
    Ok(code)
}

/// Looks at each env once; an env that cannot be looked at is an error only if it is alone.
async fn look(
    args: &StatusArgs,
    cx: &Context,
    envs: &[EnvSettings],
) -> anyhow::Result<(StatusReport, ExitCode)> {
    let progress = cx.ui.progress();
    let mut targets = Vec::new();
    for env in envs {
        progress.now(format!("reading {}", env.name));
        targets.push(target_of(cx, env, args.preview).await);
    }
    progress.now(format!("reading {} links", envs.len()));
    let sights = look_at_all(cx, targets, args.detailed_exitcode, &progress).await?;
    drop(progress);
    let mut links = Vec::new();
    let mut code = ExitCode::Success;
    for (env, sight) in envs.iter().zip(sights) {
        match sight {
            Ok((one, link)) => {
                code = code.worst(one);
                links.push(link);
            }
            Err(error) if envs.len() > 1 => {
                code = code.worst(error::diagnose(&error).exit);
                links.push(unread(env, &error));
            }
            Err(error) if is_undetermined(&error) => {
                let failure = error::report(&error);
                error::print(&cx.ui, None, &failure);
                code = error::diagnose(&error).exit;
                links.push(unread(env, &error));
            }
            Err(error) => return Err(error),
        }
    }
    Ok((StatusReport::new(links), code))
}

/// Whether a failure is an answer that does not say whether a resource exists: the state is unknown then.
fn is_undetermined(error: &anyhow::Error) -> bool {
    let provider = error.chain().find_map(|cause| cause.downcast_ref::<ProviderError>());
    matches!(provider, Some(ProviderError::Undetermined(_)))
}

/// A target, and the control plane that it is on.
type Resolved = anyhow::Result<(Target, Plane)>;

async fn target_of(cx: &Context, env: &EnvSettings, preview: PreviewArgs) -> Resolved {
    let plane = cx.plane_of(env)?;
    let target = cx.target(env, plane.as_ref(), preview.previews()).await?;
    Ok((target, plane))
}

/// What was seen of each, in the same order: those in Azure side by side, models by threads if there are many.
async fn look_at_all(
    cx: &Context,
    targets: Vec<Resolved>,
    detailed: bool,
    progress: &Progress,
) -> anyhow::Result<Vec<Sight>> {
    let (alone, mut in_azure, mut others) = (targets.len() == 1, Vec::new(), Vec::new());
    for (at, resolved) in targets.into_iter().enumerate() {
        match resolved {
            Ok((target, plane)) if plane.is_azure() && !alone => in_azure.push((at, target, plane)),
            resolved => others.push((at, resolved)),
        }
    }
    let (places, others): (Vec<usize>, Vec<Resolved>) = others.into_iter().unzip();
    let others = if others.len() < MANY {
        look_at_each(others, detailed, alone).await
    } else {
        look_in_threads(others, detailed)?
    };
    let mut sights: Vec<(usize, Sight)> = places.into_iter().zip(others).collect();
    for (at, seen) in fleet::look_at_each(cx, in_azure, progress).await {
        sights.push((at, seen.map(|verdict| sight(&verdict, detailed))));
    }
    sights.sort_by_key(|(at, _)| *at);
    Ok(sights.into_iter().map(|(_, sight)| sight).collect())
}

fn sight(verdict: &Verdict, detailed: bool) -> (ExitCode, LinkReport) {
    (exit_code(verdict, detailed), LinkReport::of(verdict))
}

async fn look_at_each(targets: Vec<Resolved>, detailed: bool, alone: bool) -> Vec<Sight> {
    let mut sights = Vec::with_capacity(targets.len());
    for resolved in targets {
        let seen = match resolved {
            Ok((target, plane)) => look_at(plane.as_ref(), &target, alone).await,
            Err(error) => Err(error),
        };
        sights.push(seen.map(|verdict| sight(&verdict, detailed)));
    }
    sights
}

async fn look_at(plane: &dyn ControlPlane, target: &Target, alone: bool) -> anyhow::Result<Verdict> {
    let mut verdict = engine::verify(plane, target).await?;
    if alone {
        name_lookalikes(plane, &mut verdict.findings).await;
    }
    Ok(verdict)
}

/// Reading a model is work for the processor, so it is shared out: each thread has its own view of the
/// models, and its part of the envs.
fn look_in_threads(mut targets: Vec<Resolved>, detailed: bool) -> anyhow::Result<Vec<Sight>> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let share = targets.len().div_ceil(threads);
    let mut parts = Vec::new();
    while !targets.is_empty() {
        let rest = targets.split_off(share.min(targets.len()));
        parts.push(apart(std::mem::replace(&mut targets, rest))?);
    }
    thread::scope(|scope| {
        let look = |part| move || look_from_a_thread(part, detailed);
        let running: Vec<_> = parts.into_iter().map(|part| scope.spawn(look(part))).collect();
        let mut sights = Vec::new();
        for thread in running {
            sights.extend(thread.join().map_err(|_| anyhow::anyhow!("a thread that read links died"))??);
        }
        Ok(sights)
    })
}

fn look_from_a_thread(part: Vec<Resolved>, detailed: bool) -> anyhow::Result<Vec<Sight>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    Ok(runtime.block_on(look_at_each(part, detailed, false)))
}

/// The same targets on views of their models that nobody else uses.
fn apart(targets: Vec<Resolved>) -> anyhow::Result<Vec<Resolved>> {
    let mut views: Vec<(Arc<JsonControlPlane>, Plane)> = Vec::new();
    let mut view_of = |plane: Plane| -> anyhow::Result<Plane> {
        let Plane::Model(model) = plane else { return Ok(plane) };
        if let Some((_, view)) = views.iter().find(|(known, _)| Arc::ptr_eq(known, &model)) {
            return Ok(view.clone());
        }
        let view = Plane::Model(Arc::new(model.snapshot()?));
        views.push((model, view.clone()));
        Ok(view)
    };
    targets
        .into_iter()
        .map(|resolved| match resolved {
            Ok((target, plane)) => Ok(Ok((target, view_of(plane)?))),
            Err(error) => Ok(Err(error)),
        })
        .collect()
}

fn exit_code(verdict: &Verdict, detailed: bool) -> ExitCode {
    let missing = verdict.findings.iter().any(|finding| finding.code == FindingCode::SiteMissing);
    match verdict.state {
        LinkState::Unknown if missing => ExitCode::Refused,
        LinkState::Unknown => ExitCode::Unavailable,
        LinkState::Linked => {
            let broken = verdict.findings.iter().any(|f| f.severity == engine::Severity::Broken);
            if detailed && broken { ExitCode::Changes } else { ExitCode::Success }
        }
        LinkState::Unlinked
        | LinkState::Leftover
        | LinkState::Partial
        | LinkState::Drifted
        | LinkState::LinkedElsewhere
        | LinkState::Dangling => {
            if detailed {
                ExitCode::Changes
            } else {
                ExitCode::Success
            }
        }
    }
}

/// An env that could not be looked at, among others that could.
pub(crate) fn unread(env: &EnvSettings, error: &anyhow::Error) -> LinkReport {
    let (site, apim) = (&env.static_web_app.value, &env.apim.value);
    let environment = &env.site_environment.value;
    LinkReport::unread(&env.name, site, environment, apim, error::report(error))
}
