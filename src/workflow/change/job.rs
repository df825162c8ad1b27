//! A change of one env, from its plan to what became of it.

use crate::{
    engine::{Applied, Finding, Observed, Plan, PlannedStep, Step, Undo, Verdict},
    report::StepReport,
    workflow::plane::Plane,
};

/// A change of one env, on its way.
pub(super) struct ChangeJob {
    pub(super) plane: Plane,
    pub(super) plan: Plan,
    pub(super) env: String,
    /// What the plan was made from, if it can be applied without looking again.
    pub(super) seen: Option<Observed>,
    /// Whether another plan may take its place, if what it was made from has moved.
    pub(super) origin: PlanOrigin,
    pub(super) state: JobState,
    /// What was found, where the plan has no steps.
    pub(super) findings: Vec<Finding>,
    /// Steps of plans that were given up for this one.
    pub(super) before: Vec<StepReport>,
    /// Steps of a plan that repaired what the control plane did not do.
    pub(super) after: Vec<StepReport>,
    /// How the first of them is undone.
    pub(super) undo: Option<Undo>,
    /// How many steps were written to the file of events.
    pub(super) told: usize,
    /// Whether a relink has left the keys as they were.
    pub(super) unrotated: bool,
}

/// Where a plan is from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PlanOrigin {
    /// Made by this very command.
    Fresh,
    /// Shown to the user, who agreed to it, or saved: it is this plan or none.
    Agreed,
}

/// How far a job has come.
pub(super) enum JobState {
    /// Nothing was done yet.
    Planned,
    /// The link was observed, and is as it was wanted.
    Settled(Box<Verdict>),
    /// Every step was taken.
    Applied(Applied),
    /// A step failed, or what comes before the first.
    Failed {
        /// Why.
        error: anyhow::Error,
        /// Where in the plan the step is, if one was tried.
        failed_step: Option<usize>,
        /// Whether the step that failed may have changed something.
        undetermined: bool,
    },
    /// Every step was taken, and the transaction could not be written.
    Unwritten(anyhow::Error),
}

impl JobState {
    pub(super) fn failed(error: impl Into<anyhow::Error>) -> Self {
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
        }
    }

    /// One for which there is nothing to do.
    pub(super) fn settled(plane: Plane, plan: Plan, verdict: Verdict) -> Self {
        let findings = verdict.findings.clone();
        let state = JobState::Settled(Box::new(verdict));
        Self { state, findings, ..Self::new(plane, plan, None, PlanOrigin::Fresh) }
    }

    /// The user has agreed to this very plan.
    pub(super) fn agree(&mut self) {
        (self.origin, self.seen) = (PlanOrigin::Agreed, None);
    }

    /// Whether the plan deletes what does not come back.
    pub(super) fn deletes(&self) -> bool {
        let deletes = |planned: &PlannedStep| {
            matches!(planned.step, Step::DeleteProduct { .. } | Step::DeleteSubscription { .. })
        };
        self.plan.steps.iter().any(deletes)
    }
}
