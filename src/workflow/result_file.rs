//! Files that results are written to.

use std::{io, path::Path};

use super::{error::UsageError, workspace::Workspace};
use crate::files;

/// As [`write_result`], but never over a file that the use case works with.
///
/// # Errors
///
/// As [`write_result`], and if the file is one of those.
pub async fn write_beside(work: &Workspace, path: &Path, text: &str) -> anyhow::Result<()> {
    work.check_result_file(path)?;
    write_result(path, text).await
}

/// Writes a result where the user wants it.
///
/// # Errors
///
/// A usage error with the next step, if the file cannot be written. A pipe without a reader is no failure.
pub async fn write_result(path: &Path, text: &str) -> anyhow::Result<()> {
    files::write(path, text).await.map_err(|error| {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return error.into();
        }
        UsageError::new(format!("could not write `{}`: {error}", path.display()))
            .hint("name a file in a folder that exists and that you may write to, or `-` for standard output")
            .into()
    })
}
