//! Saved plans as they are shown: read from a file, and compared with nothing.

use super::{change, prune, saved::Saved, workspace::Workspace};
use crate::report::{ChangeReport, PruneReport};

/// The report of a saved plan.
#[derive(Clone, Debug)]
pub enum SavedReport {
    /// Of links to change.
    Changes(ChangeReport),
    /// Of a service to prune.
    Prune(PruneReport),
}

/// Returns the report of a saved plan as it was saved. Whether the plan still stands is not known.
#[must_use]
pub fn saved_report(work: &Workspace, saved: &Saved) -> SavedReport {
    match saved {
        Saved::Plans(plans) => SavedReport::Changes(change::shown(plans, work.render())),
        Saved::Prune(saved) => SavedReport::Prune(prune::shown(saved)),
    }
}
