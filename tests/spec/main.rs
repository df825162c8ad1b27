//! What goes over the wire, held to Microsoft's own definitions of Azure Resource Manager.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

#[path = "../support/azure/mod.rs"]
mod azure;
mod check;
mod deviations;
mod operation;
#[path = "../support/over_http.rs"]
mod over_http;
mod provider;
#[path = "../support/skip.rs"]
mod skip;
mod swagger;
mod traffic;
mod verbs;
