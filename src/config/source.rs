//! Where a value is from.

use std::{fmt, path::Path, sync::Arc};

/// The layer that a value is from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A flag, with its dashes.
    Flag(&'static str),
    /// An environment variable.
    Variable(&'static str),
    /// A line of the configuration file.
    File {
        /// The file, in its shortest form relative to the working directory.
        path: Arc<Path>,
        /// The line, counted from 1.
        line: usize,
    },
    /// The program's default.
    Default,
    /// The built-in sample.
    Sample,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "`{flag}`"),
            Self::Variable(name) => write!(f, "the environment variable {name}"),
            Self::File { path, line } => write!(f, "{}, line {line}", path.display()),
            Self::Default => f.write_str("the default"),
            Self::Sample => f.write_str("the sample"),
        }
    }
}

/// A value, and where it is from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Where it is from.
    pub source: Source,
}

impl<T> Sourced<T> {
    /// A value from `source`.
    pub fn new(value: T, source: Source) -> Self {
        Self { value, source }
    }

    /// A default value.
    pub fn default(value: T) -> Self {
        Self::new(value, Source::Default)
    }

    /// Another value from the same source.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Sourced<U> {
        Sourced { value: change(self.value), source: self.source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_named_as_its_author_knows_it() {
        let file = Source::File { path: Path::new("swa-apim.toml").into(), line: 4 };
        for (source, text) in [
            (Source::Flag("--apim"), "`--apim`"),
            (Source::Variable("SWA_APIM_APIM"), "the environment variable SWA_APIM_APIM"),
            (file, "swa-apim.toml, line 4"),
            (Source::Default, "the default"),
            (Source::Sample, "the sample"),
        ] {
            assert_eq!(source.to_string(), text);
        }
    }
}
