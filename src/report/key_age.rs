//! The age of a link's keys, as reports contain it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::engine::KeyAge;

/// The age of the older one of a subscription's two keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KeyAgeReport {
    /// How the time limits the creation of the key.
    pub created: KeyCreation,
    /// The time, in UTC.
    pub time: String,
}

/// How a time limits the creation of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeyCreation {
    /// The key was created at this time.
    At,
    /// The key was created at this time or later.
    NotBefore,
    /// The key was created before this time.
    Before,
}

impl KeyAgeReport {
    /// Returns the report of an age; `None` if nothing is known.
    #[must_use]
    pub fn of(age: KeyAge) -> Option<Self> {
        let (created, time) = match age {
            KeyAge::Since(time) => (KeyCreation::At, time),
            KeyAge::NotBefore(time) => (KeyCreation::NotBefore, time),
            KeyAge::Before(time) => (KeyCreation::Before, time),
            KeyAge::Unknown => return None,
        };
        Some(Self { created, time: format!("{time:.0}") })
    }
}
