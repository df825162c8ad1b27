//! Applies one job: with its own plan, or with a new plan if another client changed the resources first.
#![warn(clippy::arithmetic_side_effects)]

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use super::{
    job::{ChangeJob, JobState, PlanOrigin},
    plan::make,
    report,
    writing::Writing,
};
use crate::{
    engine::{self, Applied, ApplyError, Moved, Movement, Observed, Plan, PlannedStep, StepListener},
    report::{StepReport, StepStatus},
    workflow::{
        error::WorkflowError,
        listener::{Listener, StepNews, StepStage},
    },
};

/// How often a plan is computed again because another client changed the resources that it was computed from.
const TRIES: usize = 5;
/// The longest time to let another client finish its change of the same link before the plan is computed again.
const COURTESY: Duration = Duration::from_secs(2);

/// The message about a plan that a user agreed to, if its resources have changed since.
pub(super) const STALE: &str = "the plan is stale; nothing was changed";

/// Applies a job. The result is stored in its state.
pub(super) async fn one(work: Writing<'_>, job: &mut ChangeJob, listener: &dyn Listener) {
    for _ in 0..TRIES {
        let seen = job.seen.take();
        let (done, told) = plan(work, job, &job.plan, seen, listener).await;
        job.told = job.told.saturating_add(told);
        let error = match done {
            Ok(applied) => {
                job.state = JobState::Applied(applied);
                return;
            }
            Err(error) => error,
        };
        if !error.is_moved() || job.origin == PlanOrigin::Agreed {
            stop(job, error);
            return;
        }
        job.before.extend(report::taken(&job.plan, error.failed_step()));
        note_lost(job, &error, listener);
        if !plan_again(work, job, listener).await || job.plan.is_empty() {
            return;
        }
    }
    let resource = job.plan.target.site_environment.to_string();
    let moved = ApplyError::Moved { moved: vec![Moved { resource, change: Movement::Changed }] };
    let error = if job.before.is_empty() { moved } else { ApplyError::Stopped(moved.into()) };
    job.state = JobState::failed(error);
}

/// Reports the step whose answer was lost, if there is one: the plan that is computed next does not contain it if it was
/// applied.
fn note_lost(job: &mut ChangeJob, error: &ApplyError, listener: &dyn Listener) {
    let Some(at) = error.failed_step().filter(|_| error.is_undetermined()) else { return };
    let Some(step) = job.plan.steps.get(at) else { return };
    let (of, total, stage) = (job.env.as_str(), job.plan.steps.len(), StepStage::Lost);
    listener.step(StepNews { of, at, total, step, stage });
    job.before.push(StepReport::of(step, StepStatus::Unknown));
    job.told = job.told.saturating_add(1);
}

/// Ends a job with the error of a step.
fn stop(job: &mut ChangeJob, error: ApplyError) {
    // A step that was sent and refused is reported as failed, also if its refusal shows that the plan is stale.
    let (failed_step, undetermined) = (error.failed_step(), error.is_undetermined());
    let error = if job.origin == PlanOrigin::Agreed { error.as_stale() } else { error };
    let undetermined = undetermined && job.plane.is_azure();
    let errand = report::errand(&job.plan.intent);
    let context = match &error {
        ApplyError::Moved { .. } if job.origin == PlanOrigin::Agreed => STALE.to_owned(),
        ApplyError::Moved { .. }
        | ApplyError::Observe(_)
        | ApplyError::Stopped(_)
        | ApplyError::Step { .. } => format!("could not finish {errand}"),
    };
    let error = WorkflowError::from(error).explained(context);
    job.state = JobState::Failed { error, failed_step, undetermined };
}

/// Computes the plan of a job again, and returns whether there is a new plan.
async fn plan_again(work: Writing<'_>, job: &mut ChangeJob, listener: &dyn Listener) -> bool {
    if job.plane.is_azure() {
        listener.retries(&job.env);
        tracing::info!(env = job.env, "another client changed the link; the plan is computed again");
        work.deadline().pause(COURTESY.mul_f64(work.ambient().chance())).await;
    }
    match make(job.plane.as_ref(), &job.plan.target, &job.plan.intent).await {
        Ok((plan, seen)) => {
            job.plan = plan;
            job.seen = job.plane.is_azure().then_some(seen);
            true
        }
        Err(error) => {
            let error = if job.before.is_empty() { error } else { ApplyError::Stopped(error.into()).into() };
            job.state = JobState::failed(error);
            false
        }
    }
}

/// Applies a plan of a job, and returns how many of its steps were reported to the listener as done.
pub(super) async fn plan(
    work: Writing<'_>,
    job: &ChangeJob,
    plan: &Plan,
    seen: Option<Observed>,
    listener: &dyn Listener,
) -> (Result<Applied, ApplyError>, usize) {
    let steps = Steps::new(job, plan, listener);
    let done = engine::apply(work.on(&job.plane), work.ambient().as_ref(), plan, seen, &steps).await;
    (done, steps.told.into_inner())
}

/// Reports the progress of a plan's steps to the listener.
struct Steps<'a> {
    env: &'a str,
    total: usize,
    listener: &'a dyn Listener,
    /// Whether each step is applied by itself. The steps of a transaction are done only when all of it is written.
    stands_alone: bool,
    told: AtomicUsize,
}

impl<'a> Steps<'a> {
    fn new(job: &'a ChangeJob, plan: &Plan, listener: &'a dyn Listener) -> Self {
        let stands_alone = job.plane.is_azure();
        if stands_alone {
            listener.plan(&job.env, &plan.steps);
        }
        Self { env: &job.env, total: plan.steps.len(), listener, stands_alone, told: AtomicUsize::new(0) }
    }

    fn tell(&self, at: usize, step: &PlannedStep, stage: StepStage) {
        self.listener.step(StepNews { of: self.env, at, total: self.total, step, stage });
    }
}

impl StepListener for Steps<'_> {
    fn starting(&self, at: usize, step: &PlannedStep) {
        self.tell(at, step, StepStage::Starting);
        if let Some(time) = step.step.waits() {
            self.listener.waits(self.env, time);
        }
    }

    fn finished(&self, at: usize, step: &PlannedStep, took: Duration) {
        if self.stands_alone {
            self.tell(at, step, StepStage::Done(Some(took)));
            self.told.fetch_add(1, Ordering::Relaxed);
        }
    }
}
