//! `doctor`: the way of a request, hop by hop, where it works and where it does not.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};

use serde_json::{Value, json};

use crate::{
    azure::{Edge, FakeAzure, Fault, Kind, Options, SERVICE, SITE, Saying, State, When, service},
    program::{Run, command, run},
};

/// A site that is linked to a service, with an API in its product, and the edge of the site.
fn linked() -> (FakeAzure, Edge) {
    let azure = FakeAzure::with_scene(Options::default());
    assert_eq!(run(&azure, "link").code, Some(0));
    assert_eq!(run(&azure, "api add orders").code, Some(0));
    let edge = Edge::of(&azure);
    (azure, edge)
}

fn doctor(azure: &FakeAzure, edge: &Edge, more: &str) -> Run {
    run(azure, &format!("doctor -o json --site-url {} {more}", edge.url()))
}

/// How a hop is, and all that was said of it.
fn hop(run: &Run, name: &str) -> (String, String) {
    let report = run.json();
    let hops = report["hops"].as_array().unwrap();
    let hop = hops.iter().find(|hop| hop["hop"] == name).unwrap();
    (hop["outcome"].as_str().unwrap().to_owned(), hop.to_string())
}

fn outcomes(run: &Run) -> Vec<(String, String)> {
    let report = run.json();
    let hops = report["hops"].as_array().unwrap().iter();
    let text = |hop: &Value, field: &str| hop[field].as_str().unwrap().to_owned();
    hops.map(|hop| (text(hop, "hop"), text(hop, "outcome"))).collect()
}

#[test]
fn a_working_link_has_no_problem() {
    let (azure, edge) = linked();
    let run = doctor(&azure, &edge, "");
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(run.json()["outcome"], "ok");
    for (name, outcome) in outcomes(&run) {
        let expected = if name == "rights" { "skipped" } else { "ok" };
        assert_eq!(outcome, expected, "{name}: {run:?}");
    }
    assert!(hop(&run, "site").1.contains("the API answered with 200"), "{run:?}");
    assert!(hop(&run, "site").1.contains("/api/orders/0"), "{run:?}");
}

#[test]
fn the_doctor_changes_nothing_and_shows_no_key() {
    let (azure, edge) = linked();
    azure.take_seen();
    let (primary, secondary) = azure.state().link_keys().unwrap();
    for format in ["table", "json", "yaml", "tsv", "markdown"] {
        let line = format!("doctor --check-rights -vvv -o {format} --site-url {}", edge.url());
        let run = run(&azure, &line);
        assert_eq!(run.code, Some(0), "{run:?}");
        for key in [&primary, &secondary] {
            assert!(!run.stdout.contains(key) && !run.stderr.contains(key), "{format}");
        }
    }
    for seen in azure.take_seen() {
        let asks = seen.path.to_lowercase().ends_with("/listsecrets");
        assert!(["GET", "HEAD"].contains(&seen.method.as_str()) || asks, "{} {}", seen.method, seen.path);
    }
}

