//! Answers, held against the definitions that Azure publishes and the traffic that was recorded. Both are kept
//! beside the project; where they are not, the tests say so.

use std::{
    collections::BTreeSet,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use jsonschema::{Draft, Retrieve, Uri};
use serde_json::{Value, json};

use crate::world::{APIM, Answer, Emulated, GROUP, WEB, service, site};

/// A file beside the project, or a notice.
fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(name);
    if !path.exists() {
        crate::skip::skipped(&format!("`{name}` is not beside the repository"));
        return None;
    }
    Some(fs::canonicalize(path).unwrap())
}

/// Reads what a definition refers to.
struct Files;

impl Retrieve for Files {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn Error + Send + Sync>> {
        let mut whole = serde_json::from_str(&fs::read_to_string(uri.path().as_str())?)?;
        escape_references(&mut whole);
        Ok(whole)
    }
}

/// Some references have brackets in them, which no address may have.
fn escape_references(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref") {
                *reference = reference.replace('[', "%5B").replace(']', "%5D");
            }
            members.values_mut().for_each(escape_references);
        }
        Value::Array(values) => values.iter_mut().for_each(escape_references),
        _ => {}
    }
}

/// The definitions of one provider.
struct Definitions(Vec<(PathBuf, Value)>);

impl Definitions {
    fn of(folder: &Path) -> Self {
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
        Self(
            files
                .map(|path| (path.clone(), serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()))
                .collect(),
        )
    }

    /// What is wrong with an answer: a status that is not published, or a body of another shape.
    fn problems(&self, method: &str, path: &str, answer: &Answer) -> Vec<String> {
        let path = path.split('?').next().unwrap();
        let Some((file, operation)) = self.operation(method, path) else {
            return vec!["is published nowhere".to_owned()];
        };
        let responses = operation["responses"].as_object().unwrap();
        let status = answer.status.to_string();
        let name = if responses.contains_key(&status) { status.as_str() } else { "default" };
        if answer.status < 400 && name == "default" {
            return vec![format!("answers {status}, which is not published")];
        }
        if responses[name].get("schema").is_none() {
            return if answer.text.is_empty() { vec![] } else { vec!["has a body".to_owned()] };
        }
        if method == "HEAD" {
            return vec![];
        }
        let mut schema = responses[name]["schema"].clone();
        make_absolute(&mut schema, file);
        // Recorded times have no zone, and published is one.
        let options = jsonschema::options().with_draft(Draft::Draft4).should_validate_formats(false);
        let validator = options.with_retriever(Files).build(&schema).unwrap();
        let body = without_nulls(answer.body.clone());
        validator.iter_errors(&body).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    fn operation(&self, method: &str, path: &str) -> Option<(&PathBuf, &Value)> {
        let verb = method.to_lowercase();
        let fits = |template: &str| {
            let (mut wanted, mut given) = (template.split('/'), path.split('/'));
            let all = wanted
                .by_ref()
                .zip(given.by_ref())
                .all(|(wanted, given)| wanted.starts_with('{') || wanted.eq_ignore_ascii_case(given));
            all && template.split('/').count() == path.split('/').count()
        };
        self.0.iter().find_map(|(file, whole)| {
            let paths = whole["paths"].as_object()?;
            let (_, operations) =
                paths.iter().find(|(template, it)| fits(template) && it.get(&verb).is_some())?;
            Some((file, &operations[&verb]))
        })
    }
}

/// Makes the references of a piece of a file say which file they mean.
fn make_absolute(value: &mut Value, file: &Path) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref") {
                let (path, place) = reference.split_once('#').unwrap();
                let path = if path.is_empty() { file.to_owned() } else { file.parent().unwrap().join(path) };
                *reference = format!("file://{}#{place}", fs::canonicalize(path).unwrap().display());
            }
            members.values_mut().for_each(|it| make_absolute(it, file));
        }
        Value::Array(values) => values.iter_mut().for_each(|it| make_absolute(it, file)),
        _ => {}
    }
}

/// Nothing where there is null: what Azure publishes does not know null, and what it answers does.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(_, it)| !it.is_null())
            .map(|(name, it)| (name, without_nulls(it)))
            .collect(),
        Value::Array(values) => values.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

