//! `init` against Azure: at a terminal in the portal's order, with what `link` would refuse, and the next command needs
//! no flag.

use std::{fs, process::Stdio};

use rexpect::{
    process::WaitStatus,
    session::{PtySession, spawn_command},
};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    azure::{FakeAzure, Options, SERVICE, SITE, service, site},
    program::{Run, command},
};

const ENTER: &str = "\r";
const UP: &str = "\u{1b}[A";
const SPACE: &str = " ";

/// An empty directory, and the stand-in.
struct Place {
    azure: FakeAzure,
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { azure: FakeAzure::with_scene(Options::default()), folder: tempfile::tempdir().unwrap() }
    }

    fn command(&self, line: &str) -> std::process::Command {
        let mut command = command(&self.azure, line);
        for name in ["SWA_APIM_STATIC_WEB_APP", "SWA_APIM_APIM", "SWA_APIM_ENDPOINT", "SWA_APIM_PROVIDER"] {
            command.env_remove(name);
        }
        command.current_dir(self.folder.path());
        command
    }

    fn run(&self, line: &str) -> Run {
        Run::of(&self.command(line).output().unwrap())
    }

    fn at_a_terminal(&self, line: &str) -> PtySession {
        let mut command = self.command(line);
        command.env("TERM", "xterm").stdin(Stdio::inherit());
        spawn_command(command, Some(20_000)).unwrap()
    }

    fn config(&self) -> String {
        fs::read_to_string(self.folder.path().join("swa-apim.toml")).unwrap()
    }
}

fn types(terminal: &mut PtySession, text: &str) {
    terminal.send(text).unwrap();
    terminal.flush().unwrap();
}

#[test]
fn a_terminal_is_asked_in_the_portals_order_with_the_refusals_of_link() {
    let place = Place::new();
    let other = SITE.replace("000000000001", "000000000002");
    let mut free = site(&format!("{SITE}-aa"), "calm-aa.5.azurestaticapps.net");
    free["sku"] = json!({"name": "Free", "tier": "Free"});
    place.azure.put(&free);
    place.azure.put(&site(&format!("{other}-b"), "calm-b.5.azurestaticapps.net"));
    let mut hidden = service(&format!("{SERVICE}-a"), "https://gate-a.azure-api.net");
    hidden["properties"]["virtualNetworkType"] = json!("Internal");
    place.azure.put(&hidden);
    let endpoint = place.azure.endpoint();
    let mut terminal = place.at_a_terminal(&format!("init --provider arm --endpoint {endpoint}"));
    terminal.exp_string("Azure subscription of the static web app").unwrap();
    terminal.exp_string("test  (00000000-0000-0000-0000-000000000001)").unwrap();
    types(&mut terminal, ENTER);
    terminal.exp_string("Static web app").unwrap();
    terminal.exp_string("[the plan is Free; a backend needs Standard or Dedicated]").unwrap();
    // The proposed site is the one that can be linked, below the one that cannot.
    types(&mut terminal, ENTER);
    terminal.exp_string("Azure subscription of the API Management service").unwrap();
    types(&mut terminal, ENTER);
    terminal.exp_string("[in an internal virtual network, which the site cannot reach]").unwrap();
    types(&mut terminal, UP);
    types(&mut terminal, ENTER);
    terminal.exp_string("`link` refuses `gate-a`").unwrap();
    terminal.exp_string("Name of the env").unwrap();
    types(&mut terminal, ENTER);
    terminal.exp_eof().unwrap();
    assert!(matches!(terminal.process().wait().unwrap(), WaitStatus::Exited(_, 0)));
    let config = place.config();
    assert!(config.contains(&format!("static-web-app = \"{SITE}\"")), "{config}");
    assert!(config.contains(&format!("apim           = \"{SERVICE}-a\"")), "{config}");
}

#[test]
fn the_written_env_can_be_linked_without_a_flag() {
    let place = Place::new();
    let endpoint = place.azure.endpoint();
    let mut terminal = place.at_a_terminal(&format!("init --endpoint {endpoint}"));
    terminal.exp_string("Static web app").unwrap();
    types(&mut terminal, ENTER);
    terminal.exp_string("Azure subscription of the API Management service").unwrap();
    types(&mut terminal, ENTER);
    terminal.exp_string("gate  (resource group rg)").unwrap();
    types(&mut terminal, ENTER);
    terminal.exp_string("APIs that the site may call").unwrap();
    types(&mut terminal, SPACE);
    types(&mut terminal, ENTER);
    terminal.exp_string("Name of the env").unwrap();
    types(&mut terminal, ENTER);
    let rest = terminal.exp_eof().unwrap();
    assert!(rest.contains("next: swa-apim link --env prod"), "{rest}");
    assert!(!place.folder.path().join(".gitignore").exists());
    let requests: Vec<String> =
        place.azure.take_seen().iter().map(|seen| format!("{} {}", seen.method, seen.path)).collect();
    let graph = "POST /providers/Microsoft.ResourceGraph/resources".to_owned();
    let expected = [
        graph.clone(),
        format!("GET {SITE}/builds"),
        graph,
        "GET /subscriptions".to_owned(),
        format!("GET {SERVICE}/apis"),
    ];
    assert_eq!(requests, expected);
    let link = place.run("link");
    assert_eq!(link.code, Some(0), "{link:?}");
    assert_eq!(place.run("status -o json").json()["links"][0]["state"], "linked");
}
