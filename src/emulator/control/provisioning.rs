//! How a PUT of a linked backend proceeds and is answered.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, VariantNames};

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

/// The form of the answer to a PUT of a linked backend. Clients differ in which forms they accept.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Display, EnumString, VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case", parse_err_ty = UnknownChoice, parse_err_fn = unknown::<Shape>)]
pub enum Shape {
    /// 200 with the final state, as recorded.
    #[default]
    Final,
    /// 200 with `Location`.
    Location,
    /// 200 with `Azure-AsyncOperation`.
    AsyncOperation,
    /// 201 with `Azure-AsyncOperation`.
    CreatedAsyncOperation,
    /// 202 with `Azure-AsyncOperation`.
    AcceptedAsyncOperation,
    /// 202 with `Location`.
    AcceptedLocation,
    /// 200 with a state that is not terminal.
    InProgress,
}

/// The result of an operation.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Display, EnumString, VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case", parse_err_ty = UnknownChoice, parse_err_fn = unknown::<Ending>)]
pub enum Ending {
    /// It succeeds.
    #[default]
    Succeeds,
    /// It fails.
    Fails,
    /// It is canceled.
    Cancelled,
    /// It never ends.
    Never,
}

/// A word that is not a value of the switch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not one of {}{}", .known.join(", "), .nearest.map(|it| format!("; did you mean `{it}`?")).unwrap_or_default())]
pub struct UnknownChoice {
    word: String,
    known: &'static [&'static str],
    nearest: Option<&'static str>,
}

/// The error for a word that is not one of an enum.
fn unknown<T: VariantNames>(word: &str) -> UnknownChoice {
    let nearest = diagnosis::nearest(word, T::VARIANTS.iter().copied());
    UnknownChoice { word: word.to_owned(), known: T::VARIANTS, nearest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_word_leads_to_the_one_that_was_meant() {
        let error = "locaton".parse::<Shape>().unwrap_err().to_string();
        assert!(error.ends_with("did you mean `location`?"), "{error}");
        for word in Shape::VARIANTS {
            assert_eq!(word.parse::<Shape>().unwrap().to_string(), *word);
        }
    }
}
