//! Resource Manager's routes, by the shape of the id.

use serde_json::{Value, json};

use super::{
    TOKEN, rights,
    state::{State, fresh_key},
};

const WRONG_FIELDS: &str = "One or more fields contain incorrect values:";
const TAKEN: &str = "Product with the same name already exists";
const WRONG_SCOPE: &str =
    "Subscription scope should be one of '/apis', '/apis/{apiId}', '/products/{productId}'";

pub(super) struct Call {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) if_match: Option<String>,
    pub(super) authorization: Option<String>,
    pub(super) body: Vec<u8>,
    pub(super) base: String,
}

#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Value>,
    pub(super) text: Option<String>,
}

impl Reply {
    pub(super) fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: None, text: None }
    }

    pub(super) fn ok(body: Value) -> Self {
        Self { body: Some(body), ..Self::status(200) }
    }

    pub(super) fn error(status: u16, code: &str, message: &str) -> Self {
        let body = json!({"error": {"code": code, "message": message}});
        Self { body: Some(body), ..Self::status(status) }
    }

    /// An error as API Management writes it, of one field or of no field.
    fn apim(status: u16, code: &str, message: &str, field: Option<(&str, &str)>) -> Self {
        let detail =
            field.map(|(target, message)| json!([{"code": code, "target": target, "message": message}]));
        let body = json!({"error": {"code": code, "message": message, "details": detail}});
        Self { body: Some(body), ..Self::status(status) }
    }

    /// An error as `Microsoft.Web` writes it.
    fn web(status: u16, code: &str, extended: Option<&str>, message: &str) -> Self {
        let entity = json!({"ErrorEntity": {"ExtendedCode": extended, "MessageTemplate": message,
            "Parameters": [], "Code": code, "Message": message}});
        let details = json!([{"Message": message}, {"Code": code}, entity]);
        let body =
            json!({"Code": code, "Message": message, "Target": null, "Details": details, "Innererror": null});
        Self { body: Some(body), ..Self::status(status) }
    }

    fn headed(mut self, name: &str, value: String) -> Self {
        self.headers.push((name.to_owned(), value));
        self
    }
}

pub(super) fn answer(state: &mut State, call: &Call) -> Reply {
    state.tick();
    state.requests += 1;
    let number = state.requests;
    if call.authorization.as_deref() != Some(&format!("Bearer {TOKEN}")) {
        return Reply::error(401, "InvalidAuthenticationToken", "The access token is invalid.")
            .headed("www-authenticate", "Bearer authorization_uri=\"https://login.example\"".to_owned());
    }
    let mut headers = vec![
        ("x-ms-request-id".to_owned(), format!("request-{number}")),
        ("x-ms-correlation-request-id".to_owned(), "correlation-1".to_owned()),
    ];
    if state.options.throttles {
        let (kind, left, wait) = state.take_token(&call.method);
        let name = format!("x-ms-ratelimit-remaining-subscription-{kind}");
        headers.push((name, left.unwrap_or_default().to_string()));
        if left.is_none() {
            let seconds = wait.as_secs_f64().ceil().to_string();
            let mut reply = Reply::error(429, "TooManyRequests", "too many").headed("retry-after", seconds);
            reply.headers.extend(headers);
            return reply;
        }
    }
    let mut reply = if let Some(refusal) = rights::refusal(state, call) {
        refusal
    } else if param(&call.query, "api-version").is_some_and(|version| known(&call.path, version)) {
        route(state, call)
    } else {
        Reply::error(400, "InvalidResourceType", "The api-version is missing or not supported.")
    };
    reply.headers.extend(headers);
    reply
}

