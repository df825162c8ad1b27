//! What the tests of whole processes share: a folder with a model in it, and the program, run there.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The file of the model of every folder.
pub(crate) const MODEL: &str = "control-plane.json";

const GROUP: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop";

/// A folder of its own, which is the program's home as well.
pub(crate) struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    /// A folder with a model of `sites` static sites and one service, and with an env `e0`, `e1`… for each.
    pub(crate) fn with_sites(sites: usize) -> Self {
        let sandbox = Self::empty();
        sandbox.write("swa-apim.toml", &config(sites));
        sandbox.write("resources.json", &resources(sites).to_string());
        sandbox.succeed(&["model", "import", "resources.json"]);
        sandbox
    }

    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        File::create(self.path(name)).unwrap().write_all(text.as_bytes()).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// The model as it is in the file.
    pub(crate) fn model(&self) -> Value {
        serde_json::from_slice(&self.read(MODEL)).unwrap()
    }

    /// The names of all that is in the folder, at any depth.
    pub(crate) fn files(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut folders = vec![self.folder().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.insert(path.strip_prefix(self.folder()).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        found
    }

    /// Something run in the folder, with nothing of the environment that the program listens to.
    pub(crate) fn program(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("SWA_APIM_") || name.starts_with("GITHUB_"))
            {
                command.env_remove(name);
            }
        }
        command.current_dir(self.folder()).stdin(Stdio::null()).env("HOME", self.folder());
        for home in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"] {
            command.env(home, self.path("home"));
        }
        command
    }

    /// The program, with arguments.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = self.program(env!("CARGO_BIN_EXE_swa-apim"));
        command.args(args);
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs the program, which has to succeed, and returns what it printed.
    pub(crate) fn succeed(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", told(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What `status` says of every env.
    pub(crate) fn status(&self) -> Value {
        serde_json::from_str(&self.succeed(&["status", "--all", "-o", "json"])).unwrap()
    }
}

/// How a process ended and what it said, for people.
pub(crate) fn told(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\nstdout: {}\nstderr: {}", output.status, text(&output.stdout), text(&output.stderr))
}

/// Whether the key that each site holds which is linked to the service of the model is one of the two that open its product.
pub(crate) fn sites_hold_live_keys(model: &Value) -> bool {
    let secrets = model["secrets"].as_object().unwrap();
    let pairs = secrets.iter().filter(|(id, _)| id.contains("/subscriptions/site"));
    let live: BTreeSet<&str> = pairs
        .flat_map(|(_, keys)| ["primaryKey", "secondaryKey"].map(|slot| keys[slot].as_str().unwrap()))
        .collect();
    let linked = |resource: &&Value| {
        resource["type"].as_str().unwrap().ends_with("/linkedBackends")
            && resource["properties"]["backendResourceId"] == *service_id()
    };
    let backends = model["resources"].as_array().unwrap().iter().filter(linked);
    backends
        .map(|backend| &secrets[backend["id"].as_str().unwrap()]["primaryKey"])
        .all(|key| live.contains(key.as_str().unwrap()))
}

fn config(sites: usize) -> String {
    let env = |n| {
        format!(
            "[env.e{n}]\nstatic-web-app = \"{}\"\napim = \"{}\"\napis = [\"orders\"]\n",
            site_id(n),
            service_id()
        )
    };
    let envs: Vec<String> = (0..sites).map(env).collect();
    format!("{}\n[provider.json]\nmodel = \"{MODEL}\"\n", envs.join("\n"))
}

fn resources(sites: usize) -> Value {
    let service = json!({
        "id": service_id(), "name": "shop-apim", "type": "Microsoft.ApiManagement/service",
        "location": "Central US", "sku": {"name": "Consumption", "capacity": 0},
        "properties": {
            "provisioningState": "Succeeded", "gatewayUrl": "https://shop-apim.azure-api.net",
            "virtualNetworkType": "None", "publicNetworkAccess": "Enabled",
        },
    });
    let api = |name: &str| {
        json!({
            "id": format!("{}/apis/{name}", service_id()), "name": name,
            "type": "Microsoft.ApiManagement/service/apis",
            "properties": {
                "displayName": name, "apiRevision": "1", "subscriptionRequired": true,
                "serviceUrl": format!("https://{name}.example.com"), "path": format!("api/{name}"),
                "protocols": ["https"], "isCurrent": true,
            },
        })
    };
    let site = |n: usize| {
        json!({
            "id": site_id(n), "name": format!("site-{n}"), "type": "Microsoft.Web/staticSites",
            "location": "Central US", "sku": {"name": "Standard", "tier": "Standard"},
            "properties": {"defaultHostname": format!("site-{n}.5.azurestaticapps.net")},
        })
    };
    [service, api("orders"), api("catalog")].into_iter().chain((0..sites).map(site)).collect()
}

/// The id of the service of every model.
pub(crate) fn service_id() -> String {
    format!("{GROUP}/providers/Microsoft.ApiManagement/service/shop-apim")
}

/// The id of the site of the env `e<n>`.
pub(crate) fn site_id(n: usize) -> String {
    format!("{GROUP}/providers/Microsoft.Web/staticSites/site-{n}")
}
