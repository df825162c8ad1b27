//! Whether two paths name the same file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    Facts, folder_of, follow,
    path::{is_descriptor, is_standard_output},
};

/// The identity of a path: the device and inode number of an existing file, and the location where the file is or would
/// be.
#[derive(Debug, PartialEq, Eq)]
struct Identity {
    number: Option<(u64, u64)>,
    place: PathBuf,
}

impl Identity {
    fn of(path: &Path) -> Self {
        let path = follow(path).unwrap_or_else(|_| path.to_owned());
        let found = fs::metadata(&path).ok().filter(fs::Metadata::is_file);
        let number = found.as_ref().map(|found| Facts::from(found).number).filter(|_| cfg!(unix));
        let folder = fs::canonicalize(folder_of(&path));
        let place = match (folder, path.file_name()) {
            (Ok(folder), Some(name)) => folder.join(name),
            (Err(_), _) | (_, None) => std::path::absolute(&path).unwrap_or(path),
        };
        Self { number, place }
    }

    fn is_same_as(&self, other: &Self) -> bool {
        self.place == other.place || (self.number.is_some() && self.number == other.number)
    }
}

/// Returns the first of `files` that is the same file as `path`, also through a link or another name, whether or not
/// the file exists. Returns `None` for standard output and other open file descriptors.
#[must_use]
pub fn one_of<'a>(path: &Path, files: &'a [PathBuf]) -> Option<&'a Path> {
    if is_standard_output(path) || is_descriptor(path) {
        return None;
    }
    let own = Identity::of(path);
    files.iter().find(|file| Identity::of(file).is_same_as(&own)).map(PathBuf::as_path)
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs::File, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn a_file_is_found_by_every_name_that_it_has_and_by_one_that_it_would_have() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let files = [at("model.json"), at("model.json.next")];
        File::create(&files[0]).unwrap();
        fs::hard_link(&files[0], at("hard")).unwrap();
        symlink("model.json", at("soft")).unwrap();
        symlink("soft", at("softer")).unwrap();
        fs::create_dir(at("below")).unwrap();
        File::create(at("another")).unwrap();
        for name in ["model.json", "hard", "soft", "softer", "below/../model.json", "./model.json"] {
            assert_eq!(one_of(&at(name), &files), Some(files[0].as_path()), "{name}");
        }
        assert_eq!(one_of(&at("below/../model.json.next"), &files), Some(files[1].as_path()));
        for name in ["another", "model.json.other", "none/model.json"] {
            assert_eq!(one_of(&at(name), &files), None, "{name}");
        }
        assert_eq!(one_of(Path::new("-"), &files), None);
    }
}
