//! Finds the configuration file.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use directories::ProjectDirs;

use super::{ConfigError, FILE_NAME, Sourced};

/// A file that was found and read.
#[derive(Debug)]
pub(super) struct Found {
    /// The file.
    pub(super) path: PathBuf,
    /// The name of the file in messages: relative to the working directory if the file is below it.
    pub(super) shown: PathBuf,
    pub(super) by: FoundBy,
    pub(super) bytes: Vec<u8>,
}

/// How a file was found, which decides how much it is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FoundBy {
    /// The user specified it, or it is in the user's own configuration directory.
    User,
    /// It is in the working directory or above, where another user may have created it.
    Walking,
}

/// The platform's directories for this program and this user.
pub(super) fn directories() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "swa-apim")
}

/// Reads the file that was specified, or the nearest one upward from `cwd`, or the one in `user_directory`.
pub(super) fn find(
    named: Option<&Sourced<PathBuf>>,
    cwd: &Path,
    user_directory: Option<&Path>,
) -> Result<Option<Found>, ConfigError> {
    if let Some(named) = named {
        return read_named(named, cwd).map(Some);
    }
    let mut directories = cwd.ancestors().chain(user_directory);
    let Some(directory) = directories.find(|directory| directory.join(FILE_NAME).is_file()) else {
        return Ok(None);
    };
    let path = directory.join(FILE_NAME);
    let by = if Some(directory) == user_directory { FoundBy::User } else { FoundBy::Walking };
    let shown = path.strip_prefix(cwd).unwrap_or(&path).to_owned();
    match read_own(&path, by) {
        Ok(Read::Own(bytes)) => Ok(Some(Found { path, shown, by, bytes })),
        Ok(Read::Foreign(owner)) => Err(ConfigError::ForeignFile { path: shown, owner }),
        Err(cause) => Err(ConfigError::Unreadable { path: shown, cause }),
    }
}

/// The result of reading a file that was found.
enum Read {
    Own(Vec<u8>),
    /// The file, or a link to it, belongs to another user.
    Foreign(u32),
}

/// Reads a file. A file that was found by searching upward must belong to the caller or to root, as git requires of a
/// repository: in a directory that other users can write to, another user may have created it. The directory itself may
/// belong to any user, as the working directories of container jobs do: the trust depends on the owner of the file
/// only.
fn read_own(path: &Path, by: FoundBy) -> io::Result<Read> {
    let mut file = File::open(path)?;
    if by == FoundBy::Walking {
        let owners = [fs::symlink_metadata(path)?, file.metadata()?];
        if let Some(owner) = owners.iter().find_map(foreign_owner) {
            return Ok(Read::Foreign(owner));
        }
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(Read::Own(bytes))
}

#[cfg(unix)]
fn foreign_owner(metadata: &Metadata) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;

    let (owner, caller) = (metadata.uid(), rustix::process::geteuid().as_raw());
    (owner != 0 && owner != caller).then_some(owner)
}

#[cfg(not(unix))]
fn foreign_owner(_: &Metadata) -> Option<u32> {
    None
}

fn read_named(named: &Sourced<PathBuf>, cwd: &Path) -> Result<Found, ConfigError> {
    let (path, shown) = (cwd.join(&named.value), named.value.clone());
    match fs::read(&path) {
        Ok(bytes) => Ok(Found { path, shown, by: FoundBy::User, bytes }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(ConfigError::NoSuchFile { path: shown, asked: named.source.clone() })
        }
        Err(cause) => Err(ConfigError::Unreadable { path: shown, cause }),
    }
}
