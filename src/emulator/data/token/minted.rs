//! The tokens that one site signs for one backend.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use hyper::header::HeaderValue;
use serde_json::{Map, Value};

use super::signer::Signer;
use crate::{emulator::data::principal::Principal, model::Hostname};

/// The lifetime of a token, in seconds.
const LIFETIME: i64 = 300;
/// The maximum number of users whose tokens are kept within one second.
const MOST_KEPT: usize = 1024;

/// The tokens that were signed within the current second. RS256 is deterministic: the same claims within the same
/// second give the same token.
pub(in crate::emulator::data) struct Minted {
    audience: String,
    tokens: Mutex<Tokens>,
}

#[derive(Default)]
struct Tokens {
    second: i64,
    anonymous: Option<HeaderValue>,
    /// By signed-in user.
    signed_in: HashMap<Box<str>, HeaderValue>,
}

impl Minted {
    /// Creates a store of tokens for the audience.
    pub(in crate::emulator::data) fn for_audience(audience: String) -> Self {
        Self { audience, tokens: Mutex::default() }
    }

    /// Returns the header with a site's token for a user, or for an anonymous client, signed in the second `now`.
    pub(in crate::emulator::data) fn header(
        &self,
        site: &Hostname,
        principal: Option<&Principal>,
        signer: &Signer,
        now: i64,
    ) -> HeaderValue {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.second != now || tokens.signed_in.len() >= MOST_KEPT {
            *tokens = Tokens { second: now, ..Tokens::default() };
        }
        let sign = || bearer(&signer.sign(&self.claims(site, principal, now)));
        match principal {
            None => tokens.anonymous.get_or_insert_with(sign).clone(),
            Some(principal) => match tokens.signed_in.get(principal.encoded()) {
                Some(token) => token.clone(),
                None => tokens.signed_in.entry(principal.encoded().into()).or_insert_with(sign).clone(),
            },
        }
    }

    fn claims(&self, site: &Hostname, principal: Option<&Principal>, now: i64) -> Value {
        let mut claims = Map::new();
        if let Some(principal) = principal {
            claims.insert("prn".to_owned(), principal.encoded().into());
            claims.insert("sub".to_owned(), principal.user_id().into());
        }
        claims.insert("iss".to_owned(), format!("https://{site}/.auth").into());
        claims.insert("aud".to_owned(), self.audience.as_str().into());
        for (name, moment) in [("nbf", now), ("exp", now + LIFETIME), ("iat", now)] {
            claims.insert(name.to_owned(), moment.into());
        }
        Value::Object(claims)
    }
}

fn bearer(token: &str) -> HeaderValue {
    let mut value = HeaderValue::try_from(format!("Bearer {token}")).expect("a token is made of ASCII");
    value.set_sensitive(true);
    value
}
