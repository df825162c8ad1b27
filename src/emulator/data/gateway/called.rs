//! How a gateway was called.

use crate::emulator::data::scheme::Scheme;

/// The address and the time of a call.
#[derive(Clone, Copy)]
pub(in crate::emulator::data) struct Called<'a> {
    /// By which scheme.
    pub(in crate::emulator::data) scheme: Scheme,
    /// By which host.
    pub(in crate::emulator::data) host: &'a str,
    /// When, in seconds since 1970.
    pub(in crate::emulator::data) now: i64,
}
