//! No key leaves the model, and no key or token what was sent to Azure: not in what is printed, logged, planned,
//! exported or complained about.
#![expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")]

#[path = "../support/authority.rs"]
mod authority;
#[path = "../support/azure/mod.rs"]
mod azure;
mod commands;
mod echoes;
mod malformed;
mod network;
#[path = "../support/over_http.rs"]
mod over_http;
#[path = "../support/mod.rs"]
mod support;
mod watch;
