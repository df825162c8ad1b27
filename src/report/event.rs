//! What happened, as the lines of a file of events have it.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    ChangeReport, ChangeResult, ErrorReport, LinkReport, Outcome, StatusReport, StepReport, StepStatus, Told,
};
use crate::engine::{ChangeKind, Finding, LinkState};

/// Something that a pipeline may want to know: one line of the file of events.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventLine {
    /// The version of this line's shape.
    pub schema_version: u32,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What can happen.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Event {
    /// A link was looked at.
    Link {
        /// The name of the env.
        env: String,
        /// The state of the link.
        state: LinkState,
        /// The name of the link's product, if it exists.
        product: Option<String>,
        /// What is not as it should be, or worth knowing.
        findings: Vec<Finding>,
    },
    /// A step of a change has come so far.
    Step {
        /// The name of the env.
        env: String,
        /// The step.
        #[serde(flatten)]
        step: StepReport,
    },
    /// A changing command is done with an env.
    Result {
        /// The name of the env.
        env: String,
        /// The command, such as `link`.
        command: String,
        /// What became of it.
        outcome: Outcome,
        /// Whether anything was changed.
        changed: bool,
        /// The state of the link afterwards.
        state: LinkState,
        /// The name of the link's product, if it exists.
        product: Option<String>,
        /// What is not as it should be, or worth knowing.
        findings: Vec<Finding>,
    },
    /// Something failed.
    Failure {
        /// The name of the env, unless the whole command failed.
        env: Option<String>,
        /// Why.
        #[serde(flatten)]
        error: ErrorReport,
    },
}

impl Event {
    /// What there is to tell of links that were looked at.
    pub(crate) fn of_status(report: &StatusReport) -> Vec<Self> {
        report.links.iter().flat_map(Self::of_link).collect()
    }

    fn of_link(link: &LinkReport) -> Vec<Self> {
        let seen = Self::Link {
            env: link.env.clone(),
            state: link.state,
            product: link.product.as_ref().map(|product| product.name.clone()),
            findings: link.findings.clone(),
        };
        [seen].into_iter().chain(Self::of_error(&link.env, link.error.as_ref())).collect()
    }

    /// What there is to tell of changes: the steps of each env, then how it ended.
    pub(crate) fn of_changes(report: &ChangeReport) -> Vec<Self> {
        report.results.iter().flat_map(|result| Self::of_result(&report.command, result)).collect()
    }

    /// What of a result was not written while the command ran.
    pub(crate) fn untold_of(command: &str, result: &ChangeResult) -> Vec<Self> {
        match result.told {
            Told::Nothing => Self::of_result(command, result),
            Told::Steps(count) => Self::of_result(command, result).into_iter().skip(count).collect(),
            Told::Everything => Vec::new(),
        }
    }

    fn of_result(command: &str, result: &ChangeResult) -> Vec<Self> {
        let step = |step: &StepReport| Self::Step { env: result.env.clone(), step: step.clone() };
        let end = Self::Result {
            env: result.env.clone(),
            command: command.to_owned(),
            outcome: result.outcome,
            changed: result.steps.iter().any(is_change),
            state: result.state,
            product: result.product.clone(),
            findings: result.findings.clone(),
        };
        let steps = result.steps.iter().map(step);
        steps.chain([end]).chain(Self::of_error(&result.env, result.error.as_ref())).collect()
    }

    fn of_error(env: &str, error: Option<&ErrorReport>) -> Option<Self> {
        error.map(|error| Self::Failure { env: Some(env.to_owned()), error: error.clone() })
    }
}

fn is_change(step: &StepReport) -> bool {
    step.status == StepStatus::Applied && step.kind != ChangeKind::Wait
}