/// Of which provider, by which method, where and with what.
type Call = (Provider, &'static str, String, Value);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Provider {
    Web,
    ApiManagement,
}

const PRODUCT: &str = "/products/site-0";
const SUBSCRIPTION: &str = "/subscriptions/site-0";

fn of_web(method: &'static str, tail: &str, body: &Value) -> Call {
    (Provider::Web, method, format!("{}{tail}", site(0)), body.clone())
}

fn of_apim(method: &'static str, tail: &str, body: &Value) -> Call {
    (Provider::ApiManagement, method, format!("{}{tail}", service()), body.clone())
}

fn properties(properties: &Value) -> Value {
    json!({ "properties": properties })
}

/// Makes a link, and asks for what belongs to its site.
fn links() -> Vec<Call> {
    let backend = json!({"properties": {"backendResourceId": service()}});
    vec![
        of_web("GET", "", &Value::Null),
        of_web("PUT", "", &json!({"location": "Central US", "sku": {"name": "Standard"}})),
        of_web("PATCH", "", &properties(&json!({"branch": "main"}))),
        of_web("POST", "/linkedBackends/b/validate", &backend),
        of_web("PUT", "/linkedBackends/b", &backend),
        of_web("PUT", "/linkedBackends/c", &backend),
        of_web("GET", "/linkedBackends/b", &Value::Null),
        of_web("GET", "/linkedBackends", &Value::Null),
        of_web("PUT", "/builds/default/linkedBackends/b", &backend),
        of_web("GET", "/builds/default/linkedBackends", &Value::Null),
        of_web("GET", "/builds/default/linkedBackends/b", &Value::Null),
        of_web("GET", "/builds", &Value::Null),
        of_web("GET", "/builds/default", &Value::Null),
        of_web("GET", "/builds/7", &Value::Null),
    ]
}

/// Asks for what belongs to its service, and changes it.
fn entities() -> Vec<Call> {
    let owned = json!({"location": "Central US", "sku": {"name": "Consumption", "capacity": 0},
        "properties": {"publisherEmail": "api@example.com", "publisherName": "Shop"}});
    let named = properties(
        &json!({"displayName": "n", "scope": "/apis", "path": "api/n", "method": "GET", "urlTemplate": "/"}),
    );
    vec![
        of_apim("PUT", "", &owned),
        of_apim("GET", "", &Value::Null),
        of_apim("PATCH", "", &json!({"tags": {"a": "b"}})),
        of_apim("GET", "/apis", &Value::Null),
        of_apim("PUT", "/apis/n", &named),
        of_apim("GET", "/apis/n", &Value::Null),
        of_apim("HEAD", "/apis/n", &Value::Null),
        of_apim("PATCH", "/apis/n", &named),
        of_apim("PUT", "/apis/n/operations/o", &named),
        of_apim("GET", "/apis/n/operations", &Value::Null),
        of_apim("GET", "/apis/n/operations/o", &Value::Null),
        of_apim("GET", "/apis/n/products", &Value::Null),
        of_apim("GET", "/products", &Value::Null),
        of_apim("GET", PRODUCT, &Value::Null),
        of_apim("HEAD", PRODUCT, &Value::Null),
        of_apim("PATCH", PRODUCT, &properties(&json!({"description": "d"}))),
        of_apim("PUT", "/products/n", &named),
        of_apim("GET", "/products/none", &Value::Null),
        of_apim("GET", &format!("{PRODUCT}/policies/policy"), &Value::Null),
        of_apim("HEAD", &format!("{PRODUCT}/policies/policy"), &Value::Null),
        of_apim("GET", &format!("{PRODUCT}/policies"), &Value::Null),
        of_apim("GET", &format!("{PRODUCT}/subscriptions"), &Value::Null),
        of_apim("PUT", &format!("{PRODUCT}/apis/n"), &Value::Null),
        of_apim("HEAD", &format!("{PRODUCT}/apis/n"), &Value::Null),
        of_apim("GET", &format!("{PRODUCT}/apis"), &Value::Null),
        of_apim("DELETE", &format!("{PRODUCT}/apis/n"), &Value::Null),
        of_apim("GET", "/subscriptions", &Value::Null),
        of_apim("GET", SUBSCRIPTION, &Value::Null),
        of_apim("HEAD", SUBSCRIPTION, &Value::Null),
        of_apim("PUT", "/subscriptions/n", &named),
        of_apim("PATCH", "/subscriptions/n", &properties(&json!({"displayName": "m"}))),
        of_apim("POST", &format!("{SUBSCRIPTION}/listSecrets"), &Value::Null),
        of_apim("POST", &format!("{SUBSCRIPTION}/regeneratePrimaryKey"), &Value::Null),
        of_apim("POST", &format!("{SUBSCRIPTION}/regenerateSecondaryKey"), &Value::Null),
    ]
}

