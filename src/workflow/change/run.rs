//! Carrying plans out: in one transaction for each model, side by side in Azure; then looking at what came
//! of them.

use std::{collections::BTreeMap, time::Duration};

use futures_util::{StreamExt as _, stream};
use tokio::time::sleep;

use super::{
    job::{Job, JobState, Origin},
    plan::{is_apart, make_plan},
    report,
};
use crate::{
    cli::{session::Context, shown::Shown},
    diagnosis::ExitCode,
    engine::{self, ApplyError, Intent, LinkState, Movement, Provisioner, Verdict},
    output::Progress,
    provider::{ProviderError, Shared, arm::Wait},
    report::{ChangeResult, Event, KeysReport, Outcome, StepStatus, Told},
    workflow::plane::Place,
};

/// How often a plan is made anew, because somebody else changed what it was made from.
const TRIES: usize = 5;
/// How many envs in Azure are changed at once.
const AT_ONCE: usize = 8;
/// How long to let somebody else finish who changes the same link, at most, before it is tried again.
const COURTESY: Duration = Duration::from_secs(2);

/// Carries out every job, and says what came of each.
pub(crate) async fn carry_out(
    cx: &Context,
    jobs: Vec<(usize, Job)>,
    progress: &Progress,
    wait: Wait,
) -> Vec<(usize, ChangeResult)> {
    let several = jobs.len() > 1;
    let verb = jobs.first().map(|(_, job)| job.plan.intent.verb().to_owned()).unwrap_or_default();
    let (apart, mut together): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|(_, job)| is_apart(&job.plane));
    apply_together(cx, &mut together, progress).await;
    let mut results = Vec::new();
    for (at, job) in together {
        progress.now(format!("checking {}", job.env));
        results.push((at, told(cx, conclude(cx, job, progress, wait).await, &verb)));
    }
    let apart = stream::iter(apart).map(async |(at, mut job)| {
        if !job.plan.is_empty() {
            apply_one(cx, &mut job, progress).await;
        }
        let result = told(cx, conclude(cx, job, progress, wait).await, &verb);
        if several {
            cx.ui.say_beside(progress, &format!("{}: {}", result.env, result.summary));
        }
        (at, result)
    });
    results.extend(apart.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await);
    results
}

/// One transaction for each model, in the order of their files, so that two commands never wait for each
/// other.
async fn apply_together(cx: &Context, jobs: &mut [(usize, Job)], progress: &Progress) {
    let mut by_model: BTreeMap<Place, Vec<&mut Job>> = BTreeMap::new();
    for (_, job) in jobs.iter_mut().filter(|(_, job)| !job.plan.is_empty()) {
        by_model.entry(job.plane.place()).or_default().push(job);
    }
    for jobs in by_model.into_values() {
        transact(cx, jobs, progress).await;
    }
}

async fn transact(cx: &Context, mut jobs: Vec<&mut Job>, progress: &Progress) {
    let Some(plane) = jobs.first().map(|job| job.plane.clone()) else { return };
    progress.now("waiting for the lock of the model");
    if let Err(error) = plane.as_ref().begin().await {
        fail_all(&mut jobs, error);
        return;
    }
    for job in &mut jobs {
        apply_one(cx, job, progress).await;
    }
    progress.now("writing the model");
    let taken: Vec<(usize, usize)> = jobs.iter().map(|job| note_writing(cx, job)).collect();
    if let Err(error) = plane.as_ref().commit().await {
        unwritten(&mut jobs, error);
        // What is to be seen next is what is in the file.
        cx.refresh();
        return;
    }
    for (chapter, count) in taken {
        cx.journal.note_first(chapter, count, StepStatus::Applied);
    }
}

/// Notes that the steps of a job are being written, and returns their chapter and their number.
fn note_writing(cx: &Context, job: &Job) -> (usize, usize) {
    let count = match &job.state {
        JobState::Applied(_) => job.plan.steps.len(),
        JobState::Failed { failed_step, .. } => failed_step.unwrap_or_default(),
        JobState::Planned | JobState::Settled(_) | JobState::Unwritten(_) => 0,
    };
    let chapter = cx.journal.open(&job.env, &job.plan.steps);
    cx.journal.note_first(chapter, count, StepStatus::Unknown);
    (chapter, count)
}

/// One error for all, in each of whose chains it stands.
fn fail_all(jobs: &mut [&mut Job], error: ProviderError) {
    let shared = Shared::from(error);
    for job in jobs.iter_mut().filter(|job| !matches!(job.state, JobState::Failed { .. })) {
        job.state = JobState::failed(shared.clone());
    }
}

