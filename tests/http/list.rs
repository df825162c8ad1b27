//! `list` in Azure: by list and not by site, with what cannot be read named, and the number of requests counted.

use serde_json::{Value, json};

use crate::{
    azure::{FakeAzure, Fault, Kind, LABEL, Options, SERVICE, SITE, Seen, service, site},
    program::{Run, command, run},
};

const OTHER: &str = "/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/docs/providers/Microsoft.Web/staticSites/docs";
const DENIED: Kind =
    Kind::Error(403, "AuthorizationFailed", "no authorization to perform action 'x' over scope '/y'");

fn scene() -> FakeAzure {
    FakeAzure::with_scene(Options::default())
}

/// A line without a configuration; the variables of the harness name Azure.
fn list(azure: &FakeAzure, line: &str) -> Run {
    run(azure, line)
}

fn sites(run: &Run) -> Vec<Value> {
    assert_eq!(run.code, Some(0), "{run:?}");
    run.json()["sites"].as_array().unwrap().clone()
}

fn requests(seen: &[Seen]) -> Vec<String> {
    seen.iter().map(|seen| format!("{} {}", seen.method, seen.path)).collect()
}

#[test]
fn hundreds_of_sites_are_a_page_of_reads() {
    let azure = FakeAzure::with_scene(Options { page: 1000, ..Options::default() });
    assert_eq!(run(&azure, "link").code, Some(0));
    for number in 0..300 {
        azure.put(&site(&format!("{SITE}-{number:03}"), &format!("calm-{number:03}.5.azurestaticapps.net")));
    }
    azure.take_seen();
    let all = list(&azure, "list -o json");
    let seen = azure.take_seen();
    let graph = "POST /providers/Microsoft.ResourceGraph/resources";
    let products = format!("GET {SERVICE}/products");
    assert_eq!(requests(&seen), [graph, graph, &products], "sites, services, and products of the service");
    let all = sites(&all);
    assert_eq!(all.len(), 301);
    assert_eq!((&all[0]["name"], &all[0]["state"]), (&json!("shop"), &json!("connected")));
    assert_eq!(all[0]["linkedTo"], json!({"kind": "apim", "id": SERVICE, "name": "gate"}));
    assert_eq!((&all[300]["name"], &all[300]["state"]), (&json!("shop-299"), &json!("unlinked")));
    let linked = list(&azure, "list --linked -o json");
    assert_eq!(azure.take_seen().len(), 3);
    assert_eq!(sites(&linked).len(), 1);
}

#[test]
fn the_index_is_read_to_its_last_page() {
    let azure = FakeAzure::with_scene(Options { page: 10, ..Options::default() });
    for number in 0..35 {
        azure.put(&site(&format!("{SITE}-{number:03}"), &format!("calm-{number:03}.5.azurestaticapps.net")));
    }
    assert_eq!(sites(&list(&azure, "list -o json")).len(), 36);
}

#[test]
fn the_state_is_that_of_the_parts_that_lists_show() {
    let azure = scene();
    assert_eq!(run(&azure, "link").code, Some(0));
    let state = || sites(&list(&azure, "list -o json"))[0]["state"].as_str().unwrap().to_owned();
    assert_eq!(state(), "connected", "no list shows the policy and the keys");
    let product = format!("{SERVICE}/products/{LABEL}");
    let before = azure.state().get(&product).unwrap().clone();
    let mut open = before.clone();
    open["properties"]["subscriptionRequired"] = json!(false);
    azure.put(&open);
    assert_eq!(state(), "drifted");
    azure.state().remove(&product);
    assert_eq!(state(), "partial");
    azure.state().remove(SERVICE);
    assert_eq!(state(), "dangling");
    let missing = azure.take_seen();
    assert!(missing.iter().any(|seen| seen.method == "GET" && seen.path == SERVICE), "absence is proven");
    azure.put(&service(SERVICE, "https://gate.azure-api.net"));
    azure.put(&before);
    assert_eq!(run(&azure, "unlink").code, Some(0));
    assert_eq!(state(), "leftover");
}

