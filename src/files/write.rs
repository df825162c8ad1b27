//! Writes a result: a regular file is replaced as a whole and keeps its mode and owner; anything else is written in
//! place.

use std::{
    ffi::OsStr,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use tempfile::{Builder, NamedTempFile};
use tokio::sync::oneshot;

use super::{
    Facts,
    path::{folder_of, follow, is_descriptor, is_standard_output},
    plain::open_plain,
};

/// The prefix of the names of temporary files. Six letters and digits follow.
const TEMPORARY: &str = ".swa-apim";

/// The kind of file that a path names.
enum Destination {
    StandardOutput,
    /// A pipe, a device, or a file with several hard links.
    Direct {
        path: PathBuf,
        append: bool,
    },
    /// A regular file, or a path that does not exist yet.
    File {
        path: PathBuf,
        there: Option<fs::Metadata>,
    },
}

/// Writes a text to the path that the user names; `-` is standard output. The write can be cancelled while it waits for
/// another program to read from a pipe.
///
/// # Errors
///
/// If it cannot be written. A regular file is then unchanged.
pub async fn write(path: &Path, text: &str) -> io::Result<()> {
    match place_of(path)? {
        Destination::Direct { path, append } => {
            let (sender, receiver) = oneshot::channel();
            let text = text.to_owned();
            std::thread::Builder::new().spawn(move || {
                // a cancelled command no longer receives the result
                let _ = sender.send(write_in_place(&path, append, text.as_bytes()));
            })?;
            receiver.await.unwrap_or_else(|_| {
                Err(io::Error::other("the thread that writes the file ended unexpectedly"))
            })
        }
        place @ (Destination::StandardOutput | Destination::File { .. }) => write_to(place, text),
    }
}

/// Like [`write()`], where no other task waits for this thread.
///
/// # Errors
///
/// As [`write()`].
pub fn write_blocking(path: &Path, text: &str) -> io::Result<()> {
    write_to(place_of(path)?, text)
}

/// Opens a file for appending lines.
///
/// # Errors
///
/// If it cannot be opened.
pub fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

fn write_to(place: Destination, text: &str) -> io::Result<()> {
    match place {
        Destination::StandardOutput => {
            let mut out = io::stdout().lock();
            out.write_all(text.as_bytes())?;
            out.flush()
        }
        Destination::Direct { path, append } => write_in_place(&path, append, text.as_bytes()),
        Destination::File { path, there } => replace(&path, there.as_ref(), text.as_bytes()),
    }
}

fn place_of(path: &Path) -> io::Result<Destination> {
    let path = if is_standard_output(path) { path.to_owned() } else { follow(path)? };
    if is_standard_output(&path) {
        return Ok(Destination::StandardOutput);
    }
    if is_descriptor(&path) {
        return Ok(Destination::Direct { path, append: true });
    }
    match fs::metadata(&path) {
        Ok(there) if there.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(there) if there.is_file() && Facts::from(&there).names == 1 => {
            Ok(Destination::File { path, there: Some(there) })
        }
        Ok(_) => Ok(Destination::Direct { path, append: false }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Destination::File { path, there: None }),
        Err(error) => Err(error),
    }
}

fn write_in_place(path: &Path, append: bool, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    if append {
        options.append(true)
    } else {
        options.write(true).truncate(true)
    };
    options.open(path)?.write_all(bytes)
}

/// Writes a temporary file in the same directory and renames it to the destination, over an existing file.
fn replace(path: &Path, there: Option<&fs::Metadata>, bytes: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    // an error of tempfile would name the temporary file, which the user did not specify
    fs::metadata(folder)?;
    let mut file = create(folder, there)?;
    remove_leftovers(folder, file.path().file_name());
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    let written = file.persist(path)?;
    if let Err(error) = sync_folder(folder) {
        tracing::warn!("`{}` was written, but may be lost after a power failure: {error}", path.display());
    }
    drop(written);
    Ok(())
}

/// Creates the temporary file and locks it, so that no other run removes it as a leftover.
fn create(folder: &Path, there: Option<&fs::Metadata>) -> io::Result<NamedTempFile> {
    const TRIES: usize = 16;
    for _ in 0..TRIES {
        let mut builder = Builder::new();
        builder.prefix(TEMPORARY).rand_bytes(RANDOM);
        // the mode of a new file, restricted by the user's umask
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder)?;
        let is_locked = match file.as_file().try_lock() {
            // on a file system without locks, the file is used unlocked
            Ok(()) | Err(TryLockError::Error(_)) => true,
            Err(TryLockError::WouldBlock) => false,
        };
        let same = |found: fs::Metadata| {
            Some(Facts::from(&found)) == file.as_file().metadata().ok().as_ref().map(Facts::from)
        };
        if is_locked && fs::symlink_metadata(file.path()).is_ok_and(same) {
            if let Some(there) = there {
                keep_owner_and_mode(file.as_file(), there)?;
            }
            return Ok(file);
        }
    }
    Err(io::Error::other("another process keeps deleting the temporary file of this one"))
}

const RANDOM: usize = 6;

