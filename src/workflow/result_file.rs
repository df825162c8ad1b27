//! Files that results are written to.

use std::{io, path::Path};

use super::error::UsageError;
use crate::files;

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
