//! `init` at a terminal against the emulator: what it lists, what `link` would refuse, and a link without a flag.

use std::{fs, process::Stdio, sync::Arc};

use rexpect::{
    process::WaitStatus,
    session::{PtySession, spawn_command},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    support::Sandbox,
    world::{Emulated, GROUP, TOKEN},
};

const ENTER: &str = "\r";
const UP: &str = "\u{1b}[A";
const SPACE: &str = " ";

/// An emulator with resources that cannot be linked beside two that can, and an empty directory.
struct Place {
    emulated: Emulated,
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let sandbox = Arc::new(Sandbox::with_sites(1));
        sandbox.write("more.json", &unfit().to_string());
        sandbox.succeed(&["model", "import", "more.json"]);
        let emulated = Emulated::over(sandbox, &["--log", "off"]);
        Self { emulated, folder: tempfile::tempdir().unwrap() }
    }

    fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = self.emulated.sandbox.command(args);
        command.current_dir(self.folder.path()).env("SWA_APIM_ACCESS_TOKEN", TOKEN);
        command.env("SWA_APIM_GRACE", "0s").env("TERM", "xterm");
        command
    }

    fn init(&self) -> PtySession {
        let mut command = self.command(&["init", "--endpoint", &self.emulated.endpoint()]);
        command.stdin(Stdio::inherit());
        spawn_command(command, Some(20_000)).unwrap()
    }

    fn runs(&self, args: &[&str], code: i32) -> Value {
        let output = self.command(&[args, &["-o", "json"]].concat()).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {told}");
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }
}

/// A site with the plan Free, a site with a Functions app, and a service that sites cannot reach.
fn unfit() -> Value {
    let site = |name: &str, plan: &str| {
        json!({"id": format!("{GROUP}/providers/Microsoft.Web/staticSites/{name}"), "location": "Central US",
            "sku": {"name": plan, "tier": plan},
            "properties": {"defaultHostname": format!("{name}.5.azurestaticapps.net")}})
    };
    let app = format!("{GROUP}/providers/Microsoft.Web/sites/orders-app");
    json!([
        site("a-free", "Free"),
        site("b-taken", "Standard"),
        {"id": format!("{GROUP}/providers/Microsoft.Web/staticSites/b-taken/builds/default/linkedBackends/app"),
            "properties": {"backendResourceId": app, "region": "westus"}},
        {"id": format!("{GROUP}/providers/Microsoft.ApiManagement/service/a-hidden"), "location": "Central US",
            "sku": {"name": "Premium", "capacity": 1},
            "properties": {"provisioningState": "Succeeded", "gatewayUrl": "https://a-hidden.azure-api.net",
                "virtualNetworkType": "Internal", "publicNetworkAccess": "Enabled"}},
    ])
}

fn types(terminal: &mut PtySession, text: &str) {
    terminal.send(text).unwrap();
    terminal.flush().unwrap();
}

/// Waits for a question, and gives its answer.
fn answers(terminal: &mut PtySession, question: &str, keys: &[&str]) -> String {
    let before = terminal.exp_string(question).unwrap_or_else(|error| panic!("{question}: {error}"));
    for key in keys {
        types(terminal, key);
    }
    before
}

fn ends(mut terminal: PtySession) -> String {
    let rest = terminal.exp_eof().unwrap();
    assert!(matches!(terminal.process().wait().unwrap(), WaitStatus::Exited(_, 0)), "{rest}");
    rest
}

#[test]
fn the_proposed_answers_lead_to_an_env_that_is_linked_without_a_flag() {
    let place = Place::new();
    let mut terminal = place.init();
    answers(&mut terminal, "Static web app", &[]);
    answers(&mut terminal, "[the plan is Free; a backend needs Standard or Dedicated]", &[]);
    answers(&mut terminal, "[linked to the app `orders-app`]", &[]);
    answers(&mut terminal, "site-0", &[ENTER]);
    answers(&mut terminal, "Azure subscription of the API Management service", &[ENTER]);
    answers(&mut terminal, "[in an internal virtual network, which the site cannot reach]", &[]);
    answers(&mut terminal, "shop-apim", &[ENTER]);
    answers(&mut terminal, "APIs that the site may call", &[SPACE, ENTER]);
    answers(&mut terminal, "Name of the env", &[ENTER]);
    let rest = ends(terminal);
    assert!(rest.contains("next: swa-apim link --env prod"), "{rest}");
    let config = fs::read_to_string(place.folder.path().join("swa-apim.toml")).unwrap();
    assert!(config.contains(&place.emulated.endpoint()) && config.contains("\"catalog\""), "{config}");
    place.runs(&["link"], 0);
    let status = place.runs(&["status"], 0);
    assert_eq!(status["links"][0]["state"], "linked");
    assert_eq!(status["links"][0]["product"]["apis"][0]["name"], "catalog");
}

#[test]
fn a_site_and_a_service_that_link_refuses_are_named_when_they_are_chosen_and_refused() {
    let place = Place::new();
    let mut terminal = place.init();
    answers(&mut terminal, "site-0", &[UP, ENTER]);
    answers(&mut terminal, "`link` refuses `b-taken` as it is: linked to the app `orders-app`", &[]);
    answers(&mut terminal, "Azure subscription of the API Management service", &[ENTER]);
    answers(&mut terminal, "shop-apim", &[UP, ENTER]);
    answers(&mut terminal, "`link` refuses `a-hidden` as it is: in an internal virtual network", &[]);
    answers(&mut terminal, "Name of the env", &[ENTER]);
    ends(terminal);
    let refused = place.runs(&["link"], 4);
    let codes: Vec<&str> = refused["results"][0]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["code"].as_str().unwrap())
        .collect();
    assert!(!codes.is_empty(), "{refused}");
}
