//! `swa-apim apply`

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::{
    change,
    context::Context,
    plan_file::{self, Saved},
    prune,
};
use crate::diagnosis::ExitCode;

/// Apply exactly the plan that was saved with --out
///
/// Refused, changing nothing, if anything that the plan was made from has changed since.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  swa-apim link --env prod --out plan.json\n  swa-apim apply plan.json")]
pub(super) struct ApplyArgs {
    /// The file of the plan
    #[arg(value_name = "PLAN", value_hint = ValueHint::FilePath)]
    plan: PathBuf,
}

pub(super) async fn run(args: ApplyArgs, cx: &Context) -> anyhow::Result<ExitCode> {
    match plan_file::read(&args.plan)? {
        Saved::Plans(plans) => change::run_saved(cx, plans).await,
        Saved::Prune(saved) => prune::run_saved(cx, saved).await,
    }
}
