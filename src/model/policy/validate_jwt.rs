//! The requirements of a `validate-jwt` element, as in [API
//! Management](https://learn.microsoft.com/azure/api-management/validate-jwt-policy).
//!
//! Anything that is not in the lists here is a doubt about one part of the check, or about all of it. A part without a doubt still
//! proves something: a missing signature opens a check whose issuer is a named value.

use std::{collections::HashSet, fmt};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use roxmltree::Node;

use super::{doubt::Doubt, expression};

/// The place of the token in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenPlace {
    /// The header with this name.
    Header(String),
    /// The query parameter with this name.
    QueryParameter(String),
}

/// The number of required values that a claim must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimMatch {
    /// All of them.
    All,
    /// At least one.
    Any,
}

/// A claim that a token must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredClaim {
    /// The claim's name.
    pub name: String,
    /// How many of `values` the claim must have.
    pub matching: ClaimMatch,
    /// The values; empty if the claim may have any value.
    pub values: Vec<String>,
    /// The separator of the values, if the claim is one text.
    pub separator: Option<String>,
}

/// A secret with which a token may be signed. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(Vec<u8>);

impl SigningSecret {
    /// Returns the bytes of the secret.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(..)")
    }
}

/// A `validate-jwt` element, including the defaults of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidateJwt {
    /// The place from which the token is read.
    pub token: TokenPlace,
    /// The scheme that must precede the token; the service checks it only in `Authorization`.
    pub scheme: Option<String>,
    /// The status code of a rejection; `None` if an expression computes it.
    pub failure_status: Option<u16>,
    /// The message of every rejection, instead of the reason.
    pub failure_message: Option<String>,
    /// Whether a token must have an expiry.
    pub requires_expiration: bool,
    /// Whether a token must be signed.
    pub requires_signature: bool,
    /// The allowed clock difference, in seconds.
    pub clock_skew: u64,
    /// The OpenID configuration URLs of the trusted keys and issuers.
    pub openid_configurations: Vec<String>,
    /// The trusted issuers, in addition to those of the configurations.
    pub issuers: Vec<String>,
    /// The accepted audiences; if empty, every audience is accepted.
    pub audiences: Vec<String>,
    /// The other claims that a token must have.
    pub required_claims: Vec<RequiredClaim>,
    /// The secrets with which a token may be signed.
    pub signing_secrets: Vec<SigningSecret>,
}

/// The part of a check that a doubt is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The effect of every part is unknown.
    Whole,
    Signature,
    Expiration,
    ClockSkew,
    /// An OpenID configuration: keys, and the issuer that it names.
    Configurations,
    Keys,
    Issuers,
    Audiences,
    Claims,
}

/// A `validate-jwt` element in a policy.
#[derive(Clone, Debug)]
pub(super) struct Check {
    pub(super) rule: ValidateJwt,
    /// The doubts, each with the part that it is about.
    pub(super) doubts: Vec<(Part, Doubt)>,
    /// The index of the element in the document.
    pub(super) element: usize,
}

impl Check {
    pub(super) fn read(element: Node<'_, '_>) -> Self {
        let mut reader = Reader { doubts: Vec::new() };
        let rule = reader.rule(element);
        Self { rule, doubts: reader.doubts, element: element.id().get_usize() }
    }

    /// Returns the doubts about some parts.
    pub(super) fn doubts_about(&self, parts: &[Part]) -> Vec<Doubt> {
        let of_parts = self.doubts.iter().filter(|(part, _)| parts.contains(part));
        of_parts.map(|(_, doubt)| doubt.clone()).collect()
    }
}

/// Returns a literal value: neither an expression nor a named value, and without white space around it.
pub(super) fn literal(value: &str) -> Option<&str> {
    let is_computed = value.contains("{{") || value.contains("@(") || value.contains("@{");
    (!is_computed && !expression::begins(value)).then_some(value)
}

/// Returns the text of an element without comments, and without XML white space around it.
pub(super) fn text_of(element: Node<'_, '_>) -> String {
    let texts = element.children().filter(Node::is_text).filter_map(|node| node.text());
    texts.collect::<String>().trim_matches(expression::LAYOUT).to_owned()
}

const ATTRIBUTES: [&str; 11] = [
    "header-name",
    "query-parameter-name",
    "token-value",
    "failed-validation-httpcode",
    "failed-validation-error-message",
    "require-expiration-time",
    "require-scheme",
    "require-signed-tokens",
    "clock-skew",
    "output-token-variable-name",
    "id",
];

