//! Small files that commands write: whole or not at all.

use std::{
    fs::{self, Permissions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use tempfile::Builder;

use super::context::UsageError;

/// Writes a file beside its place and moves it there, over what is there.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Of a folder that is not there, tempfile would tell the name of a file that nobody asked for.
    fs::metadata(folder)?;
    let mut builder = Builder::new();
    builder.prefix(".swa-apim");
    if let Some(permissions) = permissions(path) {
        builder.permissions(permissions);
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Writes a result where the user wants it.
///
/// # Errors
///
/// A usage error that says what to do, if the file cannot be written.
pub(super) fn write_result(path: &Path, text: &str) -> anyhow::Result<()> {
    replace(path, text).map_err(|error| {
        UsageError::new(format!("could not write `{}`: {error}", path.display()))
            .hint("name a file in a folder that is there and that you may write to")
            .into()
    })
}

/// Writes a new file among the temporary ones, for another program to read after this one has ended.
pub(super) fn keep_temporary(name: &str, extension: &str, text: &str) -> anyhow::Result<PathBuf> {
    let (prefix, suffix) = (format!("swa-apim-{name}-"), format!(".{extension}"));
    let mut file = Builder::new().prefix(&prefix).suffix(&suffix).tempfile()?;
    file.write_all(text.as_bytes())?;
    let (_, path) = file.keep()?;
    Ok(path)
}

/// What the file has already, or what the user's umask makes of a new one.
fn permissions(path: &Path) -> Option<Permissions> {
    let existing = fs::metadata(path).ok().map(|metadata| metadata.permissions());
    #[cfg(unix)]
    let existing = existing.or_else(|| Some(std::os::unix::fs::PermissionsExt::from_mode(0o666)));
    existing
}
