//! The link between the file and memory: reads the current file, changes it under the lock, and writes it once.
#![warn(clippy::arithmetic_side_effects)]

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    beside::sibling,
    disk::{self, Content, Disk},
    lock::Lock,
    stamp::FileStamp,
};
use crate::{
    ambient::Ambient,
    files::{Facts, folder_of, follow, plain_facts},
    model::without_mark,
    provider::json::{
        ModelError,
        store::Store,
        text::{document::ModelDocument, parsed::ParsedModels},
    },
};

/// The permission bits of the group and of other users.
const OTHERS: u32 = 0o077;

/// The file of a model.
pub(crate) struct ModelFile {
    pub(super) path: PathBuf,
    pub(super) lock_wait: Duration,
    disk: Box<dyn Disk>,
}

impl ModelFile {
    /// Returns the file to which `path` leads; two links to a model are one model.
    pub(crate) fn at(path: &Path, lock_wait: Duration, disk: Box<dyn Disk>) -> Result<Self, ModelError> {
        let path = resolve(path).map_err(|error| ModelError::io("resolve", path, error))?;
        Ok(Self { path, lock_wait, disk })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the current model. Resources that are the same as when it was `parsed` last are not parsed again.
    pub(crate) fn load(&self, parsed: &ParsedModels) -> Result<Store, ModelError> {
        let store = Store::new(parsed.of(&self.path, self.read()?)?);
        self.warn_of_readers(&store);
        Ok(store)
    }

    fn warn_of_readers(&self, store: &Store) {
        let mode = plain_facts(&self.path).ok().flatten().map_or(0, |facts| facts.mode);
        if mode & OTHERS != 0 && store.has_keys() {
            let path = self.path.display();
            tracing::warn!("`{path}` contains keys, but other users can read it; run `chmod 600 '{path}'`");
        }
    }

    /// Refuses to write a model if other users could read its keys, or if its owner or its other names would be lost.
    pub(super) fn check_writable(&self, store: &Store) -> Result<(), ModelError> {
        self.check_private(store)?;
        let previous = sibling(&self.path, ".previous");
        [&self.path, &previous].into_iter().try_for_each(|path| self.check_names(path))
    }

    /// Refuses a model of another user, and a model with keys that other users can read. Another process that holds the
    /// lock does not change these properties, so the check needs no lock.
    pub(super) fn check_private(&self, store: &Store) -> Result<(), ModelError> {
        check_facts(&self.path, || store.has_keys())?;
        let previous = sibling(&self.path, ".previous");
        check_facts(&previous, || {
            let text = disk::read(&previous).ok().and_then(|text| ModelDocument::parse(text, &previous).ok());
            text.is_some_and(|document| Store::new(document).has_keys())
        })
    }

    fn check_names(&self, path: &Path) -> Result<(), ModelError> {
        let Some(found) = facts_of(path)? else { return Ok(()) };
        // an interrupted run can leave two names for one generation
        let names = ["", ".previous", ".previous.next"].map(|suffix| sibling(&self.path, suffix));
        let of_ours = names.iter().filter_map(|name| plain_facts(name).ok()?);
        if found.names > of_ours.filter(|other| other.number == found.number).count() as u64 {
            return Err(ModelError::several_names(path));
        }
        Ok(())
    }

    fn read(&self) -> Result<Vec<u8>, ModelError> {
        let bytes = disk::read(&self.path).map_err(|error| ModelError::io("read", &self.path, error))?;
        Ok(match without_mark(&bytes) {
            text if text.len() < bytes.len() => text.to_vec(),
            _ => bytes,
        })
    }

    /// Creates the file, unless it exists when the lock is taken.
    pub(crate) fn create(&self, initial: &str, ambient: &dyn Ambient) -> Result<(), ModelError> {
        if self.path.exists() {
            return Ok(());
        }
        let folder = folder_of(&self.path);
        create_private_folder(folder).map_err(|error| ModelError::io("create", folder, error))?;
        let _lock = Lock::take_blocking(&self.path, self.lock_wait, ambient)?;
        if self.path.exists() {
            return Ok(());
        }
        let mut document = match initial {
            "" => ModelDocument::empty(&self.path),
            initial => ModelDocument::parse(initial.as_bytes().to_vec(), &self.path)?,
        };
        document.lineage = ambient.unguessable().to_string();
        document.serial = 1;
        disk::replace(&*self.disk, &self.path, document.render().as_bytes(), Content::Keys)
    }
}

fn facts_of(path: &Path) -> Result<Option<Facts>, ModelError> {
    plain_facts(path).map_err(|error| ModelError::io("use", path, error))
}

fn check_facts(path: &Path, has_keys: impl FnOnce() -> bool) -> Result<(), ModelError> {
    let Some(found) = facts_of(path)? else { return Ok(()) };
    if !found.is_own {
        return Err(ModelError::Foreign { path: path.to_owned() });
    }
    if found.mode & OTHERS != 0 && has_keys() {
        return Err(ModelError::Exposed { path: path.to_owned(), mode: found.mode & 0o777 });
    }
    Ok(())
}

fn resolve(path: &Path) -> io::Result<PathBuf> {
    in_real_folder(&follow(path)?)
}

fn in_real_folder(path: &Path) -> io::Result<PathBuf> {
    match (fs::canonicalize(folder_of(path)), path.file_name()) {
        (Ok(folder), Some(name)) => Ok(folder.join(name)),
        (_, None) => fs::canonicalize(path),
        (Err(_), _) => std::path::absolute(path),
    }
}

/// Creates a directory and its missing parents, accessible only to their owner, with any umask.
fn create_private_folder(folder: &Path) -> io::Result<()> {
    let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    let missing: Vec<&Path> = folder.ancestors().take_while(is_missing).collect();
    for folder in missing.into_iter().rev() {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(folder) {
            // another run created it first
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(()) => {
                #[cfg(unix)]
                fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
            }
        }
    }
    Ok(())
}

/// The content of a model in memory, and the lock during a transaction.
pub(crate) struct State {
    pub(crate) store: Store,
    pub(super) lock: Option<Lock>,
    pub(super) stale: bool,
    /// The metadata of the file when `store` was written to it, if the store was kept since.
    pub(super) written: Option<FileStamp>,
}

impl State {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, lock: None, stale: false, written: None }
    }

    pub(crate) fn is_locked(&self) -> bool {
        self.lock.is_some()
    }

    /// Discards the content in memory, unless a transaction is in progress.
    pub(crate) fn let_go_stale(&mut self) {
        self.stale = !self.is_locked();
    }

    /// Reads the file again if the content in memory may be out of date.
    pub(crate) fn refresh(&mut self, file: Option<&ModelFile>) -> Result<(), ModelError> {
        match file {
            Some(file) if self.stale => self.reload(file),
            _ => Ok(()),
        }
    }

    pub(super) fn reload(&mut self, file: &ModelFile) -> Result<(), ModelError> {
        if self.is_as_written(file) {
            self.stale = false;
            return Ok(());
        }
        self.written = None;
        let bytes = file.read()?;
        if self.store.is_changed() || !self.store.document.is_of(&bytes) {
            self.store = Store::new(ModelDocument::parse(bytes, &file.path)?);
        }
        self.stale = false;
        Ok(())
    }

    /// Whether this process wrote the current file. Both its metadata and its beginning are compared, because the
    /// beginning names the generation: a file that another process wrote has another serial.
    fn is_as_written(&self, file: &ModelFile) -> bool {
        let is_stamped = self.written.as_ref().is_some_and(|written| *written == FileStamp::of(&file.path));
        is_stamped && !self.store.is_changed() && self.store.document.begins_as(&file.path).unwrap_or(false)
    }

    pub(super) fn write(&mut self, file: &ModelFile, ambient: &dyn Ambient) -> Result<Vec<u8>, ModelError> {
        let content = if self.store.has_keys() { Content::Keys } else { Content::NoKeys };
        let document = &mut self.store.document;
        document.serial = document.serial.saturating_add(1);
        if document.lineage.is_empty() {
            document.lineage = ambient.unguessable().to_string();
        }
        let text = document.render();
        disk::replace(&*file.disk, &file.path, text.as_bytes(), content)?;
        Ok(text.into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };

    use serde_json::Map;

    use super::*;
    use crate::{
        ambient::System,
        diagnosis::{Diagnose as _, ExitCode},
        model::{Resource, ResourceId},
        provider::{Expected, Reads as _, Writes as _, json::JsonControlPlane},
    };

    /// A disk that is full while the flag is set.
    #[derive(Debug)]
    struct FullDisk(Arc<AtomicBool>);

    impl Disk for FullDisk {
        fn sync(&self, file: &fs::File) -> io::Result<()> {
            if self.0.load(Ordering::Relaxed) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            file.sync_all()
        }
    }

    #[tokio::test]
    async fn a_commit_that_fails_changes_nothing_and_the_next_one_can_succeed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.json");
        let full = Arc::new(AtomicBool::new(false));
        let file = ModelFile::at(&path, Duration::ZERO, Box::new(FullDisk(Arc::clone(&full)))).unwrap();
        file.create("", &System).unwrap();
        let before = fs::read(&path).unwrap();
        let store = file.load(&ParsedModels::default()).unwrap();
        let plane = JsonControlPlane::over(Some(file), store, Arc::new(System));
        let id = ResourceId::parse("/subscriptions/s/resourceGroups/rg/providers/a/b/c").unwrap();
        for is_full in [true, false] {
            full.store(is_full, Ordering::Relaxed);
            plane.begin().await.unwrap();
            plane.put(Resource::new(id.clone(), Map::new()), Expected::Absent).await.unwrap();
            let committed = plane.commit().await;
            if let Err(error) = &committed {
                assert_eq!(error.diagnosis().exit, ExitCode::Unavailable);
                assert!(error.diagnosis().hint.is_some());
                assert_eq!(fs::read(&path).unwrap(), before);
            }
            assert_eq!(committed.is_err(), is_full);
            assert_eq!(plane.get(&id).await.unwrap().is_none(), is_full);
        }
    }
}
