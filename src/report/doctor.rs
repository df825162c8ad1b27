//! What the doctor found.

use schemars::JsonSchema;
use serde::Serialize;

use super::SCHEMA_VERSION;
use crate::{
    diagnosis::ExitCode,
    engine::{Certainty, Condition, Finding, Hop, HopName, Need, Rights, RoleDefinition, Target, Verb},
};

/// What `doctor -o json` prints.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DoctorReport {
    /// The version of this document's shape.
    pub schema_version: u32,
    /// The name of the env.
    pub env: String,
    /// The worst of the hops; one that was not looked at does not count.
    pub outcome: Condition,
    /// Every hop, in the order of a request.
    pub hops: Vec<HopReport>,
    /// What the caller may do and may not, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rights: Option<Vec<VerbReport>>,
    /// The least role that is enough, if rights were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_definition: Option<RoleDefinition>,
    /// What the exit code is.
    #[serde(skip)]
    pub exit: ExitCode,
}

/// One hop: how it is, what was seen, and what to do next.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HopReport {
    /// Which it is.
    pub hop: HopName,
    /// How it is.
    pub outcome: Condition,
    /// What was seen, the most important first.
    pub saw: Vec<String>,
    /// The next thing to do, where no finding says it.
    pub hint: Option<String>,
    /// The findings that belong to it, as `status` has them.
    pub findings: Vec<Finding>,
}

/// What a command needs that the caller may not do.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerbReport {
    /// The command, such as `relink`.
    pub command: String,
    /// What is missing for it.
    pub missing: Vec<NeedReport>,
}

/// An action that a command needs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NeedReport {
    /// The action, as roles name it.
    pub action: String,
    /// The ARM id of the resource in which it has to be allowed.
    pub scope: String,
    /// Whether it is inferred that Azure asks for it, and not known.
    pub inferred: bool,
}

impl DoctorReport {
    /// A report of these hops.
    #[must_use]
    pub fn new(env: &str, hops: Vec<Hop>) -> Self {
        let looked_at = hops.iter().map(|hop| hop.condition).filter(|it| *it != Condition::Skipped);
        Self {
            schema_version: SCHEMA_VERSION,
            env: env.to_owned(),
            outcome: looked_at.max().unwrap_or(Condition::Skipped),
            exit: hops.iter().fold(ExitCode::Success, |worst, hop| worst.worst(hop.exit)),
            hops: hops.into_iter().map(HopReport::of).collect(),
            rights: None,
            role_definition: None,
        }
    }

    /// The same with what the caller may do.
    #[must_use]
    pub fn with_rights(self, target: &Target, rights: &Rights) -> Self {
        let report = |verb: Verb| VerbReport {
            command: verb.as_str().to_owned(),
            missing: missing(verb, target, rights),
        };
        Self { rights: Some(Verb::ALL.map(report).into()), ..self }
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
    fn of(hop: Hop) -> Self {
        let Hop { name, condition, saw, hint, findings, exit: _ } = hop;
        Self { hop: name, outcome: condition, saw, hint, findings }
    }
}
