//! The metadata by which two generations of a file are distinguished.

use std::{path::Path, time::SystemTime};

/// The metadata of a model's file. It differs whenever a new generation has replaced the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileStamp {
    length: u64,
    changed: Option<SystemTime>,
    /// The inode number, which a file that replaces it does not share.
    number: u64,
}

impl FileStamp {
    pub(in crate::provider::json) fn of(path: &Path) -> Self {
        let Ok(found) = std::fs::metadata(path) else { return Self::default() };
        Self { length: found.len(), changed: found.modified().ok(), number: number_of(&found) }
    }
}

#[cfg(unix)]
fn number_of(found: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(found)
}

#[cfg(not(unix))]
fn number_of(_: &std::fs::Metadata) -> u64 {
    0
}
