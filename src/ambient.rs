//! The inputs from outside the program: the time, random numbers and environment variables.
#![warn(clippy::arithmetic_side_effects)]

use std::{fmt::Debug, path::PathBuf, time::SystemTime};

use jiff::Timestamp;
use ring::rand::{SecureRandom as _, SystemRandom};
use uuid::{Builder, Uuid};

/// The source of the time and of unguessable ids. Tests implement their own.
pub trait Ambient: Debug + Send + Sync {
    /// Returns the current time.
    fn now(&self) -> Timestamp;
    /// Returns an id that cannot be guessed.
    fn unguessable(&self) -> Uuid;

    /// Returns a random number from 0 up to, but not including, 1.
    fn chance(&self) -> f64 {
        let (high, _) = self.unguessable().as_u64_pair();
        // The upper 32 bits of a random UUID are random and fit in an `f64`.
        f64::from(u32::try_from(high >> 32).unwrap_or_default()) / (f64::from(u32::MAX) + 1.0)
    }
}

/// The operating system's clock and random numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Ambient for System {
    /// A clock outside the range of `Timestamp` is reported as the first or the last timestamp.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the clock")]
    fn now(&self) -> Timestamp {
        of_clock(SystemTime::now())
    }

    /// Uses the source of random numbers that [`has_chance`] has checked. `Uuid::new_v4` panics in a static binary
    /// where `/dev/urandom` does not exist, for example in a root directory that contains nothing else.
    fn unguessable(&self) -> Uuid {
        let mut bytes = [0; 16];
        SystemRandom::new().fill(&mut bytes).expect("a command begins with `has_chance`");
        Builder::from_random_bytes(bytes).into_uuid()
    }
}

fn of_clock(time: SystemTime) -> Timestamp {
    let out_of_range = if time < SystemTime::UNIX_EPOCH { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::try_from(time).unwrap_or(out_of_range)
}

/// Whether the operating system provides random numbers.
#[must_use]
pub fn has_chance() -> bool {
    SystemRandom::new().fill(&mut [0; 16]).is_ok()
}

/// Returns the names of the environment variables that begin with a prefix and are not empty, sorted.
#[must_use]
pub fn variables_with(prefix: &str) -> Vec<String> {
    let set = std::env::vars_os().filter(|(_, value)| !value.is_empty());
    let names = set.filter_map(|(name, _)| name.into_string().ok());
    let mut names: Vec<String> = names.filter(|name| name.starts_with(prefix)).collect();
    names.sort();
    names
}

/// Whether an environment variable is set to an empty value.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn is_set_and_empty(name: &str) -> bool {
    !name.is_empty() && std::env::var_os(name).is_some_and(|value| value.is_empty())
}

/// Whether an environment variable is set to a value that is not UTF-8 text.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn is_not_text(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| value.to_str().is_none())
}

/// Returns the value of an environment variable, if it is set and not empty. Bytes that are not UTF-8 text are replaced,
/// so that the reader of the value refuses it.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn variable(name: &str) -> Option<String> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
    Some(value.to_string_lossy().into_owned())
}

/// Returns the directory that an environment variable names, if it is set and not empty.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn directory(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_clock_that_is_far_off_shows_the_nearest_date() {
        let century = Duration::from_secs(100 * 365 * 24 * 60 * 60);
        let before = SystemTime::UNIX_EPOCH.checked_sub(century).unwrap();
        assert!(of_clock(before) < Timestamp::UNIX_EPOCH);
        if let Some(after) = SystemTime::UNIX_EPOCH.checked_add(century * 200) {
            assert_eq!(of_clock(after), Timestamp::MAX);
        }
        assert!(has_chance());
    }
}
