//! The page: over HTTP, as a browser without scripts sees it, and in a real browser where there is one.
#![cfg(feature = "ui")]
#![cfg_attr(
    feature = "ui",
    expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")
)]

#[path = "../support/skip.rs"]
mod skip;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "each test binary uses its part")]
mod support;

mod access;
mod browser;
mod changes;
#[cfg(feature = "emulator")]
mod emulated;
#[cfg(feature = "emulator")]
mod emulated_browser;
mod reading;
mod webdriver;
mod world;
