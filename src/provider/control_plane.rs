//! What the engine needs of a control plane.

use std::fmt::{self, Debug};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::ProviderError;
use crate::model::{
    Address, ApiId, ApimServiceId, ApimSubscriptionId, Key, KeyPair, KeySlot, LinkedBackendId, Permissions,
    ProductId, Resource, ResourceId, SiteEnvironmentId, SiteKey, StaticSiteId,
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

/// What has to hold of a resource for a change to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing: the change is made whatever is there.
    Anything,
    /// It does not exist.
    Absent,
    /// It still has this version.
    Unchanged(ETag),
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

/// Whether what the caller sees is all that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// There is nothing else.
    Everything,
    /// There may be more, which the caller has no right to see: it looks as if it did not exist.
    WhatIsAllowed,
}

/// Whether a command's changes can be made as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transactions {
    /// Between `begin` and `commit` nobody else writes, and all becomes durable at once.
    Whole,
    /// Each change stands by itself, and others may write in between.
    None,
}

/// How closely things are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Each by itself, its keys too.
    Whole,
    /// Many on a page: no keys, and a linked backend as it stands in its site, whose name is not told there.
    ByPage,
}

/// What a gateway said to a request with a key and no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GatewayAnswer {
    /// It accepted the key: what it went on to object to was something else.
    Accepted,
    /// It accepted the key, and asked for nothing else.
    LetIn,
    /// It does not accept the key.
    KeyRefused,
    /// It serves nothing there, whatever the key.
    NothingThere,
    /// It said something else, or nothing. The text tells what, for people.
    Unclear(String),
}

/// A control plane. Every implementation passes the suite in `tests/contract`.
///
/// The children of a resource that does not exist do not exist either, and a resource that is created
/// has none.
#[async_trait]
pub trait ControlPlane: Debug + Send + Sync {
    /// Reads a resource. Absence is an answer, not an error.
    async fn get(&self, id: &ResourceId) -> Result<Option<Versioned<Resource>>, ProviderError>;

    /// Lists a collection, in order of the ids. A collection of what does not exist is empty.
    async fn list(&self, collection: &Collection) -> Result<Vec<Versioned<Resource>>, ProviderError>;

    /// Creates or replaces a resource, and returns once that is terminal; a stale `expected` is a
    /// [`ProviderError::Conflict`].
    ///
    /// A subscription that is created gets two fresh keys. A linked backend takes a copy of the primary
    /// key of the link's subscription, each time it is put.
    async fn put(&self, resource: Resource, expected: Expected) -> Result<ETag, ProviderError>;

    /// Asks whether a resource could be put, where the control plane can tell beforehand. Nothing is changed.
    async fn validate(&self, resource: &Resource) -> Result<(), ProviderError> {
        let _ = resource;
        Ok(())
    }

    /// Deletes a resource and its children. Deleting what is absent succeeds. A product that still has
    /// subscriptions is [`ProviderError::Rejected`].
    async fn delete(&self, id: &ResourceId, expected: Expected) -> Result<(), ProviderError>;

    /// Reads the keys of a subscription; `None` if it does not exist, or nothing is known of its keys.
    async fn keys(&self, id: &ApimSubscriptionId) -> Result<Option<Versioned<KeyPair>>, ProviderError>;

    /// How closely things are looked at here.
    fn depth(&self) -> Depth {
        Depth::Whole
    }

    /// Whether a key that is not known here does not exist. A snapshot is taken without keys.
    fn knows_every_key(&self) -> bool {
        true
    }

    /// Replaces both keys of a subscription at once; a stale `expected` is a [`ProviderError::Conflict`].
    async fn set_keys(
        &self,
        id: &ApimSubscriptionId,
        keys: KeyPair,
        expected: Expected,
    ) -> Result<ETag, ProviderError>;

    /// Puts a fresh key into a slot. Not repeatable: each call ends the life of the key that was there.
    async fn regenerate(&self, id: &ApimSubscriptionId, slot: KeySlot) -> Result<(), ProviderError>;

    /// What is known of the key that the site sends to its linked backend.
    async fn site_key(&self, id: &LinkedBackendId) -> Result<SiteKey, ProviderError>;

    /// Asks a service's gateway whether it accepts a key. A gateway has many nodes, and each call may reach
    /// another one.
    async fn ask_gateway(&self, address: &Address, key: &Key) -> GatewayAnswer {
        let _ = (address, key);
        GatewayAnswer::Unclear("there is no gateway".to_owned())
    }

    /// Whether what the caller sees is all that there is.
    fn sight(&self) -> Sight {
        Sight::Everything
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

    /// What the caller may do in a scope; `None` where nobody is asked who is calling.
    async fn permissions(&self, scope: &ResourceId) -> Result<Option<Permissions>, ProviderError> {
        let _ = scope;
        Ok(None)
    }

    /// Whether [`begin`](Self::begin) and [`commit`](Self::commit) do anything.
    fn transactions(&self) -> Transactions {
        Transactions::None
    }

    /// Makes what follows one transaction, where the control plane knows transactions: after this, reads
    /// are current and nobody else writes until [`commit`](Self::commit).
    async fn begin(&self) -> Result<(), ProviderError> {
        Ok(())
    }

    /// Makes durable what was done since [`begin`](Self::begin), all of it or nothing, and lets others
    /// write again.
    async fn commit(&self) -> Result<(), ProviderError> {
        Ok(())
    }
}
