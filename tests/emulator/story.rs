//! The program's own commands over HTTP, whoever provisions.

use std::thread;

use serde_json::{Value, json};
use swa_apim::ambient::{Ambient as _, System};

use crate::{
    support::{MODEL, sites_hold_live_keys},
    world::{APIM, Emulated, service},
};

fn outcome(change: &Value) -> &str {
    change["results"][0]["outcome"].as_str().unwrap_or_default()
}

fn fingerprints(emulated: &Emulated) -> Value {
    let status = emulated.expect(0, &["status", "--env", "e0"]);
    status["links"][0]["subscription"]["keyFingerprints"].clone()
}

#[test]
fn the_whole_life_of_a_link_works_over_http_with_both_ways_of_provisioning() {
    for provisioning in ["service", "engine"] {
        let emulated = Emulated::start(&["--admin", "--log", "off"]);
        let verb = |exit: i32, args: &[&str]| {
            let args: Vec<&str> = [args, &["--env", "e0", "--provisioning", provisioning, "--yes"]].concat();
            emulated.expect(exit, &args)
        };
        assert_eq!(emulated.state(), "unlinked");
        assert_eq!(outcome(&verb(0, &["link"])), "applied");
        assert_eq!(emulated.state(), "linked", "{provisioning}");
        let before = emulated.writes();
        assert_eq!(outcome(&verb(0, &["link"])), "unchanged");
        assert_eq!(emulated.writes(), before, "a second run writes nothing");
        let first = fingerprints(&emulated);
        assert_eq!(outcome(&verb(0, &["relink"])), "applied");
        let second = fingerprints(&emulated);
        for slot in ["primary", "secondary"] {
            assert_ne!(first[slot], second[slot], "{provisioning}: both keys are new");
        }
        let model = emulated.sandbox.model();
        assert!(sites_hold_live_keys(&model));
        mend(&emulated, provisioning);
        assert_eq!(outcome(&verb(0, &["api", "remove", "orders"])), "applied");
        assert_eq!(outcome(&verb(0, &["api", "add", "orders"])), "applied");
        assert_eq!(outcome(&verb(0, &["unlink"])), "applied");
        assert_eq!(emulated.state(), "leftover");
        end_the_administrators_subscription(&emulated);
        assert_eq!(outcome(&verb(0, &["unlink", "--purge"])), "applied");
        assert_eq!(emulated.state(), "unlinked");
        assert_eq!(outcome(&verb(0, &["unlink"])), "unchanged");
    }
}

#[test]
fn the_sites_of_an_emulator_are_listed_with_their_backends() {
    let emulated = Emulated::start(&["--log", "off"]);
    let sites = || emulated.expect(0, &["list"])["sites"].clone();
    let before = sites();
    assert_eq!((&before[0]["name"], &before[0]["state"]), (&json!("site-0"), &json!("unlinked")));
    assert_eq!(before[0]["env"], "e0");
    emulated.expect(0, &["link", "--env", "e0", "--yes"]);
    let after = sites();
    assert_eq!(after[0]["state"], "connected");
    assert_eq!(after[0]["linkedTo"], json!({"kind": "apim", "id": service(), "name": "shop-apim"}));
    let in_group = emulated.expect(0, &["list", "--resource-group", "rg-shop"]);
    assert_eq!(in_group["sites"], after);
    assert_eq!(emulated.expect(0, &["list", "--unlinked"])["sites"], json!([]));
}

/// Deletes the subscription that API Management makes with a product: a purge is refused while it is there.
fn end_the_administrators_subscription(emulated: &Emulated) {
    let of_product = format!("{}/products/{}/subscriptions", service(), label(emulated));
    let listed = emulated.get(&format!("{of_product}?api-version={APIM}")).body;
    let is_own = |it: &&Value| it["properties"]["displayName"].is_null();
    for subscription in listed["value"].as_array().unwrap().iter().filter(is_own) {
        let name = subscription["name"].as_str().unwrap();
        let path = format!("{}/subscriptions/{name}?api-version={APIM}", service());
        assert_eq!(emulated.send("DELETE", &path, &Value::Null).status, 200);
    }
}

/// Whatever drifts is found, and put right by the same command.
fn mend(emulated: &Emulated, provisioning: &str) {
    let product = format!("{}/products/{}", service(), label(emulated));
    let any = [("If-Match", "*")];
    for (method, path, body) in [
        ("DELETE", format!("{product}/policies/policy"), Value::Null),
        ("PATCH", product.clone(), json!({"properties": {"subscriptionRequired": false}})),
        (
            "PATCH",
            format!("{}/subscriptions/{}", service(), label(emulated)),
            json!({"properties": {"state": "suspended"}}),
        ),
    ] {
        let broken = emulated.send_with(method, &format!("{path}?api-version={APIM}"), &any, &body);
        assert_eq!(broken.status, 200, "{method} {path}: {}", broken.text);
        assert_ne!(emulated.state(), "linked", "{method} {path}");
        let args = ["link", "--env", "e0", "--provisioning", provisioning];
        emulated.expect(0, &args);
        assert_eq!(emulated.state(), "linked", "{provisioning}: after {method} {path}");
    }
}

