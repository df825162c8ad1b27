//! The traffic of the data plane, the sites, and calls of them, at the emulator's own routes.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::world::{Emulated, raw};

const SITE: &str = "site-0.5.azurestaticapps.net";

fn call(emulated: &Emulated, path: &str) -> u16 {
    raw(&emulated.data, "GET", path, &[("Host", SITE)], b"").unwrap().status
}

#[test]
fn requests_are_listed_with_their_hops_after_a_revision() {
    let emulated = Emulated::start(&["--admin"]);
    let empty = emulated.get("/_emulator/traffic").body;
    assert_eq!(empty, json!({"revision": 0, "value": []}));
    assert_eq!(call(&emulated, "/api/orders?secret=1"), 404);
    let first = emulated.get("/_emulator/traffic").body;
    let exchange = &first["value"][0];
    assert_eq!((&exchange["path"], &exchange["state"]), (&json!("/api/orders"), &json!("answered")));
    assert_eq!((&exchange["status"], &exchange["hops"][0]["at"]), (&json!(404), &json!("edge")));
    assert_eq!(exchange["hops"][0]["outcome"], "refused");
    let after = format!("/_emulator/traffic?after={}", first["revision"]);
    assert_eq!(emulated.get(&after).body["value"], json!([]));
    call(&emulated, "/");
    let news = emulated.get(&format!("{after}&waitMs=30000")).body;
    assert_eq!(news["value"][0]["number"], 2);
}

#[test]
fn a_reader_that_waits_does_not_keep_the_emulator_from_ending() {
    let emulated = Emulated::start(&["--admin"]);
    let control = emulated.control.clone();
    let waiting = std::thread::spawn(move || {
        let path = "/_emulator/traffic?after=0&waitMs=60000";
        raw(&control, "GET", path, &[("Host", &control)], b"")
    });
    while !emulated.get("/_emulator/requests").text.contains("/_emulator/") {
        std::thread::sleep(Duration::from_millis(20));
    }
    let begun = Instant::now();
    assert_eq!(emulated.end().0.code(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(30));
    let _ = waiting.join().unwrap();
}

#[test]
fn sites_are_listed_and_called_over_the_same_way_as_a_client() {
    let emulated = Emulated::start(&["--admin"]);
    let sites = emulated.get("/_emulator/sites").body;
    assert_eq!(sites, json!({"value": [{"name": "site-0", "hostname": SITE, "linked": false}]}));
    let answer = emulated.send("POST", "/_emulator/calls", &json!({"host": SITE, "path": "/api/x?y=1"}));
    assert_eq!((answer.status, &answer.body["status"]), (200, &json!(404)));
    assert_eq!(answer.body["exchange"]["hops"][0]["at"], "edge");
    assert_eq!(emulated.get("/_emulator/traffic").body["value"][0], answer.body["exchange"]);
    emulated.switch(&json!({"faults": ["* /lost lost data", "* /status 418 data"]}));
    let call =
        |path: &str| emulated.send("POST", "/_emulator/calls", &json!({"host": SITE, "path": path})).body;
    assert_eq!(call("/status")["status"], 418);
    let lost = call("/lost");
    assert_eq!((&lost["status"], &lost["exchange"]["state"]), (&Value::Null, &json!("closed")));
}

#[test]
fn a_request_that_cannot_be_read_or_sent_is_refused_with_the_reason() {
    let emulated = Emulated::start(&["--admin"]);
    for (path, reason) in [
        ("/_emulator/traffic?after=x", "`after` must be a number"),
        ("/_emulator/traffic?waitMs=-1", "`waitMs` must be a number"),
        ("/_emulator/traffic?since=1", "`since` is not a parameter"),
    ] {
        let answer = emulated.get(path);
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.text.contains(reason), "{}", answer.text);
    }
    for (call, reason) in [
        (json!({"host": SITE}), "path"),
        (json!({"host": SITE, "path": "x"}), "must begin with `/`"),
        (json!({"host": SITE, "path": "/", "headers": [["Host", "x"]]}), "set by the connection"),
        (json!({"host": SITE, "path": "/", "methd": "GET"}), "methd"),
    ] {
        let answer = emulated.send("POST", "/_emulator/calls", &call);
        assert_eq!((answer.status, answer.code()), (400, "InvalidCall"), "{call}");
        assert!(answer.text.contains(reason), "{}", answer.text);
    }
    let closed = Emulated::start(&[]);
    for path in ["/_emulator/traffic", "/_emulator/sites"] {
        assert_eq!((closed.get(path).status, closed.get(path).code()), (404, "AdminRoutesClosed"));
    }
    let refused = closed.send("POST", "/_emulator/calls", &json!({"host": SITE, "path": "/"}));
    assert_eq!(refused.status, 404);
}
