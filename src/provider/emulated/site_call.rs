//! A call through a site of an emulator, and its answer.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::exchange::Exchange;

/// A site that an emulator serves, as `GET /_emulator/sites` returns it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EmulatedSite {
    /// The name of the static web app; of another environment than production, its hostname.
    pub name: String,
    /// The default hostname.
    pub hostname: String,
    /// Whether a backend is linked.
    pub linked: bool,
}

/// A request that the emulator sends to one of its sites, as the body of `POST /_emulator/calls`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SiteCall {
    /// The host: that of a site or of a gateway.
    pub host: String,
    /// The method.
    #[serde(default = "get")]
    pub method: String,
    /// The path, with parameters.
    pub path: String,
    /// Names and values of headers. They can contain secrets of the caller.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// The body.
    #[serde(default)]
    pub body: String,
}

fn get() -> String {
    "GET".to_owned()
}

impl fmt::Debug for SiteCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SiteCall")
            .field("host", &self.host)
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// The answer to a call. Keys of the model and tokens in it are replaced by their fingerprints.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallAnswer {
    /// The status; none if the connection was closed without an answer.
    pub status: Option<u16>,
    /// Names and values of headers.
    pub headers: Vec<(String, String)>,
    /// The beginning of the body; none if it is not text.
    pub body: Option<String>,
    /// The number of bytes of the body that were read.
    pub length: usize,
    /// Whether the body continues.
    pub truncated: bool,
    /// The request, hop by hop.
    pub exchange: Option<Exchange>,
}

impl fmt::Debug for CallAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallAnswer").field("status", &self.status).finish_non_exhaustive()
    }
}
