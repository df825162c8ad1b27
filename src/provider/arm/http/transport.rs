//! Carries requests: over the network, or through a replacement that the caller provides.

use std::fmt::Debug;

use async_trait::async_trait;
use reqwest::{Client, Request, Response};

/// Carries a request to a server, once, and returns the answer as soon as its headers have arrived.
///
/// It does not handle deadlines, retries, redirections or limits on the length of a body.
#[async_trait]
pub trait Transport: Debug + Send + Sync {
    /// Sends a request.
    ///
    /// # Errors
    ///
    /// [`TransportError`] if there is no answer.
    async fn send(&self, request: Request) -> Result<Response, TransportError>;
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The HTTP client failed.
    #[error(transparent)]
    Client(#[from] reqwest::Error),
    /// There is no connection, or it ended before the answer.
    #[error("the connection was closed before the answer")]
    Closed {
        /// Whether the server may have received the request.
        sent: bool,
    },
}

#[async_trait]
impl Transport for Client {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        Ok(self.execute(request).await?)
    }
}