/// Whether a value is what it says: a literal, and nothing that is not understood.
pub(super) fn is_plain(value: &str) -> bool {
    literal(value).is_some() && value.trim() == value && !value.is_empty()
}

struct Reader {
    doubts: Vec<(Part, Doubt)>,
}

impl Reader {
    fn rule(&mut self, element: Node<'_, '_>) -> ValidateJwt {
        self.attributes(element, &ATTRIBUTES);
        let mut rule = ValidateJwt {
            token: self.place(element),
            scheme: element.attribute("require-scheme").map(str::to_owned),
            failure_status: failure_status(element),
            failure_message: element
                .attribute("failed-validation-error-message")
                .and_then(literal)
                .map(str::to_owned),
            requires_expiration: self.flag(Part::Expiration, element, "require-expiration-time"),
            requires_signature: self.flag(Part::Signature, element, "require-signed-tokens"),
            clock_skew: self.number(element, "clock-skew"),
            openid_configurations: Vec::new(),
            issuers: Vec::new(),
            audiences: Vec::new(),
            required_claims: Vec::new(),
            signing_secrets: Vec::new(),
        };
        let mut seen = Vec::new();
        for child in self.elements(element) {
            let name = child.tag_name().name();
            if name != "openid-config" && seen.contains(&name) {
                self.unclear(Doubt::Element(name.to_owned()));
            } else if name != "openid-config" {
                seen.push(name);
            }
            match name {
                "openid-config" => rule.openid_configurations.extend(self.configuration(child)),
                "issuers" => rule.issuers = self.list(Part::Issuers, child, "issuer"),
                "audiences" => rule.audiences = self.list(Part::Audiences, child, "audience"),
                "issuer-signing-keys" => rule.signing_secrets = self.secrets(child),
                "required-claims" => rule.required_claims = self.claims(child),
                // An element without keys has no effect.
                "decryption-keys" if self.elements(child).is_empty() => {}
                _ => self.unclear(Doubt::Element(name.to_owned())),
            }
        }
        rule
    }

    /// Returns the child elements of an element; text between them is a doubt.
    fn elements<'d, 'i>(&mut self, element: Node<'d, 'i>) -> Vec<Node<'d, 'i>> {
        if !text_of(element).is_empty() {
            self.unclear(Doubt::Text(element.tag_name().name().to_owned()));
        }
        element.children().filter(Node::is_element).collect()
    }

    fn attributes(&mut self, element: Node<'_, '_>, known: &[&str]) {
        if element.tag_name().namespace().is_some() {
            self.unclear(Doubt::Element(element.tag_name().name().to_owned()));
        }
        for attribute in element.attributes() {
            if attribute.namespace().is_some() || !known.contains(&attribute.name()) {
                let element = element.tag_name().name().to_owned();
                self.unclear(Doubt::Attribute { element, name: attribute.name().to_owned() });
            }
        }
    }

    fn unclear(&mut self, doubt: Doubt) {
        self.doubts.push((Part::Whole, doubt));
    }

    /// Records that a value is not understood. If it is stored elsewhere or computed, the other parts still are.
    fn doubt(&mut self, part: Part, of: &str, value: &str) {
        let doubt = Doubt::value(of, value);
        let is_elsewhere = matches!(doubt, Doubt::NamedValue(_) | Doubt::Expression(_));
        self.doubts.push((if is_elsewhere { part } else { Part::Whole }, doubt));
    }

    fn value(&mut self, part: Part, of: &str, value: &str) -> String {
        if !is_plain(value) {
            self.doubt(part, of, value);
        }
        value.to_owned()
    }

    fn place(&mut self, element: Node<'_, '_>) -> TokenPlace {
        let [header, query, value] =
            ["header-name", "query-parameter-name", "token-value"].map(|name| element.attribute(name));
        match (header, query, value) {
            (Some(name), None, None) => TokenPlace::Header(self.value(Part::Whole, "header-name", name)),
            (None, Some(name), None) => {
                TokenPlace::QueryParameter(self.value(Part::Whole, "query-parameter-name", name))
            }
            (header, _, value) => {
                self.unclear(match value {
                    Some(value) => Doubt::value("token-value", value),
                    None => Doubt::TokenPlace,
                });
                TokenPlace::Header(header.unwrap_or_default().to_owned())
            }
        }
    }

    fn flag(&mut self, part: Part, element: Node<'_, '_>, name: &str) -> bool {
        match element.attribute(name) {
            None => true,
            Some(value) if value.eq_ignore_ascii_case("true") => true,
            Some(value) if value.eq_ignore_ascii_case("false") => false,
            Some(value) => {
                self.doubt(part, name, value);
                true
            }
        }
    }