#[cfg(unix)]
fn keep_owner_and_mode(file: &File, there: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};

    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (there.uid(), there.gid()) {
        fchown(file, Some(there.uid()), Some(there.gid())).map_err(|error| {
            let message = "it belongs to another user or group, which replacing the file would change";
            io::Error::new(error.kind(), message)
        })?;
    }
    file.set_permissions(there.permissions())
}

#[cfg(not(unix))]
fn keep_owner_and_mode(_: &File, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

/// Syncs the directory, so that the renaming of a file in it survives a crash.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Removes the temporary files of runs that were killed: regular files of this user that no run has locked. The
/// temporary file of this run is never removed, even if it could not be locked.
fn remove_leftovers(folder: &Path, own: Option<&OsStr>) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_left = |name: &OsStr| is_temporary(name) && Some(name) != own;
    for path in entries.filter(|entry| is_left(&entry.file_name())).map(|entry| entry.path()) {
        let Ok(file) = open_plain(&path, OpenOptions::new().read(true)) else { continue };
        let facts = file.metadata().map(|found| Facts::from(&found));
        if facts.is_ok_and(|facts| facts.is_own && facts.names == 1) && file.try_lock().is_ok() {
            // best effort: the next run tries again
            let _ = fs::remove_file(&path);
        }
    }
}

fn is_temporary(name: &OsStr) -> bool {
    let random = name.to_str().and_then(|name| name.strip_prefix(TEMPORARY));
    random.is_some_and(|it| it.len() == RANDOM && it.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(all(test, unix))]
mod tests {
    use std::{
        fs::Permissions,
        os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink},
    };

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("the directory of the test can be read");
        let mut names: Vec<String> =
            entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_link_stays_a_link_and_its_file_keeps_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        File::create(&file).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o666)).unwrap();
        symlink("file", &link).unwrap();
        let before = fs::metadata(&file).unwrap().ino();
        write_blocking(&link, "text").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "text");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let after = fs::metadata(&file).unwrap();
        assert_eq!(after.mode() & 0o777, 0o666, "independent of the umask");
        assert_ne!(after.ino(), before, "it was replaced whole");
        assert_eq!(names(folder.path()), ["file", "link"]);
    }

    #[test]
    fn a_link_to_nothing_creates_the_file_that_it_names() {
        let folder = tempfile::tempdir().unwrap();
        symlink("new", folder.path().join("link")).unwrap();
        write_blocking(&folder.path().join("link"), "text").unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("new")).unwrap(), "text");
    }

    #[test]
    fn a_device_and_a_link_to_one_stay_what_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("null");
        symlink("/dev/null", &link).unwrap();
        for path in [Path::new("/dev/null"), &link] {
            write_blocking(path, "text").unwrap();
            assert!(fs::metadata(path).unwrap().file_type().is_char_device());
        }
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[tokio::test]
    async fn a_pipe_gets_the_text_and_waiting_for_its_reader_can_be_cancelled() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let cancelled = tokio::time::timeout(std::time::Duration::from_millis(10), write(&pipe, "first"));
        assert!(cancelled.await.is_err(), "there is no reader");
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read_to_string(pipe).unwrap()
        });
        assert_eq!(reader.join().unwrap(), "first", "the thread that waits still writes");
        assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
    }

    #[test]
    fn both_names_of_a_file_have_the_new_text() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
        write_blocking(&one, "a longer text").unwrap();
        fs::hard_link(&one, &other).unwrap();
        write_blocking(&one, "text").unwrap();
        assert_eq!(fs::read_to_string(other).unwrap(), "text");
    }

    #[test]
    fn a_directory_and_a_missing_directory_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(write_blocking(folder.path(), "text").is_err());
        assert!(write_blocking(&folder.path().join("none/file"), "text").is_err());
    }

    #[test]
    fn a_file_that_a_killed_run_left_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let locked = File::create(at(".swa-apimLOCKED")).unwrap();
        locked.lock().unwrap();
        File::create(at(".swa-apimAbCd12")).unwrap();
        File::create(at(".swa-apim-longer")).unwrap();
        File::create(at("target")).unwrap();
        symlink("target", at(".swa-apimlinked")).unwrap();
        fs::create_dir(at(".swa-apimfolder")).unwrap();
        write_blocking(&at("out"), "text").unwrap();
        let left =
            [".swa-apim-longer", ".swa-apimLOCKED", ".swa-apimfolder", ".swa-apimlinked", "out", "target"];
        assert_eq!(names(folder.path()), left);
    }

    #[test]
    fn the_file_of_this_run_is_no_leftover_also_where_it_has_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        File::create(folder.path().join(".swa-apimMineOk")).unwrap();
        remove_leftovers(folder.path(), Some(OsStr::new(".swa-apimMineOk")));
        assert_eq!(names(folder.path()), [".swa-apimMineOk"]);
    }

    #[test]
    fn concurrent_runs_do_not_remove_files_of_each_other() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for run in 0..8 {
                let path = folder.path().join(format!("out{run}"));
                scope.spawn(move || (0..25).for_each(|_| write_blocking(&path, "text").unwrap()));
            }
        });
        assert_eq!(names(folder.path()).len(), 8);
    }
}
