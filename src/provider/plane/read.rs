//! Reading a control plane.

use std::fmt::{self, Debug};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Capabilities;
use crate::{
    model::{
        ApiId, ApimServiceId, ApimSubscriptionId, KeyPair, KeyTimes, LinkedBackendId, ProductId, Resource,
        ResourceId, SiteEnvironmentId, SiteKey, StaticSiteId,
    },
    provider::ProviderError,
};

/// A version of a resource: two are equal as long as nothing in the resource has changed, including its keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ETag(String);

impl ETag {
    /// Creates an entity tag from the text of the control plane, including quotes.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the tag as the control plane wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A value with the version at which it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Versioned<T> {
    /// The value.
    pub value: T,
    /// The version of the value.
    pub etag: ETag,
}

/// A set of resources that can be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Collection {
    /// Every static site that the caller can see.
    StaticSites,
    /// The same, with a request to each Azure subscription itself instead of an index that may be out of date.
    StaticSitesOfEach,
    /// Every API Management service that the caller can see.
    Services,
    /// The environments of a site that have a record of their own.
    SiteEnvironments(StaticSiteId),
    /// The linked backends of a site environment.
    LinkedBackends(SiteEnvironmentId),
    /// The APIs of a service.
    Apis(ApimServiceId),
    /// The products that an API is in.
    ApiProducts(ApiId),
    /// The products of a service.
    Products(ApimServiceId),
    /// The products of a service that have this display name.
    ProductsNamed(ApimServiceId, String),
    /// The APIs in a product; empty where the product does not exist.
    ProductApis(ProductId),
    /// The operations of an API.
    ApiOperations(ApiId),
    /// The subscriptions of a service, with any scope.
    Subscriptions(ApimServiceId),
    /// The subscriptions whose scope is the product; empty where the product does not exist.
    ProductSubscriptions(ProductId),
}

/// Reads a control plane. Every implementation passes the suite in `tests/contract`.
///
/// The children of a resource that does not exist do not exist either, and a resource that is created has none.
#[async_trait]
pub trait Reads: Debug + Send + Sync {
    /// Reads a resource. Returns `None` if it does not exist.
    async fn get(&self, id: &ResourceId) -> Result<Option<Versioned<Resource>>, ProviderError>;

    /// Lists a collection, in order of the ids. A collection of a missing resource is empty.
    async fn list(&self, collection: &Collection) -> Result<Vec<Versioned<Resource>>, ProviderError>;

    /// Like [`list`](Self::list), but returns `None` if the control plane answers that the resource with this collection
    /// does not exist. An implementation for which that answer is not another one than the empty list returns the list.
    async fn list_if_there(
        &self,
        collection: &Collection,
    ) -> Result<Option<Vec<Versioned<Resource>>>, ProviderError> {
        self.list(collection).await.map(Some)
    }

    /// Reads the keys of a subscription. Returns `None` if it does not exist, if its keys are unknown, or if this
    /// implementation does not read keys.
    async fn keys(&self, id: &ApimSubscriptionId) -> Result<Option<Versioned<KeyPair>>, ProviderError> {
        let _ = id;
        Ok(None)
    }

    /// Returns when each key of a subscription was created, as far as the control plane keeps that with the keys.
    async fn key_times(&self, id: &ApimSubscriptionId) -> Result<KeyTimes, ProviderError> {
        let _ = id;
        Ok(KeyTimes::default())
    }

    /// Returns the known facts about the key that the site sends to its linked backend.
    async fn site_key(&self, id: &LinkedBackendId) -> Result<SiteKey, ProviderError> {
        let _ = id;
        Ok(SiteKey::Hidden)
    }

    /// Checks whether a resource could be put, if the control plane supports that. Nothing is changed.
    async fn validate(&self, resource: &Resource) -> Result<(), ProviderError> {
        let _ = resource;
        Ok(())
    }

    /// Returns the capabilities of the control plane. They may change while resources are read.
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    /// Whether a resource would be seen here if it existed, because this control plane knows its type and its place.
    /// For any other resource, a failed search proves nothing.
    fn would_see(&self, id: &ResourceId) -> bool {
        id.is_a(ApimServiceId::TYPE)
    }

    /// Returns the resource group of a resource, if it was reported as missing while the resource was read.
    fn missing_group(&self, id: &ResourceId) -> Option<ResourceId> {
        let _ = id;
        None
    }
}
