//! Sends requests to gateways and sites: with a key and without a token, or as a browser does.

use std::fmt;

use async_trait::async_trait;

use crate::model::{Address, Key};

/// The result of a request to an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visit {
    /// The address answered.
    Answered(Answered),
    /// There was no answer. The text gives the reason, for a message.
    Silent(String),
}

/// The beginning of an answer. Its content is private, so `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// The media type, in lower case and without its parameters; empty if the answer has none.
    pub media_type: String,
    /// The beginning of the body.
    pub body: Vec<u8>,
}

impl fmt::Debug for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answered({} {})", self.status, self.media_type)
    }
}

/// Requests addresses as a browser does.
#[async_trait]
pub trait Browser: fmt::Debug + Send + Sync {
    /// Requests an address, in bounded time, without following redirections.
    async fn visit(&self, address: &Address) -> Visit;
}

/// A gateway's answer to a request with a key and without a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GatewayAnswer {
    /// The gateway accepted the key, and refused the request for another reason.
    Accepted,
    /// The gateway accepted the key, and required nothing else, such as a token.
    LetIn,
    /// The gateway refused the key.
    KeyRefused,
    /// The gateway serves nothing at the address, with any key.
    NothingThere,
    /// The answer is unknown, or there is none. The text describes it, for a message.
    Unclear(String),
}

/// Sends requests to the gateways of services.
#[async_trait]
pub trait Gateways: Send + Sync {
    /// Checks whether a service's gateway accepts a key. A gateway has many nodes, and each call may reach a different
    /// one.
    async fn ask_gateway(&self, address: &Address, key: &Key) -> GatewayAnswer {
        let _ = (address, key);
        GatewayAnswer::Unclear("the control plane has no gateway".to_owned())
    }
}
