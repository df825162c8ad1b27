//! As much of a runner as the pages need: steps, their outputs, conditions, and the composite action of this repository.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_swa-apim");

/// A checked-out repository with an env, and what a runner keeps between steps.
pub(crate) struct Runner {
    folder: TempDir,
    /// Where releases are downloaded from, on a machine on which the program is not installed.
    server: Option<String>,
}

/// What came of a job.
pub(crate) struct Ran {
    pub(crate) log: String,
    /// How many scripts were run.
    pub(crate) scripts: usize,
    failed: bool,
    outputs: Outputs,
}

/// The outputs of each step that has an id.
type Outputs = BTreeMap<String, BTreeMap<String, String>>;

impl Ran {
    pub(crate) fn succeeds(&self) {
        assert!(!self.failed, "{}", self.log);
    }

    pub(crate) fn fails(&self) {
        assert!(self.failed, "{}", self.log);
    }

    pub(crate) fn output(&self, step: &str, name: &str) -> String {
        self.outputs[step][name].clone()
    }

    /// Whether a job is run after this one, which it calls `name`: its condition is about the outputs of this job.
    pub(crate) fn leads_to(&self, name: &str, job: &Value, next: &Value) -> bool {
        assert_eq!(next["needs"], name, "it waits for the other job");
        if self.failed {
            return false;
        }
        let known = |context: &str| ran_value(&self.outputs, context).unwrap_or_default();
        let outputs = job["outputs"].as_object().into_iter().flatten();
        let outputs = outputs.map(|(name, value)| (name.clone(), filled(value.as_str().unwrap(), &known)));
        let needs = Outputs::from([(name.to_owned(), outputs.collect())]);
        holds(next, "needs.", &needs)
    }
}

impl Runner {
    /// The sample, not linked.
    pub(crate) fn unlinked() -> Self {
        let runner = Self { folder: tempfile::tempdir().unwrap(), server: None };
        fs::create_dir(runner.path("temp")).unwrap();
        runner.swa_apim(&["init", "--sample"]);
        runner
    }

    /// The sample, linked.
    pub(crate) fn linked() -> Self {
        let runner = Self::unlinked();
        runner.swa_apim(&["link"]);
        runner
    }

