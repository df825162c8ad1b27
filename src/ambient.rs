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

    /// A number from 0 up to 1, by chance.
    fn chance(&self) -> f64 {
        let (high, _) = self.unguessable().as_u64_pair();
        // The upper 32 bits of a random UUID are random, and fit into a double.
        f64::from(u32::try_from(high >> 32).unwrap_or_default()) / (f64::from(u32::MAX) + 1.0)
    }
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

/// A variable of the environment, if it is set to something.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
