//! A generation of the model, read once and shared by all readers.

use std::{ops::Deref, sync::Arc};

use super::published::GenerationSource;
use crate::{
    model::Key,
    provider::{
        ProviderError,
        json::{Everything, FileStamp, JsonControlPlane},
    },
};

/// A function that is called with each generation of the model.
pub(in crate::emulator) type Listener = Box<dyn Fn(Arc<Everything>) + Send + Sync>;

/// The model at one point in time.
pub(in crate::emulator) struct Generation {
    plane: Arc<JsonControlPlane>,
    all: Arc<Everything>,
}

impl Deref for Generation {
    type Target = JsonControlPlane;

    fn deref(&self) -> &JsonControlPlane {
        &self.plane
    }
}

impl Generation {
    /// Returns every key of the model.
    pub(in crate::emulator) fn all_keys(&self) -> impl Iterator<Item = &Key> {
        let pairs = self.all.subscription_keys.values();
        let of_subscriptions = pairs.flat_map(|pair| [&pair.primary, &pair.secondary]);
        of_subscriptions.chain(self.all.site_keys.values().map(AsRef::as_ref))
    }

    /// Reads the contents of `plane`. Unchanged resources are shared with the previous generation.
    pub(super) fn new(plane: JsonControlPlane, before: Option<&Self>) -> Result<Self, ProviderError> {
        let all = match before {
            Some(before) => plane.everything_since(&before.plane, &before.all)?,
            None => plane.everything()?,
        };
        Ok(Self { plane: Arc::new(plane), all: Arc::new(all) })
    }
}

/// The file of a model, and the listener for its generations.
pub(super) struct ModelSource {
    /// For reading only.
    pub(super) reader: Arc<JsonControlPlane>,
    pub(super) listener: Listener,
}

impl GenerationSource for ModelSource {
    type Stamp = FileStamp;
    type Value = Generation;
    type Error = ProviderError;

    fn stamp(&self) -> FileStamp {
        self.reader.stamp()
    }

    fn load(&self, before: Option<&Generation>) -> Result<Generation, ProviderError> {
        self.reader.refresh();
        Generation::new(self.reader.snapshot()?, before)
    }

    /// Returns a generation that reads the file again on each access, and then reports why it is unreadable.
    fn unreadable(&self, error: ProviderError, is_new: bool) -> Generation {
        if is_new {
            tracing::warn!(%error, "the model cannot be read");
        }
        self.reader.refresh();
        Generation { plane: Arc::clone(&self.reader), all: Arc::default() }
    }

    fn notify(&self, generation: &Arc<Generation>) {
        (self.listener)(Arc::clone(&generation.all));
    }
}
