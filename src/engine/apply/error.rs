//! Why a plan was not applied, or not to its end.

use std::{error::Error, fmt};

use crate::{
    diagnosis::{Diagnose, Diagnosis, ExitCode},
    engine::{Observed, Plan, StepAction},
    model::ResourceId,
    provider::ProviderError,
};

/// Why a plan was not applied, or not to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// What the plan was made from is no longer there as it was. Nothing has been changed.
    #[error("`{resource}` {change} since the plan was made")]
    Moved {
        /// The id of the resource, as the control plane spells it.
        resource: String,
        /// What became of it.
        change: Movement,
    },
    /// The control plane could not be read before the first step. Nothing has been changed.
    #[error("could not read the current link")]
    Observe(#[source] ProviderError),
    /// Some steps were taken, the link was changed by another writer after that, and the rest cannot be planned.
    #[error("stopped part-way: another writer changed the link, and the rest could not be planned")]
    Stopped(#[source] Box<dyn Error + Send + Sync>),
    /// A step failed. The ones before it stand.
    #[error("step {} of {of}, {action}, failed", .done.saturating_add(1))]
    Step {
        /// How many steps were taken.
        done: usize,
        /// How many the plan has.
        of: usize,
        /// The step that failed.
        action: StepAction,
        /// Whether a step before it has changed something.
        changed: bool,
        /// Whether the step itself may have changed something: it was sent, and no answer says that it failed.
        undetermined: bool,
        /// Why.
        source: ProviderError,
    },
}

/// What became of a resource since it was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Movement {
    /// It has another version.
    Changed,
    /// It did not exist then.
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
    /// The first difference between what a plan was made from and what is there now, if there is one.
    #[must_use]
    pub fn movement(plan: &Plan, observed: &Observed) -> Option<Self> {
        let now = observed.basis();
        let key = plan.basis.difference(&now)?;
        let change = match (plan.basis.holds(key), now.holds(key)) {
            (true, false) => Movement::Deleted,
            (false, true) => Movement::Created,
            (true, true) | (false, false) => Movement::Changed,
        };
        let planned = plan.steps.iter().map(|planned| planned.step.target());
        let ends: [&ResourceId; 2] = [&plan.target.site_environment, &plan.target.service];
        let resource = spelt(key, planned.chain(ends).chain(observed.ids()));
        Some(Self::Moved { resource, change })
    }

    /// Whether somebody else has changed the link, so that a plan made anew may well go through.
    #[must_use]
    pub fn is_moved(&self) -> bool {
        match self {
            Self::Moved { .. } | Self::Step { source: ProviderError::Conflict(_), .. } => true,
            Self::Observe(_) | Self::Stopped(_) | Self::Step { .. } => false,
        }
    }

    /// Where in the plan the step is that failed, if one was tried.
    #[must_use]
    pub fn failed_step(&self) -> Option<usize> {
        match self {
            Self::Moved { .. } | Self::Observe(_) | Self::Stopped(_) => None,
            Self::Step { done, .. } => Some(*done),
        }
    }

    /// Whether the step that failed may have changed something all the same.
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
                .hint("make a new plan from what is there now, and apply that"),
            Self::Observe(error) => error.diagnosis(),
            Self::Stopped(_) => Diagnosis::new(ExitCode::Partial)
                .hint("run the same command again: it continues from what is there"),
            Self::Step { changed: false, source, undetermined, .. } => {
                let diagnosis = source.diagnosis();
                // A refusal says that nothing was changed.
                let refused = diagnosis.exit == ExitCode::Refused;
                let exit = if refused && *undetermined { ExitCode::Unavailable } else { diagnosis.exit };
                Diagnosis { exit, ..diagnosis }
            }
            Self::Step { .. } => {
                Diagnosis::new(ExitCode::Partial).hint("run the same command again: it finishes what is left")
            }
        }
    }
}

/// An id in lower case as the control plane spells it, as far as a known id says.
fn spelt<'a>(key: &str, known: impl Iterator<Item = &'a ResourceId>) -> String {
    let rest_below = |id: &ResourceId| {
        key.strip_prefix(id.key()).filter(|rest| rest.is_empty() || rest.starts_with('/')).map(str::len)
    };
    let nearest = known.filter_map(|id| Some((rest_below(id)?, id))).min_by_key(|(rest, _)| *rest);
    match nearest {
        Some((rest, id)) => format!("{id}{}", &key[key.len().saturating_sub(rest)..]),
        None => key.to_owned(),
    }
}