/// Takes all of it away.
fn ends() -> Vec<Call> {
    vec![
        of_apim("DELETE", "/apis/n/operations/o", &Value::Null),
        of_apim("DELETE", "/apis/n", &Value::Null),
        of_apim("DELETE", "/subscriptions/n", &Value::Null),
        of_apim("DELETE", &format!("{PRODUCT}/policies/policy"), &Value::Null),
        of_apim("DELETE", PRODUCT, &Value::Null),
        of_web("DELETE", "/linkedBackends/b", &Value::Null),
        of_web("DELETE", "/builds/default/linkedBackends/b", &Value::Null),
        of_apim("DELETE", "", &Value::Null),
        of_web("DELETE", "", &Value::Null),
    ]
}

#[test]
fn every_answer_has_a_status_and_a_shape_that_azure_publishes() {
    let Some(web) = shared("arm-spec/specification/web/resource-manager/Microsoft.Web/stable/2024-04-01")
    else {
        return;
    };
    let apim = shared(
        "arm-spec/specification/apimanagement/resource-manager/Microsoft.ApiManagement/stable/2024-05-01",
    );
    let (web, apim) = (Definitions::of(&web), Definitions::of(&apim.unwrap()));
    let emulated = Emulated::start(&["--log", "off"]);
    let calls = [links(), entities(), ends()].concat();
    let mut problems = Vec::new();
    for (provider, method, path, body) in calls {
        let (definitions, version) = match provider {
            Provider::Web => (&web, WEB),
            Provider::ApiManagement => (&apim, APIM),
        };
        let address = format!("{path}?api-version={version}");
        let answer = emulated.send_with(method, &address, &[("If-Match", "*")], &body);
        let tail = path.replace(&site(0), "(site)").replace(&service(), "(service)");
        let of_one = definitions.problems(method, &path, &answer);
        problems.extend(
            of_one.into_iter().map(|problem| format!("{method} {tail} {}: {problem}", answer.status)),
        );
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// A request and its answer, as they were recorded.
struct Recorded {
    method: String,
    path: String,
    body: Value,
    status: u16,
    answer: Value,
}

fn recorded(file: &Path) -> Vec<Recorded> {
    let whole: Value = serde_norway::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let json =
        |text: &Value| text.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let read = |one: &Value| Recorded {
        method: one["request"]["method"].as_str().unwrap().to_owned(),
        path: one["request"]["uri"].as_str().unwrap().replace("https://management.azure.com", ""),
        body: json(&one["request"]["body"]),
        status: u16::try_from(one["response"]["status"]["code"].as_u64().unwrap()).unwrap(),
        answer: json(&one["response"]["body"]["string"]),
    };
    whole["interactions"].as_array().unwrap().iter().map(read).collect()
}

/// The paths of all fields, and of which kind each value is; null goes with any.
fn fields(value: &Value, path: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, it) in members {
                fields(it, &format!("{path}.{name}"), into);
            }
        }
        Value::Array(values) => values.iter().for_each(|it| fields(it, &format!("{path}[]"), into)),
        _ => drop(into.insert(path.to_owned())),
    }
}

/// Fields that were recorded and are not answered: who made a service, and as whom it acts.
const LEFT_OUT: [&str; 2] = ["identity", "systemData"];

