//! What all changing commands share: plan, show, ask, apply, verify, report.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use anyhow::Context as _;

use super::{
    args::PlanArgs,
    context::{Context, quoted},
    failure::{self, Shared},
    outcome,
    plan_file::{self, SavedPlan},
    resolve::name_lookalikes,
};
use crate::{
    config::EnvSettings,
    diagnosis::ExitCode,
    engine::{
        self, ApplyError, Intent, LinkState, Plan, PlannedStep, Previews, Refusal, Step, StepListener, Target,
    },
    output::{ChangeReport, ChangeResult, Outcome, Progress, SCHEMA_VERSION, StepStatus},
    provider::{ControlPlane, ProviderError, json::JsonControlPlane},
};

/// How often a plan is made anew, because somebody else changed what it was made from.
const TRIES: usize = 5;

/// A change that a command asks for.
pub(super) struct Change {
    /// What is wanted.
    pub(super) intent: Intent,
    /// Whether named preview environments may be linked.
    pub(super) previews: Previews,
    /// Whether it is only to be shown or saved.
    pub(super) options: PlanArgs,
}

/// A change of one env, on its way.
struct Job {
    env: String,
    plane: Arc<JsonControlPlane>,
    plan: Plan,
    /// Whether another plan may take its place, if what it was made from has moved.
    origin: Origin,
    state: JobState,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// Made by this very command.
    Fresh,
    /// Shown to somebody who agreed to it, or saved: it is this plan or none.
    Agreed,
}

enum JobState {
    Planned,
    Applied,
    Failed { error: anyhow::Error, failed_step: Option<usize> },
}

/// Plans, shows, asks, applies, verifies and reports the change for each env.
pub(super) async fn run(cx: &Context, envs: Vec<EnvSettings>, change: Change) -> anyhow::Result<ExitCode> {
    let progress = cx.ui.progress();
    let mut results = BTreeMap::new();
    let mut jobs = Vec::new();
    for (at, env) in envs.iter().enumerate() {
        progress.now(format!("reading {}", env.name));
        match plan_one(cx, env, &change).await {
            Ok(job) => jobs.push((at, job)),
            Err(mut error) => {
                if let (1, Some(refusal)) = (envs.len(), error.downcast_mut::<Refusal>()) {
                    name_lookalikes(cx.plane_of(env)?.as_ref(), &mut refusal.findings).await;
                }
                results.insert(at, outcome::failed(&env.name, Vec::new(), LinkState::Unknown, &error));
            }
        }
    }
    drop(progress);
    let verb = change.intent.verb();
    let saved = change.options.out.as_deref().filter(|_| results.is_empty());
    if let Some(file) = saved {
        let plans = jobs.iter().map(|(_, job)| SavedPlan { plan: job.plan.clone(), model: model_of(job) });
        plan_file::write(file, plans.collect())?;
    }
    if change.options.dry_run || change.options.out.is_some() {
        results.extend(jobs.iter().map(|(at, job)| (*at, outcome::planned(&job.plan))));
        let pending = jobs.iter().any(|(_, job)| !job.plan.is_empty());
        let code = report(cx, verb, results)?;
        if let Some(file) = saved {
            let file = file.display().to_string();
            cx.ui.say(&format!("saved the plan to {file}; next: swa-apim apply {}", quoted(&file)));
        }
        let tell = pending && change.options.detailed_exitcode;
        return Ok(if tell { code.worst(ExitCode::Changes) } else { code });
    }
    confirm(cx, &mut jobs)?;
    finish(cx, verb, jobs, results).await
}

/// Applies plans that were saved earlier: these, or none.
pub(super) async fn run_saved(cx: &Context, saved: Vec<SavedPlan>) -> anyhow::Result<ExitCode> {
    let mut jobs = Vec::new();
    let verb = saved.first().map_or("apply", |first| first.plan.intent.verb());
    for (at, SavedPlan { plan, model }) in saved.into_iter().enumerate() {
        let plane = cx.plane(&model)?;
        let env = plan.target.env.clone();
        jobs.push((at, Job { env, plane, plan, origin: Origin::Agreed, state: JobState::Planned }));
    }
    finish(cx, verb, jobs, BTreeMap::new()).await
}

