//! A control plane that passes everything on to another one, except for what it meddles with.

use std::fmt::Debug;

use async_trait::async_trait;
use swa_apim::{
    model::{ApimSubscriptionId, KeyPair, KeySlot, LinkedBackendId, Resource, ResourceId, SiteKey},
    provider::{Collection, ETag, Expected, Gateways, Grants, ProviderError, Reads, Versioned, Writes},
};

/// What is done otherwise. Each function stands for the one of the traits with the same name.
#[async_trait]
pub(crate) trait Meddler: Debug + Send + Sync {
    /// The control plane that everything else is passed on to.
    fn inner(&self) -> &dyn Writes;

    async fn get(&self, id: &ResourceId) -> Result<Option<Versioned<Resource>>, ProviderError> {
        self.inner().get(id).await
    }

    async fn list(&self, collection: &Collection) -> Result<Vec<Versioned<Resource>>, ProviderError> {
        self.inner().list(collection).await
    }

    async fn put(&self, resource: Resource, expected: Expected) -> Result<ETag, ProviderError> {
        self.inner().put(resource, expected).await
    }

    async fn delete(&self, id: &ResourceId, expected: Expected) -> Result<(), ProviderError> {
        self.inner().delete(id, expected).await
    }

    async fn set_keys(
        &self,
        id: &ApimSubscriptionId,
        keys: KeyPair,
        expected: Expected,
    ) -> Result<ETag, ProviderError> {
        self.inner().set_keys(id, keys, expected).await
    }

    async fn regenerate(&self, id: &ApimSubscriptionId, slot: KeySlot) -> Result<(), ProviderError> {
        self.inner().regenerate(id, slot).await
    }
}

/// A control plane with a meddler.
#[derive(Debug)]
pub(crate) struct Through<M>(pub(crate) M);

#[async_trait]
impl<M: Meddler> Reads for Through<M> {
    async fn get(&self, id: &ResourceId) -> Result<Option<Versioned<Resource>>, ProviderError> {
        self.0.get(id).await
    }

    async fn list(&self, collection: &Collection) -> Result<Vec<Versioned<Resource>>, ProviderError> {
        self.0.list(collection).await
    }

    async fn keys(&self, id: &ApimSubscriptionId) -> Result<Option<Versioned<KeyPair>>, ProviderError> {
        self.0.inner().keys(id).await
    }

    async fn site_key(&self, id: &LinkedBackendId) -> Result<SiteKey, ProviderError> {
        self.0.inner().site_key(id).await
    }
}

#[async_trait]
impl<M: Meddler> Writes for Through<M> {
    async fn put(&self, resource: Resource, expected: Expected) -> Result<ETag, ProviderError> {
        self.0.put(resource, expected).await
    }

    async fn delete(&self, id: &ResourceId, expected: Expected) -> Result<(), ProviderError> {
        self.0.delete(id, expected).await
    }

    async fn set_keys(
        &self,
        id: &ApimSubscriptionId,
        keys: KeyPair,
        expected: Expected,
    ) -> Result<ETag, ProviderError> {
        self.0.set_keys(id, keys, expected).await
    }

    async fn regenerate(&self, id: &ApimSubscriptionId, slot: KeySlot) -> Result<(), ProviderError> {
        self.0.regenerate(id, slot).await
    }
}

impl<M: Meddler> Gateways for Through<M> {}

impl<M: Meddler> Grants for Through<M> {}