    fn number(&mut self, element: Node<'_, '_>, name: &str) -> u64 {
        let Some(value) = element.attribute(name) else { return 0 };
        let is_plain = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        match value.parse() {
            Ok(number) if is_plain => number,
            Ok(_) | Err(_) => {
                self.doubt(Part::ClockSkew, name, value);
                0
            }
        }
    }

    fn configuration(&mut self, element: Node<'_, '_>) -> Option<String> {
        self.attributes(element, &["url"]);
        if !self.elements(element).is_empty() {
            self.unclear(Doubt::Element("openid-config".to_owned()));
        }
        let part = Part::Configurations;
        let url = element.attribute("url").map(|url| self.value(part, "openid-config url", url));
        if url.is_none() {
            self.doubt(part, "openid-config url", "");
        }
        url
    }

    /// Returns the texts of a list without duplicates. Azure does not document whether an empty list accepts everything
    /// or nothing.
    fn list(&mut self, part: Part, list: Node<'_, '_>, item: &str) -> Vec<String> {
        self.attributes(list, &[]);
        let items = self.elements(list);
        if items.is_empty() {
            self.doubt(part, item, "");
        }
        let mut seen = HashSet::new();
        let texts = items.into_iter().filter_map(|element| self.item(part, element, item));
        texts.filter(|text| seen.insert(text.clone())).collect()
    }

    fn item(&mut self, part: Part, element: Node<'_, '_>, name: &str) -> Option<String> {
        self.attributes(element, &[]);
        if element.tag_name().name() != name || element.children().any(|child| child.is_element()) {
            self.unclear(Doubt::Element(element.tag_name().name().to_owned()));
            return None;
        }
        Some(self.value(part, name, &text_of(element)))
    }

    fn claims(&mut self, list: Node<'_, '_>) -> Vec<RequiredClaim> {
        self.attributes(list, &[]);
        self.elements(list).into_iter().filter_map(|element| self.claim(element)).collect()
    }

    fn claim(&mut self, element: Node<'_, '_>) -> Option<RequiredClaim> {
        self.attributes(element, &["name", "match", "separator"]);
        if element.tag_name().name() != "claim" {
            self.unclear(Doubt::Element(element.tag_name().name().to_owned()));
            return None;
        }
        let matching = match element.attribute("match") {
            None | Some("all") => ClaimMatch::All,
            Some("any") => ClaimMatch::Any,
            Some(other) => {
                self.doubt(Part::Whole, "match", other);
                ClaimMatch::All
            }
        };
        let name = self.value(Part::Claims, "claim name", element.attribute("name").unwrap_or_default());
        let separator = element.attribute("separator").filter(|it| !it.is_empty()).map(str::to_owned);
        let values = self.elements(element);
        let values = values.into_iter().filter_map(|value| self.item(Part::Claims, value, "value")).collect();
        Some(RequiredClaim { name, matching, values, separator })
    }

    /// Returns the secrets that are written in the policy. The keys of certificates and public keys are unknown here.
    fn secrets(&mut self, list: Node<'_, '_>) -> Vec<SigningSecret> {
        self.attributes(list, &[]);
        self.elements(list).into_iter().filter_map(|element| self.secret(element)).collect()
    }

    fn secret(&mut self, element: Node<'_, '_>) -> Option<SigningSecret> {
        let has_only = |names: &[&str]| {
            element.attributes().all(|it| it.namespace().is_none() && names.contains(&it.name()))
        };
        let is_key = element.tag_name().name() == "key"
            && !element.children().any(|child| child.is_element())
            && has_only(&["id", "certificate-id", "n", "e"]);
        let text = text_of(element);
        if is_key && (!has_only(&["id"]) || matches!(Doubt::value("key", &text), Doubt::NamedValue(_))) {
            self.doubts.push((Part::Keys, Doubt::SigningKey));
            return None;
        }
        let bytes = literal(&text).and_then(|text| BASE64_STANDARD.decode(text).ok());
        let secret = bytes.filter(|bytes| is_key && !bytes.is_empty()).map(SigningSecret);
        if secret.is_none() {
            self.unclear(Doubt::SigningKey);
        }
        secret
    }
}

/// Returns the status code of a rejection, which does not affect which requests are accepted.
fn failure_status(element: Node<'_, '_>) -> Option<u16> {
    let Some(status) = element.attribute("failed-validation-httpcode") else { return Some(401) };
    status.trim().parse().ok().filter(|status| (200..600).contains(status))
}
