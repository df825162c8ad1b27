//! `swa-apim apply`

use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::{
    cli::{changing, pruning, session::Session},
    diagnosis::ExitCode,
    workflow::{self, Saved},
};

/// Apply a plan that was saved with --out
///
/// The plan is computed again for the same target, and applied only if the new plan is equal to the saved
/// one. The command refuses the plan and changes nothing if a resource that the plan was computed from has
/// changed, or if the file contains a step that swa-apim would not plan.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim link --env prod --out plan.json\n  swa-apim apply plan.json --dry-run\n  swa-apim apply plan.json"
)]
pub(crate) struct ApplyArgs {
    /// The file of the plan, or - for standard input
    #[arg(value_name = "PLAN", value_hint = ValueHint::FilePath)]
    plan: PathBuf,
    /// Check whether the plan still stands, show it, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: exit with 3 if there is something to do
    #[arg(long, requires = "dry_run")]
    detailed_exitcode: bool,
}

pub(crate) async fn run(args: ApplyArgs, cx: &Session) -> anyhow::Result<ExitCode> {
    let saved = workflow::saved::read(&args.plan).await?;
    saved.check(&cx.work)?;
    match saved {
        Saved::Plans(plans) if args.dry_run => changing::show_saved(cx, &plans, args.detailed_exitcode).await,
        Saved::Prune(saved) if args.dry_run => pruning::show_saved(cx, saved, args.detailed_exitcode).await,
        Saved::Plans(plans) => Box::pin(changing::run_saved(cx, &plans)).await,
        Saved::Prune(saved) => pruning::run_saved(cx, saved).await,
    }
}
