//! A generation of the model, read once and shared by all who read it.

use std::{ops::Deref, sync::Arc};

use super::published::Source;
use crate::provider::{
    ProviderError,
    json::{Everything, FileStamp, JsonControlPlane},
};

/// Is notified of each generation of the model.
pub(in crate::emulator) type Listener = Box<dyn Fn(Arc<Everything>) + Send + Sync>;

/// The model as it was at one moment.
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
    /// What `plane` holds. What has not changed is shared with the generation before.
    pub(super) fn new(plane: JsonControlPlane, before: Option<&Self>) -> Result<Self, ProviderError> {
        let all = match before {
            Some(before) => plane.everything_since(&before.plane, &before.all)?,
            None => plane.everything()?,
        };
        Ok(Self { plane: Arc::new(plane), all: Arc::new(all) })
    }
}

/// The file of a model, and the listener that is notified of its generations.
pub(super) struct ModelSource {
    /// Reads only.
    pub(super) reader: Arc<JsonControlPlane>,
    pub(super) listener: Listener,
}

impl Source for ModelSource {
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

    /// Each read tries again to read the file, and reports why it cannot be read.
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
