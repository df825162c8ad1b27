//! Links that take their time, in every shape that clients know.

use std::thread;

use serde_json::{Value, json};

use crate::world::{Emulated, WEB, service, site};

const SHAPES: [(&str, u16, Option<&str>); 7] = [
    ("final", 200, None),
    ("location", 200, Some("location")),
    ("async-operation", 200, Some("azure-asyncoperation")),
    ("created-async-operation", 201, Some("azure-asyncoperation")),
    ("accepted-async-operation", 202, Some("azure-asyncoperation")),
    ("accepted-location", 202, Some("location")),
    ("in-progress", 200, None),
];

fn backend() -> String {
    format!("{}/linkedBackends/b?api-version={WEB}", site(0))
}

fn put(emulated: &Emulated) -> crate::world::Answer {
    emulated.send("PUT", &backend(), &json!({"properties": {"backendResourceId": service()}}))
}

#[test]
fn a_link_is_made_in_every_shape_of_an_operation() {
    // Side by side, since they mostly wait.
    thread::scope(|scope| {
        for (shape, status, header) in SHAPES {
            scope.spawn(move || is_made(shape, status, header));
        }
    });
}

fn is_made(shape: &str, status: u16, header: Option<&str>) {
    let emulated = Emulated::start(&["--admin", "--log", "off"]);
    emulated.switch(&json!({"provisioning": {"shape": shape, "takesMs": 1000}}));
    let begun = put(&emulated);
    assert_eq!(begun.status, status, "{shape}");
    for name in ["location", "azure-asyncoperation"] {
        assert_eq!(begun.header(name).is_some(), header == Some(name), "{shape}");
    }
    let is_final = shape == "final";
    assert_eq!(begun.header("retry-after"), (!is_final).then_some("1"), "{shape}");
    let state = if is_final { "Succeeded" } else { "InProgress" };
    assert_eq!(begun.body["properties"]["provisioningState"], state, "{shape}");
    let polled = emulated.get(&backend());
    assert_eq!(polled.body["properties"]["provisioningState"], state, "{shape}");
    assert_eq!(polled.header("retry-after").is_some(), !is_final, "{shape}: pollers ask again soon");
    emulated.expect(0, &["link", "--env", "e0", "--timeout", "1m"]);
    assert_eq!(emulated.state(), "linked", "{shape}");
    let gone = emulated.send("DELETE", &backend(), &Value::Null);
    assert_eq!(gone.status, 204);
    emulated.expect(0, &["unlink", "--env", "e0", "--purge", "--yes"]);
    assert_eq!(emulated.state(), "unlinked", "{shape}");
}

#[test]
fn a_failed_operation_is_reported_and_leaves_nothing() {
    // Side by side, since they mostly wait.
    thread::scope(|scope| {
        for shape in ["async-operation", "accepted-location", "in-progress"] {
            scope.spawn(move || is_reported(shape));
        }
    });
}

fn is_reported(shape: &str) {
    let emulated = Emulated::start(&["--admin", "--log", "off"]);
    for (ending, state, exit) in
        [("fails", "Failed", None), ("cancelled", "Canceled", None), ("never", "InProgress", Some(7))]
    {
        emulated.switch(&json!({"provisioning": {"shape": shape, "ending": ending}}));
        let output = emulated.run(&["link", "--env", "e0", "--timeout", "2s"]);
        assert!(!output.status.success(), "{ending} {shape}");
        assert!(
            exit.is_none() || output.status.code() == exit,
            "{ending} {shape}: {}",
            crate::support::told(&output)
        );
        let shown = emulated.get(&format!("{}/linkedBackends?api-version={WEB}", site(0)));
        assert_eq!(shown.body["value"][0]["properties"]["provisioningState"], state, "{ending} {shape}");
        let model = emulated.sandbox.model();
        let kinds = model["resources"].as_array().unwrap().iter().map(|it| it["type"].as_str().unwrap());
        assert!(
            !kinds.into_iter().any(|kind| kind.ends_with("linkedBackends") || kind.ends_with("products"))
        );
    }
    emulated.switch(&json!({"provisioning": null}));
    emulated.expect(0, &["link", "--env", "e0"]);
    assert_eq!(emulated.state(), "linked", "after all that");
}

#[test]
fn an_operation_that_is_not_over_does_not_keep_the_emulator_from_ending() {
    let emulated =
        Emulated::start(&["--operation-shape", "location", "--operation-time", "1h", "--log", "off"]);
    assert_eq!(put(&emulated).body["properties"]["provisioningState"], "InProgress");
    let (status, said) = emulated.end();
    assert_eq!(status.code(), Some(130), "{said}");
}
