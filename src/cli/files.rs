//! Files that commands write.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use tempfile::Builder;

use super::session::{Context, UsageError};
use crate::files;

/// As [`write_result`], but never over a file that the command works with.
///
/// # Errors
///
/// As [`write_result`], and if the file is one of those.
pub(crate) async fn write_beside(cx: &Context, path: &Path, text: &str) -> anyhow::Result<()> {
    cx.check_result_file(path)?;
    write_result(path, text).await
}

/// Writes a result where the user wants it.
///
/// # Errors
///
/// A usage error with the next step, if the file cannot be written. A pipe without a reader is no failure.
pub(crate) async fn write_result(path: &Path, text: &str) -> anyhow::Result<()> {
    files::write(path, text).await.map_err(|error| {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return error.into();
        }
        UsageError::new(format!("could not write `{}`: {error}", path.display()))
            .hint("name a file in a folder that exists and that you may write to, or `-` for standard output")
            .into()
    })
}

/// Writes a new file among the temporary ones, for another program to read after this one has ended.
pub(crate) fn keep_temporary(name: &str, extension: &str, text: &str) -> anyhow::Result<PathBuf> {
    let (prefix, suffix) = (format!("swa-apim-{name}-"), format!(".{extension}"));
    let mut file = Builder::new().prefix(&prefix).suffix(&suffix).tempfile()?;
    file.write_all(text.as_bytes())?;
    let (_, path) = file.keep()?;
    Ok(path)
}
