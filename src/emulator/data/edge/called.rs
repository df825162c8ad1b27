//! How a client called an edge.

use std::net::SocketAddr;

use hyper::Response;

use crate::{
    emulator::{
        data::{routing::Site, scheme::Scheme},
        traffic::Trace,
    },
    provider::emulated::HopPlace,
};

/// The address of the request and of its client.
#[derive(Clone, Copy)]
pub(in crate::emulator::data) struct Called<'a> {
    /// The scheme.
    pub(in crate::emulator::data) scheme: Scheme,
    /// The host, as the client wrote it.
    pub(in crate::emulator::data) authority: &'a str,
    /// The address of the client.
    pub(in crate::emulator::data) peer: SocketAddr,
    /// Receives the decisions about the request.
    pub(in crate::emulator::data) trace: Trace<'a>,
}

impl Called<'_> {
    /// Reports an answer with the site's own content.
    pub(super) fn answered<B>(self, site: &Site, answer: &Response<B>) {
        self.trace.answered(HopPlace::Edge, || {
            format!("the site `{}` itself answers {}", site.hostname, answer.status().as_u16())
        });
    }
}
