//! The result of a job: its link is observed again, repaired if the control plane did not do its part, and reported.

use super::{
    apply,
    job::{ChangeJob, JobState, PlanOrigin},
    plan::make,
    report,
    writing::Writing,
};
use crate::{
    diagnosis::{ExitCode, Render},
    engine::{self, Applied, Existing, Intent, LinkState, Provisioner, Verdict},
    provider::{ProviderError, arm::Wait},
    report::{ChangeResult, FindingReport, KeysReport, Outcome, StepReport, StepStatus, Told, UndoReport},
    workflow::{error::WorkflowError, listener::Listener},
};

/// Observes the link again, and returns the result of the change.
pub(super) async fn one(
    work: Writing<'_>,
    mut job: ChangeJob,
    listener: &dyn Listener,
    wait: Wait,
) -> ChangeResult {
    match look(work, &mut job, listener, wait).await {
        Ok(verdict) => checked(job, &verdict, wait, work.render()),
        Err(error) => unchecked(job, error, work.render()),
    }
}

/// The result of a change after which the link was observed.
fn checked(mut job: ChangeJob, verdict: &Verdict, wait: Wait, render: Render) -> ChangeResult {
    let told = Told::Steps(job.told);
    let mut steps = std::mem::take(&mut job.before);
    match &job.state {
        JobState::Skipped(_) => ChangeResult { told, ..skipped(&job, verdict, render) },
        JobState::Planned | JobState::Settled(_) => {
            let outcome = if steps.is_empty() { Outcome::Unchanged } else { Outcome::Applied };
            ChangeResult { told, ..done(&job, steps, None, outcome, Conclusion { verdict, wait, render }) }
        }
        JobState::Applied(applied) => {
            steps.extend(acknowledged(&job, applied));
            ChangeResult {
                told,
                ..done(&job, steps, Some(applied), Outcome::Applied, Conclusion { verdict, wait, render })
            }
        }
        JobState::Failed { error, failed_step, undetermined } => {
            steps.extend(report::partly_done(&job.plan, *failed_step, *undetermined));
            let result = report::failed(&job.env, steps, verdict.state, error, render);
            ChangeResult { told, ..report::seen(result, verdict, render) }
        }
        JobState::Unwritten(error) => {
            let unmoved = job.plan.basis == verdict.observed.basis();
            let status = if unmoved { StepStatus::Pending } else { StepStatus::Unknown };
            let steps = report::steps(&job.plan, status);
            report::seen(report::failed(&job.env, steps, verdict.state, error, render), verdict, render)
        }
    }
}

/// The result of a link that is left as it is.
fn skipped(job: &ChangeJob, verdict: &Verdict, render: Render) -> ChangeResult {
    let product = report::product_of(verdict);
    ChangeResult { product, summary: "left as it is".to_owned(), ..report::would(job, render) }
}

/// The steps of a plan that was applied, followed by the steps that completed it.
fn acknowledged(job: &ChangeJob, applied: &Applied) -> Vec<StepReport> {
    let took = job.plane.is_azure().then_some(applied.took.as_slice());
    let mut steps = report::applied(&job.plan, took);
    steps.extend(job.after.iter().cloned());
    steps
}

/// What the result of a job depends on, besides the job.
#[derive(Clone, Copy)]
struct Conclusion<'a> {
    verdict: &'a Verdict,
    wait: Wait,
    render: Render,
}

/// The result of a job in which no step failed.
fn done(
    job: &ChangeJob,
    steps: Vec<StepReport>,
    applied: Option<&Applied>,
    outcome: Outcome,
    Conclusion { verdict, wait, render }: Conclusion<'_>,
) -> ChangeResult {
    let keys_before = applied.and_then(|applied| applied.keys_before.as_ref());
    let mut result = ChangeResult {
        env: job.env.clone(),
        outcome,
        steps,
        state: verdict.state,
        keys: KeysReport::of(keys_before, verdict.observed.keys.as_ref())
            .filter(|_| job.plane.is_azure() && job.plan.intent == Intent::Relink),
        address: report::address(&job.plan.intent, verdict, render).filter(|_| outcome == Outcome::Applied),
        undo: job
            .undo
            .as_ref()
            .filter(|_| outcome == Outcome::Applied)
            .map(|undo| UndoReport::of(undo, render)),
        summary: report::summary(&job.plan, outcome, verdict),
        findings: FindingReport::of_all(&verdict.findings, render),
        error: None,
        note: job.note.clone(),
        product: report::product_of(verdict),
        told: Told::Nothing,
        exit: ExitCode::Success,
    };
    if wait == Wait::UntilAccepted && outcome == Outcome::Applied {
        result.summary = report::accepted(&job.plan, render);
    } else if !verdict.fulfils(&job.plan.intent) || job.unrotated {
        result.outcome = Outcome::Failed;
        result.exit = ExitCode::NotVerified;
    }
    result
}

