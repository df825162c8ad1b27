//! Merges an imported element into an existing resource: fields that the element does not have are kept.

use serde_json::{Map, Value};

use crate::model::Resource;

/// How complete an element of an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// An envelope of Azure Resource Manager: each of its fields counts, including null.
    Everything,
    /// A view of a resource, in which a field that has a value can be missing or null.
    Something,
}

/// Objects whose members the user defines: a member that is missing was removed.
const MAPS: [&str; 3] = ["tags", "customProperties", "userAssignedIdentities"];

/// Returns the existing resource with the fields of the import.
pub(super) fn over(there: &Resource, import: Resource, says: Says) -> Value {
    let mut merged = there.body().clone();
    let Value::Object(body) = import.into_value() else { return Value::Object(merged) };
    for (name, value) in body {
        let value = match (merged.get_mut(&name), value) {
            (Some(Value::Object(old)), Value::Object(new)) if name == "properties" => {
                let mut properties = std::mem::take(old);
                put_members(&mut properties, new, says);
                Value::Object(properties)
            }
            (Some(old), new) => said_of(&name, std::mem::take(old), new, says),
            (None, new) => new,
        };
        merged.insert(name, value);
    }
    Value::Object(merged)
}

fn put_members(into: &mut Map<String, Value>, members: Map<String, Value>, says: Says) {
    for (name, new) in members {
        let value = match into.get_mut(&name) {
            Some(old) => said_of(&name, std::mem::take(old), new, says),
            None => new,
        };
        into.insert(name, value);
    }
}

fn said_of(name: &str, old: Value, new: Value, says: Says) -> Value {
    match says {
        Says::Everything => new,
        Says::Something if is_same(name, &old, &new) => old,
        Says::Something => match (old, new) {
            (Value::Object(mut old), Value::Object(new)) if !MAPS.contains(&name) => {
                put_members(&mut old, new, says);
                Value::Object(old)
            }
            (_, new) => new,
        },
    }
}

/// Whether a view shows the existing value.
fn is_same(name: &str, old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::String(old), Value::String(new)) => {
            old == new || is_same_time(old, new) || name == "location" && place(old) == place(new)
        }
        (Value::Array(old), Value::Array(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| is_same("", old, new))
        }
        (Value::Object(old), Value::Object(new)) if MAPS.contains(&name) => old == new,
        (Value::Object(old), Value::Object(new)) => {
            new.iter().all(|(name, new)| old.get(name).is_some_and(|old| is_same(name, old, new)))
        }
        (_, Value::Null) => true,
        (old, new) => old == new,
    }
}

/// Normalises a region: `West Europe` and `westeurope` are the same.
fn place(text: &str) -> String {
    text.chars().filter(|letter| *letter != ' ').map(|letter| letter.to_ascii_lowercase()).collect()
}

/// Whether two texts are the same moment to the microsecond: Python has no more digits.
fn is_same_time(old: &str, new: &str) -> bool {
    moment(old).is_some_and(|old| Some(old) == moment(new))
}

/// Parses a time in UTC, with or without its zone: the text to the second, and its microseconds.
fn moment(text: &str) -> Option<(&str, String)> {
    let text = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00")).unwrap_or(text);
    let (second, digits) = text.split_once('.').unwrap_or((text, ""));
    let shape = second.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
    let is_time = shape.eq(*b"0000-00-00T00:00:00") && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_time.then(|| (second, format!("{digits:0<6}")[..6].to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a/apis/p";

    fn merged(there: &Value, import: &Value, says: Says) -> Value {
        let resource =
            |properties: &Value| Resource::from_value(json!({"id": ID, "properties": properties})).unwrap();
        over(&resource(there), resource(import), says)["properties"].take()
    }

    #[test]
    fn what_an_import_does_not_say_stays() {
        let there =
            json!({"path": "api/x", "authenticationSettings": {"oAuth2": {"scope": "s"}, "openid": null}});
        for says in [Says::Everything, Says::Something] {
            assert_eq!(merged(&there, &json!({}), says), there);
            assert_eq!(merged(&there, &json!({"path": "api/y"}), says)["path"], "api/y");
        }
        assert_eq!(merged(&there, &json!({"path": null}), Says::Everything)["path"], Value::Null);
    }

    #[test]
    fn a_view_changes_what_it_shows_inside_of_objects_and_an_envelope_replaces_them() {
        let there = json!({"names": {"header": "h", "query": "q"}, "tags": {"a": "1", "b": "2"}});
        let view = json!({"names": {"header": "x"}, "tags": {"a": "1"}});
        let of = |says| merged(&there, &view, says);
        assert_eq!(of(Says::Something), json!({"names": {"header": "x", "query": "q"}, "tags": {"a": "1"}}));
        assert_eq!(of(Says::Everything), view);
    }

    #[test]
    fn a_view_with_fewer_digits_of_a_time_or_fields_of_a_list_changes_nothing() {
        let there = json!({"createdOn": "2026-10-01T10:00:00.1234567Z", "list": [{"a": 1, "b": null}]});
        for time in ["2026-10-01T10:00:00.123456+00:00", "2026-10-01T10:00:00.1234567"] {
            let view = json!({"createdOn": time, "list": [{"a": 1}]});
            assert_eq!(merged(&there, &view, Says::Something), there);
        }
        for other in ["2026-10-01T10:00:00.123457+00:00", "2026-10-01T10:00:01.123456Z", "soon"] {
            let view = json!({"createdOn": other});
            assert_eq!(merged(&there, &view, Says::Something)["createdOn"], other);
        }
        let longer = json!({"list": [{"a": 1}, {"a": 2}]});
        assert_eq!(merged(&there, &longer, Says::Something)["list"], longer["list"]);
    }
}
