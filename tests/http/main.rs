//! The program against Azure Resource Manager, played by a server on a real socket.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod absence;
#[path = "../support/azure/mod.rs"]
mod azure;
mod contradictions;
mod doctor;
mod fleet;
mod foreign;
mod history;
mod init;
mod interrupted;
mod kills;
mod list;
mod malice;
mod operations;
mod ownership;
mod program;
mod progress;
mod readme;
mod rights;
mod rounds;
#[path = "../support/skip.rs"]
mod skip;
mod snapshot;
#[cfg(unix)]
mod steps;
mod verbs;
