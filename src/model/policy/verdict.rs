//! What a policy lets in: proven to be right, proven to be wrong, or not decided by its text.

use std::fmt;

use super::{doubt::Doubt, request::MOST_SKEW};

/// What a policy does about the tokens of one site. Each but the last is proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyVerdict {
    /// Every request needs a valid token of the site, and every such request is let in.
    Healthy,
    /// Some request without a valid token of the site is let in.
    Open {
        /// How: each of these is a way in.
        why: Vec<Opening>,
        /// Whether it is proven that the site is let in as well.
        lets_site_in: bool,
    },
    /// Requests of the site are refused, for each of these reasons.
    Closed(Vec<Closing>),
    /// The text does not decide it, for each of these reasons.
    Undetermined(Vec<Doubt>),
}

/// How a request without a valid token of the site gets in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Opening {
    /// No check applies to it.
    NoCheck,
    /// Its token bears no signature.
    Unsigned,
    /// Its token does not expire.
    NeverExpires,
    /// Its token has expired, longer ago than clocks differ.
    Expired,
    /// Its token is signed with a secret that is written in the policy.
    Secret,
    /// Its token is one of this other issuer.
    OtherIssuer(String),
    /// Its token is signed with a key that is published at this URL, besides the site's own.
    OtherKeys(String),
}

/// How a request of the site is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Closing {
    /// The token is looked for in this place, where the site does not send it.
    OtherPlace(String),
    /// No source of keys publishes those of the site.
    NoKeys,
    /// Only these issuers are accepted.
    OtherIssuer(Vec<String>),
    /// Only these audiences are accepted.
    OtherAudience(Vec<String>),
    /// The token has expired or does not expire.
    Expired,
    /// The token does not have this claim as it is required.
    Claim(String),
    /// No request reaches the API past this element: it answers each, or removes the token of each.
    Answered(String),
}

impl PolicyVerdict {
    /// The verdict in one word.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Open { .. } => "open",
            Self::Closed(_) => "closed",
            Self::Undetermined(_) => "undetermined",
        }
    }

    /// Whether a repair of the check changes it: it is wrong, and not because every request is answered.
    #[must_use]
    pub fn is_repairable(&self) -> bool {
        match self {
            Self::Open { .. } => true,
            Self::Closed(why) => !why.iter().any(|it| matches!(it, Closing::Answered(_))),
            Self::Healthy | Self::Undetermined(_) => false,
        }
    }
}

impl fmt::Display for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCheck => f.write_str("no `validate-jwt` applies to every request"),
            Self::Unsigned => f.write_str("a token needs no signature"),
            Self::NeverExpires => f.write_str("a token need not expire"),
            Self::Expired => {
                write!(f, "a token is accepted more than {MOST_SKEW} seconds after it has expired")
            }
            Self::Secret => f.write_str("a token may be signed with a secret that is written in the policy"),
            Self::OtherIssuer(issuer) => write!(f, "tokens of the issuer `{issuer}` are let in"),
            Self::OtherKeys(url) => write!(f, "tokens signed with a key of `{url}` are let in"),
        }
    }
}

impl fmt::Display for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherPlace(place) => write!(f, "the token is looked for in `{place}`"),
            Self::NoKeys => f.write_str("no source of the site's keys is named"),
            Self::OtherIssuer(issuers) if issuers.is_empty() => {
                f.write_str("the site's issuer is not accepted")
            }
            Self::OtherIssuer(issuers) => write!(f, "only the issuer {} is accepted", list(issuers)),
            Self::OtherAudience(audiences) => write!(f, "only the audience {} is accepted", list(audiences)),
            Self::Expired => f.write_str("the token's lifetime is not accepted"),
            Self::Claim(name) => write!(f, "the claim `{name}` is required with another value"),
            Self::Answered(element) => write!(f, "`<{element}>` keeps every request from the API"),
        }
    }
}

fn list(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| format!("`{text}`")).collect();
    quoted.join(" or ")
}
