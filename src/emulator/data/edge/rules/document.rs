//! The contents of `staticwebapp.config.json`, and the parts that are not carried out.
//! See [Configure Azure Static Web Apps](https://learn.microsoft.com/azure/static-web-apps/configuration).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// The parts of the file that are carried out.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RulesDocument {
    pub(super) routes: Vec<Rule>,
    pub(super) navigation_fallback: Option<Fallback>,
    pub(super) response_overrides: BTreeMap<String, Override>,
    pub(super) global_headers: BTreeMap<String, String>,
    pub(super) mime_types: BTreeMap<String, String>,
    pub(super) networking: Option<Networking>,
    pub(super) forwarding_gateway: Option<ForwardingGateway>,
}

/// A rule for a route.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule {
    pub(super) route: String,
    pub(super) methods: Option<Vec<String>>,
    pub(super) allowed_roles: Option<Vec<String>>,
    pub(super) redirect: Option<String>,
    pub(super) rewrite: Option<String>,
    pub(super) status_code: Option<u16>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
}

/// The file that is served instead of a missing file.
#[derive(Debug, Deserialize)]
pub(super) struct Fallback {
    pub(super) rewrite: String,
    #[serde(default)]
    pub(super) exclude: Vec<String>,
}

/// The answer that replaces an error.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Override {
    pub(super) redirect: Option<String>,
    pub(super) rewrite: Option<String>,
    pub(super) status_code: Option<u16>,
}

/// The networks from which clients can call the site.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Networking {
    #[serde(default)]
    pub(super) allowed_ip_ranges: Vec<String>,
}

/// The headers that a request through another gateway must have.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ForwardingGateway {
    #[serde(default)]
    pub(super) required_headers: BTreeMap<String, String>,
}

/// The documented rules of the file that are not carried out, or not in the same way as in Azure.
pub(in crate::emulator::data) const NOT_CARRIED_OUT: [&str; 5] =
    ["auth", "forwardingGateway", "networking", "platform", "trailingSlash"];

const KNOWN: [&str; 6] =
    ["$schema", "globalHeaders", "mimeTypes", "navigationFallback", "responseOverrides", "routes"];
const OF_ROUTE: [&str; 7] =
    ["allowedRoles", "headers", "methods", "redirect", "rewrite", "route", "statusCode"];
const OF_FALLBACK: [&str; 2] = ["exclude", "rewrite"];
const OF_OVERRIDE: [&str; 3] = ["redirect", "rewrite", "statusCode"];
const OVERRIDABLE: [&str; 4] = ["400", "401", "403", "404"];

/// Returns the keys of a file that are not carried out, by their position.
pub(super) fn not_carried_out(file: &Value) -> Vec<String> {
    let mut found = Vec::new();
    unknown(file, "", &KNOWN, &mut found);
    if let Some(fallback) = file.get("navigationFallback") {
        unknown(fallback, "navigationFallback.", &OF_FALLBACK, &mut found);
    }
    for (status, answer) in file.get("responseOverrides").and_then(Value::as_object).into_iter().flatten() {
        let place = format!("responseOverrides.{status}");
        if !OVERRIDABLE.contains(&status.as_str()) {
            found.push(place);
            continue;
        }
        unknown(answer, &format!("{place}."), &OF_OVERRIDE, &mut found);
    }
    found
}

/// Returns the unknown keys of each route, by position; any of them could be an access check.
pub(super) fn unknown_in_routes(file: &Value) -> Vec<Option<String>> {
    let routes = file.get("routes").and_then(Value::as_array).into_iter().flatten();
    let unknown_in = |(at, route): (usize, &Value)| {
        let mut found = Vec::new();
        unknown(route, &format!("routes[{at}]."), &OF_ROUTE, &mut found);
        found.into_iter().next()
    };
    routes.enumerate().map(unknown_in).collect()
}

fn unknown(value: &Value, place: &str, known: &[&str], found: &mut Vec<String>) {
    let keys = value.as_object().into_iter().flat_map(|object| object.keys());
    let others = keys.filter(|key| !known.contains(&key.as_str()));
    found.extend(others.map(|key| format!("{place}{key}")));
}
