//! Events: the lines of the events file.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    ChangeReport, ChangeResult, ErrorReport, FindingReport, LinkReport, Outcome, StatusReport, StepReport,
    StepStatus, Told,
};
use crate::engine::{ChangeKind, LinkState};

/// An event for pipelines: one line of the events file.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventLine {
    /// The version of this line's schema.
    pub schema_version: u32,
    /// When the event was written, in UTC (RFC 3339).
    pub time: String,
    /// The event.
    #[serde(flatten)]
    pub event: Event,
}

/// The kinds of events.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Event {
    /// A link was read.
    Link {
        /// The name of the environment in the configuration file.
        env: String,
        /// The state of the link.
        state: LinkState,
        /// The name of the link's product, if it exists.
        product: Option<String>,
        /// The problems and notes about the link.
        findings: Vec<FindingReport>,
    },
    /// A step of a change has this status.
    Step {
        /// The name of the environment in the configuration file.
        env: String,
        /// The step.
        #[serde(flatten)]
        step: StepReport,
    },
    /// A changing command has finished with an environment.
    Result {
        /// The name of the environment in the configuration file.
        env: String,
        /// The name of the command, such as `link`.
        command: String,
        /// The result as one word.
        outcome: Outcome,
        /// Whether anything was changed.
        changed: bool,
        /// The state of the link after the change.
        state: LinkState,
        /// The name of the link's product, if it exists.
        product: Option<String>,
        /// The problems and notes about the link.
        findings: Vec<FindingReport>,
    },
    /// A failure.
    Failure {
        /// The name of the environment; `null` if the whole command failed.
        env: Option<String>,
        /// The error.
        #[serde(flatten)]
        error: ErrorReport,
    },
}

impl Event {
    /// Returns the events of a status report.
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

    /// Returns the events of a change report: for each environment the steps, then the result.
    pub(crate) fn of_changes(report: &ChangeReport) -> Vec<Self> {
        report.results.iter().flat_map(|result| Self::of_result(&report.command, result)).collect()
    }

    /// Returns the events of a result that were not written while the command ran.
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
