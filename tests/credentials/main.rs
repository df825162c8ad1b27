//! Where the program takes its token from, in an environment of each kind.

// Elsewhere, what is trusted is not for a variable to say.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

#[path = "../support/authority.rs"]
mod authority;
#[path = "../support/azure/mod.rs"]
mod azure;
mod choice;
mod kinds;
#[path = "../support/over_http.rs"]
mod over_http;
mod world;
