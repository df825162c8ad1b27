//! Answers that Azure gave, replayed byte for byte to the provider.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod apim;
mod errors;
mod library;
mod replay;
mod web;
