//! The engine over real control planes: every state and every intent, every prefix of every plan.
#![expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")]

mod again;
mod faults;
mod lagging;
mod leftovers;
mod oracle;
mod ownership;
#[path = "../support/parts.rs"]
mod parts;
mod plans;
mod properties;
mod recipe;
mod rights;
mod rivals;
mod through;
mod unconnected;
mod world;
