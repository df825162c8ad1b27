//! Files in the temporary directory.

use std::{
    io::{self, Write as _},
    path::PathBuf,
};

use tempfile::Builder;

/// Writes a new file in the temporary directory, for another program to read after this one has ended.
///
/// # Errors
///
/// If it cannot be written.
pub fn keep_temporary(name: &str, extension: &str, text: &str) -> io::Result<PathBuf> {
    let (prefix, suffix) = (format!("swa-apim-{name}-"), format!(".{extension}"));
    let mut file = Builder::new().prefix(&prefix).suffix(&suffix).tempfile()?;
    file.write_all(text.as_bytes())?;
    let (_, path) = file.keep().map_err(|error| error.error)?;
    Ok(path)
}
