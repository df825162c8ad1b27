//! Tokens for Azure Resource Manager: from an environment variable, or from the first credential that returns one.
//!
//! A token is kept only in memory, and is renewed before it expires.
#![warn(clippy::arithmetic_side_effects)]

mod error;
mod kind;
mod source;
mod token;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::time::timeout;

use self::source::Configured;
pub use self::{
    error::{CredentialError, Tried},
    kind::{CredentialKind, UnknownKind},
    token::{AccessToken, Caller},
};
use super::Endpoint;
use crate::ambient::Ambient;

/// How long before its expiry a token is renewed.
const RENEWED_BEFORE: Duration = Duration::from_secs(5 * 60);
/// A refused token that is younger than this is not fetched again: the token is not the cause.
const TOO_YOUNG: Duration = Duration::from_secs(60);

/// The settings of credentials.
pub struct CredentialOptions<'a> {
    /// The only kind of credential to use. By default, the first that works is used.
    pub kind: Option<CredentialKind>,
    /// The endpoint that the tokens are for.
    pub endpoint: &'a Endpoint,
    /// Creates the client that sends requests to authorities. It is called only when a request is needed: reading the
    /// system's certificates takes time.
    pub http: fn() -> reqwest::Result<reqwest::Client>,
    /// Reads an environment variable.
    pub variables: fn(&str) -> Option<String>,
    /// The clock.
    pub ambient: Arc<dyn Ambient>,
    /// The Azure subscription that tokens must be valid for, if one is known: its id or name.
    pub azure_subscription: Option<String>,
}

/// The configured credentials, and the token that one of them returned.
pub struct Credentials {
    configured: Configured,
    ambient: Arc<dyn Ambient>,
    held: Mutex<Option<Held>>,
    /// Held by the task that fetches a token, so that the other tasks wait for it.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Held {
    token: AccessToken,
    kind: CredentialKind,
    since: Timestamp,
    tried: Vec<Tried>,
}

/// How a token was obtained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    /// The kind of credential that returned it.
    pub kind: CredentialKind,
    /// The credentials that were tried before, and why each returned no token.
    pub tried: Vec<Tried>,
    /// The caller that the token names, if the token can be parsed.
    pub caller: Option<Caller>,
    /// When the token expires, if that is known.
    pub ends: Option<Timestamp>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("in_use", &self.kind_in_use()).finish_non_exhaustive()
    }
}

impl Credentials {
    /// Determines which credentials are configured. Sends no request.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] if an environment variable holds an unusable value.
    pub fn new(options: &CredentialOptions<'_>) -> Result<Self, CredentialError> {
        let ambient = Arc::clone(&options.ambient);
        let configured = Configured::find(options)?;
        Ok(Self { configured, ambient, held: Mutex::default(), fetching: tokio::sync::Mutex::default() })
    }

    /// Returns a token that is valid for some more minutes at least.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] with each credential that was tried, and why it returned no token.
    pub async fn token(&self) -> Result<AccessToken, CredentialError> {
        if let Some(token) = self.good() {
            return Ok(token);
        }
        let _fetching = self.fetching.lock().await;
        match self.good() {
            Some(token) => Ok(token),
            None => self.fetch().await,
        }
    }

    /// Fetches a token, and returns how it was obtained.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] with each credential that was tried, and why it returned no token.
    pub async fn authenticate(&self) -> Result<Authenticated, CredentialError> {
        let token = self.token().await?;
        let held = self.held().clone();
        let (kind, tried) = held.map_or((CredentialKind::AccessToken, Vec::new()), |it| (it.kind, it.tried));
        Ok(Authenticated { kind, tried, caller: token.caller(), ends: token.ends() })
    }

    /// Drops a token that was refused. Returns whether it is worth fetching another one.
    pub fn forget(&self) -> bool {
        let mut held = self.held();
        let renewable = held.as_ref().is_some_and(|held| {
            let age = self.ambient.now().duration_since(held.since);
            held.kind != CredentialKind::AccessToken && age.unsigned_abs() >= TOO_YOUNG
        });
        if renewable {
            *held = None;
        }
        renewable
    }

    /// Whether the user gave a token, instead of a credential that returns one.
    pub(super) fn are_given(&self) -> bool {
        self.configured.sources.iter().any(|source| source.kind() == CredentialKind::AccessToken)
    }

    /// Returns the kind of credential that the current token came from, if there is one.
    #[must_use]
    pub fn kind_in_use(&self) -> Option<CredentialKind> {
        self.held().as_ref().map(|held| held.kind)
    }

    /// Returns the current token, if there is one.
    pub(super) fn secret_in_use(&self) -> Option<String> {
        self.held().as_ref().map(|held| held.token.secret().to_owned())
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn good(&self) -> Option<AccessToken> {
        let held = self.held();
        let held = held.as_ref()?;
        let left = held.token.ends().map(|end| end.duration_since(self.ambient.now()));
        let good =
            left.is_none_or(|left| left > jiff::SignedDuration::try_from(RENEWED_BEFORE).unwrap_or_default());
        good.then(|| held.token.clone())
    }

    async fn fetch(&self) -> Result<AccessToken, CredentialError> {
        let mut tried: Vec<Tried> = self.configured.impossible.clone();
        for source in &self.configured.sources {
            let kind = source.kind();
            tracing::debug!(credential = %kind, "getting a token");
            let problem = match timeout(source.patience(), source.token()).await {
                Ok(Ok(token)) => {
                    tracing::info!(credential = %kind, "authenticated");
                    let since = self.ambient.now();
                    *self.held() = Some(Held { token: token.clone(), kind, since, tried });
                    return Ok(token);
                }
                Ok(Err(problem)) => problem,
                Err(_) => format!("no answer within {} s", source.patience().as_secs()),
            };
            tracing::debug!(credential = %kind, problem, "no token");
            tried.push(Tried { kind, problem });
        }
        Err(CredentialError::None { tried })
    }
}

#[cfg(test)]
mod tests;
