//! The report of a change: its steps, and a summary in one sentence.

use std::{cmp::Ordering, time::Duration};

use super::job::ChangeJob;
use crate::{
    diagnosis::{Cure, ExitCode, Render},
    engine::{Applied, ChangeKind, Intent, Leftovers, LinkState, Plan, Refusal, Verdict},
    model::{ApimSubscriptionId, ResourceId},
    report::{ChangeResult, FindingReport, LinkReport, Outcome, StepReport, StepStatus, Told, UndoReport},
    workflow::error::{WorkflowError, diagnose, report},
};

pub(super) fn planned(plan: &Plan, render: Render) -> ChangeResult {
    let outcome = if plan.is_empty() { Outcome::Unchanged } else { Outcome::Planned };
    let what = phrase(plan);
    let summary = match (outcome, plan.changes()) {
        (Outcome::Planned, 1) => format!("1 change would {what}"),
        (Outcome::Planned, count) => format!("{count} changes would {what}"),
        (Outcome::Unchanged | Outcome::Applied | Outcome::Refused | Outcome::Failed, _) => {
            "nothing to do".to_owned()
        }
    };
    ChangeResult {
        env: plan.target.env.clone(),
        outcome,
        steps: steps(plan, StepStatus::Planned),
        state: plan.state,
        keys: None,
        address: None,
        undo: plan.undo.as_ref().map(|undo| UndoReport::of(undo, render)),
        findings: Vec::new(),
        error: None,
        note: None,
        product: None,
        told: Told::Nothing,
        summary,
        exit: ExitCode::Success,
    }
}

/// Whether a key that a plan was to replace is still valid.
pub(super) fn leaves_a_key_valid(plan: &Plan, applied: &Applied, verdict: &Verdict) -> bool {
    let (Some(before), Some(now)) = (&applied.keys_before, &verdict.observed.keys) else { return false };
    let now = [&now.primary, &now.secondary];
    plan.rotates() && [&before.primary, &before.secondary].iter().any(|key| now.contains(key))
}

/// Whether a relink of an existing link has not changed its keys: its plan saw no subscription, and now there is one
/// with keys.
pub(super) fn keeps_keys(plan: &Plan, applied: &Applied, verdict: &Verdict) -> bool {
    let is_subscription = |id: &str| ResourceId::parse(id).is_ok_and(|id| id.is_a(ApimSubscriptionId::TYPE));
    let saw_one = plan.basis.versions().any(|(id, _)| is_subscription(id));
    let was_linked = !matches!(plan.state, LinkState::Unlinked | LinkState::Leftover);
    plan.intent == Intent::Relink
        && was_linked
        && !saw_one
        && !plan.rotates()
        && applied.keys_before.is_none()
        && verdict.observed.keys.is_some()
}

/// The result of a plan that is only shown. If the plan has no steps, the findings are included: nothing
/// resolves them.
pub(super) fn would(job: &ChangeJob, render: Render) -> ChangeResult {
    let findings = FindingReport::of_all(&job.findings, render);
    ChangeResult { findings, note: job.note.clone(), ..planned(&job.plan, render) }
}

/// The result of a change that failed or was refused. If a step was applied, the exit code says so, regardless of the
/// later error.
pub(super) fn failed(
    env: &str,
    steps: Vec<StepReport>,
    state: LinkState,
    error: &WorkflowError,
    render: Render,
) -> ChangeResult {
    let own = diagnose(error).exit;
    let any = |status| steps.iter().any(|step| step.status == status && step.kind != ChangeKind::Wait);
    let (applied, unknown) = (any(StepStatus::Applied), any(StepStatus::Unknown));
    let tells_all = match own {
        ExitCode::Partial | ExitCode::NotVerified | ExitCode::Interrupted => true,
        ExitCode::Success
        | ExitCode::Unexpected
        | ExitCode::Usage
        | ExitCode::Changes
        | ExitCode::Refused
        | ExitCode::Unavailable
        | ExitCode::NotAuthorized => false,
    };
    let exit = if applied && !tells_all {
        ExitCode::Partial
    } else if unknown && own == ExitCode::Refused {
        ExitCode::Unavailable
    } else {
        own
    };
    let refusal = error.find::<Refusal>();
    // If Azure's answer could not be used for a plan, the change is not refused: the command may be tried again.
    let refused = !applied && !unknown && exit == ExitCode::Refused;
    let (outcome, summary) = match (refused, applied || unknown) {
        (true, _) => (Outcome::Refused, "refused; nothing was changed"),
        (false, true) => (Outcome::Failed, "stopped before the last step"),
        (false, false) => (Outcome::Failed, "failed"),
    };
    ChangeResult {
        env: env.to_owned(),
        outcome,
        steps,
        state,
        keys: None,
        address: None,
        undo: None,
        findings: refusal.map(|refusal| FindingReport::of_all(&refusal.findings, render)).unwrap_or_default(),
        error: Some(report(error, render)),
        note: None,
        product: None,
        told: Told::Nothing,
        summary: summary.to_owned(),
        exit,
    }
}

/// Adds the observation after a failure. The findings of a refusal are kept.
pub(super) fn seen(result: ChangeResult, verdict: &Verdict, render: Render) -> ChangeResult {
    let observed = || FindingReport::of_all(&verdict.findings, render);
    let findings = if result.findings.is_empty() { observed() } else { result.findings };
    ChangeResult { product: product_of(verdict), findings, ..result }
}

