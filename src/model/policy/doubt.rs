//! Why a policy's text does not decide what it lets in.

use std::fmt;

/// Something in a policy that its text alone does not decide, or that is not understood here.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Doubt {
    /// It is not read as XML, or exceeds a limit; the text says how.
    Unread(String),
    /// Its root is this element instead of `policies`.
    Root(String),
    /// An element that is not known at its place.
    Element(String),
    /// An attribute that is not known.
    Attribute {
        /// The element that has it.
        element: String,
        /// The attribute.
        name: String,
    },
    /// Text where only elements have a meaning, within this element.
    Text(String),
    /// A value that is computed for each request.
    Expression(String),
    /// A value that is kept elsewhere in the service.
    NamedValue(String),
    /// A value that cannot be understood.
    Unclear {
        /// What has it.
        of: String,
        /// The value.
        value: String,
    },
    /// A fragment, whose text is kept elsewhere in the service.
    Fragment(String),
    /// Another check of access, which may refuse requests of the site.
    AccessCheck(String),
    /// This element may change the token before it is checked.
    TokenChanged(String),
    /// This element may answer a request before its token is checked.
    Cached(String),
    /// Which of several branches applies, an expression decides for each request.
    Alternatives,
    /// This element may end the request.
    MayAnswer(String),
    /// The keys are published at this URL, which is not the site's configuration.
    KeysElsewhere(String),
    /// A key that is not written in the policy as a secret.
    SigningKey,
    /// This issuer may be the site or another party.
    Issuer(String),
    /// This audience may or may not be the one that the site's tokens are meant for.
    Audience(String),
    /// The host of the gateway, which the site's tokens are meant for, is not known.
    Gateway,
    /// Whether the site's tokens have this claim is not known.
    Claim(String),
    /// It is not clear where the token is looked for.
    TokenPlace,
    /// Another token is needed in this place, which visitors may or may not send.
    OtherToken(String),
    /// There are too many issuers, audiences or keys to try each with each.
    TooMany,
}

impl Doubt {
    /// The doubt about a value that is not a plain one.
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
            Self::Root(name) => write!(f, "the text is a `<{name}>` document, not a `<policies>` one"),
            Self::Element(name) => write!(f, "`<{name}>` is not understood at its place"),
            Self::Attribute { element, name } => write!(f, "`{name}` of `<{element}>` is not understood"),
            Self::Text(element) => write!(f, "the text within `<{element}>` is not understood"),
            Self::Expression(of) => write!(f, "an expression computes `{of}` for each request"),
            Self::NamedValue(of) => write!(f, "`{of}` is a named value"),
            Self::Unclear { of, value } if value.is_empty() => write!(f, "`{of}` is empty"),
            Self::Unclear { of, value } => write!(f, "`{value}` is not understood as `{of}`"),
            Self::Fragment(name) => write!(f, "the fragment `{name}` is kept elsewhere in the service"),
            Self::AccessCheck(name) => write!(f, "`<{name}>` may refuse requests of the site"),
            Self::TokenChanged(name) => write!(f, "`<{name}>` may change the token before it is checked"),
            Self::Cached(name) => write!(f, "`<{name}>` may answer a request before its token is checked"),
            Self::Alternatives => f.write_str("an expression decides for each request which check applies"),
            Self::MayAnswer(name) => write!(f, "`<{name}>` may answer a request instead of the API"),
            Self::KeysElsewhere(url) => write!(f, "the keys are published at `{url}`, not by the site"),
            Self::SigningKey => f.write_str("a signing key is not a secret that is written in the policy"),
            Self::Issuer(issuer) => write!(f, "the issuer `{issuer}` may be the site or another party"),
            Self::Audience(audience) => {
                write!(f, "the audience `{audience}` may or may not be the gateway, as the site names it")
            }
            Self::Gateway => f.write_str("the host of the gateway is not known"),
            Self::Claim(name) => write!(f, "the site's tokens may lack the claim `{name}`"),
            Self::TokenPlace => f.write_str("`validate-jwt` does not name one place for the token"),
            Self::OtherToken(place) => write!(f, "another token is required in `{place}`"),
            Self::TooMany => f.write_str("there are too many issuers, audiences or keys to judge"),
        }
    }
}
