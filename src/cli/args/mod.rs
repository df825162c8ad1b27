//! Arguments that many commands share.

pub(crate) mod contradictions;
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

/// What all commands share that plan before they change something.
#[derive(Clone, Debug, Args)]
pub(crate) struct PlanArgs {
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Save the plan to this file instead of applying it; `apply` applies it
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// With --dry-run or --out: exit with 3 if there is something to do
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

impl PlanArgs {
    /// Whether the plan is made to be looked at, or for later.
    pub(crate) fn only_shows(&self) -> bool {
        self.dry_run || self.out.is_some()
    }
}

/// Whether the caller's rights are looked at before anything is changed.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct RightsArgs {
    /// In Azure: refuse, changing nothing, if you may not do all that the plan needs
    #[arg(long)]
    pub(crate) check_rights: bool,
}

/// Whether a named preview environment may be linked.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct PreviewArgs {
    /// Link a named preview environment, which Azure may refuse
    #[arg(long)]
    allow_preview: bool,
}

impl PreviewArgs {
    pub(crate) fn previews(self) -> Previews {
        if self.allow_preview { Previews::Allow } else { Previews::Refuse }
    }
}

/// Whether a product may be used that does not show that it is the link's.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct AdoptArgs {
    /// Use the product that has the link's id even if it is not known to be the link's
    #[arg(long)]
    adopt: bool,
}

impl AdoptArgs {
    pub(crate) fn adoption(self) -> Adoption {
        if self.adopt { Adoption::Allow } else { Adoption::Refuse }
    }
}

/// How long something takes in Azure that cannot be observed.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct GraceArgs {
    /// How long to wait in Azure for what cannot be observed: until every edge of the site sends a new key,
    /// and until the gateway has it where no API can be asked
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

/// Whether something that Azure has accepted is waited for.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct NoWaitArgs {
    /// In Azure: end when the change is accepted, without waiting until it is done and checking it
    #[arg(long)]
    no_wait: bool,
}

impl NoWaitArgs {
    pub(crate) fn wait(self) -> Wait {
        if self.no_wait { Wait::UntilAccepted } else { Wait::UntilDone }
    }
}