pub(super) fn product_of(verdict: &Verdict) -> Option<String> {
    verdict.observed.product.as_ref().map(|seen| seen.view.id.name().to_owned())
}

/// The address of the first API, after a command that makes or changes a link.
pub(super) fn address(intent: &Intent, verdict: &Verdict, render: Render) -> Option<String> {
    match intent {
        Intent::Link { .. } | Intent::Relink | Intent::AddApis { .. } => {
            LinkReport::of(verdict, render).address()
        }
        Intent::Unlink { .. } | Intent::RemoveApis { .. } => None,
    }
}

pub(super) fn steps(plan: &Plan, status: StepStatus) -> Vec<StepReport> {
    plan.steps.iter().map(|planned| StepReport::of(planned, status)).collect()
}

/// The steps of an applied plan, with the duration of each step where it was measured.
pub(super) fn applied(plan: &Plan, took: Option<&[Duration]>) -> Vec<StepReport> {
    let mut steps = steps(plan, StepStatus::Applied);
    for (step, took) in steps.iter_mut().zip(took.unwrap_or_default()) {
        *step = step.clone().timed(*took);
    }
    steps
}

/// The steps of a plan that were applied before the plan was abandoned.
pub(super) fn taken(plan: &Plan, failed: Option<usize>) -> Vec<StepReport> {
    let taken = plan.steps.iter().take(failed.unwrap_or_default());
    taken.map(|planned| StepReport::of(planned, StepStatus::Applied)).collect()
}

/// The summary of a change whose completion was not waited for.
pub(super) fn accepted(plan: &Plan, render: Render) -> String {
    let (what, status) = (phrase(plan), plan.target.command(Cure::Status).text(render));
    format!("Azure has accepted the request to {what}; {status} shows when it is done")
}

/// The steps of a plan in which one step failed, or no step was tried.
pub(super) fn partly_done(plan: &Plan, failed: Option<usize>, undetermined: bool) -> Vec<StepReport> {
    let status = |at: usize| match failed.map(|failed| at.cmp(&failed)) {
        Some(Ordering::Less) => StepStatus::Applied,
        Some(Ordering::Equal) if undetermined => StepStatus::Unknown,
        Some(Ordering::Equal) => StepStatus::Failed,
        Some(Ordering::Greater) | None => StepStatus::Pending,
    };
    plan.steps.iter().enumerate().map(|(at, planned)| StepReport::of(planned, status(at))).collect()
}

/// The effect of a plan, as the rest of a sentence.
fn phrase(plan: &Plan) -> String {
    let (site, service) = (plan.target.site_environment.site(), &plan.target.service);
    let (site, service) = (site.name(), service.name());
    match &plan.intent {
        Intent::Link { .. } => format!("link `{site}` to `{service}`"),
        Intent::Relink => format!("relink `{site}` to `{service}`"),
        Intent::Unlink { .. } => format!("unlink `{site}` from `{service}`"),
        Intent::AddApis { .. } => format!("add {} to the product of `{site}`", targets(plan)),
        Intent::RemoveApis { .. } => format!("remove {} from the product of `{site}`", targets(plan)),
    }
}

/// The names of the resources that a plan changes. If several APIs were specified, some may need no change.
fn targets(plan: &Plan) -> String {
    let names: Vec<&str> = plan.steps.iter().map(|planned| planned.step.target().name()).collect();
    names.join(", ")
}

/// An intent, as the object of a sentence.
pub(super) fn errand(intent: &Intent) -> &'static str {
    match intent {
        Intent::Link { .. } => "the link",
        Intent::Relink => "the relink",
        Intent::Unlink { .. } => "the unlink",
        Intent::AddApis { .. } => "adding APIs",
        Intent::RemoveApis { .. } => "removing APIs",
    }
}

pub(super) fn summary(plan: &Plan, outcome: Outcome, verdict: &Verdict) -> String {
    let (site, service) = (plan.target.site_environment.site(), &plan.target.service);
    let (site, service) = (site.name(), service.name());
    if !verdict.fulfils(&plan.intent) {
        return format!("the state of the link is {}, which is not the expected one", verdict.state);
    }
    if outcome == Outcome::Unchanged {
        return match &plan.intent {
            Intent::Link { .. } | Intent::Relink => {
                format!("`{site}` is already linked to `{service}`; nothing to do")
            }
            Intent::Unlink { .. } => format!("`{site}` is not linked to `{service}`; nothing to do"),
            Intent::AddApis { .. } | Intent::RemoveApis { .. } => "nothing to do".to_owned(),
        };
    }
    match &plan.intent {
        Intent::Link { .. } => format!("linked `{site}` to `{service}`"),
        Intent::Relink => format!("relinked `{site}` to `{service}`; both keys are new"),
        Intent::Unlink { leftovers: Leftovers::Keep } => {
            format!("unlinked `{site}` from `{service}`; its product and subscription stay")
        }
        Intent::Unlink { leftovers: Leftovers::Purge } => {
            format!("unlinked `{site}` from `{service}`; its product and subscription are deleted")
        }
        Intent::AddApis { .. } => format!("added {} to the product of `{site}`", targets(plan)),
        Intent::RemoveApis { .. } => format!("removed {} from the product of `{site}`", targets(plan)),
    }
}
