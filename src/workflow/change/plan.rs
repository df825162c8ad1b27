//! Computes the plan for each env.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};

use super::{
    LinkChange,
    job::{ChangeJob, PlanOrigin},
    report,
};
use crate::{
    config::EnvSettings,
    engine::{
        self, Intent, Observed, Plan, PlannedStep, Propagation, Rehearsal, Rights, Step, Target, Verdict,
    },
    provider::{Readable, at_once},
    workflow::{
        deadline::{Deadline, spelt},
        error::{Explain as _, Result, UsageError},
        listener::Listener,
        look::Fleet,
        plane::Plane,
        rotation::{self, Rotation},
        workspace::Workspace,
    },
};

/// The result of planning for each env, with the index of the env.
type Planned = Vec<(usize, Result<ChangeJob>)>;

/// Computes a plan for each env. Envs in Azure are read concurrently; reading a model never waits.
pub(super) async fn each(
    work: &Workspace,
    envs: &[EnvSettings],
    change: &LinkChange,
    listener: &dyn Listener,
) -> Planned {
    let mut resolved = Vec::new();
    for env in envs {
        listener.doing(&format!("reading {}", env.name));
        resolved.push(target_of(work, env, change).await);
    }
    let fleet = Fleet::of(resolved.iter().flatten().map(|(target, plane)| (target, plane)));
    let planned = stream::iter(resolved.into_iter().enumerate()).map(async |(at, resolved)| {
        let planned = match resolved {
            Ok((target, plane)) => one(work, plane, target, change, &fleet).await,
            Err(error) => Err(error),
        };
        (at, planned)
    });
    let mut planned: Planned = planned.buffer_unordered(at_once::LINKS_READ).collect().await;
    planned.sort_by_key(|(at, _)| *at);
    planned
}

async fn target_of(work: &Workspace, env: &EnvSettings, change: &LinkChange) -> Result<(Target, Plane)> {
    let (plane, mut target) = work.target(env, change.previews).await?;
    target.adoption = change.adoption;
    match &change.intent {
        Intent::AddApis { apis } => target.apis.clone_from(apis),
        Intent::RemoveApis { .. } | Intent::Unlink { .. } => target.apis.clear(),
        Intent::Link { .. } | Intent::Relink => {}
    }
    if let Propagation::Eventual(grace) = &mut target.propagation {
        *grace = change.grace;
    }
    Ok((target, plane))
}

/// A plan for one env. An env of a fleet in Azure is not read individually if the pages of listings show that it
/// already fulfils the intent.
async fn one(
    work: &Workspace,
    plane: Plane,
    target: Target,
    change: &LinkChange,
    fleet: &Fleet,
) -> Result<ChangeJob> {
    if !matches!(change.intent, Intent::Relink)
        && let Some(Ok(verdict)) = fleet.glance(&target, &plane).await
        && verdict.fulfils(&change.intent)
    {
        return Ok(ChangeJob::settled(plane, Plan::nothing(&verdict, change.intent.clone()), verdict));
    }
    let (plan, seen) = make(plane.as_ref(), &target, &change.intent).await?;
    let (skip, mut note) = if change.rotation == Rotation::default() {
        (None, None)
    } else {
        rotation::decide(work, &plane, &seen, &change.rotation).await
    };
    if let Some(why) = skip {
        let verdict = Verdict::of(seen);
        return Ok(ChangeJob::skipped(plane, Plan::nothing(&verdict, change.intent.clone()), verdict, why));
    }
    if change.check_rights && !plan.is_empty() {
        check_rights(plane.as_ref(), &plan).await?;
    }
    if change.rehearses {
        let errand = report::errand(&plan.intent);
        match engine::rehearse(plane.as_ref(), &plan).await {
            Rehearsal::Unopposed => {}
            Rehearsal::Rejected(error) => {
                return Err(error).explain_with(|| format!("Azure would reject {errand}"));
            }
            Rehearsal::Unknown(error) => {
                note = Some(format!("Azure did not say whether it would accept {errand}: {error}"));
            }
        }
    }
    if plan.is_empty() {
        // There is nothing to verify: what was observed is the result.
        return Ok(ChangeJob { note, ..ChangeJob::settled(plane, plan, Verdict::of(seen)) });
    }
    let extent = engine::extent(&seen, &plan);
    let seen = plane.is_azure().then_some(seen);
    Ok(ChangeJob { extent, note, ..ChangeJob::new(plane, plan, seen, PlanOrigin::Fresh) })
}

async fn check_rights(plane: &dyn Readable, plan: &Plan) -> Result<()> {
    let rights = Rights::read(plane, &plan.target).await.explain("could not read your permissions")?;
    match rights {
        Some(rights) => engine::check_rights(plan, &rights)
            .explain_with(|| format!("could not start {}", report::errand(&plan.intent))),
        None => Ok(()),
    }
}

/// Returns a plan, and the observation that it was computed from.
pub(super) async fn make(plane: &dyn Readable, target: &Target, intent: &Intent) -> Result<(Plan, Observed)> {
    let observed = engine::observe(plane, target).await.explain("could not read the current link")?;
    let plan = engine::plan(&observed, intent);
    let plan = plan.explain_with(|| format!("could not plan {}", report::errand(intent)))?;
    Ok((plan, observed))
}

/// Refuses, before anything is changed, a plan whose own waits are longer than the command's time limit.
pub(super) fn check_time<'a>(
    deadline: Deadline,
    jobs: impl Iterator<Item = &'a ChangeJob>,
) -> Result<(), UsageError> {
    let Some(limit) = deadline.given() else { return Ok(()) };
    for job in jobs.filter(|job| job.plane.is_azure()) {
        let waits = job.plan.steps.iter().filter_map(settling);
        let waits = waits.fold(Duration::ZERO, Duration::saturating_add);
        if waits > limit {
            let message = format!(
                "{} of `{}` includes waits of {} in total, but `--timeout` ends the command after {}",
                report::errand(&job.plan.intent),
                job.plan.target.env,
                spelt(waits),
                spelt(limit)
            );
            let hint = "increase the time limit with `--timeout`, or shorten each wait with `--grace`";
            return Err(UsageError::new(message).hint(hint));
        }
    }
    Ok(())
}

/// How long a step waits, if the step is only a wait.
fn settling(planned: &PlannedStep) -> Option<Duration> {
    match &planned.step {
        Step::Settle { grace, .. } => Some(grace.duration()),
        Step::PutProduct { .. }
        | Step::PutSubscription { .. }
        | Step::PutPolicy { .. }
        | Step::AddApi { .. }
        | Step::RemoveApi { .. }
        | Step::Connect { .. }
        | Step::Disconnect { .. }
        | Step::SwapKeys { .. }
        | Step::ProveKey { .. }
        | Step::RetireSecondary { .. }
        | Step::DeleteSubscription { .. }
        | Step::DeleteProduct { .. } => None,
    }
}