/// None of the steps of a transaction is known to be done if it could not be written.
fn unwritten(jobs: &mut [&mut Job], error: ProviderError) {
    let shared = Shared::from(error);
    for job in jobs {
        let taken = match &job.state {
            JobState::Applied(_) => true,
            JobState::Failed { failed_step, .. } => failed_step.is_some_and(|done| done > 0),
            JobState::Planned | JobState::Settled(_) | JobState::Unwritten(_) => false,
        };
        if taken {
            job.state = JobState::Unwritten(shared.clone().into());
        }
    }
}

async fn apply_one(cx: &Context, job: &mut Job, progress: &Progress) {
    let plane = job.plane.clone();
    for _ in 0..TRIES {
        let listener = Shown::new(cx, &job.env, &plane, &job.plan, progress);
        let seen = job.seen.take();
        let done = engine::apply(plane.as_ref(), cx.ambient.as_ref(), &job.plan, seen, &listener).await;
        job.told += listener.told.into_inner();
        let error = match done {
            Ok(applied) => {
                job.state = JobState::Applied(applied);
                return;
            }
            Err(error) => error,
        };
        if !error.is_moved() || job.origin == Origin::Agreed {
            let (failed_step, undetermined) = (error.failed_step(), error.is_undetermined());
            let undetermined = undetermined && is_apart(&plane);
            let errand = report::errand(&job.plan.intent);
            let error = anyhow::Error::new(error).context(format!("could not finish {errand}"));
            job.state = JobState::Failed { error, failed_step, undetermined };
            return;
        }
        job.before.extend(report::taken(&job.plan, error.failed_step()));
        if plane.is_azure() {
            tracing::info!(env = job.env, "somebody else changed the link; starting over");
            sleep(COURTESY.mul_f64(cx.ambient.chance())).await;
        }
        match make_plan(plane.as_ref(), &job.plan.target, &job.plan.intent).await {
            Ok((plan, seen)) => {
                job.plan = plan;
                job.seen = is_apart(&plane).then_some(seen);
            }
            Err(error) => {
                let error =
                    if job.before.is_empty() { error } else { ApplyError::Stopped(error.into()).into() };
                job.state = JobState::failed(error);
                return;
            }
        }
        if job.plan.is_empty() {
            return;
        }
    }
    let resource = job.plan.target.site_environment.to_string();
    let moved = ApplyError::Moved { resource, change: Movement::Changed };
    let error = if job.before.is_empty() { moved } else { ApplyError::Stopped(moved.into()) };
    job.state = JobState::failed(error);
}

/// Writes down a result as soon as it is there.
fn told(cx: &Context, mut result: ChangeResult, verb: &str) -> ChangeResult {
    cx.ui.happened(&Event::untold_of(verb, &result));
    result.told = Told::Everything;
    result
}

/// Observes the link again, and says what became of the change.
async fn conclude(cx: &Context, mut job: Job, progress: &Progress, wait: Wait) -> ChangeResult {
    let verdict = match look(cx, &mut job, progress, wait).await {
        Ok(verdict) => verdict,
        Err(error) => return unchecked(job, error),
    };
    let told = Told::Steps(job.told);
    let mut steps = job.before;
    let (outcome, keys_before) = match &job.state {
        JobState::Planned | JobState::Settled(_) if steps.is_empty() => (Outcome::Unchanged, None),
        JobState::Planned | JobState::Settled(_) => (Outcome::Applied, None),
        JobState::Applied(applied) => {
            let took = job.plane.is_azure().then_some(applied.took.as_slice());
            steps.extend(report::applied(&job.plan, took));
            steps.extend(job.after);
            (Outcome::Applied, applied.keys_before.clone())
        }
        JobState::Failed { error, failed_step, undetermined } => {
            steps.extend(report::partly_done(&job.plan, *failed_step, *undetermined));
            let result = report::failed(&job.env, steps, verdict.state, error);
            return ChangeResult { told, ..report::seen(result, &verdict) };
        }
        JobState::Unwritten(error) => {
            let unmoved = job.plan.basis == verdict.observed.basis();
            let status = if unmoved { StepStatus::Pending } else { StepStatus::Unknown };
            let steps = report::steps(&job.plan, status);
            return report::seen(report::failed(&job.env, steps, verdict.state, error), &verdict);
        }
    };
    let mut result = ChangeResult {
        env: job.env.clone(),
        outcome,
        steps,
        state: verdict.state,
        keys: KeysReport::of(keys_before.as_ref(), verdict.observed.keys.as_ref())
            .filter(|_| job.plane.is_azure() && job.plan.intent == Intent::Relink),
        undo: job.undo.filter(|_| outcome == Outcome::Applied),
        summary: report::summary(&job.plan, outcome, &verdict),
        findings: verdict.findings.clone(),
        error: None,
        product: report::product_of(&verdict),
        told,
        exit: ExitCode::Success,
    };
    if wait == Wait::UntilAccepted && outcome == Outcome::Applied {
        result.summary = report::accepted(&job.plan);
    } else if !verdict.fulfils(&job.plan.intent) || job.unrotated {
        result.outcome = Outcome::Failed;
        result.exit = ExitCode::NotVerified;
    }
    result
}

