//! How a client called a gateway.

use crate::emulator::{data::scheme::Scheme, traffic::Trace};

/// The address and the time of a call.
#[derive(Clone, Copy)]
pub(in crate::emulator::data) struct Called<'a> {
    /// The scheme.
    pub(in crate::emulator::data) scheme: Scheme,
    /// The host.
    pub(in crate::emulator::data) host: &'a str,
    /// The time, in seconds since 1970.
    pub(in crate::emulator::data) now: i64,
    /// Receives the decisions about the request.
    pub(in crate::emulator::data) trace: Trace<'a>,
}
