//! The program dies, or the disk fails it, at every system call that writes: nothing is lost, nothing is
//! doubled, and the same command again finishes it.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")]

mod disk;
mod kill;
mod scenario;
#[path = "../support/skip.rs"]
mod skip;
#[path = "../support/mod.rs"]
mod support;
mod trace;
