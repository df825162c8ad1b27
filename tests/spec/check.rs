//! A request and its answer against the operation that it is for.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use jsonschema::Validator;
use serde_json::Value;

use crate::{
    azure::Seen,
    operation::{Operation, schema_of},
    swagger::Swagger,
};

/// What of an exchange is not as it is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Path,
    Query,
    Header,
    Body,
    Status,
    AnswerHeader,
    Answer,
}

/// One thing that is not as it is defined.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    pub(crate) operation: String,
    pub(crate) part: Part,
    pub(crate) detail: String,
}

/// Headers that any request to Azure Resource Manager may have.
const COMMON: [&str; 10] = [
    "accept",
    "accept-encoding",
    "authorization",
    "content-length",
    "content-type",
    "host",
    "user-agent",
    "x-ms-client-request-id",
    "x-ms-correlation-request-id",
    "x-ms-return-client-request-id",
];
/// Headers of answers that a client goes by, and that therefore are declared.
const LEADING: [&str; 4] = ["azure-asyncoperation", "etag", "location", "retry-after"];

/// What compares exchanges with definitions, and remembers the schemas that it has built.
pub(crate) struct Checker<'a> {
    swagger: &'a Swagger,
    built: RefCell<HashMap<String, Rc<Validator>>>,
}

