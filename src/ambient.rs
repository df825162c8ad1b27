//! What the outside world decides for us: the time and chance.

use std::fmt::Debug;

use jiff::Timestamp;
use uuid::Uuid;

/// The source of time and of unguessable ids. Tests bring their own.
pub trait Ambient: Debug + Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
    /// An id that nobody can guess.
    fn unguessable(&self) -> Uuid;
}

/// The operating system's clock and random numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Ambient for System {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that asks chance")]
    fn unguessable(&self) -> Uuid {
        Uuid::new_v4()
    }
}
