//! Findings and ways to undo a change, as reports contain them: with their commands written out.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    diagnosis::Render,
    engine::{Finding, FindingCode, LastChange, Severity, Undo},
};

/// A difference between a link and its configuration, or a fact that a user should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
pub struct FindingReport {
    /// The stable code; `swa-apim explain CODE` explains it.
    pub code: FindingCode,
    /// The severity in this case.
    pub severity: Severity,
    /// The ARM id of the resource.
    pub resource: Option<String>,
    /// The path of the field in the resource, with dots.
    pub field: Option<String>,
    /// The expected value.
    pub expected: Option<String>,
    /// The actual value.
    pub actual: Option<String>,
    /// The problem, with the names of the resources.
    pub message: String,
    /// The next command or action.
    pub hint: String,
    /// The last change that may have caused it, from the activity log; absent if the log was not read or has none.
    #[serde(rename = "lastChange", skip_serializing_if = "Option::is_none")]
    pub last_change: Option<LastChange>,
}

impl FindingReport {
    /// Returns the reports of findings, with their commands as `render` writes them.
    #[must_use]
    pub fn of_all(findings: &[Finding], render: Render) -> Vec<Self> {
        findings.iter().map(|finding| Self::of(finding, render)).collect()
    }

    fn of(finding: &Finding, render: Render) -> Self {
        let Finding { code, severity, resource, field, expected, actual, message, hint, last_change } =
            finding.clone();
        let hint = hint.text(render);
        Self { code, severity, resource, field, expected, actual, message, hint, last_change }
    }
}

/// How to undo a change, or why it cannot be undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Undo")]
#[serde(untagged)]
pub enum UndoReport {
    /// A command undoes the change.
    By {
        /// The command line.
        command: String,
        /// What the command does not restore.
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// No command undoes the change.
    Impossible {
        /// The reason.
        impossible: String,
    },
}

impl UndoReport {
    /// Returns the report, with its command as `render` writes it.
    #[must_use]
    pub fn of(undo: &Undo, render: Render) -> Self {
        match undo {
            Undo::By { cure, on, note } => {
                Self::By { command: render(cure, on), note: note.as_ref().map(|note| note.text(render)) }
            }
            Undo::Impossible(why) => Self::Impossible { impossible: why.clone() },
        }
    }
}
