//! A prune, shown, confirmed and carried out.

use std::path::Path;

use anyhow::Context as _;

use crate::{
    cli::{error, session::Session},
    diagnosis::ExitCode,
    files::is_standard_output,
    report::PruneOutcome,
    workflow::{self, PruneResult, Pruning, SavedPrune, WriteAccess},
};

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
    let pending = report.products.iter().any(|product| product.outcome == PruneOutcome::Planned);
    Ok(if detailed && pending { ExitCode::Changes } else { ExitCode::Success }.worst(exit))
}

/// Prints the plan of a prune; only the plan is printed to standard output if it is saved there.
pub(crate) fn show_plan(
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
pub(crate) fn confirm(cx: &Session, pruning: &Pruning) -> anyhow::Result<()> {
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

/// Deletes the products of the plan, and prints what came of it.
pub(crate) async fn carry_out(cx: &Session, pruning: Pruning) -> anyhow::Result<ExitCode> {
    let shown = cx.listener();
    let PruneResult { report, exit, refusal } = pruning.carry_out(WriteAccess::grant(), &shown).await?;
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
