//! Errors of a model's file.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{file::beside::sibling, text::top::SCHEMA_VERSION};
use crate::{
    diagnosis::{Cure, Diagnose, Diagnosis, ExitCode, Hint, Selection},
    files::plain_facts,
};

/// A model that could not be read, locked or written. The file is intact after any of these errors.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The file does not exist.
    #[error("the model `{}` does not exist", path.display())]
    Missing {
        /// The path of the file.
        path: PathBuf,
    },
    /// The path is a directory.
    #[error("`{}` is a directory, but a model is a file", path.display())]
    IsFolder {
        /// The path.
        path: PathBuf,
    },
    /// A later version of this program wrote the file.
    #[error("`{}` has schema version {found}; this program supports {SCHEMA_VERSION}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: u64,
    },
    /// The file is not a valid model.
    #[error("`{}` is damaged at line {line}, column {column}: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1.
        column: usize,
        /// The problem.
        what: String,
        /// The previous generation, if it was kept.
        previous: Option<PathBuf>,
    },
    /// A call of the file system failed.
    #[error("could not {doing} `{}`", path.display())]
    Io {
        /// The call, such as `write`.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The error of the file system.
        source: io::Error,
    },
    /// Another process is changing the model, and did not finish in time.
    #[error("`{}` is being changed by {holder}", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
        /// The process that holds the lock, and since when.
        holder: String,
    },
    /// A file of a model is not a regular file with exactly one name.
    #[error("`{}` cannot be used as a file of a model", path.display())]
    NotPlain {
        /// The file.
        path: PathBuf,
        /// The problem.
        source: io::Error,
    },
    /// Other users can read keys in the file.
    #[error("`{}` contains keys, but other users can read it (mode {mode:o})", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The file belongs to another user.
    #[error("`{}` belongs to another user", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The permissions do not allow the file to be read.
    #[error("no permission to read `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the file system.
        source: io::Error,
    },
    /// The permissions do not allow the file, or its directory, to be written.
    #[error("no permission to write `{}`", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// The error of the file system.
        source: io::Error,
    },
    /// A change outside a transaction.
    #[error("a change of the model outside of a transaction")]
    NoTransaction,
}

impl ModelError {
    /// Returns the error for a call of the file system that failed on `path`.
    pub(super) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        let reads = doing == "read";
        match source.kind() {
            io::ErrorKind::PermissionDenied if reads => Self::Unreadable { path, source },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { path, source }
            }
            io::ErrorKind::NotFound if reads => Self::Missing { path },
            io::ErrorKind::InvalidInput | io::ErrorKind::IsADirectory if reads && path.is_dir() => {
                Self::IsFolder { path }
            }
            io::ErrorKind::InvalidInput
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::InvalidFilename
            | io::ErrorKind::DirectoryNotEmpty => Self::NotPlain { path, source },
            _ => Self::Io { doing, path, source },
        }
    }

    /// Returns the error for a file of a model that has another name (a hard link).
    pub(super) fn several_names(path: &Path) -> Self {
        let source = io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is a hard link; the file of a model must have only one name",
        );
        Self::NotPlain { path: path.to_owned(), source }
    }

    /// Returns the error for damage at a byte of the file's text.
    pub(super) fn damaged(path: &Path, text: &[u8], offset: usize, what: impl Into<String>) -> Self {
        let before = &text[..offset.min(text.len())];
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let line = before.split(|byte| *byte == b'\n').count();
        Self::damaged_at(path, (line, before.len() - line_start + 1), what)
    }

    /// Returns the error for damage at a line and column.
    pub(super) fn damaged_at(path: &Path, (line, column): (usize, usize), what: impl Into<String>) -> Self {
        let previous =
            Some(sibling(path, ".previous")).filter(|previous| matches!(plain_facts(previous), Ok(Some(_))));
        Self::Damaged { path: path.to_owned(), line, column, what: what.into(), previous }
    }
}

impl Diagnose for ModelError {
    fn diagnosis(&self) -> Diagnosis {
        let usage = Diagnosis::new(ExitCode::Usage);
        let unavailable = Diagnosis::new(ExitCode::Unavailable);
        let damaged = Diagnosis::new(ExitCode::Unexpected);
        match self {
            Self::Missing { .. } => {
                let import = Hint::command(Cure::ImportModel(None), Selection::default());
                let sample = Hint::command(Cure::InitSample, Selection::default());
                let hint =
                    "for Azure, add `--provider arm`; name a model with `--model FILE`, create one with ";
                let hint = Hint::from(hint).then(import).then(" or ").then(sample);
                usage.hint(hint.then(", or use `--sample`"))
            }
            Self::IsFolder { .. } => usage.hint("specify a file in the directory with `--model`"),
            Self::Newer { .. } => {
                usage.hint("install the current version of `swa-apim`; the file was not changed")
            }
            Self::Damaged { path, previous: Some(previous), .. } => damaged.hint(format!(
                "correct the file at that position, or restore the previous generation: `cp '{}' '{}'`",
                previous.display(),
                path.display()
            )),
            Self::Damaged { .. } => damaged.hint("correct the file at that position; nothing was changed"),
            Self::Io { .. } => {
                unavailable.hint("the model is intact: remove the cause, then run the command again")
            }
            Self::Locked { .. } => unavailable
                .hint("wait until that process has finished, or end it, then run the command again"),
            Self::ReadOnly { .. } => usage
                .hint("get the permission to write the file and its directory, or use a copy with `--model`"),
            Self::Unreadable { .. } => {
                usage.hint("get the permission to read the file, or specify another model with `--model`")
            }
            Self::NotPlain { path, .. } => usage.hint(format!(
                "move `{}` to another place, or specify a model in another directory with `--model`; nothing \
                 was changed",
                path.display()
            )),
            Self::Exposed { path, .. } => usage.hint(format!("run `chmod 600 '{}'`", path.display())),
            Self::Foreign { path } => usage.hint(format!(
                "create a copy with `cp '{}' copy.json`, and use it with `--model copy.json`",
                path.display()
            )),
            Self::NoTransaction => Diagnosis::new(ExitCode::Unexpected),
        }
    }
}

impl From<ModelError> for crate::provider::ProviderError {
    fn from(error: ModelError) -> Self {
        Self::storage(error)
    }
}
