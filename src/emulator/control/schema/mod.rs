//! Validates request bodies: the type, the allowed values and the length that Azure's definitions give each property.

mod tables;

use serde_json::{Map, Value, json};

use self::tables::{Field, Type, fields};
use crate::emulator::reply::Reply;
use crate::model::ArmType;

/// The purpose of a body. It decides which properties are required.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The body is the whole resource.
    Whole,
    /// The body has only the properties that change.
    Part,
}

/// The members of the body, besides `properties`, of a resource in a resource group.
const ENVELOPE: &[Field] = &[
    Field::of("location", Type::TEXT),
    Field::of("kind", Type::TEXT),
    Field::of("tags", Type::Texts),
    Field::of("sku", Type::Object(tables::SKU)),
    Field::of("identity", Type::Any),
    Field::of("zones", Type::List(&Type::TEXT)),
];

/// An invalid property.
struct Problem {
    /// The dotted path of the property.
    path: String,
    message: String,
}

/// Returns a body's known and writable members, if each matches Azure's definitions. Azure ignores unknown members and
/// those that a caller cannot set.
pub(super) fn checked(
    kind: ArmType,
    purpose: Purpose,
    mut body: Map<String, Value>,
) -> Result<Map<String, Value>, Reply> {
    let mut problems = Vec::new();
    let mut known = Map::new();
    if kind.is_top_level() {
        known = object(ENVELOPE, &body, "", purpose, &mut problems);
        if !problems.is_empty() {
            return Err(not_deserialized(&problems[0]));
        }
    }
    let properties = match body.remove("properties") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(properties)) => properties,
        Some(other) => return Err(refusal(kind, &[wrong_type("properties", "object", &other)])),
    };
    let properties = object(fields(kind), &properties, "properties.", purpose, &mut problems);
    if problems.is_empty() {
        known.insert("properties".to_owned(), properties.into());
        return Ok(known);
    }
    Err(refusal(kind, &problems))
}

fn object(
    fields: &[Field],
    given: &Map<String, Value>,
    path: &str,
    purpose: Purpose,
    problems: &mut Vec<Problem>,
) -> Map<String, Value> {
    let mut known = Map::new();
    for field in fields {
        let at = format!("{path}{}", field.name);
        let value =
            given.iter().find(|(name, _)| name.eq_ignore_ascii_case(field.name)).map(|(_, value)| value);
        match value.filter(|value| !value.is_null()) {
            None if field.is_required && purpose == Purpose::Whole => problems.push(empty(at)),
            None => {}
            Some(value) => {
                if let Some(value) = one(&field.kind, value, &at, problems) {
                    known.insert(field.name.to_owned(), value);
                }
            }
        }
    }
    known
}

/// Validates one value and returns it; `None` if the value is invalid or Azure sets the property itself.
fn one(kind: &Type, value: &Value, path: &str, problems: &mut Vec<Problem>) -> Option<Value> {
    match kind {
        Type::ReadOnly => None,
        Type::Any => Some(value.clone()),
        Type::Flag if value.is_boolean() => Some(value.clone()),
        Type::Whole if value.as_i64().is_some_and(|it| i32::try_from(it).is_ok()) => Some(value.clone()),
        Type::Flag | Type::Whole => wrong(kind, value, path, problems),
        Type::Text { .. } | Type::Word(_) | Type::LenientWord(_) => match value.as_str() {
            Some(given) => text(kind, given, path, problems),
            None => wrong(kind, value, path, problems),
        },
        Type::Texts | Type::Object(_) => match value.as_object() {
            Some(members) => Some(members_of(kind, members, path, problems).into()),
            None => wrong(kind, value, path, problems),
        },
        Type::List(of) => match value.as_array() {
            Some(values) => {
                let each = values.iter().enumerate();
                let each = each.filter_map(|(at, value)| one(of, value, &format!("{path}[{at}]"), problems));
                Some(Value::Array(each.collect()))
            }
            None => wrong(kind, value, path, problems),
        },
    }
}

