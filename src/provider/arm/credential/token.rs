//! A token, and the information that it contains, which is read without a request.
#![warn(clippy::arithmetic_side_effects)]

use std::fmt;

use azure_core::credentials::Secret;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::Value;

use super::CredentialError;

/// A token for Azure Resource Manager. `Debug` does not print it.
#[derive(Clone)]
pub struct AccessToken {
    secret: Secret,
    ends: Option<Timestamp>,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").field("ends", &self.ends).finish_non_exhaustive()
    }
}

impl AccessToken {
    pub(super) fn new(secret: Secret, ends: Option<Timestamp>) -> Self {
        Self { secret, ends }
    }

    /// Reads a token that the user typed or pasted.
    pub(super) fn given(text: &str, now: Timestamp) -> Result<Self, CredentialError> {
        let invalid = |problem| CredentialError::AccessToken { problem };
        let text = without_scheme(text.trim());
        if text.is_empty() {
            return Err(invalid("is empty"));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(invalid(
                "is not a token: it contains spaces or other characters that are not allowed",
            ));
        }
        let ends = end_of(text);
        if ends.is_some_and(|ends| ends <= now) {
            return Err(invalid("contains a token that has expired"));
        }
        Ok(Self::new(Secret::new(text.to_owned()), ends))
    }

    pub(in crate::provider::arm) fn secret(&self) -> &str {
        self.secret.secret()
    }

    /// Returns the caller that the token names, if the token can be parsed.
    pub(super) fn caller(&self) -> Option<Caller> {
        Caller::of(&claims_of(self.secret())?)
    }

    /// Returns when the token expires, if that is known.
    pub(super) fn ends(&self) -> Option<Timestamp> {
        self.ends
    }
}

/// Returns a token without the scheme in front of it, such as `Bearer`.
fn without_scheme(text: &str) -> &str {
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    if first.eq_ignore_ascii_case("bearer") { rest.trim() } else { text }
}

/// The caller that a token names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The name of the user, or the id of the application.
    pub name: String,
    /// The tenant that authenticated the caller.
    pub tenant: Option<String>,
}

impl Caller {
    fn of(claims: &Value) -> Option<Self> {
        let text = |name: &str| claims.get(name)?.as_str().map(str::to_owned);
        let name = ["upn", "unique_name", "app_displayname", "appid", "oid"].into_iter().find_map(text)?;
        Some(Self { name, tenant: text("tid") })
    }
}

/// Returns when a token expires, if the token can be parsed.
fn end_of(text: &str) -> Option<Timestamp> {
    Timestamp::from_second(claims_of(text)?.get("exp")?.as_i64()?).ok()
}

/// Returns the claims of a token. Its signature is not verified.
fn claims_of(text: &str) -> Option<Value> {
    let claims = BASE64_URL_SAFE_NO_PAD.decode(text.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&claims).ok()
}
