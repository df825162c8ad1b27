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

/// The permission to change resources.
///
/// Code that has none can only read: a control plane that writes, and the controls of an emulator, are given in exchange
/// for it. Only the command line grants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteAccess(());

impl WriteAccess {
    /// Grants the permission.
    #[must_use]
    pub const fn grant() -> Self {
        Self(())
    }
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

    /// Generates a new key in a slot. Not repeatable: each call invalidates the previous key. It has no condition, so the
    /// engine replaces keys with [`set_keys`](Self::set_keys) instead.
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
