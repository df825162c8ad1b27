//! Settings whose value is one of a few words.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr, VariantNames};

use crate::diagnosis::nearest;

/// A word that is not a valid value of a setting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not one of {}", .word.escape_debug(), listed(.known))]
pub struct UnknownWord {
    /// The word as it was specified.
    pub word: String,
    /// The valid words.
    pub known: &'static [&'static str],
}

impl UnknownWord {
    /// The valid word that is most similar, if one is similar enough.
    #[must_use]
    pub fn nearest(&self) -> Option<&'static str> {
        nearest(&self.word, self.known.iter().copied())
    }
}

/// The words in backticks, separated by commas.
pub(super) fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The error for a word that is not one of an enum.
fn unknown<T: VariantNames>(word: &str) -> UnknownWord {
    UnknownWord { word: word.to_owned(), known: T::VARIANTS }
}

/// The kind of control plane that an env is on.
#[derive(
    Clone,
    Copy,
    Debug,
    Hash,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    Display,
    EnumString,
    IntoStaticStr,
    VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[strum(ascii_case_insensitive, parse_err_ty = UnknownWord, parse_err_fn = unknown::<ProviderKind>)]
pub enum ProviderKind {
    /// A JSON model in a file.
    Json,
    /// Azure Resource Manager.
    Arm,
}

impl ProviderKind {
    /// Who creates the parts of a link, unless the configuration specifies it.
    #[must_use]
    pub fn provisioning(self) -> Provisioning {
        match self {
            Self::Json => Provisioning::Engine,
            Self::Arm => Provisioning::Service,
        }
    }

    /// The word of this kind.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Who creates the product, the subscription and the policy of a link.
#[derive(
    Clone,
    Copy,
    Debug,
    Hash,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    Display,
    EnumString,
    IntoStaticStr,
    VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[strum(ascii_case_insensitive, parse_err_ty = UnknownWord, parse_err_fn = unknown::<Provisioning>)]
pub enum Provisioning {
    /// This program, resource by resource.
    Engine,
    /// The control plane, when the site is linked.
    Service,
}

impl Provisioning {
    /// The word of this value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// An Azure cloud, with the name that `az cloud list` prints.
#[derive(
    Clone,
    Copy,
    Debug,
    Hash,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    Display,
    EnumString,
    IntoStaticStr,
    VariantNames,
)]
#[strum(ascii_case_insensitive, parse_err_ty = UnknownWord, parse_err_fn = unknown::<Cloud>)]
pub enum Cloud {
    /// The public cloud.
    AzureCloud,
    /// Azure in China.
    AzureChinaCloud,
    /// Azure for the government of the United States.
    AzureUSGovernment,
}

impl Cloud {
    /// The name of this cloud.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back_as_what_it_stands_for() {
        for word in ProviderKind::VARIANTS {
            assert_eq!(word.parse::<ProviderKind>().unwrap().to_string(), *word);
        }
        for word in Provisioning::VARIANTS {
            assert_eq!(word.parse::<Provisioning>().unwrap().to_string(), *word);
        }
        for word in Cloud::VARIANTS {
            assert_eq!(word.parse::<Cloud>().unwrap().to_string(), *word);
        }
    }

    #[test]
    fn a_word_that_is_not_known_names_those_that_are() {
        let error = "jsn".parse::<ProviderKind>().unwrap_err();
        assert_eq!(error.to_string(), "`jsn` is not one of `json`, `arm`");
        assert_eq!(error.nearest(), Some("json"));
        assert_eq!("azureusgovernment".parse(), Ok(Cloud::AzureUSGovernment));
    }

    #[test]
    fn a_model_leaves_the_pieces_to_the_engine_and_azure_makes_them_itself() {
        assert_eq!(ProviderKind::Json.provisioning(), Provisioning::Engine);
        assert_eq!(ProviderKind::Arm.provisioning(), Provisioning::Service);
    }
}