fn label(emulated: &Emulated) -> String {
    let model = emulated.sandbox.model();
    let resources = model["resources"].as_array().unwrap();
    let product = resources.iter().find(|it| it["type"] == "Microsoft.ApiManagement/service/products");
    product.unwrap()["name"].as_str().unwrap().to_owned()
}

#[test]
fn a_model_that_was_changed_over_http_works_with_the_command_line() {
    let emulated = Emulated::start(&["--log", "off"]);
    emulated.expect(0, &["link", "--env", "e0"]);
    let direct = emulated.sandbox.status();
    assert_eq!(direct["links"][0]["state"], "linked", "read from the file");
    emulated.sandbox.succeed(&["relink", "--env", "e0", "--yes"]);
    assert_eq!(emulated.state(), "linked", "what the command line wrote is seen at once");
    let bytes = emulated.sandbox.read(MODEL);
    emulated.expect(0, &["status", "--all"]);
    assert_eq!(emulated.sandbox.read(MODEL), bytes, "reading writes nothing");
}

#[test]
fn without_provisioning_a_link_lacks_its_other_parts() {
    let emulated = Emulated::start(&["--provisions", "no", "--log", "off"]);
    emulated.expect(7, &["link", "--env", "e0", "--provisioning", "service"]);
    assert_ne!(emulated.state(), "linked");
    emulated.expect(0, &["link", "--env", "e0", "--provisioning", "engine"]);
    assert_eq!(emulated.state(), "linked");
}

#[test]
fn the_emulator_keeps_the_log_that_history_reads() {
    let emulated = Emulated::start(&["--admin", "--log", "off"]);
    let of = |args: &[&str]| emulated.expect(0, &[args, &["--env", "e0", "--yes"]].concat());
    of(&["link"]);
    of(&["relink", "--grace", "0"]);
    of(&["unlink"]);
    let history = of(&["history"]);
    let events = history["events"].as_array().unwrap();
    let first = events.first().unwrap();
    assert!(first["summary"].as_str().unwrap().starts_with("deleted the linked backend"), "{first}");
    assert_eq!((&first["status"], &first["caller"]), (&json!("Succeeded"), &json!("emulator")));
    let told = |text: &str| events.iter().any(|event| event["summary"].as_str().unwrap().starts_with(text));
    assert!(told("wrote the linked backend"), "{history}");
    let written = |operation: &str| events.iter().filter(|event| event["operation"] == operation).count();
    let (swap, retirement) = (1, 1);
    let of_keys = "Microsoft.ApiManagement/service/subscriptions/write";
    assert!(written(of_keys) >= swap + retirement, "{history}");
    assert!(events.iter().all(|event| !event["operation"].as_str().unwrap().contains("listSecrets")));
}

/// Sets the times of the keys of the only link in the model, as a command on the model records them.
fn age_keys(emulated: &Emulated, seconds: i64) {
    let time = System.now().saturating_sub(jiff::SignedDuration::from_secs(seconds)).unwrap();
    let mut model = emulated.sandbox.model();
    for (id, keys) in model["secrets"].as_object_mut().unwrap() {
        if id.contains("/subscriptions/site") {
            keys["primaryKeyCreatedOn"] = format!("{time:.0}").into();
            keys["secondaryKeyCreatedOn"] = format!("{time:.0}").into();
        }
    }
    emulated.sandbox.write(MODEL, &model.to_string());
}

#[test]
fn keys_that_the_model_dates_have_that_age_over_http_too() {
    const DAY: i64 = 24 * 60 * 60;
    let emulated = Emulated::start(&["--log", "off"]);
    // The link was created by a command on the model, which the emulator has not seen.
    emulated.sandbox.succeed(&["link", "--env", "e0"]);
    let relink =
        || emulated.expect(0, &["relink", "--env", "e0", "--if-older-than", "60d"])["results"][0].clone();
    age_keys(&emulated, 60 * DAY - 600);
    assert_eq!(relink()["outcome"], "unchanged");
    age_keys(&emulated, 60 * DAY + 1);
    let replaced = relink();
    assert_eq!(replaced["outcome"], "applied", "{replaced}");
    assert!(replaced["note"].as_str().unwrap().contains("older than 60 days"), "{replaced}");
    assert_eq!(relink()["outcome"], "unchanged", "the emulator has seen this rotation");
}

