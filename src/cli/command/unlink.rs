//! `swa-apim unlink`

use clap::Args;

use crate::{
    cli::{
        args::{NoWaitArgs, PlanArgs, RightsArgs, ScopeArgs},
        session::Context,
    },
    diagnosis::ExitCode,
    engine::{Adoption, Grace, Intent, Leftovers, Previews},
    workflow::change::plan::{self, Change},
};

/// Disconnect the static web app of an env from its API Management service
///
/// The product and its subscription stay in the service, as Azure's portal leaves them; with --purge they
/// are deleted, if they are this link's and nobody else uses them. Unlinking what is not linked does
/// nothing.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  swa-apim unlink --env prod\n  swa-apim unlink --env prod --purge --yes")]
pub(crate) struct UnlinkArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    /// Delete the product and its subscription too
    #[arg(long)]
    purge: bool,
    #[command(flatten)]
    no_wait: NoWaitArgs,
    #[command(flatten)]
    rights: RightsArgs,
    #[command(flatten)]
    plan: PlanArgs,
}

pub(crate) async fn run(args: UnlinkArgs, cx: &Context) -> anyhow::Result<ExitCode> {
    let leftovers = if args.purge { Leftovers::Purge } else { Leftovers::Keep };
    // Whatever was linked can be unlinked.
    let previews = Previews::Allow;
    let (grace, wait) = (Grace::default(), args.no_wait.wait());
    let change = Change {
        intent: Intent::Unlink { leftovers },
        previews,
        adoption: Adoption::Refuse,
        grace,
        wait,
        check_rights: args.rights.check_rights,
        options: args.plan,
    };
    Box::pin(plan::run(cx, cx.envs(args.scope.all)?, change)).await
}
