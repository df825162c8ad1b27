//! Policies of products: both spellings, the verdict on each, the repair, the limits.
#![expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")]
#![expect(clippy::print_stderr, reason = "a test that cannot be run here says so")]

mod hostile;
mod limits;
mod properties;
mod raw;
mod repairs;
mod trials;
mod verdicts;
mod world;