#[test]
fn other_backends_are_named_and_one_without_a_readable_id_is_unknown() {
    let azure = scene();
    let app = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/sites/func";
    for (name, id) in [("app", app), ("odd", "func")] {
        azure.put(&site(&format!("{SITE}-{name}"), &format!("calm-{name}.5.azurestaticapps.net")));
        azure.put(&json!({"id": format!("{SITE}-{name}/builds/default/linkedBackends/b"),
            "properties": {"backendResourceId": id, "provisioningState": "Succeeded"}}));
    }
    let mut own = site(&format!("{SITE}-own"), "calm-own.5.azurestaticapps.net");
    own["properties"]["userProvidedFunctionApps"] = json!([{"functionAppResourceId": app, "id": "x"}]);
    azure.put(&own);
    let all = sites(&list(&azure, "list -o json"));
    let of = |name: &str| all.iter().find(|site| site["name"] == name).unwrap();
    let functions = json!({"kind": "functions", "id": app, "name": "func"});
    assert_eq!((&of("shop-app")["linkedTo"], &of("shop-own")["linkedTo"]), (&functions, &functions));
    assert_eq!(of("shop-odd")["linkedTo"], json!({"kind": "unknown", "id": "func", "name": "func"}));
    assert_eq!(of("shop-odd")["state"], "unknown");
    assert_eq!(of("shop")["linkedTo"], Value::Null);
}

#[test]
fn without_the_index_each_subscription_is_listed_and_a_refused_one_is_a_note() {
    let azure = scene();
    azure.put(&site(OTHER, "calm-docs.5.azurestaticapps.net"));
    azure.fault(Fault::always("POST", "microsoft.resourcegraph", DENIED));
    let all = list(&azure, "list -o json");
    assert_eq!(sites(&all).len(), 2, "{all:?}");
    azure.fault(Fault::always("GET", "000002/providers/microsoft.web/staticsites", DENIED));
    let some = list(&azure, "list -o json");
    assert_eq!(sites(&some)[0]["name"], "shop");
    let note = "the static web apps of the subscription `00000000-0000-0000-0000-000000000002`";
    assert!(some.stderr.contains(note), "{some:?}");
    assert!(some.json()["notes"][0].as_str().unwrap().starts_with(note), "{some:?}");
    azure.fault(Fault::always("GET", "000001/providers/microsoft.web/staticsites", DENIED));
    let none = list(&azure, "list -o json");
    assert_eq!(none.code, Some(6), "nothing can be read: {none:?}");
    assert_eq!(none.stdout, "");
}