    /// The sample, linked, on a machine without the program, with a server of releases.
    pub(crate) fn downloading(server: String) -> Self {
        Self { server: Some(server), ..Self::linked() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What somebody does in the portal on a bad day.
    pub(crate) fn drift(&self) {
        let drift = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/drift.json");
        self.swa_apim(&["model", "import", drift.to_str().unwrap()]);
    }

    /// Time passes until every key is old.
    pub(crate) fn age_keys(&self) {
        let path = self.path("control-plane.json");
        let mut model: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let secrets = model["secrets"].as_object_mut().unwrap().values_mut();
        let mut aged = 0;
        for keys in secrets.filter(|keys| keys["secondaryKey"].is_string()) {
            for created in ["primaryKeyCreatedOn", "secondaryKeyCreatedOn"] {
                keys[created] = "2020-02-02T00:00:00Z".into();
            }
            aged += 1;
        }
        assert_eq!(aged, 1, "the link has one subscription");
        File::create(path).unwrap().write_all(model.to_string().as_bytes()).unwrap();
    }

    /// The env names a service that is not there.
    pub(crate) fn lose_the_service(&self) {
        let config = fs::read_to_string(self.path("swa-apim.toml")).unwrap();
        let mut file = File::create(self.path("swa-apim.toml")).unwrap();
        file.write_all(config.replace("shop-apim", "lost-apim").as_bytes()).unwrap();
    }

    pub(crate) fn state(&self) -> String {
        self.asked(&["status", "-o", "tsv", "--query", "links[0].state"]).trim().to_owned()
    }

    /// What a command of the program prints.
    pub(crate) fn asked(&self, args: &[&str]) -> String {
        String::from_utf8(self.swa_apim(args).stdout).unwrap()
    }

    pub(crate) fn summary(&self) -> String {
        fs::read_to_string(self.path("summary")).unwrap_or_default()
    }

    fn swa_apim(&self, args: &[&str]) -> Output {
        let mut command = Command::new(PROGRAM);
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .stdin(Stdio::null());
        let output = command.args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// Something in the checked-out folder, in the environment of a runner without its variables.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let own = Path::new(PROGRAM).parent().unwrap().display().to_string();
        // What a step has added to the path.
        let added = fs::read_to_string(self.path("path")).unwrap_or_default();
        let mut places: Vec<&str> = added.lines().rev().collect();
        if self.server.is_none() {
            places.push(&own);
        }
        places.extend(["/usr/bin", "/bin"]);
        command.current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        command.env("HOME", self.folder.path()).env("PATH", places.join(":"));
        command
    }

    pub(crate) fn job(&self, job: &Value) -> Ran {
        self.steps(job["steps"].as_array().unwrap())
    }

    pub(crate) fn steps(&self, steps: &[Value]) -> Ran {
        let mut ran = Ran { log: "\n".to_owned(), scripts: 0, failed: false, outputs: Outputs::new() };
        for step in steps {
            if ran.failed || !holds(step, "steps.", &ran.outputs) {
                continue;
            }
            let known = |context: &str| ran_value(&ran.outputs, context).unwrap_or_default();
            let (failed, log, outputs, scripts) = self.step(step, &known);
            ran.log += &log;
            ran.scripts += scripts;
            ran.failed = failed && step["continue-on-error"] != true;
            if let Some(id) = step["id"].as_str() {
                ran.outputs.insert(id.to_owned(), outputs);
            }
        }
        ran
    }

    fn step(
        &self,
        step: &Value,
        known: &dyn Fn(&str) -> String,
    ) -> (bool, String, BTreeMap<String, String>, usize) {
        match (step["run"].as_str(), step["uses"].as_str()) {
            // The program is there already; `packages` tests how it is installed.
            (Some(run), _) if run.contains("install.sh") => (false, String::new(), BTreeMap::new(), 0),
            (Some(run), _) => {
                let (failed, log, outputs) = self.script(&filled(run, known), &[]);
                (failed, log, outputs, 1)
            }
            (None, Some(uses)) if uses.starts_with(&format!("{}@", repository())) => self.action(step),
            // Somebody else's action: this folder is checked out, logged in and has every artifact.
            (None, Some(_)) => (false, String::new(), BTreeMap::new(), 0),
            (None, None) => panic!("a step does nothing: {step}"),
        }
    }

    /// The steps of `action.yml`, with the inputs of a step that uses it.
    fn action(&self, step: &Value) -> (bool, String, BTreeMap<String, String>, usize) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let action: Value =
            serde_norway::from_str(&fs::read_to_string(root.join("action.yml")).unwrap()).unwrap();
        let inputs = |name: &str| {
            let (given, default) = (&step["with"][name], &action["inputs"][name]["default"]);
            given.as_str().or(default.as_str()).unwrap_or_else(|| panic!("no input `{name}`")).to_owned()
        };
        let context = |name: &str| match name.strip_prefix("inputs.") {
            Some(input) => inputs(input),
            None => match name {
                "runner.temp" => self.path("temp").to_str().unwrap().to_owned(),
                "github.action_path" => root.to_str().unwrap().to_owned(),
                "github.server_url" => self.server.clone().unwrap_or_default(),
                "github.action_repository" => "example/swa-apim".to_owned(),
                _ => name.to_owned(),
            },
        };
        let (mut failed, mut log, mut within, mut ran) = (false, String::new(), Outputs::new(), 0);
        for inner in action["runs"]["steps"].as_array().unwrap() {
            if failed {
                break;
            }
            let env: Vec<(String, String)> = inner["env"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.clone(), filled(value.as_str().unwrap(), &context)))
                .collect();
            let (one, text, outputs) = self.script(inner["run"].as_str().unwrap(), &env);
            (failed, ran) = (failed || one, ran + 1);
            log += &text;
            within.insert(inner["id"].as_str().unwrap_or_default().to_owned(), outputs);
        }
        let outputs = action["outputs"].as_object().unwrap().iter();
        let outputs = outputs.map(|(name, output)| {
            let value = filled(output["value"].as_str().unwrap(), &|context| {
                ran_value(&within, context).unwrap_or_default()
            });
            (name.clone(), value)
        });
        (failed, log, outputs.collect(), ran)
    }

