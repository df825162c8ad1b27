//! Answers, held field by field against those that were recorded of Azure: the same requests, from the same
//! state. The recordings are kept beside the project; where they are not, the test says so.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Value, json};

use crate::world::{Answer, Emulated};

/// The recordings of operations that the emulator has.
const TOPICS: [&str; 11] = [
    "web-static-sites",
    "apim-service",
    "web-linked-backends",
    "apim-products",
    "apim-product-subscriptions",
    "apim-product-apis",
    "apim-api-products",
    "apim-subscriptions",
    "apim-apis",
    "apim-api-version-sets",
    "apim-api-operations",
];

/// The API versions of the emulator that are recorded.
const VERSIONS: [&str; 6] =
    ["2021-08-01", "2022-03-01", "2022-08-01", "2023-01-01", "2023-05-01-preview", "2024-05-01"];

/// What is not compared: operations that the emulator reports as not emulated, and imports.
const NOT_EMULATED: [&str; 15] = [
    "listAppSettings",
    "/config/",
    "checkNameAvailability",
    "ByTags",
    "asyncId",
    "operationResults",
    "operationresults",
    "operationsStatuses",
    "/backup",
    "/groups",
    "/policies",
    "/users/",
    "/releases",
    "/resolvers",
    "customDomains",
];

/// Fields whose values differ from one moment or installation to another; only their types are compared.
const VOLATILE: [&str; 18] = [
    "outboundPublicIPAddresses",
    "notificationSenderEmail",
    "gatewayRegionalUrl",
    "managementApiUrl",
    "provisioningState",
    "targetProvisioningState",
    "createdDate",
    "startDate",
    "createdOn",
    "primaryKey",
    "secondaryKey",
    "defaultHostname",
    "stableInboundIP",
    "contentDistributionEndpoint",
    "etag",
    "createdAtUtc",
    "nextLink",
    "description",
];

/// The differences that are meant, each with the reason.
const PERMITTED: [(&str, &str); 13] = [
    ("privateEndpointConnections", "private endpoints are not emulated"),
    ("identity", "the model does not record as whom a service acts"),
    ("customProperties", "a service that is new has none for a moment; here it is made at once"),
    ("publicIPAddresses", "a service that is new has none for a moment; here it is made at once"),
    ("platformVersion", "a service that is new has none for a moment; here it is made at once"),
    ("backendId", "the service has answered it since 2025 with an older API version too"),
    ("specificationLastUpdated", "the model does not record when the description of an API changed"),
    ("Retry-After", "without it, clients wait for half a minute between two questions"),
    ("systemData", "the model does not record who made a resource"),
    ("allowTracing", "a recorded service of 2021-08-01 shows it for subscriptions that the portal made"),
    ("license", "an API that was imported has it, and imports are not emulated"),
    ("generatedSample", "an operation that was imported has it, and imports are not emulated"),
    ("routingPath", "the newest recording of each API version counts"),
];

/// Fields of a service that is being made or changed: here, that is over at once.
const IN_TRANSITION: [&str; 8] = [
    "gatewayRegionalUrl",
    "portalUrl",
    "developerPortalUrl",
    "managementApiUrl",
    "scmUrl",
    "outboundPublicIPAddresses",
    "publisherName",
    "privateEndpointConnections",
];

/// The recordings that a newer one of the same API version contradicts.
const SUPERSEDED: [&str; 2] = ["web-linked-backends 2", "web-static-sites 13"];

struct Interaction {
    story: String,
    method: String,
    path: String,
    version: String,
    body: Value,
    headers: BTreeMap<String, String>,
    status: u16,
    answered: BTreeMap<String, String>,
    answer: Value,
}

fn parsed(value: &Value) -> Value {
    value.as_str().map_or_else(|| value.clone(), |text| serde_json::from_str(text).unwrap_or_default())
}

fn texts(value: &Value) -> BTreeMap<String, String> {
    let members = value.as_object().cloned().unwrap_or_default();
    let text = |it: Value| it.as_str().map_or_else(|| it.to_string(), str::to_owned);
    members.into_iter().map(|(name, it)| (name.to_ascii_lowercase(), text(it))).collect()
}

