//! Requests to the sites and gateways of an emulator, hop by hop.

use serde::{Deserialize, Serialize};

/// The latest requests, as `GET /_emulator/traffic` returns them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Traffic {
    /// Increases with every change of a request. A later call with `after` returns only what has changed since.
    pub revision: u64,
    /// The requests, oldest first.
    pub value: Vec<Exchange>,
}

/// A request and its answer. It contains no parameters, headers or bodies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exchange {
    /// The number of the request since the emulator started, from 1.
    pub number: u64,
    /// The revision of its last change.
    pub revision: u64,
    /// When it arrived, in UTC.
    pub time: String,
    /// The method.
    pub method: String,
    /// The host that it names, as the client wrote it.
    pub host: String,
    /// The path without its parameters.
    pub path: String,
    /// Whether it is answered.
    pub state: ExchangeState,
    /// The status of the answer, once there is one.
    pub status: Option<u16>,
    /// The time until the head of the answer, in milliseconds.
    pub ms: Option<f64>,
    /// The decisions about the request, in order.
    pub hops: Vec<TraceHop>,
}

/// Whether a request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ExchangeState {
    /// It is not answered yet.
    Running,
    /// It is answered.
    Answered,
    /// Its connection was closed without an answer, by the client or by a fault.
    Closed,
}

/// A decision about a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TraceHop {
    /// Where the decision was made.
    pub at: HopPlace,
    /// The decision.
    pub outcome: HopOutcome,
    /// The reason, for a reader. Keys are fingerprints.
    pub detail: String,
    /// The time since the request arrived, in milliseconds.
    pub ms: f64,
}

/// Where a decision about a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HopPlace {
    /// An injected fault, before every other hop.
    Fault,
    /// The edge of the site.
    Edge,
    /// The gateway, which selects the API and its operation.
    Gateway,
    /// The gateway's check of the subscription key.
    Key,
    /// The gateway's check of the token.
    Token,
    /// The other elements of the policies.
    Policy,
    /// The API's own server.
    Api,
}

impl HopPlace {
    /// The place as a word for a reader.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Fault => "fault",
            Self::Edge => "edge",
            Self::Gateway => "gateway",
            Self::Key => "key",
            Self::Token => "token",
            Self::Policy => "policy",
            Self::Api => "API",
        }
    }
}

/// The decision of one hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HopOutcome {
    /// The request continues to the next hop.
    Passed,
    /// This hop has answered the request.
    Answered,
    /// This hop refuses the request.
    Refused,
    /// The next hop cannot be reached, or does not answer in time.
    Failed,
}
