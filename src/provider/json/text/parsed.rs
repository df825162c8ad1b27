//! The models that were parsed last.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use super::{again::parse_again, document::ModelDocument};
use crate::provider::json::ModelError;

/// Keeps each model as it was parsed last, so that what is the same in a file is not parsed again. Clones share it.
#[derive(Clone, Default)]
pub struct ParsedModels(Arc<Mutex<BTreeMap<PathBuf, ModelDocument>>>);

impl fmt::Debug for ParsedModels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParsedModels").finish_non_exhaustive()
    }
}

impl ParsedModels {
    /// Returns the model in the bytes of a file.
    pub(crate) fn of(&self, path: &Path, bytes: Vec<u8>) -> Result<ModelDocument, ModelError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let document = match kept.get(path) {
            Some(earlier) => parse_again(bytes, path, earlier)?,
            None => ModelDocument::parse(bytes, path)?,
        };
        kept.insert(path.to_owned(), document.clone());
        Ok(document)
    }
}