#[test]
fn recorded_requests_are_answered_as_they_were_field_by_field() {
    let Some(folder) = shared("recordings") else { return };
    let mut problems = Vec::new();
    for name in ["staticapp_linked_backends.api-2023-01-01", "staticapp_linked_backends.api-2022-03-01"] {
        let emulated = Emulated::start(&["--log", "off"]);
        for one in recorded(&folder.join(format!("{name}.yaml"))) {
            let target = one.body["properties"]["backendResourceId"].as_str().unwrap_or_default();
            if one.status == 200 && !target.is_empty() {
                // there is no other way to make a backend of another kind
                emulated
                    .sandbox
                    .write("backend.json", &json!([{"id": target, "properties": {}}]).to_string());
                emulated.sandbox.succeed(&["model", "import", "backend.json"]);
            }
            compare(&emulated, &one, &mut problems);
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn recorded_requests_to_a_service_are_answered_as_they_were() {
    const NOT_SERVED: [&str; 3] = ["operationresults", "asyncId", "resolvers"];
    let Some(folder) = shared("recordings") else { return };
    let emulated = Emulated::start(&["--log", "off"]);
    let mut problems = Vec::new();
    for one in recorded(&folder.join("apim_core_service.api-2022-08-01.yaml")) {
        // An import from a description is not served, and what it would have made is put here instead.
        let is_import =
            one.body["properties"].get("format").is_some() || one.status == 202 && one.method == "PUT";
        if NOT_SERVED.iter().any(|it| one.path.contains(it)) || is_import {
            continue;
        }
        if let Some((product, api)) =
            one.path.split('?').next().unwrap().split_once("/products/standard/apis/")
        {
            let body =
                json!({"properties": {"displayName": api, "path": api, "apiRevisionDescription": "new"}});
            emulated.send("PUT", &format!("{product}/apis/{api}?api-version={APIM}"), &body);
        }
        compare(&emulated, &one, &mut problems);
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn compare(emulated: &Emulated, one: &Recorded, problems: &mut Vec<String>) {
    let any = [("If-Match", "*")];
    let headers: &[(&str, &str)] = if one.method == "DELETE" { &any } else { &[] };
    let answer = emulated.send_with(&one.method, &one.path, headers, &one.body);
    let what = format!("{} {}", one.method, one.path.split("/providers/").last().unwrap());
    if answer.status != one.status {
        problems.push(format!("{what}: {} and not {}: {}", answer.status, one.status, answer.text));
        return;
    }
    let (mut ours, mut theirs) = (BTreeSet::new(), BTreeSet::new());
    fields(&answer.body, "", &mut ours);
    fields(&one.answer, "", &mut theirs);
    let of_ours = |field: &String| {
        ours.iter().any(|own| {
            own == field || own.starts_with(&format!("{field}[")) || own.starts_with(&format!("{field}."))
        })
    };
    let missing = theirs.iter().filter(|field| !of_ours(field));
    // A new service has no built-in products and APIs here.
    let is_empty = answer.body["value"].as_array().is_some_and(Vec::is_empty);
    let missing = missing.filter(|field| !(is_empty && field.starts_with(".value[]")));
    let missing = missing.filter(|field| !LEFT_OUT.iter().any(|it| field.contains(it)));
    problems.extend(missing.map(|field| format!("{what}: `{field}` is not answered")));
}

#[test]
fn a_published_path_is_found_and_an_unpublished_form_is_reported() {
    let Some(web) = shared("arm-spec/specification/web/resource-manager/Microsoft.Web/stable/2024-04-01")
    else {
        return;
    };
    let definitions = Definitions::of(&web);
    let path = format!("{GROUP}/providers/Microsoft.Web/staticSites/x/linkedBackends");
    let answer =
        |status: u16, body: Value| Answer { status, headers: Vec::new(), text: body.to_string(), body };
    assert_eq!(definitions.problems("GET", &path, &answer(200, json!({"value": []}))), [""; 0]);
    assert_eq!(definitions.problems("GET", &path, &answer(200, json!({"value": 7}))).len(), 1);
    assert_eq!(definitions.problems("GET", &path, &answer(201, json!({"value": []}))).len(), 1);
    assert_eq!(definitions.problems("PUT", &path, &answer(200, json!({}))).len(), 1);
}
