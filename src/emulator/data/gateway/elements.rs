//! The policy elements that the gateway carries out, those that it skips, and those for which it refuses a request.

use std::collections::HashMap;

use crate::{
    emulator::data::limit::Instead,
    model::{IN_A_SERVICE, PolicyElement, ProductId, Resource, policy_elements},
    provider::json::Everything,
};

/// The elements that the gateway carries out, and those that only contain other elements.
const CARRIED_OUT: &[&str] = &["base", "choose", "forward-request", "otherwise", "validate-jwt", "when"];

/// The elements that the gateway skips: they affect neither access nor the destination of a request.
pub(in crate::emulator::data) const SKIPPED: &[&str] = &[
    "authentication-basic",
    "authentication-certificate",
    "authentication-managed-identity",
    "azure-openai-emit-token-metric",
    "azure-openai-semantic-cache-lookup",
    "azure-openai-semantic-cache-store",
    "azure-openai-token-limit",
    "cache-lookup",
    "cache-lookup-value",
    "cache-remove-value",
    "cache-store",
    "cache-store-value",
    "cors",
    "cross-domain",
    "emit-metric",
    "find-and-replace",
    "json-to-xml",
    "jsonp",
    "limit-concurrency",
    "llm-emit-token-metric",
    "llm-semantic-cache-lookup",
    "llm-semantic-cache-store",
    "llm-token-limit",
    "log-to-eventhub",
    "proxy",
    "quota",
    "quota-by-key",
    "rate-limit",
    "rate-limit-by-key",
    "redirect-content-urls",
    "retry",
    "send-one-way-request",
    "send-request",
    "set-body",
    "set-header",
    "set-query-parameter",
    "set-status",
    "set-variable",
    "trace",
    "wait",
    "xml-to-json",
    "xsl-transform",
];

/// The elements for which a request is refused: they decide about access, the answer or the destination of a request.
pub(in crate::emulator::data) const REFUSED: &[&str] = &[
    "check-header",
    "cosmosdb-data-source",
    "get-authorization-context",
    "http-data-source",
    "include-fragment",
    "invoke-dapr-binding",
    "ip-filter",
    "llm-content-safety",
    "mock-response",
    "publish-event",
    "publish-to-dapr",
    "return-response",
    "rewrite-uri",
    "set-backend-service",
    "set-method",
    "sql-data-source",
    "validate-azure-ad-token",
    "validate-client-certificate",
    "validate-content",
    "validate-graphql-request",
    "validate-headers",
    "validate-odata-request",
    "validate-parameters",
    "validate-status-code",
];

/// The name that is reported for a policy whose text is not XML.
const WHOLE: &str = "policy";

/// Returns the elements of a policy that the gateway does not carry out, without duplicates.
pub(in crate::emulator::data) fn not_carried_out(policy: &Resource) -> Vec<(String, Instead)> {
    let Some(elements) = policy_elements(policy) else { return vec![(WHOLE.to_owned(), Instead::Refused)] };
    let is_products = policy.id().parent().is_some_and(|owner| owner.is_a(ProductId::TYPE));
    let mut found: Vec<(String, Instead)> = Vec::new();
    for element in elements {
        let Some(instead) = instead(&element, is_products) else { continue };
        if !found.iter().any(|known| *known == (element.name.clone(), instead)) {
            found.push((element.name, instead));
        }
    }
    found
}

/// Returns how the gateway handles an element that it does not carry out; `None` if it carries it out. An unknown
/// element before the call of the backend counts as a check, because it could be one.
fn instead(element: &PolicyElement, is_products: bool) -> Option<Instead> {
    let (name, is_before) =
        (element.name.as_str(), ["inbound", "backend"].contains(&element.section.as_str()));
    let is_token_check = name == "validate-jwt" && !(is_products && element.section == "inbound");
    if CARRIED_OUT.contains(&name) && !is_token_check {
        return None;
    }
    if is_before && !SKIPPED.contains(&name) { Some(Instead::Refused) } else { Some(Instead::Skipped) }
}

/// Returns, by the key of each policy owner's id, the element for which the owner's requests are refused.
pub(super) fn refused(view: &Everything) -> HashMap<String, String> {
    let refusing = policies(view).filter_map(|policy| {
        let found = not_carried_out(policy).into_iter().find(|(_, instead)| *instead == Instead::Refused);
        Some((policy.id().parent()?.lower_case().to_owned(), found?.0))
    });
    refusing.collect()
}

/// Returns the policies of all scopes.
pub(in crate::emulator::data) fn policies(view: &Everything) -> impl Iterator<Item = &Resource> {
    let is_policy = |resource: &&Resource| {
        let key = resource.id().lower_case();
        key.ends_with("/policies/policy") && key.contains(IN_A_SERVICE)
    };
    view.resources.iter().filter(is_policy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_element_has_one_meaning() {
        for names in [CARRIED_OUT, SKIPPED, REFUSED] {
            assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "{names:?}");
        }
        let all: std::collections::BTreeSet<&str> =
            [CARRIED_OUT, SKIPPED, REFUSED].concat().into_iter().collect();
        assert_eq!(all.len(), CARRIED_OUT.len() + SKIPPED.len() + REFUSED.len());
    }

    #[test]
    fn an_element_before_the_backend_that_is_not_known_to_be_harmless_is_taken_for_a_check() {
        let of = |section: &str, name: &str, is_products: bool| {
            instead(&PolicyElement { section: section.to_owned(), name: name.to_owned() }, is_products)
        };
        assert_eq!(of("inbound", "validate-jwt", true), None);
        assert_eq!(of("inbound", "validate-jwt", false), Some(Instead::Refused));
        assert_eq!(of("inbound", "invented", true), Some(Instead::Refused));
        assert_eq!(of("backend", "set-backend-service", true), Some(Instead::Refused));
        assert_eq!(of("outbound", "return-response", true), Some(Instead::Skipped));
        assert_eq!(of("inbound", "rate-limit", true), Some(Instead::Skipped));
    }
}