fn known(path: &str, version: &str) -> bool {
    let path = path.to_lowercase();
    let of = |versions: &[&str]| versions.contains(&version);
    if path.contains("microsoft.authorization") {
        of(&["2022-04-01"])
    } else if path.contains("microsoft.resourcegraph") {
        of(&["2022-10-01", "2021-03-01", "2024-04-01"])
    } else if path.contains("microsoft.apimanagement") {
        of(&["2024-05-01", "2022-08-01"])
    } else if path.contains("microsoft.web") {
        of(&["2024-04-01", "2022-03-01", "2023-01-01"])
    } else {
        of(&["2022-12-01", "2024-07-01"])
    }
}

pub(super) fn param<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query
        .split('&')
        .find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
}

fn route(state: &mut State, call: &Call) -> Reply {
    let path = canonical(&call.path);
    let lower = path.to_lowercase();
    let segments: Vec<&str> = lower.trim_matches('/').split('/').collect();
    if let Some((_, number)) = lower.split_once("/operationresults/") {
        return state.progress(number.parse().unwrap_or(usize::MAX));
    }
    if lower.ends_with("/providers/microsoft.authorization/permissions") {
        return Reply::ok(json!({"value": state.permissions}));
    }
    if lower == "/providers/microsoft.resourcegraph/resources" {
        return graph(state, call);
    }
    if lower == "/subscriptions" {
        return subscriptions(state);
    }
    let after_provider =
        segments.iter().rposition(|segment| *segment == "providers").map(|at| segments.len() - at - 2);
    let depth = after_provider.unwrap_or(segments.len());
    match (call.method.as_str(), depth % 2) {
        ("POST", 1) if lower.ends_with("/validate") => validate(state, call, &path),
        ("POST", 1) if after_provider.is_some() => action(state, &path),
        ("GET", 1) => list(state, call, &path, &lower),
        ("GET" | "HEAD", _) => get(state, call, &path, &lower),
        ("PUT", 0) => put(state, call, &path, &lower),
        ("PATCH", 0) => patch(state, call, &path),
        ("DELETE", 0) => delete(state, call, &path, &lower),
        _ => Reply::error(404, "InvalidResourceType", "The resource type could not be found."),
    }
}

/// The id that a path means: a site's linked backends are those of its production.
fn canonical(path: &str) -> String {
    let lower = path.to_lowercase();
    let mark = "/linkedbackends";
    let Some(at) = lower.find(mark) else { return path.trim_end_matches('/').to_owned() };
    if lower[..at].contains("/builds/") {
        return path.trim_end_matches('/').to_owned();
    }
    format!("{}/builds/default{}", &path[..at], &path[at..])
}

fn is_apim(lower: &str) -> bool {
    lower.contains("/microsoft.apimanagement/service/") && lower.matches('/').count() > 8
}

fn missing(lower: &str, path: &str) -> Reply {
    if is_apim(lower) {
        return Reply::apim(404, "ResourceNotFound", "Entity not found.", None);
    }
    if lower.contains("/linkedbackends/") {
        return Reply::web(404, "NotFound", None, "Cannot find linked backend.");
    }
    if let Some((_, name)) = lower.split_once("/builds/").filter(|(_, name)| !name.contains('/')) {
        return Reply::web(404, "NotFound", None, &format!("Cannot find StaticSiteBuild with name {name}."));
    }
    let message = format!("The Resource '{path}' was not found.");
    Reply::error(404, "ResourceNotFound", &message).headed("x-ms-failure-cause", "gateway".to_owned())
}

fn get(state: &State, call: &Call, path: &str, lower: &str) -> Reply {
    if call.method == "HEAD" {
        let there = state.get(path).is_some();
        return Reply::status(if there { 204 } else { 404 });
    }
    let Some(found) = state.get(path) else { return missing(lower, path) };
    let reply = Reply::ok(shown(state, lower, found));
    if is_apim(lower) { reply.headed("etag", state.etag(path)) } else { reply }
}

/// A resource as it is read: a site with what production is linked to.
fn shown(state: &State, lower: &str, body: &Value) -> Value {
    let mut body = body.clone();
    if lower.contains("/staticsites/") && !lower.contains("/builds/") {
        body["properties"]["linkedBackends"] = linked(state, lower);
    }
    body
}

