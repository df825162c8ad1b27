//! HTTP answers: their bodies, and Resource Manager's answers as values.

use std::{convert::Infallible, fmt, io};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Full, combinators::UnsyncBoxBody};
use hyper::{
    Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, RETRY_AFTER},
};
use serde_json::{Value, json};

use crate::provider::{ETag, ProviderError};

/// The header that marks an error of Resource Manager itself.
const FAILURE_CAUSE: HeaderName = HeaderName::from_static("x-ms-failure-cause");

/// The body of an answer, buffered or streamed.
pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Returns a body with this content.
pub(super) fn full(content: impl Into<Bytes>) -> Body {
    Full::new(content.into()).map_err(|never: Infallible| match never {}).boxed_unsync()
}

/// Returns an empty body.
pub(super) fn empty() -> Body {
    Empty::new().map_err(|never: Infallible| match never {}).boxed_unsync()
}

/// An answer of the control plane.
#[derive(Clone, PartialEq)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    headers: Vec<(HeaderName, String)>,
    body: Option<Value>,
    writing: Writing,
}

/// The format of an answer's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    /// On one line.
    Compact,
    /// On one line and without a character set in the content type, as in `Microsoft.Web`'s answers to successful
    /// requests.
    Plain,
    /// Indented by two spaces, with CRLF, as in API Management's answers.
    Indented,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Reply {
    /// An answer without a body.
    pub(super) fn status(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: None, writing: Writing::Compact }
    }

    /// 200 with a body.
    pub(super) fn ok(body: Value) -> Self {
        Self::with(StatusCode::OK, body)
    }

    /// A body with a status.
    pub(super) fn with(status: StatusCode, body: Value) -> Self {
        Self { body: Some(body), ..Self::status(status) }
    }

    /// Returns the same answer in the format of `Microsoft.Web`'s successful answers.
    pub(super) fn plain(self) -> Self {
        let writing = if self.status.is_success() { Writing::Plain } else { self.writing };
        Self { writing, ..self }
    }

    /// Returns the same answer in the format of API Management's resources and lists.
    pub(super) fn indented(self) -> Self {
        Self { writing: Writing::Indented, ..self }
    }

    /// 201 if a resource was created, and 200 if it existed.
    pub(super) fn put(existed: bool, body: Value) -> Self {
        Self::with(if existed { StatusCode::OK } else { StatusCode::CREATED }, body)
    }

    /// 200 if a resource was deleted, and 204 if it did not exist.
    pub(super) fn deleted(existed: bool) -> Self {
        Self::status(if existed { StatusCode::OK } else { StatusCode::NO_CONTENT })
    }

    pub(super) fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn tagged(self, etag: &ETag) -> Self {
        self.header(ETAG, etag.as_str())
    }

    pub(super) fn retry_after(self, seconds: u64) -> Self {
        self.header(RETRY_AFTER, seconds.max(1).to_string())
    }

    /// An error in the format of Resource Manager.
    pub(super) fn arm(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self::with(status, json!({"error": {"code": code, "message": message.into()}}))
            .header(FAILURE_CAUSE, "gateway")
    }

    /// Whether a resource provider has answered, and neither Resource Manager itself nor a failure of the emulator.
    pub(super) fn is_of_a_provider(&self) -> bool {
        !self.status.is_server_error() && self.headers.iter().all(|(name, _)| *name != FAILURE_CAUSE)
    }

    /// The answer to an internal error of the emulator.
    pub(super) fn internal_error() -> Self {
        Self::arm(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerError",
            "The server encountered an unexpected error.",
        )
    }

    /// The answer if the model cannot be read or written.
    pub(super) fn unavailable(error: &ProviderError) -> Self {
        tracing::warn!(%error, "the model cannot be used");
        let message = format!("The model of the emulator cannot be used: {error}.");
        Self::arm(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", message).retry_after(1)
    }

    /// Returns the body, for callers that extend it.
    pub(super) fn body(&self) -> Option<&Value> {
        self.body.as_ref()
    }

    /// Returns the same answer with another body.
    pub(super) fn with_body(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    pub(super) fn into_response(self) -> Response<Body> {
        let content = self.body.as_ref().map(|body| self.writing.written(body)).unwrap_or_default();
        let mut response = Response::new(full(content));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if self.body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.writing.content_type()));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        response
    }
}

impl Writing {
    fn written(self, body: &Value) -> String {
        match self {
            Self::Compact | Self::Plain => body.to_string(),
            // A line end within a JSON string is escaped.
            Self::Indented => serde_json::to_string_pretty(body).unwrap_or_default().replace('\n', "\r\n"),
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Compact | Self::Indented => "application/json; charset=utf-8",
            Self::Plain => "application/json",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deleting_returns_204_for_a_missing_resource_and_200_for_an_existing_one() {
        assert_eq!(Reply::deleted(true).status, StatusCode::OK);
        assert_eq!(Reply::deleted(false).status, StatusCode::NO_CONTENT);
        assert_eq!(Reply::put(false, Value::Null).status, StatusCode::CREATED);
        assert_eq!(Reply::put(true, Value::Null).status, StatusCode::OK);
    }

    #[test]
    fn a_client_is_never_asked_to_retry_at_once() {
        let response = Reply::status(StatusCode::OK).retry_after(0).into_response();
        assert_eq!(response.headers()[RETRY_AFTER], "1");
    }
}
