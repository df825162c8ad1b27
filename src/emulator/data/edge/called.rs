//! How a client called an edge.

use std::net::SocketAddr;

use crate::emulator::data::scheme::Scheme;

/// The address of the request and of its client.
#[derive(Clone, Copy)]
pub(in crate::emulator::data) struct Called<'a> {
    /// The scheme.
    pub(in crate::emulator::data) scheme: Scheme,
    /// The host, as the client wrote it.
    pub(in crate::emulator::data) authority: &'a str,
    /// The address of the client.
    pub(in crate::emulator::data) peer: SocketAddr,
}
