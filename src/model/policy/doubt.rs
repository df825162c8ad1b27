//! The reasons why the text of a policy does not determine which requests it accepts.

use std::fmt;

/// A part of a policy whose effect its text does not determine, or that is not supported here.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Doubt {
    /// The text is not XML, or exceeds a limit; the message contains the details.
    Unread(String),
    /// The root is this element and not `policies`.
    Root(String),
    /// An element that is unknown at its position.
    Element(String),
    /// An unknown attribute.
    Attribute {
        /// The element with the attribute.
        element: String,
        /// The attribute.
        name: String,
    },
    /// Text in this element, in which only elements have a meaning.
    Text(String),
    /// A value that is computed for each request.
    Expression(String),
    /// A value that is stored elsewhere in the service.
    NamedValue(String),
    /// A value that is not understood.
    Unclear {
        /// The element or attribute with the value.
        of: String,
        /// The value.
        value: String,
    },
    /// A fragment, whose text is stored elsewhere in the service.
    Fragment(String),
    /// Another access check, which may reject requests of the site.
    AccessCheck(String),
    /// This element may change the token before it is checked.
    TokenChanged(String),
    /// This element may answer a request before the token is checked.
    Cached(String),
    /// An expression selects one of several branches for each request.
    Alternatives,
    /// This element may end the request.
    MayAnswer(String),
    /// The keys are published at this URL, which is not the site's OpenID configuration.
    KeysElsewhere(String),
    /// A key that is not written in the policy as a secret.
    SigningKey,
    /// This issuer may be the site or another party.
    Issuer(String),
    /// This audience may or may not be that of the site's tokens.
    Audience(String),
    /// The host of the gateway, which is the audience of the site's tokens, is unknown.
    Gateway,
    /// It is unknown whether the site's tokens have this claim.
    Claim(String),
    /// The place from which the token is read is unclear.
    TokenPlace,
    /// Another token is required in this place, which visitors may or may not send.
    OtherToken(String),
    /// There are too many issuers, audiences or keys to check every combination.
    TooMany,
}

impl Doubt {
    /// Returns the doubt about a value that is not a literal.
    pub(super) fn value(of: &str, value: &str) -> Self {
        let of = of.to_owned();
        if value.contains("{{") {
            Self::NamedValue(of)
        } else if value.contains("@(") || value.contains("@{") {
            Self::Expression(of)
        } else {
            let value = value.chars().take(100).collect();
            Self::Unclear { of, value }
        }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unread(problem) => f.write_str(problem),
            Self::Root(name) => {
                write!(f, "the text is a `<{name}>` document; a `<policies>` document is expected")
            }
            Self::Element(name) => write!(f, "`<{name}>` is not supported at its position"),
            Self::Attribute { element, name } => {
                write!(f, "the attribute `{name}` of `<{element}>` is not supported")
            }
            Self::Text(element) => write!(f, "the text in `<{element}>` is not supported"),
            Self::Expression(of) => write!(f, "an expression computes `{of}` for each request"),
            Self::NamedValue(of) => write!(f, "`{of}` is a named value, whose content is not known"),
            Self::Unclear { of, value } if value.is_empty() => write!(f, "`{of}` is empty"),
            Self::Unclear { of, value } => write!(f, "`{value}` is not a supported value of `{of}`"),
            Self::Fragment(name) => write!(f, "the content of the fragment `{name}` is not known"),
            Self::AccessCheck(name) => write!(f, "`<{name}>` may reject requests of the site"),
            Self::TokenChanged(name) => write!(f, "`<{name}>` may change the token before it is checked"),
            Self::Cached(name) => write!(f, "`<{name}>` may answer a request before its token is checked"),
            Self::Alternatives => {
                f.write_str("an expression determines for each request which check applies")
            }
            Self::MayAnswer(name) => write!(f, "`<{name}>` may answer a request instead of the API"),
            Self::KeysElsewhere(url) => {
                write!(f, "the signing keys are published at `{url}`, which is not the site's address")
            }
            Self::SigningKey => f.write_str("a signing key is not a secret that is written in the policy"),
            Self::Issuer(issuer) => write!(f, "the issuer `{issuer}` may be the site or another party"),
            Self::Audience(audience) => {
                write!(f, "it is not known whether the audience `{audience}` is the gateway")
            }
            Self::Gateway => f.write_str("the hostname of the gateway is not known"),
            Self::Claim(name) => write!(f, "the tokens of the site may not contain the claim `{name}`"),
            Self::TokenPlace => {
                f.write_str("`validate-jwt` does not specify exactly one place for the token")
            }
            Self::OtherToken(place) => write!(f, "another token is required in `{place}`"),
            Self::TooMany => f.write_str("the policy has more issuers, audiences or keys than are evaluated"),
        }
    }
}
