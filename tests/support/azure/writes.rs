//! What changes a resource, and how that is answered.

use serde_json::{Value, json};

use super::{
    Spelling,
    errors::missing,
    reply::Reply,
    routes::{Call, is_apim, is_place, param},
    spelling::{Asked, View, shown},
    state::{State, fresh_key, type_of},
    text,
};

const TAKEN: &str = "Product with the same name already exists";
const WRONG_SCOPE: &str =
    "Subscription scope should be one of '/apis', '/apis/{apiId}', '/products/{productId}'";
const STALE: &str = "Exception of type 'Microsoft.WindowsAzure.ApiManagement.Management.Core.Exceptions.PreconditionFailedException' was thrown.";
const SUBSCRIBED: &str = "Product cannot be deleted since it has existing subscriptions. Delete subscriptions before deleting the product or pass in deleteSubscriptions=true as query param";

/// Where a resource has to be for another to be below it.
fn parent_of(lower: &str) -> Option<String> {
    let parent = lower.rsplitn(3, '/').nth(2)?;
    let parent = parent.strip_suffix("/builds/default").unwrap_or(parent);
    let (_, path) = parent.rsplit_once("/providers/")?;
    (path.matches('/').count() >= 2).then(|| parent.to_owned())
}

fn is_a(lower: &str, kind: &str) -> bool {
    type_of(lower).eq_ignore_ascii_case(&format!("microsoft.apimanagement/service/{kind}"))
}

pub(super) fn put(state: &mut State, call: &Call, path: &str, lower: &str) -> Reply {
    if let Some(parent) = parent_of(lower).filter(|parent| state.get(parent).is_none()) {
        return missing(state, &parent, path);
    }
    if let Some(stale) = stale(state, call, path) {
        return stale;
    }
    let mut body: Value = serde_json::from_slice(&call.body).unwrap_or_else(|_| json!({"properties": {}}));
    body["id"] = state.get(path).map_or_else(|| path.into(), |old| old["id"].clone());
    if lower.contains("/linkedbackends/") {
        return put_backend(state, call, path, lower, body);
    }
    if let Some(refusal) = refusal(state, lower, &body) {
        return refusal;
    }
    if is_place(lower) {
        // What is sent with it is taken, and ignored (apim-product-apis #0).
        let (service, rest) = lower.split_once("/products/").unwrap_or_default();
        let name = rest.rsplit('/').next().unwrap_or_default();
        let Some(api) = state.get(&format!("{service}/apis/{name}")) else {
            return Reply::apim(404, "ResourceNotFound", "Api not found.");
        };
        body = json!({"id": body["id"], "properties": api["properties"]});
    }
    if type_of(lower).ends_with("/policies") {
        body["properties"] = stored_policy(&body["properties"]);
    }
    let existed = state.get(path).is_some();
    if is_a(lower, "subscriptions") {
        take_keys(state, path, &mut body);
        if body["properties"]["state"].is_null() {
            body["properties"]["state"] = "active".into();
        }
    }
    store(state, call, path, body);
    if !existed && is_a(lower, "products") && state.options.spelling == Spelling::Recorded {
        state.subscribe_owner(path);
    }
    answered(state, call, path, lower, if existed || !is_apim(lower) { 200 } else { 201 })
}

/// Puts a body there, and leaves the version alone where nothing that is shown changes (apim-products #35).
fn store(state: &mut State, call: &Call, path: &str, body: Value) {
    let view = call.view(path, Asked::Alone);
    let same = state.get(path).is_some_and(|old| {
        let mut new = body.clone();
        for member in ["name", "type"] {
            new[member] = old[member].clone();
        }
        shown(state, old, view) == shown(state, &new, view)
    });
    if !same || state.options.spelling == Spelling::AsPut {
        state.set(body);
    }
}

