//! The text form of findings.

use std::fmt::Write as _;

use super::style::Style;
use crate::report::{FindingReport, one_line};

/// Returns each finding with its values and its hint.
pub(super) fn findings(findings: &[FindingReport], style: Style) -> String {
    let mut text = String::new();
    if findings.is_empty() {
        return text;
    }
    text.push('\n');
    for finding in findings {
        let message = one_line(&finding.message);
        let _ = writeln!(text, "{} {}: {message}", finding.code, finding.severity);
        if let (Some(field), Some(expected), Some(actual)) =
            (&finding.field, &finding.expected, &finding.actual)
        {
            let [field, actual, expected] = [field, actual, expected].map(|text| one_line(text));
            let _ = writeln!(text, "  {field}: {actual}, expected {expected}");
        }
        let _ = writeln!(text, "  {} {}", style.arrow(), one_line(&finding.hint));
    }
    text
}
