//! The commands for Azure in `README.md` and `docs` are run as they are printed there, in their order, against the stand-in.
//! It answers as recorded; a token in the environment stands for `az login`.

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    azure::{Edge, FakeAzure, LABEL, Options, TOKEN, service, site},
    program::{Run, side_by_side},
};

const GROUP: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop";

/// Who creates product, subscription and policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Provisioning {
    Service,
    Engine,
}

/// A page's section: its configuration and its commands.
struct Section {
    configuration: Vec<String>,
    commands: Vec<String>,
}

impl Section {
    /// The `toml` and `sh` blocks below a heading, down to the next heading.
    fn read(page: &str, heading: &str) -> Self {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
        let mut section = Self { configuration: Vec::new(), commands: Vec::new() };
        let (mut is_here, mut block) = (false, None);
        for line in text.lines() {
            match line.strip_prefix("```") {
                Some(language) if block.is_none() => block = Some(language),
                Some(_) => block = None,
                None if block.is_none() && line.starts_with("## ") => {
                    is_here = line == format!("## {heading}");
                }
                None if is_here && block == Some("toml") => section.configuration.push(line.to_owned()),
                None if is_here && block == Some("sh") => section.commands.extend(command_of(line)),
                None => {}
            }
        }
        let has_blocks = !section.commands.is_empty() || !section.configuration.is_empty();
        assert!(has_blocks, "{page} has no blocks under `{heading}`");
        section
    }
}

/// The command of a line, without its comment. Commands of the Azure CLI are left out.
fn command_of(line: &str) -> Option<String> {
    let command = line.split(" #").next().unwrap_or_default().trim();
    let arguments = command.strip_prefix("swa-apim ");
    assert!(arguments.is_some() || command.is_empty() || command.starts_with("az "), "{line}");
    arguments.map(str::to_owned)
}

/// A reader of the pages, in a folder of their own, with a site and a service that are named as in the pages.
struct Reader {
    azure: FakeAzure,
    edge: Edge,
    folder: TempDir,
    provisioning: Provisioning,
}

impl Reader {
    fn with(provisioning: Provisioning) -> Self {
        let provisions = provisioning == Provisioning::Service;
        let azure = FakeAzure::start(Options { provisions, ..Options::default() });
        azure
            .put(&site(&id("Microsoft.Web/staticSites/shop-web"), &format!("{LABEL}.5.azurestaticapps.net")));
        azure.put(&service(&id("Microsoft.ApiManagement/service/shop-apim"), &azure.gateway()));
        for api in ["orders", "catalog"] {
            let api_id = id(&format!("Microsoft.ApiManagement/service/shop-apim/apis/{api}"));
            azure.put(&json!({"id": api_id, "properties": {"displayName": api, "path": format!("api/{api}"),
                "subscriptionRequired": true, "protocols": ["https"], "isCurrent": true, "subscriptionKeyParameterNames":
                {"header": "Ocp-Apim-Subscription-Key", "query": "subscription-key"}}}));
            azure.put(&json!({"id": format!("{api_id}/operations/list"), "properties": {
                "displayName": "list", "method": "GET", "urlTemplate": "/{id}"}}));
        }
        let edge = Edge::of(&azure);
        Self { azure, edge, folder: tempfile::tempdir().unwrap(), provisioning }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes the section's configuration to `swa-apim.toml`, where it has one.
    fn configure(&self, section: &Section) {
        if !section.configuration.is_empty() {
            let text = section.configuration.join("\n");
            File::create(self.path("swa-apim.toml")).unwrap().write_all(text.as_bytes()).unwrap();
        }
    }

    /// Runs a command line of a page. A doctor's call through the site goes to the stand-in's edge: no name server knows
    /// the site's hostname.
    fn types(&self, line: &str) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_swa-apim"));
        command.args(line.split_whitespace());
        if line.starts_with("doctor") {
            command.args(["--site-url", &self.edge.url()]);
        }
        command.env_clear().current_dir(self.folder.path()).env("HOME", self.folder.path());
        command.env("SWA_APIM_ENDPOINT", self.azure.endpoint()).env("SWA_APIM_ACCESS_TOKEN", TOKEN);
        command.env("SWA_APIM_GRACE", "1");
        if self.provisioning == Provisioning::Engine {
            command.env("SWA_APIM_PROVISIONING", "engine");
        }
        Run::of(&command.output().unwrap())
    }

    /// Runs every command of a section, and asserts that they are these, each with its exit code.
    fn follows(&self, section: &Section, expected: &[(&str, i32)]) {
        self.configure(section);
        let mut transcript = format!("{:?}", self.provisioning);
        let mut ran = Vec::new();
        for line in &section.commands {
            let run = self.types(line);
            write!(transcript, "\n$ swa-apim {line}\n{}{}", run.stdout, run.stderr).unwrap();
            ran.push((line.as_str(), run.code.unwrap()));
        }
        assert_eq!(ran, expected, "{transcript}");
    }

