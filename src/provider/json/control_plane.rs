//! The model as a control plane.

use std::{
    fmt,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use serde_json::Value;

use super::{
    ImportError, Imported, ModelError, Pages,
    file::{
        disk::RealDisk,
        transaction::{ModelFile, State},
    },
    import,
    rules::put::PutOrigin,
    store::Store,
    text::{document::ModelDocument, parsed::ParsedModels},
};
use crate::{
    ambient::Ambient,
    model::{
        ApimServiceId, ApimSubscriptionId, KeyPair, KeySlot, KeyTimes, LinkedBackendId, Resource, ResourceId,
        SiteKey,
    },
    provider::{
        Capabilities, Collection, ETag, Expected, Gateways, Grants, ProviderError, Reads, Transactions,
        Versioned, Writes,
    },
};

/// A control plane in one JSON file, or only in memory.
///
/// Reads return the generation that was opened, or that the last [`begin`](Writes::begin) or [`refresh`](Self::refresh)
/// found. One value has at most one transaction at a time; a `begin` without a `commit` of the previous transaction
/// abandons that one.
pub struct JsonControlPlane {
    pub(super) file: Option<ModelFile>,
    pub(super) ambient: Arc<dyn Ambient>,
    state: Mutex<State>,
}

impl fmt::Debug for JsonControlPlane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonControlPlane").field("path", &self.path()).finish_non_exhaustive()
    }
}

impl JsonControlPlane {
    /// Opens a model, without locking it. A transaction waits at most `lock_wait` for other processes.
    ///
    /// # Errors
    ///
    /// [`ModelError`] if there is none at `path`, or it cannot be read or parsed.
    pub fn open(path: &Path, lock_wait: Duration, ambient: Arc<dyn Ambient>) -> Result<Self, ModelError> {
        Self::open_again(path, lock_wait, ambient, &ParsedModels::default())
    }

    /// Opens a model like [`open`](Self::open). Resources that are the same as when it was `parsed` last are not
    /// parsed again.
    ///
    /// # Errors
    ///
    /// [`ModelError`], as [`open`](Self::open).
    pub fn open_again(
        path: &Path,
        lock_wait: Duration,
        ambient: Arc<dyn Ambient>,
        parsed: &ParsedModels,
    ) -> Result<Self, ModelError> {
        let file = ModelFile::at(path, lock_wait, Box::new(RealDisk))?;
        let store = file.load(parsed)?;
        Ok(Self::over(Some(file), store, ambient))
    }

    /// Creates a model with the resources and secrets of the document `initial`, or an empty one, unless it exists;
    /// then opens it.
    ///
    /// # Errors
    ///
    /// [`ModelError`] if `initial` is not a model, or the file or its directory cannot be created.
    pub fn create(
        path: &Path,
        initial: &str,
        lock_wait: Duration,
        ambient: Arc<dyn Ambient>,
    ) -> Result<Self, ModelError> {
        ModelFile::at(path, lock_wait, Box::new(RealDisk))?.create(initial, &*ambient)?;
        Self::open(path, lock_wait, ambient)
    }

    /// Returns an empty model without a file. It needs no transactions.
    #[must_use]
    pub fn in_memory(ambient: Arc<dyn Ambient>) -> Self {
        let mut document = ModelDocument::empty(Path::new("(in memory)"));
        document.lineage = ambient.unguessable().to_string();
        Self::over(None, Store::new(document), ambient)
    }

    /// Returns the model of a document, without a file. It needs no transactions.
    ///
    /// # Errors
    ///
    /// [`ModelError`] if the document is not a model.
    pub fn of_document(document: &str, ambient: Arc<dyn Ambient>) -> Result<Self, ModelError> {
        let document = ModelDocument::parse(document.as_bytes().to_vec(), Path::new("(in memory)"))?;
        Ok(Self::over(None, Store::new(document), ambient))
    }

    pub(super) fn over(file: Option<ModelFile>, store: Store, ambient: Arc<dyn Ambient>) -> Self {
        Self { file, ambient, state: Mutex::new(State::new(store)) }
    }

