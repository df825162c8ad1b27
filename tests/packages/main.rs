//! The packages of a release, made by the scripts of the repository from the program under test, and then installed, used
//! and removed as their users do it, in directories that have neither Rust nor anything else of this machine.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")]

mod archive;
mod bill;
mod debian;
mod image;
mod manifests;
mod npm;
mod pages;
mod place;
mod program;
mod release;
#[path = "../support/shelf.rs"]
mod shelf;
#[path = "../support/skip.rs"]
mod skip;
mod statically;
mod wheel;
