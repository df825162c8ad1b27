//! The exact answers of a gateway that refuses a request.

use hyper::{
    Response, StatusCode,
    header::{CONTENT_TYPE, HeaderName, HeaderValue, WWW_AUTHENTICATE},
};

use crate::emulator::reply::{self, Body};

/// Why the gateway refuses a request or cannot serve it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    /// There is no such API, or none of its operations matches.
    #[error("Resource not found")]
    NotFound,
    /// The key is missing.
    #[error(
        "Access denied due to missing subscription key. Make sure to include subscription key when making \
         requests to an API."
    )]
    MissingKey {
        /// The address of the API.
        realm: String,
        /// The header in which the key is expected.
        header: String,
    },
    /// The key gives no access to this API.
    #[error(
        "Access denied due to invalid subscription key. Make sure to provide a valid key for an active \
         subscription."
    )]
    InvalidKey,
    /// The policy rejects the token.
    #[error("{message}")]
    Token {
        /// The status that the policy sets.
        status: u16,
        /// The problem with the token, or the message that the policy sets for all problems.
        message: String,
    },
    /// The request depends on a feature that the emulator does not carry out.
    #[error("Internal server error")]
    NotEmulated {
        /// The policy element or the property of the API.
        what: String,
    },
    /// The API is unreachable, or the data that is stored for it is invalid.
    #[error("Internal server error")]
    Internal,
    /// The API did not answer in time.
    #[error("The operation has timed out.")]
    TimedOut,
}

/// The header that names the feature that the emulator does not carry out.
const REFUSED: HeaderName = HeaderName::from_static("x-emulator-refused");

impl Refusal {
    pub(super) fn not_emulated(what: &str) -> Self {
        Self::NotEmulated { what: what.to_owned() }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MissingKey { .. } | Self::InvalidKey => StatusCode::UNAUTHORIZED,
            Self::Token { status, .. } => StatusCode::from_u16(*status).unwrap_or(StatusCode::UNAUTHORIZED),
            Self::NotEmulated { .. } | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    /// Converts the refusal to an HTTP response.
    pub(super) fn into_response(self) -> Response<Body> {
        let status = self.status();
        let body = serde_json::json!({"statusCode": status.as_u16(), "message": self.to_string()});
        let mut response = Response::new(reply::full(body.to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Self::MissingKey { realm, header } = &self {
            let scheme = format!("AzureApiManagementKey realm=\"{realm}\",name=\"{header}\",type=\"header\"");
            if let Ok(scheme) = HeaderValue::try_from(scheme) {
                headers.insert(WWW_AUTHENTICATE, scheme);
            }
        }
        if let Self::NotEmulated { what } = &self
            && let Ok(what) = HeaderValue::try_from(what)
        {
            headers.insert(REFUSED, what);
        }
        response
    }
}
