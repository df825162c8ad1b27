//! Changes of links: proposed, confirmed, applied, verified and reported.

mod apply;
mod conclude;
mod job;
mod plan;
mod report;
mod run;
mod writing;

use std::collections::BTreeMap;

use self::{
    job::{ChangeJob, PlanOrigin},
    run::Run,
    writing::Writing,
};
use super::{
    error::{Explain as _, Result, UsageError, WorkflowError},
    listener::Listener,
    plane::{Plane, PlaneLocation},
    rotation::Rotation,
    saved::{Saved, SavedPlan, stranger},
    select::name_lookalikes,
    workspace::Workspace,
};
use crate::{
    config::EnvSettings,
    diagnosis::Render,
    engine::{self, Adoption, ApplyError, Extent, Grace, Intent, LinkState, Plan, Previews, Target},
    provider::{WriteAccess, arm::Wait},
    report::{ChangeReport, ChangeResult, SCHEMA_VERSION, StepStatus},
};

/// A change that a user requests for links.
#[derive(Clone, Debug)]
pub struct LinkChange {
    /// The requested change.
    pub intent: Intent,
    /// Whether named preview environments may be linked.
    pub previews: Previews,
    /// Whether a link may use a product that has the link's id and does not show that it is the link's.
    pub adoption: Adoption,
    /// How long to wait in Azure for changes that cannot be observed.
    pub grace: Grace,
    /// Whether the command waits until Azure has completed a change that it has accepted.
    pub wait: Wait,
    /// Whether the caller's rights are checked first.
    pub check_rights: bool,
    /// Whether Azure is asked to validate the change, because it is only shown or saved.
    pub rehearses: bool,
    /// Which links are relinked.
    pub rotation: Rotation,
}

impl LinkChange {
    /// A change with the defaults of the commands.
    #[must_use]
    pub fn new(intent: Intent) -> Self {
        Self {
            intent,
            previews: Previews::Refuse,
            adoption: Adoption::default(),
            grace: Grace::default(),
            wait: Wait::UntilDone,
            check_rights: false,
            rehearses: false,
            rotation: Rotation::default(),
        }
    }
}

/// The planned change of each env. Nothing has been changed.
pub struct Proposal {
    command: String,
    wait: Wait,
    jobs: Vec<(usize, ChangeJob)>,
    /// The envs that cannot be changed, with the reason.
    failed: BTreeMap<usize, ChangeResult>,
    render: Render,
}

/// A question that the user must confirm before a proposal is carried out.
#[derive(Clone, Debug)]
pub struct Question {
    /// The consequence of the change.
    pub text: String,
    /// The name that the user types to confirm.
    pub name: String,
    /// The change that the question is about.
    pub about: ChangeReport,
}

/// Plans a change for each env.
///
/// # Errors
///
/// [`UsageError`] if the waits of the plans are longer than the command's time limit. The reason why an env cannot be
/// changed is part of the proposal.
pub async fn propose(
    work: &Workspace,
    envs: &[EnvSettings],
    change: &LinkChange,
    listener: &dyn Listener,
) -> Result<Proposal> {
    work.wait(change.wait);
    work.set_deadline(work.deadline().allowing_for(change.grace.duration()));
    let (mut jobs, mut failed) = (Vec::new(), BTreeMap::new());
    for (at, planned) in plan::each(work, envs, change, listener).await {
        let env = &envs[at];
        match planned {
            Ok(job) => jobs.push((at, job)),
            Err(mut error) => {
                if let (1, Some(refusal)) = (envs.len(), error.refusal_mut()) {
                    name_lookalikes(work.plane_of(env)?.as_ref(), &mut refusal.findings).await;
                }
                let failure =
                    report::failed(&env.name, Vec::new(), LinkState::Unknown, &error, work.render());
                failed.insert(at, failure);
            }
        }
    }
    plan::check_time(work.deadline(), jobs.iter().map(|(_, job)| job))?;
    Ok(Proposal {
        command: change.intent.verb().to_owned(),
        wait: change.wait,
        jobs,
        failed,
        render: work.render(),
    })
}

/// Returns the report of saved plans, as they were saved.
pub(super) fn shown(saved: &[SavedPlan], render: Render) -> ChangeReport {
    let planned = saved.iter().map(|saved| report::planned(&saved.plan, render)).enumerate();
    change_report(command_of(saved), planned.collect())
}

/// The command that saved plans are from.
fn command_of(saved: &[SavedPlan]) -> &'static str {
    saved.first().map_or("apply", |first| first.plan.intent.verb())
}

/// Compares saved plans with plans that are computed now, and proposes all of them as they were saved, or none.
///
/// # Errors
///
/// If a control plane cannot be opened. The reason why a plan is not applied is part of the proposal.
pub async fn reopen(work: &Workspace, saved: &[SavedPlan], listener: &dyn Listener) -> Result<Proposal> {
    let command = command_of(saved).to_owned();
    let (mut jobs, mut failed) = (Vec::new(), BTreeMap::new());
    for (at, saved) in saved.iter().enumerate() {
        let place = saved.place()?;
        let plane = work.plane_at(&place)?;
        listener.doing(&format!("comparing the plan with {}", saved.plan.target.env));
        let mut plan = saved.plan.clone();
        plan.target.selection = work.selection_of_saved(&plan.target, &place);
        match reconsider(&plane, &plan).await {
            Ok(job) => jobs.push((at, job)),
            Err(error) => {
                failed.insert(at, saved_failed(saved, &error, work.render()));
            }
        }
    }
    if !failed.is_empty() {
        for (at, _) in jobs.drain(..) {
            let error = UsageError::refused("another plan of the same file was not applied");
            failed.insert(at, saved_failed(&saved[at], &error.into(), work.render()));
        }
    }
    Ok(Proposal { command, wait: Wait::UntilDone, jobs, failed, render: work.render() })
}

