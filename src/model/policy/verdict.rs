//! The verdict on a policy: proven to be correct, proven to be wrong, or not determined by its text.

use std::fmt;

use super::doubt::Doubt;

/// The maximum clock difference between a site and a gateway, in seconds: the lifetime of a site's token.
pub(super) const MOST_SKEW: u64 = 300;

/// How a policy handles the tokens of one site. Each variant except the last is proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyVerdict {
    /// The policy accepts exactly the requests with a valid token of the site.
    Healthy,
    /// The policy accepts some requests without a valid token of the site.
    Open {
        /// The ways in which such a request is accepted.
        why: Vec<Opening>,
        /// Whether it is proven that requests of the site are accepted too.
        lets_site_in: bool,
    },
    /// The policy rejects requests of the site, for each of these reasons.
    Closed(Vec<Closing>),
    /// The text does not determine it, for each of these reasons.
    Undetermined(Vec<Doubt>),
}

/// Why a request without a valid token of the site is accepted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Opening {
    /// No check applies to it.
    NoCheck,
    /// Its token has no signature.
    Unsigned,
    /// Its token does not expire.
    NeverExpires,
    /// Its token expired earlier than the clock difference allows.
    Expired,
    /// Its token is signed with a secret that is written in the policy.
    Secret,
    /// Its token is from this other issuer.
    OtherIssuer(String),
    /// Its token is signed with a key that is published at this URL, besides the site's own.
    OtherKeys(String),
}

/// Why a request of the site is rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Closing {
    /// The token is read from this place, where the site does not send it.
    OtherPlace(String),
    /// No key source contains the keys of the site.
    NoKeys,
    /// Only these issuers are accepted.
    OtherIssuer(Vec<String>),
    /// Only these audiences are accepted.
    OtherAudience(Vec<String>),
    /// The token has expired or does not expire.
    Expired,
    /// The token does not satisfy the requirements on this claim.
    Claim(String),
    /// No request passes this element: it answers every request, or removes every token.
    Answered(String),
}

impl PolicyVerdict {
    /// Returns the verdict in one word.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Open { .. } => "open",
            Self::Closed(_) => "closed",
            Self::Undetermined(_) => "undetermined",
        }
    }

    /// Whether a repair of the check changes the verdict: the policy is wrong, but not because it answers every
    /// request.
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
            Self::Unsigned => f.write_str("tokens do not need a signature"),
            Self::NeverExpires => f.write_str("tokens do not need an expiry time"),
            Self::Expired => {
                write!(f, "tokens are accepted for more than {MOST_SKEW} seconds after they have expired")
            }
            Self::Secret => f.write_str("tokens can be signed with a secret that is written in the policy"),
            Self::OtherIssuer(issuer) => write!(f, "tokens of the issuer `{issuer}` are accepted"),
            Self::OtherKeys(url) => write!(f, "tokens that are signed with a key of `{url}` are accepted"),
        }
    }
}

impl fmt::Display for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherPlace(place) => write!(f, "the token is read from `{place}`"),
            Self::NoKeys => f.write_str("no source of the site's signing keys is specified"),
            Self::OtherIssuer(issuers) if issuers.is_empty() => {
                f.write_str("the site's issuer is not accepted")
            }
            Self::OtherIssuer(issuers) => write!(f, "only the issuer {} is accepted", list(issuers)),
            Self::OtherAudience(audiences) => write!(f, "only the audience {} is accepted", list(audiences)),
            Self::Expired => f.write_str("the token's lifetime is not accepted"),
            Self::Claim(name) => {
                write!(f, "the claim `{name}` must have a value that the tokens of the site do not have")
            }
            Self::Answered(element) => {
                write!(f, "`<{element}>` answers every request before it reaches the API")
            }
        }
    }
}

fn list(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| format!("`{text}`")).collect();
    quoted.join(" or ")
}
