//! Functions about paths: directories, symbolic links and open files.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Returns the directory that contains `path`.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Returns the path that symbolic links lead to, whether or not a file exists there. The path of a file descriptor of
/// this process is not followed.
///
/// # Errors
///
/// If the links form a cycle.
pub fn follow(path: &Path) -> io::Result<PathBuf> {
    const LINKS_AT_MOST: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..LINKS_AT_MOST {
        match fs::read_link(&path) {
            Ok(target) if !is_descriptor(&path) => path = folder_of(&path).join(target),
            // not a link, or the path does not exist
            _ => return Ok(path),
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it leads to more than 40 symbolic links"))
}

/// Whether a path is the name of an open file descriptor of a process.
pub(super) fn is_descriptor(path: &Path) -> bool {
    let is_of_process =
        |path: &Path| path.starts_with("/proc") && path.components().any(|it| it.as_os_str() == "fd");
    ["/dev/stdin", "/dev/stdout", "/dev/stderr"].iter().any(|name| path == Path::new(name))
        || path.starts_with("/dev/fd")
        || is_of_process(path)
}

/// Whether a path is a name of standard output.
#[must_use]
pub fn is_standard_output(path: &Path) -> bool {
    ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|name| path == Path::new(name))
}