    /// Returns a copy of the model in memory, without its file, so that another thread can read it without waiting for
    /// this one.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Storage`] if the model cannot be read.
    pub fn snapshot(&self) -> Result<Self, ProviderError> {
        let mut state = self.state();
        state.refresh(self.file.as_ref())?;
        Ok(Self::over(None, state.store.clone(), Arc::clone(&self.ambient)))
    }

    /// Returns the path of the file, with symbolic links resolved.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.file.as_ref().map(ModelFile::path)
    }

    /// Returns the lineage and the serial of the generation that reads return.
    #[must_use]
    pub fn generation(&self) -> (String, u64) {
        let mut state = self.state();
        // if the model cannot be read, the next read of a resource reports it
        let _ = state.refresh(self.file.as_ref());
        (state.store.document.lineage.clone(), state.store.document.serial)
    }

    /// Makes the next read return the current content of the file.
    pub fn refresh(&self) {
        self.state().let_go_stale();
    }

    /// Returns every resource, in order of the ids and without keys.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Storage`] if the model cannot be read.
    pub fn resources(&self) -> Result<Vec<Resource>, ProviderError> {
        let mut all = self.read(|store| Ok(store.all()?))?;
        for resource in &mut all {
            // an import may have added fields that were not known to be secrets
            drop(resource.take_secrets());
        }
        Ok(all)
    }

    /// Puts every resource of an array, of a list answer of ARM, of the `az` output of either, or of an array of those,
    /// under its id: all of them or none. Fields of an existing resource that an element does not have are kept. The
    /// caller begins and commits the transaction.
    ///
    /// # Errors
    ///
    /// [`ImportError`], naming the element that does not fit, or the list of which pages are missing.
    pub fn import(&self, resources: Value) -> Result<Imported, ImportError> {
        self.import_pages(resources, Pages::Complete)
    }

    /// Imports like [`import`](Self::import), but can accept a list of which pages are missing.
    ///
    /// # Errors
    ///
    /// [`ImportError`], as [`import`](Self::import).
    pub fn import_pages(&self, resources: Value, pages: Pages) -> Result<Imported, ImportError> {
        self.import_withholding(resources, pages).map(|(report, _)| report)
    }

    /// Imports like [`import_pages`](Self::import_pages), and also returns the fields that were left out as secrets,
    /// each with the id of its resource.
    ///
    /// # Errors
    ///
    /// [`ImportError`], as [`import`](Self::import).
    pub fn import_withholding(
        &self,
        resources: Value,
        pages: Pages,
    ) -> Result<(Imported, Vec<String>), ImportError> {
        let mut elements = import::elements(resources, pages)?;
        let withheld = std::mem::take(&mut elements.withheld);
        let mut state = self.changeable().map_err(ImportError::Storage)?;
        let before = state.store.clone();
        let put = import::put_all(&mut state.store, elements, &*self.ambient);
        put.map(|report| (report, withheld)).inspect_err(|_| state.store = before)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // every change is checked before it is written, so a panic leaves no partial change
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&mut Store) -> Result<T, ProviderError>,
    ) -> Result<T, ProviderError> {
        let mut state = self.state();
        state.refresh(self.file.as_ref())?;
        read(&mut state.store)
    }

    fn change<T>(
        &self,
        change: impl FnOnce(&mut Store) -> Result<T, ProviderError>,
    ) -> Result<T, ProviderError> {
        change(&mut self.changeable()?.store)
    }

    pub(super) fn changeable(&self) -> Result<MutexGuard<'_, State>, ProviderError> {
        let state = self.state();
        if self.file.is_some() && !state.is_locked() {
            return Err(ModelError::NoTransaction.into());
        }
        Ok(state)
    }
}

#[async_trait]
impl Reads for JsonControlPlane {
    async fn get(&self, id: &ResourceId) -> Result<Option<Versioned<Resource>>, ProviderError> {
        self.read(|store| Ok(store.get(id.lower_case())?))
    }