async fn finish(
    cx: &Context,
    verb: &str,
    mut jobs: Vec<(usize, Job)>,
    mut results: BTreeMap<usize, ChangeResult>,
) -> anyhow::Result<ExitCode> {
    let next = match jobs.as_slice() {
        [(_, only)] if results.is_empty() => next_step(cx, only),
        _ => None,
    };
    let progress = cx.ui.progress();
    apply(cx, &mut jobs, &progress).await;
    for (at, job) in jobs {
        progress.now(format!("checking {}", job.env));
        results.insert(at, conclude(job).await);
    }
    drop(progress);
    let code = report(cx, verb, results)?;
    if let Some(next) = next.filter(|_| code == ExitCode::Success && cx.ui.is_for_people()) {
        cx.ui.say(&next);
    }
    Ok(code)
}

/// What somebody may want to do who has just made a link.
fn next_step(cx: &Context, job: &Job) -> Option<String> {
    let target = &job.plan.target;
    match &job.plan.intent {
        Intent::Link { .. } | Intent::Relink | Intent::AddApis { .. } => {}
        Intent::Unlink { .. } | Intent::RemoveApis { .. } => return None,
    }
    let next = format!("next: swa-apim status {}", target.selector);
    if !cx.is_sample() {
        return Some(next);
    }
    let model = job.plane.path()?.display();
    Some(format!("the sample is the model {model}: break something in it, then see what status says\n{next}"))
}

async fn plan_one(cx: &Context, env: &EnvSettings, change: &Change) -> anyhow::Result<Job> {
    let plane = cx.plane_of(env)?;
    let mut target = cx.target(env, plane.as_ref(), change.previews).await?;
    match &change.intent {
        Intent::AddApis { apis } => target.apis.clone_from(apis),
        Intent::RemoveApis { .. } | Intent::Unlink { .. } => target.apis.clear(),
        Intent::Link { .. } | Intent::Relink => {}
    }
    let plan = make_plan(plane.as_ref(), &target, &change.intent).await?;
    Ok(Job { env: env.name.clone(), plane, plan, origin: Origin::Fresh, state: JobState::Planned })
}

async fn make_plan(plane: &dyn ControlPlane, target: &Target, intent: &Intent) -> anyhow::Result<Plan> {
    let observed = engine::observe(plane, target).await.context("could not read the current link")?;
    engine::plan(&observed, intent).with_context(|| format!("could not plan {}", outcome::errand(intent)))
}

/// Whoever deletes something that does not come back types the name of the site, or has said `--yes`.
fn confirm(cx: &Context, jobs: &mut [(usize, Job)]) -> anyhow::Result<()> {
    let deletes = |planned: &PlannedStep| {
        matches!(planned.step, Step::DeleteProduct { .. } | Step::DeleteSubscription { .. })
    };
    let mut dangerous: Vec<_> =
        jobs.iter_mut().map(|(_, job)| job).filter(|job| job.plan.steps.iter().any(deletes)).collect();
    for job in &mut dangerous {
        job.origin = Origin::Agreed;
    }
    if cx.yes {
        return Ok(());
    }
    for job in dangerous {
        let site = job.plan.target.site_environment.site();
        if cx.ui.can_ask() {
            cx.ui.preview(&change_report(job.plan.intent.verb(), vec![outcome::planned(&job.plan)]));
        }
        let question = format!("This deletes the product and the keys of the link of `{}`.", site.name());
        cx.ui.confirm_by_typing(&question, site.name(), "`--yes`")?;
    }
    Ok(())
}

/// One transaction for each control plane, in the order of their files, so that two commands never wait
/// for each other.
async fn apply(cx: &Context, jobs: &mut [(usize, Job)], progress: &Progress) {
    let mut by_model: BTreeMap<PathBuf, Vec<&mut Job>> = BTreeMap::new();
    for (_, job) in jobs.iter_mut().filter(|(_, job)| !job.plan.is_empty()) {
        by_model.entry(model_of(job)).or_default().push(job);
    }
    for jobs in by_model.into_values() {
        transact(cx, jobs, progress).await;
    }
}

async fn transact(cx: &Context, mut jobs: Vec<&mut Job>, progress: &Progress) {
    let Some(plane) = jobs.first().map(|job| Arc::clone(&job.plane)) else { return };
    progress.now("waiting for the lock of the model");
    if let Err(error) = plane.begin().await {
        fail_all(&mut jobs, error);
        return;
    }
    for job in &mut jobs {
        apply_one(cx, job, progress).await;
    }
    progress.now("writing the model");
    if let Err(error) = plane.commit().await {
        fail_all(&mut jobs, error);
    }
}

