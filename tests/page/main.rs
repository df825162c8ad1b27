//! The page: over HTTP, as a browser without scripts sees it, and in a real browser where there is one.
#![cfg(feature = "ui")]
#![cfg_attr(
    feature = "ui",
    expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")
)]

#[path = "../support/skip.rs"]
mod skip;
#[path = "../support/mod.rs"]
mod support;

mod access;
#[path = "../support/authority.rs"]
mod authority;
#[path = "../support/azure/mod.rs"]
mod azure;
mod browser;
mod changes;
mod costs;
#[cfg(feature = "emulator")]
mod emulated;
#[cfg(feature = "emulator")]
mod emulated_browser;
mod hostile;
mod in_azure;
mod keyboard;
mod limits;
#[cfg(feature = "emulator")]
mod live;
mod manners;
mod pictures;
mod read_only;
mod reading;
#[cfg(feature = "emulator")]
#[path = "../load/scene.rs"]
#[expect(dead_code, reason = "each test binary uses its part")]
mod scene;
mod still;
#[cfg(feature = "emulator")]
#[path = "../load/storm.rs"]
#[expect(dead_code, reason = "each test binary uses its part")]
mod storm;
mod webdriver;
mod world;
