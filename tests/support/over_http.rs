//! The built program, run against the stand-in for Azure in a folder of its own.
#![allow(dead_code, reason = "each test binary uses its part")]
#![expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")]

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

use crate::azure::{FakeAzure, SERVICE, SITE, TOKEN};

/// A folder with a configuration of one env for the stand-in's site and service.
pub(crate) struct Program {
    folder: TempDir,
    endpoint: String,
}

impl Program {
    pub(crate) fn new(azure: &FakeAzure) -> Self {
        let program = Self { folder: tempfile::tempdir().unwrap(), endpoint: azure.endpoint() };
        let env =
            format!("[env.prod]\nstatic-web-app = \"{SITE}\"\napim = \"{SERVICE}\"\nprovider = \"arm\"\n");
        program.write("swa-apim.toml", &env);
        program
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

    /// A command line with a token, and nothing else in the environment.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = self.without_token(line);
        command.env("SWA_APIM_ACCESS_TOKEN", TOKEN);
        command
    }

    /// A command line with nothing in the environment that gives a token.
    pub(crate) fn without_token(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_swa-apim"));
        command.args(line.split_whitespace()).current_dir(self.folder()).env_clear();
        let given =
            [("SWA_APIM_PROVIDER", "arm"), ("SWA_APIM_ENDPOINT", &self.endpoint), ("SWA_APIM_GRACE", "0s")];
        command.env("HOME", self.folder()).envs(given).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    /// Everything that is in the folder, at any depth.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.folder().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.insert(path.clone(), fs::read(path).unwrap());
                }
            }
        }
        found
    }
}

/// How a process ended and what it said, for people.
pub(crate) fn told(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\nstdout: {}\nstderr: {}", output.status, text(&output.stdout), text(&output.stderr))
}
