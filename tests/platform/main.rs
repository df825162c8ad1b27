//! Pictures, exports and events of links in Azure, which is a stand-in on a real socket here.
#![expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")]

#[path = "../support/azure/mod.rs"]
mod azure;
#[expect(dead_code, reason = "each test binary uses its part")]
#[path = "../support/mod.rs"]
mod support;

use std::process::Output;

use azure::{FakeAzure, Fault, Kind, Options, SERVICE, SITE, TOKEN};
use serde_json::{Value, json};
use support::{Sandbox, told};

/// A folder whose env `prod` is the stand-in's site and service.
fn folder() -> Sandbox {
    let sandbox = Sandbox::empty();
    let env = format!(
        "[env.prod]\nstatic-web-app = '{SITE}'\napim = '{SERVICE}'\napis = ['orders']\nprovider = 'arm'\n"
    );
    sandbox.write("swa-apim.toml", &env);
    sandbox
}

fn run(sandbox: &Sandbox, azure: &FakeAzure, line: &str) -> Output {
    let args: Vec<&str> = line.split_whitespace().collect();
    let mut command = sandbox.command(&args);
    command.args(["--provider", "arm", "--endpoint", &azure.endpoint()]);
    command.env("SWA_APIM_ACCESS_TOKEN", TOKEN).env("SWA_APIM_OUTPUT_FILE", "events.ndjson");
    command.output().unwrap()
}

fn succeed(sandbox: &Sandbox, azure: &FakeAzure, line: &str) -> String {
    let output = run(sandbox, azure, line);
    assert!(output.status.success(), "{line}: {}", told(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_picture_of_azure_has_the_link_and_its_apis() {
    let azure = FakeAzure::with_scene(Options::default());
    let sandbox = folder();
    let before = succeed(&sandbox, &azure, "graph");
    assert!(before.contains("· unlinked"), "{before}");
    succeed(&sandbox, &azure, "link --grace 0s");
    for line in ["graph", "graph --apim gate", "graph --format svg", "graph --format dot"] {
        let text = succeed(&sandbox, &azure, line);
        assert!(text.contains("linked") && text.contains("orders"), "{line}: {text}");
        assert!(text.contains(azure_label()), "{line}: {text}");
    }
    assert!(!succeed(&sandbox, &azure, "graph --apim gate").contains("catalog"));
}

fn azure_label() -> &'static str {
    "agreeable-smoke-06273c21e"
}

#[test]
fn drawing_and_exporting_change_nothing() {
    let azure = FakeAzure::with_scene(Options::default());
    let sandbox = folder();
    succeed(&sandbox, &azure, "link --grace 0s");
    azure.take_seen();
    for line in [
        "graph",
        "graph --apim gate",
        "export --format bicep",
        "export --format terraform",
        "export --format apiops",
    ] {
        succeed(&sandbox, &azure, line);
    }
    for seen in azure.take_seen() {
        let reads = seen.method == "GET" || seen.method == "HEAD" || seen.path.ends_with("/listSecrets");
        let asks = seen.path.to_lowercase().contains("microsoft.resourcegraph");
        assert!(reads || asks, "{} {}", seen.method, seen.path);
    }
}

#[test]
fn an_export_of_azure_names_the_product_and_no_key() {
    let azure = FakeAzure::with_scene(Options::default());
    let sandbox = folder();
    succeed(&sandbox, &azure, "link --grace 0s");
    let template: Value = serde_json::from_str(&succeed(&sandbox, &azure, "export --format arm")).unwrap();
    let product = format!("{SERVICE}/products/{}", azure_label());
    assert_eq!(
        template["outputs"]["productId"]["value"].as_str().unwrap().to_lowercase(),
        product.to_lowercase()
    );
    assert_eq!(template["parameters"]["apis"]["defaultValue"], json!(["orders"]));
    let events = String::from_utf8(sandbox.read("events.ndjson")).unwrap();
    let key = |text: &str| text.split(|c: char| !c.is_ascii_hexdigit()).any(|word| word.len() == 32);
    assert!(!key(&events) && !key(&template.to_string()), "{events}");
}

#[test]
fn a_failure_says_when_azure_wants_to_be_asked_again() {
    let azure = FakeAzure::with_scene(Options::default());
    azure.fault(Fault::always("GET", "staticsites", Kind::Later(429, "120".to_owned())));
    let sandbox = folder();
    let output = run(&sandbox, &azure, "status --timeout 3s");
    assert_eq!(output.status.code(), Some(5), "{}", told(&output));
    let events = String::from_utf8(sandbox.read("events.ndjson")).unwrap();
    let failure: Value = serde_json::from_str(events.lines().last().unwrap()).unwrap();
    assert_eq!((&failure["event"], &failure["exitCode"]), (&json!("failure"), &json!(5)));
    assert_eq!(failure["retryAfterMs"], 120_000, "{failure}");
}