    fn link(&self, more: &str) -> Value {
        let status = self.types(&format!("status --env prod -o json {more}"));
        assert_eq!(status.code, Some(0), "{status:?}");
        status.json()["links"][0].clone()
    }

    /// The keys of the link, and everything else that there is in Azure.
    fn keys_and_shape(&self) -> (Option<(String, String)>, String) {
        let state = self.azure.state();
        (state.link_keys(), state.shape())
    }

    /// The link works: every part is in order, the API is in the product, and no request failed meanwhile.
    fn has_a_working_link(&self) {
        let link = self.link("");
        assert_eq!((&link["state"], &link["findings"]), (&json!("linked"), &json!([])), "{link}");
        assert_eq!(link["policy"]["verdict"], "healthy", "{link}");
        assert_eq!(link["product"]["apis"][0]["name"], "orders", "{link}");
        let mut state = self.azure.state();
        let (primary, _) = state.link_keys().unwrap();
        assert_eq!(state.site_key(), Some(primary));
        state.tick();
        assert_eq!(state.violations(), Vec::<String>::new());
    }
}

fn id(tail: &str) -> String {
    format!("{GROUP}/providers/{tail}")
}

const MOVE: &str = "docs/how-to/move-to-azure.md";
const ROTATE: &str = "docs/how-to/rotate-keys.md";

const FIRST_STEPS: [(&str, i32); 5] = [
    ("doctor --env prod", 0),
    ("link --env prod --dry-run", 0),
    ("link --env prod", 0),
    ("api add orders --env prod", 0),
    ("doctor --env prod", 0),
];

/// The page on the move to Azure: its configuration, and its commands.
fn first_steps() -> Section {
    let configuration = Section::read(MOVE, "2. Set the provider").configuration;
    Section { configuration, ..Section::read(MOVE, "3. Check, link, check again") }
}

#[test]
fn the_commands_of_the_readme_link_a_site() {
    for provisioning in [Provisioning::Service, Provisioning::Engine] {
        let reader = Reader::with(provisioning);
        let init = "init --provider arm --static-web-app shop-web --apim shop-apim --api orders";
        let section = Section::read("README.md", "Quick start with Azure");
        reader.follows(&section, &[("list --provider arm", 0), (init, 0), ("link", 0), ("doctor", 0)]);
        reader.has_a_working_link();
    }
}

#[test]
fn the_steps_from_offline_to_azure_link_a_site() {
    for provisioning in [Provisioning::Service, Provisioning::Engine] {
        let reader = Reader::with(provisioning);
        reader.follows(&first_steps(), &FIRST_STEPS);
        reader.has_a_working_link();
    }
}

#[test]
fn the_commands_that_rotate_keys_replace_both_keys_and_no_request_fails() {
    side_by_side([Provisioning::Service, Provisioning::Engine], |provisioning| {
        let reader = Reader::with(provisioning);
        reader.follows(&first_steps(), &FIRST_STEPS);
        for (heading, command) in [
            ("Rotate the keys of a link", "relink --env prod"),
            ("Rotate the keys of all links", "relink --all"),
        ] {
            let (before, _) = reader.azure.state().link_keys().unwrap();
            reader.follows(&Section::read(ROTATE, heading), &[(command, 0)]);
            let (primary, secondary) = reader.azure.state().link_keys().unwrap();
            assert!(primary != before && secondary != before, "{command}");
            reader.has_a_working_link();
        }
    });
}

#[test]
fn a_rehearsal_changes_only_the_file() {
    for provisioning in [Provisioning::Service, Provisioning::Engine] {
        let reader = Reader::with(provisioning);
        reader.follows(&first_steps(), &FIRST_STEPS);
        let before = reader.keys_and_shape();
        let codes = [
            ("model snapshot --env prod --out rehearsal.json", 0),
            ("relink --env prod --provider json --model rehearsal.json", 0),
            ("status --env prod --provider json --model rehearsal.json", 0),
        ];
        reader.follows(&Section::read("docs/how-to/rehearse.md", "Rehearsing"), &codes);
        assert_eq!(reader.keys_and_shape(), before);
        let rehearsed = reader.link("--provider json --model rehearsal.json");
        assert_eq!(rehearsed["state"], "linked", "{rehearsed}");
        assert!(rehearsed["subscription"]["keyFingerprints"]["primary"].is_string(), "{rehearsed}");
    }
}

#[test]
fn the_role_of_the_page_about_azure_is_written_to_the_file_that_its_next_command_reads() {
    let reader = Reader::with(Provisioning::Service);
    reader.configure(&first_steps());
    let line = "doctor --env prod --check-rights --role-definition role.json";
    reader.follows(&Section::read("docs/azure.md", "Rights"), &[(line, 0)]);
    let role: Value = serde_json::from_str(&fs::read_to_string(reader.path("role.json")).unwrap()).unwrap();
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/azure.md")).unwrap();
    let name = role["Name"].as_str().or_else(|| role["name"].as_str()).unwrap();
    assert!(page.contains(&format!("--role \"{name}\"")), "{role}");
}
