//! What the data plane has to know of a generation of the model.

use std::{collections::HashMap, fmt};

use crate::{
    model::{Key, KeyPair, Resource},
    provider::json::Everything,
};

/// Every resource of one generation, and every key.
#[derive(Default)]
pub(super) struct ModelView {
    /// The resources, in order of the ids.
    pub resources: Vec<Resource>,
    /// The keys of subscriptions, by the key of the id.
    pub subscription_keys: HashMap<String, KeyPair>,
    /// The keys that sites send, by the key of the linked backend's id.
    pub site_keys: HashMap<String, Key>,
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
