//! What can go wrong with the file of a model.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{disk, top::SCHEMA_VERSION};
use crate::diagnosis::{Diagnose, Diagnosis, ExitCode};

/// A model that could not be read, locked or written. The file is whole, whatever happened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// No file is there.
    #[error("there is no model at `{}`", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A folder is there.
    #[error("`{}` is a folder, and a model is a file", path.display())]
    IsFolder {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A later version of this program has written the file.
    #[error("`{}` has schema version {found}, and this program knows {SCHEMA_VERSION}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: u64,
    },
    /// The file is no model.
    #[error("`{}` is damaged at line {line}, column {column}: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1.
        column: usize,
        /// What does not fit.
        what: String,
        /// The generation before, if it was kept.
        previous: Option<PathBuf>,
    },
    /// The file system did not do what it was asked.
    #[error("could not {doing} `{}`", path.display())]
    Io {
        /// What was asked, such as `write`.
        doing: &'static str,
        /// Of which file or folder.
        path: PathBuf,
        /// Why it was not done.
        source: io::Error,
    },
    /// Somebody else is changing the model, and did not finish in time.
    #[error("`{}` is being changed by {holder}", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
        /// Who holds the lock, and since when.
        holder: String,
    },
    /// The file, or its folder, may not be written.
    #[error("`{}` may not be written", path.display())]
    ReadOnly {
        /// What was to be written.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// A change that belongs to no transaction.
    #[error("the model was to be changed outside of a transaction")]
    NoTransaction,
}

impl ModelError {
    /// The error for a call of the file system that failed on `path`.
    pub(super) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem if doing != "read" => {
                Self::ReadOnly { path, source }
            }
            io::ErrorKind::NotFound if doing == "read" => Self::Missing { path },
            io::ErrorKind::IsADirectory if doing == "read" => Self::IsFolder { path },
            _ => Self::Io { doing, path, source },
        }
    }

    /// The error for damage at a byte of the file's text.
    pub(super) fn damaged(path: &Path, text: &[u8], offset: usize, what: impl Into<String>) -> Self {
        let before = &text[..offset.min(text.len())];
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let line = before.split(|byte| *byte == b'\n').count();
        Self::damaged_at(path, (line, before.len() - line_start + 1), what)
    }

    /// The error for damage at a line and column.
    pub(super) fn damaged_at(path: &Path, (line, column): (usize, usize), what: impl Into<String>) -> Self {
        let previous = Some(disk::sibling(path, ".previous")).filter(|previous| previous.is_file());
        Self::Damaged { path: path.to_owned(), line, column, what: what.into(), previous }
    }
}

impl Diagnose for ModelError {
    fn diagnosis(&self) -> Diagnosis {
        let usage = Diagnosis::new(ExitCode::Usage);
        let unavailable = Diagnosis::new(ExitCode::Unavailable);
        match self {
            Self::Missing { .. } => usage.hint(
                "name the model with `--model`, make one with `swa-apim model import`, or try `--sample`",
            ),
            Self::IsFolder { .. } => usage.hint("name a file in it with `--model`"),
            Self::Newer { .. } => usage.hint("update `swa-apim`; the file was left as it is"),
            Self::Damaged { path, previous: Some(previous), .. } => unavailable.hint(format!(
                "mend the file there, or go back one generation: `cp '{}' '{}'`",
                previous.display(),
                path.display()
            )),
            Self::Damaged { .. } => unavailable.hint("mend the file there; it was left as it is"),
            Self::Io { .. } => {
                unavailable.hint("the model is whole: remove the cause, then run the command again")
            }
            Self::Locked { .. } => {
                unavailable.hint("wait until that has finished, or end it, then run the command again")
            }
            Self::ReadOnly { .. } => {
                unavailable.hint("make it writable for you, or work on a copy with `--model`")
            }
            Self::NoTransaction => Diagnosis::new(ExitCode::Unexpected),
        }
    }
}

impl From<ModelError> for crate::provider::ProviderError {
    fn from(error: ModelError) -> Self {
        Self::storage(error)
    }
}
