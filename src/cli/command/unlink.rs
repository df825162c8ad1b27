//! `swa-apim unlink`

use clap::Args;

use crate::{
    cli::{
        args::{NoWaitArgs, PlanArgs, RightsArgs, ScopeArgs},
        changing,
        session::Session,
    },
    diagnosis::ExitCode,
    engine::{Intent, Leftovers, Previews},
    workflow::LinkChange,
};

/// Disconnect a static web app from its API Management service
///
/// The product and its subscription stay in the service, as with the Azure portal. With --purge they are
/// deleted, if they belong to this link and no other consumer uses them. If the site is not linked, the
/// command changes nothing.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  swa-apim unlink --env prod\n  swa-apim unlink --env prod --purge --yes")]
pub(crate) struct UnlinkArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    /// Also delete the product and its subscription
    #[arg(long)]
    purge: bool,
    #[command(flatten)]
    no_wait: NoWaitArgs,
    #[command(flatten)]
    rights: RightsArgs,
    #[command(flatten)]
    plan: PlanArgs,
}

pub(crate) async fn run(args: UnlinkArgs, cx: &Session) -> anyhow::Result<ExitCode> {
    let leftovers = if args.purge { Leftovers::Purge } else { Leftovers::Keep };
    let change = LinkChange {
        // A link can be removed whatever it was made with.
        previews: Previews::Allow,
        wait: args.no_wait.wait(),
        check_rights: args.rights.check_rights,
        ..LinkChange::new(Intent::Unlink { leftovers })
    };
    Box::pin(changing::change(cx, cx.work.envs(args.scope.all)?, change, args.plan)).await
}
