//! Any bytes as a saved plan.

use super::plan_file;

/// Reads bytes as a saved plan.
///
/// # Panics
///
/// If a plan that is read is not the same when it is written and read again.
pub fn plan(bytes: &[u8]) {
    plan_file::fuzz(bytes);
}
