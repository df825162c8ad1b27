//! A mistake in the configuration file, shown with its location.

use std::{ops::Range, path::Path, path::PathBuf};

use super::{
    UnknownWord,
    place::{Lines, TextPlace},
};
use crate::diagnosis::nearest;

/// A location in the configuration file, and the mistake there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}, line {line}, column {column}: {problem}\n{excerpt}", .path.display())]
pub struct ConfigFault {
    path: PathBuf,
    line: usize,
    column: usize,
    problem: Problem,
    excerpt: String,
}

/// The kind of mistake.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    /// The text is not TOML; the message is the parser's.
    #[error("{0}")]
    Syntax(String),
    /// The bytes are not UTF-8.
    #[error("the file is not UTF-8 text")]
    NotText,
    /// The key is unknown.
    #[error("unknown key `{}`{}", .key.escape_debug(), .table.as_ref().map(|t| format!(" in `[{t}]`")).unwrap_or_default())]
    UnknownKey { key: String, table: Option<String>, known: &'static [&'static str] },
    /// The value has another type.
    #[error("`{}` must be {expected}, but is {actual}", .key.escape_debug())]
    WrongType { key: String, expected: &'static str, actual: &'static str },
    /// The name of an env is empty.
    #[error("the name of an env is empty")]
    Nameless,
    /// A list has an empty string.
    #[error("`{key}` contains an empty name")]
    EmptyElement { key: &'static str },
    /// The string is empty.
    #[error("`{key}` is empty")]
    Empty { key: &'static str },
    /// The word is not one of the valid values.
    #[error("{0}")]
    Word(UnknownWord),
}

impl ConfigFault {
    pub(super) fn new(path: &Path, lines: &Lines<'_>, span: &Range<usize>, problem: Problem) -> Self {
        let TextPlace { line, column, excerpt } = lines.place(span);
        Self { path: path.to_owned(), line, column, problem, excerpt }
    }

    /// A hint about the correct value.
    pub(super) fn hint(&self) -> Option<String> {
        match &self.problem {
            Problem::UnknownKey { key, known, .. } => Some(key_hint(key, known)),
            Problem::Word(word) => word.nearest().map(|near| format!("did you mean `{near}`?")),
            Problem::NotText => Some("save the file as UTF-8".to_owned()),
            Problem::Empty { .. } => Some("specify a value, or remove the line".to_owned()),
            Problem::Syntax(_)
            | Problem::WrongType { .. }
            | Problem::Nameless
            | Problem::EmptyElement { .. } => None,
        }
    }
}

fn key_hint(key: &str, known: &[&str]) -> String {
    match nearest(key, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the known keys are: {}", known.join(", ")),
    }
}
