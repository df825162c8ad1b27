//! Any bytes as a saved plan.

use crate::workflow::saved;

/// Reads bytes as a saved plan.
///
/// # Panics
///
/// If a plan that is read is not the same when it is written and read again.
pub fn plan(bytes: &[u8]) {
    saved::fuzz(bytes);
}
