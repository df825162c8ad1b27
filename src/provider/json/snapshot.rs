//! Models that were copied from another control plane, without its keys.

use serde_json::Value;

use super::{
    ImportError, JsonControlPlane, ModelError, Pages, import, store::Store, text::document::ModelDocument,
};
use crate::provider::ProviderError;

/// The initial document of a snapshot: keys that are not recorded may nevertheless exist.
const WITHOUT_KEYS: &str = r#"{"schemaVersion":1,"keys":"unknown","resources":[]}"#;

impl JsonControlPlane {
    /// Replaces the whole content of the model with resources that were read elsewhere without keys. From then on the
    /// model has this lineage, and a missing key counts as unknown. The caller begins and commits the transaction.
    /// Returns whether the content differs from the previous one.
    ///
    /// # Errors
    ///
    /// [`ImportError`], naming the element that does not fit; nothing is changed then.
    pub fn replace_by_snapshot(&self, lineage: &str, resources: Value) -> Result<bool, ImportError> {
        let storage = |error: ModelError| ImportError::Storage(ProviderError::from(error));
        let elements = import::elements(resources, Pages::Complete)?;
        let mut state = self.changeable().map_err(ImportError::Storage)?;
        let before = &state.store;
        let origin = &before.document.origin;
        let mut document = ModelDocument::parse(WITHOUT_KEYS.into(), origin).map_err(storage)?;
        lineage.clone_into(&mut document.lineage);
        document.serial = before.document.serial;
        let mut store = Store::new(document);
        import::put_all(&mut store, elements, &*self.ambient)?;
        let same = store.is_same_as(before).map_err(storage)?;
        if !same {
            store.mark_changed();
            state.store = store;
        }
        Ok(!same)
    }
}