#[test]
fn a_subscription_that_was_created_by_connecting_the_site_is_in_the_log() {
    let emulated = Emulated::start(&["--log", "off"]);
    emulated.expect(0, &["link", "--env", "e0", "--provisioning", "service"]);
    let age = emulated.expect(0, &["status", "--env", "e0"])["links"][0]["subscription"]["keyAge"].clone();
    assert_eq!(age["created"], "at");
    let history = emulated.expect(0, &["history", "--env", "e0"]);
    let events = history["events"].as_array().unwrap();
    let of_keys = |it: &&Value| it["operation"].as_str().unwrap().contains("service/subscriptions/");
    let subscription: Vec<&Value> = events.iter().filter(of_keys).collect();
    assert_eq!(subscription.len(), 1, "{history}");
    for event in subscription {
        assert_eq!((&event["caller"], &event["status"]), (&json!("emulator"), &json!("Succeeded")));
        assert!(event["summary"].as_str().unwrap().starts_with("wrote the subscription"), "{event}");
    }
}

#[test]
fn a_subscription_that_a_command_created_has_the_time_of_its_keys() {
    let emulated = Emulated::start(&["--log", "off"]);
    emulated.sandbox.succeed(&["link", "--env", "e0"]);
    let path = format!("{}/subscriptions/{}?api-version={APIM}", service(), label(&emulated));
    let created = || emulated.get(&path).body["properties"]["createdDate"].clone();
    let first = created();
    assert!(first.as_str().is_some_and(|time| time.ends_with('Z')), "{first}");
    let all = emulated.get(&format!("{}/subscriptions?api-version={APIM}", service())).body;
    assert_eq!(all["value"][0]["properties"]["createdDate"], first);
    let put = json!({"properties": {"displayName": "renamed", "scope": "/apis"}});
    assert_eq!(emulated.send("PUT", &path, &put).status, 200);
    assert_eq!(created(), first, "a change is not a creation");
    forget_times(&emulated);
    assert_eq!(created(), Value::Null, "an older program did not record any");
}

/// Removes the times of the keys, as an older program does that writes the model.
fn forget_times(emulated: &Emulated) {
    let mut model = emulated.sandbox.model();
    for (_, keys) in model["secrets"].as_object_mut().unwrap() {
        keys.as_object_mut().unwrap().retain(|name, _| !name.ends_with("CreatedOn"));
    }
    emulated.sandbox.write("older.json", &model.to_string());
    std::fs::rename(emulated.sandbox.path("older.json"), emulated.sandbox.path(MODEL)).unwrap();
}

#[test]
fn a_log_of_three_thousand_events_is_read_page_by_page() {
    const OPERATIONS: usize = 1500;
    let emulated = Emulated::start(&["--admin", "--log", "off"]);
    emulated.expect(0, &["link", "--env", "e0"]);
    let path =
        format!("{}/subscriptions/{}/regenerateSecondaryKey?api-version={APIM}", service(), label(&emulated));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..OPERATIONS / 4 {
                    assert_eq!(emulated.send("POST", &path, &Value::Null).status, 204);
                }
            });
        }
    });
    let history = emulated.expect(0, &["history", "--env", "e0"]);
    let events = history["events"].as_array().unwrap();
    let regenerated =
        |it: &&Value| it["operation"].as_str().unwrap().ends_with("regenerateSecondaryKey/action");
    assert_eq!(events.iter().filter(regenerated).count(), OPERATIONS, "two events are one change");
    let times: Vec<&str> = events.iter().map(|event| event["time"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b));
    let seen = emulated.get("/_emulator/requests").body;
    let reads = seen["value"].as_array().unwrap().iter();
    let reads =
        reads.filter(|it| it["path"].as_str().unwrap().to_lowercase().contains("microsoft.insights")).count();
    assert!(reads >= 2 * OPERATIONS / 200, "{reads} pages");
}

#[test]
fn a_log_that_may_not_be_read_ends_history_and_nothing_else() {
    let emulated = Emulated::start(&["--admin", "--log", "off"]);
    emulated.expect(0, &["link", "--env", "e0"]);
    let refusal =
        json!({"method": "GET", "path": "microsoft.insights", "effect": {"status": 403}, "count": 100});
    emulated.switch(&json!({"faults": [refusal]}));
    emulated.expect(6, &["history", "--env", "e0"]);
    assert_eq!(emulated.state(), "linked");
    emulated.expect(0, &["doctor", "--env", "e0", "--no-probe"]);
    let audit = emulated.expect(0, &["audit", "--apim", "shop-apim"]);
    assert!(audit["services"][0]["activityLog"]["error"].is_string(), "{audit}");
}

#[test]
fn a_log_that_lags_shows_a_change_once_it_has_it() {
    let emulated = Emulated::start(&["--admin", "--log", "off", "--log-delay", "1h"]);
    emulated.expect(0, &["link", "--env", "e0"]);
    let events = || emulated.expect(0, &["history", "--env", "e0"])["events"].as_array().unwrap().len();
    assert_eq!(events(), 0);
    assert_eq!(emulated.state(), "linked");
    emulated.switch(&json!({"logDelayMs": 0}));
    assert!(events() > 0);
}
