//! Parses the body of a failure, in each of the envelopes that Azure uses.

use serde_json::Value;

use crate::provider::arm::http::body;

/// The maximum length of a text that is not JSON in a message, in characters.
const LONGEST_TEXT: usize = 200;
/// The maximum depth of nested errors that is read.
const DEEPEST: usize = 8;
/// The maximum number of nested errors that are shown.
const MOST_DETAILS: usize = 20;
/// The template of Microsoft.Web's error about a resource that does not exist.
const NOT_FOUND_TEMPLATE: &str = "Cannot find {0} with name {1}.";

/// One error among several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Detail {
    pub(crate) code: Option<String>,
    pub(crate) target: Option<String>,
    pub(crate) message: String,
}

/// A resource that Microsoft.Web reports as not found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Missing {
    /// The type of the resource in Microsoft.Web's terms, such as `WebSite` or `StaticSiteBuild`.
    pub(crate) kind: String,
    /// The name of the resource.
    pub(crate) name: String,
}

/// The content of a body, in any of the envelopes.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) target: Option<String>,
    /// Microsoft.Web's codes, which are numbers.
    pub(crate) extended: Vec<String>,
    pub(crate) details: Vec<Detail>,
    pub(crate) missing: Option<Missing>,
    /// The assignments of Azure Policy that forbid the request: a name, and the id if there is one.
    pub(crate) assignments: Vec<String>,
    /// Whether the body has an envelope of Azure, not one of OAuth or none.
    pub(crate) is_enveloped: bool,
    /// Whether field names are capitalised as in Microsoft.Web's own envelope.
    pub(crate) is_of_web: bool,
}

impl Said {
    /// Parses a body. A text that is not JSON becomes the message, without a code.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        match body::json(bytes) {
            Ok(Value::Null) => Self::default(),
            Ok(body) => Self::of(&body),
            Err(_) => Self { message: Some(page_text(bytes)), ..Self::default() },
        }
    }

    fn of(body: &Value) -> Self {
        if let Value::String(text) = body {
            return Self { message: Some(text.clone()), ..Self::default() };
        }
        let error = field(body, "error").or_else(|| field(body, "odata.error")).unwrap_or(body);
        if let Value::String(code) = error {
            let message = text(body, "error_description").or_else(|| text(body, "message"));
            return Self { code: Some(code.clone()), message, ..Self::default() };
        }
        let mut said = Self {
            code: text(error, "code").or_else(|| text(error, "statusCode")),
            message: message_of(error),
            target: text(error, "target"),
            is_enveloped: true,
            is_of_web: error.get("Code").is_some(),
            ..Self::default()
        };
        said.unwrap_message();
        said.look_into(error, 0);
        if said.missing.is_none() && said.code.as_deref() == Some("NotFound") {
            said.missing = said.message.as_deref().and_then(missing_in);
        }
        if said.assignments.is_empty() {
            said.assignments.extend(said.message.as_deref().and_then(assignment_in));
        }
        said
    }

    /// Some services put the whole error of another service into the message.
    fn unwrap_message(&mut self) {
        let Some(inner) = self.message.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok())
        else {
            return;
        };
        let inner = field(&inner, "error").unwrap_or(&inner);
        if let Some(message) = message_of(inner) {
            self.extended.extend(text(inner, "code"));
            self.look_into(inner, 1);
            self.message = Some(message);
        }
    }

    fn look_into(&mut self, error: &Value, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        for info in list(error, "additionalInfo") {
            self.assignments.extend(field(info, "info").and_then(assignment_of));
        }
        for detail in list(error, "details") {
            self.note(detail, depth, false);
        }
        if let Some(inner) = field(error, "innererror").filter(|inner| inner.is_object()) {
            self.note(inner, depth, true);
        }
    }

    /// Records a nested error. `bare` is whether its code is shown even without a message.
    fn note(&mut self, detail: &Value, depth: usize, bare: bool) {
        let entity = field(detail, "errorEntity");
        if let Some(entity) = entity {
            self.extended.extend(text(entity, "extendedCode"));
            self.missing = self.missing.take().or_else(|| missing_of(entity));
        }
        let code = text(detail, "code");
        let message = message_of(detail).or_else(|| entity.and_then(message_of));
        let message = message.or_else(|| code.clone().filter(|_| bare));
        if let Some(message) = message
            && self.details.len() < MOST_DETAILS
        {
            let code = code.filter(|code| *code != message);
            self.details.push(Detail { code, target: text(detail, "target"), message });
        }
        self.look_into(detail, depth + 1);
    }
}

/// Returns a message. `OData` wraps it in an object that also has a language.
fn message_of(error: &Value) -> Option<String> {
    text(error, "message").or_else(|| text(field(error, "message")?, "value"))
}

/// Returns a resource that was not found, from the template of the message and its parameters.
fn missing_of(entity: &Value) -> Option<Missing> {
    if text(entity, "messageTemplate").as_deref() != Some(NOT_FOUND_TEMPLATE) {
        return None;
    }
    let mut parameters = list(entity, "parameters").filter_map(Value::as_str).map(str::to_owned);
    Some(Missing { kind: parameters.next()?, name: parameters.next()? })
}

/// Returns a resource that was not found, from the message only.
fn missing_in(message: &str) -> Option<Missing> {
    let (kind, name) = message.trim().strip_prefix("Cannot find ")?.split_once(" with name ")?;
    let (kind, name) = (kind.to_owned(), name.trim_end_matches('.').to_owned());
    Some(Missing { kind, name })
}

/// Returns an assignment of Azure Policy, from the additional information of an error.
fn assignment_of(info: &Value) -> Option<String> {
    let name = text(info, "policyAssignmentDisplayName").filter(|name| !name.trim().is_empty());
    let name = name.or_else(|| text(info, "policyAssignmentName"));
    let id = text(info, "policyAssignmentId").or_else(|| text(info, "policyAssignmentScope"));
    named(name, id)
}

/// Returns an assignment of Azure Policy, from a message, which holds identifiers as JSON.
fn assignment_in(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("\"policyAssignment\":")?;
    let assignment = serde_json::Deserializer::from_str(rest).into_iter::<Value>().next()?.ok()?;
    named(text(&assignment, "name"), text(&assignment, "id"))
}

fn named(name: Option<String>, id: Option<String>) -> Option<String> {
    match (name, id) {
        (Some(name), Some(id)) => Some(format!("`{name}` ({id})")),
        (Some(name), None) => Some(format!("`{name}`")),
        (None, id) => id,
    }
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    field(value, name).and_then(Value::as_array).into_iter().flatten()
}

/// Returns a field by its name, ignoring case.
fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let fields = value.as_object()?;
    let found = fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)?;
    (!found.is_null()).then_some(found)
}

fn text(value: &Value, name: &str) -> Option<String> {
    match field(value, name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Returns the text between two marks: the first is a word, the second a character.
pub(crate) fn between(text: &str, before: &str, after: char) -> Option<String> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found.to_owned())
}

/// Returns the title of an HTML page, or the beginning of a text.
fn page_text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let title = between(&text, "<title>", '<').unwrap_or_else(|| without_tags(&text));
    let words: Vec<&str> = title.split_whitespace().collect();
    let line = words.join(" ");
    let printable = line.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c });
    let start: String = printable.take(LONGEST_TEXT).collect();
    format!("the answer does not come from Azure: {start}")
}

fn without_tags(text: &str) -> String {
    let mut within = false;
    let keep = |c: char| {
        within = c == '<' || within && c != '>';
        (!within && c != '>').then_some(c)
    };
    text.chars().take(LONGEST_TEXT * 20).filter_map(keep).collect()
}
