//! One site, one gateway, and policies for them.

use serde_json::json;
use swa_apim::model::{ApimPolicy, Hostname, LinkNames, PolicyVerdict, Resource};

pub(crate) const SITE: &str = "calm-sea-0a1b2c3d4.5.azurestaticapps.net";
pub(crate) const GATEWAY: &str = "gate.azure-api.net";
const ID: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/gate/products/calm-sea-0a1b2c3d4/policies/policy";

pub(crate) fn site() -> Hostname {
    Hostname::parse(SITE).unwrap()
}

pub(crate) fn names() -> LinkNames {
    LinkNames::of(site())
}

/// A policy as a control plane has it.
pub(crate) fn stored(value: &str, format: &str) -> ApimPolicy {
    let whole = json!({"id": ID, "properties": {"format": format, "value": value}});
    ApimPolicy::read(&Resource::from_value(whole).unwrap()).unwrap()
}

pub(crate) fn judged(value: &str) -> PolicyVerdict {
    stored(value, "xml").verdict(&site(), Some(GATEWAY))
}

/// The text of the policy after a repair.
pub(crate) fn repaired(value: &str) -> String {
    let repaired = stored(value, "xml").repaired(&names(), Some(GATEWAY));
    repaired.text("properties.value").unwrap().unwrap().to_owned()
}

pub(crate) fn policy(inbound: &str) -> String {
    format!("<policies><inbound><base />{inbound}</inbound><backend><base /></backend></policies>")
}

pub(crate) fn openid(host: &str) -> String {
    format!("<openid-config url=\"https://{host}/.auth/.well-known/openid-configuration\" />")
}

pub(crate) fn issuers(issuers: &[&str]) -> String {
    let items: String = issuers.iter().map(|issuer| format!("<issuer>{issuer}</issuer>")).collect();
    format!("<issuers>{items}</issuers>")
}

pub(crate) fn audiences(audiences: &[&str]) -> String {
    let items: String = audiences.iter().map(|it| format!("<audience>{it}</audience>")).collect();
    format!("<audiences>{items}</audiences>")
}

pub(crate) fn own_issuer() -> String {
    format!("https://{SITE}/.auth")
}

pub(crate) fn jwt(attributes: &str, content: &str) -> String {
    format!("<validate-jwt header-name=\"X-MS-AUTH-TOKEN\"{attributes}>{content}</validate-jwt>")
}

/// The check that a link needs, and nothing else.
pub(crate) fn right() -> String {
    let audiences = audiences(&[&format!("https://{GATEWAY}")]);
    jwt("", &format!("{}{audiences}{}", openid(SITE), issuers(&[&own_issuer()])))
}
