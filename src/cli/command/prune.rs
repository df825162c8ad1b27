//! `swa-apim prune`

use clap::Args;

use crate::{
    cli::{args::PlanArgs, changing, pruning, session::Session},
    diagnosis::ExitCode,
    engine::GoneSites,
    workflow,
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
    let found = workflow::prune::find(&cx.work, gone, &shown).await?;
    drop(shown);
    if let Some(file) = &args.plan.out {
        changing::save(cx, file, &found.to_save().await?).await?;
    }
    if args.plan.only_shows() || found.is_empty() {
        let detailed = args.plan.only_shows() && args.plan.detailed_exitcode;
        let code = pruning::show_plan(cx, &found, detailed, args.plan.out.as_deref())?;
        if let Some(file) = &args.plan.out {
            changing::say_saved(cx, file, &found.place());
        }
        return Ok(code);
    }
    cx.journal.begin_pruning(found.proposed().report);
    pruning::confirm(cx, &found)?;
    pruning::carry_out(cx, found).await
}
