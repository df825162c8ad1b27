//! `swa-apim link`

use clap::Args;

use crate::{
    cli::{
        args::{AdoptArgs, GraceArgs, NoWaitArgs, PlanArgs, PreviewArgs, RightsArgs, ScopeArgs},
        changing,
        session::Session,
    },
    diagnosis::ExitCode,
    engine::{Existing, Intent},
    workflow::LinkChange,
};

/// Link the API Management service of an env to its static web app
///
/// Creates the product, the subscription and the policy of the link, connects the site, and verifies the
/// result. Parts that already exist and are correct are not changed, even if the Azure portal created them.
/// If the site has another backend or cannot be linked, the command refuses and changes nothing.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim link --env prod\n  swa-apim link --env prod --dry-run\n  swa-apim link --env prod --sample\n  swa-apim link --all -o json"
)]
pub(crate) struct LinkArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    #[command(flatten)]
    preview: PreviewArgs,
    #[command(flatten)]
    adopt: AdoptArgs,
    /// Disconnect the current backend first, if it is another one
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    grace: GraceArgs,
    #[command(flatten)]
    no_wait: NoWaitArgs,
    #[command(flatten)]
    rights: RightsArgs,
    #[command(flatten)]
    plan: PlanArgs,
}

pub(crate) async fn run(args: LinkArgs, cx: &Session) -> anyhow::Result<ExitCode> {
    let existing = if args.replace { Existing::Replace } else { Existing::Keep };
    let change = LinkChange {
        previews: args.preview.previews(),
        adoption: args.adopt.adoption(),
        grace: args.grace.grace(),
        wait: args.no_wait.wait(),
        check_rights: args.rights.check_rights,
        ..LinkChange::new(Intent::Link { existing })
    };
    Box::pin(changing::change(cx, cx.work.envs(args.scope.all)?, change, args.plan)).await
}
