//! `swa-apim audit`

use clap::Args;

use crate::{
    cli::session::Session,
    diagnosis::ExitCode,
    workflow::{self, Services},
};

/// List the products of links in a service, and which are left over
///
/// A product is in use, an orphan, unknown if something that it depends on could not be read, or foreign
/// if no link made it. Links that point to a service that is gone are listed too.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim audit --apim shop-apim\n  swa-apim audit --all-services --detailed-exitcode\n  swa-apim audit --sample -o tsv"
)]
pub(crate) struct AuditArgs {
    /// Look at every service that you can see
    #[arg(long)]
    all_services: bool,
    /// Exit with 3 if something is left over
    #[arg(long)]
    detailed_exitcode: bool,
}

pub(crate) async fn run(args: AuditArgs, cx: &Session) -> anyhow::Result<ExitCode> {
    let services = if args.all_services { Services::Every } else { Services::Named };
    let shown = cx.listener();
    let (report, code) = workflow::audit(&cx.work, services, args.detailed_exitcode, &shown).await?;
    drop(shown);
    cx.ui.print(&report)?;
    Ok(code)
}
