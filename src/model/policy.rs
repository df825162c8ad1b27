//! The product policy of a link, written and judged as XML, never as a string.

mod validate_jwt;

use quick_xml::{
    Writer,
    events::{BytesEnd, BytesStart, BytesText, Event},
};
use roxmltree::{Document, Node};
use serde_json::Map;

pub use self::validate_jwt::{ClaimMatch, RequiredClaim, TokenPlace, UnfitPolicy, ValidateJwt};
use super::{ApimPolicyId, Hostname, LinkNames, Malformed, Resource};

const TOKEN_HEADER: &str = "X-MS-AUTH-TOKEN";

/// The policy of a product, as stored: Azure re-formats it, so it is never compared as text.
#[derive(Clone, Debug, PartialEq)]
pub struct ApimPolicy {
    /// The policy's id.
    pub id: ApimPolicyId,
    xml: String,
}

/// What a policy does about the tokens of one site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyHealth {
    /// It lets in tokens of the site and no request without one.
    Healthy,
    /// It lets in tokens of the site, and those of these other issuers too.
    AlsoLetsIn(Vec<String>),
    /// It is not well-formed XML; the text says where.
    Unreadable(String),
    /// No `validate-jwt` applies to every request.
    NoValidateJwt,
    /// There is one, but it reads this header instead of the one in which a site sends its token.
    OtherHeader(String),
    /// There is one, but none of these issuers is the site.
    OtherIssuer(Vec<String>),
    /// There is one, but this attribute of it lets forged or expired tokens in.
    Lax(String),
}

impl ApimPolicy {
    /// Reads the policy out of its envelope.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if it lacks its `properties.value`.
    pub fn read(resource: &Resource) -> Result<Self, Malformed> {
        Ok(Self {
            id: ApimPolicyId::try_from(resource.id().clone())?,
            xml: resource.required_text("properties.value")?.to_owned(),
        })
    }

    /// The policy of a link: only tokens that the site signed for this gateway are let in.
    ///
    /// # Panics
    ///
    /// Never: writing XML to memory does not fail.
    #[must_use]
    pub fn desired(id: &ApimPolicyId, names: &LinkNames, gateway_host: Option<&str>) -> Resource {
        let xml = write_xml(names, gateway_host).expect("writing to memory does not fail");
        let properties =
            Map::from_iter([("format".to_owned(), "xml".into()), ("value".to_owned(), xml.into())]);
        Resource::new((**id).clone(), properties)
    }

    /// Judges what the policy does about the tokens of the site at `hostname`.
    #[must_use]
    pub fn health(&self, hostname: &Hostname) -> PolicyHealth {
        let document = match Document::parse(without_mark(&self.xml)) {
            Ok(document) => document,
            Err(error) => return PolicyHealth::Unreadable(error.to_string()),
        };
        let mut verdict = PolicyHealth::NoValidateJwt;
        for element in document.descendants().filter(|node| applies_to_every_request(*node)) {
            match judge(element, hostname) {
                PolicyHealth::Healthy => return PolicyHealth::Healthy,
                other if rank(&other) > rank(&verdict) => verdict = other,
                _ => {}
            }
        }
        verdict
    }
}

/// Azure begins some answers with a byte order mark.
fn without_mark(xml: &str) -> &str {
    xml.trim_start_matches('\u{feff}')
}

/// Of several `validate-jwt`, the one that comes nearest to what is needed is reported.
fn rank(health: &PolicyHealth) -> u8 {
    match health {
        PolicyHealth::Unreadable(_) | PolicyHealth::NoValidateJwt => 0,
        PolicyHealth::OtherHeader(_) => 1,
        PolicyHealth::OtherIssuer(_) => 2,
        PolicyHealth::Lax(_) => 3,
        PolicyHealth::AlsoLetsIn(_) => 4,
        PolicyHealth::Healthy => 5,
    }
}

fn applies_to_every_request(node: Node<'_, '_>) -> bool {
    let mut inside: Vec<&str> =
        node.ancestors().skip(1).filter(Node::is_element).map(|n| n.tag_name().name()).collect();
    let outermost = (inside.pop(), inside.pop());
    node.has_tag_name("validate-jwt")
        && outermost == (Some("policies"), Some("inbound"))
        && !inside.contains(&"choose")
}

