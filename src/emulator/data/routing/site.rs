//! Sites as routing targets.

use hyper::header::HeaderValue;

use crate::{emulator::data::token::Minted, model::Hostname};

/// A site environment in the form that its edge uses.
pub(in crate::emulator::data) struct Site {
    /// The default hostname of the environment, which Azure generates.
    pub(in crate::emulator::data) hostname: Hostname,
    /// The site's name, if this is the production environment.
    pub(in crate::emulator::data) name: Option<String>,
    /// The linked backend to which `/api` is proxied.
    pub(in crate::emulator::data) link: Option<Link>,
}

/// A site's linked backend.
pub(in crate::emulator::data) struct Link {
    /// The key of the linked resource's id.
    pub(in crate::emulator::data) backend: Box<str>,
    /// The key that the site holds, if it is a valid header value.
    pub(in crate::emulator::data) key: Option<HeaderValue>,
    /// The tokens that the site has signed for this backend.
    pub(in crate::emulator::data) tokens: Minted,
}
