//! Requests over HTTP: clients, deadlines, repeats, pace, and the limits on how much is read.

pub(super) mod asked;
pub(super) mod body;
mod budget;
pub(super) mod call;
pub(super) mod client;
pub(super) mod clients;
mod earlier;
pub(super) mod endpoint;
pub(super) mod pace;
pub(super) mod reach;
pub(super) mod retry;
mod transport;

pub use self::{
    budget::Budget,
    endpoint::{Endpoint, ForeignAddress, InvalidEndpoint},
    retry::{PollSchedule, RETRIES, Repeat, RetrySchedule},
    transport::{Transport, TransportError},
};
