//! `swa-apim audit`

use clap::Args;

use crate::{
    cli::session::Session,
    diagnosis::ExitCode,
    workflow::{self, Services},
};

/// List the products of links in a service, and which are left over
///
/// The status of a product is `in-use`, `orphan`, `unknown` if a resource that it depends on could not be
/// read, or `foreign` if no link created it. The report also lists links to services that do not exist.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim audit --apim shop-apim\n  swa-apim audit --all-services --detailed-exitcode\n  swa-apim audit --sample -o tsv"
)]
pub(crate) struct AuditArgs {
    /// Read every service that you have access to
    #[arg(long)]
    all_services: bool,
    /// Exit with 3 if there are orphans
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
