//! The JSON that programs rely on: every key, in order, and the published schemas.

use serde_json::{Value, json};

use crate::support::Shop;

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

const LINK: [&str; 9] =
    ["env", "state", "staticSite", "apim", "linkedBackend", "product", "subscription", "policy", "findings"];

#[test]
fn the_status_has_the_shape_of_the_contract() {
    let shop = Shop::linked();
    let report = shop.run("status -o json").json();
    assert_eq!(keys(&report), ["schemaVersion", "links"]);
    assert_eq!(report["schemaVersion"], 1);
    let link = &report["links"][0];
    assert_eq!(keys(link), LINK);
    assert_eq!(keys(&link["staticSite"]), ["id", "name", "defaultHostname", "sku", "environment"]);
    assert_eq!(keys(&link["apim"]), ["id", "name", "gatewayUrl", "sku"]);
    let backend = ["name", "backendResourceId", "provisioningState", "createdOn"];
    assert_eq!(keys(&link["linkedBackend"]), backend);
    let product = ["id", "name", "displayName", "subscriptionRequired", "state", "apis"];
    assert_eq!(keys(&link["product"]), product);
    let subscription = ["id", "name", "displayName", "scope", "state", "keyFingerprints", "keyAge"];
    assert_eq!(keys(&link["subscription"]), subscription);
    assert_eq!(keys(&link["subscription"]["keyFingerprints"]), ["primary", "secondary"]);
    assert_eq!(keys(&link["subscription"]["keyAge"]), ["created", "time"]);
    assert_eq!(link["policy"], json!({"validateJwt": true, "verdict": "healthy"}));
    assert_eq!(link["findings"], json!([]));
}

#[test]
fn missing_parts_are_null() {
    let shop = Shop::sample();
    let status = shop.status();
    assert_eq!(keys(&status), LINK);
    for part in ["linkedBackend", "product", "subscription", "policy"] {
        assert_eq!(status[part], Value::Null, "{part}");
    }
}

#[test]
fn a_finding_has_the_shape_of_the_contract() {
    let shop = Shop::sample();
    shop.run("link --query results[0].outcome").exits(0);
    shop.run("unlink").exits(0);
    let status = shop.status();
    let finding = ["code", "severity", "resource", "field", "expected", "actual", "message", "hint"];
    assert_eq!(keys(&status["findings"][0]), finding);
}

#[test]
fn a_change_has_the_shape_of_the_contract() {
    let shop = Shop::sample();
    for (line, command, outcome) in [
        ("link --dry-run", "link", "planned"),
        ("link", "link", "applied"),
        ("link", "link", "unchanged"),
        ("relink", "relink", "applied"),
        ("api add catalog", "api add", "applied"),
        ("unlink", "unlink", "applied"),
    ] {
        let report = shop.run(&format!("{line} -o json")).exits(0).json();
        assert_eq!(keys(&report), ["schemaVersion", "command", "results"], "{line}");
        assert_eq!(report["command"], command, "{line}");
        let mut result = vec!["env", "outcome", "steps", "state"];
        result.extend((outcome == "applied" && line != "unlink").then_some("address"));
        result.push("findings");
        result.extend((outcome != "unchanged").then_some("undo"));
        assert_eq!(keys(&report["results"][0]), result, "{line}");
        assert_eq!(report["results"][0]["outcome"], outcome, "{line}");
        for step in report["results"][0]["steps"].as_array().unwrap() {
            assert_eq!(keys(step), ["action", "kind", "target", "reason", "status"], "{line}");
        }
    }
}

#[test]
fn a_failed_change_says_why_in_the_json_too() {
    let shop = Shop::sample();
    let report = shop.run("link --apim nowhere -o json").exits(4).json();
    let result = &report["results"][0];
    assert_eq!(keys(result), ["env", "outcome", "steps", "state", "findings", "error"]);
    assert_eq!(keys(&result["error"]), ["message", "causes", "hint", "exitCode"]);
    assert_eq!((&result["outcome"], &result["error"]["exitCode"]), (&json!("refused"), &json!(4)));
}

fn check(schema: &str, document: &Value) {
    let all = swa_apim::report::schemas();
    let (_, schema) = all.iter().find(|(name, _)| *name == schema).unwrap();
    let validator = jsonschema::validator_for(schema.as_value()).unwrap();
    let errors: Vec<String> = validator.iter_errors(document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?} in {document}");
}

#[test]
fn every_document_is_valid_by_its_published_schema() {
    let shop = Shop::sample();
    shop.write("none.json", "[]");
    let lines = [
        ("status", "status.v1.schema.json"),
        ("link --dry-run", "change.v1.schema.json"),
        ("link", "change.v1.schema.json"),
        ("link --apim nowhere", "change.v1.schema.json"),
        ("status", "status.v1.schema.json"),
        ("status --static-web-app nowhere", "status.v1.schema.json"),
        ("api list", "api-list.v1.schema.json"),
        ("api add catalog", "change.v1.schema.json"),
        ("relink", "change.v1.schema.json"),
        ("unlink", "change.v1.schema.json"),
        ("status", "status.v1.schema.json"),
        ("audit", "audit.v1.schema.json"),
        ("prune --dry-run", "prune.v1.schema.json"),
        ("prune --yes", "prune.v1.schema.json"),
        ("model import none.json", "import.v1.schema.json"),
        ("explain", "explain.v1.schema.json"),
        ("list", "list.v1.schema.json"),
        ("--version", "version.v1.schema.json"),
    ];
    // Their documents are validated where they are printed: `doctor`, `emulate`, events, and those over HTTP.
    let elsewhere = ["doctor", "emulate", "event", "history", "snapshot"];
    for (name, _) in swa_apim::report::schemas() {
        let is_elsewhere = elsewhere.iter().any(|it| name.starts_with(it));
        assert!(is_elsewhere || lines.iter().any(|(_, schema)| *schema == name), "{name}");
    }
    for (line, schema) in lines {
        let document = shop.run(&format!("{line} -o json")).json();
        assert_eq!(keys(&document)[0], "schemaVersion", "{line}");
        check(schema, &document);
    }
}

#[test]
fn an_env_that_cannot_be_read_is_valid_by_the_schema_too() {
    let shop = Shop::sample();
    shop.add_env("[env.other]\nstatic-web-app = 'nowhere'\napim = 'shop-apim'");
    let document = shop.run("status --all -o json").exits(4).json();
    assert_eq!(keys(&document["links"][1]).last(), Some(&"error"));
    check("status.v1.schema.json", &document);
    check("change.v1.schema.json", &shop.run("link --all -o json").exits(7).json());
}
