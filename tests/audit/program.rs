//! The program, run in a folder of its own.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::fake::{FakeAzure, TOKEN};

/// A folder with the program in it.
pub(crate) struct Folder(TempDir);

/// What one command answered.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    #[expect(clippy::disallowed_methods, reason = "nothing survives the test")]
    pub(crate) fn write(&self, name: &str, value: &Value) {
        std::fs::write(self.path(name), value.to_string()).unwrap();
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_swa-apim"));
        command.current_dir(self.0.path()).env_clear().stdin(Stdio::null()).env("HOME", self.0.path());
        command.args(line.split_whitespace());
        command
    }

    pub(crate) fn run(&self, line: &str) -> Run {
        Run::of(&self.command(line).output().unwrap())
    }

    /// The program on a control plane over HTTP.
    pub(crate) fn azure_command(&self, azure: &FakeAzure, line: &str) -> Command {
        let mut command = self.command(line);
        command.env("SWA_APIM_ACCESS_TOKEN", TOKEN).args([
            "--provider",
            "arm",
            "--endpoint",
            &azure.endpoint(),
        ]);
        command
    }

    pub(crate) fn azure(&self, azure: &FakeAzure, line: &str) -> Run {
        Run::of(&self.azure_command(azure, line).output().unwrap())
    }
}

impl Run {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout.clone()).unwrap(),
            stderr: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
    }
}

/// What an audit says of each product: its status, and the reason of an orphan.
pub(crate) fn statuses(audit: &Value) -> BTreeMap<String, (String, Option<String>)> {
    let products = audit["services"][0]["products"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    products
        .map(|it| (text(&it["name"]).unwrap(), (text(&it["status"]).unwrap(), text(&it["reason"]))))
        .collect()
}
