//! Parses tokens and verifies who signed them; the results for valid tokens are cached.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::hmac;
use serde::Deserialize;

use super::{claims::Claims, fault::TokenFault, signer::Keyring};

/// The maximum number of cached tokens.
const MOST_KNOWN: usize = 1024;
/// The maximum length of a token, in bytes; all tokens that are signed here are shorter.
const LONGEST: usize = 64 << 10;

/// Verifies who signed a token.
pub(in crate::emulator::data) struct Verifier {
    keyring: Keyring,
    /// The claims of the tokens whose signature was valid.
    known: RwLock<HashMap<Box<str>, Arc<Claims>>>,
}

/// A well-formed token.
pub(super) struct Token {
    pub(super) claims: Arc<Claims>,
    pub(super) seal: Seal,
}

/// The signer of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seal {
    /// A site of this run.
    Site,
    /// None: the token is declared as unsigned.
    Missing,
    /// Another key than the one that the token names.
    Forged,
    /// An unknown key, or an algorithm that is not trusted.
    Unknown,
}

/// The fields of a token's JOSE header that are used.
#[derive(Deserialize)]
struct Head {
    alg: String,
    kid: Option<String>,
}

/// Whether a token is signed with a secret that the signer shares with the verifier, as in
/// [JSON Web Algorithms](https://www.rfc-editor.org/rfc/rfc7518#section-3.2).
pub(super) fn is_signed_with(text: &str, secret: &[u8]) -> bool {
    let signed = || {
        let (message, signature) = text.rsplit_once('.').filter(|_| text.len() <= LONGEST)?;
        let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).ok();
        let head: Head = serde_json::from_slice(&decode(message.split('.').next()?)?).ok()?;
        let algorithm = match head.alg.as_str() {
            "HS256" => hmac::HMAC_SHA256,
            "HS384" => hmac::HMAC_SHA384,
            "HS512" => hmac::HMAC_SHA512,
            _ => return None,
        };
        let key = hmac::Key::new(algorithm, secret);
        hmac::verify(&key, message.as_bytes(), &decode(signature)?).ok()
    };
    signed().is_some()
}

impl Verifier {
    pub(in crate::emulator::data) fn new(keyring: Keyring) -> Self {
        Self { keyring, known: RwLock::default() }
    }

    /// Parses a token and verifies its signature. The caller must check its expiration.
    pub(super) async fn read(&self, text: &str) -> Result<Token, TokenFault> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).get(text).map(Arc::clone);
        if let Some(claims) = known {
            return Ok(Token { claims, seal: Seal::Site });
        }
        let token = self.read_anew(text).await.ok_or(TokenFault::Malformed)?;
        if token.seal == Seal::Site {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            if known.len() >= MOST_KNOWN {
                known.clear();
            }
            known.insert(text.into(), Arc::clone(&token.claims));
        }
        Ok(token)
    }

    async fn read_anew(&self, text: &str) -> Option<Token> {
        let (message, signature) = text.rsplit_once('.').filter(|_| text.len() <= LONGEST)?;
        let (head, body) = message.split_once('.').filter(|(_, body)| !body.contains('.'))?;
        let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).ok();
        let head: Head = serde_json::from_slice(&decode(head)?).ok()?;
        let claims = Arc::new(Claims::parse(&decode(body)?)?);
        let seal = self.seal(&head, message.as_bytes(), &decode(signature)?).await;
        Some(Token { claims, seal })
    }

    /// Only RS256 is trusted, whichever algorithm the token names: with another one, the public key could be used as a
    /// shared secret.
    async fn seal(&self, head: &Head, message: &[u8], signature: &[u8]) -> Seal {
        let signer = self.keyring.signer().await;
        let is_ours = head.kid.as_deref().is_none_or(|kid| kid == signer.kid());
        match head.alg.as_str() {
            "none" if signature.is_empty() => Seal::Missing,
            "RS256" if is_ours && signer.has_signed(message, signature) => Seal::Site,
            "RS256" if is_ours => Seal::Forged,
            _ => Seal::Unknown,
        }
    }
}
