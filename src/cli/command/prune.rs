//! `swa-apim prune`

use std::path::Path;

use anyhow::Context as _;
use clap::Args;

use super::shared;
use crate::{
    cli::{args::PlanArgs, error, session::Session},
    diagnosis::ExitCode,
    engine::GoneSites,
    files::is_standard_output,
    workflow::{self, PruneResult, Pruning, SavedPrune},
};

/// Delete the products that links have left behind in a service
///
/// A product is deleted only if a link created it, its site does not exist or is no longer linked to the
/// service, and no other consumer has a key. Each product is read again immediately before it is deleted.
/// APIs are not deleted, and neither are products that may still be in use.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim prune --apim shop-apim --dry-run\n  swa-apim prune --apim shop-apim --yes"
)]
pub(crate) struct PruneArgs {
    /// In Azure: also delete products of sites that were not found. A site that you have no right to read
    /// cannot be distinguished from a deleted one
    #[arg(long)]
    include_gone: bool,
    #[command(flatten)]
    plan: PlanArgs,
}

pub(crate) async fn run(args: PruneArgs, cx: &Session) -> anyhow::Result<ExitCode> {
    let gone = if args.include_gone { GoneSites::Include } else { GoneSites::Keep };
    let shown = cx.listener();
    let pruning = workflow::prune::find(&cx.work, gone, &shown).await?;
    drop(shown);
    if let Some(file) = &args.plan.out {
        shared::save(cx, file, &pruning.to_save().await?).await?;
    }
    if args.plan.only_shows() || pruning.is_empty() {
        let detailed = args.plan.only_shows() && args.plan.detailed_exitcode;
        let code = show_plan(cx, &pruning, detailed, args.plan.out.as_deref())?;
        if let Some(file) = &args.plan.out {
            shared::say_saved(cx, file, &pruning.place());
        }
        return Ok(code);
    }
    cx.journal.begin_pruning(pruning.proposed().report);
    confirm(cx, &pruning)?;
    carry_out(cx, pruning).await
}

/// Applies a saved plan: all of it, or nothing.
pub(crate) async fn run_saved(cx: &Session, saved: SavedPrune) -> anyhow::Result<ExitCode> {
    let pruning = workflow::prune::reopen(&cx.work, saved)?;
    cx.journal.begin_pruning(pruning.proposed().report);
    carry_out(cx, pruning).await
}

/// Compares a saved plan with what exists now, and shows it.
pub(crate) async fn show_saved(cx: &Session, saved: SavedPrune, detailed: bool) -> anyhow::Result<ExitCode> {
    let pruning = workflow::prune::reopen(&cx.work, saved)?;
    let shown = cx.listener();
    let PruneResult { report, exit, refusal } = pruning.reconsidered(&shown).await;
    drop(shown);
    cx.ui.print(&report)?;
    if let Some(refusal) = refusal {
        error::print(&cx.ui, None, &refusal);
        return Ok(exit);
    }
    let pending = detailed && !pruning.is_empty();
    Ok(if pending { ExitCode::Changes } else { ExitCode::Success }.worst(exit))
}

fn show_plan(
    cx: &Session,
    pruning: &Pruning,
    detailed: bool,
    out: Option<&Path>,
) -> anyhow::Result<ExitCode> {
    let PruneResult { report, exit, .. } = pruning.proposed();
    if out.is_some_and(is_standard_output) {
        // A plan on standard output is alone there.
        cx.ui.print_beside(&report);
    } else {
        cx.ui.print(&report)?;
    }
    let pending = detailed && !pruning.is_empty();
    Ok(if pending { ExitCode::Changes } else { ExitCode::Success }.worst(exit))
}

/// Prompts for the name of the service, because a deletion cannot be undone, unless `--yes` is set.
fn confirm(cx: &Session, pruning: &Pruning) -> anyhow::Result<()> {
    if cx.yes {
        return Ok(());
    }
    if cx.ui.can_ask() {
        cx.ui.preview(&pruning.proposed().report);
    }
    let (name, products) = pruning.about();
    let question = match products {
        1 => format!("This deletes a product of `{name}` and its keys."),
        many => format!("This deletes {many} products of `{name}` and their keys."),
    };
    Ok(cx.ui.confirm_by_typing(&question, name, "`--yes`")?)
}

async fn carry_out(cx: &Session, pruning: Pruning) -> anyhow::Result<ExitCode> {
    let shown = cx.listener();
    let PruneResult { report, exit, refusal } = pruning.carry_out(&shown).await?;
    drop(shown);
    if let Some(refusal) = refusal {
        cx.ui.print(&report)?;
        error::print(&cx.ui, None, &refusal);
        return Ok(exit);
    }
    cx.ui.print(&report).context("the command has finished, but its result could not be printed")?;
    for product in &report.products {
        if let Some(error) = &product.error {
            error::print(&cx.ui, Some(&product.name), error);
        }
    }
    Ok(exit)
}
