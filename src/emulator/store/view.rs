//! What the data plane has to know of a generation of the model.

use std::{collections::HashMap, fmt};

use crate::{
    model::{Key, KeyPair, Resource},
    provider::json::Everything,
};

/// Every resource of one generation, and every key.
#[derive(Default)]
pub(in crate::emulator) struct ModelView {
    /// The resources, in order of the ids.
    pub resources: Vec<Resource>,
    /// The keys of subscriptions, by the key of the id.
    pub subscription_keys: HashMap<String, KeyPair>,
    /// The keys that sites send, by the key of the linked backend's id.
    pub site_keys: HashMap<String, Key>,
}

impl ModelView {
    /// The same, with the memory of an earlier generation for the resources that have not changed since.
    pub(in crate::emulator) fn sharing(mut self, earlier: &Self) -> Self {
        let known: HashMap<&str, &Resource> =
            earlier.resources.iter().map(|it| (it.id().key(), it)).collect();
        for resource in &mut self.resources {
            if let Some(same) = known.get(resource.id().key()).filter(|known| **known == &*resource) {
                *resource = (*same).clone();
            }
        }
        self
    }
}

impl ModelView {
    /// Every well-formed resource of a type.
    pub(in crate::emulator) fn of_type<T, E>(
        &self,
        resource_type: &str,
        read: impl Fn(&Resource) -> Result<T, E>,
    ) -> Vec<T> {
        let found = self.resources.iter().filter(|resource| resource.id().is_a(resource_type));
        found.filter_map(|resource| read(resource).ok()).collect()
    }
}

impl fmt::Debug for ModelView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelView").field("resources", &self.resources.len()).finish_non_exhaustive()
    }
}

impl From<Everything> for ModelView {
    fn from(all: Everything) -> Self {
        let Everything { resources, subscription_keys, site_keys } = all;
        Self { resources, subscription_keys, site_keys }
    }
}