/// One error for all, in each of whose chains it stands.
fn fail_all(jobs: &mut [&mut Job], error: ProviderError) {
    let shared = Shared::from(error);
    for job in jobs.iter_mut().filter(|job| !matches!(job.state, JobState::Failed { .. })) {
        job.state = JobState::Failed { error: shared.clone().into(), failed_step: None };
    }
}

async fn apply_one(cx: &Context, job: &mut Job, progress: &Progress) {
    let plane = Arc::clone(&job.plane);
    for _ in 0..TRIES {
        let listener = Shown { env: &job.env, progress };
        let error = match engine::apply(plane.as_ref(), cx.ambient.as_ref(), &job.plan, &listener).await {
            Ok(()) => {
                job.state = JobState::Applied;
                return;
            }
            Err(error) => error,
        };
        let starts_over = matches!(error, ApplyError::Moved { .. }) && job.origin == Origin::Fresh;
        if !starts_over {
            let failed_step = error.failed_step();
            let errand = outcome::errand(&job.plan.intent);
            let error = anyhow::Error::new(error).context(format!("could not finish {errand}"));
            job.state = JobState::Failed { error, failed_step };
            return;
        }
        match make_plan(plane.as_ref(), &job.plan.target, &job.plan.intent).await {
            Ok(plan) if plan.is_empty() => {
                job.plan = plan;
                return;
            }
            Ok(plan) => job.plan = plan,
            Err(error) => {
                job.state = JobState::Failed { error, failed_step: None };
                return;
            }
        }
    }
    let error = ApplyError::Moved { resource: job.plan.target.site_environment.to_string() };
    job.state = JobState::Failed { error: error.into(), failed_step: None };
}

struct Shown<'a> {
    env: &'a str,
    progress: &'a Progress,
}

impl StepListener for Shown<'_> {
    fn starting(&self, _: usize, step: &PlannedStep) {
        self.progress.now(format!("{}: {} {}", self.env, step.step.action(), step.step.target().name()));
    }
}

/// Observes the link again, and says what became of the change.
async fn conclude(job: Job) -> ChangeResult {
    let verdict = match engine::verify(job.plane.as_ref(), &job.plan.target).await {
        Ok(verdict) => verdict,
        Err(error) => {
            let error = anyhow::Error::new(error).context("could not check the link");
            return outcome::failed(
                &job.env,
                outcome::steps(&job.plan, StepStatus::Applied),
                LinkState::Unknown,
                &error,
            );
        }
    };
    let (status, outcome) = match &job.state {
        JobState::Planned => (StepStatus::Planned, Outcome::Unchanged),
        JobState::Applied => (StepStatus::Applied, Outcome::Applied),
        JobState::Failed { error, failed_step } => {
            let steps = outcome::partly_done(&job.plan, *failed_step);
            let mut result = outcome::failed(&job.env, steps, verdict.state, error);
            result.findings = verdict.findings;
            return result;
        }
    };
    let mut result = ChangeResult {
        env: job.env.clone(),
        outcome,
        steps: outcome::steps(&job.plan, status),
        state: verdict.state,
        summary: outcome::summary(&job.plan, outcome, &verdict),
        findings: verdict.findings.clone(),
        error: None,
        exit: ExitCode::Success,
    };
    if !verdict.fulfils(&job.plan.intent) {
        result.outcome = Outcome::Failed;
        result.exit = ExitCode::NotVerified;
    }
    result
}

fn change_report(verb: &str, results: Vec<ChangeResult>) -> ChangeReport {
    ChangeReport { schema_version: SCHEMA_VERSION, command: verb.to_owned(), results }
}

fn report(cx: &Context, verb: &str, results: BTreeMap<usize, ChangeResult>) -> anyhow::Result<ExitCode> {
    let report = change_report(verb, results.into_values().collect());
    cx.ui.print(&report).context("the command has run, but its result could not be printed")?;
    let several = report.results.len() > 1;
    for result in &report.results {
        if let Some(error) = &result.error {
            failure::print(several.then_some(result.env.as_str()), error);
        }
    }
    Ok(report.results.iter().fold(ExitCode::Success, |worst, result| worst.worst(result.exit)))
}

fn model_of(job: &Job) -> PathBuf {
    job.plane.path().map(PathBuf::from).unwrap_or_default()
}
