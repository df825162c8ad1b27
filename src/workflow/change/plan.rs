//! What all changing commands share: plan, show, ask, apply, verify, report.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Context as _;
use futures_util::{StreamExt as _, stream};

use super::{
    job::{Job, Origin},
    report, run,
};
use crate::{
    cli::{
        args::{PlanArgs, typed::told},
        error,
        session::{Context, UsageError},
    },
    config::EnvSettings,
    diagnosis::ExitCode,
    engine::{
        self, Adoption, ApplyError, Grace, Intent, LinkState, Observed, Plan, PlannedStep, Previews,
        Propagation, Refusal, Rights, Step, Target,
    },
    files::is_standard_output,
    output::Progress,
    provider::{ControlPlane, Transactions, arm::Wait},
    report::{ChangeReport, ChangeResult, Outcome, SCHEMA_VERSION, StepStatus},
    workflow::{
        look::fleet::Fleet,
        plane::{Place, Plane},
        saved::{self, SavedPlan},
        select::name_lookalikes,
    },
};

/// How many envs in Azure are read at once; what is sent at once is limited where it is sent.
const AT_ONCE: usize = 32;

/// A change that a command asks for.
pub(crate) struct Change {
    /// What is wanted.
    pub(crate) intent: Intent,
    /// Whether named preview environments may be linked.
    pub(crate) previews: Previews,
    /// Whether a product may be used that does not show that it is the link's.
    pub(crate) adoption: Adoption,
    /// How long to wait in Azure for what cannot be observed.
    pub(crate) grace: Grace,
    /// Whether what Azure has only begun is waited for.
    pub(crate) wait: Wait,
    /// Whether the caller's rights are looked at first.
    pub(crate) check_rights: bool,
    /// Whether it is only to be shown or saved.
    pub(crate) options: PlanArgs,
}

/// Plans, shows, asks, applies, verifies and reports the change for each env.
pub(crate) async fn run(cx: &Context, envs: Vec<EnvSettings>, change: Change) -> anyhow::Result<ExitCode> {
    cx.journal.begin(change.intent.verb());
    cx.wait(change.wait);
    cx.allow_for(change.grace.duration());
    let progress = cx.ui.progress();
    let mut results = BTreeMap::new();
    let mut jobs = Vec::new();
    for (at, planned) in plan_each(cx, &envs, &change, &progress).await {
        let env = &envs[at];
        match planned {
            Ok(job) => jobs.push((at, job)),
            Err(mut error) => {
                if let (1, Some(refusal)) = (envs.len(), error.downcast_mut::<Refusal>()) {
                    name_lookalikes(cx.plane_of(env)?.as_ref(), &mut refusal.findings).await;
                }
                results.insert(at, report::failed(&env.name, Vec::new(), LinkState::Unknown, &error));
            }
        }
    }
    drop(progress);
    check_time(cx, &jobs)?;
    if !jobs.is_empty() && jobs.iter().all(|(_, job)| !job.plane.is_azure()) {
        cx.note_azure_flags();
    }
    let verb = change.intent.verb();
    let saved = change.options.out.as_deref().filter(|_| results.is_empty());
    if let Some(file) = saved {
        let plans = jobs.iter().map(|(_, job)| SavedPlan::new(job.plan.clone(), job.plane.place()));
        saved::write(cx, file, plans.collect()).await?;
    }
    if change.options.only_shows() {
        results.extend(jobs.iter().map(|(at, job)| (*at, report::would(&job.plan, &job.findings))));
        let pending = jobs.iter().any(|(_, job)| !job.plan.is_empty());
        let place = jobs.first().map(|(_, job)| job.plane.place());
        // A plan on standard output is alone there.
        let code = match change.options.out.as_deref().filter(|out| is_standard_output(out)) {
            Some(_) => report_beside(cx, verb, results),
            None => report(cx, verb, results)?,
        };
        if let Some((file, place)) = saved.zip(place) {
            cx.ui.say(&saved::next(cx, file, &place));
        }
        let tell = pending && change.options.detailed_exitcode;
        return Ok(if tell { code.worst(ExitCode::Changes) } else { code });
    }
    confirm(cx, &mut jobs)?;
    finish(cx, verb, jobs, results, change.wait).await
}

/// Applies plans that were saved earlier: all of them as they were saved, or none.
pub(crate) async fn run_saved(cx: &Context, saved: &[SavedPlan]) -> anyhow::Result<ExitCode> {
    let verb = saved.first().map_or("apply", |first| first.plan.intent.verb());
    cx.journal.begin(verb);
    let (mut jobs, mut results) = (Vec::new(), BTreeMap::new());
    let progress = cx.ui.progress();
    for (at, saved) in saved.iter().enumerate() {
        let plane = cx.plane_at(&saved.place()?)?;
        progress.now(format!("comparing the plan with {}", saved.plan.target.env));
        match reconsider(&plane, &saved.plan).await {
            Ok(job) => jobs.push((at, job)),
            Err(error) => {
                results.insert(at, saved_failed(saved, &error));
            }
        }
    }
    drop(progress);
    if !results.is_empty() {
        for (at, _) in jobs {
            let error = UsageError::refused("another plan of the same file was not applied");
            results.insert(at, saved_failed(&saved[at], &error.into()));
        }
        return report(cx, verb, results);
    }
    finish(cx, verb, jobs, results, Wait::UntilDone).await
}

