//! A folder of its own for each test, the program in it, and the model as a stranger would edit it.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use snapbox::{Data, assert_data_eq};
use tempfile::TempDir;

pub(crate) const GROUP: &str =
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers";
pub(crate) const LABEL: &str = "agreeable-smoke-06273c21e";
pub(crate) const DISPLAY_NAME: &str =
    "Azure Static Web Apps - agreeable-smoke-06273c21e.5.azurestaticapps.net (Linked)";
pub(crate) const MODEL: &str = "control-plane.json";
pub(crate) const CONFIG: &str = "swa-apim.toml";

pub(crate) fn site() -> String {
    format!("{GROUP}/Microsoft.Web/staticSites/shop-web")
}

pub(crate) fn backends() -> String {
    format!("{}/builds/default/linkedBackends", site())
}

pub(crate) fn service(name: &str) -> String {
    format!("{GROUP}/Microsoft.ApiManagement/service/{name}")
}

pub(crate) fn apim() -> String {
    service("shop-apim")
}

pub(crate) fn product() -> String {
    format!("{}/products/{LABEL}", apim())
}

pub(crate) fn subscription() -> String {
    format!("{}/subscriptions/{LABEL}", apim())
}

/// A folder with the program in it, and nothing of the environment that the tests run in.
pub(crate) struct Shop {
    folder: TempDir,
}

impl Shop {
    /// Nothing but an empty folder.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// The sample, written out.
    pub(crate) fn sample() -> Self {
        let shop = Self::empty();
        shop.run("init --sample").exits(0);
        shop
    }

    /// The sample, linked.
    pub(crate) fn linked() -> Self {
        let shop = Self::sample();
        shop.run("link --env prod").exits(0);
        shop
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    #[expect(clippy::disallowed_methods, reason = "nothing survives the test")]
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    /// Replaces a text in the configuration file.
    pub(crate) fn configure(&self, from: &str, to: &str) {
        let text = self.read(CONFIG);
        assert!(text.contains(from), "{from}");
        self.write(CONFIG, text.replace(from, to));
    }

    /// The line of the configuration file that begins its first env.
    pub(crate) fn env_line(&self) -> String {
        self.read(CONFIG).lines().find(|line| line.starts_with("[env.")).unwrap().to_owned()
    }

    /// A second env, after what is in the configuration file.
    pub(crate) fn add_env(&self, table: &str) {
        self.write(CONFIG, format!("{}\n{table}\n", self.read(CONFIG)));
    }

    pub(crate) fn model(&self) -> Value {
        serde_json::from_str(&self.read(MODEL)).unwrap()
    }

    pub(crate) fn edit(&self, change: impl FnOnce(&mut Value)) {
        let mut model = self.model();
        change(&mut model);
        self.write(MODEL, serde_json::to_string_pretty(&model).unwrap());
    }

    /// Changes one resource.
    pub(crate) fn change(&self, id: &str, change: impl FnOnce(&mut Value)) {
        self.edit(|model| {
            let mut all = model["resources"].as_array_mut().unwrap().iter_mut();
            change(all.find(|it| it["id"].as_str().unwrap().eq_ignore_ascii_case(id)).unwrap());
        });
    }

    /// Adds resources.
    pub(crate) fn add(&self, resources: impl IntoIterator<Item = Value>) {
        self.edit(|model| model["resources"].as_array_mut().unwrap().extend(resources));
    }

    /// Deletes a resource and what is below it.
    pub(crate) fn delete(&self, id: &str) {
        let is_in = |resource: &Value| {
            let own = resource["id"].as_str().unwrap().to_lowercase();
            own == id.to_lowercase() || own.starts_with(&format!("{}/", id.to_lowercase()))
        };
        self.edit(|model| model["resources"].as_array_mut().unwrap().retain(|it| !is_in(it)));
    }

    /// Gives the link these keys, as if it had been made with them.
    pub(crate) fn set_keys(&self, primary: &str, secondary: &str) {
        self.edit(|model| {
            for (id, keys) in model["secrets"].as_object_mut().unwrap() {
                keys["primaryKey"] = primary.into();
                if id.eq_ignore_ascii_case(&subscription()) {
                    keys["secondaryKey"] = secondary.into();
                }
            }
        });
    }

    /// A program, about to run in this folder.
    #[expect(clippy::disallowed_methods, reason = "the shells are where the tests' own environment has them")]
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.folder.path());
        command.env("TZ", "UTC");
        for (variable, folder) in
            [("XDG_DATA_HOME", "data"), ("XDG_CONFIG_HOME", "config"), ("XDG_CACHE_HOME", "cache")]
        {
            command.env(variable, self.path(folder));
        }
        command
    }

    pub(crate) fn swa_apim(&self, line: &str) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_swa-apim"));
        command.args(words(line));
        command
    }

    /// Types a line, without the name of the program.
    pub(crate) fn run(&self, line: &str) -> Run {
        self.run_with(line, &[])
    }

    /// Types words as they are.
    pub(crate) fn run_words(&self, words: &[&str]) -> Run {
        let output = self.swa_apim("").args(words).output().unwrap();
        self.ran(&words.join(" "), output)
    }

    pub(crate) fn run_with(&self, line: &str, variables: &[(&str, &str)]) -> Run {
        let output = self.swa_apim(line).envs(variables.iter().copied()).output().unwrap();
        self.ran(line, output)
    }

    fn ran(&self, line: &str, output: Output) -> Run {
        Run {
            line: line.to_owned(),
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            folder: self.folder.path().display().to_string(),
        }
    }

    /// What `status` says, as a value.
    pub(crate) fn status(&self) -> Value {
        let run = self.run("status --env prod -o json");
        serde_json::from_str::<Value>(&run.stdout).unwrap()["links"][0].clone()
    }

    pub(crate) fn state(&self) -> String {
        self.status()["state"].as_str().unwrap().to_owned()
    }

    pub(crate) fn codes(&self) -> Vec<String> {
        let status = self.status();
        let findings = status["findings"].as_array().unwrap().iter();
        findings.map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
    }
}

