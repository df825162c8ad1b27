//! The reason why a plan was not made. Nothing was changed.

use super::{Finding, Intent};
use crate::diagnosis::{Diagnose, Diagnosis, ExitCode, Hint};

/// An intent that the planner refuses. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .findings.iter().map(|finding| finding.message.as_str()).collect::<Vec<_>>().join("; "))]
pub struct Refusal {
    /// The findings that block the plan: at least one.
    pub findings: Vec<Finding>,
    /// The intent of the command.
    pub intent: Intent,
}

impl Diagnose for Refusal {
    fn diagnosis(&self) -> Diagnosis {
        let mut hints: Vec<Hint> = self.findings.iter().map(|finding| finding.hint.clone()).collect();
        hints.dedup();
        Diagnosis::new(ExitCode::Refused).hint(Hint::joined(hints, "; "))
    }
}