fn interactions(topic: &str) -> Option<Vec<Interaction>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../shared/recordings/{topic}.json"));
    let Ok(text) = fs::read_to_string(&path) else {
        crate::skip::skipped(&format!("`recordings/{topic}.json` is not beside the repository"));
        return None;
    };
    let whole: Value = serde_json::from_str(&text).unwrap();
    let read = |one: &Value| {
        let uri = one["request"]["uri"].as_str().unwrap();
        let path = &uri[uri.find("/subscriptions").or_else(|| uri.find("/providers")).unwrap()..];
        let version = path.split("api-version=").nth(1).unwrap_or_default();
        Interaction {
            story: format!("{topic} {}", one["origin"]),
            method: one["request"]["method"].as_str().unwrap().to_owned(),
            path: path.replace(' ', "%20"),
            version: version.split('&').next().unwrap().to_owned(),
            body: parsed(&one["request"]["body"]),
            headers: texts(&one["request"]["headers"]),
            status: u16::try_from(one["response"]["status"].as_u64().unwrap()).unwrap(),
            answered: texts(&one["response"]["headers"]),
            answer: parsed(&one["response"]["body"]),
        }
    };
    Some(whole["interactions"].as_array().unwrap().iter().map(read).collect())
}

/// Brings an emulator into the state from which a recorded request was answered as it was.
struct Stage<'a> {
    emulated: &'a Emulated,
}

impl Stage<'_> {
    fn put(&self, id: &str, body: &Value) -> Answer {
        let version = if id.contains("Microsoft.Web") { "2024-04-01" } else { "2024-05-01" };
        self.emulated.send("PUT", &format!("{}?api-version={version}", encoded(id)), body)
    }

    fn exists(&self, id: &str) -> bool {
        let version = if id.contains("Microsoft.Web") { "2024-04-01" } else { "2024-05-01" };
        self.emulated.send("HEAD", &format!("{}?api-version={version}", encoded(id)), &Value::Null).status
            < 300
    }

    /// Makes what an id is below, as plainly as it can be.
    fn parents(&self, path: &str) {
        let segments: Vec<&str> = path.split('/').collect();
        let group = segments[..segments.len().min(5)].join("/");
        if segments.len() > 5 && group.contains("/resource") && !self.exists(&group) {
            self.put(&group, &json!({"location": "centralus"}));
        }
        for end in (9..segments.len()).step_by(2) {
            let id = segments[..end].join("/");
            if !self.exists(&id) {
                self.put(&id, &plain(&id));
            }
        }
    }

    /// Makes what a request that puts something names: the API of a product, a version set, a backend.
    fn named(&self, id: &str, one: &Interaction) {
        let shown = json!({ "properties": one.answer["properties"] });
        if let Some((service, rest)) = id.split_once("/products/")
            && let Some((_, api)) = rest.split_once("/apis/")
        {
            let api = format!("{service}/apis/{api}");
            if !self.exists(&api) {
                let body = if shown["properties"].is_object() { shown.clone() } else { plain(&api) };
                self.put(&api, &body);
            }
        }
        let set = &one.answer["properties"]["apiVersionSet"];
        if let Some(id) = set["id"].as_str() {
            let mut properties = set.clone();
            properties["displayName"] = set["name"].clone();
            self.put(id, &json!({ "properties": properties }));
        }
        let backend = &one.body["properties"]["backendResourceId"];
        if one.status == 200 && backend.is_string() {
            // there is no other way to make a backend of another kind
            let sandbox = &self.emulated.sandbox;
            sandbox.write("backend.json", &json!([{"id": backend, "properties": {}}]).to_string());
            sandbox.succeed(&["model", "import", "backend.json"]);
        }
    }

    /// Makes a resource that a recorded answer shows.
    fn made(&self, shown: &Value) {
        let Some(id) = shown["id"].as_str() else { return };
        let mut properties = shown["properties"].clone();
        let Some(members) = properties.as_object_mut() else { return };
        members.remove("groups");
        if members.get("subscriptionRequired") == Some(&json!(false)) && id.contains("/products/") {
            members.remove("approvalRequired");
        }
        let mut body = json!({ "properties": properties });
        for name in ["location", "sku", "tags", "zones"] {
            if shown.get(name).is_some() {
                body[name] = shown[name].clone();
            }
        }
        self.parents(id);
        if let Some((product, name)) = id.split_once("/products/").and_then(|(service, rest)| {
            let (product, name) = rest.split_once("/apis/")?;
            Some((format!("{service}/products/{product}"), format!("{service}/apis/{name}")))
        }) {
            self.put(&name, &body);
            self.put(&format!("{product}/apis/{}", name.rsplit('/').next().unwrap()), &Value::Null);
        } else if let Some((service, rest)) = id.split_once("/apis/") {
            match rest.split_once("/products/") {
                Some((api, product)) => {
                    self.put(&format!("{service}/products/{product}"), &body);
                    self.put(&format!("{service}/products/{product}/apis/{api}"), &Value::Null);
                }
                None => drop(self.put(id, &body)),
            }
        } else if !id.contains("/products/") || !id.contains("/subscriptions/6") {
            self.put(id, &body);
        }
    }

    fn gone(&self, id: &str) {
        let path = format!("{}?api-version=2022-08-01&deleteSubscriptions=true", encoded(id));
        self.emulated.send_with("DELETE", &path, &[("If-Match", "*")], &Value::Null);
    }

    fn before(&self, one: &Interaction) {
        if one.answer.pointer("/error/code") == Some(&json!("ResourceGroupNotFound")) {
            // a group that is deleted takes all in it along; there is no other trace of that in a recording
            let group: Vec<&str> = one.path.split('/').take(5).collect();
            return self.gone(&group.join("/"));
        }
        let id = one.path.split('?').next().unwrap().replace("%3B", ";").replace("%3D", "=");
        self.parents(&id);
        self.named(&id, one);
        let exists = self.exists(&id);
        match (one.method.as_str(), one.status) {
            ("PUT", 201) | ("DELETE", 204) | (_, 404) if exists => self.gone(&id),
            ("GET" | "HEAD" | "PATCH" | "POST", 200 | 204) | ("PUT" | "DELETE", 200) if !exists => {
                if one.answer.get("id").is_some() {
                    self.made(&one.answer);
                } else if let Some(values) = one.answer["value"].as_array() {
                    for value in values {
                        self.made(value);
                    }
                } else {
                    let subject =
                        id.rsplit_once('/').filter(|_| one.method == "POST").map_or(&*id, |it| it.0);
                    if !self.exists(subject) {
                        self.put(subject, &plain(subject));
                    }
                }
            }
            _ => {}
        }
    }
}

