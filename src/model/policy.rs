//! The product policy of a link: one form of its text, a verdict on it, and a repair.

mod document;
mod doubt;
mod entity;
mod expression;
mod flow;
mod gate;
mod judge;
mod later;
mod markup;
mod raw;
mod repair;
mod request;
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

/// The policy of a product. Its text is XML, whichever way it came; Azure lays it out again, so it is never
/// compared as text.
#[derive(Clone, PartialEq)]
pub struct ApimPolicy {
    /// The policy's id.
    pub id: ApimPolicyId,
    xml: String,
}

/// The hosts of the gateway that a policy is judged for.
#[derive(Clone, Copy, Debug, Default)]
pub struct GatewayHosts<'a> {
    /// The host that the site's tokens are meant for, if it is known.
    pub host: Option<&'a str>,
    /// Every host at which the gateway answers, in lower case. Whether a site's tokens are meant for a custom domain
    /// is not documented.
    pub all: &'a [String],
}

impl<'a> From<Option<&'a str>> for GatewayHosts<'a> {
    fn from(host: Option<&'a str>) -> Self {
        Self { host, all: &[] }
    }
}

/// How the text of a policy is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyFormat {
    /// As XML.
    Xml,
    /// With expressions as they are.
    RawXml,
    /// As the address of one in XML.
    XmlLink,
    /// As the address of one with expressions as they are.
    RawXmlLink,
}

impl PolicyFormat {
    /// Reads a format's name, whose letters have no case; where there is none, it is `xml`.
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

/// A policy that cannot be brought into the one form in which it is kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnfitText {
    /// The format is not known.
    #[error("the format `{0}` of the policy is not one of `xml` and `rawxml`")]
    Format(String),
    /// The text is at an address, which is not read here.
    #[error("the format `{0}` of the policy names an address; its text is needed instead")]
    Link(String),
    /// The text is not a policy.
    #[error("the policy cannot be read")]
    NotRaw(#[from] NotRaw),
}

impl ApimPolicy {
    /// Reads the policy out of its envelope. A text that is not a policy is one all the same: its verdict is
    /// undetermined.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if its `properties.value` is not a text.
    pub fn read(resource: &Resource) -> Result<Self, Malformed> {
        Ok(Self { id: ApimPolicyId::try_from(resource.id().clone())?, xml: policy_xml(resource)? })
    }

    /// The policy of a link: only tokens that the site signed for this gateway are let in.
    #[must_use]
    pub fn desired(id: &ApimPolicyId, names: &LinkNames, gateway_host: Option<&str>) -> Resource {
        envelope(id, write::policy(names, gateway_host))
    }

    /// This policy with the check that a link needs, and with every other element as it is.
    #[must_use]
    pub fn repaired<'g>(&self, names: &LinkNames, gateway: impl Into<GatewayHosts<'g>>) -> Resource {
        let gateway = gateway.into();
        let repaired = repair::repaired(&self.xml, names, gateway);
        envelope(&self.id, repaired.unwrap_or_else(|| write::policy(names, gateway.host)))
    }

    /// Judges what the policy does about the tokens of the site at `hostname`, which are meant for the gateway.
    #[must_use]
    pub fn verdict<'g>(&self, hostname: &Hostname, gateway: impl Into<GatewayHosts<'g>>) -> PolicyVerdict {
        match document::parse(&self.xml) {
            Ok(document) => judge::judge(&flow::of(&document), hostname, gateway.into()),
            Err(error) => PolicyVerdict::Undetermined(vec![Doubt::Unread(error.to_string())]),
        }
    }

    /// Whether the text is XML of a size and shape that a policy may have.
    ///
    /// # Errors
    ///
    /// [`UnreadPolicy`] if it is not.
    pub fn check(&self) -> Result<(), UnreadPolicy> {
        document::parse(&self.xml).map(drop)
    }

    /// The text as XML.
    #[must_use]
    pub fn xml(&self) -> &str {
        &self.xml
    }
}

impl fmt::Debug for ApimPolicy {
    /// A policy may hold keys, so its text is not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApimPolicy").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The text of a policy of any scope as XML, without a byte order mark. A `rawxml` that cannot be converted
/// stays as it is.
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

/// `rawxml` → `xml`.
///
/// # Errors
///
/// [`NotRaw`] if an expression does not end, or there is markup that XML does not have.
pub fn policy_from_raw(raw: &str) -> Result<String, NotRaw> {
    raw::to_xml(text_without_mark(raw))
}

/// `xml` → `rawxml`.
#[must_use]
pub fn policy_to_raw(xml: &str) -> String {
    raw::from_xml(xml)
}

/// Brings a policy into the form in which it is kept: `xml`.
///
/// # Errors
///
/// [`UnfitText`] if its format is not known, or its text is not one of that format.
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
