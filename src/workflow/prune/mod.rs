//! Products that links left behind in a service: found, confirmed, deleted, reported.

mod report;

use super::{
    error::{Explain as _, Result, UsageError, WorkflowError, diagnose, report as failure},
    listener::{Listener, StepNews, StepStage},
    plane::{Plane, PlaneLocation},
    saved::{Saved, SavedPrune},
    workspace::Workspace,
};
use crate::{
    diagnosis::{Cure, ExitCode, Hint, Render, Selection},
    engine::{self, Basis, Fate, GoneSites, Orphan, PrunePlan, Pruned},
    model::ApimServiceId,
    provider::{ETag, Reads, WriteAccess},
    report::{ErrorReport, PruneReport},
};

/// The products of a service that would be deleted. Nothing has been changed.
#[derive(Debug)]
pub struct Pruning {
    plane: Plane,
    plan: PrunePlan,
    gone: GoneSites,
    /// The saved plan, if the plan was saved: all of it is applied, or nothing.
    saved: Option<SavedPrune>,
    render: Render,
}

/// The result of a prune.
#[derive(Clone, Debug)]
pub struct PruneResult {
    /// The result for each product.
    pub report: PruneReport,
    /// The exit code of the command.
    pub exit: ExitCode,
    /// Why nothing was tried, if a saved plan is out of date.
    pub refusal: Option<ErrorReport>,
}

/// Finds the products that links left behind in the service that the settings name.
///
/// # Errors
///
/// [`UsageError`] if there is no such service; otherwise, if the service cannot be read.
pub async fn find(work: &Workspace, gone: GoneSites, listener: &dyn Listener) -> Result<Pruning> {
    listener.doing("finding the service");
    let (plane, service) = work.service().await?;
    listener.doing("reading products, subscriptions and sites");
    let plan = make_plan(plane.as_ref(), &service, gone, work.selection_of_place()).await?;
    Ok(Pruning { plane, plan, gone, saved: None, render: work.render() })
}

/// Opens a saved plan on its control plane.
///
/// # Errors
///
/// If the control plane cannot be opened, or is not the one that is configured.
pub fn reopen(work: &Workspace, saved: SavedPrune) -> Result<Pruning> {
    let plane = work.plane_at(&saved.place()?)?;
    let (plan, gone) = (saved.plan.clone(), saved.gone());
    Ok(Pruning { plane, plan, gone, saved: Some(saved), render: work.render() })
}

/// Returns the report of a saved plan, as it was saved.
pub(super) fn shown(saved: &SavedPrune) -> PruneReport {
    report::planned(&saved.plan, |_| true)
}

async fn make_plan(
    plane: &dyn Reads,
    service: &ApimServiceId,
    gone: GoneSites,
    place: Selection,
) -> Result<PrunePlan> {
    let mut audits = engine::audit(plane, std::slice::from_ref(service)).await;
    let (_, audit) = audits.pop().ok_or(WorkflowError::Unexpected("a service was asked about"))?;
    let audit = audit.explain("could not read the service")?;
    if !audit.exists {
        let error = UsageError::refused(format!("the service `{}` does not exist", service.name()));
        let audit = Hint::command(Cure::AuditServices, place);
        return Err(error
            .hint(Hint::from("check `--apim`; ").then(audit).then(" shows the services"))
            .into());
    }
    Ok(PrunePlan::of(&audit, gone.given(plane.capabilities().sight)))
}

impl Pruning {
    /// Whether no product is left over.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.plan.is_empty()
    }

    /// The name of the service and the number of its products to delete, for a question.
    #[must_use]
    pub fn about(&self) -> (&str, usize) {
        (self.plan.service.name(), self.plan.orphans.len())
    }

    /// The control plane of the service.
    #[must_use]
    pub fn place(&self) -> PlaneLocation {
        self.plane.place()
    }

    /// The report of a plan that is not carried out.
    #[must_use]
    pub fn proposed(&self) -> PruneResult {
        let exit = report::undetermined(&self.plan);
        PruneResult { report: report::planned(&self.plan, |_| true), exit, refusal: None }
    }

    /// Compares a saved plan with what exists now, without changing anything.
    pub async fn reconsidered(&self, listener: &dyn Listener) -> PruneResult {
        listener.doing("comparing the plan with what is there");
        let Some(saved) = &self.saved else { return self.proposed() };
        match check_still_stands(self.plane.as_ref(), saved).await {
            Ok(basis) => {
                let exists = |orphan: &Orphan| {
                    orphan.steps.iter().any(|planned| basis.holds(planned.step.target().lower_case()))
                };
                let report = report::planned(&self.plan, exists);
                PruneResult { report, ..self.proposed() }
            }
            Err(error) => refused(&self.plan, &error, self.render),
        }
    }

    /// The plan, to be applied later.
    ///
    /// # Errors
    ///
    /// If the versions of the resources to delete cannot be read.
    pub async fn to_save(&self) -> Result<Saved> {
        let basis = engine::prune_basis(self.plane.as_ref(), &self.plan).await;
        let basis = basis.explain("could not read the resources to delete")?;
        Ok(Saved::Prune(SavedPrune::new(self.plan.clone(), self.gone, basis, self.plane.place())))
    }

    /// Deletes each product that is still left over when its turn comes. A saved plan is applied exactly as it was
    /// saved, or not at all.
    ///
    /// # Errors
    ///
    /// If the model cannot be locked or written.
    pub async fn carry_out(self, access: WriteAccess, listener: &dyn Listener) -> Result<PruneResult> {
        let control = self.plane.for_changes(access);
        listener.doing("waiting for the lock of the model");
        control.begin().await.explain("could not start the deletion")?;
        if let Some(saved) = &self.saved {
            listener.doing("comparing the plan with the current state");
            if let Err(error) = check_still_stands(control, saved).await {
                return Ok(refused(&self.plan, &error, self.render));
            }
        }
        let (of, apart) = (self.plan.orphans.len(), self.plane.is_azure());
        let starting = |at: usize, orphan: &Orphan| {
            listener.doing(&format!("{} of {of}: {}", at + 1, orphan.product.name()));
            if apart {
                tell(listener, orphan);
            }
        };
        let ended = |pruned: &Pruned| {
            if apart {
                tell_result(listener, pruned);
            }
        };
        let pruned = engine::prune(control, &self.plan, &starting, &ended).await;
        if !apart {
            for pruned in &pruned {
                tell(listener, &pruned.orphan);
            }
        }
        control.commit().await.explain("could not write what was pruned")?;
        if !apart {
            for pruned in &pruned {
                tell_result(listener, pruned);
            }
        }
        let report = report::done(&self.plan, pruned, apart, self.render);
        let exit = report::exit_code(&report).worst(report::undetermined(&self.plan));
        Ok(PruneResult { report, exit, refusal: None })
    }
}

