//! How an edge was called.

use std::net::SocketAddr;

use crate::emulator::data::scheme::Scheme;

/// The address and the caller.
#[derive(Clone, Copy)]
pub(in crate::emulator::data) struct Called<'a> {
    /// By which scheme.
    pub(in crate::emulator::data) scheme: Scheme,
    /// By which host, as the client wrote it.
    pub(in crate::emulator::data) authority: &'a str,
    /// By whom.
    pub(in crate::emulator::data) peer: SocketAddr,
}
