//! Changing a control plane.

use async_trait::async_trait;

use super::{ETag, Reads};
use crate::{
    model::{ApimSubscriptionId, KeyPair, KeySlot, Resource, ResourceId},
    provider::ProviderError,
};

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

/// What changes a control plane. Every implementation passes the suite in `tests/contract`.
#[async_trait]
pub trait Writes: Reads {
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

    /// Replaces both keys of a subscription at once; a stale `expected` is a [`ProviderError::Conflict`].
    async fn set_keys(
        &self,
        id: &ApimSubscriptionId,
        keys: KeyPair,
        expected: Expected,
    ) -> Result<ETag, ProviderError>;

    /// Puts a fresh key into a slot. Not repeatable: each call ends the life of the key that was there.
    async fn regenerate(&self, id: &ApimSubscriptionId, slot: KeySlot) -> Result<(), ProviderError>;

    /// Makes what follows one transaction, where the control plane knows transactions: after this, reads
    /// are current and no other process writes until [`commit`](Self::commit).
    async fn begin(&self) -> Result<(), ProviderError> {
        Ok(())
    }

    /// Makes durable what was done since [`begin`](Self::begin), all of it or nothing, and lets other processes
    /// write again.
    async fn commit(&self) -> Result<(), ProviderError> {
        Ok(())
    }
}
