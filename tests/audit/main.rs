//! What links have left behind: found without fail, and deleted without harm.
#![expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")]

mod azure;
mod model;
mod program;
mod table;
mod world;

#[path = "../support/azure/mod.rs"]
mod fake;
