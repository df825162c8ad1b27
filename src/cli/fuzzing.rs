//! Reads any bytes as a saved plan.

use crate::workflow::saved;

/// Reads bytes as a saved plan.
///
/// # Panics
///
/// If a plan that can be read differs after it is written and read again.
pub fn plan(bytes: &[u8]) {
    saved::fuzz(bytes);
}
