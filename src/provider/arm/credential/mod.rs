//! Tokens for Azure Resource Manager: from a variable, or from the first credential that can give one.
//!
//! A token is kept in memory alone, and renewed before it ends.
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
    kind::CredentialKind,
    token::{AccessToken, Caller},
};
use super::Endpoint;
use crate::ambient::Ambient;

/// How long before its end a token is renewed.
const RENEWED_BEFORE: Duration = Duration::from_secs(5 * 60);
/// How old a token has to be for it to be the token's fault that it is refused.
const TOO_YOUNG: Duration = Duration::from_secs(60);

/// What credentials are made of.
pub struct CredentialOptions<'a> {
    /// The one kind that is to be used, if not the first that works.
    pub kind: Option<CredentialKind>,
    /// What the tokens are for.
    pub endpoint: &'a Endpoint,
    /// Makes what sends requests to authorities. It is not made before somebody has to be asked: reading the
    /// system's certificates takes a while.
    pub http: fn() -> reqwest::Result<reqwest::Client>,
    /// The environment.
    pub variables: fn(&str) -> Option<String>,
    /// The time.
    pub ambient: Arc<dyn Ambient>,
    /// The Azure subscription that tokens are to be good for, if one is known: its id or name.
    pub subscription: Option<String>,
}

/// The credentials that are configured, and the token that one of them gave.
pub struct Credentials {
    configured: Configured,
    ambient: Arc<dyn Ambient>,
    held: Mutex<Option<Held>>,
    /// Held by whoever fetches a token, so that the others wait for that one.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Held {
    token: AccessToken,
    kind: CredentialKind,
    since: Timestamp,
    tried: Vec<Tried>,
}

/// How a token was got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    /// The kind of credential that gave it.
    pub kind: CredentialKind,
    /// Those that were asked before it, and why each gave none.
    pub tried: Vec<Tried>,
    /// Whom the token says that it is for, if it can be read.
    pub caller: Option<Caller>,
    /// When it ends, if that is known.
    pub ends: Option<Timestamp>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("in_use", &self.kind_in_use()).finish_non_exhaustive()
    }
}

impl Credentials {
    /// Finds out what is configured. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] if a variable holds what cannot be used.
    pub fn new(options: &CredentialOptions<'_>) -> Result<Self, CredentialError> {
        let ambient = Arc::clone(&options.ambient);
        let configured = Configured::find(options)?;
        Ok(Self { configured, ambient, held: Mutex::default(), fetching: tokio::sync::Mutex::default() })
    }

    /// A token that is good for some minutes at least.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] with each credential that was tried, and why it gave none.
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

    /// Gets a token, and tells how.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] with each credential that was tried, and why it gave none.
    pub async fn authenticate(&self) -> Result<Authenticated, CredentialError> {
        let token = self.token().await?;
        let held = self.held().clone();
        let (kind, tried) = held.map_or((CredentialKind::AccessToken, Vec::new()), |it| (it.kind, it.tried));
        Ok(Authenticated { kind, tried, caller: token.caller(), ends: token.ends() })
    }

    /// Drops a token that was refused. Says whether there is a point in asking for another one.
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

    /// Which kind of credential gave the token, if one did.
    #[must_use]
    pub fn kind_in_use(&self) -> Option<CredentialKind> {
        self.held().as_ref().map(|held| held.kind)
    }

    /// The token that is held, if there is one.
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
            tracing::debug!(credential = %kind, "asking for a token");
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
