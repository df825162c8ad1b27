//! Asking an address as a browser does, without a key and without a token.

use std::fmt;

use async_trait::async_trait;

use crate::model::Address;

/// What came of asking an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visit {
    /// It answered.
    Answered(Answered),
    /// It did not. The text tells why, for people.
    Silent(String),
}

/// The beginning of an answer. What is in it is nobody's business, so `Debug` leaves that out.
#[derive(Clone, PartialEq, Eq)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// The media type, in lower case and without its parameters; empty where none is given.
    pub media_type: String,
    /// The beginning of the body.
    pub body: Vec<u8>,
}

impl fmt::Debug for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answered({} {})", self.status, self.media_type)
    }
}

/// Who asks addresses as a browser does.
#[async_trait]
pub trait Browser: fmt::Debug + Send + Sync {
    /// Asks an address, in bounded time, and follows it nowhere else.
    async fn visit(&self, address: &Address) -> Visit;
}
