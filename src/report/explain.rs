//! What `explain` and `--version` print.

use schemars::JsonSchema;
use serde::Serialize;

use crate::engine::{FindingCode, Severity};

/// The document that `explain -o json` prints.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExplainReport {
    /// The version of this document's schema.
    pub schema_version: u32,
    /// The requested explanations, or all of them.
    pub entries: Vec<Explained>,
}

/// An explanation.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Explained {
    /// A finding of `status`.
    Finding {
        /// The code.
        code: FindingCode,
        /// The severity.
        severity: Severity,
        /// The finding in a line.
        title: String,
        /// The meaning, in a paragraph.
        meaning: String,
        /// The remedy, in a paragraph.
        cure: String,
    },
    /// An exit code.
    ExitCode {
        /// The number.
        code: u8,
        /// The meaning, in a line.
        meaning: String,
        /// The remedy, in a sentence.
        cure: String,
    },
    /// A message of Azure, of its gateway or of a tool.
    Message {
        /// The words of the message; the first entry is the most usual form.
        words: Vec<String>,
        /// Who reports it.
        said_by: String,
        /// The cause, in a paragraph.
        cause: String,
        /// The remedy, in a paragraph.
        cure: String,
        /// The findings with which `status` may report it.
        findings: Vec<FindingCode>,
    },
}

/// The document that `--version -o json` prints.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionReport {
    /// The version of this document's schema.
    pub schema_version: u32,
    /// The version of the program.
    pub version: String,
    /// The commit that the program was built from; null if the build does not know it.
    pub commit: Option<String>,
    /// The target that the program was built for, as `rustc` names it.
    pub target: String,
    /// The optional parts that the program was built with.
    pub features: Vec<String>,
}
