//! Reads for a server that serves a model, in addition to those of the engine.
#![warn(clippy::arithmetic_side_effects)]

use std::{collections::HashMap, fmt, sync::Arc};

use super::{
    JsonControlPlane, ModelError,
    file::stamp::FileStamp,
    rules::kind::{KeyHolder, ResourceKind},
    store::Store,
};
use crate::{
    model::{Key, KeyPair, KeyTimes, Resource, ResourceId, SiteEnvironmentId, StaticSiteId},
    provider::{ProviderError, Versioned},
};

/// All resources and keys of a generation. Generations can share unchanged values.
#[derive(Clone, Default)]
pub struct Everything {
    /// The resources, in order of the ids and without keys.
    pub resources: Vec<Resource>,
    /// The keys of subscriptions.
    pub subscription_keys: HashMap<ResourceId, Arc<KeyPair>>,
    /// The keys that sites hold, by the linked backend's id.
    pub site_keys: HashMap<ResourceId, Arc<Key>>,
}

impl Everything {
    /// Returns every well-formed resource of a type.
    pub fn of_type<T, E>(&self, resource_type: &str, read: impl Fn(&Resource) -> Result<T, E>) -> Vec<T> {
        let found = self.resources.iter().filter(|resource| resource.id().is_a(resource_type));
        found.filter_map(|resource| read(resource).ok()).collect()
    }
}

impl fmt::Debug for Everything {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Everything").field("resources", &self.resources).finish_non_exhaustive()
    }
}

/// The state of a model at a moment of a transaction.
pub struct Savepoint(Store);

impl JsonControlPlane {
    /// Returns the current metadata of the file. It costs one call of the file system.
    #[must_use]
    pub fn stamp(&self) -> FileStamp {
        self.path().map(FileStamp::of).unwrap_or_default()
    }

    /// Whether a resource exists. The production environment exists with its site.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Storage`] if the model cannot be read.
    pub fn exists(&self, id: &ResourceId) -> Result<bool, ProviderError> {
        self.read(|store| Ok(store.exists(id.lower_case())))
    }

    /// Reads a resource, as [`get`](crate::provider::Reads::get) does.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Storage`] if the model cannot be read.
    pub fn find(&self, id: &ResourceId) -> Result<Option<Versioned<Resource>>, ProviderError> {
        self.read(|store| Ok(store.get(id.lower_case())?))
    }

    /// Returns the resources of the collection `kind` of a resource, in order of the ids.
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
            let keys = store.children(&format!("{}/{}/", parent.lower_case(), kind.to_ascii_lowercase()));
            let found = keys.iter().map(|key| store.get(key));
            Ok(found.filter_map(Result::transpose).collect::<Result<_, _>>()?)
        })
    }

    /// Returns the ids of the sites, in order and without reading the sites.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Storage`] if the model cannot be read.
    pub fn site_ids(&self) -> Result<Vec<StaticSiteId>, ProviderError> {
        self.read(|store| Ok(ids(store, &store.of_kind(ResourceKind::Site))))
    }

    /// Returns the ids of the environments that have a record of their own, in order and without reading them.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Storage`] if the model cannot be read.
    pub fn environment_ids(&self, site: &StaticSiteId) -> Result<Vec<SiteEnvironmentId>, ProviderError> {
        self.read(|store| Ok(ids(store, &store.children(&format!("{}/builds/", site.lower_case())))))
    }

    /// Returns when the keys of each subscription were created, as far as the model records it.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Storage`] if the model cannot be read.
    pub fn all_key_times(&self) -> Result<Vec<(ResourceId, KeyTimes)>, ProviderError> {
        self.read(|store| Ok(store.all_key_times()?))
    }

    /// Returns when the keys of a subscription were created, as [`key_times`](crate::provider::Reads::key_times) does.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Storage`] if the model cannot be read.
    pub fn recorded_key_times(&self, id: &ResourceId) -> Result<KeyTimes, ProviderError> {
        self.read(|store| Ok(store.recorded(id.lower_case())?.times))
    }

    /// Returns every resource and every key.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Storage`] if the model cannot be read.
    pub fn everything(&self) -> Result<Everything, ProviderError> {
        self.read(|store| Ok(everything(store, store, &Everything::default())?))
    }

    /// Returns every resource and every key. Those whose text is the same in an `earlier` generation are taken from
    /// `known`, its parsed content, and are not parsed again.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Storage`] if the model cannot be read.
    pub fn everything_since(&self, earlier: &Self, known: &Everything) -> Result<Everything, ProviderError> {
        let earlier = earlier.state();
        self.read(|store| Ok(everything(store, &earlier.store, known)?))
    }

    /// Commits, and returns the metadata of the file and its content, without reading it. No other process commits to
    /// the file in between.
    ///
    /// # Errors
    ///
    /// Those of [`commit`](crate::provider::Writes::commit).
    pub fn commit_shared(&self) -> Result<(FileStamp, Self), ProviderError> {
        let (stamp, store) = self.commit_keeping()?;
        Ok((stamp, Self::over(None, store, Arc::clone(&self.ambient))))
    }

    /// Returns the current state of the model, for [`roll_back`](Self::roll_back).
    #[must_use]
    pub fn savepoint(&self) -> Savepoint {
        Savepoint(self.state().store.clone())
    }

    /// Undoes the changes of the current transaction since one of its savepoints.
    pub fn roll_back(&self, to: Savepoint) {
        self.state().store = to.0;
    }
}

