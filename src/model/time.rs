//! Times as Azure writes them.

use jiff::Timestamp;

/// Parses a time as Azure writes it: in UTC, with or without a trailing `Z`.
pub(super) fn azure_time(text: &str) -> Option<Timestamp> {
    text.parse().or_else(|_| format!("{text}Z").parse()).ok()
}