/// The result of a change after which the link could not be observed: it has the steps as they were acknowledged, and
/// never says that nothing was changed.
fn unchecked(mut job: ChangeJob, unseen: ProviderError, render: Render) -> ChangeResult {
    let unseen = || WorkflowError::from(unseen).explained("could not check the link");
    let mut steps = std::mem::take(&mut job.before);
    let told = Told::Steps(job.told);
    let error = match &job.state {
        JobState::Planned | JobState::Settled(_) | JobState::Skipped(_) => &unseen(),
        JobState::Applied(applied) => {
            steps.extend(acknowledged(&job, applied));
            let result = report::failed(&job.env, steps, LinkState::Unknown, &unseen(), render);
            let summary = "applied, and it could not be verified".to_owned();
            return ChangeResult { told, exit: ExitCode::NotVerified, summary, ..result };
        }
        JobState::Failed { error, failed_step, undetermined } => {
            steps.extend(report::partly_done(&job.plan, *failed_step, *undetermined));
            error
        }
        JobState::Unwritten(error) => {
            steps.extend(report::steps(&job.plan, StepStatus::Unknown));
            error
        }
    };
    ChangeResult { told, ..report::failed(&job.env, steps, LinkState::Unknown, error, render) }
}

/// Observes the link. If a resource provider did not do its part, the request is repeated.
async fn look(
    work: Writing<'_>,
    job: &mut ChangeJob,
    listener: &dyn Listener,
    wait: Wait,
) -> Result<Verdict, ProviderError> {
    let (plane, target) = (job.plane.clone(), job.plan.target.clone());
    match &job.state {
        // Another command, or the portal, has begun to connect the site.
        JobState::Settled(verdict) if wait == Wait::UntilDone && verdict.is_pending() => {
            return engine::verify_in_time(plane.as_ref(), &target, &job.plan.intent).await;
        }
        JobState::Settled(verdict) | JobState::Skipped(verdict) => return Ok((**verdict).clone()),
        JobState::Planned | JobState::Applied(_) | JobState::Failed { .. } | JobState::Unwritten(_) => {}
    }
    let changed = matches!(job.state, JobState::Applied(_)) && wait == Wait::UntilDone;
    let by_azure = target.provisioner == Provisioner::Service;
    let verdict = if changed && by_azure {
        engine::verify_in_time(plane.as_ref(), &target, &job.plan.intent).await?
    } else {
        engine::verify(plane.as_ref(), &target).await?
    };
    if let JobState::Applied(applied) = &job.state {
        let kept = by_azure && report::keeps_keys(&job.plan, applied, &verdict);
        job.unrotated = kept || report::leaves_a_key_valid(&job.plan, applied, &verdict);
    }
    if !changed || !by_azure {
        return Ok(verdict);
    }
    // Both keys are new at this point, so the rest of a relink is a link.
    let rest = match job.plan.intent.clone() {
        Intent::Relink if !job.unrotated => Intent::Link { existing: Existing::Keep },
        intent @ (Intent::Link { .. }
        | Intent::Relink
        | Intent::Unlink { .. }
        | Intent::AddApis { .. }
        | Intent::RemoveApis { .. }) => intent,
    };
    if verdict.fulfils(&rest) && !job.unrotated || job.origin == PlanOrigin::Agreed {
        return Ok(verdict);
    }
    if repair(work, job, listener, &rest, verdict.state).await {
        return engine::verify_in_time(plane.as_ref(), &target, &rest).await;
    }
    Ok(verdict)
}

/// Applies the rest of an intent, and returns whether all of it was applied.
async fn repair(
    work: Writing<'_>,
    job: &mut ChangeJob,
    listener: &dyn Listener,
    rest: &Intent,
    state: LinkState,
) -> bool {
    let Ok((plan, seen)) = make(job.plane.as_ref(), &job.plan.target, rest).await else { return false };
    if plan.is_empty() {
        return false;
    }
    tracing::info!(env = job.env, %state, "the link is not in the expected state; connecting the site again");
    let (done, told) = apply::plan(work, job, &plan, Some(seen), listener).await;
    job.told += told;
    match done {
        Ok(applied) => {
            job.unrotated &= !plan.rotates();
            job.after.extend(report::applied(&plan, Some(&applied.took)));
            true
        }
        Err(error) => {
            let (failed, undetermined) = (error.failed_step(), error.is_undetermined());
            job.after.extend(report::partly_done(&plan, failed, undetermined));
            tracing::warn!(env = job.env, %error, "the link could not be repaired");
            false
        }
    }
}
