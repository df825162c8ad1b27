//! `swa-apim list`

use clap::Args;

use crate::{
    cli::session::Session,
    diagnosis::ExitCode,
    workflow::{self, LinkFilter},
};

/// List static web apps, and what each is linked to
///
/// Needs no configuration file: without one, it lists the sites of control-plane.json if that exists, or else
/// those of Azure. --subscription and --resource-group limit the search; --apim and --static-web-app select
/// sites from it. The state is what lists of resources show; `status` reads the policy and the keys too.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim list\n  swa-apim list --unlinked\n  swa-apim list --apim shop-apim -o tsv --query 'sites[].[name, state]'"
)]
pub(crate) struct ListArgs {
    /// List only sites with a backend
    #[arg(long, conflicts_with = "unlinked")]
    linked: bool,
    /// List only sites without a backend
    #[arg(long)]
    unlinked: bool,
}

pub(crate) async fn run(args: ListArgs, cx: &Session) -> anyhow::Result<ExitCode> {
    let filter = match (args.linked, args.unlinked) {
        (true, _) => LinkFilter::Linked,
        (false, true) => LinkFilter::Unlinked,
        (false, false) => LinkFilter::All,
    };
    let shown = cx.listener();
    let report = workflow::list(&cx.work, filter, &shown).await?;
    drop(shown);
    cx.ui.print(&report)?;
    for note in &report.notes {
        cx.ui.warn(note);
    }
    Ok(ExitCode::Success)
}