fn saved_failed(saved: &SavedPlan, error: &anyhow::Error) -> ChangeResult {
    let steps = report::steps(&saved.plan, StepStatus::Pending);
    report::failed(&saved.plan.target.env, steps, LinkState::Unknown, error)
}

/// Plans again for the same target and intent. A saved plan is a proposal: what is carried out is the new plan,
/// and only if it is the saved one.
async fn reconsider(plane: &Plane, saved: &Plan) -> anyhow::Result<Job> {
    let errand = || format!("could not begin {}", report::errand(&saved.intent));
    let observed = engine::observe(plane.as_ref(), &saved.target).await;
    let observed = observed.context("could not read the current link")?;
    if let Some(moved) = ApplyError::movement(saved, &observed) {
        return Err(anyhow::Error::new(moved).context(errand()));
    }
    let plan = engine::plan(&observed, &saved.intent).with_context(errand)?;
    if let Some(stranger) = saved::stranger(&saved.steps, &plan.steps) {
        return Err(anyhow::Error::new(stranger).context(errand()));
    }
    let seen = is_apart(plane).then_some(observed);
    Ok(Job::new(plane.clone(), plan, seen, Origin::Agreed))
}

async fn finish(
    cx: &Context,
    verb: &str,
    jobs: Vec<(usize, Job)>,
    mut results: BTreeMap<usize, ChangeResult>,
    wait: Wait,
) -> anyhow::Result<ExitCode> {
    let next = match jobs.as_slice() {
        [(_, only)] if results.is_empty() => next_step(cx, only),
        _ => None,
    };
    let progress = cx.ui.progress();
    results.extend(run::carry_out(cx, jobs, &progress, wait).await);
    drop(progress);
    let code = report(cx, verb, results)?;
    if let Some(next) = next.filter(|_| code == ExitCode::Success && cx.ui.is_for_people()) {
        cx.ui.say(&next);
    }
    Ok(code)
}

/// Refuses, before anything is changed, a plan whose own waits are longer than the command may take.
fn check_time(cx: &Context, jobs: &[(usize, Job)]) -> Result<(), UsageError> {
    let Some(limit) = cx.timeout() else { return Ok(()) };
    for (_, job) in jobs.iter().filter(|(_, job)| job.plane.is_azure()) {
        let waits = job.plan.steps.iter().filter_map(|planned| match &planned.step {
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
        });
        let waits = waits.fold(Duration::ZERO, Duration::saturating_add);
        if waits > limit {
            let message = format!(
                "{} of `{}` waits for {} in all, and `--timeout` ends the command after {}",
                report::errand(&job.plan.intent),
                job.plan.target.env,
                told(waits),
                told(limit)
            );
            let hint = "give it more time with `--timeout`, or shorten each wait with `--grace`";
            return Err(UsageError::new(message).hint(hint));
        }
    }
    Ok(())
}

/// What somebody may want to do who has just made a link.
fn next_step(cx: &Context, job: &Job) -> Option<String> {
    let target = &job.plan.target;
    match &job.plan.intent {
        Intent::Link { .. } | Intent::Relink | Intent::AddApis { .. } => {}
        Intent::Unlink { .. } | Intent::RemoveApis { .. } => return None,
    }
    let next = format!("next: {}", target.command("status").trim_matches('`'));
    let Place::Model(model) = job.plane.place() else { return Some(next) };
    if !cx.is_sample() {
        return Some(next);
    }
    let model = model.display();
    Some(format!("the sample is the model {model}: break something in it, then see what status says\n{next}"))
}

/// What came of planning for each env, with its place among them.
type Planned = Vec<(usize, anyhow::Result<Job>)>;

/// Envs in Azure are read side by side, each waiting for its answers; reading a model waits for nothing.
async fn plan_each(cx: &Context, envs: &[EnvSettings], change: &Change, progress: &Progress) -> Planned {
    let mut resolved = Vec::new();
    for env in envs {
        progress.now(format!("reading {}", env.name));
        resolved.push(target_of(cx, env, change).await);
    }
    let fleet = Fleet::of(resolved.iter().flatten().map(|(target, plane)| (target, plane)));
    let planned = stream::iter(resolved.into_iter().enumerate()).map(async |(at, resolved)| {
        let planned = match resolved {
            Ok((target, plane)) => plan_one(plane, target, change, &fleet).await,
            Err(error) => Err(error),
        };
        (at, planned)
    });
    let mut planned: Planned = planned.buffer_unordered(AT_ONCE).collect().await;
    planned.sort_by_key(|(at, _)| *at);
    planned
}

