//! Regular files that have one name and that are not reached through a link, so that only their owner controls them.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io,
    path::Path,
};

/// The facts that decide whether a file may contain secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The permissions of the owner, the group and all other users, as `chmod` takes them. Zero on a platform without
    /// them.
    pub mode: u32,
    /// The number of hard links.
    pub names: u64,
    /// The device number and the inode number.
    pub number: (u64, u64),
    /// Whether the file belongs to the user of this process, or to any user if the process runs as the superuser, which
    /// restores the owner of a file that it replaces.
    pub is_own: bool,
}

/// Opens a file without following a link and without waiting for the other end of a pipe.
///
/// # Errors
///
/// [`io::ErrorKind::InvalidInput`] if the path is not a regular file; otherwise the error of opening it.
pub fn open_plain(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    without_links(options);
    let opened = options.open(path).and_then(|file| match what_it_is(&file.metadata()?) {
        None => Ok(file),
        Some(what) => Err(not_plain(what)),
    });
    opened.map_err(|error| match fs::symlink_metadata(path) {
        Ok(found) if error.kind() != io::ErrorKind::PermissionDenied => {
            what_it_is(&found).map_or(error, not_plain)
        }
        _ => error,
    })
}

fn not_plain(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("it is {what}; a regular file is required"))
}

#[cfg(unix)]
fn without_links(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;

    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    options.custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
}

#[cfg(not(unix))]
fn without_links(_: &mut OpenOptions) {}

/// Returns the kind of the file, if it is not a regular file.
fn what_it_is(found: &Metadata) -> Option<&'static str> {
    let kind = found.file_type();
    if kind.is_file() {
        return None;
    }
    if kind.is_symlink() {
        return Some("a symbolic link");
    }
    Some(if kind.is_dir() { "a directory" } else { special(kind) })
}

#[cfg(unix)]
fn special(kind: fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;

    match kind {
        kind if kind.is_fifo() => "a pipe",
        kind if kind.is_socket() => "a socket",
        _ => "a device",
    }
}

#[cfg(not(unix))]
fn special(_: fs::FileType) -> &'static str {
    "a device"
}

/// Returns the facts about a regular file, or `None` if the path does not exist.
///
/// # Errors
///
/// [`io::ErrorKind::InvalidInput`] if the path is not a regular file; otherwise the error of reading its metadata.
pub fn plain_facts(path: &Path) -> io::Result<Option<Facts>> {
    match fs::symlink_metadata(path) {
        Ok(found) => {
            what_it_is(&found).map_or_else(|| Ok(Some(Facts::from(&found))), |it| Err(not_plain(it)))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
impl From<&Metadata> for Facts {
    fn from(found: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;

        let user = rustix::process::geteuid();
        Self {
            mode: found.mode() & 0o7777,
            names: found.nlink(),
            number: (found.dev(), found.ino()),
            is_own: user.is_root() || user.as_raw() == found.uid(),
        }
    }
}

#[cfg(not(unix))]
impl From<&Metadata> for Facts {
    fn from(_: &Metadata) -> Self {
        Self { mode: 0, names: 1, number: (0, 0), is_own: true }
    }
}