fn judge(element: Node<'_, '_>, hostname: &Hostname) -> PolicyHealth {
    let header = element.attribute("header-name").unwrap_or_default();
    if !header.eq_ignore_ascii_case(TOKEN_HEADER) {
        return PolicyHealth::OtherHeader(header.to_owned());
    }
    let issuers = texts_of(element, "issuer");
    let openid = element.descendants().filter(|node| node.has_tag_name("openid-config"));
    let openid = openid.filter_map(|node| node.attribute("url")).map(str::to_owned);
    let sources: Vec<String> = issuers.iter().cloned().chain(openid).collect();
    let (own, other): (Vec<_>, Vec<_>) = sources.into_iter().partition(|url| hostname.is_host_of(url));
    if own.is_empty() || (!issuers.is_empty() && !issuers.iter().any(|url| hostname.is_host_of(url))) {
        return PolicyHealth::OtherIssuer(other);
    }
    if let Some(lax) = lax_attribute(element) {
        return PolicyHealth::Lax(lax);
    }
    if other.is_empty() { PolicyHealth::Healthy } else { PolicyHealth::AlsoLetsIn(other) }
}

fn texts_of(element: Node<'_, '_>, tag: &str) -> Vec<String> {
    let nodes = element.descendants().filter(|node| node.has_tag_name(tag));
    nodes.filter_map(|node| node.text()).map(|text| text.trim().to_owned()).collect()
}

fn lax_attribute(element: Node<'_, '_>) -> Option<String> {
    ["require-signed-tokens", "require-expiration-time"].into_iter().find_map(|name| {
        let value = element.attribute(name)?;
        (!value.eq_ignore_ascii_case("true")).then(|| format!("{name}=\"{value}\""))
    })
}

fn write_xml(names: &LinkNames, gateway_host: Option<&str>) -> std::io::Result<String> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 4);
    let section = |writer: &mut Writer<Vec<u8>>, name: &str| {
        writer.create_element(name).write_inner_content(|inner| {
            inner.create_element("base").write_empty()?;
            Ok(())
        })?;
        Ok::<_, std::io::Error>(())
    };
    writer.write_event(Event::Start(BytesStart::new("policies")))?;
    writer.create_element("inbound").write_inner_content(|inbound| {
        inbound.create_element("base").write_empty()?;
        write_validate_jwt(inbound, names, gateway_host)
    })?;
    for name in ["backend", "outbound", "on-error"] {
        section(&mut writer, name)?;
    }
    writer.write_event(Event::End(BytesEnd::new("policies")))?;
    Ok(String::from_utf8_lossy(&writer.into_inner()).into_owned())
}

fn write_validate_jwt(
    writer: &mut Writer<Vec<u8>>,
    names: &LinkNames,
    gateway_host: Option<&str>,
) -> std::io::Result<()> {
    let attributes = [
        ("header-name", TOKEN_HEADER),
        ("failed-validation-httpcode", "401"),
        ("require-expiration-time", "true"),
        ("require-scheme", "Bearer"),
        ("require-signed-tokens", "true"),
    ];
    let element = writer.create_element("validate-jwt").with_attributes(attributes);
    element.write_inner_content(|jwt| {
        let configuration = format!("{}/.well-known/openid-configuration", names.issuer());
        jwt.create_element("openid-config").with_attribute(("url", configuration.as_str())).write_empty()?;
        if let Some(host) = gateway_host {
            write_list(jwt, "audiences", "audience", &format!("https://{host}"))?;
        }
        write_list(jwt, "issuers", "issuer", &names.issuer())
    })?;
    Ok(())
}