/// Returns every resource that exists, as it is put, in order of the keys. A resource whose text is the same in an
/// earlier store is taken from the parsed resources of that store, which are in the same order.
fn resources(store: &Store, earlier: &Store, known: &[Resource]) -> Result<Vec<Resource>, ModelError> {
    let mut known = known.iter().peekable();
    let mut all = Vec::with_capacity(known.len());
    for (key, text) in store.document.resources.iter() {
        while known.next_if(|resource| resource.id().lower_case() < key).is_some() {}
        let same = known.peek().filter(|resource| {
            let before = earlier.document.resources.get(key).map(|text| earlier.document.text(text));
            resource.id().lower_case() == key && before == Some(store.document.text(text))
        });
        match same {
            Some(same) if store.can_exist(key, ResourceKind::of(key)) => all.push((*same).clone()),
            _ => all.extend(store.read(key)?.map(|found| found.value)),
        }
    }
    Ok(all)
}

/// Returns the ids of the resources with these keys, as the model spells them.
fn ids<T: TryFrom<ResourceId>>(store: &Store, keys: &[Box<str>]) -> Vec<T> {
    let ids = keys.iter().filter_map(|key| store.document.id(key));
    ids.filter_map(|id| T::try_from(id).ok()).collect()
}

/// Returns the recorded text for the keys of an id.
fn secret<'a>(store: &'a Store, key: &str) -> Option<&'a str> {
    store.document.secrets.get(key).map(|secret| store.document.text(&secret.text))
}

