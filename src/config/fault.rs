//! Something in the file that cannot stand there, shown where it stands.

use std::{ops::Range, path::Path, path::PathBuf};

use super::{
    UnknownWord,
    place::{Lines, Place},
};
use crate::diagnosis::nearest;

/// A place in the configuration file, and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}, line {line}, column {column}: {problem}\n{excerpt}", .path.display())]
pub struct Fault {
    path: PathBuf,
    line: usize,
    column: usize,
    problem: Problem,
    excerpt: String,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    /// Not TOML, in the parser's words.
    #[error("{0}")]
    Syntax(String),
    /// Bytes that are not UTF-8.
    #[error("this is not UTF-8 text")]
    NotText,
    /// A key that nothing here reads.
    #[error("unknown key `{}`{}", .key.escape_debug(), .table.as_ref().map(|t| format!(" in `[{t}]`")).unwrap_or_default())]
    UnknownKey { key: String, table: Option<String>, known: &'static [&'static str] },
    /// A value of another type.
    #[error("`{}` has to be {expected}, and this is {actual}", .key.escape_debug())]
    WrongType { key: String, expected: &'static str, actual: &'static str },
    /// An env whose name is empty.
    #[error("an env has to have a name")]
    Nameless,
    /// An empty text in a list.
    #[error("`{key}` has an empty name")]
    EmptyElement { key: &'static str },
    /// An empty text.
    #[error("`{key}` is empty")]
    Empty { key: &'static str },
    /// A word that is none of the few.
    #[error("{0}")]
    Word(UnknownWord),
}

impl Fault {
    pub(super) fn new(path: &Path, lines: &Lines<'_>, span: &Range<usize>, problem: Problem) -> Self {
        let Place { line, column, excerpt } = lines.place(span);
        Self { path: path.to_owned(), line, column, problem, excerpt }
    }

    /// What to write instead.
    pub(super) fn hint(&self) -> Option<String> {
        match &self.problem {
            Problem::UnknownKey { key, known, .. } => Some(key_hint(key, known)),
            Problem::Word(word) => word.nearest().map(|near| format!("did you mean `{near}`?")),
            Problem::NotText => Some("save the file as UTF-8".to_owned()),
            Problem::Empty { .. } => Some("give it a value, or leave the line out".to_owned()),
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
        None => format!("the keys here are: {}", known.join(", ")),
    }
}
