//! The envelope of ARM resources: an id, a name, a type and properties. Unknown fields are kept.

use std::{fmt, sync::Arc};

use serde_json::{Map, Value};

use super::{InvalidId, Key, KeyPair, ResourceId, secret};

/// A resource as ARM returns it. Unknown fields are kept.
///
/// `Debug` prints only the id, since some ARM resources contain keys. Clones share their content until one of them is
/// changed.
#[derive(Clone, PartialEq)]
pub struct Resource {
    id: ResourceId,
    body: Arc<Map<String, Value>>,
}

/// A resource that does not have the form of its type.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// It is not an object.
    #[error("a resource must be a JSON object, but this is {0}")]
    NotAnObject(&'static str),
    /// It has no id.
    #[error("the resource has no `id`")]
    NoId,
    /// The id is invalid.
    #[error(transparent)]
    Id(#[from] InvalidId),
    /// A field is missing, or has an invalid type or value.
    #[error("`{field}` of `{id}` must be {expected}, but is {actual}")]
    Field {
        /// The resource.
        id: ResourceId,
        /// The path of the field in the resource, with dots.
        field: String,
        /// The expected value.
        expected: &'static str,
        /// The actual value.
        actual: String,
    },
}

impl Resource {
    /// Returns a resource with the given properties; `name` and `type` are derived from the id.
    #[must_use]
    pub fn new(id: ResourceId, properties: Map<String, Value>) -> Self {
        let mut body = Map::new();
        body.insert("id".to_owned(), id.as_str().into());
        body.insert("name".to_owned(), id.name().into());
        body.insert("type".to_owned(), id.resource_type().into());
        body.insert("properties".to_owned(), Value::Object(properties));
        Self { id, body: Arc::new(body) }
    }

    /// Converts JSON to a resource. The id is converted to its canonical form; `name` and `type` are derived from it.
    ///
    /// # Errors
    ///
    /// [`Malformed`] unless the JSON value is an object with a well-formed `id`.
    pub fn from_value(value: Value) -> Result<Self, Malformed> {
        let Value::Object(mut body) = value else { return Err(Malformed::NotAnObject(kind_of(&value))) };
        let text = body.get("id").and_then(Value::as_str).ok_or(Malformed::NoId)?;
        let id = ResourceId::parse(text)?;
        if text != id.as_str() {
            body.insert("id".to_owned(), id.as_str().into());
            body.insert("name".to_owned(), id.name().into());
            body.insert("type".to_owned(), id.resource_type().into());
        } else if body.get("type").and_then(Value::as_str).is_some_and(|given| !id.is_a(given)) {
            body.insert("type".to_owned(), id.resource_type().into());
        }
        Ok(Self { id, body: Arc::new(body) })
    }

    /// Returns the id of the resource.
    #[must_use]
    pub fn id(&self) -> &ResourceId {
        &self.id
    }

    /// Returns the resource as a JSON object.
    #[must_use]
    pub fn body(&self) -> &Map<String, Value> {
        &self.body
    }

    /// Returns the resource as a JSON value.
    #[must_use]
    pub fn into_value(self) -> Value {
        Value::Object(Arc::unwrap_or_clone(self.body))
    }

    /// Returns the field at a path with dots, such as `properties.displayName`; `null` counts as missing.
    #[must_use]
    pub fn field(&self, path: &str) -> Option<&Value> {
        let mut segments = path.split('.');
        let first = self.body.get(segments.next()?)?;
        let found = segments.try_fold(first, |value, segment| value.get(segment))?;
        (!found.is_null()).then_some(found)
    }

    /// Returns an optional text field.
    ///
    /// # Errors
    ///
    /// [`Malformed::Field`] if the field exists and is not a text.
    pub fn text(&self, path: &str) -> Result<Option<&str>, Malformed> {
        self.typed(path, "a string", Value::as_str)
    }

    /// Returns a required text field.
    ///
    /// # Errors
    ///
    /// [`Malformed::Field`] if the field is missing or is not a text.
    pub fn required_text(&self, path: &str) -> Result<&str, Malformed> {
        self.text(path)?.ok_or_else(|| self.malformed(path, "a string"))
    }

    /// Returns an optional boolean field.
    ///
    /// # Errors
    ///
    /// [`Malformed::Field`] if the field exists and is not a boolean.
    pub fn flag(&self, path: &str) -> Result<Option<bool>, Malformed> {
        self.typed(path, "a boolean", Value::as_bool)
    }

    fn typed<'a, T>(
        &'a self,
        path: &str,
        expected: &'static str,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Malformed> {
        let properties = self.body.get("properties");
        if path.starts_with("properties.") && properties.is_some_and(|p| !p.is_object() && !p.is_null()) {
            return Err(self.malformed("properties", "an object"));
        }
        let Some(value) = self.field(path) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| self.malformed(path, expected))
    }

    /// Returns the error for a field that does not have the expected value.
    #[must_use]
    pub fn malformed(&self, field: &str, expected: &'static str) -> Malformed {
        let actual = match self.field(field) {
            None => "missing".to_owned(),
            Some(value @ (Value::Bool(_) | Value::Number(_))) => format!("`{value}`"),
            Some(value) => kind_of(value).to_owned(),
        };
        Malformed::Field { id: self.id.clone(), field: field.to_owned(), expected, actual }
    }

    /// Sets a property; the other properties are unchanged.
    pub fn set_property(&mut self, name: &str, value: impl Into<Value>) {
        let body = Arc::make_mut(&mut self.body);
        let properties = body.entry("properties").or_insert_with(|| Value::Object(Map::new()));
        if !properties.is_object() {
            *properties = Value::Object(Map::new());
        }
        if let Value::Object(properties) = properties {
            properties.insert(name.to_owned(), value.into());
        }
    }

    /// Removes a property and returns it, if it exists.
    pub fn remove_property(&mut self, name: &str) -> Option<Value> {
        self.field("properties")?.get(name)?;
        Arc::make_mut(&mut self.body).get_mut("properties")?.as_object_mut()?.shift_remove(name)
    }

    /// Returns the resource with its id and type in the letter case of Azure's documentation.
    ///
    /// # Errors
    ///
    /// Never for a resource with a well-formed id, which every [`Resource`] has.
    pub fn in_known_casing(self) -> Result<Self, Malformed> {
        let id = self.id.in_known_casing();
        let resource_type = id.resource_type();
        let is_spelt =
            |field: &str, text: &str| self.body.get(field).is_none_or(|it| it.as_str() == Some(text));
        if is_spelt("id", id.as_str()) && is_spelt("type", &resource_type) {
            return Ok(self);
        }
        let mut body = Arc::unwrap_or_clone(self.body);
        body.insert("id".to_owned(), id.as_str().into());
        if let Some(given) = body.get_mut("type") {
            *given = resource_type.into();
        }
        Self::from_value(Value::Object(body))
    }

    /// Removes the fields that are secrets from the resource, and returns their paths.
    pub fn take_secrets(&mut self) -> Vec<String> {
        let mut body = Map::clone(&self.body);
        let taken = secret::take(&self.id.resource_type(), &mut body);
        if !taken.is_empty() {
            self.body = Arc::new(body);
        }
        taken
    }

    /// Checks that a subscription has two keys that API Management accepts, or no keys.
    ///
    /// # Errors
    ///
    /// [`Malformed::Field`] with the name, but not the value, of the missing or invalid key.
    pub fn check_keys(&self) -> Result<(), Malformed> {
        let slots = ["properties.primaryKey", "properties.secondaryKey"];
        if slots.iter().all(|slot| self.field(slot).is_none()) {
            return Ok(());
        }
        slots.iter().try_for_each(|slot| self.key(slot).map(drop))
    }

    /// Returns the key in a field.
    ///
    /// # Errors
    ///
    /// [`Malformed::Field`] without the actual value, if the value is not a key.
    pub fn key(&self, field: &str) -> Result<Key, Malformed> {
        let found = self.field(field);
        found.and_then(Value::as_str).and_then(|text| Key::new(text).ok()).ok_or_else(|| Malformed::Field {
            id: self.id.clone(),
            field: field.to_owned(),
            expected: "a key of 1 to 256 characters",
            actual: match found {
                None => "missing",
                Some(Value::String(_)) => "a string of another length",
                Some(other) => kind_of(other),
            }
            .to_owned(),
        })
    }

    /// Removes the keys from the body of a PUT of a subscription and returns them, so that the resource contains no
    /// key. Returns `None` if one of the two keys is missing or invalid.
    pub fn take_keys(&mut self) -> Option<KeyPair> {
        let take = |value: Option<Value>| Key::new(value?.as_str()?).ok();
        let (primary, secondary) = (self.remove_property("primaryKey"), self.remove_property("secondaryKey"));
        Some(KeyPair { primary: take(primary)?, secondary: take(secondary)? })
    }
}

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Resource").field(&self.id).finish()
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str =
        "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a/products/p";

    fn product(properties: &Value) -> Resource {
        let whole = json!({"id": ID, "properties": properties, "somethingNew": {"a": [1]}});
        Resource::from_value(whole).unwrap()
    }

    #[test]
    fn unknown_fields_survive_a_change() {
        let mut resource = product(&json!({"displayName": "x", "unheardOf": 1}));
        resource.set_property("displayName", "y");
        let value = resource.into_value();
        assert_eq!(value["somethingNew"], json!({"a": [1]}));
        assert_eq!(value["properties"], json!({"displayName": "y", "unheardOf": 1}));
    }

    #[test]
    fn a_field_of_another_type_is_named_with_what_it_is() {
        let resource = product(&json!({"displayName": 7}));
        let error = resource.required_text("properties.displayName").unwrap_err().to_string();
        assert!(error.contains("`properties.displayName`") && error.contains("`7`"), "{error}");
        let broken = product(&json!("no object"));
        let error = broken.text("properties.displayName").unwrap_err().to_string();
        assert!(error.contains("`properties`") && error.contains("a string"), "{error}");
    }

    #[test]
    fn null_is_as_good_as_absent() {
        assert_eq!(product(&json!({"terms": null})).text("properties.terms").unwrap(), None);
    }

    #[test]
    fn keys_leave_the_resource_when_they_are_taken() {
        let mut resource = product(&json!({"primaryKey": "a", "secondaryKey": "b"}));
        assert_eq!(resource.take_keys().unwrap().primary.expose(), "a");
        assert_eq!(resource.field("properties").unwrap(), &json!({}));
        assert!(!format!("{resource:?}").contains("primaryKey"));
    }

    #[test]
    fn keys_are_two_or_none_and_an_error_does_not_show_them() {
        let secret = "a-key-that-stays-hidden";
        for unfit in [
            json!({"primaryKey": secret}),
            json!({"primaryKey": 123_456_789, "secondaryKey": secret}),
            json!({"primaryKey": [secret], "secondaryKey": secret}),
            json!({"primaryKey": "", "secondaryKey": secret}),
            json!({"primaryKey": secret.repeat(20), "secondaryKey": secret}),
        ] {
            let error = product(&unfit).check_keys().unwrap_err().to_string();
            assert!(!error.contains(secret) && !error.contains("123456789"), "{error}");
        }
        product(&json!({"primaryKey": "a", "secondaryKey": "b"})).check_keys().unwrap();
        product(&json!({"primaryKey": null})).check_keys().unwrap();
    }

    #[test]
    fn values_that_are_not_resources_are_refused() {
        assert_eq!(Resource::from_value(json!([])), Err(Malformed::NotAnObject("an array")));
        assert_eq!(Resource::from_value(json!({})), Err(Malformed::NoId));
        assert!(matches!(Resource::from_value(json!({"id": "x"})), Err(Malformed::Id(_))));
    }
}