/// Which way a body goes: a request carries nothing that only the service writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    There,
    Back,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(swagger: &'a Swagger) -> Self {
        Self { swagger, built: RefCell::default() }
    }

    /// All that is not as it is defined, of a request that the client made up and of its answer.
    pub(crate) fn faults(&self, seen: &Seen) -> Vec<Fault> {
        self.compare(seen, true)
    }

    /// The same of a request to an address that an answer gave: it is the service's own, and opaque.
    pub(crate) fn faults_of_answer(&self, seen: &Seen) -> Vec<Fault> {
        self.compare(seen, false)
    }

    fn compare(&self, seen: &Seen, made_up: bool) -> Vec<Fault> {
        let candidates = self.swagger.operations_at(&seen.method, &seen.path);
        let version =
            query_of(seen).into_iter().find(|(name, _)| name == "api-version").map(|(_, value)| value);
        let unknown = |detail: String| Fault {
            operation: format!("{} {}", seen.method, seen.path),
            part: Part::Path,
            detail,
        };
        let Some(first) = candidates.first() else {
            return if made_up { vec![unknown("no such operation".to_owned())] } else { Vec::new() };
        };
        let same = candidates.iter().find(|operation| Some(&operation.version) == version.as_ref());
        let mut details = Vec::new();
        if same.is_none() && made_up {
            details.push((Part::Query, format!("api-version {version:?} is not {}", first.version)));
        }
        let operation = same.unwrap_or(first);
        if made_up {
            self.path(operation, seen, &mut details);
            self.query(operation, seen, &mut details);
            headers(operation, seen, &mut details);
            self.body(operation, seen, &mut details);
        }
        if seen.status != 0 {
            self.answer(operation, seen, &mut details);
        }
        let fault = |(part, detail)| Fault { operation: operation.name(), part, detail };
        details.into_iter().map(fault).collect()
    }

    fn path(&self, operation: &Operation, seen: &Seen, details: &mut Vec<(Part, String)>) {
        for (name, value) in operation.values_in(&seen.path).unwrap() {
            let parameter =
                operation.parameters_in("path").find(|parameter| parameter["name"] == name.as_str());
            match parameter {
                Some(parameter) => self.value(parameter, &decoded(value), Part::Path, details),
                None => details.push((Part::Path, format!("`{name}` is not declared"))),
            }
        }
    }

    fn query(&self, operation: &Operation, seen: &Seen, details: &mut Vec<(Part, String)>) {
        let given = query_of(seen);
        for (name, value) in &given {
            match operation.parameters_in("query").find(|parameter| parameter["name"] == name.as_str()) {
                Some(parameter) => self.value(parameter, value, Part::Query, details),
                None => details.push((Part::Query, format!("`{name}` is not declared"))),
            }
        }
        for parameter in operation.parameters_in("query").filter(|parameter| parameter["required"] == true) {
            if !given.iter().any(|(name, _)| parameter["name"] == name.as_str()) {
                details.push((Part::Query, format!("{} is missing", parameter["name"])));
            }
        }
    }

    /// A value that travels as text, as what it is declared to be.
    fn value(&self, parameter: &Value, text: &str, part: Part, details: &mut Vec<(Part, String)>) {
        let value = match parameter["type"].as_str() {
            Some("string") | None => text.into(),
            Some(_) => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
        };
        for error in self.errors(&schema_of(parameter), &value) {
            details.push((part, format!("{}: {error}", parameter["name"])));
        }
    }

    fn body(&self, operation: &Operation, seen: &Seen, details: &mut Vec<(Part, String)>) {
        let given = (!seen.body.is_empty()).then(|| serde_json::from_str::<Value>(&seen.body));
        match (operation.body(), given) {
            (None, Some(_)) => details.push((Part::Body, "there is one, and none is declared".to_owned())),
            (Some(declared), None) if declared["required"] == true => {
                details.push((Part::Body, "there is none, and one is required".to_owned()));
            }
            (_, None) => {}
            (Some(_), Some(Err(error))) => details.push((Part::Body, error.to_string())),
            (Some(declared), Some(Ok(value))) => {
                let schema = &declared["schema"];
                let mut found = self.errors(schema, &value);
                self.unknown(schema, &value, "", Way::There, &mut found);
                details.extend(found.into_iter().map(|error| (Part::Body, error)));
            }
        }
    }

    fn answer(&self, operation: &Operation, seen: &Seen, details: &mut Vec<(Part, String)>) {
        let Some(declared) = operation.response(seen.status) else {
            details.push((Part::Status, format!("{} is not declared", seen.status)));
            return;
        };
        for (name, _) in &seen.answer_headers {
            let known = declared["headers"].as_object().into_iter().flatten();
            let is_declared = known.into_iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
            if LEADING.contains(&name.as_str()) && !is_declared {
                details.push((Part::AnswerHeader, format!("`{name}` is not declared")));
            }
        }
        let schema = declared.get("schema");
        match (schema, seen.answer.is_empty()) {
            (None, false) => details.push((Part::Answer, "there is one, and none is declared".to_owned())),
            (Some(_), true) if seen.method != "HEAD" => {
                details.push((Part::Answer, "there is none, and one is declared".to_owned()));
            }
            (_, true) => {}
            (Some(schema), false) => {
                let value: Value = serde_json::from_str(&seen.answer).unwrap();
                let mut found = self.errors(schema, &value);
                self.unknown(schema, &value, "", Way::Back, &mut found);
                details.extend(found.into_iter().map(|error| (Part::Answer, error)));
            }
        }
    }

    fn errors(&self, schema: &Value, value: &Value) -> Vec<String> {
        let key = schema.to_string();
        let built = self.built.borrow().get(&key).cloned();
        let validator = built.unwrap_or_else(|| Rc::new(self.swagger.validator(schema)));
        self.built.borrow_mut().insert(key, Rc::clone(&validator));
        let at = |path: &str| {
            let segments = path.split('/').map(|segment| match segment.parse::<usize>() {
                Ok(_) => "[]".to_owned(),
                Err(_) => format!("/{segment}"),
            });
            segments.collect::<String>().trim_start_matches('/').to_owned()
        };
        let told = |error: jsonschema::ValidationError<'_>| {
            let path = at(error.instance_path().as_str());
            let path = if path.is_empty() { path } else { format!("/{path}") };
            format!("{path}: {error}")
        };
        validator.iter_errors(value).map(told).collect()
    }

    /// Members that are not declared, and in a request those that only the service writes.
    fn unknown(&self, schema: &Value, value: &Value, at: &str, way: Way, found: &mut Vec<String>) {
        let schemas = self.all_of(schema);
        match value {
            Value::Object(members) => {
                let open = schemas.iter().any(|schema| schema.get("additionalProperties").is_some());
                let closed = schemas.iter().any(|schema| schema.get("properties").is_some());
                for (name, member) in members {
                    let declared = schemas.iter().find_map(|schema| schema["properties"].get(name));
                    let at = format!("{at}/{name}");
                    match declared {
                        Some(declared) if way == Way::There && declared["readOnly"] == true => {
                            found.push(format!("{at}: is read-only"));
                        }
                        Some(declared) => self.unknown(declared, member, &at, way, found),
                        None if closed && !open => found.push(format!("{at}: is not declared")),
                        None => {}
                    }
                }
            }
            Value::Array(values) => {
                let Some(items) = schemas.iter().find_map(|schema| schema.get("items")) else { return };
                for value in values {
                    self.unknown(items, value, &format!("{at}[]"), way, found);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// A schema and all that it is made of.
    fn all_of(&self, schema: &'a Value) -> Vec<&'a Value> {
        let own = self.swagger.resolve(schema);
        let parts = own["allOf"].as_array().into_iter().flatten();
        [own].into_iter().chain(parts.flat_map(|part| self.all_of(part))).collect()
    }
}

fn headers(operation: &Operation, seen: &Seen, details: &mut Vec<(Part, String)>) {
    let declared: Vec<(String, bool)> = operation
        .parameters_in("header")
        .map(|it| (it["name"].as_str().unwrap().to_lowercase(), it["required"] == true))
        .collect();
    for (name, _) in &seen.headers {
        if !COMMON.contains(&name.as_str()) && !declared.iter().any(|(declared, _)| declared == name) {
            details.push((Part::Header, format!("`{name}` is not declared")));
        }
    }
    for (name, _) in declared.iter().filter(|(_, required)| *required) {
        if !seen.headers.iter().any(|(given, _)| given == name) {
            details.push((Part::Header, format!("`{name}` is missing")));
        }
    }
}

fn query_of(seen: &Seen) -> Vec<(String, String)> {
    let pairs = url::form_urlencoded::parse(seen.query.as_bytes());
    pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

fn decoded(segment: &str) -> String {
    let escaped = segment.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(escaped.as_bytes()).map(|(name, _)| name.into_owned()).collect()
}