fn write_list(writer: &mut Writer<Vec<u8>>, list: &str, item: &str, text: &str) -> std::io::Result<()> {
    writer.create_element(list).write_inner_content(|inner| {
        inner.create_element(item).write_text_content(BytesText::new(text))?;
        Ok(())
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ProductId;

    const PRODUCT: &str =
        "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a/products/l";

    fn id() -> ApimPolicyId {
        ProductId::parse(PRODUCT).unwrap().policy()
    }

    fn host(text: &str) -> Hostname {
        Hostname::parse(text).unwrap()
    }

    fn health(inbound: &str) -> PolicyHealth {
        let xml = format!("<policies><inbound><base />{inbound}</inbound></policies>");
        ApimPolicy { id: id(), xml }.health(&host("l.example"))
    }

    fn jwt(attributes: &str, inner: &str) -> String {
        format!("<validate-jwt header-name=\"x-ms-auth-token\" {attributes}>{inner}</validate-jwt>")
    }

    const ISSUER: &str = "<issuers><issuer>https://l.example/.auth</issuer></issuers>";

    #[test]
    fn the_policy_that_linking_writes_is_healthy_for_its_site_and_no_other() {
        let written = ApimPolicy::desired(&id(), &LinkNames::of(host("l.example")), Some("g.azure-api.net"));
        let policy = ApimPolicy::read(&written).unwrap();
        assert_eq!(policy.health(&host("l.example")), PolicyHealth::Healthy);
        assert!(matches!(policy.health(&host("m.example")), PolicyHealth::OtherIssuer(_)));
        assert!(policy.xml.contains("<audience>https://g.azure-api.net</audience>"), "{}", policy.xml);
    }

    #[test]
    fn text_is_escaped_into_the_policy() {
        let written = ApimPolicy::desired(&id(), &LinkNames::of(host("l.example")), Some("a&b<c>"));
        let policy = ApimPolicy::read(&written).unwrap();
        assert!(policy.xml.contains("https://a&amp;b&lt;c&gt;"), "{}", policy.xml);
        assert_eq!(policy.health(&host("l.example")), PolicyHealth::Healthy);
    }

    #[test]
    fn what_azure_does_to_the_text_does_not_change_the_verdict() {
        let written = ApimPolicy::desired(&id(), &LinkNames::of(host("l.example")), None);
        let policy = ApimPolicy::read(&written).unwrap();
        let reformatted = format!("\u{feff}{}", policy.xml.replace("    ", "\t").replace('\n', "\r\n"));
        let stored = ApimPolicy { id: id(), xml: reformatted };
        assert_eq!(stored.health(&host("l.example")), PolicyHealth::Healthy);
    }

    #[test]
    fn each_way_of_losing_the_check_is_told_apart() {
        assert_eq!(health(&jwt("", ISSUER)), PolicyHealth::Healthy);
        assert_eq!(health(""), PolicyHealth::NoValidateJwt);
        assert_eq!(health("<!-- <validate-jwt /> -->"), PolicyHealth::NoValidateJwt);
        assert_eq!(
            health(&format!("<choose><when condition=\"x\">{}</when></choose>", jwt("", ISSUER))),
            PolicyHealth::NoValidateJwt,
            "an alternative can skip it"
        );
        assert_eq!(
            health("<validate-jwt header-name=\"Authorization\" />"),
            PolicyHealth::OtherHeader("Authorization".to_owned())
        );
        assert_eq!(
            health(&jwt("", "<issuers><issuer>https://evil-l.example/.auth</issuer></issuers>")),
            PolicyHealth::OtherIssuer(vec!["https://evil-l.example/.auth".to_owned()])
        );
        assert_eq!(
            health(&jwt("require-signed-tokens=\"false\"", ISSUER)),
            PolicyHealth::Lax("require-signed-tokens=\"false\"".to_owned())
        );
        let two = "<issuers><issuer>https://l.example/.auth</issuer><issuer>https://x/</issuer></issuers>";
        assert_eq!(health(&jwt("", two)), PolicyHealth::AlsoLetsIn(vec!["https://x/".to_owned()]));
        assert!(matches!(health("<oops>"), PolicyHealth::Unreadable(_)));
    }

    #[test]
    fn a_check_outside_of_inbound_is_none() {
        let xml = format!("<policies><outbound>{}</outbound></policies>", jwt("", ISSUER));
        let policy = ApimPolicy { id: id(), xml };
        assert_eq!(policy.health(&host("l.example")), PolicyHealth::NoValidateJwt);
    }

    #[test]
    fn an_open_id_url_at_the_site_will_do_where_no_issuer_is_named() {
        let openid = "<openid-config url=\"https://l.example/.auth/.well-known/openid-configuration\" />";
        assert_eq!(health(&jwt("", openid)), PolicyHealth::Healthy);
    }
}
