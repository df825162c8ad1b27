//! The state that the edges of all sites share.

use std::sync::Arc;

use super::folder::Folders;
use crate::{
    ambient::Ambient,
    emulator::data::{gateways::Gateways, scheme::Scheme, token::Keyring},
};

/// Content, keys and gateways.
pub(in crate::emulator::data) struct Edges {
    /// The directories that are served as sites' content, with their rules.
    pub(in crate::emulator::data) folders: Folders,
    /// The key pair with which all sites sign.
    pub(in crate::emulator::data) keyring: Keyring,
    /// The gateways to which `/api` is proxied.
    pub(in crate::emulator::data) gateways: Arc<Gateways>,
    /// The scheme of the data plane.
    pub(in crate::emulator::data) scheme: Scheme,
    /// The port of the data plane.
    pub(in crate::emulator::data) port: u16,
    /// The source of time and randomness.
    pub(in crate::emulator::data) ambient: Arc<dyn Ambient>,
}
