//! Answers that Azure gave, replayed byte for byte to the provider.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod apim;
mod ask;
mod errors;
mod interaction;
mod library;
mod replay;
#[path = "../support/skip.rs"]
mod skip;
mod story;
mod table;
mod typed;
mod web;
