//! What is not there, in the words of what was asked.

use super::{
    reply::Reply,
    state::{State, type_of},
};

/// The answer about a resource that does not exist, or whose parent does not: the nearest thing that is missing.
pub(super) fn missing(state: &State, lower: &str, path: &str) -> Reply {
    let top = top_level(lower);
    if top == lower || state.get(&top).is_none() {
        return not_managed(path, &top);
    }
    if lower.contains("/microsoft.apimanagement/") {
        let absent = parents(lower).into_iter().find(|id| state.get(id).is_none());
        return Reply::apim(404, "ResourceNotFound", not_found(&absent.unwrap_or_else(|| lower.to_owned())));
    }
    // The path may be that of a list of what is in the missing resource.
    let name = path.get(..lower.len()).unwrap_or(path).rsplit('/').next().unwrap_or_default();
    match type_of(lower).rsplit('/').next().unwrap_or_default() {
        "builds" => Reply::web(
            404,
            "NotFound",
            Some("51004"),
            "Cannot find {0} with name {1}.",
            &["StaticSiteBuild", name],
        ),
        _ => Reply::web(
            404,
            "NotFound",
            Some("51004"),
            "Cannot find {0} with name {1}.",
            &["LinkedBackend", name],
        ),
    }
}

/// API Management's own texts (apim-products #45, apim-apis #37, apim-subscriptions #33, apim-policies #4).
fn not_found(lower: &str) -> &'static str {
    match type_of(lower).rsplit('/').next().unwrap_or_default() {
        "products" => "Product not found.",
        "apis" => "Api not found.",
        "subscriptions" => "Subscription not found.",
        "operations" => "Operation not found.",
        "apiversionsets" => "Api-version-set not found.",
        "policies" => "PoliciesConfiguration not found.",
        _ => "Entity not found.",
    }
}

/// Resource Manager answers by itself for a site or a service that it does not know (web-linked-backends #0).
fn not_managed(path: &str, top: &str) -> Reply {
    let spelt = &path[..top.len().min(path.len())];
    let (scope, resource) = spelt.rsplit_once("/providers/").unwrap_or(("", spelt));
    let group = scope.rsplit('/').next().unwrap_or_default();
    let message = format!(
        "The Resource '{resource}' under resource group '{group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    );
    Reply::gateway(404, "ResourceNotFound", &message)
}

/// The site or the service that a path is in.
fn top_level(lower: &str) -> String {
    let Some((scope, rest)) = lower.rsplit_once("/providers/") else { return lower.to_owned() };
    let first: Vec<&str> = rest.splitn(4, '/').take(3).collect();
    format!("{scope}/providers/{}", first.join("/"))
}

/// The ids above a path within its service, from the top, and the path itself.
fn parents(lower: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut id = lower.to_owned();
    while id.len() > top_level(lower).len() {
        found.push(id.clone());
        id = id.rsplitn(3, '/').nth(2).unwrap_or_default().to_owned();
    }
    found.reverse();
    found
}
