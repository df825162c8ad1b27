//! What became of a change.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::{ErrorReport, link::KeyFingerprintsReport};
use crate::{
    diagnosis::ExitCode,
    engine::{ChangeKind, Finding, KeyFingerprints, LinkState, PlannedStep, StepAction, Undo},
    model::ResourceId,
};

/// What a changing command prints with `-o json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeReport {
    /// The version of this document's shape.
    pub schema_version: u32,
    /// The command, such as `link`.
    pub command: String,
    /// One entry for each env that the command was for.
    pub results: Vec<ChangeResult>,
}

/// What a changing command did for one env.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeResult {
    /// The name of the env.
    pub env: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The steps, in order.
    pub steps: Vec<StepReport>,
    /// The state of the link afterwards; of a plan, the state that it starts from.
    pub state: LinkState,
    /// What may be shown of the keys before and after, where they were replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<KeysReport>,
    /// What is not as it should be, or worth knowing.
    pub findings: Vec<Finding>,
    /// How it is taken back, or why it cannot be; of a plan, how it would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo: Option<Undo>,
    /// Why it failed, if it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorReport>,
    /// The name of the link's product, if it was seen; for pipelines.
    #[serde(skip)]
    pub product: Option<String>,
    /// How many of the steps were written as events already, and whether all of it was.
    #[serde(skip)]
    pub told: Told,
    /// What it says for people beyond that.
    #[serde(skip)]
    pub summary: String,
    /// What the env's exit code would be if it were alone.
    #[serde(skip)]
    pub exit: ExitCode,
}

/// What of a result was written to the file of events while the command ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Told {
    /// Nothing.
    #[default]
    Nothing,
    /// The first steps, by their number.
    Steps(usize),
    /// All of it.
    Everything,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Every step was taken.
    Applied,
    /// There was nothing to do.
    Unchanged,
    /// There is something to do, and it was only to be shown.
    Planned,
    /// It was refused before anything was changed; `findings` or `error` says why.
    Refused,
    /// A step failed, or the result is not what was wanted.
    Failed,
}

/// One step of a change.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepReport {
    /// The step, such as `put-product`.
    #[schemars(with = "String")]
    pub action: StepAction,
    /// What it does to its target.
    pub kind: ChangeKind,
    /// The ARM id of what it changes.
    #[schemars(with = "String")]
    pub target: ResourceId,
    /// Why it is needed.
    pub reason: String,
    /// How far it has come.
    pub status: StepStatus,
    /// How many seconds it took, in Azure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}

/// The fingerprints of a subscription's keys before and after a rotation.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct KeysReport {
    /// Before.
    pub before: KeyFingerprintsReport,
    /// After.
    pub after: KeyFingerprintsReport,
}

impl KeysReport {
    /// The report, if both are known.
    #[must_use]
    pub fn of(before: Option<&KeyFingerprints>, after: Option<&KeyFingerprints>) -> Option<Self> {
        let one = |keys: &KeyFingerprints| KeyFingerprintsReport {
            primary: keys.primary.to_string(),
            secondary: keys.secondary.to_string(),
        };
        Some(Self { before: one(before?), after: one(after?) })
    }
}

/// How far a step has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepStatus {
    /// It is only planned.
    Planned,
    /// The control plane has acknowledged it.
    Applied,
    /// It was tried, and the control plane answered that it was not done.
    Failed,
    /// It was sent, and no answer says whether it was done.
    Unknown,
    /// It was not tried: something failed or was refused before it.
    Pending,
    /// It was not needed.
    Skipped,
}

impl StepReport {
    /// A step that has come this far.
    #[must_use]
    pub fn of(planned: &PlannedStep, status: StepStatus) -> Self {
        Self {
            action: planned.step.action(),
            kind: planned.kind,
            target: planned.step.target().clone(),
            reason: planned.reason.clone(),
            status,
            seconds: None,
        }
    }

    /// The name of what it changes. Every policy is called `policy`, so that of a product has the product's.
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

    /// The step with how long it took, to a tenth of a second.
    #[must_use]
    pub fn timed(self, took: Duration) -> Self {
        Self { seconds: Some((took.as_secs_f64() * 10.0).round() / 10.0), ..self }
    }
}

impl ChangeReport {
    /// The exit code of the whole. That one env was refused does not mean that nothing was changed, if another one was.
    #[must_use]
    pub fn exit(&self) -> ExitCode {
        let worst = self.results.iter().fold(ExitCode::Success, |worst, result| worst.worst(result.exit));
        let changed = self.results.iter().any(|result| result.outcome == Outcome::Applied);
        if worst == ExitCode::Refused && changed { ExitCode::Partial } else { worst }
    }
}
