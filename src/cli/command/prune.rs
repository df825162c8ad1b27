//! `swa-apim prune`

use anyhow::Context as _;
use clap::Args;

use crate::{
    cli::{
        args::PlanArgs,
        error,
        session::{Context, UsageError},
    },
    diagnosis::ExitCode,
    engine::{self, GoneSites, PrunePlan, Pruned},
    files::is_standard_output,
    provider::{ControlPlane, ETag, Transactions},
    report::{PruneReport, StepStatus},
    workflow::{
        plane::Plane,
        pruned,
        saved::{self, SavedPrune},
    },
};

/// Delete the products that links have left behind in a service, with their subscriptions
///
/// Only what a link made and nobody uses: its site is gone, linked to nothing or to something else, and nobody
/// else has a key. Each is looked at again just before it is deleted. APIs stay, and so does whatever might
/// still be in use.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim prune --apim shop-apim --dry-run\n  swa-apim prune --apim shop-apim --yes"
)]
pub(crate) struct PruneArgs {
    /// In Azure: delete what sites left too that are nowhere to be seen. A site that you have no right to see
    /// looks as if it were gone
    #[arg(long)]
    include_gone: bool,
    #[command(flatten)]
    plan: PlanArgs,
}

pub(crate) async fn run(args: PruneArgs, cx: &Context) -> anyhow::Result<ExitCode> {
    let progress = cx.ui.progress();
    progress.now("finding the service");
    let (plane, service) = cx.service().await?;
    let gone = if args.include_gone { GoneSites::Include } else { GoneSites::Keep };
    progress.now("reading products, subscriptions and sites");
    let plan = make_plan(plane.as_ref(), &service, gone).await?;
    drop(progress);
    if let Some(file) = &args.plan.out {
        let basis = engine::prune_basis(plane.as_ref(), &plan).await;
        let basis = basis.context("could not read what is to be deleted")?;
        saved::write_prune(cx, file, SavedPrune::new(plan.clone(), gone, basis, plane.place())).await?;
    }
    if args.plan.dry_run || args.plan.out.is_some() {
        let detailed = args.plan.detailed_exitcode;
        let Some(file) = &args.plan.out else { return show_plan(cx, &plan, detailed) };
        // A plan on standard output is alone there.
        let code = if is_standard_output(file) {
            cx.ui.print_beside(&pruned::planned(&plan));
            code_of_plan(&plan, detailed)
        } else {
            show_plan(cx, &plan, detailed)?
        };
        cx.ui.say(&saved::next(cx, file, &plane.place()));
        return Ok(code);
    }
    if plan.is_empty() {
        return show_plan(cx, &plan, false);
    }
    confirm(cx, &plan)?;
    carry_out(cx, &plane, &plan, Agreement::AsItIsThen).await
}

/// Applies a plan that was saved earlier: all of it, or nothing.
pub(crate) async fn run_saved(cx: &Context, saved: &SavedPrune) -> anyhow::Result<ExitCode> {
    let plane = cx.plane_at(&saved.place()?)?;
    carry_out(cx, &plane, &saved.plan, Agreement::ExactlyThis(saved)).await
}

async fn make_plan(
    plane: &dyn ControlPlane,
    service: &crate::model::ApimServiceId,
    gone: GoneSites,
) -> anyhow::Result<PrunePlan> {
    let mut audits = engine::audit(plane, std::slice::from_ref(service)).await;
    let (_, audit) = audits.pop().context("a service was asked about")?;
    let audit = audit.context("could not read the service")?;
    if !audit.exists {
        let error = UsageError::refused(format!("the service `{}` does not exist", service.name()));
        return Err(error.hint("check `--apim`; `swa-apim audit --all-services` shows the services").into());
    }
    Ok(PrunePlan::of(&audit, gone.given(plane.sight())))
}

fn show_plan(cx: &Context, plan: &PrunePlan, detailed: bool) -> anyhow::Result<ExitCode> {
    cx.ui.print(&pruned::planned(plan))?;
    Ok(code_of_plan(plan, detailed))
}

fn code_of_plan(plan: &PrunePlan, detailed: bool) -> ExitCode {
    let pending = detailed && !plan.is_empty();
    let code = if pending { ExitCode::Changes } else { ExitCode::Success };
    code.worst(pruned::undetermined(plan))
}

/// Whoever deletes what does not come back types the name of the service, or has said `--yes`.
fn confirm(cx: &Context, plan: &PrunePlan) -> anyhow::Result<()> {
    if cx.yes {
        return Ok(());
    }
    if cx.ui.can_ask() {
        cx.ui.preview(&pruned::planned(plan));
    }
    let name = plan.service.name();
    let question = match plan.orphans.len() {
        1 => format!("This deletes a product of `{name}` and its keys."),
        many => format!("This deletes {many} products of `{name}` and their keys."),
    };
    Ok(cx.ui.confirm_by_typing(&question, name, "`--yes`")?)
}

/// What is to be deleted.
#[derive(Clone, Copy)]
enum Agreement<'a> {
    /// What of the plan still is an orphan when it is its turn.
    AsItIsThen,
    /// The plan as it was saved, or nothing.
    ExactlyThis(&'a SavedPrune),
}

