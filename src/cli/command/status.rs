//! `swa-apim status`

use clap::Args;

use crate::{
    cli::{
        args::{PreviewArgs, ScopeArgs},
        error,
        session::Session,
        watching::{self, WatchArgs},
    },
    config::EnvSettings,
    diagnosis::ExitCode,
    workflow::{self, ExitDetail, Status},
};

/// Show every part of a link, and its findings
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim status --env prod\n  swa-apim status --all --detailed-exitcode\n  swa-apim status --env prod -o tsv --query 'links[0].state'"
)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    #[command(flatten)]
    preview: PreviewArgs,
    /// Exit with 3 if a link has drifted or is not linked
    #[arg(long)]
    detailed_exitcode: bool,
    #[command(flatten)]
    watch: WatchArgs,
}

pub(crate) async fn run(args: StatusArgs, cx: &Session) -> anyhow::Result<ExitCode> {
    let envs = cx.work.envs(args.scope.all)?;
    if args.watch.is_asked_for() {
        return watching::run(cx, envs.len(), &args.watch, async || look(&args, cx, &envs).await).await;
    }
    let Status { report, exit, .. } = look(&args, cx, &envs).await?;
    cx.ui.print(&report)?;
    Ok(exit)
}

/// Reads each env once; if the only env could not be read, returns the error.
async fn look(args: &StatusArgs, cx: &Session, envs: &[EnvSettings]) -> workflow::Result<Status> {
    let detail = if args.detailed_exitcode { ExitDetail::Detailed } else { ExitDetail::Plain };
    let shown = cx.listener();
    let status = workflow::status(&cx.work, envs, args.preview.previews(), detail, &shown).await?;
    drop(shown);
    if let Some(failure) = &status.failure {
        error::print(&cx.ui, None, failure);
    }
    Ok(status)
}
