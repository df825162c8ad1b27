//! What a server over a model reads of it, beyond what the engine needs.
#![warn(clippy::arithmetic_side_effects)]

use std::{collections::HashMap, fmt, path::Path, time::SystemTime};

use super::{
    JsonControlPlane,
    kind::Kind,
    store::{Recorded, Store},
};
use crate::{
    model::{Key, KeyPair, Resource, ResourceId},
    provider::{ProviderError, Versioned},
};

/// What the file of a model looks like from outside: different whenever a generation has taken another's
/// place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileStamp {
    length: u64,
    changed: Option<SystemTime>,
    /// The file's number, which a file that takes its place does not share.
    number: u64,
}

impl FileStamp {
    fn of(path: &Path) -> Self {
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

/// Every resource of a generation, and every key.
#[derive(Default)]
pub struct Everything {
    /// The resources, in order of the ids and without keys.
    pub resources: Vec<Resource>,
    /// The keys of subscriptions, by the key of the id.
    pub subscription_keys: HashMap<String, KeyPair>,
    /// The keys that sites hold, by the key of the linked backend's id.
    pub site_keys: HashMap<String, Key>,
}

impl fmt::Debug for Everything {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Everything").field("resources", &self.resources).finish_non_exhaustive()
    }
}

/// What a model was like at a moment of a transaction.
pub struct Savepoint(Store);

impl JsonControlPlane {
    /// What the file looks like now. It costs no more than asking the file system once.
    #[must_use]
    pub fn stamp(&self) -> FileStamp {
        self.path().map(FileStamp::of).unwrap_or_default()
    }

    /// Whether a resource exists; production does with its site.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Storage`] if the model cannot be read.
    pub fn exists(&self, id: &ResourceId) -> Result<bool, ProviderError> {
        self.read(|store| Ok(store.exists(id.key())))
    }

    /// Reads a resource, as [`get`](crate::provider::ControlPlane::get) does.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Storage`] if the model cannot be read.
    pub fn find(&self, id: &ResourceId) -> Result<Option<Versioned<Resource>>, ProviderError> {
        self.read(|store| Ok(store.get(id.key())?))
    }

    /// The resources of the collection `kind` of a resource, in order of the ids.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Storage`] if the model cannot be read.
    pub fn children(
        &self,
        parent: &ResourceId,
        kind: &str,
    ) -> Result<Vec<Versioned<Resource>>, ProviderError> {
        self.read(|store| {
            let keys = store.children(&format!("{}/{}/", parent.key(), kind.to_ascii_lowercase()));
            let found = keys.iter().map(|key| store.get(key));
            Ok(found.filter_map(Result::transpose).collect::<Result<_, _>>()?)
        })
    }

    /// Every resource and every key.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Storage`] if the model cannot be read.
    pub fn everything(&self) -> Result<Everything, ProviderError> {
        self.read(|store| {
            let mut all = Everything { resources: store.all()?, ..Everything::default() };
            for resource in &all.resources {
                let key = resource.id().key();
                match Kind::of(key) {
                    Kind::Subscription => {
                        let pair = store.recorded(key)?.pair();
                        all.subscription_keys.extend(pair.map(|pair| (key.to_owned(), pair)));
                    }
                    Kind::LinkedBackend => {
                        let Recorded { primary, .. } = store.recorded(key)?;
                        all.site_keys.extend(primary.map(|held| (key.to_owned(), held)));
                    }
                    _ => {}
                }
            }
            Ok(all)
        })
    }

    /// Remembers what the model is like, for [`roll_back`](Self::roll_back).
    #[must_use]
    pub fn savepoint(&self) -> Savepoint {
        Savepoint(self.state().store.clone())
    }

    /// Takes back what the transaction that is going on has changed since a savepoint of its own.
    pub fn roll_back(&self, to: Savepoint) {
        self.state().store = to.0;
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use serde_json::{Map, json};

    use super::*;
    use crate::{
        ambient::System,
        provider::{ControlPlane as _, Expected},
    };

    const SERVICE: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a";

    fn id(tail: &str) -> ResourceId {
        ResourceId::parse(&format!("{SERVICE}{tail}")).unwrap()
    }

    async fn put(plane: &JsonControlPlane, tail: &str, properties: serde_json::Value) {
        let properties = properties.as_object().cloned().unwrap_or_default();
        plane.put(Resource::new(id(tail), properties), Expected::Anything).await.unwrap();
    }

    async fn model() -> JsonControlPlane {
        let plane = JsonControlPlane::in_memory(Arc::new(System));
        put(&plane, "", json!({})).await;
        put(&plane, "/products/P", json!({"displayName": "p"})).await;
        put(&plane, "/products/q", json!({"displayName": "q"})).await;
        put(&plane, "/subscriptions/s", json!({"scope": "/products/p", "displayName": "s"})).await;
        plane
    }

    #[tokio::test]
    async fn a_collection_has_what_is_right_below_its_parent() {
        let plane = model().await;
        let names = |kind: &str| -> Vec<String> {
            let found = plane.children(&id(""), kind).unwrap();
            found.iter().map(|it| it.value.id().name().to_owned()).collect()
        };
        assert_eq!(names("Products"), ["P", "q"]);
        assert_eq!(names("apis"), [""; 0]);
        assert!(plane.exists(&id("/PRODUCTS/p")).unwrap() && !plane.exists(&id("/products/x")).unwrap());
    }

    #[tokio::test]
    async fn everything_has_the_keys_beside_the_resources_and_not_in_them() {
        let plane = model().await;
        let all = plane.everything().unwrap();
        assert_eq!(all.resources.len(), 4);
        let pair = &all.subscription_keys[id("/subscriptions/s").key()];
        let text = format!("{:?}", all.resources.iter().map(Resource::body).collect::<Vec<_>>());
        assert!(!text.contains(pair.primary.expose()) && !text.contains(pair.secondary.expose()));
        assert!(all.site_keys.is_empty());
    }

    #[tokio::test]
    async fn what_was_changed_since_a_savepoint_can_be_taken_back_and_what_was_before_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.json");
        let plane = JsonControlPlane::create(&path, "", Duration::ZERO, Arc::new(System)).unwrap();
        let before = plane.stamp();
        plane.begin().await.unwrap();
        plane.put(Resource::new(id(""), Map::new()), Expected::Absent).await.unwrap();
        let point = plane.savepoint();
        put(&plane, "/products/p", json!({"displayName": "p"})).await;
        plane.roll_back(point);
        assert_eq!(plane.stamp(), before, "nothing is written yet");
        plane.commit().await.unwrap();
        assert_ne!(plane.stamp(), before);
        assert!(plane.exists(&id("")).unwrap() && !plane.exists(&id("/products/p")).unwrap());
    }
}