async fn carry_out(
    cx: &Context,
    plane: &Plane,
    plan: &PrunePlan,
    agreement: Agreement<'_>,
) -> anyhow::Result<ExitCode> {
    let progress = cx.ui.progress();
    let control = plane.as_ref();
    progress.now("waiting for the lock of the model");
    control.begin().await.context("could not begin to prune")?;
    if let Agreement::ExactlyThis(saved) = agreement {
        progress.now("comparing the plan with what is there");
        if let Err(error) = check_still_stands(control, saved).await {
            drop(progress);
            return refuse(cx, plan, &error);
        }
    }
    let of = plan.orphans.len();
    let notes = Notes { cx, apart: control.transactions() == Transactions::None };
    let starting = |at: usize, orphan: &engine::Orphan| {
        progress.now(format!("{} of {of}: {}", at + 1, orphan.product.name()));
        notes.starting(orphan);
    };
    let pruned = engine::prune(control, plan, &starting).await;
    notes.writing(&pruned);
    control.commit().await.context("could not write what was pruned")?;
    drop(progress);
    report(cx, plan, pruned, control.transactions())
}

/// What an interruption has to say of a prune.
struct Notes<'a> {
    cx: &'a Context,
    /// Whether each deletion stands by itself.
    apart: bool,
}

impl Notes<'_> {
    fn starting(&self, orphan: &engine::Orphan) {
        if self.apart {
            let chapter = self.cx.journal.open(orphan.product.name(), &orphan.steps);
            self.cx.journal.note_first(chapter, orphan.steps.len(), StepStatus::Unknown);
        }
    }

    fn writing(&self, pruned: &[Pruned]) {
        for orphan in pruned.iter().map(|pruned| &pruned.orphan).filter(|_| !self.apart) {
            let chapter = self.cx.journal.open(orphan.product.name(), &orphan.steps);
            self.cx.journal.note_first(chapter, orphan.steps.len(), StepStatus::Unknown);
        }
    }
}

/// Plans again for the same service. What an interrupted run has deleted already may be missing.
async fn check_still_stands(plane: &dyn ControlPlane, saved: &SavedPrune) -> anyhow::Result<()> {
    let plan = &saved.plan;
    let stale = |what: String| {
        UsageError::refused(what)
            .hint("save a new plan from what is there now with `--out FILE`, and apply that")
    };
    if let Some(moved) = engine::moved(plane, plan).await.context("could not look at the orphans again")? {
        let name = moved.product.name();
        return Err(stale(format!("`{name}` has changed since the plan was made: {}", moved.why)).into());
    }
    let basis = engine::prune_basis(plane, plan).await.context("could not look at the orphans again")?;
    let other = |(id, version): &(&str, &ETag)| {
        saved.basis.versions().find(|(known, _)| known == id).is_none_or(|(_, known)| known != *version)
    };
    if let Some((id, _)) = basis.versions().find(other) {
        let spelt = plan.orphans.iter().flat_map(|orphan| &orphan.steps).map(|planned| planned.step.target());
        let spelt = spelt.into_iter().find(|target| target.key() == id).map(ToString::to_string);
        let name = spelt.unwrap_or_else(|| id.to_owned());
        return Err(stale(format!("`{name}` has changed since the plan was made")).into());
    }
    let now = make_plan(plane, &plan.service, saved.gone()).await?;
    let planned = |orphan: &engine::Orphan| now.orphans.iter().any(|it| it.product == orphan.product);
    // What the file has no version of was not planned, whether it exists or not.
    let exists = |orphan: &&engine::Orphan| {
        let key = orphan.product.key();
        basis.holds(key) || !saved.basis.holds(key)
    };
    if let Some(stranger) = plan.orphans.iter().filter(exists).find(|orphan| !planned(orphan)) {
        let name = stranger.product.name();
        return Err(stale(format!("`{name}` is not a product that swa-apim would delete")).into());
    }
    let known = |orphan: &engine::Orphan| plan.orphans.iter().any(|it| it.product == orphan.product);
    match now.orphans.iter().find(|orphan| !known(orphan)) {
        Some(new) => {
            Err(stale(format!("`{}` is left over too since the plan was made", new.product.name())).into())
        }
        None => Ok(()),
    }
}

/// Reports a plan that was refused before anything was deleted.
fn refuse(cx: &Context, plan: &PrunePlan, error: &anyhow::Error) -> anyhow::Result<ExitCode> {
    cx.ui.print(&pruned::refused(plan, error))?;
    let failure = error::report(error);
    error::print(&cx.ui, None, &failure);
    Ok(error::diagnose(error).exit)
}

fn report(
    cx: &Context,
    plan: &PrunePlan,
    all: Vec<Pruned>,
    transactions: Transactions,
) -> anyhow::Result<ExitCode> {
    let report: PruneReport = pruned::done(plan, all, transactions);
    cx.ui.print(&report).context("the command has run, but its result could not be printed")?;
    for product in &report.products {
        if let Some(error) = &product.error {
            error::print(&cx.ui, Some(&product.name), error);
        }
    }
    Ok(pruned::exit_code(&report).worst(pruned::undetermined(plan)))
}
