//! The error of a server that cannot listen on its address.

use std::{io, net::SocketAddr};

use super::{Diagnose, Diagnosis, ExitCode};

/// An address on which a server cannot listen.
#[derive(Debug, thiserror::Error)]
#[error("could not listen on {address}")]
pub struct ListenError {
    /// The address.
    pub address: SocketAddr,
    /// The cause.
    pub source: io::Error,
}

impl Diagnose for ListenError {
    fn diagnosis(&self) -> Diagnosis {
        Diagnosis::new(ExitCode::Unavailable).hint("specify another address; port 0 selects a free port")
    }
}
