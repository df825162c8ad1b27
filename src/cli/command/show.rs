//! `swa-apim show`

use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::{
    cli::session::Session,
    diagnosis::ExitCode,
    workflow::{self, SavedReport},
};

/// Show a plan that was saved with --out
///
/// Prints the plan as a table, as JSON, or with `--output markdown` for a pull request. It reads only the file;
/// `apply --dry-run` also checks whether the plan still stands.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim link --env prod --out plan.json\n  swa-apim show plan.json\n  swa-apim show plan.json --output markdown"
)]
pub(crate) struct ShowArgs {
    /// The file of the plan; - for standard input
    #[arg(value_name = "PLAN", value_hint = ValueHint::FilePath)]
    plan: PathBuf,
}

pub(crate) async fn run(args: ShowArgs, cx: &Session) -> anyhow::Result<ExitCode> {
    let saved = workflow::saved::read(&args.plan).await?;
    saved.check(&cx.work)?;
    match workflow::saved_report(&cx.work, &saved) {
        SavedReport::Changes(report) => cx.ui.print(&report)?,
        SavedReport::Prune(report) => cx.ui.print(&report)?,
    }
    Ok(ExitCode::Success)
}