    /// A script as GitHub Actions runs it; whether it failed, what it printed, and its outputs.
    fn script(&self, script: &str, env: &[(String, String)]) -> (bool, String, BTreeMap<String, String>) {
        let outputs = self.path("outputs");
        File::create(&outputs).unwrap();
        let mut command = self.command("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]);
        command.env("GITHUB_ACTIONS", "true").env("GITHUB_OUTPUT", &outputs);
        command.env("GITHUB_STEP_SUMMARY", self.path("summary")).env("GITHUB_PATH", self.path("path"));
        command.env("RUNNER_TEMP", self.path("temp")).env("RUNNER_TOOL_CACHE", self.path("cache"));
        command.envs(env.iter().cloned());
        let output = command.output().unwrap();
        let log = [output.stdout, output.stderr].concat();
        let told = fs::read_to_string(&outputs).unwrap();
        let pairs = told.lines().filter_map(|line| line.split_once('='));
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        (!output.status.success(), String::from_utf8(log).unwrap(), pairs.collect())
    }

    /// A script as Azure Pipelines runs it.
    pub(crate) fn bash(&self, script: &str) -> Ran {
        let mut file = File::create(self.path("script.sh")).unwrap();
        file.write_all(script.as_bytes()).unwrap();
        let output = self
            .command("bash")
            .args(["--noprofile", "--norc", "script.sh"])
            .env("TF_BUILD", "True")
            .output()
            .unwrap();
        let log = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        Ran { log, scripts: 1, failed: !output.status.success(), outputs: Outputs::new() }
    }
}

/// `OWNER/NAME` of the repository, which Cargo.toml states.
pub(crate) fn repository() -> String {
    env!("CARGO_PKG_REPOSITORY").trim_start_matches("https://github.com/").to_owned()
}

/// The value of `steps.ID.outputs.NAME`.
fn ran_value(outputs: &Outputs, context: &str) -> Option<String> {
    value_of("steps.", outputs, context)
}

/// The value of `ID.outputs.NAME` after a prefix.
fn value_of(prefix: &str, outputs: &Outputs, context: &str) -> Option<String> {
    let (id, name) = context.strip_prefix(prefix)?.split_once(".outputs.")?;
    outputs.get(id)?.get(name).cloned()
}

/// Whether a step or a job is to be run: without a condition, or if it compares an output with a text and finds it so.
fn holds(step: &Value, prefix: &str, outputs: &Outputs) -> bool {
    let Some(condition) = step["if"].as_str() else { return true };
    let words: Vec<&str> = condition.split(' ').collect();
    let [context, operator, text] = words.as_slice() else {
        panic!("a condition of another kind: {condition}")
    };
    let is = value_of(prefix, outputs, context).unwrap_or_default() == text.trim_matches('\'');
    match *operator {
        "==" => is,
        "!=" => !is,
        other => panic!("{other} in {condition}"),
    }
}

/// A text with the value of each `${{ … }}` in its place.
fn filled(text: &str, value: &dyn Fn(&str) -> String) -> String {
    let mut parts = text.split("${{");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (context, rest) = part.split_once("}}").unwrap();
        filled += &value(context.trim());
        filled += rest;
    }
    filled
}