/// What is reported where the link could not be observed after the change: the steps as they were
/// acknowledged, and never that nothing was changed.
fn unchecked(job: Job, unseen: ProviderError) -> ChangeResult {
    let unseen = || anyhow::Error::new(unseen).context("could not check the link");
    let mut steps = job.before;
    let error = match job.state {
        JobState::Planned | JobState::Settled(_) => unseen(),
        JobState::Applied(applied) => {
            let took = job.plane.is_azure().then_some(applied.took.as_slice());
            steps.extend(report::applied(&job.plan, took));
            steps.extend(job.after);
            let result = report::failed(&job.env, steps, LinkState::Unknown, &unseen());
            let summary = "applied, and it could not be verified".to_owned();
            return ChangeResult {
                told: Told::Steps(job.told),
                exit: ExitCode::NotVerified,
                summary,
                ..result
            };
        }
        JobState::Failed { error, failed_step, undetermined } => {
            steps.extend(report::partly_done(&job.plan, failed_step, undetermined));
            error
        }
        JobState::Unwritten(error) => {
            steps.extend(report::steps(&job.plan, StepStatus::Unknown));
            error
        }
    };
    let result = report::failed(&job.env, steps, LinkState::Unknown, &error);
    ChangeResult { told: Told::Steps(job.told), ..result }
}

/// Looks at the link. What a resource provider has made wrong or not at all, it is asked for once more.
async fn look(
    cx: &Context,
    job: &mut Job,
    progress: &Progress,
    wait: Wait,
) -> Result<Verdict, ProviderError> {
    if let JobState::Settled(verdict) = &job.state {
        return Ok((**verdict).clone());
    }
    let plane = job.plane.clone();
    let target = job.plan.target.clone();
    progress.now(format!("checking {}", job.env));
    let changed = matches!(job.state, JobState::Applied(_)) && wait == Wait::UntilDone;
    if !changed || target.provisioner == Provisioner::Engine {
        return engine::verify(plane.as_ref(), &target).await;
    }
    let intent = job.plan.intent.clone();
    let verdict = engine::verify_in_time(plane.as_ref(), &target, &intent).await?;
    job.unrotated =
        matches!(&job.state, JobState::Applied(it) if report::keeps_keys(&job.plan, it, &verdict));
    // Both keys are new by then, so what is left of a relink is a link.
    let rest = match intent {
        Intent::Relink if !job.unrotated => Intent::Link { existing: engine::Existing::Keep },
        other => other,
    };
    if verdict.fulfils(&rest) && !job.unrotated || job.origin == Origin::Agreed {
        return Ok(verdict);
    }
    let Ok((plan, seen)) = make_plan(plane.as_ref(), &target, &rest).await else { return Ok(verdict) };
    if plan.is_empty() {
        return Ok(verdict);
    }
    tracing::info!(env = job.env, state = %verdict.state, "not as it should be; connecting again");
    let listener = Shown::new(cx, &job.env, &plane, &plan, progress);
    let done = engine::apply(plane.as_ref(), cx.ambient.as_ref(), &plan, Some(seen), &listener).await;
    job.told += listener.told.into_inner();
    match done {
        Ok(applied) => {
            job.unrotated &= !plan.rotates();
            job.after.extend(report::applied(&plan, Some(&applied.took)));
        }
        Err(error) => {
            let (failed, undetermined) = (error.failed_step(), error.is_undetermined());
            job.after.extend(report::partly_done(&plan, failed, undetermined));
            tracing::warn!(env = job.env, %error, "the link could not be repaired");
            return Ok(verdict);
        }
    }
    engine::verify_in_time(plane.as_ref(), &target, &rest).await
}
