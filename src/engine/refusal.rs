//! Why a plan was not made. Nothing has been changed.

use super::{Finding, Intent};
use crate::diagnosis::{Diagnose, Diagnosis, ExitCode};

/// A goal that the planner refuses to pursue. Nothing has been changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .findings.iter().map(|finding| finding.message.as_str()).collect::<Vec<_>>().join("; "))]
pub struct Refusal {
    /// What stands in the way: at least one finding.
    pub findings: Vec<Finding>,
    /// What was wanted.
    pub intent: Intent,
}

impl Diagnose for Refusal {
    fn diagnosis(&self) -> Diagnosis {
        let mut hints: Vec<&str> = self.findings.iter().map(|finding| finding.hint.as_str()).collect();
        hints.dedup();
        Diagnosis::new(ExitCode::Refused).hint(hints.join("; "))
    }
}
