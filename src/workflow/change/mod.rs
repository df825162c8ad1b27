//! Changes of links: proposed, looked at, agreed to, carried out, reported.

mod apply;
mod conclude;
mod job;
mod plan;
mod report;
mod run;

use std::collections::BTreeMap;

use anyhow::Context as _;

use self::{
    job::{ChangeJob, PlanOrigin},
    run::Run,
};
use super::{
    error::UsageError,
    listener::Listener,
    plane::{Plane, PlaneLocation},
    saved::{Saved, SavedPlan, stranger},
    select::name_lookalikes,
    workspace::Workspace,
};
use crate::{
    config::EnvSettings,
    engine::{self, Adoption, ApplyError, Grace, Intent, LinkState, Plan, Previews, Refusal, Target},
    provider::arm::Wait,
    report::{ChangeReport, ChangeResult, SCHEMA_VERSION, StepStatus},
};

/// A change that is wanted of links.
#[derive(Clone, Debug)]
pub struct LinkChange {
    /// What is wanted.
    pub intent: Intent,
    /// Whether named preview environments may be linked.
    pub previews: Previews,
    /// Whether a product may be used that does not show that it is the link's.
    pub adoption: Adoption,
    /// How long to wait in Azure for what cannot be observed.
    pub grace: Grace,
    /// Whether what Azure has only begun is waited for.
    pub wait: Wait,
    /// Whether the caller's rights are looked at first.
    pub check_rights: bool,
    /// Whether Azure is asked if it would accept the change, because it is only shown or saved.
    pub rehearses: bool,
}

impl LinkChange {
    /// A change with what commands have unless the user says otherwise.
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
        }
    }
}

/// What would be done for each env. Nothing has been changed.
pub struct Proposal {
    command: String,
    wait: Wait,
    jobs: Vec<(usize, ChangeJob)>,
    /// Why nothing can be done for the other envs.
    failed: BTreeMap<usize, ChangeResult>,
}

/// Something to confirm before a proposal is carried out.
#[derive(Clone, Debug)]
pub struct Question {
    /// What would happen.
    pub text: String,
    /// The name that the user types to agree.
    pub name: String,
    /// The change that it is about.
    pub about: ChangeReport,
}

/// Plans a change for each env.
///
/// # Errors
///
/// [`UsageError`] if the plans wait longer than the command may take. Why an env cannot be changed is part of the
/// proposal.
pub async fn propose(
    work: &Workspace,
    envs: &[EnvSettings],
    change: &LinkChange,
    listener: &dyn Listener,
) -> anyhow::Result<Proposal> {
    work.wait(change.wait);
    work.set_deadline(work.deadline().allowing_for(change.grace.duration()));
    let (mut jobs, mut failed) = (Vec::new(), BTreeMap::new());
    for (at, planned) in plan::each(work, envs, change, listener).await {
        let env = &envs[at];
        match planned {
            Ok(job) => jobs.push((at, job)),
            Err(mut error) => {
                if let (1, Some(refusal)) = (envs.len(), error.downcast_mut::<Refusal>()) {
                    name_lookalikes(work.plane_of(env)?.as_ref(), &mut refusal.findings).await;
                }
                failed.insert(at, report::failed(&env.name, Vec::new(), LinkState::Unknown, &error));
            }
        }
    }
    plan::check_time(work.deadline(), jobs.iter().map(|(_, job)| job))?;
    Ok(Proposal { command: change.intent.verb().to_owned(), wait: change.wait, jobs, failed })
}

/// Compares plans that were saved with what would be planned now: all of them are proposed as they were saved, or none.
///
/// # Errors
///
/// If a control plane cannot be opened. Why a plan is not applied is part of the proposal.
pub async fn reopen(
    work: &Workspace,
    saved: &[SavedPlan],
    listener: &dyn Listener,
) -> anyhow::Result<Proposal> {
    let command = saved.first().map_or("apply", |first| first.plan.intent.verb()).to_owned();
    let (mut jobs, mut failed) = (Vec::new(), BTreeMap::new());
    for (at, saved) in saved.iter().enumerate() {
        let plane = work.plane_at(&saved.place()?)?;
        listener.doing(&format!("comparing the plan with {}", saved.plan.target.env));
        match reconsider(&plane, &saved.plan).await {
            Ok(job) => jobs.push((at, job)),
            Err(error) => {
                failed.insert(at, saved_failed(saved, &error));
            }
        }
    }
    if !failed.is_empty() {
        for (at, _) in jobs.drain(..) {
            let error = UsageError::refused("another plan of the same file was not applied");
            failed.insert(at, saved_failed(&saved[at], &error.into()));
        }
    }
    Ok(Proposal { command, wait: Wait::UntilDone, jobs, failed })
}

