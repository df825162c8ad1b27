//! Reports of the commands that change links.
#![warn(clippy::arithmetic_side_effects)]

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::{ErrorReport, FindingReport, UndoReport, link::KeyFingerprintsReport};
use crate::{
    diagnosis::ExitCode,
    engine::{ChangeKind, FieldChange, KeyFingerprints, LinkState, PlannedStep, StepAction},
    model::ResourceId,
};

/// The document that a changing command prints with `-o json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeReport {
    /// The version of this document's schema.
    pub schema_version: u32,
    /// The name of the command, such as `link`.
    pub command: String,
    /// One entry for each environment that the command was run for.
    pub results: Vec<ChangeResult>,
}

/// The result of a changing command for one environment.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeResult {
    /// The name of the environment in the configuration file.
    pub env: String,
    /// The result as one word.
    pub outcome: Outcome,
    /// The steps, in order.
    pub steps: Vec<StepReport>,
    /// The state of the link after the change; for a plan, the current state.
    pub state: LinkState,
    /// Fingerprints of the keys before and after the change, if the keys were replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<KeysReport>,
    /// The address of the first API of the link, if the command made or changed the link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The problems and notes about the link.
    pub findings: Vec<FindingReport>,
    /// How to undo the change, or why it cannot be undone; for a plan, how the change could be undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo: Option<UndoReport>,
    /// Why the change failed; absent if it did not fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorReport>,
    /// Why the keys were replaced or not, if the command depends on their age; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The name of the link's product, if it was read; an output for pipelines.
    #[serde(skip)]
    pub product: Option<String>,
    /// How many of the steps were already written as events, and whether the whole result was.
    #[serde(skip)]
    pub told: Told,
    /// The summary in the text format.
    #[serde(skip)]
    pub summary: String,
    /// The exit code that this environment by itself would lead to.
    #[serde(skip)]
    pub exit: ExitCode,
}

impl ChangeResult {
    /// Returns the error of this result without the causes and the hint that its findings say too.
    #[must_use]
    pub fn error_beside_findings(&self) -> Option<ErrorReport> {
        let mut error = self.error.clone()?;
        error.causes.retain(|cause| self.findings.iter().all(|finding| finding.message != *cause));
        error.hint = error.hint.filter(|hint| self.findings.iter().all(|finding| finding.hint != *hint));
        Some(error)
    }
}

/// The part of a result that was written to the events file while the command ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Told {
    /// Nothing.
    #[default]
    Nothing,
    /// The first steps: this many.
    Steps(usize),
    /// The whole result.
    Everything,
}

/// The result of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Every step was applied.
    Applied,
    /// No change was needed.
    Unchanged,
    /// Changes are needed; the command only printed the plan.
    Planned,
    /// The change was refused before anything was changed; `findings` or `error` says why.
    Refused,
    /// A step failed, or the state after the change is not the intended one.
    Failed,
}

/// One step of a change.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepReport {
    /// The name of the step, such as `put-product`.
    pub action: StepAction,
    /// How the step changes its target.
    pub kind: ChangeKind,
    /// The ARM id of the resource that the step changes.
    #[schemars(with = "String")]
    pub target: ResourceId,
    /// Why the step is needed.
    pub reason: String,
    /// The fields of the target that the step changes, as far as they were read; absent if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<FieldChange>,
    /// The status of the step.
    pub status: StepStatus,
    /// The duration in Azure, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}

/// The fingerprints of a subscription's keys before and after a rotation.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct KeysReport {
    /// The fingerprints before the rotation.
    pub before: KeyFingerprintsReport,
    /// The fingerprints after the rotation.
    pub after: KeyFingerprintsReport,
}

impl KeysReport {
    /// Returns the report, if both pairs of fingerprints are known.
    #[must_use]
    pub fn of(before: Option<&KeyFingerprints>, after: Option<&KeyFingerprints>) -> Option<Self> {
        let one = |keys: &KeyFingerprints| KeyFingerprintsReport {
            primary: keys.primary.to_string(),
            secondary: keys.secondary.to_string(),
        };
        Some(Self { before: one(before?), after: one(after?) })
    }
}

/// The status of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepStatus {
    /// The step is only planned.
    Planned,
    /// The control plane confirmed the step.
    Applied,
    /// The step was attempted, and the control plane answered that it was not done.
    Failed,
    /// The request was sent, and no answer says whether it was done.
    Unknown,
    /// The step was not attempted: an earlier step failed or was refused.
    Pending,
    /// The step was not needed.
    Skipped,
}

impl StepReport {
    /// Returns the report of a step with this status.
    #[must_use]
    pub fn of(planned: &PlannedStep, status: StepStatus) -> Self {
        Self {
            action: planned.step.action(),
            kind: planned.kind,
            target: planned.step.target().clone(),
            reason: planned.reason.clone(),
            changes: planned.changes.clone(),
            status,
            seconds: None,
        }
    }

    /// Returns the name of the step's target. Every policy is called `policy`, so a product's policy has the name of
    /// its product.
    #[must_use]
    pub fn target_name(&self) -> String {
        let product = match self.action {
            StepAction::PutPolicy => self.target.parent(),
            StepAction::PutProduct
            | StepAction::PutSubscription
            | StepAction::AddApi
            | StepAction::RemoveApi
            | StepAction::Connect
            | StepAction::Disconnect
            | StepAction::SwapKeys
            | StepAction::ProveKey
            | StepAction::Settle
            | StepAction::RetireSecondary
            | StepAction::DeleteSubscription
            | StepAction::DeleteProduct => None,
        };
        product.as_ref().unwrap_or(&self.target).name().to_owned()
    }

    /// Returns the step with its duration, rounded to a tenth of a second.
    #[must_use]
    pub fn timed(self, took: Duration) -> Self {
        Self { seconds: Some((took.as_secs_f64() * 10.0).round() / 10.0), ..self }
    }
}

impl ChangeReport {
    /// Returns the exit code of the command. If one environment was refused and another one was changed, the command
    /// does not report that nothing was changed.
    #[must_use]
    pub fn exit(&self) -> ExitCode {
        let worst = self.results.iter().fold(ExitCode::Success, |worst, result| worst.worst(result.exit));
        let changed = self.results.iter().any(|result| result.outcome == Outcome::Applied);
        if worst == ExitCode::Refused && changed { ExitCode::Partial } else { worst }
    }
}
