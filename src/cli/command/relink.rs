//! `swa-apim relink`

use std::time::Duration;

use clap::Args;

use crate::{
    cli::{
        args::{AdoptArgs, GraceArgs, PlanArgs, PreviewArgs, RightsArgs, ScopeArgs, typed::past},
        changing,
        session::Session,
    },
    diagnosis::ExitCode,
    engine::Intent,
    workflow::{LeftOver, LinkChange, Rotation},
};

/// Repair a link and replace both of its keys without a failed call
///
/// Repairs all faults of the link, then rotates the keys: the site gets the current primary key; a new
/// primary key is generated, and the old one becomes the secondary key; the site gets the new primary key;
/// the old key is replaced too. Run the command again to complete an interrupted relink. A site that is not
/// linked is linked.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swa-apim relink --env prod\n  swa-apim relink --all --if-older-than 60d\n  swa-apim relink --all --dry-run"
)]
pub(crate) struct RelinkArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    /// Do nothing unless a key is older than this: 60d, 12h. Keys of unknown age are replaced
    #[arg(long, value_name = "TIME", value_parser = past)]
    if_older_than: Option<Duration>,
    #[command(flatten)]
    preview: PreviewArgs,
    #[command(flatten)]
    adopt: AdoptArgs,
    #[command(flatten)]
    grace: GraceArgs,
    #[command(flatten)]
    rights: RightsArgs,
    #[command(flatten)]
    plan: PlanArgs,
}

pub(crate) async fn run(args: RelinkArgs, cx: &Session) -> anyhow::Result<ExitCode> {
    // Each step of a rotation stands on the one before it, so each is waited for.
    let change = LinkChange {
        previews: args.preview.previews(),
        adoption: args.adopt.adoption(),
        grace: args.grace.grace(),
        check_rights: args.rights.check_rights,
        rotation: Rotation {
            older_than: args.if_older_than,
            left_over: if args.scope.all { LeftOver::Skip } else { LeftOver::Link },
        },
        ..LinkChange::new(Intent::Relink)
    };
    Box::pin(changing::change(cx, cx.work.envs(args.scope.all)?, change, args.plan)).await
}
