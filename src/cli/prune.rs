//! `swa-apim prune`

use anyhow::Context as _;
use clap::Args;

use super::{
    args::PlanArgs,
    context::{Context, UsageError, quoted},
    failure,
    plan_file::{self, SavedPrune},
    plane::Plane,
    pruned,
};
use crate::{
    diagnosis::ExitCode,
    engine::{self, GoneSites, PrunePlan, Pruned},
    output::PruneReport,
    provider::{ControlPlane, Transactions},
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
pub(super) struct PruneArgs {
    /// In Azure: delete what sites left too that are nowhere to be seen. A site that you have no right to see
    /// looks as if it were gone
    #[arg(long)]
    include_gone: bool,
    #[command(flatten)]
    plan: PlanArgs,
}

pub(super) async fn run(args: PruneArgs, cx: &Context) -> anyhow::Result<ExitCode> {
    let progress = cx.ui.progress();
    progress.now("finding the service");
    let (plane, service) = cx.service().await?;
    let gone = if args.include_gone { GoneSites::Include } else { GoneSites::Keep };
    progress.now("reading products, subscriptions and sites");
    let plan = make_plan(plane.as_ref(), &service, gone).await?;
    drop(progress);
    if let Some(file) = &args.plan.out {
        plan_file::write_prune(file, SavedPrune::new(plan.clone(), plane.place())).await?;
    }
    if args.plan.dry_run || args.plan.out.is_some() {
        let code = show_plan(cx, &plan, args.plan.detailed_exitcode)?;
        if let Some(file) = &args.plan.out {
            let file = file.display().to_string();
            cx.ui.say(&format!("saved the plan to {file}; next: swa-apim apply {}", quoted(&file)));
        }
        return Ok(code);
    }
    if plan.is_empty() {
        return show_plan(cx, &plan, false);
    }
    confirm(cx, &plan)?;
    carry_out(cx, &plane, &plan, Agreement::AsItIsThen).await
}

/// Applies a plan that was saved earlier: all of it, or nothing.
pub(super) async fn run_saved(cx: &Context, saved: SavedPrune) -> anyhow::Result<ExitCode> {
    let plane = cx.plane_at(&saved.place()?)?;
    carry_out(cx, &plane, &saved.plan, Agreement::ExactlyThis).await
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
    let pending = detailed && !plan.is_empty();
    let code = if pending { ExitCode::Changes } else { ExitCode::Success };
    Ok(code.worst(pruned::undetermined(plan)))
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
#[derive(Clone, Copy, PartialEq, Eq)]
enum Agreement {
    /// What of the plan still is an orphan when it is its turn.
    AsItIsThen,
    /// The plan as it stands, or nothing.
    ExactlyThis,
}

async fn carry_out(
    cx: &Context,
    plane: &Plane,
    plan: &PrunePlan,
    agreement: Agreement,
) -> anyhow::Result<ExitCode> {
    let progress = cx.ui.progress();
    let control = plane.as_ref();
    progress.now("waiting for the lock of the model");
    control.begin().await.context("could not begin to prune")?;
    if agreement == Agreement::ExactlyThis {
        progress.now("comparing the plan with what is there");
        check_still_stands(control, plan).await?;
    }
    let of = plan.orphans.len();
    let starting = |at: usize, orphan: &engine::Orphan| {
        progress.now(format!("{} of {of}: {}", at + 1, orphan.product.name()));
    };
    let pruned = engine::prune(control, plan, &starting).await;
    control.commit().await.context("could not write what was pruned")?;
    drop(progress);
    report(cx, plan, pruned, control.transactions())
}

async fn check_still_stands(plane: &dyn ControlPlane, plan: &PrunePlan) -> anyhow::Result<()> {
    let Some(moved) = engine::moved(plane, plan).await.context("could not look at the orphans again")? else {
        return Ok(());
    };
    let name = moved.product.name();
    let error = UsageError::refused(format!("`{name}` has changed since the plan was made: {}", moved.why));
    Err(error.hint("make a new plan from what is there now, and apply that").into())
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
            failure::print(Some(&product.name), error);
        }
    }
    Ok(pruned::exit_code(&report).worst(pruned::undetermined(plan)))
}
