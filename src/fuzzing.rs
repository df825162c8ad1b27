//! The functions through which bytes from outside enter the program, for `fuzz/` and `tests/fuzz`. They are not part of
//! the public interface, and change with the code that they test.
//!
//! Each function accepts any bytes. It returns if the bytes were read or refused with an error, and panics otherwise,
//! or if a guarantee of the program does not hold.

use serde_json::json;

#[cfg(feature = "emulator")]
pub use crate::emulator::fuzzing::{filter, graph_query, host, site_configuration};
use crate::model::{
    Api, ApimPolicy, ApimPolicyId, ApimService, ApimServiceId, ApimSubscription, ApimSubscriptionId,
    Hostname, LinkNames, LinkedBackend, LinkedBackendId, Product, ProductApiId, ProductId, Resource,
    ResourceId, SiteEnvironment, SiteEnvironmentId, StaticSite, StaticSiteId, canonical_policy,
    policy_elements, policy_from_raw, policy_to_raw, site_of_configuration,
};
pub use crate::{
    cli::fuzzing::plan,
    config::fuzzing::configuration,
    provider::{
        arm::fuzzing::{address, failure, page, retry_after},
        json::fuzzing::{import, model},
    },
};

const SITE: &str = "agreeable-smoke-06273c21e.5.azurestaticapps.net";
const GATEWAY: &str = "shop-apim.azure-api.net";
const POLICY: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/shop-apim/products/p/policies/policy";

/// Reads bytes as the text of a policy, in both of its formats: evaluates it, repairs it, and converts it to the other
/// format and back.
///
/// # Panics
///
/// If a text in `rawxml` that was converted from XML does not convert back to it.
pub fn policy(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for format in ["xml", "rawxml"] {
        let value = json!({"id": POLICY, "properties": {"format": format, "value": text}});
        let mut resource = Resource::from_value(value).expect("a constant id");
        if let Some(policy) = judged(&resource) {
            let names = LinkNames::of(Hostname::parse(SITE).expect("a constant name"));
            let repaired = policy.repaired(&names, Some(GATEWAY));
            judged(&repaired);
            if policy.check().is_ok() {
                let repaired = ApimPolicy::read(&repaired).expect("a policy of this program has a text");
                repaired.check().expect("a repaired policy is one that can be read");
            }
        }
        // A policy that cannot be read returns an error.
        let _ = policy_elements(&resource);
        let _ = canonical_policy(&mut resource);
    }
    let is_policy = |xml: &str| {
        let value = json!({"id": POLICY, "properties": {"value": xml}});
        let policy = Resource::from_value(value).ok().and_then(|resource| ApimPolicy::read(&resource).ok());
        policy.is_some_and(|policy| policy.check().is_ok())
    };
    if let Some(xml) = policy_from_raw(&text).ok().filter(|xml| is_policy(xml)) {
        let raw = policy_to_raw(&xml);
        let again = policy_from_raw(&raw).expect("what was made from `rawxml` can be read as such");
        // A text that is not a complete expression keeps its character references, which are then read as part of it.
        assert!(raw.contains('&') || policy_to_raw(&again) == raw, "{raw}");
    }
}

fn judged(resource: &Resource) -> Option<ApimPolicy> {
    let policy = ApimPolicy::read(resource).ok()?;
    let site = Hostname::parse(SITE).expect("a constant name");
    // The verdict does not matter: the evaluation must terminate.
    drop([Some(GATEWAY), None].map(|gateway| policy.verdict(&site, gateway)));
    drop((policy.access_checks_not_emulated(), policy.elements()));
    Some(policy)
}

/// Reads bytes as the id of a resource, and as each type of id.
///
/// # Panics
///
/// If an id differs after it is read again, or the chain of its ancestors does not end.
pub fn resource_id(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(id) = ResourceId::parse(&text) else { return };
    let again = ResourceId::parse(id.as_str()).expect("a canonical id can be read");
    assert_eq!((again.as_str(), again.lower_case()), (id.as_str(), id.lower_case()));
    let segments = id.as_str().split('/').count();
    let ancestors = std::iter::successors(Some(id.clone()), ResourceId::parent);
    assert!(ancestors.take(segments + 1).count() <= segments, "`{id}` has too many ancestors");
    assert!(id.is_a(&id.resource_type()));
    if id.is_a(StaticSiteId::TYPE) || id.is_a(ApimServiceId::TYPE) {
        let child = id.child("things", id.name()).expect("a name of an id is one of its child");
        assert_eq!(child.parent().as_ref().map(ResourceId::lower_case), Some(id.lower_case()));
    }
    for parse in [
        |text: &str| StaticSiteId::parse(text).is_ok(),
        |text: &str| SiteEnvironmentId::parse(text).is_ok(),
        |text: &str| LinkedBackendId::parse(text).is_ok(),
        |text: &str| ApimServiceId::parse(text).is_ok(),
        |text: &str| ApimSubscriptionId::parse(text).is_ok(),
        |text: &str| ApimPolicyId::parse(text).is_ok(),
        |text: &str| ProductId::parse(text).is_ok(),
        |text: &str| ProductApiId::parse(text).is_ok(),
    ] {
        assert_eq!(parse(&text), parse(id.as_str()), "`{text}` is of a type, and `{id}` of another");
    }
}

/// Reads bytes as a hostname, and as the address of a site's keys.
///
/// # Panics
///
/// If a name differs after it is read again.
pub fn hostname(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for name in [Hostname::parse(&text).ok(), site_of_configuration(&text)].into_iter().flatten() {
        assert_eq!(Hostname::parse(name.as_str()).as_ref(), Ok(&name));
        assert!(name.as_str().starts_with(name.first_label()));
    }
}

/// Reads bytes as a resource, and as a resource of each type.
pub fn resource(bytes: &[u8]) {
    let Some(resource) =
        serde_json::from_slice(bytes).ok().and_then(|value| Resource::from_value(value).ok())
    else {
        return;
    };
    // A resource that is not valid returns an error.
    let _ = StaticSite::read(&resource);
    let _ = SiteEnvironment::read(&resource);
    let _ = LinkedBackend::read(&resource);
    let _ = ApimService::read(&resource);
    let _ = Product::read(&resource);
    let _ = ApimSubscription::read(&resource);
    let _ = Api::read(&resource);
    judged(&resource);
}
