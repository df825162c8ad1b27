//! An Azure that takes one token, and the program in an environment.

use std::{
    os::unix::fs::PermissionsExt as _,
    process::{Command, Output},
};

use serde_json::json;

use crate::{
    authority::{Authority, entra_token},
    azure::{FakeAzure, Options, TOKEN},
    over_http::{Program, told},
};

pub(crate) struct World {
    pub(crate) program: Program,
    // Gone when the world is.
    _azure: FakeAzure,
}

impl World {
    pub(crate) fn new() -> Self {
        let azure = FakeAzure::with_scene(Options::default());
        let program = Program::new(&azure);
        std::fs::create_dir(program.path("bin")).unwrap();
        Self { program, _azure: azure }
    }

    /// The program, which says where its token is from, with an environment of variables.
    pub(crate) fn command(&self, variables: &[(&str, &str)]) -> Command {
        let mut command = self.program.without_token("status --env prod -vv");
        command.env("PATH", self.program.path("bin")).envs(variables.iter().copied());
        command
    }

    pub(crate) fn run(&self, variables: &[(&str, &str)]) -> Output {
        self.command(variables).output().unwrap()
    }

    /// The same, where an authority is trusted.
    pub(crate) fn run_trusting(&self, authority: &Authority, variables: &[(&str, &str)]) -> Output {
        self.program.write("authority.pem", &authority.certificate);
        let mut command = self.command(variables);
        command.env("AZURE_AUTHORITY_HOST", &authority.origin);
        command.env("SSL_CERT_FILE", self.program.path("authority.pem")).output().unwrap()
    }

    /// A program of another project, such as `az`, that notes its arguments and then does this.
    pub(crate) fn install(&self, name: &str, script: &str) {
        let file = format!("bin/{name}");
        let noted = self.program.path(&format!("{name}-ran"));
        self.program.write(&file, &format!("#!/bin/sh\necho \"$@\" >> {}\n{script}\n", noted.display()));
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(self.program.path(&file), executable).unwrap();
    }

    /// What a program was run with, if it was.
    pub(crate) fn ran(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.program.path(&format!("{name}-ran"))).ok()
    }
}

/// An authority that gives the token which Azure takes.
pub(crate) fn giving() -> Authority {
    Authority::with_tls(|_| entra_token(TOKEN))
}

/// An `az` that is signed in.
pub(crate) fn az_answer() -> String {
    let answer = json!({"accessToken": TOKEN, "expiresOn": "2099-01-02 03:04:05.000000", "expires_on": 4_070_912_645_u32,
        "subscription": "s", "tenant": "t", "tokenType": "Bearer"});
    format!("echo '{answer}'")
}

pub(crate) const APPLICATION: [(&str, &str); 2] =
    [("AZURE_TENANT_ID", "contoso.example"), ("AZURE_CLIENT_ID", "the-application")];

/// Says where the token is from, if it worked.
pub(crate) fn source_of(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", told(output));
    let log = String::from_utf8_lossy(&output.stderr);
    let line =
        log.lines().find_map(|line| line.split_once("authenticated credential=")).map(|(_, kind)| kind);
    line.unwrap_or_else(|| panic!("{log}")).trim().to_owned()
}

pub(crate) fn error_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
