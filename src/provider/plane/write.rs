//! Changing a control plane.

use async_trait::async_trait;

use super::{ETag, Reads};
use crate::{
    model::{ApimSubscriptionId, KeyPair, KeySlot, Resource, ResourceId},
    provider::ProviderError,
};

/// The condition on a resource under which a change is carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// No condition: the resource may exist or not, with any version.
    Anything,
    /// The resource does not exist.
    Absent,
    /// The resource still has this version.
    Unchanged(ETag),
}

/// Changes a control plane. Every implementation passes the suite in `tests/contract`.
#[async_trait]
pub trait Writes: Reads {
    /// Creates or replaces a resource, and returns when its state is terminal; a stale `expected` is a
    /// [`ProviderError::Conflict`].
    ///
    /// A subscription that is created gets two new keys. A linked backend receives a copy of the primary key of the
    /// link's subscription, each time it is put.
    async fn put(&self, resource: Resource, expected: Expected) -> Result<ETag, ProviderError>;

    /// Checks whether a resource could be put, if the control plane supports that. Nothing is changed.
    async fn validate(&self, resource: &Resource) -> Result<(), ProviderError> {
        let _ = resource;
        Ok(())
    }

    /// Deletes a resource and its children. Deleting a missing resource succeeds. A product that still has
    /// subscriptions is [`ProviderError::Rejected`].
    async fn delete(&self, id: &ResourceId, expected: Expected) -> Result<(), ProviderError>;

    /// Replaces both keys of a subscription at once; a stale `expected` is a [`ProviderError::Conflict`].
    async fn set_keys(
        &self,
        id: &ApimSubscriptionId,
        keys: KeyPair,
        expected: Expected,
    ) -> Result<ETag, ProviderError>;

    /// Generates a new key in a slot. Not repeatable: each call invalidates the previous key.
    async fn regenerate(&self, id: &ApimSubscriptionId, slot: KeySlot) -> Result<(), ProviderError>;

    /// Begins a transaction, if the control plane supports transactions: after this, reads are current and no other
    /// process writes until [`commit`](Self::commit).
    async fn begin(&self) -> Result<(), ProviderError> {
        Ok(())
    }

    /// Makes all changes since [`begin`](Self::begin) durable, or none of them, and lets other processes write again.
    async fn commit(&self) -> Result<(), ProviderError> {
        Ok(())
    }
}
