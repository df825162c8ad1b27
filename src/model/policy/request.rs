//! Simulated requests, and the outcome for each: accepted, rejected, or not determined by the text of the policy.

use super::{doubt::Doubt, validate_jwt::TokenPlace, verdict::Closing};
use crate::model::Hostname;

/// The header in which a site sends its token.
pub(super) const TOKEN_HEADER: &str = "X-MS-AUTH-TOKEN";

/// The signer of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Signer {
    /// The site, with the key that its configuration publishes.
    Site,
    /// No signer: the token has no signature.
    Unsigned,
    /// The holder of a secret, by its index among all secrets of the policy.
    Secret(usize),
    /// The party that publishes its keys at this URL.
    Publisher(String),
}

/// The issuer that a token names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Issuer {
    /// This issuer.
    Named(String),
    /// The issuer in the OpenID configuration at this URL.
    OfPublisher(String),
}

/// The expiry of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expiry {
    /// In the future.
    Later,
    /// The token has no expiry.
    Never,
    /// In the past, by more than the maximum clock difference.
    LongAgo,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) signer: Signer,
    pub(super) issuer: Issuer,
    /// `None` if it is unknown.
    pub(super) audience: Option<String>,
    pub(super) expiry: Expiry,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// Without a token.
    Bare,
    /// A request of the site, with its token in [`TOKEN_HEADER`] only.
    Site(Token),
    /// A request with this token in every place from which a check reads one.
    Forged(Token),
}

/// The outcome for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Passes,
    Refused(Vec<Closing>),
    Unknown(Vec<Doubt>),
}

impl TokenPlace {
    /// Whether a site sends its token in this place.
    pub(super) fn is_of_sites(&self) -> bool {
        matches!(self, Self::Header(name) if name.eq_ignore_ascii_case(TOKEN_HEADER))
    }

    /// Returns the name of the header or parameter.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Header(name) | Self::QueryParameter(name) => name,
        }
    }
}

impl Outcome {
    pub(super) fn of(holds: bool, refusal: impl FnOnce() -> Closing) -> Self {
        if holds { Self::Passes } else { Self::Refused(vec![refusal()]) }
    }

    /// Returns an outcome that is known if there are no doubts.
    pub(super) fn unless(doubts: Vec<Doubt>, outcome: Self) -> Self {
        if doubts.is_empty() { outcome } else { Self::Unknown(doubts) }
    }

    /// Returns the outcome for a request that must pass all parts. One rejection is sufficient.
    pub(super) fn all(parts: impl Iterator<Item = Self>) -> Self {
        let (mut refusals, mut doubts, mut refused) = (Vec::new(), Vec::new(), false);
        for part in parts {
            match part {
                Self::Passes => {}
                Self::Refused(why) => {
                    refused = true;
                    refusals.extend(why);
                }
                Self::Unknown(why) => doubts.extend(why),
            }
        }
        match (refused, doubts.is_empty()) {
            (true, _) => Self::Refused(refusals),
            (false, true) => Self::Passes,
            (false, false) => Self::Unknown(doubts),
        }
    }
}

pub(super) fn own_issuer(site: &Hostname) -> String {
    format!("https://{site}/.auth")
}
