//! What the edges of all sites share.

use std::sync::Arc;

use super::folder::Folders;
use crate::{
    ambient::Ambient,
    emulator::data::{gateways::Gateways, scheme::Scheme, token::Keyring},
};

/// Content, keys and gateways.
pub(in crate::emulator::data) struct Edges {
    /// The folders that are served as sites' content, with their rules.
    pub(in crate::emulator::data) folders: Folders,
    /// The key pair with which every site signs.
    pub(in crate::emulator::data) keyring: Keyring,
    /// What `/api` is proxied to.
    pub(in crate::emulator::data) gateways: Arc<Gateways>,
    /// By which scheme the data plane is called.
    pub(in crate::emulator::data) scheme: Scheme,
    /// The port at which it is called.
    pub(in crate::emulator::data) port: u16,
    /// The time and chance.
    pub(in crate::emulator::data) ambient: Arc<dyn Ambient>,
}
