//! Files that only their owner decides about: regular, with one name, and not reached by a link.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io,
    path::Path,
};

/// What decides whether a file may hold secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The rights of owner, group and others, as `chmod` takes them. Zero where there are none.
    pub mode: u32,
    /// How many names the file has.
    pub names: u64,
    /// The device and the number of the file on it.
    pub number: (u64, u64),
    /// Whether the file belongs to the user of this process, or to any user where that is the superuser: the superuser
    /// gives a file that it replaces the owner that it had.
    pub is_own: bool,
}

/// Opens a file without following a link and without waiting for a pipe's other end.
///
/// # Errors
///
/// [`io::ErrorKind::InvalidInput`] if something else than a regular file has the name; otherwise why it cannot be opened.
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
    io::Error::new(io::ErrorKind::InvalidInput, format!("it is {what}, and has to be a regular file"))
}

#[cfg(unix)]
fn without_links(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;

    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    options.custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
}

#[cfg(not(unix))]
fn without_links(_: &mut OpenOptions) {}

/// What is there, if it is not a regular file.
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

/// The facts about a regular file, if something has this name.
///
/// # Errors
///
/// [`io::ErrorKind::InvalidInput`] if something else than a regular file has the name; otherwise why it is unknown.
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
