//! Where the configuration file is.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use directories::ProjectDirs;

use super::{ConfigError, FILE_NAME, Sourced};

/// A file that was found and read.
#[derive(Debug)]
pub(super) struct Found {
    /// The file.
    pub(super) path: PathBuf,
    /// What messages call it: relative to the working directory if it is below that.
    pub(super) shown: PathBuf,
    pub(super) bytes: Vec<u8>,
}

/// The directories that the platform keeps for this program and its user.
pub(super) fn directories() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "swa-apim")
}

/// Reads the file that was named, or the nearest one upward from `cwd`, or the one in `user_directory`.
pub(super) fn find(
    named: Option<&Sourced<PathBuf>>,
    cwd: &Path,
    user_directory: Option<&Path>,
) -> Result<Option<Found>, ConfigError> {
    if let Some(named) = named {
        return read_named(named, cwd).map(Some);
    }
    let mut candidates = cwd.ancestors().chain(user_directory).map(|directory| directory.join(FILE_NAME));
    let Some(path) = candidates.find(|path| path.is_file()) else { return Ok(None) };
    let shown = path.strip_prefix(cwd).unwrap_or(&path).to_owned();
    match fs::read(&path) {
        Ok(bytes) => Ok(Some(Found { path, shown, bytes })),
        Err(cause) => Err(ConfigError::Unreadable { path: shown, cause }),
    }
}

fn read_named(named: &Sourced<PathBuf>, cwd: &Path) -> Result<Found, ConfigError> {
    let (path, shown) = (cwd.join(&named.value), named.value.clone());
    match fs::read(&path) {
        Ok(bytes) => Ok(Found { path, shown, bytes }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(ConfigError::NoSuchFile { path: shown, asked: named.source.clone() })
        }
        Err(cause) => Err(ConfigError::Unreadable { path: shown, cause }),
    }
}