async fn target_of(cx: &Context, env: &EnvSettings, change: &Change) -> anyhow::Result<(Target, Plane)> {
    let plane = cx.plane_of(env)?;
    let mut target = cx.target(env, plane.as_ref(), change.previews).await?;
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

/// A plan for one env. Of many in Azure, those that a page says are as they should be are left at that.
async fn plan_one(plane: Plane, target: Target, change: &Change, fleet: &Fleet) -> anyhow::Result<Job> {
    if !matches!(change.intent, Intent::Relink)
        && let Some(Ok(verdict)) = fleet.glance(&target, &plane).await
        && verdict.fulfils(&change.intent)
    {
        return Ok(Job::settled(plane, Plan::nothing(&verdict, change.intent.clone()), verdict));
    }
    let (plan, seen) = make_plan(plane.as_ref(), &target, &change.intent).await?;
    if change.check_rights && !plan.is_empty() {
        check_rights(plane.as_ref(), &plan).await?;
    }
    if change.options.only_shows() {
        let rehearsed = engine::rehearse(plane.as_ref(), &plan).await;
        rehearsed.with_context(|| format!("Azure would refuse {}", report::errand(&plan.intent)))?;
    }
    let findings = if plan.is_empty() { engine::findings(&seen) } else { Vec::new() };
    let seen = (plane.as_ref().transactions() == Transactions::None).then_some(seen);
    let mut job = Job::new(plane, plan, seen, Origin::Fresh);
    job.findings = findings;
    Ok(job)
}

async fn check_rights(plane: &dyn ControlPlane, plan: &Plan) -> anyhow::Result<()> {
    let rights = Rights::read(plane, &plan.target).await.context("could not read what you may do")?;
    match rights {
        Some(rights) => engine::check_rights(plan, &rights)
            .with_context(|| format!("could not begin {}", report::errand(&plan.intent))),
        None => Ok(()),
    }
}

/// A plan, and what it was made from.
pub(crate) async fn make_plan(
    plane: &dyn ControlPlane,
    target: &Target,
    intent: &Intent,
) -> anyhow::Result<(Plan, Observed)> {
    let observed = engine::observe(plane, target).await.context("could not read the current link")?;
    let plan = engine::plan(&observed, intent);
    let plan = plan.with_context(|| format!("could not plan {}", report::errand(intent)))?;
    Ok((plan, observed))
}

/// Whoever deletes something that does not come back types the name of the site, or has said `--yes`.
fn confirm(cx: &Context, jobs: &mut [(usize, Job)]) -> anyhow::Result<()> {
    let deletes = |planned: &PlannedStep| {
        matches!(planned.step, Step::DeleteProduct { .. } | Step::DeleteSubscription { .. })
    };
    let mut dangerous: Vec<_> =
        jobs.iter_mut().map(|(_, job)| job).filter(|job| job.plan.steps.iter().any(deletes)).collect();
    for job in &mut dangerous {
        job.agree();
    }
    if cx.yes {
        return Ok(());
    }
    for job in dangerous {
        let site = job.plan.target.site_environment.site();
        if cx.ui.can_ask() {
            cx.ui.preview(&change_report(job.plan.intent.verb(), vec![report::planned(&job.plan)]));
        }
        let question = format!("This deletes the product and the keys of the link of `{}`.", site.name());
        cx.ui.confirm_by_typing(&question, site.name(), "`--yes`")?;
    }
    Ok(())
}

fn change_report(verb: &str, results: Vec<ChangeResult>) -> ChangeReport {
    ChangeReport { schema_version: SCHEMA_VERSION, command: verb.to_owned(), results }
}

fn report(cx: &Context, verb: &str, results: BTreeMap<usize, ChangeResult>) -> anyhow::Result<ExitCode> {
    let report = change_report(verb, results.into_values().collect());
    cx.ui.print(&report).context("the command has run, but its result could not be printed")?;
    Ok(conclude(cx, &report))
}

/// Reports where standard output belongs to something else.
fn report_beside(cx: &Context, verb: &str, results: BTreeMap<usize, ChangeResult>) -> ExitCode {
    let report = change_report(verb, results.into_values().collect());
    cx.ui.print_beside(&report);
    conclude(cx, &report)
}

/// Prints the failures, and returns the exit code of the whole.
fn conclude(cx: &Context, report: &ChangeReport) -> ExitCode {
    let several = report.results.len() > 1;
    for result in &report.results {
        if let Some(error) = &result.error {
            error::print(&cx.ui, several.then_some(result.env.as_str()), error);
        }
    }
    exit_of(&report.results)
}

/// The exit code of the whole: that one env was refused does not mean that nothing was changed, if another one was.
fn exit_of(results: &[ChangeResult]) -> ExitCode {
    let worst = results.iter().fold(ExitCode::Success, |worst, result| worst.worst(result.exit));
    let changed = results.iter().any(|result| result.outcome == Outcome::Applied);
    if worst == ExitCode::Refused && changed { ExitCode::Partial } else { worst }
}

/// Whether a job's control plane is one where each change stands by itself.
pub(crate) fn is_apart(plane: &Plane) -> bool {
    plane.as_ref().transactions() == Transactions::None
}
