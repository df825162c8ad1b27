//! The built program as its users meet it: what they type, and every word that they get back.
#![expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")]
#![expect(clippy::needless_raw_string_hashes, reason = "snapbox writes snapshots like that")]

mod apis;
mod az;
mod breakages;
mod completion;
mod configuration;
mod doctor;
mod escapes;
mod every_output;
mod examples;
mod exports;
mod fleet;
mod forged;
mod formats;
mod graphs;
mod guesses;
mod help;
mod hostile;
mod infrastructure;
#[cfg(unix)]
mod init;
mod interrupts;
mod list;
mod misfits;
mod models;
mod outputs;
mod ownership;
mod pipelines;
mod plans;
mod policies;
mod precedence;
mod preflight;
mod rotation;
#[cfg(unix)]
mod screens;
mod settings;
mod shape;
#[cfg(unix)]
mod shells;
#[path = "../support/skip.rs"]
mod skip;
mod support;
mod switches;
mod targets;
#[cfg(unix)]
mod terminal;
mod undo;
mod useless;
mod variables;
mod watch;
#[cfg(not(feature = "emulator"))]
mod without_emulator;
#[cfg(all(feature = "emulator", not(feature = "ui")))]
mod without_page;
mod words;
mod wrong_types;
