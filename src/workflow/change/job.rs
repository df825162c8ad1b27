//! A change of one env, from its plan to its result.

use crate::{
    engine::{Applied, Extent, Finding, Observed, Plan, PlannedStep, Step, Undo, Verdict},
    report::StepReport,
    workflow::{error::WorkflowError, plane::Plane},
};

/// A change of one env that is in progress.
pub(super) struct ChangeJob {
    pub(super) plane: Plane,
    pub(super) plan: Plan,
    pub(super) env: String,
    /// The observation that the plan was computed from, if the plan can be applied without another observation.
    pub(super) seen: Option<Observed>,
    /// Whether a new plan may replace this one if the resources have changed since.
    pub(super) origin: PlanOrigin,
    pub(super) state: JobState,
    /// The findings of a plan without steps.
    pub(super) findings: Vec<Finding>,
    /// The applied steps of plans that this one replaced.
    pub(super) before: Vec<StepReport>,
    /// The steps of a plan that repaired the link because the control plane did not do its part.
    pub(super) after: Vec<StepReport>,
    /// How the first plan is undone.
    pub(super) undo: Option<Undo>,
    /// How many steps were written to the event file.
    pub(super) told: usize,
    /// Whether a relink has not changed the keys.
    pub(super) unrotated: bool,
    /// Whether the plan does more than the command asks for.
    pub(super) extent: Extent,
    /// Why the keys are replaced, or are not, if the command depends on their age.
    pub(super) note: Option<String>,
}

/// The origin of a plan.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PlanOrigin {
    /// Computed by this command.
    Fresh,
    /// Confirmed by the user, or saved: this plan is applied, or none.
    Agreed,
}

/// The progress of a job.
pub(super) enum JobState {
    /// Nothing has been done yet.
    Planned,
    /// The link was observed, and is as requested.
    Settled(Box<Verdict>),
    /// Every step was applied.
    Applied(Applied),
    /// A step failed, or something failed before the first step.
    Failed {
        /// The error.
        error: WorkflowError,
        /// The index of the failed step in the plan, if one was tried.
        failed_step: Option<usize>,
        /// Whether the failed step may have changed something.
        undetermined: bool,
    },
    /// Every step was applied, but the transaction could not be written.
    Unwritten(WorkflowError),
    /// The link was observed, and is left as it is.
    Skipped(Box<Verdict>),
}

impl JobState {
    pub(super) fn failed(error: impl Into<WorkflowError>) -> Self {
        Self::Failed { error: error.into(), failed_step: None, undetermined: false }
    }
}

impl ChangeJob {
    pub(super) fn new(plane: Plane, plan: Plan, seen: Option<Observed>, origin: PlanOrigin) -> Self {
        let (env, undo) = (plan.target.env.clone(), plan.undo.clone());
        let (before, after) = (Vec::new(), Vec::new());
        let (state, findings) = (JobState::Planned, Vec::new());
        Self {
            plane,
            plan,
            env,
            seen,
            origin,
            state,
            findings,
            before,
            after,
            undo,
            told: 0,
            unrotated: false,
            extent: Extent::AsAsked,
            note: None,
        }
    }

    /// A job without anything to do.
    pub(super) fn settled(plane: Plane, plan: Plan, verdict: Verdict) -> Self {
        let findings = verdict.findings.clone();
        let state = JobState::Settled(Box::new(verdict));
        Self { state, findings, ..Self::new(plane, plan, None, PlanOrigin::Fresh) }
    }

    /// A job that leaves its link as it is, for this reason.
    pub(super) fn skipped(plane: Plane, plan: Plan, verdict: Verdict, why: String) -> Self {
        let findings = verdict.findings.clone();
        let state = JobState::Skipped(Box::new(verdict));
        Self { state, findings, note: Some(why), ..Self::new(plane, plan, None, PlanOrigin::Fresh) }
    }

    /// Records that the user has confirmed exactly this plan.
    pub(super) fn agree(&mut self) {
        (self.origin, self.seen) = (PlanOrigin::Agreed, None);
    }

    /// Whether the plan deletes something that cannot be restored.
    pub(super) fn deletes(&self) -> bool {
        let deletes = |planned: &PlannedStep| {
            matches!(planned.step, Step::DeleteProduct { .. } | Step::DeleteSubscription { .. })
        };
        self.plan.steps.iter().any(deletes)
    }
}
