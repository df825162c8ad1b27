//! The emulator as a process of its own: what clients see of it over HTTP, what the program's own commands
//! make of it, and what becomes of the model when several write it or it is ended.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")]
#![expect(clippy::disallowed_methods, reason = "a test prepares files, and a variable says how long it runs")]
#![expect(
    clippy::format_collect,
    clippy::needless_pass_by_value,
    reason = "requests are put together from parts"
)]

mod access;
mod deleted;
mod ends;
mod faults;
mod init;
mod killed;
mod limits;
mod operations;
mod policies;
mod presence;
mod progress;
mod published;
mod ready;
mod recorded;
#[path = "../support/skip.rs"]
mod skip;
mod story;
mod strangers;
#[path = "../support/mod.rs"]
mod support;
mod surface;
mod tls;
mod together;
mod traffic;
mod world;
