//! Access to the control plane: clients need a token, and it must be the configured one if there is one.

use std::fmt;

use hyper::{
    HeaderMap, StatusCode,
    header::{AUTHORIZATION, WWW_AUTHENTICATE},
};

use super::identity;
use crate::{
    ambient::Ambient,
    emulator::{
        control::{Access, Asked},
        reply::Reply,
    },
};

/// The tokens that are accepted.
pub(in crate::emulator) struct Tokens {
    /// The only accepted token; any token is accepted if there is none.
    only: Option<String>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl Tokens {
    pub(in crate::emulator) fn new(only: Option<String>) -> Self {
        Self { only }
    }

    /// Admits a request.
    ///
    /// # Errors
    ///
    /// The answer to send instead: a token, if that is what the request asks for, or a refusal.
    pub(super) fn admit(
        &self,
        asked: &Asked,
        headers: &HeaderMap,
        ambient: &dyn Ambient,
    ) -> Result<(), Reply> {
        match asked.access() {
            Access::Identity if self.only.is_some() => {
                let message = "This emulator accepts only one token, and does not return it.";
                Err(Reply::arm(StatusCode::NOT_FOUND, "NotFound", message))
            }
            Access::Identity => Err(identity::answer(headers, &asked.query, ambient.now().as_second())),
            Access::Open => Ok(()),
            Access::Token => self.check(headers),
        }
    }

    fn check(&self, headers: &HeaderMap) -> Result<(), Reply> {
        let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(given) = given else {
            return Err(unauthorized(
                "AuthenticationFailed",
                "Authentication failed. The 'Authorization' header is missing.",
            ));
        };
        let token = given.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let token = token.map(|(_, token)| token.trim()).filter(|token| !token.is_empty());
        match (token, &self.only) {
            (Some(_), None) => Ok(()),
            (Some(token), Some(only)) if token == only => Ok(()),
            _ => Err(unauthorized("InvalidAuthenticationToken", "The access token is invalid.")),
        }
    }
}

fn unauthorized(code: &str, message: &str) -> Reply {
    Reply::arm(StatusCode::UNAUTHORIZED, code, message)
        .header(WWW_AUTHENTICATE, "Bearer authorization_uri=\"https://login.microsoftonline.com/common\"")
}
