//! The program's own commands over HTTP, whoever provisions.

use serde_json::{Value, json};

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
