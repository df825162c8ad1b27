//! A finding: a problem of one resource, and what to do about it.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Effect, FindingCode, Severity};
use crate::diagnosis::Hint;

/// A difference between a link and its configuration, or a fact that a user should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
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
    pub hint: Hint,
    /// The last change that may have caused it, from the activity log; absent if the log was not read or has none.
    pub last_change: Option<LastChange>,
}

/// A change that the activity log has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LastChange {
    /// When it was requested, in UTC.
    pub time: String,
    /// The name of the user, or the id of the application; `null` if the log has none.
    pub caller: Option<String>,
    /// The operation in words.
    pub summary: String,
}

impl fmt::Display for LastChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { time, caller, summary } = self;
        let caller = caller.as_deref().unwrap_or("an unknown caller");
        write!(f, "{} UTC, {caller} {summary}", time.trim_end_matches('Z').replace('T', " "))
    }
}

impl Finding {
    /// Returns a finding about a resource, with the default message and hint of its code.
    pub(crate) fn new(code: FindingCode, resource: impl fmt::Display) -> Self {
        Self {
            code,
            severity: code.severity(),
            resource: Some(resource.to_string()),
            field: None,
            expected: None,
            actual: None,
            message: code.title().to_owned(),
            hint: clause(code.cure()).into(),
            last_change: None,
        }
    }

    /// Whether `link` and `relink` change something because of it.
    #[must_use]
    pub fn is_mended(&self) -> bool {
        self.code.effect() == Effect::Mended && self.severity > Severity::Note
    }

    #[expect(clippy::needless_pass_by_value, reason = "the many callers read better without `&`")]
    pub(crate) fn field(self, field: &str, expected: impl ToString, actual: impl ToString) -> Self {
        let (expected, actual) = (Some(expected.to_string()), Some(actual.to_string()));
        Self { field: Some(field.to_owned()), expected, actual, ..self }
    }

    pub(crate) fn severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    pub(crate) fn message(self, message: impl Into<String>) -> Self {
        Self { message: message.into(), ..self }
    }

    pub(crate) fn hint(self, hint: impl Into<Hint>) -> Self {
        Self { hint: hint.into(), ..self }
    }
}

/// Returns a sentence in the form that follows `hint:`.
fn clause(sentence: &str) -> String {
    let sentence = sentence.trim_end_matches('.');
    let mut rest = sentence.chars();
    rest.next().map_or_else(String::new, |first| first.to_lowercase().chain(rest).collect())
}
