//! The resource groups and Azure subscriptions that remain when their last resource is deleted.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::model::ResourceId;

/// The resource groups and Azure subscriptions that have contained a resource since the emulator started. In Azure, they
/// exist until they are deleted; the model has them only as a part of the ids of their resources.
#[derive(Debug, Default)]
pub(super) struct EmptiedScopes(Mutex<Emptied>);

#[derive(Debug, Default)]
struct Emptied {
    groups: BTreeSet<ResourceId>,
    /// In lower case.
    azure_subscriptions: BTreeSet<String>,
}

impl EmptiedScopes {
    fn locked(&self) -> MutexGuard<'_, Emptied> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the scopes of a resource that is about to be deleted.
    pub(super) fn keep(&self, group: Option<ResourceId>, azure_subscription: &str) {
        let mut emptied = self.locked();
        emptied.groups.extend(group);
        emptied.azure_subscriptions.insert(azure_subscription.to_ascii_lowercase());
    }

    /// Ends a resource group that is deleted itself.
    pub(super) fn end(&self, group: &ResourceId) {
        self.locked().groups.remove(group);
    }

    /// Returns the groups of an Azure subscription.
    pub(super) fn groups(&self, azure_subscription: &str) -> Vec<ResourceId> {
        let is_in = |it: &&ResourceId| it.azure_subscription().eq_ignore_ascii_case(azure_subscription);
        self.locked().groups.iter().filter(is_in).cloned().collect()
    }

    pub(super) fn azure_subscriptions(&self) -> BTreeSet<String> {
        self.locked().azure_subscriptions.clone()
    }
}
