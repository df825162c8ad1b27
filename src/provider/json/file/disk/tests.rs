use std::{
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use super::*;
use crate::diagnosis::Diagnose as _;

/// A file system of which one call fails, and optionally hard links too.
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

    fn keep_owner(&self, file: &File, there: &Metadata) -> io::Result<()> {
        self.turn(EIO)?;
        RealDisk.keep_owner(file, there)
    }

    fn keep_mode(&self, file: &File, there: &Metadata) -> io::Result<()> {
        self.turn(EIO)?;
        RealDisk.keep_mode(file, there)
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
    replace(&RealDisk, &path, OLD.as_bytes(), Content::Keys).unwrap();
    (folder, path)
}

fn calls_of_a_replacement(links: bool) -> usize {
    let (_folder, path) = old_file();
    let disk = FailingDisk::at(usize::MAX, links);
    replace(&disk, &path, NEW.as_bytes(), Content::NoKeys).unwrap();
    disk.calls.into_inner()
}

#[test]
fn whichever_call_fails_one_whole_generation_is_there_and_the_next_try_succeeds() {
    for (links, call) in [true, false]
        .into_iter()
        .flat_map(|links| (0..calls_of_a_replacement(links)).map(move |n| (links, n)))
    {
        let (_folder, path) = old_file();
        let result = replace(&FailingDisk::at(call, links), &path, NEW.as_bytes(), Content::NoKeys);
        let there = fs::read_to_string(&path).unwrap();
        assert!([OLD, NEW].contains(&there.as_str()), "call {call}: {there}");
        match result {
            Ok(()) => assert_eq!(there, NEW, "call {call}"),
            Err(error) => assert!(error.diagnosis().hint.is_some(), "call {call}: {error}"),
        }
        replace(&RealDisk, &path, NEW.as_bytes(), Content::NoKeys).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), NEW, "after call {call}");
        let left = [".next", ".previous.next"].map(|suffix| sibling(&path, suffix).exists());
        assert_eq!(left, [false, false], "after call {call}");
    }
}

#[test]
fn the_previous_generation_is_kept_with_and_without_hard_links() {
    for links in [true, false] {
        let (_folder, path) = old_file();
        replace(&FailingDisk::at(usize::MAX, links), &path, NEW.as_bytes(), Content::NoKeys).unwrap();
        assert_eq!(fs::read_to_string(sibling(&path, ".previous")).unwrap(), OLD);
        assert_eq!(fs::read_to_string(&path).unwrap(), NEW);
    }
}

#[test]
fn a_full_disk_is_named_with_the_file_and_the_cause() {
    let (_folder, path) = old_file();
    let error = replace(&FailingDisk::at(2, true), &path, NEW.as_bytes(), Content::NoKeys).unwrap_err();
    assert!(error.to_string().contains("could not write `"), "{error}");
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.to_lowercase().contains("no space"), "{source}");
    assert!(!sibling(&path, ".next").exists(), "what was written of it is gone");
}

#[cfg(unix)]
#[test]
fn a_file_with_keys_is_for_its_owner_and_another_keeps_its_mode() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, path) = old_file();
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    replace(&RealDisk, &path, b"nothing to hide", Content::NoKeys).unwrap();
    assert_eq!(mode(), 0o644, "as its owner has it");
    replace(&RealDisk, &path, b"keys", Content::Keys).unwrap();
    assert_eq!(mode(), 0o600);
}
