//! `swa-apim emulate` in a build without the emulator: an error that says how to get it.

use std::{
    ffi::OsString,
    future::{Ready, ready},
};

use clap::Args;

use crate::{cli::session::Session, diagnosis::ExitCode, workflow::UsageError};

/// Serve a model over HTTP as Azure does; this build of swa-apim has no emulator
#[derive(Debug, Args)]
#[command(hide = true, disable_help_flag = true)]
pub(crate) struct EmulateArgs {
    /// The arguments of an emulator
    #[arg(num_args = 0.., allow_hyphen_values = true, trailing_var_arg = true, hide = true)]
    arguments: Vec<OsString>,
}

pub(crate) fn run(args: EmulateArgs, _: &'static Session) -> Ready<anyhow::Result<ExitCode>> {
    drop(args.arguments);
    let error = UsageError::new("this build of swa-apim has no emulator");
    ready(Err(error
        .hint("install the complete program, which each release contains: `cargo install swa-apim`")
        .into()))
}
