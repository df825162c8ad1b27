//! Where the configuration file is.

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
    /// What messages call it: relative to the working directory if it is below that.
    pub(super) shown: PathBuf,
    pub(super) by: FoundBy,
    pub(super) bytes: Vec<u8>,
}

/// How a file was found, which decides how far it is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FoundBy {
    /// The user named it, or it is in the user's own configuration directory.
    User,
    /// It is in the working directory or above, where other people may have put it.
    Walking,
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

/// What reading a file that was found came to.
enum Read {
    Own(Vec<u8>),
    /// The file, or a link to it, belongs to another user.
    Foreign(u32),
}

/// Reads a file. One that was found by walking has to belong to the caller or to root, as git demands of a
/// repository: in a folder that others can write, they may have put it. The folder itself may be of any user, as the
/// working directories of container jobs are: what is trusted is what was written, and by whom.
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
