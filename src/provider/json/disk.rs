//! Replacing a file so that whatever fails, one whole generation of it is there.

use std::{
    fmt::Debug,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::ModelError;

/// The calls that replacing a file consists of; tests let each of them fail.
pub(super) trait Disk: Debug + Send + Sync {
    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    /// Creates a file that nobody else may read.
    fn create_new(&self, path: &Path) -> io::Result<File> {
        private_new().open(path)
    }

    /// Gives a file the owner of another.
    fn take_owner(&self, path: &Path, from: &Path) -> io::Result<()> {
        take_owner(path, from)
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

    /// Lets nobody else read a file.
    fn make_private(&self, path: &Path) -> io::Result<()> {
        make_private(path)
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
pub(super) struct RealDisk;

impl Disk for RealDisk {}

fn private_new() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(unix)]
pub(super) fn take_owner(path: &Path, from: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, chown};

    let (own, other) = (fs::metadata(path)?, fs::metadata(from)?);
    if (own.uid(), own.gid()) == (other.uid(), other.gid()) {
        return Ok(());
    }
    chown(path, Some(other.uid()), Some(other.gid()))
}

#[cfg(not(unix))]
pub(super) fn take_owner(_path: &Path, _from: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn make_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn make_private(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// From this size on, a file is read by two threads: what takes time is the memory that it needs.
#[cfg(unix)]
const LARGE: usize = 8 << 20;

/// Reads a whole file.
#[cfg(unix)]
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    use std::os::unix::fs::FileExt as _;

    let file = File::open(path)?;
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    if length < LARGE {
        return fs::read(path);
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

/// Reads a whole file.
#[cfg(not(unix))]
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    fs::read(path)
}

/// The file beside `path` whose name is that of `path` and `suffix`.
pub(super) fn sibling(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

/// The folder that `path` is in.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Replaces the file at `path`, or creates it, keeping what was there as `<name>.previous`.
pub(super) fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> Result<(), ModelError> {
    let next = sibling(path, ".next");
    let written = write_beside(disk, path, &next, bytes)
        .and_then(|()| keep_previous(disk, path))
        .and_then(|()| disk.rename(&next, path).map_err(|error| ModelError::io("replace", path, error)));
    if let Err(error) = written {
        // best effort: the next attempt removes it first
        let _ = disk.remove(&next);
        return Err(error);
    }
    let folder = folder_of(path);
    disk.sync_folder(folder).map_err(|error| ModelError::io("sync", folder, error))
}

fn write_beside(disk: &dyn Disk, path: &Path, next: &Path, bytes: &[u8]) -> Result<(), ModelError> {
    create_synced(disk, next, bytes).map_err(|error| ModelError::io("write", next, error))?;
    if !path.exists() {
        return Ok(());
    }
    // somebody who may write the file, but not give files away, still gets to write it
    match disk.take_owner(next, path) {
        Err(error) if error.kind() != io::ErrorKind::PermissionDenied => {
            Err(ModelError::io("give its owner to", next, error))
        }
        _ => Ok(()),
    }
}

fn create_synced(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    remove_stale(disk, path)?;
    let mut file = disk.create_new(path)?;
    disk.write(&mut file, bytes)?;
    disk.sync(&file)
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
        disk.hard_link(path, &beside).or_else(|_| create_synced(disk, &beside, &disk.read(path)?))?;
        // somebody who may write the file, but does not own it, still gets to write it
        disk.make_private(&beside).or_else(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => Ok(()),
            _ => Err(error),
        })?;
        disk.rename(&beside, &previous)?;
        // renaming does nothing where both are names of one file: an attempt that failed had kept it already
        remove_stale(disk, &beside)
    };
    keep().map_err(|error| ModelError::io("keep the previous generation as", &previous, error))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::diagnosis::Diagnose as _;

    /// A file system of which one call fails, and hard links too if so asked.
    #[derive(Debug)]
    struct FailingDisk {
        call_to_fail: usize,
        calls: AtomicUsize,
        links: bool,
    }

    impl FailingDisk {
        fn at(call_to_fail: usize, links: bool) -> Self {
            Self { call_to_fail, calls: AtomicUsize::new(0), links }
        }

        fn turn(&self, code: i32) -> io::Result<()> {
            let call = self.calls.fetch_add(1, Ordering::Relaxed);
            if call == self.call_to_fail { Err(io::Error::from_raw_os_error(code)) } else { Ok(()) }
        }
    }

    const EIO: i32 = 5;
    const ENOSPC: i32 = 28;
    const EMLINK: i32 = 31;

    impl Disk for FailingDisk {
        fn remove(&self, path: &Path) -> io::Result<()> {
            self.turn(EIO)?;
            RealDisk.remove(path)
        }

        fn create_new(&self, path: &Path) -> io::Result<File> {
            self.turn(ENOSPC)?;
            RealDisk.create_new(path)
        }

        fn take_owner(&self, path: &Path, from: &Path) -> io::Result<()> {
            self.turn(EIO)?;
            RealDisk.take_owner(path, from)
        }

        fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
            let half = self.turn(ENOSPC).inspect_err(|_| {
                let _ = RealDisk.write(file, &bytes[..bytes.len() / 2]);
            });
            half.and_then(|()| RealDisk.write(file, bytes))
        }

        fn sync(&self, file: &File) -> io::Result<()> {
            self.turn(EIO)?;
            RealDisk.sync(file)
        }

        fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
            self.turn(EMLINK)?;
            if self.links { RealDisk.hard_link(from, to) } else { Err(io::Error::from_raw_os_error(EMLINK)) }
        }

        fn make_private(&self, path: &Path) -> io::Result<()> {
            self.turn(EIO)?;
            RealDisk.make_private(path)
        }

        fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
            self.turn(EIO)?;
            RealDisk.read(path)
        }

        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            self.turn(EIO)?;
            RealDisk.rename(from, to)
        }

        fn sync_folder(&self, folder: &Path) -> io::Result<()> {
            self.turn(EIO)?;
            RealDisk.sync_folder(folder)
        }
    }

    const OLD: &str = "the old generation";
    const NEW: &str = "the new generation, which is longer";

    fn old_file() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.json");
        replace(&RealDisk, &path, OLD.as_bytes()).unwrap();
        (folder, path)
    }

    fn calls_of_a_replacement(links: bool) -> usize {
        let (_folder, path) = old_file();
        let disk = FailingDisk::at(usize::MAX, links);
        replace(&disk, &path, NEW.as_bytes()).unwrap();
        disk.calls.into_inner()
    }

    #[test]
    fn whichever_call_fails_one_whole_generation_is_there_and_the_next_try_succeeds() {
        for (links, call) in [true, false]
            .into_iter()
            .flat_map(|links| (0..calls_of_a_replacement(links)).map(move |n| (links, n)))
        {
            let (_folder, path) = old_file();
            let result = replace(&FailingDisk::at(call, links), &path, NEW.as_bytes());
            let there = fs::read_to_string(&path).unwrap();
            assert!([OLD, NEW].contains(&there.as_str()), "call {call}: {there}");
            match result {
                Ok(()) => assert_eq!(there, NEW, "call {call}"),
                Err(error) => assert!(error.diagnosis().hint.is_some(), "call {call}: {error}"),
            }
            replace(&RealDisk, &path, NEW.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), NEW, "after call {call}");
            let left = [".next", ".previous.next"].map(|suffix| sibling(&path, suffix).exists());
            assert_eq!(left, [false, false], "after call {call}");
        }
    }

    #[test]
    fn the_previous_generation_is_kept_with_and_without_hard_links() {
        for links in [true, false] {
            let (_folder, path) = old_file();
            replace(&FailingDisk::at(usize::MAX, links), &path, NEW.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(sibling(&path, ".previous")).unwrap(), OLD);
            assert_eq!(fs::read_to_string(&path).unwrap(), NEW);
        }
    }

    #[test]
    fn a_full_disk_is_named_with_the_file_and_the_cause() {
        let (_folder, path) = old_file();
        let error = replace(&FailingDisk::at(2, true), &path, NEW.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("could not write `"), "{error}");
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.to_lowercase().contains("no space"), "{source}");
        assert!(!sibling(&path, ".next").exists(), "what was written of it is gone");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_the_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_folder, path) = old_file();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
