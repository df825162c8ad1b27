//! The names of the emulator's `sync`, over loom.

use std::{cell::Cell, time::Duration};

pub(crate) use loom::sync::{Arc, Mutex, MutexGuard};
pub(crate) use std::sync::PoisonError;

thread_local! {
    /// The time of a scene, all threads of which loom runs within one thread of the system.
    static NOW: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// A moment of a scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(Duration);

impl Instant {
    pub(crate) fn now() -> Self {
        Self(NOW.get())
    }

    /// A time of the scene.
    pub(crate) fn at(time: Duration) -> Self {
        Self(time)
    }

    /// Sets the time.
    pub(crate) fn set(now: Duration) {
        NOW.set(now);
    }

    pub(crate) fn duration_since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    pub(crate) fn elapsed(self) -> Duration {
        Self::now().duration_since(self)
    }
}
