//! Applies a request's body to a resource.

use serde_json::{Map, Value};

use super::refused::refused;
use crate::{
    emulator::reply::Reply,
    model::{Resource, ResourceId},
};

/// Returns the previous resource with the fields of a request's body replaced.
pub(super) fn merged(
    id: &ResourceId,
    before: Option<Resource>,
    body: Map<String, Value>,
) -> Result<Resource, Reply> {
    let mut whole = match before {
        Some(before) => before.into_value(),
        None => Value::Object(Map::new()),
    };
    for (field, value) in body {
        match (field.as_str(), value) {
            ("id" | "name" | "type" | "etag" | "systemData", _) | ("properties", Value::Null) => {}
            ("properties", Value::Object(properties)) => {
                let Value::Object(there) = &mut whole else { continue };
                let there = there.entry("properties").or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(there) = there {
                    there.extend(properties);
                }
            }
            ("properties", _) => {
                return Err(Reply::apim_invalid("properties", "The value must be an object."));
            }
            (_, value) => whole[&field] = value,
        }
    }
    whole["id"] = id.as_str().into();
    if whole.get("properties").is_none() {
        whole["properties"] = Value::Object(Map::new());
    }
    Resource::from_value(whole).map_err(|error| refused(&error.into()))
}

/// Sets a property that the resource does not have yet.
pub(super) fn set_default(resource: &mut Resource, name: &str, value: impl Into<Value>) {
    let properties = resource.body().get("properties").and_then(Value::as_object);
    if !properties.is_some_and(|properties| properties.contains_key(name)) {
        resource.set_property(name, value);
    }
}