fn saved_failed(saved: &SavedPlan, error: &anyhow::Error) -> ChangeResult {
    let steps = report::steps(&saved.plan, StepStatus::Pending);
    report::failed(&saved.plan.target.env, steps, LinkState::Unknown, error)
}

/// Plans again for the same target and intent. A saved plan is a proposal: what is carried out is the new plan,
/// and only if it is the saved one.
async fn reconsider(plane: &Plane, saved: &Plan) -> anyhow::Result<ChangeJob> {
    let errand = || format!("could not begin {}", report::errand(&saved.intent));
    let observed = engine::observe(plane.as_ref(), &saved.target).await;
    let observed = observed.context("could not read the current link")?;
    if let Some(moved) = ApplyError::movement(saved, &observed) {
        return Err(anyhow::Error::new(moved).context(errand()));
    }
    let plan = engine::plan(&observed, &saved.intent).with_context(errand)?;
    if let Some(stranger) = stranger(&saved.steps, &plan.steps) {
        return Err(anyhow::Error::new(stranger).context(errand()));
    }
    let seen = plane.is_azure().then_some(observed);
    Ok(ChangeJob::new(plane.clone(), plan, seen, PlanOrigin::Agreed))
}

impl Proposal {
    /// Whether something would be changed.
    #[must_use]
    pub fn has_steps(&self) -> bool {
        self.jobs.iter().any(|(_, job)| !job.plan.is_empty())
    }

    /// Where the first of the changes would be made.
    #[must_use]
    pub fn place(&self) -> Option<PlaneLocation> {
        self.jobs.first().map(|(_, job)| job.plane.place())
    }

    /// Whether it is about models alone.
    #[must_use]
    pub fn is_on_models(&self) -> bool {
        !self.jobs.is_empty() && self.jobs.iter().all(|(_, job)| !job.plane.is_azure())
    }

    /// The plans, to be applied later; nothing, if one of the envs has none.
    #[must_use]
    pub fn to_save(&self) -> Option<Saved> {
        let plans = self.jobs.iter().map(|(_, job)| SavedPlan::new(job.plan.clone(), job.plane.place()));
        self.failed.is_empty().then(|| Saved::Plans(plans.collect()))
    }

    /// The proposal as it is reported where it is not carried out.
    #[must_use]
    pub fn report(&self) -> ChangeReport {
        let would = self.jobs.iter().map(|(at, job)| (*at, report::would(&job.plan, &job.findings)));
        change_report(&self.command, self.failed.clone().into_iter().chain(would).collect())
    }

    /// What to ask before it is carried out: each change that deletes what does not come back.
    #[must_use]
    pub fn questions(&self) -> Vec<Question> {
        let deleting = self.jobs.iter().map(|(_, job)| job).filter(|job| job.deletes());
        let question = |job: &ChangeJob| {
            let site = job.plan.target.site_environment.site().name().to_owned();
            Question {
                text: format!("This deletes the product and the keys of the link of `{site}`."),
                name: site,
                about: change_report(job.plan.intent.verb(), [(0, report::planned(&job.plan))].into()),
            }
        };
        deleting.map(question).collect()
    }

    /// What is changed, and where, if the proposal is for one env and nothing stands in its way.
    #[must_use]
    pub fn only(&self) -> Option<(&Target, &Intent, PlaneLocation)> {
        match self.jobs.as_slice() {
            [(_, job)] if self.failed.is_empty() => {
                Some((&job.plan.target, &job.plan.intent, job.plane.place()))
            }
            _ => None,
        }
    }

    /// Applies the proposal, observes every link again, and says what came of each. A change that deletes what does not
    /// come back is applied as it was proposed or not at all.
    pub async fn carry_out(self, work: &Workspace, listener: &dyn Listener) -> ChangeReport {
        let Self { command, wait, mut jobs, failed } = self;
        for (_, job) in jobs.iter_mut().filter(|(_, job)| job.deletes()) {
            job.agree();
        }
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
