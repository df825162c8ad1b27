//! Tells the program for which target and from which commit it is built.
//!
//! The commit is that of `SWA_APIM_COMMIT`, which the scripts of a release set, or the one that `cargo package` has
//! recorded. A working tree has none: its commit changes more often than what is built from it.
#![expect(clippy::disallowed_methods, reason = "cargo tells a build script everything in variables")]

use std::{env, fs};

/// What `cargo package` adds to a package.
const RECORD: &str = ".cargo_vcs_info.json";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=SWA_APIM_COMMIT");
    let commit = env::var("SWA_APIM_COMMIT").ok().or_else(recorded).unwrap_or_default();
    println!("cargo::rustc-env=BUILT_FROM={}", commit.trim());
    println!("cargo::rustc-env=BUILT_FOR={}", env::var("TARGET").unwrap_or_default());
}

/// The commit from which this package was made, if it is a package.
fn recorded() -> Option<String> {
    let record = fs::read_to_string(RECORD).ok()?;
    let (_, rest) = record.split_once("\"sha1\"")?;
    rest.split('"').nth(1).map(str::to_owned)
}
