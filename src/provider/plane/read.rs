//! Reading a control plane.

use std::fmt::{self, Debug};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Capabilities;
use crate::{
    model::{
        ApiId, ApimServiceId, ApimSubscriptionId, KeyPair, LinkedBackendId, ProductId, Resource, ResourceId,
        SiteEnvironmentId, SiteKey, StaticSiteId,
    },
    provider::ProviderError,
};

/// A version of a resource: equal as long as nothing about it has changed, keys included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ETag(String);

impl ETag {
    /// Takes an entity tag as the control plane wrote it, quotes included.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The tag as the control plane wrote it.
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

/// A value together with the version that it was read at.
#[derive(Clone, Debug, PartialEq)]
pub struct Versioned<T> {
    /// What was read.
    pub value: T,
    /// The version that it had then.
    pub etag: ETag,
}

/// A set of resources that can be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Collection {
    /// Every static site that the caller can see.
    StaticSites,
    /// The same, asked of each Azure subscription itself: no index is in between that is behind.
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
    /// The subscriptions of a service, whatever their scope.
    Subscriptions(ApimServiceId),
    /// The subscriptions whose scope is the product; empty where the product does not exist.
    ProductSubscriptions(ProductId),
}

/// What reads a control plane. Every implementation passes the suite in `tests/contract`.
///
/// The children of a resource that does not exist do not exist either, and a resource that is created
/// has none.
#[async_trait]
pub trait Reads: Debug + Send + Sync {
    /// Reads a resource. Absence is an answer, not an error.
    async fn get(&self, id: &ResourceId) -> Result<Option<Versioned<Resource>>, ProviderError>;

    /// Lists a collection, in order of the ids. A collection of what does not exist is empty.
    async fn list(&self, collection: &Collection) -> Result<Vec<Versioned<Resource>>, ProviderError>;

    /// Reads the keys of a subscription; `None` if it does not exist, if nothing is known of its keys, or if keys are
    /// not read here.
    async fn keys(&self, id: &ApimSubscriptionId) -> Result<Option<Versioned<KeyPair>>, ProviderError> {
        let _ = id;
        Ok(None)
    }

    /// What is known of the key that the site sends to its linked backend.
    async fn site_key(&self, id: &LinkedBackendId) -> Result<SiteKey, ProviderError> {
        let _ = id;
        Ok(SiteKey::Hidden)
    }

    /// What can be expected of it. It may change while resources are read.
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    /// Whether a resource would be seen here if it existed: one of a type, and in a place, that this control
    /// plane knows about. Of any other resource, not to find it says nothing.
    fn would_see(&self, id: &ResourceId) -> bool {
        id.is_a(ApimServiceId::TYPE)
    }

    /// The resource group of a resource, if it was reported as missing while the resource was read.
    fn missing_group(&self, id: &ResourceId) -> Option<ResourceId> {
        let _ = id;
        None
    }
}
