//! The built program, run against the stand-in.

use std::{
    path::Path,
    process::{Child, Command, Output, Stdio},
    thread,
};

use serde_json::Value;

use crate::azure::{FakeAzure, Options, SERVICE, SITE, TOKEN};

/// What a run of the program left.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A command line against the stand-in, with a token and nothing else in the environment.
pub(crate) fn command(azure: &FakeAzure, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swa-apim"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    command.args(line.split_whitespace()).current_dir(folder);
    command.env_clear().env("SWA_APIM_ACCESS_TOKEN", TOKEN).env("HOME", folder);
    let given = [
        ("SWA_APIM_PROVIDER", "arm"),
        ("SWA_APIM_ENDPOINT", &azure.endpoint()),
        ("SWA_APIM_STATIC_WEB_APP", SITE),
        ("SWA_APIM_APIM", SERVICE),
        ("SWA_APIM_GRACE", "1"),
    ];
    command.envs(given).stdin(Stdio::null());
    command
}

pub(crate) fn run(azure: &FakeAzure, line: &str) -> Run {
    Run::of(&command(azure, line).output().unwrap())
}

pub(crate) fn start(azure: &FakeAzure, line: &str) -> Child {
    command(azure, line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Checks all cases at once, since they mostly wait.
pub(crate) fn side_by_side<Case: Send>(cases: impl IntoIterator<Item = Case>, check: impl Fn(Case) + Sync) {
    let check = &check;
    thread::scope(|scope| {
        for case in cases {
            scope.spawn(move || check(case));
        }
    });
}

/// Azure with a site that is linked, and an API in the link's product.
pub(crate) fn linked() -> FakeAzure {
    let azure = FakeAzure::with_scene(Options::default());
    assert_eq!(run(&azure, "link").code, Some(0));
    assert_eq!(run(&azure, "api add orders").code, Some(0));
    azure.take_seen();
    azure
}