fn wrong(kind: &Type, value: &Value, path: &str, problems: &mut Vec<Problem>) -> Option<Value> {
    problems.push(wrong_type(path, kind.noun(), value));
    None
}

fn text(kind: &Type, given: &str, path: &str, problems: &mut Vec<Problem>) -> Option<Value> {
    let word = |words: &[&str]| {
        words.iter().find(|word| word.eq_ignore_ascii_case(given)).map(|word| Value::from(*word))
    };
    match kind {
        Type::Text { shortest, longest } => problems.extend(length(given, path, *shortest, *longest)),
        Type::LenientWord(words) => return word(words),
        Type::Word(words) => {
            let found = word(words);
            if found.is_none() {
                problems.push(unknown_word(path, given, words));
            }
            return found;
        }
        Type::Flag
        | Type::Whole
        | Type::Object(_)
        | Type::List(_)
        | Type::Texts
        | Type::Any
        | Type::ReadOnly => {}
    }
    Some(given.into())
}

fn members_of(
    kind: &Type,
    members: &Map<String, Value>,
    path: &str,
    problems: &mut Vec<Problem>,
) -> Map<String, Value> {
    if let Type::Object(fields) = kind {
        return object(fields, members, &format!("{path}."), Purpose::Whole, problems);
    }
    let of = |(name, value): (&String, &Value)| {
        Some((name.clone(), one(&Type::TEXT, value, &format!("{path}.{name}"), problems)?))
    };
    members.iter().filter_map(of).collect()
}

fn length(text: &str, path: &str, shortest: usize, longest: usize) -> Option<Problem> {
    let count = text.chars().count();
    if count < shortest {
        return Some(empty(path.to_owned()));
    }
    let message = format!("'{}' should have a length of {longest} at most.", last(path));
    (count > longest).then(|| Problem { path: path.to_owned(), message })
}

fn empty(path: String) -> Problem {
    let message = format!("'{}' should not be empty.", last(&path));
    Problem { path, message }
}

fn unknown_word(path: &str, given: &str, words: &[&str]) -> Problem {
    let (name, words) = (last(path), words.join("', '"));
    let message = format!("'{given}' is not a value of '{name}', whose values are '{words}'.");
    Problem { path: path.to_owned(), message }
}

/// Uses the wording of the library with which Azure parses JSON.
fn wrong_type(path: &str, expected: &str, found: &Value) -> Problem {
    let message = match (expected, found) {
        ("boolean" | "integer", Value::String(text)) => {
            format!("Could not convert string to {expected}: {text}.")
        }
        _ => format!("Error reading {expected}. Unexpected token: {}.", token(found)),
    };
    Problem { path: path.to_owned(), message: format!("{message} Path '{path}'.") }
}

fn token(value: &Value) -> &'static str {
    match value {
        Value::Null => "Null",
        Value::Bool(_) => "Boolean",
        Value::Number(number) if number.is_f64() => "Float",
        Value::Number(_) => "Integer",
        Value::String(_) => "String",
        Value::Array(_) => "StartArray",
        Value::Object(_) => "StartObject",
    }
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or_default()
}

/// Resource Manager's answer to an envelope that it cannot parse.
fn not_deserialized(problem: &Problem) -> Reply {
    Reply::invalid_content(&problem.message)
}

fn refusal(kind: ArmType, problems: &[Problem]) -> Reply {
    if kind.is_of_web() {
        return Reply::web_invalid_parameter(last(&problems[0].path));
    }
    let details = problems.iter().map(|Problem { path, message }| {
        let target = path.strip_prefix("properties.").unwrap_or(path);
        // The service uses another name internally for a product's display name.
        if (kind, target) == (ArmType::Product, "displayName") && message.ends_with("empty.") {
            return detail("name", "name (display name) should not be empty");
        }
        detail(target, message)
    });
    Reply::apim_invalid_fields(&details.collect::<Vec<_>>())
}

