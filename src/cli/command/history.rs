//! `swa-apim history`

use std::time::Duration;

use clap::Args;

use crate::{
    cli::{args::typed::past_of_log, session::Session},
    diagnosis::ExitCode,
    workflow,
};

/// Show who changed the link of an env, and when
///
/// Reads the activity log of Azure for the linked backend of the site, the product, its policy and APIs, and the
/// subscription with its keys: one line for each operation, newest first. Azure keeps the log for 90 days, and shows an
/// operation some minutes after it took place. A model keeps no log; the emulator has one of the requests that it
/// answered. Changes nothing.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim history --env prod\n  swa-apim history --env prod --since 7d -o json"
)]
pub(crate) struct HistoryArgs {
    /// How far to look back: 12h, 7d; at most 90d
    #[arg(long, value_name = "TIME", default_value = "90d", value_parser = past_of_log)]
    since: Duration,
}

pub(crate) async fn run(args: HistoryArgs, cx: &Session) -> anyhow::Result<ExitCode> {
    let env = cx.work.settings.env()?;
    let shown = cx.listener();
    let report = workflow::history(&cx.work, &env, args.since, &shown).await?;
    drop(shown);
    cx.ui.print(&report)?;
    Ok(ExitCode::Success)
}
