//! The report of `doctor`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{FindingReport, SCHEMA_VERSION};
use crate::{
    diagnosis::{ExitCode, Render},
    engine::{Certainty, Condition, Hop, HopName, Need, Rights, RoleDefinition, Target, Verb},
};

/// The document that `doctor -o json` prints.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DoctorReport {
    /// The version of this document's schema.
    pub schema_version: u32,
    /// The name of the environment in the configuration file.
    pub env: String,
    /// The worst outcome of all hops; hops that were not checked do not count.
    pub outcome: Condition,
    /// Every hop, in the order of a request.
    pub hops: Vec<HopReport>,
    /// The commands that need permissions which the caller does not have, if permissions were checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rights: Option<Vec<VerbReport>>,
    /// The least privileged role that is sufficient, if permissions were checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_definition: Option<RoleDefinition>,
    /// The exit code of the command.
    #[serde(skip)]
    pub exit: ExitCode,
}

/// One hop: its condition, the observations, and the next command.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HopReport {
    /// The name of the hop.
    pub hop: HopName,
    /// The condition of the hop.
    pub outcome: Condition,
    /// The observations, the most important one first.
    pub saw: Vec<String>,
    /// The next command, if no finding names it.
    pub hint: Option<String>,
    /// The findings about this hop, as in the report of `status`.
    pub findings: Vec<FindingReport>,
}

/// A command, and the permissions that the caller does not have for it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerbReport {
    /// The name of the command, such as `relink`.
    pub command: String,
    /// The missing permissions.
    pub missing: Vec<NeedReport>,
}

/// An action that a command needs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NeedReport {
    /// The action, as role definitions name it.
    pub action: String,
    /// The ARM id of the resource on which the action must be allowed.
    pub scope: String,
    /// Whether it is inferred, and not documented, that Azure requires the action.
    pub inferred: bool,
}

impl DoctorReport {
    /// Returns a report of these hops.
    #[must_use]
    pub fn new(env: &str, hops: Vec<Hop>, render: Render) -> Self {
        let looked_at = hops.iter().map(|hop| hop.condition).filter(|it| *it != Condition::Skipped);
        Self {
            schema_version: SCHEMA_VERSION,
            env: env.to_owned(),
            outcome: looked_at.max().unwrap_or(Condition::Skipped),
            exit: hops.iter().fold(ExitCode::Success, |worst, hop| worst.worst(hop.exit)),
            hops: hops.into_iter().map(|hop| HopReport::of(hop, render)).collect(),
            rights: None,
            role_definition: None,
        }
    }

    /// Returns the report with the permissions of the caller.
    #[must_use]
    pub fn with_rights(self, target: &Target, rights: &Rights) -> Self {
        let report = |verb: Verb| VerbReport {
            command: verb.as_str().to_owned(),
            missing: missing(verb, target, rights),
        };
        Self { rights: Some(Verb::ALL.iter().copied().map(report).collect()), ..self }
    }
}

fn missing(verb: Verb, target: &Target, rights: &Rights) -> Vec<NeedReport> {
    let missing = rights.lacks(Need::all_of_verb(verb, target)).into_iter();
    missing
        .map(|need| NeedReport {
            action: need.action.to_owned(),
            scope: need.place(target).to_string(),
            inferred: need.certainty == Certainty::Inferred,
        })
        .collect()
}

impl HopReport {
    fn of(hop: Hop, render: Render) -> Self {
        let Hop { name, condition, saw, hint, findings, exit: _ } = hop;
        let findings = FindingReport::of_all(&findings, render);
        Self { hop: name, outcome: condition, saw, hint: hint.map(|hint| hint.text(render)), findings }
    }
}
