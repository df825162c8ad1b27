//! Waits that the switches ask for.

use std::time::Duration;

use tokio::time::sleep;

/// Waits, where there is something to wait for: a timer would take a millisecond for nothing.
pub(super) async fn pause(milliseconds: u64) {
    if milliseconds > 0 {
        sleep(Duration::from_millis(milliseconds)).await;
    }
}
