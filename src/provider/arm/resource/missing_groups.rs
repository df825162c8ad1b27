//! Resource groups that Resource Manager has reported as missing.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use crate::model::ResourceId;

/// The resource groups that Resource Manager has reported as missing, by their keys.
#[derive(Debug, Default)]
pub(crate) struct MissingGroups(Mutex<HashSet<String>>);

impl MissingGroups {
    pub(super) fn note(&self, id: &ResourceId) {
        if let Some(group) = group_of(id) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(group.lower_case().to_owned());
        }
    }

    /// Returns the group of a resource, if it was reported as missing.
    pub(crate) fn of(&self, id: &ResourceId) -> Option<ResourceId> {
        let missing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        group_of(id).filter(|group| missing.contains(group.lower_case()))
    }
}

/// Returns the resource group of a resource.
fn group_of(id: &ResourceId) -> Option<ResourceId> {
    ResourceId::resource_group(id.azure_subscription(), id.group()?).ok()
}
