//! Files that commands write.

use std::{io::Write as _, path::PathBuf};

use tempfile::Builder;

/// Writes a new file in the temporary directory, for another program to read after this one has ended.
pub(crate) fn keep_temporary(name: &str, extension: &str, text: &str) -> anyhow::Result<PathBuf> {
    let (prefix, suffix) = (format!("swa-apim-{name}-"), format!(".{extension}"));
    let mut file = Builder::new().prefix(&prefix).suffix(&suffix).tempfile()?;
    file.write_all(text.as_bytes())?;
    let (_, path) = file.keep()?;
    Ok(path)
}
