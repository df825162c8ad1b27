//! What the emulator does not carry out: named on stderr and in its report, and a broken file ends the start.

use serde_json::json;

use crate::{
    support::{Sandbox, told},
    world::{APIM, Emulated, service},
};

#[test]
fn a_policy_element_that_is_not_carried_out_is_named_when_it_is_put() {
    let emulated = Emulated::start(&[]);
    let at = |tail: &str| format!("{}{tail}?api-version={APIM}", service());
    let product = json!({"properties": {"displayName": "p"}});
    assert_eq!(emulated.send("PUT", &at("/products/p"), &product).status, 201);
    let value = "<policies><inbound><ip-filter action=\"allow\" /></inbound></policies>";
    let policy = json!({"properties": {"format": "xml", "value": value}});
    assert_eq!(emulated.send("PUT", &at("/products/p/policies/policy"), &policy).status, 201);
    let api = json!({"properties": {"displayName": "bare", "path": "api/bare"}});
    assert_eq!(emulated.send("PUT", &at("/apis/bare"), &api).status, 201);
    let limits = emulated.get("/_emulator/limits").body;
    assert!(limits["policyElements"].as_array().unwrap().contains(&json!("ip-filter")), "{limits}");
    let in_use = limits["inUse"].to_string();
    assert!(in_use.contains("/products/p/policies/policy") && in_use.contains("/apis/bare"), "{in_use}");
    let (_, said) = emulated.end();
    let named = |what: &str| {
        said.lines().filter(|line| line.contains("does not implement") && line.contains(what)).count()
    };
    assert_eq!(named("ip-filter"), 1, "{said}");
    assert_eq!(named("serviceUrl"), 1, "{said}");
}

/// A folder with a site's content and this configuration.
fn content(configuration: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("staticwebapp.config.json"), configuration).unwrap();
    let argument = format!("site-0={}", folder.path().display());
    (folder, argument)
}

#[test]
fn rules_that_are_not_carried_out_are_named_at_the_start() {
    let (_folder, argument) =
        content(r#"{"auth": {"rolesSource": "/api/roles"}, "trailingSlash": "always"}"#);
    let emulated = Emulated::start(&["--content", &argument]);
    let limits = emulated.get("/_emulator/limits").body;
    assert!(limits["inUse"].to_string().contains("trailingSlash"), "{limits}");
    let (_, said) = emulated.end();
    assert!(said.contains("`auth`") && said.contains("`trailingSlash`"), "{said}");
}

#[test]
fn a_broken_configuration_of_a_site_ends_the_start() {
    let (_folder, argument) = content("{\"routes\": [\n{\"route\": \"/a\", \"allowedRoles\": \"admin\"}]}");
    let sandbox = Sandbox::with_sites(1);
    let args = ["emulate", "--listen", "127.0.0.1:0", "--data-plane", "127.0.0.1:0", "--content", &argument];
    let output = sandbox.run(&args);
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    let said = told(&output);
    for part in ["staticwebapp.config.json", "line 2", "hint:", "aka.ms/swa/config-schema"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}
