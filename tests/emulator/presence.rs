//! Requests in Azure subscriptions and resource groups that do not exist.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    support::Sandbox,
    world::{APIM, Answer, Emulated, GROUP, WEB, service, site},
};

const UNKNOWN: &str = "/subscriptions/11111111-1111-1111-1111-111111111111";
const GONE: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/gone";
const SITES: &str = "/providers/Microsoft.Web/staticSites";
const SERVICES: &str = "/providers/Microsoft.ApiManagement/service";

fn with_version(path: &str) -> String {
    let versions = [
        ("Microsoft.Authorization", "2022-04-01"),
        ("Microsoft.Insights", "2015-04-01"),
        ("Microsoft.Web", WEB),
        ("Microsoft.ApiManagement", APIM),
        ("", "2021-04-01"),
    ];
    let (_, version) = versions.iter().find(|(provider, _)| path.contains(provider)).unwrap();
    format!("{path}?api-version={version}")
}

fn send(emulated: &Emulated, method: &str, path: &str) -> Answer {
    let body = if matches!(method, "PUT" | "PATCH") { json!({}) } else { Value::Null };
    emulated.send(method, &with_version(path), &body)
}

/// The requests within a group, each of which needs the group.
fn within(group: &str) -> Vec<(&'static str, String)> {
    let site = |tail: &str| format!("{group}{SITES}/x{tail}");
    let service = |tail: &str| format!("{group}{SERVICES}/x{tail}");
    vec![
        ("GET", format!("{group}{SITES}")),
        ("GET", format!("{group}{SERVICES}")),
        ("GET", format!("{group}/resources")),
        ("GET", site("")),
        ("PATCH", site("")),
        ("DELETE", site("")),
        ("GET", site("/builds")),
        ("GET", site("/linkedBackends/b")),
        ("PUT", site("/linkedBackends/b")),
        ("POST", site("/linkedBackends/b/validate")),
        ("GET", service("")),
        ("PATCH", service("")),
        ("DELETE", service("")),
        ("GET", service("/products")),
        ("GET", service("/products/p")),
        ("PUT", service("/products/p")),
        ("DELETE", service("/products/p")),
        ("DELETE", service("/apis/a")),
        ("POST", service("/subscriptions/s/listSecrets")),
        ("GET", format!("{}/providers/Microsoft.Authorization/permissions", service(""))),
    ]
}

fn assert_refused(answer: &Answer, what: &str, code: &str, message: &str) {
    assert_eq!((answer.status, answer.code()), (404, code), "{what}: {}", answer.text);
    assert_eq!(answer.body["error"]["message"], message, "{what}");
    assert_eq!(answer.header("x-ms-failure-cause"), Some("gateway"), "{what}");
}

#[test]
fn nothing_is_found_in_an_unknown_azure_subscription() {
    let emulated = Emulated::start(&["--log", "off"]);
    let group = format!("{UNKNOWN}/resourceGroups/rg-shop");
    let mut all = within(&group);
    for tail in [
        "",
        "/resourceGroups",
        "/resources",
        "/providers",
        "/providers/Microsoft.Web",
        SITES,
        SERVICES,
        "/providers/Microsoft.Authorization/permissions",
        "/providers/Microsoft.Insights/eventtypes/management/values",
    ] {
        all.push(("GET", format!("{UNKNOWN}{tail}")));
    }
    all.extend([("GET", group.clone()), ("DELETE", group)]);
    let message = "The subscription '11111111-1111-1111-1111-111111111111' could not be found.";
    for (method, path) in all {
        let answer = send(&emulated, method, &path);
        assert_refused(&answer, &format!("{method} {path}"), "SubscriptionNotFound", message);
    }
    assert_eq!(send(&emulated, "HEAD", &format!("{UNKNOWN}/resourceGroups/rg")).status, 404);
}

#[test]
fn nothing_is_found_in_a_missing_resource_group() {
    let emulated = Emulated::start(&["--log", "off"]);
    let message = "Resource group 'gone' could not be found.";
    for (method, path) in within(GONE).into_iter().chain([("GET", GONE.to_owned())]) {
        let answer = send(&emulated, method, &path);
        assert_refused(&answer, &format!("{method} {path}"), "ResourceGroupNotFound", message);
    }
    let permissions =
        send(&emulated, "GET", &format!("{GONE}/providers/Microsoft.Authorization/permissions"));
    assert_eq!(permissions.status, 200, "as recorded");
    let other = send(&emulated, "GET", &format!("{GROUP}{SITES}/x"));
    assert_eq!(other.code(), "ResourceNotFound", "in a group that exists");
}

#[test]
fn the_first_put_in_a_scope_begins_it() {
    let emulated = Emulated::over(Arc::new(Sandbox::empty()), &["--model", "empty.json", "--log", "off"]);
    let group = format!("{UNKNOWN}/resourceGroups/new");
    let created = emulated.send("PUT", &with_version(&group), &json!({"location": "westeurope"}));
    assert_eq!(created.status, 201, "{}", created.text);
    assert_eq!(send(&emulated, "GET", &format!("{group}{SITES}")).status, 200);
    let body = json!({"location": "westeurope", "sku": {"name": "Standard"}});
    for of in [group, format!("{GONE}-too")] {
        let path = format!("{of}{SITES}/x");
        assert_eq!(emulated.send("PUT", &with_version(&path), &body).status, 200, "{path}");
        assert_eq!(send(&emulated, "GET", &path).status, 200, "{path}");
    }
}

#[test]
fn a_scope_without_its_last_resource_still_exists() {
    let emulated = Emulated::start(&["--log", "off"]);
    let (site, service) = (site(0), service());
    for path in [&site, &service] {
        assert!(send(&emulated, "DELETE", path).status < 300, "{path}");
    }
    for path in [&site, &service] {
        assert_eq!(send(&emulated, "GET", path).code(), "ResourceNotFound", "{path}");
    }
    assert_eq!(send(&emulated, "GET", GROUP).body["name"], "rg-shop");
    assert_eq!(send(&emulated, "GET", &format!("{GROUP}{SITES}")).body["value"], json!([]));
    assert_eq!(send(&emulated, "DELETE", GROUP).status, 200);
    assert_eq!(send(&emulated, "DELETE", &service).code(), "ResourceGroupNotFound", "as recorded");
    assert_eq!(send(&emulated, "GET", GROUP).code(), "ResourceGroupNotFound");
}