fn encoded(id: &str) -> String {
    id.replace(';', "%3B").replace('=', "%3D")
}

/// The least that a resource can be.
fn plain(id: &str) -> Value {
    let name = id.rsplit('/').next().unwrap();
    if id.ends_with(&format!("/staticSites/{name}")) {
        return json!({"location": "centralus", "sku": {"name": "Standard", "tier": "Standard"}});
    }
    let properties = if id.ends_with(&format!("/service/{name}")) {
        return json!({"location": "eastus", "sku": {"name": "Developer", "capacity": 1},
            "properties": {"publisherEmail": "user@example.com", "publisherName": "p"}});
    } else if id.contains("/operations/") {
        json!({"displayName": name, "method": "GET", "urlTemplate": "/"})
    } else if id.contains("/apis/") {
        json!({"displayName": name, "path": name})
    } else if id.contains("/apiVersionSets/") {
        json!({"displayName": name, "versioningScheme": "Segment"})
    } else if id.contains("/service/") && id.matches("/subscriptions/").count() > 1 {
        json!({"displayName": name, "scope": "/apis"})
    } else {
        json!({"displayName": name})
    };
    json!({ "properties": properties })
}

/// How a value differs from a recorded one.
fn differences(path: &str, ours: &Value, theirs: &Value, into: &mut Vec<String>) {
    let last = path.rsplit('.').next().unwrap_or_default().split('[').next().unwrap_or_default();
    if PERMITTED.iter().any(|(field, _)| *field == last) {
        return;
    }
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            for name in ours.keys().chain(theirs.keys().filter(|name| !ours.contains_key(*name))) {
                let at = format!("{path}.{name}");
                match (ours.get(name), theirs.get(name)) {
                    (Some(ours), Some(theirs)) => differences(&at, ours, theirs, into),
                    _ if PERMITTED.iter().any(|(field, _)| field == name) => {}
                    (Some(_), None) => into.push(format!("`{at}` is not in the recorded answer")),
                    (None, _) => into.push(format!("`{at}` is not answered")),
                }
            }
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            let named = |all: &[Value]| -> BTreeMap<String, Value> {
                let name = |(at, value): (usize, &Value)| {
                    let name = value["name"].as_str().map_or_else(|| at.to_string(), str::to_owned);
                    (name, value.clone())
                };
                all.iter().enumerate().map(name).collect()
            };
            let (ours, theirs) = (named(ours), named(theirs));
            for (name, theirs) in &theirs {
                // the subscriptions that a service makes have names by chance
                if let Some(ours) = ours.get(name) {
                    differences(&format!("{path}[{name}]"), ours, theirs, into);
                }
            }
        }
        (ours, theirs) if std::mem::discriminant(ours) != std::mem::discriminant(theirs) => {
            into.push(format!("`{path}` is {ours} and not {theirs}"));
        }
        (ours, theirs) if ours != theirs && !VOLATILE.contains(&last) && last != "count" => {
            into.push(format!("`{path}` is {ours} and not {theirs}"));
        }
        _ => {}
    }
}

