//! Small files that commands write: whole or not at all.

use std::{
    fs::{self, Permissions},
    io::{self, Write as _},
    path::Path,
};

use tempfile::Builder;

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

/// What the file has already, or what the user's umask makes of a new one.
fn permissions(path: &Path) -> Option<Permissions> {
    let existing = fs::metadata(path).ok().map(|metadata| metadata.permissions());
    #[cfg(unix)]
    let existing = existing.or_else(|| Some(std::os::unix::fs::PermissionsExt::from_mode(0o666)));
    existing
}