    async fn list(&self, collection: &Collection) -> Result<Vec<Versioned<Resource>>, ProviderError> {
        self.read(|store| Ok(store.list(collection)?))
    }

    async fn keys(&self, id: &ApimSubscriptionId) -> Result<Option<Versioned<KeyPair>>, ProviderError> {
        self.read(|store| {
            let Some(Versioned { etag, .. }) = store.read(id.lower_case())? else { return Ok(None) };
            Ok(store.recorded(id.lower_case())?.pair().map(|value| Versioned { value, etag }))
        })
    }

    async fn key_times(&self, id: &ApimSubscriptionId) -> Result<KeyTimes, ProviderError> {
        self.recorded_key_times(id)
    }

    async fn site_key(&self, id: &LinkedBackendId) -> Result<SiteKey, ProviderError> {
        self.read(|store| {
            if !store.exists(id.lower_case()) {
                return Ok(SiteKey::Absent);
            }
            let unrecorded = if store.lacks_keys() { SiteKey::Hidden } else { SiteKey::Absent };
            let held = store.recorded(id.lower_case())?.primary;
            Ok(held.map_or(unrecorded, |key| SiteKey::Held(key.fingerprint())))
        })
    }

    fn capabilities(&self) -> Capabilities {
        let knows_every_key = !self.state().store.lacks_keys();
        Capabilities { transactions: Transactions::Whole, knows_every_key, ..Capabilities::default() }
    }

    /// A model sees the services of the Azure subscriptions of which it has resources.
    fn would_see(&self, id: &ResourceId) -> bool {
        let azure_subscription = format!("/subscriptions/{}/", id.azure_subscription().to_ascii_lowercase());
        id.is_a(ApimServiceId::TYPE) && self.state().store.has_below(&azure_subscription)
    }
}

#[async_trait]
impl Writes for JsonControlPlane {
    async fn put(&self, resource: Resource, expected: Expected) -> Result<ETag, ProviderError> {
        self.change(|store| store.put(resource, &expected, PutOrigin::Request, &*self.ambient))
    }

    async fn delete(&self, id: &ResourceId, expected: Expected) -> Result<(), ProviderError> {
        self.change(|store| store.delete(id, &expected))
    }

    async fn set_keys(
        &self,
        id: &ApimSubscriptionId,
        keys: KeyPair,
        expected: Expected,
    ) -> Result<ETag, ProviderError> {
        self.change(|store| store.set_keys(id, &keys, &expected, &*self.ambient))
    }

    async fn regenerate(&self, id: &ApimSubscriptionId, slot: KeySlot) -> Result<(), ProviderError> {
        self.change(|store| store.regenerate(id, slot, &*self.ambient))
    }

    async fn begin(&self) -> Result<(), ProviderError> {
        Ok(self.begin_transaction().await?)
    }

    async fn commit(&self) -> Result<(), ProviderError> {
        Ok(self.commit_transaction()?)
    }
}

/// A model has no gateways.
impl Gateways for JsonControlPlane {}

/// A model permits every action to every caller.
impl Grants for JsonControlPlane {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ambient::System;

    #[tokio::test]
    async fn a_model_sees_the_services_of_the_subscriptions_that_it_has_resources_of() {
        let plane = JsonControlPlane::in_memory(Arc::new(System));
        let service = |azure_subscription: &str, kind: &str| {
            let id = format!("/subscriptions/{azure_subscription}/resourceGroups/rg/providers/{kind}/x");
            ResourceId::parse(&id).unwrap()
        };
        let site = Resource::from_value(json!({"id": service("S", "Microsoft.Web/staticSites").as_str(),
            "sku": {"name": "Standard"}, "properties": {"defaultHostname": "shop.azurestaticapps.net"}}));
        plane.put(site.unwrap(), Expected::Absent).await.unwrap();
        assert!(plane.would_see(&service("s", ApimServiceId::TYPE)));
        assert!(!plane.would_see(&service("another", ApimServiceId::TYPE)));
        assert!(!plane.would_see(&service("s", "Microsoft.Web/sites")));
    }
}