fn presence_differences(names: &[&str], ours: &Answer, one: &Interaction, into: &mut Vec<String>) {
    for name in names {
        let (own, recorded) = (ours.header(name), one.answered.get(*name));
        if own.is_some() != recorded.is_some() {
            into.push(format!("{name} is {own:?} and not {recorded:?}"));
        }
    }
}

fn header_differences(ours: &Answer, one: &Interaction, into: &mut Vec<String>) {
    for name in ["content-type", "allow"] {
        let (own, recorded) = (ours.header(name), one.answered.get(name).map(String::as_str));
        if own != recorded {
            into.push(format!("{name} is {own:?} and not {recorded:?}"));
        }
    }
    presence_differences(&["etag", "location", "azure-asyncoperation"], ours, one, into);
    let form = |tag: &str| tag.len() == 14 && tag.starts_with('"') && tag.ends_with("=\"");
    if ours.header("etag").is_some_and(|tag| !form(tag)) {
        into.push(format!("etag is {:?}", ours.header("etag")));
    }
}

fn compare(emulated: &Emulated, one: &Interaction) -> Vec<String> {
    let mut problems = Vec::new();
    // the versions of that time are not those of now
    let any: Vec<(&str, &str)> = one.headers.get("if-match").map(|_| ("If-Match", "*")).into_iter().collect();
    let answer = emulated.send_with(&one.method, &one.path, &any, &one.body);
    if answer.status != one.status {
        return vec![format!("answers {} and not {}: {}", answer.status, one.status, answer.text)];
    }
    let (mut ours, mut theirs) = (answer.body.clone(), one.answer.clone());
    let is_transition =
        one.answered.contains_key("location") || one.answered.contains_key("azure-asyncoperation");
    if one.story.starts_with("apim-service") && is_transition {
        for body in [&mut ours, &mut theirs] {
            let properties = body.get_mut("properties").and_then(Value::as_object_mut);
            if let Some(properties) = properties {
                properties.retain(|name, _| !IN_TRANSITION.contains(&name.as_str()));
            }
        }
        // a change of a service is over at once here, and has no address
        if one.status != 200 {
            presence_differences(&["location", "azure-asyncoperation"], &answer, one, &mut problems);
        }
    } else {
        header_differences(&answer, one, &mut problems);
    }
    differences("", &ours, &theirs, &mut problems);
    problems
}

#[test]
fn every_recorded_request_is_answered_as_azure_answered_it() {
    let mut all = Vec::new();
    for topic in TOPICS {
        let Some(found) = interactions(topic) else { return };
        all.extend(found);
    }
    let mut stories: BTreeMap<String, Vec<&Interaction>> = BTreeMap::new();
    for one in &all {
        let is_import =
            one.body["properties"].get("format").is_some() || one.method == "PUT" && one.status == 202;
        let is_left_out = NOT_EMULATED.iter().any(|it| one.path.contains(it));
        let is_superseded = SUPERSEDED.contains(&&*one.story);
        if VERSIONS.contains(&&*one.version) && !is_import && !is_left_out && !is_superseded {
            stories.entry(one.story.clone()).or_default().push(one);
        }
    }
    let (mut problems, mut count) = (Vec::new(), 0);
    for (story, interactions) in stories {
        let emulated = Emulated::start(&["--log", "off"]);
        let stage = Stage { emulated: &emulated };
        for one in interactions {
            if one.status == 409 {
                continue;
            }
            stage.before(one);
            let what = format!("{story}: {} {}", one.method, one.path.split("/service/").last().unwrap());
            problems.extend(compare(&emulated, one).into_iter().map(|problem| format!("{what}: {problem}")));
            count += 1;
        }
    }
    assert!(count > 100, "{count} recorded requests are compared");
    assert!(problems.is_empty(), "{} of {count}:\n{}", problems.len(), problems.join("\n"));
}
