//! The files beside a model: its lock, its previous generation, and those that are being written.

use std::path::{Path, PathBuf};

/// Returns the path of the file in the same directory whose name is that of `path` and `suffix`.
pub(crate) fn sibling(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

/// Returns every file that a model at `path` is stored in or written to: the model, its lock, the previous generation,
/// and those that are being written.
#[must_use]
pub fn files_of_model(path: &Path) -> Vec<PathBuf> {
    let suffixes = ["", ".lock", ".previous", ".next", ".previous.next"];
    suffixes.iter().map(|suffix| sibling(path, suffix)).collect()
}
