//! The gateway of a service: which API, which key, and then the token that nobody has here.

use serde_json::json;

use super::{routes::Reply, state::State};

const MISSING: &str = "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API.";
const INVALID: &str = "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription.";

pub(super) fn answer(state: &mut State, method: &str, path: &str, key: Option<&str>) -> Reply {
    state.tick();
    let said = |status: u16, message: &str| Reply {
        body: Some(json!({"statusCode": status, "message": message})),
        ..Reply::status(status)
    };
    let path = path.trim_matches('/').to_lowercase();
    let api = state.resources.iter().find(|(id, body)| {
        let api = body["properties"]["path"].as_str().unwrap_or_default().to_lowercase();
        let is_api = id.contains("/apis/") && !id.contains("/products/") && !id.contains(";rev=");
        is_api && !api.is_empty() && path.starts_with(&api)
    });
    let Some((api_id, api)) = api else { return said(404, "Resource not found") };
    let (api_id, prefix) = (api_id.clone(), api["properties"]["path"].as_str().unwrap_or_default().len());
    let rest: Vec<&str> = path[prefix..].split('/').filter(|segment| !segment.is_empty()).collect();
    let operations = format!("{api_id}/operations/");
    let served = state.resources.iter().any(|(id, body)| {
        let template = body["properties"]["urlTemplate"].as_str().unwrap_or_default();
        let segments: Vec<&str> = template.split('/').filter(|segment| !segment.is_empty()).collect();
        id.starts_with(&operations)
            && body["properties"]["method"].as_str() == Some(method)
            && segments.len() == rest.len()
            && segments.iter().zip(&rest).all(|(wanted, got)| wanted.starts_with('{') || wanted == got)
    });
    if !served {
        return said(404, "Resource not found");
    }
    let Some(key) = key else { return said(401, MISSING) };
    let (service, api_name) = api_id.split_once("/apis/").unwrap_or_default();
    let holds = format!("/apis/{api_name}");
    let prefix = format!("{service}/products/");
    let products: Vec<String> = state
        .resources
        .keys()
        .filter_map(|id| id.strip_prefix(&prefix)?.strip_suffix(&holds).map(str::to_owned))
        .collect();
    if !products.iter().any(|product| state.gateway_accepts(product, key)) {
        return said(401, INVALID);
    }
    said(401, "JWT not present.")
}
