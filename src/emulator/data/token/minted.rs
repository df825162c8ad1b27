//! The tokens that one site signs for one backend.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use hyper::header::HeaderValue;
use serde_json::{Map, Value};

use super::signer::Signer;
use crate::{emulator::data::principal::Principal, model::Hostname};

/// How long a token is good for, in seconds.
const LIFETIME: i64 = 300;
/// How many people's tokens are kept within one second.
const MOST_KEPT: usize = 1024;

/// What was signed within this second. RS256 has no chance in it: the same claims within the same second
/// are the same token.
pub(in crate::emulator::data) struct Minted {
    audience: String,
    tokens: Mutex<Tokens>,
}

#[derive(Default)]
struct Tokens {
    second: i64,
    anonymous: Option<HeaderValue>,
    /// By who is signed in.
    signed_in: HashMap<Box<str>, HeaderValue>,
}

impl Minted {
    /// Tokens for whom `audience` names.
    pub(in crate::emulator::data) fn for_audience(audience: String) -> Self {
        Self { audience, tokens: Mutex::default() }
    }

    /// The header of a site's token for somebody, or for nobody in particular, signed in the second `now`.
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