fn linked(state: &State, site: &str) -> Value {
    let prefix = format!("{site}/builds/default/linkedbackends/");
    let all = state.resources.iter().filter(|(id, _)| id.starts_with(&prefix));
    all.map(|(_, body)| {
        json!({"backendResourceId": body["properties"]["backendResourceId"], "region": null,
            "createdOn": "2024-06-19T09:03:33", "provisioningState": body["properties"]["provisioningState"]})
    })
    .collect()
}

/// The properties of an API in a product's list. As recorded, the list leaves some out, whatever the API has.
fn excerpt(properties: &Value) -> Value {
    let mut excerpt = properties.clone();
    excerpt["subscriptionKeyParameterNames"] = Value::Null;
    excerpt["authenticationSettings"] = Value::Null;
    if let Some(properties) = excerpt.as_object_mut() {
        properties.shift_remove("apiVersionSetId");
    }
    excerpt
}

fn list(state: &State, call: &Call, path: &str, lower: &str) -> Reply {
    let parent = lower.rsplit_once('/').map_or("", |(parent, _)| parent);
    let kind = lower.rsplit('/').next().unwrap_or_default();
    let mut values: Vec<Value> = if lower.ends_with("/providers/microsoft.web/staticsites")
        || lower.ends_with("/providers/microsoft.apimanagement/service")
    {
        let scope = lower.split("/providers/").next().unwrap_or_default();
        let wanted = lower.rsplit("/providers/").next().unwrap_or_default();
        let is = |id: &str| id.starts_with(scope) && super::state::type_of(id) == wanted;
        let all = state.resources.iter().filter(|(id, _)| is(id));
        all.map(|(id, body)| shown(state, id, body)).collect()
    } else if let Some((service, product)) =
        parent.split_once("/products/").filter(|_| kind == "subscriptions")
    {
        if state.get(parent).is_none() {
            return missing(lower, path);
        }
        let prefix = format!("{service}/subscriptions/");
        let is = |id: &str| {
            id.starts_with(&prefix)
                && state.resources[id]["properties"]["scope"]
                    .as_str()
                    .is_some_and(|scope| scope.to_lowercase().ends_with(&format!("/products/{product}")))
        };
        state.resources.iter().filter(|(id, _)| is(id)).map(|(_, body)| body.clone()).collect()
    } else if let Some((service, api)) = parent.split_once("/apis/").filter(|_| kind == "products") {
        let (prefix, suffix) = (format!("{service}/products/"), format!("/apis/{api}"));
        let holders = state.resources.keys().filter_map(|id| id.strip_prefix(&prefix)?.strip_suffix(&suffix));
        holders.filter_map(|product| state.get(&format!("{prefix}{product}")).cloned()).collect()
    } else {
        let default_build = parent.ends_with("/builds/default");
        let owner = if default_build { parent.trim_end_matches("/builds/default") } else { parent };
        if state.get(owner).is_none() {
            return missing(lower, path);
        }
        let prefix = format!("{lower}/");
        let direct = |id: &str| id.strip_prefix(&prefix).is_some_and(|rest| !rest.contains('/'));
        let all = state.resources.iter().filter(|(id, _)| direct(id));
        let filled = all.map(|(id, body)| match id.split_once("/products/") {
            Some((service, rest)) if kind == "apis" => {
                let api = rest.rsplit('/').next().unwrap_or_default();
                let mut place = body.clone();
                if let Some(api) = state.get(&format!("{service}/apis/{api}")) {
                    place["properties"] = excerpt(&api["properties"]);
                }
                place
            }
            _ => body.clone(),
        });
        filled.collect()
    };
    let filter = param(&call.query, "%24filter").or_else(|| param(&call.query, "$filter"));
    if let Some(filter) = filter {
        let plain = decoded(filter);
        let wanted = plain.split('\'').nth(1).unwrap_or_default().to_owned();
        values.retain(|value| value["properties"]["displayName"].as_str() == Some(&wanted));
    }
    page(state, call, path, values)
}

