//! Operations, and which one a request is for.

use serde_json::{Value, json};

use crate::swagger::Swagger;

/// One method of one path.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) template: String,
    pub(crate) version: String,
    pub(crate) parameters: Vec<Value>,
    pub(crate) responses: Value,
}

impl Operation {
    /// Every operation of a file.
    pub(crate) fn all(file: &Value, swagger: &Swagger) -> Vec<Self> {
        let version = file["info"]["version"].as_str().unwrap_or_default();
        let mut found = Vec::new();
        for (template, path) in file["paths"].as_object().into_iter().flatten() {
            let shared = path["parameters"].as_array();
            for (method, operation) in
                path.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters")
            {
                let own = operation["parameters"].as_array();
                let all = shared.into_iter().chain(own).flatten();
                found.push(Self {
                    method: method.to_uppercase(),
                    template: template.clone(),
                    version: version.to_owned(),
                    parameters: all.map(|parameter| swagger.resolve(parameter).clone()).collect(),
                    responses: operation["responses"].clone(),
                });
            }
        }
        found
    }

    /// What stands in a path for each of the template's names; `None` if it is another path.
    pub(crate) fn values_in<'a>(&self, path: &'a str) -> Option<Vec<(String, &'a str)>> {
        let wanted: Vec<&str> = self.template.trim_matches('/').split('/').collect();
        let given: Vec<&str> = path.trim_matches('/').split('/').collect();
        let mut values = Vec::new();
        for (wanted, given) in wanted.iter().zip(&given) {
            match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(name) => values.push((name.to_owned(), *given)),
                None if wanted.eq_ignore_ascii_case(given) => {}
                None => return None,
            }
        }
        (wanted.len() == given.len()).then_some(values)
    }

    /// The parameters of a place, such as `query`.
    pub(crate) fn parameters_in(&self, place: &str) -> impl Iterator<Item = &Value> {
        self.parameters.iter().filter(move |parameter| parameter["in"] == place)
    }

    pub(crate) fn body(&self) -> Option<&Value> {
        self.parameters_in("body").next()
    }

    /// What is declared of an answer with this status.
    pub(crate) fn response(&self, status: u16) -> Option<&Value> {
        let declared = self.responses.get(status.to_string());
        declared.or_else(|| self.responses.get("default").filter(|_| status >= 400))
    }

    /// How it is named in what is said of it.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.template)
    }
}

impl Swagger {
    /// The operations that a request may be for, in whatever version, the one with the fewest names in it.
    pub(crate) fn operations_at(&self, method: &str, path: &str) -> Vec<&Operation> {
        let fitting =
            |operation: &&Operation| operation.method == method && operation.values_in(path).is_some();
        let found: Vec<&Operation> = self.operations.iter().filter(fitting).collect();
        let names = |operation: &Operation| operation.template.matches('{').count();
        let fewest = found.iter().map(|operation| names(operation)).min();
        found.into_iter().filter(|operation| Some(names(operation)) == fewest).collect()
    }
}

/// The schema of a parameter that is no body, for its value as text or as what it stands for.
pub(crate) fn schema_of(parameter: &Value) -> Value {
    let mut schema = json!({});
    for keyword in ["type", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum"] {
        if let Some(value) = parameter.get(keyword) {
            schema[keyword] = value.clone();
        }
    }
    schema
}
