//! Replaces a file so that one whole generation of it exists after any failure.

use std::{
    fmt::Debug,
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Read as _, Write as _},
    path::Path,
};

use super::beside::sibling;
use crate::{
    files::{folder_of, open_plain},
    model::without_mark,
    provider::json::ModelError,
};

/// The file system calls that replace a file; tests make each of them fail.
pub(crate) trait Disk: Debug + Send + Sync {
    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    /// Creates a file that only its owner may read and write, with any umask.
    fn create_new(&self, path: &Path) -> io::Result<File> {
        let file = private_new().open(path)?;
        make_private(&file)?;
        Ok(file)
    }

    /// Gives a file the owner of the file that it will replace.
    fn keep_owner(&self, file: &File, there: &Metadata) -> io::Result<()> {
        keep_owner(file, there)
    }

    /// Gives a file the mode of the file that it will replace.
    fn keep_mode(&self, file: &File, there: &Metadata) -> io::Result<()> {
        file.set_permissions(there.permissions())
    }

    fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
    }
}

/// The file system.
#[derive(Debug)]
pub(crate) struct RealDisk;

impl Disk for RealDisk {}

fn private_new() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Gives a file the owner of another, unless it already has that owner.
#[cfg(unix)]
pub(crate) fn keep_owner(file: &File, there: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};

    let own = file.metadata()?;
    if (own.uid(), own.gid()) == (there.uid(), there.gid()) {
        return Ok(());
    }
    fchown(file, Some(there.uid()), Some(there.gid()))
}

#[cfg(not(unix))]
pub(crate) fn keep_owner(_file: &File, _there: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Makes a file readable only by its owner.
#[cfg(unix)]
pub(crate) fn make_private(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    file.set_permissions(fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
pub(crate) fn make_private(_file: &File) -> io::Result<()> {
    Ok(())
}

/// Whether a new generation of a file has keys. If so, only its owner may read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Keys,
    NoKeys,
}

/// How many bytes of a file show whether it is a model.
const BEGINNING: u64 = 4 << 10;

/// The size from which a file is read by two threads: most of the time is spent on allocating memory.
#[cfg(unix)]
const LARGE: usize = 8 << 20;

/// Reads a whole regular file.
#[cfg(unix)]
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    use std::os::unix::fs::FileExt as _;

    let mut file = open_plain(path, OpenOptions::new().read(true))?;
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    if length < LARGE {
        let mut bytes = Vec::with_capacity(length + 1);
        file.read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    let mut bytes = vec![0; length];
    let middle = length / 2;
    let (head, tail) = bytes.split_at_mut(middle);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| file.read_exact_at(head, 0));
        let second = file.read_exact_at(tail, middle as u64);
        first.join().map_err(|_| io::Error::other("a thread that read the file died"))?.and(second)
    })?;
    Ok(bytes)
}

/// Reads a whole regular file.
#[cfg(not(unix))]
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_plain(path, OpenOptions::new().read(true))?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether a file begins like a model. A file that cannot be read, or is not a regular file, does not.
#[must_use]
pub fn looks_like_a_model(path: &Path) -> bool {
    let read = || {
        let file = open_plain(path, OpenOptions::new().read(true)).ok()?;
        let mut head = Vec::new();
        file.take(BEGINNING).read_to_end(&mut head).ok()?;
        Some(head)
    };
    let head = read().unwrap_or_default();
    let head = String::from_utf8_lossy(without_mark(&head));
    head.trim_start().starts_with('{')
        && ["\"schemaVersion\"", "\"lineage\"", "\"serial\""].iter().all(|field| head.contains(field))
}

/// Replaces the file at `path`, or creates it, and keeps the previous content as `<name>.previous`. A file that has
/// keys is readable only by its owner; any other file keeps its mode.
pub(crate) fn replace(
    disk: &dyn Disk,
    path: &Path,
    bytes: &[u8],
    content: Content,
) -> Result<(), ModelError> {
    let next = sibling(path, ".next");
    let written = write_beside(disk, path, &next, bytes, content)
        .and_then(|()| keep_previous(disk, path))
        .and_then(|()| disk.rename(&next, path).map_err(|error| ModelError::io("replace", path, error)));
    if let Err(error) = written {
        // best effort: the next attempt removes it first
        let _ = disk.remove(&next);
        return Err(error);
    }
    if let Err(error) = disk.sync_folder(folder_of(path)) {
        tracing::warn!(
            "the change of `{}` was written, but may be lost after a power failure: {error}",
            path.display()
        );
    }
    Ok(())
}

fn write_beside(
    disk: &dyn Disk,
    path: &Path,
    next: &Path,
    bytes: &[u8],
    content: Content,
) -> Result<(), ModelError> {
    let file = create_synced(disk, next, bytes).map_err(|error| ModelError::io("write", next, error))?;
    let Ok(there) = fs::symlink_metadata(path) else { return Ok(()) };
    disk.keep_owner(&file, &there).map_err(|error| ModelError::io("keep the owner of", path, error))?;
    match content {
        Content::Keys => Ok(()),
        Content::NoKeys => {
            disk.keep_mode(&file, &there).map_err(|error| ModelError::io("keep the mode of", path, error))
        }
    }
}

fn create_synced(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<File> {
    remove_stale(disk, path)?;
    let mut file = disk.create_new(path)?;
    disk.write(&mut file, bytes)?;
    disk.sync(&file)?;
    Ok(file)
}

fn remove_stale(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    match disk.remove(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn keep_previous(disk: &dyn Disk, path: &Path) -> Result<(), ModelError> {
    if !path.exists() {
        return Ok(());
    }
    let (previous, beside) = (sibling(path, ".previous"), sibling(path, ".previous.next"));
    let keep = || {
        remove_stale(disk, &beside)?;
        // not every file system has hard links
        disk.hard_link(path, &beside).or_else(|_| copy(disk, path, &beside))?;
        disk.rename(&beside, &previous)?;
        // renaming does nothing if both names are of one file: an earlier, failed attempt has already kept it
        remove_stale(disk, &beside)
    };
    keep().map_err(|error| ModelError::io("keep the previous generation as", &previous, error))
}

/// Copies a file, with the same owner.
fn copy(disk: &dyn Disk, from: &Path, to: &Path) -> io::Result<()> {
    let file = create_synced(disk, to, &disk.read(from)?)?;
    disk.keep_owner(&file, &fs::symlink_metadata(from)?)
}

#[cfg(test)]
mod tests;
