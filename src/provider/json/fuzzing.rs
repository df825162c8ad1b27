//! Fuzz targets: arbitrary bytes as a model, and as resources to import.

use std::{path::Path, sync::Arc};

use serde_json::Value;

use super::{JsonControlPlane, store::Store, text::document::ModelDocument};
use crate::{
    ambient::System,
    diagnosis::Diagnose as _,
    model::{Resource, without_mark},
};

/// Parses bytes as a model. A valid model is written again, without a change of meaning.
///
/// # Panics
///
/// If its meaning changes.
pub fn model(bytes: &[u8]) {
    let origin = Path::new("model.json");
    let document = match ModelDocument::parse(without_mark(bytes).to_vec(), origin) {
        Ok(document) => document,
        Err(error) => return drop((error.to_string(), error.diagnosis())),
    };
    let store = Store::new(document);
    let Ok(resources) = store.all() else { return };
    for resource in &resources {
        let found = store.get(resource.id().lower_case()).expect("what can be read can be shown");
        assert!(found.is_some(), "`{}` is listed, and is not there", resource.id());
    }
    let again = ModelDocument::parse(store.document.render().into_bytes(), origin);
    let again = Store::new(again.expect("a written model can be read"));
    assert!(again.is_same_as(&store).is_ok_and(|same| same), "a written model is another one");
}

/// Imports bytes into an empty model. An export of the model is then imported without a change.
///
/// # Panics
///
/// If that import changes something.
pub fn import(bytes: &[u8]) {
    let Ok(resources) = serde_json::from_slice(without_mark(bytes)) else { return };
    let plane = JsonControlPlane::in_memory(Arc::new(System));
    if let Err(error) = plane.import(resources) {
        return drop((error.to_string(), error.diagnosis()));
    }
    let exported = plane.resources().expect("what was imported can be read");
    let exported: Vec<Value> = exported.into_iter().map(Resource::into_value).collect();
    let again = plane.import(Value::Array(exported)).expect("an export can be imported");
    assert_eq!((again.created, again.changed), (0, 0), "an import of an export changes nothing");
}
