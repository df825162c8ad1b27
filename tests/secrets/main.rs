//! No key leaves the model: not in what is printed, logged, planned, exported or complained about.
#![expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")]

mod commands;
mod malformed;
#[path = "../support/mod.rs"]
mod support;
mod watch;
