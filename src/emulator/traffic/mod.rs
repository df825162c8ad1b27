//! The traffic of the data plane: the latest requests, each with the decisions about it.
//!
//! The data plane reports to a [`Trace`]. What it reports is formatted only if the traffic is recorded, and secrets are
//! replaced by their fingerprints before it is kept.
#![warn(clippy::arithmetic_side_effects)]

mod log;
pub(super) mod redacted;

use std::sync::Arc;

use tokio::time::Instant;

pub(super) use self::log::TrafficLog;
use crate::provider::emulated::{ExchangeState, HopOutcome, HopPlace, TraceHop};

/// Whether the requests of the data plane are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// They are, for the page that is served beside the emulator.
    Always,
    /// They are only if the admin routes are open, at which clients can read them.
    IfReadable,
}

/// A request that is being recorded. If it is dropped without an answer, its connection was closed.
pub(super) struct Recording {
    log: Arc<TrafficLog>,
    number: u64,
    since: Instant,
    is_answered: bool,
}

impl Recording {
    /// The number of the request.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Records the status of the answer.
    pub(super) fn answered(mut self, status: u16) {
        self.is_answered = true;
        self.end(ExchangeState::Answered, Some(status));
    }

    fn end(&self, state: ExchangeState, status: Option<u16>) {
        let ms = self.elapsed();
        self.log.change(self.number, |exchange| {
            (exchange.state, exchange.status, exchange.ms) = (state, status, Some(ms));
        });
    }

    fn hop(&self, at: HopPlace, outcome: HopOutcome, detail: &str) {
        let hop = TraceHop { at, outcome, detail: redacted::text(detail), ms: self.elapsed() };
        self.log.change(self.number, |exchange| exchange.hops.push(hop));
    }

    fn elapsed(&self) -> f64 {
        (self.since.elapsed().as_secs_f64() * 10_000.0).round() / 10.0
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if !self.is_answered {
            self.end(ExchangeState::Closed, None);
        }
    }
}

/// Receives the decisions about one request.
#[derive(Clone, Copy)]
pub(super) struct Trace<'a>(Option<&'a Recording>);

impl<'a> Trace<'a> {
    /// The trace of a request, which keeps nothing if the request is not recorded.
    pub(super) fn of(recording: Option<&'a Recording>) -> Self {
        Self(recording)
    }

    /// The request continues to the next hop.
    pub(super) fn passed(self, at: HopPlace, detail: impl FnOnce() -> String) {
        self.hop(at, HopOutcome::Passed, detail);
    }

    /// The hop has answered the request.
    pub(super) fn answered(self, at: HopPlace, detail: impl FnOnce() -> String) {
        self.hop(at, HopOutcome::Answered, detail);
    }

    /// The hop refuses the request.
    pub(super) fn refused(self, at: HopPlace, detail: impl FnOnce() -> String) {
        self.hop(at, HopOutcome::Refused, detail);
    }

    /// The next hop cannot be reached, or does not answer in time.
    pub(super) fn failed(self, at: HopPlace, detail: impl FnOnce() -> String) {
        self.hop(at, HopOutcome::Failed, detail);
    }

    fn hop(self, at: HopPlace, outcome: HopOutcome, detail: impl FnOnce() -> String) {
        if let Some(recording) = self.0 {
            recording.hop(at, outcome, &detail());
        }
    }
}
