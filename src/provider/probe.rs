//! Calling gateways and sites: with a key and no token, and as a browser does.

use std::fmt;

use async_trait::async_trait;

use crate::model::{Address, Key};

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

/// What a gateway said to a request with a key and no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GatewayAnswer {
    /// It accepted the key: what it went on to object to was something else.
    Accepted,
    /// It accepted the key, and asked for nothing else.
    LetIn,
    /// It does not accept the key.
    KeyRefused,
    /// It serves nothing there, whatever the key.
    NothingThere,
    /// It said something else, or nothing. The text tells what, for people.
    Unclear(String),
}

/// Calls the gateways of services.
#[async_trait]
pub trait Gateways: Send + Sync {
    /// Asks a service's gateway whether it accepts a key. A gateway has many nodes, and each call may reach
    /// another one.
    async fn ask_gateway(&self, address: &Address, key: &Key) -> GatewayAnswer {
        let _ = (address, key);
        GatewayAnswer::Unclear("there is no gateway".to_owned())
    }
}
