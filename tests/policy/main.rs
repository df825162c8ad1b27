//! Policies of products: both spellings, the verdict on each, the repair, the limits.
#![expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")]

mod hostile;
mod limits;
mod properties;
mod raw;
mod repairs;
#[path = "../support/skip.rs"]
mod skip;
mod trials;
mod verdicts;
mod world;