fn saved_failed(saved: &SavedPlan, error: &WorkflowError, render: Render) -> ChangeResult {
    let steps = report::steps(&saved.plan, StepStatus::Pending);
    report::failed(&saved.plan.target.env, steps, LinkState::Unknown, error, render)
}

/// Computes the plan again for the same target and intent. A saved plan is a proposal: the new plan is applied, and
/// only if it equals the saved plan.
async fn reconsider(plane: &Plane, saved: &Plan) -> Result<ChangeJob> {
    let errand = || format!("could not start {}", report::errand(&saved.intent));
    let observed = engine::observe(plane.as_ref(), &saved.target).await;
    let observed = observed.explain("could not read the current link")?;
    if let Some(moved) = ApplyError::movement(saved, &observed) {
        return Err(WorkflowError::from(moved).explained(apply::STALE));
    }
    let plan = engine::plan(&observed, &saved.intent).explain_with(errand)?;
    if let Some(stranger) = stranger(&saved.steps, &plan.steps) {
        return Err(WorkflowError::from(stranger).explained(errand()));
    }
    let seen = plane.is_azure().then_some(observed);
    Ok(ChangeJob::new(plane.clone(), plan, seen, PlanOrigin::Agreed))
}

impl Proposal {
    /// Whether the proposal changes something.
    #[must_use]
    pub fn has_steps(&self) -> bool {
        self.jobs.iter().any(|(_, job)| !job.plan.is_empty())
    }

    /// The control plane of the first change.
    #[must_use]
    pub fn place(&self) -> Option<PlaneLocation> {
        self.jobs.first().map(|(_, job)| job.plane.place())
    }

    /// Whether every change is of a model.
    #[must_use]
    pub fn is_on_models(&self) -> bool {
        !self.jobs.is_empty() && self.jobs.iter().all(|(_, job)| !job.plane.is_azure())
    }

    /// The plans, to be applied later; `None` if one of the envs has no plan.
    #[must_use]
    pub fn to_save(&self) -> Option<Saved> {
        let plans = self.jobs.iter().map(|(_, job)| SavedPlan::new(job.plan.clone(), job.plane.place()));
        self.failed.is_empty().then(|| Saved::Plans(plans.collect()))
    }

    /// The report of a proposal that is not carried out.
    #[must_use]
    pub fn report(&self) -> ChangeReport {
        let would = self.jobs.iter().map(|(at, job)| (*at, report::would(job, self.render)));
        change_report(&self.command, self.failed.clone().into_iter().chain(would).collect())
    }

    /// The changes that do more than the command asks for: they repair the link by a deletion, or change its policy.
    /// `None` if there are none.
    #[must_use]
    pub fn beyond(&self) -> Option<ChangeReport> {
        let more = self.jobs.iter().filter(|(_, job)| job.extent == Extent::More);
        let more: BTreeMap<_, _> =
            more.map(|(at, job)| (*at, report::planned(&job.plan, self.render))).collect();
        (!more.is_empty()).then(|| change_report(&self.command, more))
    }

    /// The questions to ask before the proposal is carried out: one for each change that deletes something that cannot
    /// be restored.
    #[must_use]
    pub fn questions(&self) -> Vec<Question> {
        let deleting = self.jobs.iter().map(|(_, job)| job).filter(|job| job.deletes());
        let question = |job: &ChangeJob| {
            let site = job.plan.target.site_environment.site().name().to_owned();
            Question {
                text: format!("This deletes the product of the link of `{site}` and its keys."),
                name: site,
                about: change_report(
                    job.plan.intent.verb(),
                    [(0, report::planned(&job.plan, self.render))].into(),
                ),
            }
        };
        deleting.map(question).collect()
    }

    /// The target, the intent and the control plane, if the proposal is for exactly one env and that env can be
    /// changed.
    #[must_use]
    pub fn only(&self) -> Option<(&Target, &Intent, PlaneLocation)> {
        match self.jobs.as_slice() {
            [(_, job)] if self.failed.is_empty() => {
                Some((&job.plan.target, &job.plan.intent, job.plane.place()))
            }
            _ => None,
        }
    }

    /// Applies the proposal, observes every link again, and returns the result for each env. A change that deletes
    /// something that cannot be restored is applied exactly as it was proposed, or not at all.
    pub async fn carry_out(
        self,
        work: &Workspace,
        access: WriteAccess,
        listener: &dyn Listener,
    ) -> ChangeReport {
        let Self { command, wait, mut jobs, failed, render: _ } = self;
        for (_, job) in jobs.iter_mut().filter(|(_, job)| job.deletes()) {
            job.agree();
        }
        let work = Writing { work, access };
        let run = Run { work, listener, wait, command: &command };
        let results = failed.into_iter().chain(run.carry_out(jobs).await);
        change_report(&command, results.collect())
    }
}

fn change_report(command: &str, results: BTreeMap<usize, ChangeResult>) -> ChangeReport {
    ChangeReport {
        schema_version: SCHEMA_VERSION,
        command: command.to_owned(),
        results: results.into_values().collect(),
    }
}
