//! Delays that the switches configure.

use std::time::Duration;

use tokio::time::sleep;

/// Sleeps, unless the delay is zero: even then a timer would take a millisecond.
pub(super) async fn pause(milliseconds: u64) {
    if milliseconds > 0 {
        sleep(Duration::from_millis(milliseconds)).await;
    }
}
