//! `swa-apim ui` in a build without the page: an error that names a build with it.

use std::{
    ffi::OsString,
    future::{Ready, ready},
};

use clap::Args;

use crate::{cli::session::Session, diagnosis::ExitCode, workflow::UsageError};

/// Serve a page that shows links and changes them; this build of swa-apim has no page
#[derive(Debug, Args)]
#[command(hide = true, disable_help_flag = true)]
pub(crate) struct UiArgs {
    /// The arguments of the page
    #[arg(num_args = 0.., allow_hyphen_values = true, trailing_var_arg = true, hide = true)]
    arguments: Vec<OsString>,
}

pub(crate) fn run(args: UiArgs, _: &'static Session) -> Ready<anyhow::Result<ExitCode>> {
    drop(args.arguments);
    let error = UsageError::new("this build of swa-apim has no page");
    ready(Err(error
        .hint("install the whole program, as each release has it: `cargo install swa-apim`")
        .into()))
}
