//! One suite for every control plane, and what only the one in a file has to do.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

#[path = "../support/azure/mod.rs"]
mod azure;
mod behaviour;
mod candidate;
mod file;
mod import;
mod key_times;
#[path = "../support/parts.rs"]
mod parts;
mod properties;
mod reference;
#[path = "../support/skip.rs"]
mod skip;
mod world;
