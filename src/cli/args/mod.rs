//! Arguments that many commands share.

pub(crate) mod color;
pub(crate) mod contradictions;
#[cfg(feature = "emulator")]
pub(crate) mod emulator;
pub(crate) mod file_format;
mod global;
pub(crate) mod help;
pub(crate) mod typed;
pub(crate) mod variables;

use std::{path::PathBuf, time::Duration};

use clap::Args;

pub(crate) use self::global::{GlobalArgs, azure_flags};
use self::typed::duration;
use crate::{
    engine::{Adoption, Grace, Previews},
    provider::arm::Wait,
};

/// The widest that help is, in columns.
pub(crate) const WIDEST: usize = 100;

/// Which envs a command is for.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ScopeArgs {
    /// Work on every env of the configuration file
    #[arg(long)]
    pub(crate) all: bool,
}

/// The arguments of all commands that plan before they change something.
#[derive(Clone, Debug, Args)]
pub(crate) struct PlanArgs {
    /// Print the plan and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Save the plan to this file instead of applying it; `swa-apim apply FILE` applies it
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// With --dry-run or --out: exit with 3 if there are changes to make
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

impl PlanArgs {
    /// Whether the plan is only shown or saved.
    pub(crate) fn only_shows(&self) -> bool {
        self.dry_run || self.out.is_some()
    }
}

/// Whether the permissions of the caller are checked before anything is changed.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct RightsArgs {
    /// In Azure: check first that you have all permissions that the plan needs; refuse the change if one is
    /// missing
    #[arg(long)]
    pub(crate) check_rights: bool,
}

/// Whether a named preview environment may be linked.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct PreviewArgs {
    /// Allow a named preview environment to be linked; Azure may reject it
    #[arg(long)]
    allow_preview: bool,
}

impl PreviewArgs {
    pub(crate) fn previews(self) -> Previews {
        if self.allow_preview { Previews::Allow } else { Previews::Refuse }
    }
}

/// Whether a product may be used that is not proven to belong to the link.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct AdoptArgs {
    /// Use the product with the ID of the link's product, even if it is not proven to belong to the link
    #[arg(long)]
    adopt: bool,
}

impl AdoptArgs {
    pub(crate) fn adoption(self) -> Adoption {
        if self.adopt { Adoption::Allow } else { Adoption::Refuse }
    }
}

/// The duration of waits for changes in Azure whose completion cannot be observed.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct GraceArgs {
    /// In Azure: how long to wait for a change that cannot be observed, which is the key that the edges of
    /// the site send, and the keys that the gateway accepts if no API can be called
    #[arg(long, env = "SWA_APIM_GRACE", value_name = "TIME", default_value = "30s")]
    #[arg(value_parser = duration)]
    grace: Duration,
}

impl GraceArgs {
    pub(crate) fn grace(self) -> Grace {
        let whole = self.grace.as_secs().saturating_add(u64::from(self.grace.subsec_nanos() > 0));
        Grace::seconds(u32::try_from(whole).unwrap_or(u32::MAX))
    }
}

/// Whether the command waits until a change that Azure has accepted is complete.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct NoWaitArgs {
    /// In Azure: exit when the change is accepted; do not wait until it is complete, and do not verify it
    #[arg(long)]
    no_wait: bool,
}

impl NoWaitArgs {
    pub(crate) fn wait(self) -> Wait {
        if self.no_wait { Wait::UntilAccepted } else { Wait::UntilDone }
    }
}