/// Reports to the listener that the steps for an orphan are about to be sent.
fn tell(listener: &dyn Listener, orphan: &Orphan) {
    let (of, total) = (orphan.product.name(), orphan.steps.len());
    listener.plan(of, &orphan.steps);
    for (at, step) in orphan.steps.iter().enumerate() {
        listener.step(StepNews { of, at, total, step, stage: StepStage::Sent });
    }
}

/// Reports to the listener which steps for an orphan were applied, and which were not needed. The result of any other
/// step stays unknown.
fn tell_result(listener: &dyn Listener, pruned: &Pruned) {
    let Pruned { orphan, fate } = pruned;
    let (of, total) = (orphan.product.name(), orphan.steps.len());
    let (sent, done) = match fate {
        Fate::Deleted { sent } => (sent.as_slice(), sent.len()),
        Fate::Failed { sent, done, .. } => (sent.as_slice(), *done),
        Fate::Kept { .. } => (&[][..], 0),
        // Its steps were not reported as sent.
        Fate::NotTried => return,
    };
    for (at, step) in orphan.steps.iter().enumerate() {
        let stage = match sent.iter().position(|it| it == step) {
            Some(place) if place < done => StepStage::Done(None),
            Some(_) => continue,
            None => StepStage::Skipped,
        };
        listener.step(StepNews { of, at, total, step, stage });
    }
}

fn refused(plan: &PrunePlan, error: &WorkflowError, render: Render) -> PruneResult {
    let (report, exit) = (report::refused(plan, error, render), diagnose(error).exit);
    PruneResult { report, exit, refusal: Some(failure(error, render)) }
}

/// Computes the plan again for the same service, and returns the current versions. Resources that an interrupted run has already deleted may be missing.
async fn check_still_stands(plane: &dyn Reads, saved: &SavedPrune) -> Result<Basis> {
    let plan = &saved.plan;
    let stale =
        |what: String| UsageError::refused(what).hint("save a new plan with `--out FILE`, then apply it");
    if let Some(moved) = engine::moved(plane, plan).await.explain("could not read the products again")? {
        let name = moved.product.name();
        if moved.undetermined {
            let error = UsageError::not_yet(format!("could not read `{name}` again: {}", moved.why));
            return Err(error.hint("apply the plan again").into());
        }
        return Err(stale(format!("`{name}` has changed since the plan was made: {}", moved.why)).into());
    }
    let basis = engine::prune_basis(plane, plan).await.explain("could not read the products again")?;
    let other = |(id, version): &(&str, &ETag)| {
        saved.basis.versions().find(|(known, _)| known == id).is_none_or(|(_, known)| known != *version)
    };
    if let Some((id, _)) = basis.versions().find(other) {
        let spelt = plan.orphans.iter().flat_map(|orphan| &orphan.steps).map(|planned| planned.step.target());
        let spelt = spelt.into_iter().find(|target| target.lower_case() == id).map(ToString::to_string);
        let name = spelt.unwrap_or_else(|| id.to_owned());
        return Err(stale(format!("`{name}` has changed since the plan was made")).into());
    }
    let now = make_plan(plane, &plan.service, saved.gone(), Selection::default()).await?;
    let planned = |orphan: &engine::Orphan| now.orphans.iter().any(|it| it.product == orphan.product);
    // A resource without a version in the file was not planned, whether it exists or not.
    let exists = |orphan: &&engine::Orphan| {
        let key = orphan.product.lower_case();
        basis.holds(key) || !saved.basis.holds(key)
    };
    if let Some(stranger) = plan.orphans.iter().filter(exists).find(|orphan| !planned(orphan)) {
        let name = stranger.product.name();
        return Err(stale(format!("`{name}` is not a product that swa-apim would delete")).into());
    }
    let known = |orphan: &engine::Orphan| plan.orphans.iter().any(|it| it.product == orphan.product);
    match now.orphans.iter().find(|orphan| !known(orphan)) {
        Some(new) => {
            Err(stale(format!("since the plan was made, `{}` has become an orphan too", new.product.name()))
                .into())
        }
        None => Ok(basis),
    }
}