/// What one command answered.
pub(crate) struct Run {
    line: String,
    code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    folder: String,
}

impl Run {
    pub(crate) fn code(&self) -> i32 {
        self.code
    }

    pub(crate) fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "swa-apim {}\n{}{}", self.line, self.stdout, self.stderr);
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// Compares exit code, stdout and stderr with a snapshot.
    pub(crate) fn is(&self, expected: impl Into<Data>) -> &Self {
        let part = |name: &str, text: &str| match text {
            "" => String::new(),
            text => format!("--- {name}\n{}", steady(&text.replace(&self.folder, "[DIR]"))),
        };
        let shown =
            format!("exit {}\n{}{}", self.code, part("stdout", &self.stdout), part("stderr", &self.stderr));
        assert_data_eq!(shown, expected.into());
        self
    }
}

/// Splits a line as a shell does, as far as the tests need it.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in line.split('\'').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// A text in which every moment is `[DATE]` and every fingerprint `[KEY]`. A key itself is a failure.
fn steady(text: &str) -> String {
    let mut shown = String::new();
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && !"-:.".contains(c)) {
        let end = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let hex = end.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        assert!(!(hex && end.len() == 32), "a key in {text}");
        let is_date = end.len() > 19 && end.get(4..5) == Some("-") && end.get(10..11) == Some("T");
        let shape: String = end.chars().map(|c| if c.is_ascii_digit() { 'd' } else { c }).collect();
        let replaced = if is_date {
            "[DATE]"
        } else if shape == "dddd-dd-dd" {
            "[DAY]"
        } else if shape == "dd:dd" {
            "[TIME]"
        } else if hex && end.len() == 12 {
            "[KEY]"
        } else {
            end
        };
        shown.push_str(replaced);
        shown.push_str(&word[end.len()..]);
    }
    shown
}
