//! Sites, as requests are routed to them.

use hyper::header::HeaderValue;

use crate::{emulator::data::token::Minted, model::Hostname};

/// A site environment, as its edge sees it.
pub(in crate::emulator::data) struct Site {
    /// The hostname that Azure generated for the environment.
    pub(in crate::emulator::data) hostname: Hostname,
    /// The site's name, if this is its production.
    pub(in crate::emulator::data) name: Option<String>,
    /// What `/api` is proxied to.
    pub(in crate::emulator::data) link: Option<Link>,
}

/// A site's linked backend.
pub(in crate::emulator::data) struct Link {
    /// The key of the id of what is linked.
    pub(in crate::emulator::data) backend: Box<str>,
    /// The key that the site holds, if it holds one that can be sent.
    pub(in crate::emulator::data) key: Option<HeaderValue>,
    /// The tokens that the site has signed for this backend.
    pub(in crate::emulator::data) tokens: Minted,
}
