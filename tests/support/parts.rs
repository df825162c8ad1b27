//! One property on several processors.

use std::thread;

/// Runs a property on two threads at once, each with all of the cases that it is configured for.
pub(crate) fn twice_at_once(property: fn()) {
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(property);
        }
    });
}
