//! The reasons why a plan was not applied, or only in part.

use std::{error::Error, fmt};

use crate::{
    diagnosis::{Diagnose, Diagnosis, ExitCode},
    engine::{Observed, Plan, StepAction},
    model::{
        ApiId, ApimPolicyId, ApimServiceId, ApimSubscriptionId, LinkedBackendId, ProductApiId, ProductId,
        ResourceId, SiteEnvironmentId, StaticSiteId,
    },
    provider::ProviderError,
};

/// The reason why a plan was not applied, or only in part.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// Resources that the plan was made from have changed. Nothing was applied.
    #[error("{}", .moved.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Moved {
        /// Each of them: at least one.
        moved: Vec<Moved>,
    },
    /// The control plane could not be read before the first step. Nothing was applied.
    #[error("could not read the current link")]
    Observe(#[source] ProviderError),
    /// Some steps were applied, then another client changed the link, and the remaining steps could not be planned.
    #[error(
        "the command stopped before its last step: another client changed the link, and the remaining steps \
         could not be planned"
    )]
    Stopped(#[source] Box<dyn Error + Send + Sync>),
    /// A step failed. The steps before it were applied.
    #[error("step {} of {of}, {action}, failed", .done.saturating_add(1))]
    Step {
        /// How many steps were applied.
        done: usize,
        /// How many steps the plan has.
        of: usize,
        /// The step that failed.
        action: StepAction,
        /// Whether an earlier step has changed something.
        changed: bool,
        /// Whether the failed step may have changed something: it was sent, and no answer reports that it failed.
        undetermined: bool,
        /// The cause.
        source: ProviderError,
    },
}

/// A resource that has changed since a plan was made from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The id of the resource, as the control plane spells it.
    pub resource: String,
    /// How it has changed.
    pub change: Movement,
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} since the plan was made", described(&self.resource), self.change)
    }
}

/// How a resource has changed since it was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Movement {
    /// It has another version.
    Changed,
    /// It did not exist when the plan was made.
    Created,
    /// It no longer exists.
    Deleted,
}

impl fmt::Display for Movement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Changed => "has changed",
            Self::Created => "was created",
            Self::Deleted => "was deleted",
        })
    }
}

impl ApplyError {
    /// Returns every difference between the plan's basis and the current state, if there is one.
    #[must_use]
    pub fn movement(plan: &Plan, observed: &Observed) -> Option<Self> {
        let now = observed.basis();
        let planned = plan.steps.iter().map(|planned| planned.step.target());
        let ends: [&ResourceId; 2] = [&plan.target.site_environment, &plan.target.service];
        let known: Vec<&ResourceId> = planned.chain(ends).chain(observed.ids()).collect();
        let moved = plan.basis.differences(&now).map(|key| Moved {
            resource: spelt(key, known.iter().copied()),
            change: match (plan.basis.holds(key), now.holds(key)) {
                (true, false) => Movement::Deleted,
                (false, true) => Movement::Created,
                (true, true) | (false, false) => Movement::Changed,
            },
        });
        let moved: Vec<Moved> = moved.collect();
        (!moved.is_empty()).then_some(Self::Moved { moved })
    }

    /// Returns the same error as one about a plan that is out of date, if the first change was refused because its
    /// resource has changed: nothing was applied.
    #[must_use]
    pub fn as_stale(self) -> Self {
        match self {
            Self::Step {
                changed: false, undetermined: false, source: ProviderError::Conflict(id), ..
            } => Self::Moved { moved: vec![Moved { resource: id.to_string(), change: Movement::Changed }] },
            unmoved @ (Self::Moved { .. } | Self::Observe(_) | Self::Stopped(_) | Self::Step { .. }) => {
                unmoved
            }
        }
    }

    /// Whether another client has changed the link, so that a new plan may succeed.
    #[must_use]
    pub fn is_moved(&self) -> bool {
        match self {
            Self::Moved { .. }
            | Self::Step {
                source: ProviderError::Conflict(_) | ProviderError::ConflictAfterLostAnswer(_),
                ..
            } => true,
            Self::Observe(_) | Self::Stopped(_) | Self::Step { .. } => false,
        }
    }

    /// Returns the index of the step that failed, if a step was attempted.
    #[must_use]
    pub fn failed_step(&self) -> Option<usize> {
        match self {
            Self::Moved { .. } | Self::Observe(_) | Self::Stopped(_) => None,
            Self::Step { done, .. } => Some(*done),
        }
    }

    /// Whether the failed step may have changed something although it failed.
    #[must_use]
    pub fn is_undetermined(&self) -> bool {
        match self {
            Self::Moved { .. } | Self::Observe(_) | Self::Stopped(_) => false,
            Self::Step { undetermined, .. } => *undetermined,
        }
    }
}

impl Diagnose for ApplyError {
    fn diagnosis(&self) -> Diagnosis {
        match self {
            Self::Moved { .. } => Diagnosis::new(ExitCode::Refused)
                .hint("create a new plan with `--dry-run --out FILE`, then apply it"),
            Self::Observe(error) => error.diagnosis(),
            Self::Stopped(_) => Diagnosis::new(ExitCode::Partial)
                .hint("run the same command again: it continues from the current state"),
            Self::Step { changed: false, source, undetermined, .. } => {
                let diagnosis = source.diagnosis();
                // The exit code "refused" promises that nothing was changed.
                let refused = diagnosis.exit == ExitCode::Refused;
                let exit = if refused && *undetermined { ExitCode::Unavailable } else { diagnosis.exit };
                Diagnosis { exit, ..diagnosis }
            }
            Self::Step { .. } => Diagnosis::new(ExitCode::Partial)
                .hint("run the same command again: it applies the remaining steps"),
        }
    }
}

/// Returns a lower-case id in the control plane's spelling, as far as a known id shows it.
fn spelt<'a>(key: &str, known: impl Iterator<Item = &'a ResourceId>) -> String {
    let rest_below = |id: &ResourceId| {
        key.strip_prefix(id.lower_case())
            .filter(|rest| rest.is_empty() || rest.starts_with('/'))
            .map(str::len)
    };
    let nearest = known.filter_map(|id| Some((rest_below(id)?, id))).min_by_key(|(rest, _)| *rest);
    match nearest {
        Some((rest, id)) => format!("{id}{}", &key[key.len().saturating_sub(rest)..]),
        None => key.to_owned(),
    }
}

/// The types of resources that a link consists of, in words.
const TITLES: [(&str, &str); 7] = [
    (StaticSiteId::TYPE, "the static web app"),
    (SiteEnvironmentId::TYPE, "the site environment"),
    (LinkedBackendId::TYPE, "the linked backend"),
    (ApimServiceId::TYPE, "the API Management service"),
    (ProductId::TYPE, "the product"),
    (ApiId::TYPE, "the API"),
    (ApimSubscriptionId::TYPE, "the subscription"),
];

/// Returns the type and the name of a resource, for a message.
fn described(id: &str) -> String {
    let Ok(id) = ResourceId::parse(id) else { return format!("`{id}`") };
    let owner = id.parent().map(|owner| owner.name().to_owned()).unwrap_or_default();
    if id.is_a(ApimPolicyId::TYPE) {
        return format!("the policy of the product `{owner}`");
    }
    if id.is_a(ProductApiId::TYPE) {
        return format!("the API `{}` in the product `{owner}`", id.name());
    }
    match TITLES.into_iter().find(|(resource_type, _)| id.is_a(resource_type)) {
        Some((_, title)) => format!("{title} `{}`", id.name()),
        None => format!("`{id}`"),
    }
}
