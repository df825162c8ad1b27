//! How a PUT of a linked backend proceeds and is answered.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::diagnosis;

/// How a PUT of a linked backend behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::emulator) struct Linking {
    /// Whether it creates product, subscription and policy.
    pub(in crate::emulator) provisions: bool,
    /// How its operation proceeds.
    pub(in crate::emulator) provisioning: LinkProvisioning,
}

impl Default for Linking {
    fn default() -> Self {
        Self { provisions: true, provisioning: LinkProvisioning::default() }
    }
}

/// How the operation that connects a backend proceeds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LinkProvisioning {
    /// The form of its answer.
    pub shape: Shape,
    /// Its duration, in milliseconds.
    pub takes_ms: u64,
    /// Its result.
    pub ending: Ending,
}

/// Defines an enum of plain words, as they appear in JSON and on the command line.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$of])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// All words of the enum.
            pub const WORDS: &'static [&'static str] = &[$($word),*];
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $word,)* })
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                match word {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(UnknownWord::new(word, Self::WORDS)),
                }
            }
        }
    )*};
}

words! {
    /// The form of the answer to a PUT of a linked backend. Clients differ in which forms they accept.
    Shape {
        /// 200 with the final state, as recorded.
        #[default]
        Final = "final",
        /// 200 with `Location`.
        Location = "location",
        /// 200 with `Azure-AsyncOperation`.
        AsyncOperation = "async-operation",
        /// 201 with `Azure-AsyncOperation`.
        CreatedAsyncOperation = "created-async-operation",
        /// 202 with `Azure-AsyncOperation`.
        AcceptedAsyncOperation = "accepted-async-operation",
        /// 202 with `Location`.
        AcceptedLocation = "accepted-location",
        /// 200 with a state that is not terminal.
        InProgress = "in-progress",
    }

    /// The result of an operation.
    Ending {
        /// It succeeds.
        #[default]
        Succeeds = "succeeds",
        /// It fails.
        Fails = "fails",
        /// It is canceled.
        Cancelled = "cancelled",
        /// It never ends.
        Never = "never",
    }
}

/// A word that is not a value of the switch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not one of {}{}", .known.join(", "), .nearest.map(|it| format!("; did you mean `{it}`?")).unwrap_or_default())]
pub struct UnknownWord {
    word: String,
    known: &'static [&'static str],
    nearest: Option<&'static str>,
}

impl UnknownWord {
    fn new(word: &str, known: &'static [&'static str]) -> Self {
        Self { word: word.to_owned(), known, nearest: diagnosis::nearest(word, known.iter().copied()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_word_leads_to_the_one_that_was_meant() {
        let error = "locaton".parse::<Shape>().unwrap_err().to_string();
        assert!(error.ends_with("did you mean `location`?"), "{error}");
        for word in Shape::WORDS {
            assert_eq!(word.parse::<Shape>().unwrap().to_string(), *word);
        }
    }
}
