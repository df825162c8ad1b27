//! The product policy of a link: its canonical text, the verdict on it, and its repair.

mod document;
mod doubt;
mod entity;
mod evaluate;
mod expression;
mod facts;
mod flow;
mod gate;
mod judge;
mod later;
mod markup;
mod raw;
mod repair;
mod request;
mod statement;
mod validate_jwt;
mod verdict;
mod walk;
mod write;

use std::{borrow::Cow, fmt};

use serde_json::Map;

pub use self::{
    document::{TooComplex, UnreadPolicy},
    doubt::Doubt,
    gate::UnfitPolicy,
    raw::NotRaw,
    validate_jwt::{ClaimMatch, RequiredClaim, SigningSecret, TokenPlace, ValidateJwt},
    verdict::{Closing, Opening, PolicyVerdict},
};
use super::{ApimPolicyId, Hostname, LinkNames, Malformed, Resource, text_without_mark};

/// The policy of a product. Its text is always XML, in either input format. Azure reformats the text, so policies are
/// never compared as text.
#[derive(Clone, PartialEq)]
pub struct ApimPolicy {
    /// The policy's id.
    pub id: ApimPolicyId,
    xml: String,
}

/// The hosts of the gateway that a policy is judged for.
#[derive(Clone, Copy, Debug, Default)]
pub struct GatewayHosts<'a> {
    /// The host that is the audience of the site's tokens, if it is known.
    pub host: Option<&'a str>,
    /// Every host of the gateway, in lower case. Azure does not document whether a custom domain can be the audience of
    /// a site's tokens.
    pub all: &'a [String],
}

impl<'a> From<Option<&'a str>> for GatewayHosts<'a> {
    fn from(host: Option<&'a str>) -> Self {
        Self { host, all: &[] }
    }
}

/// The format of the text of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyFormat {
    /// XML.
    Xml,
    /// XML with unescaped expressions.
    RawXml,
    /// A URL of XML.
    XmlLink,
    /// A URL of XML with unescaped expressions.
    RawXmlLink,
}

impl PolicyFormat {
    /// Parses the name of a format, ignoring case; `xml` if there is no name.
    #[must_use]
    pub fn of(name: Option<&str>) -> Option<Self> {
        match name.map(str::to_ascii_lowercase).as_deref() {
            None | Some("xml") => Some(Self::Xml),
            Some("rawxml") => Some(Self::RawXml),
            Some("xml-link") => Some(Self::XmlLink),
            Some("rawxml-link") => Some(Self::RawXmlLink),
            Some(_) => None,
        }
    }
}

/// A policy that cannot be converted to the canonical form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnfitText {
    /// The format is unknown.
    #[error("the policy format `{0}` is not supported; the formats are `xml` and `rawxml`")]
    Format(String),
    /// The text is at a URL, which is not read.
    #[error("the policy format `{0}` refers to an address; the text of the policy is required")]
    Link(String),
    /// The text is not a policy.
    #[error("the policy could not be parsed")]
    NotRaw(#[from] NotRaw),
}

impl ApimPolicy {
    /// Reads the policy from its resource. A text that is not a policy is accepted too: its verdict is undetermined.
    /// undetermined.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if its `properties.value` is not a text.
    pub fn read(resource: &Resource) -> Result<Self, Malformed> {
        Ok(Self { id: ApimPolicyId::try_from(resource.id().clone())?, xml: policy_xml(resource)? })
    }

    /// Returns the policy of a link: it accepts only tokens that the site signed for this gateway.
    #[must_use]
    pub fn desired(id: &ApimPolicyId, names: &LinkNames, gateway_host: Option<&str>) -> Resource {
        envelope(id, write::policy(names, gateway_host))
    }

    /// Returns this policy with the check that a link needs, and with all other elements unchanged.
    #[must_use]
    pub fn repaired<'g>(&self, names: &LinkNames, gateway: impl Into<GatewayHosts<'g>>) -> Resource {
        let gateway = gateway.into();
        let repaired = repair::repaired(&self.xml, names, gateway);
        envelope(&self.id, repaired.unwrap_or_else(|| write::policy(names, gateway.host)))
    }

    /// Judges how the policy handles the tokens of the site at `hostname`, whose audience is the gateway.
    #[must_use]
    pub fn verdict<'g>(&self, hostname: &Hostname, gateway: impl Into<GatewayHosts<'g>>) -> PolicyVerdict {
        match document::parse(&self.xml) {
            Ok(document) => judge::judge(&flow::of(&document), hostname, gateway.into()),
            Err(error) => PolicyVerdict::Undetermined(vec![Doubt::Unread(error.to_string())]),
        }
    }

    /// Checks that the text is XML within the limits of a policy.
    ///
    /// # Errors
    ///
    /// [`UnreadPolicy`] if it is not.
    pub fn check(&self) -> Result<(), UnreadPolicy> {
        document::parse(&self.xml).map(drop)
    }

    /// Returns the text as XML.
    #[must_use]
    pub fn xml(&self) -> &str {
        &self.xml
    }
}

impl fmt::Debug for ApimPolicy {
    /// Hides the text, since a policy may contain keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApimPolicy").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Returns the text of a policy of any scope as XML, without a byte order mark. A `rawxml` text that cannot be
/// converted is returned unchanged.
///
/// # Errors
///
/// [`Malformed`] if its `properties.value` is not a text.
pub(super) fn policy_xml(resource: &Resource) -> Result<String, Malformed> {
    let text = text_without_mark(resource.text("properties.value")?.unwrap_or_default());
    Ok(match PolicyFormat::of(resource.text("properties.format")?) {
        Some(PolicyFormat::RawXml) => raw::to_xml(text).unwrap_or_else(|_| text.to_owned()),
        Some(PolicyFormat::Xml | PolicyFormat::XmlLink | PolicyFormat::RawXmlLink) | None => text.to_owned(),
    })
}

/// Converts `rawxml` to `xml`.
///
/// # Errors
///
/// [`NotRaw`] if an expression is not terminated, or the markup is not valid in XML.
pub fn policy_from_raw(raw: &str) -> Result<String, NotRaw> {
    raw::to_xml(text_without_mark(raw))
}

/// Converts `xml` to `rawxml`.
#[must_use]
pub fn policy_to_raw(xml: &str) -> String {
    raw::from_xml(xml)
}

/// Converts a policy to its canonical form: `xml`.
///
/// # Errors
///
/// [`UnfitText`] if its format is unknown, or its text does not have that format.
pub fn canonical_policy(resource: &mut Resource) -> Result<(), UnfitText> {
    let named = |field| resource.text(field).ok().flatten().map(Cow::from);
    let Some(format) = named("properties.format") else { return Ok(()) };
    match PolicyFormat::of(Some(&format)) {
        None => Err(UnfitText::Format(format.into_owned())),
        Some(PolicyFormat::XmlLink | PolicyFormat::RawXmlLink) => Err(UnfitText::Link(format.into_owned())),
        Some(PolicyFormat::Xml) => {
            resource.set_property("format", "xml");
            Ok(())
        }
        Some(PolicyFormat::RawXml) => {
            let xml = policy_from_raw(&named("properties.value").unwrap_or_default())?;
            resource.set_property("value", xml);
            resource.set_property("format", "xml");
            Ok(())
        }
    }
}

fn envelope(id: &ApimPolicyId, xml: String) -> Resource {
    let properties = [("format".to_owned(), "xml".into()), ("value".to_owned(), xml.into())];
    Resource::new((**id).clone(), Map::from_iter(properties))
}
