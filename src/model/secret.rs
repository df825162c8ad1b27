//! The fields of resources that are secrets. Models do not store them in resources, and exports do not print them.

use serde_json::{Map, Value};

use super::arm::ArmType;

/// Fields that are secrets in all resources, at any depth and in any spelling.
const EVERYWHERE: [&str; 17] = [
    "primaryKey",
    "secondaryKey",
    "apiKey",
    "subscriptionKey",
    "repositoryToken",
    "deploymentToken",
    "clientSecret",
    "resourceOwnerPassword",
    "password",
    "certificatePassword",
    "encodedCertificate",
    "connectionString",
    "instrumentationKey",
    "accountKey",
    "accessKey",
    "sharedAccessKey",
    "sasToken",
];

/// Properties that are secrets in resources of one type, by the type of the parent and the name of the collection, in
/// addition; `*` means all properties.
const OF_TYPE: [(ArmType, &str, &[&str]); 8] = [
    (ArmType::StaticSite, "config", &["*"]),
    (ArmType::SiteEnvironment, "config", &["*"]),
    (ArmType::ApimService, "backends", &["credentials"]),
    (ArmType::ApimService, "certificates", &["data"]),
    (ArmType::ApimService, "gateways", &["primary", "secondary", "value"]),
    (ArmType::ApimService, "loggers", &["credentials"]),
    (ArmType::ApimService, "namedValues", &["value"]),
    (ArmType::ApimService, "properties", &["value"]),
];

/// Removes the secrets from the body of a resource, and returns the paths of their fields.
pub(super) fn take(resource_type: &str, body: &mut Map<String, Value>) -> Vec<String> {
    let mut taken = Vec::new();
    if let Some(Value::Object(properties)) = body.get_mut("properties") {
        let names = of_type(resource_type);
        // A named value is a secret only if `secret` is true.
        let is_open = names.first() == Some(&"value") && properties.get("secret") != Some(&Value::Bool(true));
        if !is_open {
            take_from(properties, "properties", &mut taken, &|name, value| {
                !value.is_null() && names.iter().any(|known| *known == "*" || is_spelling(name, known))
            });
        }
    }
    take_below(body, "", &mut taken);
    taken
}

/// Returns the properties that are secrets in resources of this type.
fn of_type(resource_type: &str) -> &'static [&'static str] {
    let Some((owner, collection)) = resource_type.rsplit_once('/') else { return &[] };
    let is = |known: &&(ArmType, &str, &[&str])| {
        known.1.eq_ignore_ascii_case(collection) && known.0.name().eq_ignore_ascii_case(owner)
    };
    OF_TYPE.iter().find(is).map_or(&[], |known| known.2)
}

fn take_below(body: &mut Map<String, Value>, place: &str, taken: &mut Vec<String>) {
    take_from(body, place, taken, &|name, value| {
        let is_set = match value {
            Value::String(text) => !text.is_empty(),
            Value::Number(_) | Value::Array(_) => true,
            Value::Null | Value::Bool(_) | Value::Object(_) => false,
        };
        is_set && EVERYWHERE.iter().any(|known| is_spelling(name, known))
    });
    for (name, value) in body {
        let place = path(place, name);
        match value {
            Value::Object(body) => take_below(body, &place, taken),
            Value::Array(values) => {
                for body in values.iter_mut().filter_map(Value::as_object_mut) {
                    take_below(body, &place, taken);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

fn take_from(
    body: &mut Map<String, Value>,
    place: &str,
    taken: &mut Vec<String>,
    is_secret: &dyn Fn(&str, &Value) -> bool,
) {
    body.retain(|name, value| {
        let goes = is_secret(name, value);
        if goes {
            taken.push(path(place, name));
        }
        !goes
    });
}

fn path(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
}

/// Whether a name is a spelling of a known one, also with underscores, such as `primary_key`.
fn is_spelling(name: &str, known: &str) -> bool {
    let letters = name.bytes().filter(|byte| *byte != b'_').map(|byte| byte.to_ascii_lowercase());
    letters.eq(known.bytes().map(|byte| byte.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn taken(resource_type: &str, properties: &Value) -> (Vec<String>, Value) {
        let Value::Object(mut body) = json!({"properties": properties}) else { panic!("not an object") };
        let taken = take(resource_type, &mut body);
        (taken, body["properties"].take())
    }

    #[test]
    fn secrets_leave_a_resource_and_the_rest_stays() {
        for (kind, properties, field, rest) in [
            ("namedValues", json!({"secret": true, "value": "x"}), "value", json!({"secret": true})),
            ("authorizationServers", json!({"clientSecret": "x", "a": 1}), "clientSecret", json!({"a": 1})),
            ("apis", json!({"primary_key": "x", "path": "p"}), "primary_key", json!({"path": "p"})),
            ("gateways", json!({"primary": "x"}), "primary", json!({})),
            ("tenant", json!({"secondaryKey": 5, "enabled": true}), "secondaryKey", json!({"enabled": true})),
        ] {
            let (fields, left) = taken(&format!("microsoft.apimanagement/SERVICE/{kind}"), &properties);
            assert_eq!((fields, left), (vec![format!("properties.{field}")], rest), "{kind}");
        }
        let (fields, left) = taken("Microsoft.Web/staticSites/config", &json!({"DB": "x", "N": "y"}));
        assert_eq!((fields.len(), left), (2, json!({})));
    }

    #[test]
    fn open_values_and_fields_without_a_value_stay() {
        for (kind, properties) in [
            ("namedValues", json!({"secret": false, "value": "x"})),
            ("namedValues", json!({"value": "x"})),
            ("apis", json!({"subscriptionKeyParameterNames": {"header": "h"}, "clientSecret": null})),
            ("apis/schemas", json!({"schema": {"password": {"type": "string"}}})),
        ] {
            let (fields, left) = taken(&format!("Microsoft.ApiManagement/service/{kind}"), &properties);
            assert_eq!((fields, left), (Vec::new(), properties), "{kind}");
        }
    }
}