fn decoded(text: &str) -> String {
    let text = text.replace('+', " ");
    url::form_urlencoded::parse(format!("x={}", text.replace('&', "%26")).as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

fn page(state: &State, call: &Call, path: &str, values: Vec<Value>) -> Reply {
    let skip: usize = param(&call.query, "%24skip").and_then(|skip| skip.parse().ok()).unwrap_or(0);
    let count = values.len();
    let rest: Vec<Value> = values.into_iter().skip(skip).take(state.options.page).collect();
    let end = skip + rest.len();
    // Only API Management counts.
    let of_web = path.to_lowercase().contains("/microsoft.web/");
    let mut body = if of_web {
        json!({"value": rest, "nextLink": null, "id": null})
    } else {
        json!({"value": rest, "count": count})
    };
    if end < count {
        let version = param(&call.query, "api-version").unwrap_or_default();
        let filter = param(&call.query, "%24filter").map(|it| format!("&%24filter={it}")).unwrap_or_default();
        let next = format!("{}{path}?api-version={version}&%24skip={end}{filter}", call.base);
        body["nextLink"] = next.into();
    } else if path.contains("/products") {
        body["nextLink"] = "".into();
    }
    Reply::ok(body)
}

fn graph(state: &State, call: &Call) -> Reply {
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let query = body["query"].as_str().unwrap_or_default();
    let wanted = query.split('\'').nth(1).unwrap_or_default().to_lowercase();
    let start: usize =
        body["options"]["$skipToken"].as_str().and_then(|token| token.parse().ok()).unwrap_or(0);
    let all: Vec<Value> = state
        .resources
        .iter()
        .filter(|(_, body)| body["type"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(&wanted)))
        .map(|(id, body)| shown(state, id, body))
        .collect();
    let (total, size) = (all.len(), state.options.page);
    let data: Vec<Value> = all.into_iter().skip(start).take(size).collect();
    let more = start + data.len() < total;
    let mut answer = json!({"totalRecords": total, "count": data.len(), "data": data,
        "facets": [], "resultTruncated": if more { "true" } else { "false" }});
    if more {
        answer["$skipToken"] = (start + size).to_string().into();
    }
    Reply::ok(answer)
}

fn subscriptions(state: &State) -> Reply {
    let mut ids: Vec<&str> = state.resources.keys().filter_map(|id| id.split('/').nth(2)).collect();
    ids.dedup();
    let values: Vec<Value> = ids
        .iter()
        .map(|id| json!({"id": format!("/subscriptions/{id}"), "subscriptionId": id, "displayName": "test", "state": "Enabled"}))
        .collect();
    Reply::ok(json!({"value": values, "nextLink": ""}))
}

/// Where a resource has to be for another to be below it.
fn parent_of(lower: &str) -> Option<String> {
    let parent = lower.rsplitn(3, '/').nth(2)?;
    let parent = parent.strip_suffix("/builds/default").unwrap_or(parent);
    let (_, path) = parent.rsplit_once("/providers/")?;
    (path.matches('/').count() >= 2).then(|| parent.to_owned())
}

fn put(state: &mut State, call: &Call, path: &str, lower: &str) -> Reply {
    if parent_of(lower).is_some_and(|parent| state.get(&parent).is_none()) {
        return missing(lower, path);
    }
    let existed = state.get(path).is_some();
    if let Some(stale) = stale(state, call, path) {
        return stale;
    }
    let mut body: Value = serde_json::from_slice(&call.body).unwrap_or_else(|_| json!({"properties": {}}));
    body["id"] = state.get(path).map_or_else(|| path.into(), |old| old["id"].clone());
    if lower.contains("/linkedbackends/") {
        return put_backend(state, call, path, lower, body);
    }
    if let Some((service, rest)) = lower.split_once("/products/") {
        if let Some((_, api)) = rest.split_once("/apis/") {
            let Some(api) = state.get(&format!("{service}/apis/{api}")).cloned() else {
                return Reply::apim(404, "ResourceNotFound", "Api not found.", None);
            };
            body["properties"] = api["properties"].clone();
        } else if !rest.contains('/') {
            let name = body["properties"]["displayName"].as_str().unwrap_or_default().to_owned();
            let taken = state.resources.iter().any(|(id, other)| {
                id.starts_with(&format!("{service}/products/"))
                    && *id != lower
                    && !id[service.len() + 10..].contains('/')
                    && other["properties"]["displayName"].as_str() == Some(&name)
            });
            if taken {
                return Reply::apim(400, "ValidationError", WRONG_FIELDS, Some(("name", TAKEN)));
            }
        }
        if rest.ends_with("/policies/policy") {
            let text = body["properties"]["value"].as_str().unwrap_or_default();
            let text = text.replace("        ", "\t").replace("\r\n", "\n").replace('\n', "\r\n");
            body["properties"]["value"] = text.into();
        }
    }
    let is_subscription = is_subscription(lower);
    if is_subscription {
        if let Some(refused) = wrong_scope(state, lower, &body) {
            return refused;
        }
        take_keys(state, path, &mut body);
        if body["properties"]["state"].is_null() {
            body["properties"]["state"] = "active".into();
        }
    }
    state.set(body);
    answered(state, path, lower, if existed || !is_apim(lower) { 200 } else { 201 })
}

fn is_subscription(lower: &str) -> bool {
    lower.contains("/microsoft.apimanagement/") && lower.rsplit('/').nth(1) == Some("subscriptions")
}

/// The refusal of a scope that is a product which does not exist.
fn wrong_scope(state: &State, lower: &str, body: &Value) -> Option<Reply> {
    let scope = body["properties"]["scope"].as_str().unwrap_or_default().to_lowercase();
    let (_, product) = scope.rsplit_once("/products/")?;
    let service = lower.rsplit_once("/subscriptions/").map_or("", |(service, _)| service);
    if state.get(&format!("{service}/products/{product}")).is_some() {
        return None;
    }
    Some(Reply::apim(400, "ValidationError", WRONG_FIELDS, Some(("scope", WRONG_SCOPE))))
}

/// Keys in a request are stored; a new subscription gets two.
fn take_keys(state: &mut State, path: &str, body: &mut Value) {
    let mut given = |name: &str| {
        let properties = body["properties"].as_object_mut()?;
        properties.remove(name)?.as_str().map(str::to_owned)
    };
    let (primary, secondary) = (given("primaryKey"), given("secondaryKey"));
    let old = state.keys.get(&path.to_lowercase()).cloned();
    let old = old.unwrap_or_else(|| (fresh_key(), fresh_key()));
    state.set_keys(path, (primary.unwrap_or(old.0), secondary.unwrap_or(old.1)));
}

fn answered(state: &State, path: &str, lower: &str, status: u16) -> Reply {
    let mut body = state.get(path).cloned().unwrap_or_default();
    if let Some((primary, secondary)) =
        state.keys.get(&path.to_lowercase()).filter(|_| is_subscription(lower))
    {
        body["properties"]["primaryKey"] = primary.as_str().into();
        body["properties"]["secondaryKey"] = secondary.as_str().into();
    }
    let reply = Reply { body: Some(body), ..Reply::status(status) };
    if is_apim(lower) { reply.headed("etag", state.etag(path)) } else { reply }
}

/// Whether a backend could be put there.
fn validate(state: &State, call: &Call, path: &str) -> Reply {
    let (id, _) = path.rsplit_once('/').unwrap_or_default();
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    objection(state, &id.to_lowercase(), &body).unwrap_or_else(|| Reply::status(204))
}

fn put_backend(state: &mut State, call: &Call, path: &str, lower: &str, mut body: Value) -> Reply {
    if let Some(objection) = objection(state, lower, &body) {
        return objection;
    }
    let named = body["properties"]["backendResourceId"].clone();
    if state.get(path).is_none() {
        body["location"] = "Central US".into();
        body["properties"] = json!({"backendResourceId": named, "region": null, "createdOn": "2024-06-19T09:03:33.9094607Z",
            "provisioningState": "Succeeded", "managedServiceIdentityType": "None", "routingPath": null});
        state.set(body);
    }
    state.connect(path, &call.base)
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
        return Some(Reply::web(400, "BadRequest", Some("59363"), message));
    }
    if state.get(named).is_none() {
        let message =
            format!("Cannot find WebSite with name {}.", named.rsplit('/').next().unwrap_or_default());
        return Some(Reply::web(404, "NotFound", Some("51004"), &message));
    }
    None
}

fn patch(state: &mut State, call: &Call, path: &str) -> Reply {
    let lower = path.to_lowercase();
    let Some(mut body) = state.get(path).cloned() else { return missing(&lower, path) };
    if call.if_match.is_none() {
        return Reply::apim(400, "ValidationError", "If-Match is required", None);
    }
    if let Some(stale) = stale(state, call, path) {
        return stale;
    }
    let change: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    for (name, value) in change["properties"].as_object().into_iter().flatten() {
        body["properties"][name] = value.clone();
    }
    if is_subscription(&lower) {
        take_keys(state, path, &mut body);
    }
    state.set(body);
    answered(state, path, &lower, 200)
}

fn stale(state: &State, call: &Call, path: &str) -> Option<Reply> {
    let wanted = call.if_match.as_deref().filter(|tag| *tag != "*")?;
    if state.get(path).is_some() && state.etag(path) == wanted {
        return None;
    }
    let message = "Exception of type 'PreconditionFailedException' was thrown.";
    Some(Reply::apim(412, "PreconditionFailed", message, None))
}

fn delete(state: &mut State, call: &Call, path: &str, lower: &str) -> Reply {
    if state.get(path).is_none() {
        return Reply::status(204);
    }
    let place = lower.contains("/products/") && lower.contains("/apis/");
    if is_apim(lower) && !place && call.if_match.is_none() {
        return Reply::apim(400, "ValidationError", "If-Match is required", None);
    }
    if let Some(stale) = stale(state, call, path) {
        return stale;
    }
    if let Some((service, product)) = lower.split_once("/products/").filter(|(_, rest)| !rest.contains('/'))
        && state.subscription_of(service, product).is_some()
    {
        let message = "Product cannot be deleted since it has existing subscriptions. Delete subscriptions \
                       before deleting the product or pass in deleteSubscriptions=true as query param";
        return Reply::apim(400, "ValidationError", message, None);
    }
    state.remove(path);
    Reply::status(if lower.contains("/linkedbackends/") { 204 } else { 200 })
}

fn action(state: &mut State, path: &str) -> Reply {
    let (id, action) = path.rsplit_once('/').unwrap_or_default();
    let lower = id.to_lowercase();
    let Some((primary, secondary)) = state.keys.get(&lower).cloned() else { return missing(&lower, id) };
    let fresh = fresh_key();
    match action.to_lowercase().as_str() {
        "listsecrets" => Reply::ok(json!({"primaryKey": primary, "secondaryKey": secondary}))
            .headed("etag", state.etag(id)),
        "regenerateprimarykey" => {
            state.set_keys(id, (fresh, secondary));
            Reply::status(204)
        }
        "regeneratesecondarykey" => {
            state.set_keys(id, (primary, fresh));
            Reply::status(204)
        }
        _ => missing(&lower, path),
    }
}
