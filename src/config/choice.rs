//! Settings whose value is one of a few words.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

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

fn choose<T: Copy>(word: &str, words: &'static [&'static str], values: &[T]) -> Result<T, UnknownWord> {
    let mut pairs = words.iter().zip(values);
    let found = pairs.find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, value)| *value);
    found.ok_or_else(|| UnknownWord { word: word.to_owned(), known: words })
}

/// The kind of control plane that an env is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProviderKind {
    /// A JSON model in a file.
    Json,
    /// Azure Resource Manager.
    Arm,
}

impl ProviderKind {
    /// The words of all kinds.
    pub const WORDS: &[&str] = &["json", "arm"];

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
        match self {
            Self::Json => "json",
            Self::Arm => "arm",
        }
    }
}

impl FromStr for ProviderKind {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        choose(word, Self::WORDS, &[Self::Json, Self::Arm])
    }
}

impl fmt::Display for ProviderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who creates the product, the subscription and the policy of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provisioning {
    /// This program, resource by resource.
    Engine,
    /// The control plane, when the site is linked.
    Service,
}

impl Provisioning {
    /// The words of all values.
    pub const WORDS: &[&str] = &["engine", "service"];

    /// The word of this value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Engine => "engine",
            Self::Service => "service",
        }
    }
}

impl FromStr for Provisioning {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        choose(word, Self::WORDS, &[Self::Engine, Self::Service])
    }
}

impl fmt::Display for Provisioning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An Azure cloud, with the name that `az cloud list` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cloud {
    /// The public cloud.
    AzureCloud,
    /// Azure in China.
    AzureChinaCloud,
    /// Azure for the government of the United States.
    AzureUSGovernment,
}

impl Cloud {
    /// The names of all clouds.
    pub const WORDS: &[&str] = &["AzureCloud", "AzureChinaCloud", "AzureUSGovernment"];

    /// The name of this cloud.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AzureCloud => "AzureCloud",
            Self::AzureChinaCloud => "AzureChinaCloud",
            Self::AzureUSGovernment => "AzureUSGovernment",
        }
    }
}

impl FromStr for Cloud {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        choose(word, Self::WORDS, &[Self::AzureCloud, Self::AzureChinaCloud, Self::AzureUSGovernment])
    }
}

impl fmt::Display for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back_as_what_it_stands_for() {
        for word in ProviderKind::WORDS {
            assert_eq!(word.parse::<ProviderKind>().unwrap().to_string(), *word);
        }
        for word in Provisioning::WORDS {
            assert_eq!(word.parse::<Provisioning>().unwrap().to_string(), *word);
        }
        for word in Cloud::WORDS {
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
