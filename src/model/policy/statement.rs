//! The statements of a policy, as far as they matter for whether a request is accepted.

use super::{
    doubt::Doubt,
    validate_jwt::{Check, TokenPlace},
};

/// A statement that affects which requests are accepted. Other statements are omitted.
#[derive(Clone, Debug)]
pub(super) enum Statement {
    /// A check of the token.
    Check(Box<Check>),
    /// Alternatives; requests that match none continue, unless the alternatives are exhaustive.
    Choose { branches: Vec<Vec<Statement>>, exhaustive: bool },
    /// The statement answers every request, and none reaches the API.
    Answer(String),
    /// The token at this place, or at any place, may be a different one after this statement.
    Alters { place: Option<TokenPlace>, element: String },
    /// The header of the site's token is removed from every request.
    Removes(String),
    /// A cached answer may be returned before the following statements are checked.
    Cache(String),
    /// The statement may reject or answer requests, but cannot make a rejected request pass.
    MayRefuse(Doubt),
    /// The effect of the statement is unknown.
    Unknown(Doubt),
    /// A statement after the checks, which may change the answer but not which requests are accepted.
    Later(Doubt),
}

impl Statement {
    /// The check, if it is one.
    pub(super) fn check(&self) -> Option<&Check> {
        match self {
            Self::Check(check) => Some(check),
            Self::Choose { .. }
            | Self::Answer(_)
            | Self::Alters { .. }
            | Self::Cache(_)
            | Self::Removes(_)
            | Self::MayRefuse(_)
            | Self::Unknown(_)
            | Self::Later(_) => None,
        }
    }

    /// The alternatives within it; only a `choose` has any.
    pub(super) fn branches(&self) -> &[Vec<Self>] {
        match self {
            Self::Choose { branches, .. } => branches,
            Self::Check(_)
            | Self::Answer(_)
            | Self::Alters { .. }
            | Self::Cache(_)
            | Self::Removes(_)
            | Self::MayRefuse(_)
            | Self::Unknown(_)
            | Self::Later(_) => &[],
        }
    }
}

/// Statements that do not affect which requests are accepted:
/// * they limit the rate or the amount of calls, for each caller in the same way;
/// * they change what the API receives except the token: its address, method, body, credentials;
/// * they call another service, store a value, or write a log;
/// * `cors` answers preflight and cross-origin requests by itself, and lets no request through to the API
///   ([documentation](https://learn.microsoft.com/azure/api-management/cors-policy));
/// * `base` represents the policies of other scopes, which every link has and which are not read here. Without it,
///   they are skipped, which does not weaken the checks of the product.
pub(super) const NEUTRAL: [&str; 35] = [
    "authentication-basic",
    "authentication-certificate",
    "authentication-managed-identity",
    "azure-openai-emit-token-metric",
    "azure-openai-token-limit",
    "base",
    "cache-lookup-value",
    "cache-remove-value",
    "cache-store",
    "cache-store-value",
    "cors",
    "emit-metric",
    "find-and-replace",
    "get-authorization-context",
    "json-to-xml",
    "jsonp",
    "llm-emit-token-metric",
    "llm-token-limit",
    "log-to-eventhub",
    "proxy",
    "publish-to-dapr",
    "quota",
    "quota-by-key",
    "rate-limit",
    "rate-limit-by-key",
    "redirect-content-urls",
    "send-one-way-request",
    "send-request",
    "set-backend-service",
    "set-body",
    "set-method",
    "set-variable",
    "trace",
    "xml-to-json",
    "xsl-transform",
];