/// Why a body is not taken.
fn refusal(state: &State, lower: &str, body: &Value) -> Option<Reply> {
    if is_a(lower, "products") {
        let name = body["properties"]["displayName"].as_str().unwrap_or_default();
        let (service, _) = lower.rsplit_once("/products/")?;
        let is_taken = |(id, other): (&String, &Value)| {
            is_a(id, "products")
                && id.starts_with(&format!("{service}/products/"))
                && id != lower
                && other["properties"]["displayName"].as_str() == Some(name)
        };
        if name.is_empty() {
            return Some(Reply::invalid("name", "name (display name) should not be empty"));
        }
        return state.resources.iter().any(is_taken).then(|| Reply::invalid("name", TAKEN));
    }
    if is_a(lower, "subscriptions") {
        let scope = body["properties"]["scope"].as_str().unwrap_or_default().to_lowercase();
        let (_, product) = scope.rsplit_once("/products/")?;
        let (service, _) = lower.rsplit_once("/subscriptions/")?;
        let known = state.get(&format!("{service}/products/{product}")).is_some();
        return (!known).then(|| Reply::invalid("scope", WRONG_SCOPE));
    }
    None
}

/// A policy as it is kept. Without a value, the format itself becomes the policy (apim-product-policies #8).
fn stored_policy(sent: &Value) -> Value {
    let format = sent["format"].as_str().unwrap_or("xml");
    let value = match sent["value"].as_str() {
        None => format!("<format>{format}</format>"),
        Some(value) if format.eq_ignore_ascii_case("rawxml") => text::laid_out(&text::encoded(value)),
        Some(value) => text::laid_out(value),
    };
    json!({"format": "xml", "value": value})
}

/// Keys in a request are stored, whatever their form; a new subscription gets two.
fn take_keys(state: &mut State, path: &str, body: &mut Value) {
    let mut given = |name: &str| {
        let properties = body["properties"].as_object_mut()?;
        properties.shift_remove(name)?.as_str().map(str::to_owned)
    };
    let (primary, secondary) = (given("primaryKey"), given("secondaryKey"));
    let old = state.keys.get(&path.to_lowercase()).cloned();
    let old = old.unwrap_or_else(|| (fresh_key(), fresh_key()));
    state.set_keys(path, (primary.unwrap_or(old.0), secondary.unwrap_or(old.1)));
}

fn answered(state: &State, call: &Call, path: &str, lower: &str, status: u16) -> Reply {
    let asked = if status == 201 { Asked::Created } else { Asked::Changed };
    let mut body = shown(state, &state.get(path).cloned().unwrap_or_default(), call.view(path, asked));
    // Both keys come with it, though they are secret (apim-subscriptions #0 #17).
    if let Some((primary, secondary)) = state.keys.get(&path.to_lowercase()) {
        body["properties"]["primaryKey"] = primary.as_str().into();
        body["properties"]["secondaryKey"] = secondary.as_str().into();
    }
    let reply = Reply { body: Some(body), ..Reply::status(status) };
    if is_place(lower) {
        // The version of the API itself (apim-product-apis #0).
        let (service, rest) = lower.split_once("/products/").unwrap_or_default();
        let api = rest.rsplit('/').next().unwrap_or_default();
        return reply.headed("etag", &state.etag(&format!("{service}/apis/{api}")));
    }
    if is_apim(lower) { reply.headed("etag", &state.etag(path)) } else { reply }
}

/// Whether a backend could be put there.
pub(super) fn validate(state: &State, call: &Call, path: &str) -> Reply {
    let (id, _) = path.rsplit_once('/').unwrap_or_default();
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    objection(state, &id.to_lowercase(), &body).unwrap_or_else(|| Reply::status(204))
}

fn put_backend(state: &mut State, call: &Call, path: &str, lower: &str, mut body: Value) -> Reply {
    if let Some(objection) = objection(state, lower, &body) {
        return objection;
    }
    let region = body["properties"]["region"].clone();
    let named = body["properties"]["backendResourceId"].clone();
    if state.get(path).is_none() {
        body["location"] = "Central US".into();
        body["properties"] = json!({"backendResourceId": named, "region": region,
            "createdOn": "2024-06-19T09:03:33.9094607Z", "provisioningState": "Succeeded"});
        state.set(body);
    }
    let reply = state.connect(path, &call.base);
    let View { version, .. } = call.view(path, Asked::Changed);
    let view = View { path, asked: Asked::Changed, version, format: "" };
    Reply { body: reply.body.map(|body| shown(state, &body, view)), ..reply }
}