#[test]
fn an_index_that_finds_nothing_is_compared_with_the_subscription_itself() {
    let azure = scene();
    let empty = Kind::Says(200, r#"{"totalRecords":0,"count":0,"data":[],"resultTruncated":"false"}"#);
    azure.fault(Fault::always("POST", "microsoft.resourcegraph", empty));
    let found = list(&azure, "list -o json --subscription 00000000-0000-0000-0000-000000000001");
    assert_eq!(sites(&found).len(), 1, "the index is late: {found:?}");
    azure.fault(Fault::always("GET", "/providers/microsoft.web/staticsites", DENIED));
    let refused = list(&azure, "list --subscription 00000000-0000-0000-0000-000000000001");
    assert_eq!(refused.code, Some(6), "no access is not an empty list: {refused:?}");
}

#[test]
fn an_index_without_backends_is_completed_by_the_lists_of_the_subscriptions() {
    let azure = scene();
    assert_eq!(run(&azure, "link").code, Some(0));
    let bare = r#"{"totalRecords":1,"count":1,"data":[{"id":"/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Web/staticSites/shop","name":"shop","type":"microsoft.web/staticsites","sku":{"name":"Standard"},"properties":{"defaultHostname":"agreeable-smoke-06273c21e.5.azurestaticapps.net"}}],"resultTruncated":"false"}"#;
    azure
        .fault(Fault { times: 1, ..Fault::always("POST", "microsoft.resourcegraph", Kind::Says(200, bare)) });
    let all = list(&azure, "list -o json");
    assert_eq!(sites(&all)[0]["linkedTo"]["name"], "gate", "{all:?}");
    azure
        .fault(Fault { times: 1, ..Fault::always("POST", "microsoft.resourcegraph", Kind::Says(200, bare)) });
    azure.fault(Fault::always("GET", "000001/providers/microsoft.web/staticsites", DENIED));
    let alone = list(&azure, "list -o json");
    assert_eq!(sites(&alone)[0]["linkedTo"]["name"], "gate", "the site itself is asked: {alone:?}");
    azure
        .fault(Fault { times: 1, ..Fault::always("POST", "microsoft.resourcegraph", Kind::Says(200, bare)) });
    azure.fault(Fault::always("GET", "/linkedbackends", DENIED));
    let unread = list(&azure, "list -o json");
    assert_eq!(sites(&unread)[0]["linkedTo"]["kind"], "unknown", "{unread:?}");
    assert!(unread.stderr.contains("the linked backend of `shop` could not be read"), "{unread:?}");
}

#[test]
fn a_service_that_cannot_be_read_leaves_the_state_of_its_sites_unknown() {
    let azure = scene();
    assert_eq!(run(&azure, "link").code, Some(0));
    azure.fault(Fault::always("GET", "/products", DENIED));
    let all = list(&azure, "list -o json");
    let shop = sites(&all)[0].clone();
    assert_eq!((&shop["linkedTo"]["name"], &shop["state"]), (&json!("gate"), &json!("unknown")));
    assert!(all.stderr.contains("the products of `gate` could not be read"), "{all:?}");
}

#[test]
fn a_group_and_a_subscription_limit_the_search() {
    let azure = scene();
    azure.put(&site(OTHER, "calm-docs.5.azurestaticapps.net"));
    let names = |line: &str| -> Vec<String> {
        let all = sites(&list(&azure, line));
        all.iter().map(|site| site["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("list -o json"), ["docs", "shop"]);
    assert_eq!(names("list -o json --resource-group DOCS"), ["docs"]);
    azure.take_seen();
    assert_eq!(names("list -o json --subscription 00000000-0000-0000-0000-000000000001"), ["shop"]);
    let query = azure.take_seen().remove(0).body;
    assert!(query.contains(r#""subscriptions":["00000000-0000-0000-0000-000000000001"]"#), "{query}");
}

#[test]
fn no_valid_token_and_no_answer_are_failures() {
    let azure = scene();
    azure.fault(Fault::once(
        "POST",
        "microsoft.resourcegraph",
        Kind::Error(401, "InvalidAuthenticationToken", "no"),
    ));
    assert_eq!(list(&azure, "list").code, Some(6));
    azure.fault(Fault::always("POST", "microsoft.resourcegraph", Kind::Status(503)));
    assert_eq!(list(&azure, "list --timeout 1s").code, Some(5));
}

#[test]
fn an_env_of_the_configuration_is_named_and_its_preview_is_listed() {
    let azure = scene();
    azure.put(&json!({"id": format!("{SITE}/builds/dev"), "properties": {"buildId": "dev",
        "hostname": format!("{LABEL}-dev.centralus.5.azurestaticapps.net"), "status": "Ready"}}));
    let folder = tempfile::tempdir().unwrap();
    let env = |name: &str, more: &str| {
        format!("[env.{name}]\nstatic-web-app = \"shop\"\napim = \"gate\"\nprovider = \"arm\"\n{more}\n")
    };
    let text = format!(
        "{}{}[provider.arm]\nendpoint = \"{}\"\n",
        env("prod", ""),
        env("dev", "site-environment = \"dev\""),
        azure.endpoint()
    );
    std::fs::File::create(folder.path().join("swa-apim.toml"))
        .and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()))
        .unwrap();
    let mut command = command(&azure, "list -o json");
    for name in ["SWA_APIM_STATIC_WEB_APP", "SWA_APIM_APIM", "SWA_APIM_ENDPOINT", "SWA_APIM_PROVIDER"] {
        command.env_remove(name);
    }
    let all = sites(&Run::of(&command.current_dir(folder.path()).output().unwrap()));
    let seen: Vec<(&Value, &Value)> = all.iter().map(|site| (&site["environment"], &site["env"])).collect();
    assert_eq!(seen, [(&json!("default"), &json!("prod")), (&json!("dev"), &json!("dev"))]);
}
