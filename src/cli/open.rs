//! Opens files with the user's default program.

use std::{
    ffi::OsStr,
    path::Path,
    process::{Command, Stdio},
};

use crate::workflow::UsageError;

/// The program that opens a file on this operating system.
const OPENER: &str = if cfg!(target_os = "macos") {
    "open"
} else if cfg!(windows) {
    "explorer"
} else {
    "xdg-open"
};

/// Opens a file, and does not wait until it is closed.
///
/// # Errors
///
/// A usage error that names the file, if there is no program to open it.
pub(crate) fn show(file: &Path) -> anyhow::Result<()> {
    start(file.as_os_str())
}

/// Opens an address in the browser.
///
/// # Errors
///
/// A usage error that names the address, if there is no program to open it.
#[cfg(feature = "ui")]
pub(crate) fn address(address: &str) -> anyhow::Result<()> {
    start(address.as_ref())
}

fn start(what: &OsStr) -> anyhow::Result<()> {
    let mut command = Command::new(OPENER);
    command.arg(what).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map(drop).map_err(|error| {
        UsageError::new(format!("could not start `{OPENER}`: {error}"))
            .hint(format!("open `{}` manually", what.display()))
            .into()
    })
}