/// Why a backend cannot be put.
fn objection(state: &State, lower: &str, body: &Value) -> Option<Reply> {
    let named = body["properties"]["backendResourceId"].as_str().unwrap_or_default();
    let siblings = lower.rsplit_once('/').map_or("", |(before, _)| before);
    let other = state.resources.iter().any(|(id, other)| {
        let same = other["properties"]["backendResourceId"]
            .as_str()
            .is_some_and(|it| it.eq_ignore_ascii_case(named));
        id.starts_with(&format!("{siblings}/")) && (*id != lower || !same)
    });
    if other {
        let message = "One Static Web App can not have more than one linked backend.";
        return Some(Reply::web(400, "BadRequest", Some("59363"), message, &[]));
    }
    if state.get(named).is_none() {
        let values = ["WebSite", named.rsplit('/').next().unwrap_or_default()];
        return Some(Reply::web(404, "NotFound", Some("51004"), "Cannot find {0} with name {1}.", &values));
    }
    None
}

/// PATCH answers 200 with the whole, from 2021-08-01 on (apim-products #35, apim-subscriptions #17).
pub(super) fn patch(state: &mut State, call: &Call, path: &str) -> Reply {
    let lower = path.to_lowercase();
    let Some(mut body) = state.get(path).cloned() else { return missing(state, &lower, path) };
    if call.if_match.is_none() {
        return Reply::apim(400, "ValidationError", "If-Match is required");
    }
    if let Some(stale) = stale(state, call, path) {
        return stale;
    }
    let change: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    for (name, value) in change["properties"].as_object().into_iter().flatten() {
        body["properties"][name] = value.clone();
    }
    if is_a(&lower, "subscriptions") {
        take_keys(state, path, &mut body);
    }
    store(state, call, path, body);
    answered(state, call, path, &lower, 200)
}

/// `*` holds whatever is there, and also if nothing is (apim-products #0).
fn stale(state: &State, call: &Call, path: &str) -> Option<Reply> {
    let wanted = call.if_match.as_deref().filter(|tag| *tag != "*")?;
    if state.get(path).is_some() && state.etag(path) == wanted {
        return None;
    }
    Some(Reply::apim(412, "PreconditionFailed", STALE))
}

/// Deletes with or without If-Match; what is gone is 204 (apim-subscriptions, apim-products #10).
pub(super) fn delete(state: &mut State, call: &Call, path: &str, lower: &str) -> Reply {
    if state.get(path).is_none() {
        return Reply::status(204);
    }
    if let Some(stale) = stale(state, call, path) {
        return stale;
    }
    if is_a(lower, "products") {
        let (service, product) = lower.rsplit_once("/products/").unwrap_or_default();
        let all =
            param(&call.query, "deleteSubscriptions").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        while let Some(subscription) = state.subscription_of(service, product) {
            if !all {
                return Reply::apim(400, "ValidationError", SUBSCRIBED);
            }
            state.remove(&subscription);
        }
    }
    state.remove(path);
    if is_a(lower, "apis") && state.options.spelling == Spelling::Recorded {
        return accepted(call, path);
    }
    Reply::status(if lower.contains("/linkedbackends/") { 204 } else { 200 })
}

/// The deletion of an API is accepted, and its progress told by two links (apim-apis #7).
fn accepted(call: &Call, path: &str) -> Reply {
    let service = path.split("/apis/").next().unwrap_or_default();
    let version = param(&call.query, "api-version").unwrap_or_default();
    let (base, number) = (&call.base, "68c7338e588c8e235045cadf");
    Reply::status(202)
        .headed(
            "azure-asyncoperation",
            &format!("{base}{service}/tenant/operationResults/{number}?api-version={version}"),
        )
        .headed("location", &format!("{base}{path}?api-version={version}&asyncId={number}&asyncCode=204"))
}