#[test]
fn a_key_is_sent_over_https_or_to_this_machine_and_to_no_redirect() {
    let (azure, edge) = linked();
    azure.put(&service(SERVICE, "http://gate.invalid"));
    let plain = doctor(&azure, &edge, "");
    assert!(plain.stdout.contains("its address is not https, so the key was not sent"), "{plain:?}");
    let gateway = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", gateway.local_addr().unwrap());
    let (heads, elsewhere) = (Arc::new(Mutex::new(Vec::new())), format!("{address}/elsewhere"));
    let seen = Arc::clone(&heads);
    thread::spawn(move || {
        for mut stream in gateway.incoming().map_while(Result::ok) {
            let mut head = [0; 4_096];
            let length = stream.read(&mut head).unwrap();
            seen.lock().unwrap().push(String::from_utf8_lossy(&head[..length]).to_lowercase());
            let answer = format!("HTTP/1.1 302 Found\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    azure.put(&service(SERVICE, &address));
    let redirected = doctor(&azure, &edge, "");
    let heads = heads.lock().unwrap();
    assert!(heads.iter().any(|head| head.contains("ocp-apim-subscription-key")), "{redirected:?}");
    assert!(!heads.iter().any(|head| head.contains("/elsewhere")), "{redirected:?}");
}

#[test]
fn a_browsers_call_brings_neither_key_nor_token() {
    let (azure, edge) = linked();
    doctor(&azure, &edge, "");
    let seen = edge.seen();
    assert_eq!(seen.len(), 1, "{seen:?}");
    for header in ["ocp-apim-subscription-key", "authorization", "x-ms-auth-token", "cookie"] {
        assert!(!seen[0].contains(header), "{seen:?}");
    }
    assert!(seen[0].starts_with("get /api/orders/0 "), "{seen:?}");
}

#[test]
fn a_site_may_have_a_name_below_localhost() {
    let (azure, edge) = linked();
    let port = edge.url().rsplit(':').next().unwrap().to_owned();
    let run = run(&azure, &format!("doctor -o json --site-url http://shop.localhost:{port}"));
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(edge.seen()[0].contains(&format!("host: shop.localhost:{port}")), "{:?}", edge.seen());
}

#[test]
fn a_key_that_was_changed_behind_the_sites_back_is_noticed_at_the_site() {
    let (azure, edge) = linked();
    let id = azure.state().subscription_id();
    azure.state().set_keys(&id, ("a".repeat(32), "b".repeat(32)));
    let run = doctor(&azure, &edge, "");
    assert_eq!(run.code, Some(4), "{run:?}");
    assert_eq!(hop(&run, "gateway-with-key").0, "ok");
    let (outcome, site) = hop(&run, "site");
    assert_eq!(outcome, "failed");
    assert!(
        site.contains("rejects the key that the site sends") && site.contains("swa-apim relink"),
        "{site}"
    );
}

#[test]
fn what_the_site_says_is_explained() {
    let (azure, edge) = linked();
    let gateway = "application/json";
    for (status, media_type, body, outcome, code, text) in [
        (500, "text/plain", "Backend call failure", "failed", 4, "could not reach the gateway"),
        (404, "text/html", "<html>", "failed", 4, "no page at that address"),
        (302, "text/html", "", "warning", 0, "requires the caller to sign in"),
        (502, "text/html", "<html>", "warning", 0, "does not show which component"),
        (404, gateway, r#"{"error":"no such order"}"#, "ok", 0, "the API answered with 404"),
        (
            404,
            gateway,
            r#"{"statusCode":404,"message":"Resource not found"}"#,
            "failed",
            4,
            "no operation at that address",
        ),
        (401, gateway, r#"{"statusCode":401,"message":"JWT not present."}"#, "failed", 4, "site's token"),
        (401, gateway, r#"{"statusCode":401,"message":"Invalid JWT."}"#, "failed", 4, "rejects the token"),
        (
            500,
            gateway,
            r#"{"statusCode":500,"message":"Internal server error"}"#,
            "warning",
            0,
            "or the API behind it failed",
        ),
        (
            429,
            gateway,
            r#"{"statusCode":429,"message":"Rate limit is exceeded."}"#,
            "warning",
            0,
            "a rate limit or a quota",
        ),
    ] {
        edge.says(Saying { status, media_type, body });
        let run = doctor(&azure, &edge, "");
        let (seen, said) = hop(&run, "site");
        assert_eq!((seen.as_str(), run.code), (outcome, Some(code)), "{status} {body}: {said}");
        assert!(said.contains(text), "{status} {body}: {said}");
    }
}

#[test]
fn a_site_that_does_not_answer_is_neither_good_nor_bad() {
    let (azure, edge) = linked();
    let url = edge.url();
    drop(edge);
    let run = run(&azure, &format!("doctor -o json --site-url {url}"));
    assert_eq!(run.code, Some(5), "{run:?}");
    assert_eq!(hop(&run, "site").0, "failed");
}

/// Changes a resource by its id.
fn change(state: &mut State, id: &str, change: impl FnOnce(&mut Value)) {
    let mut body = state.get(id).unwrap().clone();
    change(&mut body);
    state.set(body);
}

/// Breaks something, and sees that it is told at its hop.
fn is_told_at(hop_name: &str, outcome: &str, text: &str, breaks: fn(&mut State)) {
    let (azure, edge) = linked();
    breaks(&mut azure.state());
    let run = doctor(&azure, &edge, "");
    let (seen, said) = hop(&run, hop_name);
    assert_eq!(seen, outcome, "{text}: {said}");
    assert!(said.contains(text), "{text}: {said}");
    let code = if outcome == "failed" { 4 } else { 0 };
    assert_eq!(run.code, Some(code), "{text}: {run:?}");
}

#[test]
fn faults_of_the_two_ends_are_reported_at_their_hops() {
    is_told_at("service", "failed", "SWAAPIM009", |state| {
        change(state, SERVICE, |it| it["properties"]["virtualNetworkType"] = "Internal".into());
    });
    is_told_at("static-site", "failed", "SWAAPIM003", |state| {
        change(state, SITE, |it| it["sku"]["name"] = "Free".into());
    });
    is_told_at("static-site", "warning", "deploy an app", |state| {
        let waiting = json!({"status": "WaitingForDeployment", "hostname": "x.example"});
        state.set(json!({"id": format!("{SITE}/builds/default"), "properties": waiting}));
    });
}

#[test]
fn a_key_that_the_gateway_rejects_is_reported_at_its_hop() {
    is_told_at("gateway-with-key", "failed", "rejects the key", |state| {
        let id = state.subscription_id();
        change(state, &id, |it| it["properties"]["state"] = "suspended".into());
    });
}

#[test]
fn faults_of_the_apis_are_reported_at_their_hop() {
    const ORDERS: &str = "/apis/orders";
    is_told_at("apis", "warning", "SWAAPIM076", |state| {
        let open = json!({"displayName": "Open", "subscriptionRequired": false, "state": "published"});
        state.set(json!({"id": format!("{SERVICE}/products/open"), "properties": open}));
        state.set(json!({"id": format!("{SERVICE}/products/open{ORDERS}"), "properties": {}}));
    });
    is_told_at("apis", "warning", "SWAAPIM073", |state| {
        change(state, &format!("{SERVICE}{ORDERS}"), |it| it["properties"]["path"] = "orders".into());
    });
    is_told_at("apis", "warning", "SWAAPIM074", |state| {
        let names = json!({"header": "X-Key", "query": "key"});
        change(state, &format!("{SERVICE}{ORDERS}"), |it| {
            it["properties"]["subscriptionKeyParameterNames"] = names;
        });
    });
    is_told_at("apis", "warning", "SWAAPIM075", |state| {
        change(state, &format!("{SERVICE}{ORDERS}"), |it| {
            it["properties"]["subscriptionRequired"] = false.into();
        });
    });
}

#[test]
fn before_there_is_a_link_the_doctor_is_a_preflight() {
    let azure = FakeAzure::with_scene(Options::default());
    let run = run(&azure, "doctor -o json");
    assert_eq!(run.code, Some(0), "{run:?}");
    let (outcome, link) = hop(&run, "link");
    assert_eq!(outcome, "warning");
    assert!(link.contains("swa-apim link"), "{link}");
    assert_eq!(hop(&run, "site").0, "skipped");
}

#[test]
fn a_failure_that_stops_the_doctor_is_reported_at_its_hop_and_later_hops_are_skipped() {
    let azure = FakeAzure::with_scene(Options::default());
    let refused = command(&azure, "doctor -o json").env("SWA_APIM_ACCESS_TOKEN", "old").output().unwrap();
    let refused = Run::of(&refused);
    assert_eq!(refused.code, Some(6), "{refused:?}");
    assert_eq!(hop(&refused, "credentials").0, "failed");
    assert_eq!(hop(&refused, "site").0, "skipped");

    let silent = run(&azure, "doctor -o json --endpoint http://127.0.0.1:1 --timeout 1s");
    assert_eq!(silent.code, Some(5), "{silent:?}");
    assert_eq!(hop(&silent, "control-plane").0, "failed");
    assert_eq!(hop(&silent, "credentials").0, "ok");

    let nowhere = run(&azure, "doctor -o json --static-web-app nowhere");
    assert_eq!(nowhere.code, Some(4), "{nowhere:?}");
    assert_eq!(hop(&nowhere, "configuration").0, "failed");

    azure.state().remove(SITE);
    let gone = run(&azure, "doctor -o json");
    assert_eq!(gone.code, Some(4), "{gone:?}");
    assert!(hop(&gone, "static-site").1.contains("SWAAPIM001"), "{gone:?}");
}

#[test]
fn azure_that_stumbles_on_the_way_is_neither_good_nor_bad() {
    let (azure, edge) = linked();
    let policies = Fault::always("GET", "/policies/policy", Kind::Status(503));
    azure.fault(Fault { when: When::Before, ..policies });
    let run = doctor(&azure, &edge, "--timeout 2s");
    assert_eq!(run.code, Some(5), "{run:?}");
    assert_eq!(hop(&run, "control-plane").0, "failed");
    assert!(edge.seen().is_empty());
}

#[test]
fn without_a_probe_no_call_is_made() {
    let (azure, edge) = linked();
    azure.take_seen();
    let run = run(&azure, "doctor -o json --no-probe");
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(edge.seen().is_empty());
    assert!(azure.take_seen().iter().all(|seen| !seen.data_plane));
}

#[test]
fn the_report_has_the_published_shape() {
    let schema = include_str!("../../docs/schemas/doctor.v1.schema.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    let (azure, edge) = linked();
    let report = doctor(&azure, &edge, "--check-rights").json();
    let errors: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&report).map(|it| it.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(report.as_object().unwrap().keys().next().unwrap(), "schemaVersion");
}

/// Puts the orders into version `v1` of a set.
fn version(azure: &FakeAzure, set: &Value) {
    let id = format!("{SERVICE}/apiVersionSets/orders");
    azure.put(&json!({"id": id, "properties": set}));
    change(&mut azure.state(), &format!("{SERVICE}/apis/orders"), |api| {
        api["properties"]["apiVersion"] = "v1".into();
        api["properties"]["apiVersionSetId"] = id.as_str().into();
    });
}

#[test]
fn gateway_and_site_are_asked_at_the_address_of_the_version() {
    for (set, asked, header) in [
        (json!({"versioningScheme": "Segment"}), "get /api/orders/v1/0 ", None),
        (
            json!({"versioningScheme": "Query", "versionQueryName": "api-version"}),
            "get /api/orders/0?api-version=v1 ",
            None,
        ),
        (
            json!({"versioningScheme": "Header", "versionHeaderName": "X-Version"}),
            "get /api/orders/0 ",
            Some("x-version: v1"),
        ),
    ] {
        let (azure, edge) = linked();
        version(&azure, &set);
        azure.take_seen();
        let run = doctor(&azure, &edge, "");
        let seen = edge.seen();
        assert!(seen[0].starts_with(asked), "{set}: {seen:?}");
        assert!(header.is_none_or(|header| seen[0].contains(header)), "{set}: {seen:?}");
        let path = asked.split([' ', '?']).nth(1).unwrap();
        let gateway = azure.take_seen().into_iter().filter(|seen| seen.data_plane).map(|seen| seen.path);
        let gateway: Vec<String> = gateway.collect();
        assert!(
            gateway.len() == 2 && gateway.iter().all(|asked| asked == path),
            "{set}: {gateway:?} {run:?}"
        );
    }
}

#[test]
fn without_a_readable_version_set_nothing_is_asked_and_the_doctor_says_why() {
    let (azure, edge) = linked();
    version(&azure, &json!({"versioningScheme": "Segment"}));
    azure.state().remove(&format!("{SERVICE}/apiVersionSets/orders"));
    let run = doctor(&azure, &edge, "");
    assert_eq!(run.code, Some(0), "{run:?}");
    let (outcome, apis) = hop(&run, "apis");
    assert!(outcome == "warning" && apis.contains("could not be determined"), "{apis}");
    let (outcome, site) = hop(&run, "site");
    assert!(outcome == "skipped" && site.contains("version set"), "{site}");
    assert_eq!(edge.seen(), [""; 0]);
}

#[test]
fn a_key_header_of_its_own_is_noticed_although_the_products_list_leaves_it_out() {
    let (azure, edge) = linked();
    assert!(!run(&azure, "status -o json").stdout.contains("SWAAPIM074"));
    change(&mut azure.state(), &format!("{SERVICE}/apis/orders"), |api| {
        api["properties"]["subscriptionKeyParameterNames"] = json!({"header": "X-Key", "query": "key"});
    });
    assert!(run(&azure, "status -o json").stdout.contains("SWAAPIM074"));
    let run = doctor(&azure, &edge, "");
    assert!(hop(&run, "apis").1.contains("X-Key"), "{run:?}");
}