fn detail(target: &str, message: &str) -> Value {
    json!({"code": "ValidationError", "target": target, "message": message})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: ArmType, purpose: Purpose, properties: &Value) -> Result<Value, Vec<Value>> {
        let body = json!({"properties": properties, "id": 7, "unknown": {}}).as_object().cloned().unwrap();
        match checked(kind, purpose, body) {
            Ok(known) => Ok(known["properties"].clone()),
            Err(reply) => {
                assert_eq!(reply.status, hyper::StatusCode::BAD_REQUEST);
                Err(reply.body().unwrap()["error"]["details"].as_array().cloned().unwrap_or_default())
            }
        }
    }

    fn refuses(kind: ArmType, properties: &Value, target: &str, words: &str) {
        let details = check(kind, Purpose::Whole, properties).unwrap_err();
        assert_eq!(details[0]["target"], target, "{properties}");
        assert!(details[0]["message"].as_str().unwrap().contains(words), "{}", details[0]);
    }

    #[test]
    fn a_value_of_another_type_is_refused_with_its_property() {
        let product = |name: &str, value: Value, words: &str| {
            let mut properties = json!({"displayName": "p"});
            properties[name] = value;
            refuses(ArmType::Product, &properties, name, words);
        };
        product("terms", json!({}), "Unexpected token: StartObject");
        product("displayName", json!(["p"]), "StartArray");
        product("subscriptionRequired", json!("no"), "Could not convert string to boolean: no");
        product("subscriptionsLimit", json!(1.5), "Float");
        product("state", json!("open"), "'open' is not a value");
        let subscription = json!({"displayName": "s", "scope": 7});
        refuses(ArmType::ApimSubscription, &subscription, "scope", "Integer");
        let keyed = json!({"displayName": "s", "scope": "/apis", "primaryKey": {}});
        refuses(ArmType::ApimSubscription, &keyed, "primaryKey", "StartObject");
        let version_set = json!({"displayName": "v", "versioningScheme": "Path"});
        refuses(ArmType::ApiVersionSet, &version_set, "versioningScheme", "Path");
    }

    #[test]
    fn a_value_deep_in_a_body_is_refused_with_the_way_to_it() {
        let api = |name: &str, value: Value, target: &str, words: &str| {
            let mut properties = json!({"displayName": "a", "path": "a"});
            properties[name] = value;
            refuses(ArmType::Api, &properties, target, words);
        };
        api("protocols", json!("https"), "protocols", "String");
        api("protocols", json!(["ftp"]), "protocols[0]", "ftp");
        api("contact", json!({"name": 1}), "contact.name", "Integer");
        let operation = json!({"displayName": "o", "method": "GET", "urlTemplate": "/", "responses": [{}]});
        refuses(ArmType::ApiOperation, &operation, "responses[0].statusCode", "empty");
    }

    #[test]
    fn lengths_are_those_of_the_definitions_and_every_problem_is_reported() {
        let long = json!({"displayName": "x".repeat(301), "description": "x".repeat(1001)});
        assert_eq!(check(ArmType::Product, Purpose::Whole, &long).unwrap_err().len(), 2);
        let empty = check(ArmType::Product, Purpose::Whole, &json!({"displayName": ""})).unwrap_err();
        assert_eq!(empty[0]["message"], "name (display name) should not be empty");
        assert_eq!(
            check(ArmType::Product, Purpose::Part, &json!({})),
            Ok(json!({})),
            "a part requires nothing"
        );
        assert_eq!(check(ArmType::Product, Purpose::Whole, &json!({})).unwrap_err()[0]["target"], "name");
    }

    #[test]
    fn unknown_and_read_only_properties_are_ignored_and_not_kept() {
        let given = json!({"displayName": "p", "state": "Published", "colour": {}, "description": null});
        assert_eq!(
            check(ArmType::Product, Purpose::Whole, &given),
            Ok(json!({"displayName": "p", "state": "published"}))
        );
        let given = json!({"path": "a", "isOnline": "never", "provisioningState": 7, "displayName": "a"});
        assert_eq!(check(ArmType::Api, Purpose::Whole, &given), Ok(json!({"displayName": "a", "path": "a"})));
    }
}