fn everything(store: &Store, earlier: &Store, known: &Everything) -> Result<Everything, ModelError> {
    let mut all =
        Everything { resources: resources(store, earlier, &known.resources)?, ..Everything::default() };
    for resource in &all.resources {
        let id = resource.id();
        let is_same = secret(store, id.lower_case()) == secret(earlier, id.lower_case());
        match ResourceKind::of(id.lower_case()).key_holder() {
            Some(KeyHolder::Subscription) => {
                let pair = match known.subscription_keys.get(id).filter(|_| is_same) {
                    Some(pair) => Some(Arc::clone(pair)),
                    None => store.recorded(id.lower_case())?.pair().map(Arc::new),
                };
                all.subscription_keys.extend(pair.map(|pair| (id.clone(), pair)));
            }
            Some(KeyHolder::LinkedBackend) => {
                let held = match known.site_keys.get(id).filter(|_| is_same) {
                    Some(held) => Some(Arc::clone(held)),
                    None => store.recorded(id.lower_case())?.primary.map(Arc::new),
                };
                all.site_keys.extend(held.map(|held| (id.clone(), held)));
            }
            None => {}
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Map, json};

    use super::*;
    use crate::{
        ambient::System,
        model::{ApimSubscriptionId, KeySlot},
        provider::{Expected, Writes as _},
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
        let pair = &all.subscription_keys[&id("/subscriptions/s")];
        let text = format!("{:?}", all.resources.iter().map(Resource::body).collect::<Vec<_>>());
        assert!(!text.contains(pair.primary.expose()) && !text.contains(pair.secondary.expose()));
        assert!(all.site_keys.is_empty());
    }

    #[tokio::test]
    async fn a_generation_shares_what_has_not_changed_with_an_earlier_one() {
        let plane = model().await;
        let (earlier, known) = (plane.snapshot().unwrap(), plane.everything().unwrap());
        put(&plane, "/products/q", json!({"displayName": "another"})).await;
        put(&plane, "/subscriptions/t", json!({"scope": "/products/q", "displayName": "t"})).await;
        for tail in ["/subscriptions/s", "/products/P"] {
            plane.delete(&id(tail), Expected::Anything).await.unwrap();
        }
        let all = plane.everything_since(&earlier, &known).unwrap();
        assert_eq!(all.resources, plane.everything().unwrap().resources);
        let body = |all: &Everything, tail: &str| {
            all.resources.iter().find(|it| *it.id() == id(tail)).map(|it| std::ptr::from_ref(it.body()))
        };
        assert!(body(&all, "").is_some() && body(&all, "") == body(&known, ""), "the service is shared");
        assert_ne!(body(&all, "/products/q"), body(&known, "/products/q"), "it has changed");
        assert_eq!(body(&all, "/products/p"), None, "it is gone");
        assert!(all.subscription_keys.contains_key(&id("/subscriptions/t")));
        assert!(!all.subscription_keys.contains_key(&id("/subscriptions/s")), "it is gone");
        let again = plane.everything_since(&plane.snapshot().unwrap(), &all).unwrap();
        let pair = |all: &Everything| Arc::as_ptr(&all.subscription_keys[&id("/subscriptions/t")]);
        assert_eq!(pair(&again), pair(&all));
    }

    #[tokio::test]
    async fn a_key_that_was_regenerated_is_not_taken_from_an_earlier_generation() {
        let plane = model().await;
        let (earlier, known) = (plane.snapshot().unwrap(), plane.everything().unwrap());
        let subscription = ApimSubscriptionId::try_from(id("/subscriptions/s")).unwrap();
        plane.regenerate(&subscription, KeySlot::Primary).await.unwrap();
        let all = plane.everything_since(&earlier, &known).unwrap();
        let (before, now) =
            (&known.subscription_keys[&*subscription], &all.subscription_keys[&*subscription]);
        assert!(before.primary != now.primary && before.secondary == now.secondary);
    }

    #[tokio::test]
    async fn the_file_is_read_again_only_after_another_process_has_written_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.json");
        let open = || JsonControlPlane::open(&path, Duration::ZERO, Arc::new(System)).unwrap();
        drop(JsonControlPlane::create(&path, "", Duration::ZERO, Arc::new(System)).unwrap());
        let (ours, theirs) = (open(), open());
        for tail in ["", "/products/p"] {
            ours.begin().await.unwrap();
            put(&ours, tail, json!({"displayName": "p"})).await;
            let (stamp, snapshot) = ours.commit_shared().unwrap();
            assert_eq!(stamp, ours.stamp());
            assert_eq!(snapshot.generation(), open().generation());
            assert!(snapshot.exists(&id(tail)).unwrap() && open().exists(&id(tail)).unwrap());
        }
        theirs.begin().await.unwrap();
        put(&theirs, "/products/q", json!({"displayName": "q"})).await;
        theirs.commit().await.unwrap();
        ours.begin().await.unwrap();
        assert!(ours.exists(&id("/products/q")).unwrap(), "it is not overwritten");
        let (_, snapshot) = ours.commit_shared().unwrap();
        assert_eq!(snapshot.generation(), open().generation());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_file_that_looks_the_same_from_outside_is_read_if_it_begins_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.json");
        let plane = JsonControlPlane::create(&path, "", Duration::ZERO, Arc::new(System)).unwrap();
        plane.begin().await.unwrap();
        put(&plane, "", json!({})).await;
        let (stamp, _) = plane.commit_shared().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
        let other = text.replace("\"serial\":2", "\"serial\":3");
        assert_ne!(text, other);
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        std::io::Write::write_all(&mut &file, other.as_bytes()).unwrap();
        file.set_modified(modified).unwrap();
        assert_eq!(plane.stamp(), stamp);
        plane.begin().await.unwrap();
        assert_eq!(plane.generation().1, 3);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_file_that_is_as_it_was_written_is_not_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.json");
        let plane = JsonControlPlane::create(&path, "", Duration::ZERO, Arc::new(System)).unwrap();
        plane.begin().await.unwrap();
        put(&plane, "", json!({"description": "x".repeat(4096)})).await;
        let (stamp, _) = plane.commit_shared().unwrap();
        // The end of the file is damaged so that only reading it shows the damage.
        let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        std::os::unix::fs::FileExt::write_at(&file, b"?", file.metadata().unwrap().len() - 2).unwrap();
        file.set_modified(modified).unwrap();
        assert_eq!(plane.stamp(), stamp);
        plane.begin().await.unwrap();
        assert!(plane.exists(&id("")).unwrap());
        file.set_modified(modified + Duration::from_secs(1)).unwrap();
        assert!(plane.begin().await.is_err(), "it is read when its time has changed");
    }

    #[tokio::test]
    async fn changes_since_a_savepoint_can_be_undone_and_earlier_changes_stay() {
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
