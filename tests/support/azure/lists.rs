//! Collections: what is in them, in which order, and page by page.

use serde_json::{Value, json};

use super::{
    Spelling,
    errors::missing,
    reply::Reply,
    routes::{Call, param},
    spelling::{Asked, View, master, production, shown},
    state::{State, type_of},
};

pub(super) fn list(state: &State, call: &Call, path: &str, lower: &str) -> Reply {
    let (parent, kind) = lower.rsplit_once('/').unwrap_or_default();
    let recorded = state.options.spelling == Spelling::Recorded;
    let mut found: Vec<Value> = if lower.ends_with("/providers/microsoft.web/staticsites")
        || lower.ends_with("/providers/microsoft.apimanagement/service")
    {
        top_level(state, lower)
    } else {
        let owner = parent.strip_suffix("/builds/default").unwrap_or(parent);
        if state.get(owner).is_none() {
            return missing(state, owner, path);
        }
        match (parent.split_once("/products/"), parent.split_once("/apis/")) {
            (Some((service, product)), _) if kind == "subscriptions" => scoped(state, service, product),
            (Some((service, _)), _) if kind == "apis" => members(state, service, lower),
            (None, Some((service, api))) if kind == "products" => holders(state, service, api),
            _ => below(state, lower),
        }
    };
    if recorded && kind == "subscriptions" && is_service(parent) {
        // It is as old as its service (apim-subscriptions #15).
        found.insert(0, master(&service_of(state, parent)));
    }
    if recorded && kind == "builds" && !found.iter().any(|build| build["name"] == "default") {
        found.extend(state.get(parent).map(production));
    }
    let filter = param(&call.query, "%24filter").or_else(|| param(&call.query, "$filter"));
    if let Some(filter) = filter {
        let plain = decoded(filter);
        let wanted = plain.split('\'').nth(1).unwrap_or_default().to_owned();
        found.retain(|value| value["properties"]["displayName"].as_str() == Some(&wanted));
    }
    in_order(&mut found, kind);
    let version = param(&call.query, "api-version").unwrap_or_default();
    let spelt = found.iter().map(|body| {
        let below = format!("{path}/{}", body["name"].as_str().unwrap());
        // A list of a group or a subscription shows each under its own id.
        let path = if is_top_level(lower) { body["id"].as_str().unwrap() } else { &below };
        shown(state, body, View { path, asked: Asked::Listed, version, format: "" })
    });
    page(state, call, path, spelt.collect())
}

/// Whether it is the list of all sites, or of all services, of a group or a subscription.
fn is_top_level(lower: &str) -> bool {
    lower.rsplit_once("/providers/").is_some_and(|(_, rest)| rest.matches('/').count() == 1)
}

fn is_service(lower: &str) -> bool {
    type_of(lower).eq_ignore_ascii_case("Microsoft.ApiManagement/service")
}

fn service_of(state: &State, lower: &str) -> String {
    state.get(lower).map_or(lower, |body| body["id"].as_str().unwrap()).to_owned()
}

fn top_level(state: &State, lower: &str) -> Vec<Value> {
    let scope = lower.split("/providers/").next().unwrap_or_default();
    let wanted = lower.rsplit("/providers/").next().unwrap_or_default();
    let is = |id: &str| id.starts_with(scope) && type_of(id) == wanted;
    state.resources.iter().filter(|(id, _)| is(id)).map(|(_, body)| body.clone()).collect()
}

/// The subscriptions whose scope is a product.
fn scoped(state: &State, service: &str, product: &str) -> Vec<Value> {
    let prefix = format!("{service}/subscriptions/");
    let is = |id: &str, body: &Value| {
        let scope = body["properties"]["scope"].as_str().map(str::to_lowercase);
        id.starts_with(&prefix) && scope.is_some_and(|scope| scope.ends_with(&format!("/products/{product}")))
    };
    state.resources.iter().filter(|(id, body)| is(id, body)).map(|(_, body)| body.clone()).collect()
}

/// The APIs in a product, each with the properties of the API itself.
fn members(state: &State, service: &str, lower: &str) -> Vec<Value> {
    let filled = below(state, lower).into_iter().map(|mut place| {
        let name = place["name"].as_str().unwrap_or_default().to_owned();
        if let Some(api) = state.get(&format!("{service}/apis/{name}")) {
            place["properties"] = api["properties"].clone();
        }
        place
    });
    filled.collect()
}

/// The products that an API is in.
fn holders(state: &State, service: &str, api: &str) -> Vec<Value> {
    let (prefix, suffix) = (format!("{service}/products/"), format!("/apis/{api}"));
    let names = state.resources.keys().filter_map(|id| id.strip_prefix(&prefix)?.strip_suffix(&suffix));
    names.filter_map(|product| state.get(&format!("{prefix}{product}")).cloned()).collect()
}

fn below(state: &State, lower: &str) -> Vec<Value> {
    let prefix = format!("{lower}/");
    let direct = |id: &str| id.strip_prefix(&prefix).is_some_and(|rest| !rest.contains('/'));
    let mut all: Vec<_> = state.resources.iter().filter(|(id, _)| direct(id)).collect();
    all.sort_by_key(|(id, _)| state.made(id).number());
    all.into_iter().map(|(_, body)| body.clone()).collect()
}

/// Products and APIs come by display name, all else as it was created (apim-products, apim-subscriptions #15).
fn in_order(found: &mut [Value], kind: &str) {
    if ["products", "apis"].contains(&kind) {
        found.sort_by_key(|body| {
            body["properties"]["displayName"].as_str().unwrap_or_default().to_lowercase()
        });
    }
}

pub(super) fn decoded(text: &str) -> String {
    let text = text.replace('+', " ");
    url::form_urlencoded::parse(format!("x={}", text.replace('&', "%26")).as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// A page. The link to the next one repeats the query in the order in which it was sent, and ends with how many
/// to skip (apim-products #43 #46); on the last page there is none. `count` is that of the whole list.
fn page(state: &State, call: &Call, path: &str, values: Vec<Value>) -> Reply {
    let number = |name: &str| param(&call.query, name).and_then(|number| number.parse::<usize>().ok());
    let skip = number("%24skip").or_else(|| number("$skip")).unwrap_or(0);
    let top = number("%24top").or_else(|| number("$top")).unwrap_or(state.options.page);
    let count = values.len();
    let rest: Vec<Value> = values.into_iter().skip(skip).take(top.min(state.options.page)).collect();
    let end = skip + rest.len();
    let lower = path.to_lowercase();
    // Microsoft.Web counts nothing (web-linked-backends #8), nor do lists of services (apim-service #28).
    let mut body = if lower.contains("/microsoft.web/") {
        json!({"value": rest, "nextLink": null, "id": null})
    } else if lower.ends_with("/microsoft.apimanagement/service") {
        json!({"value": rest})
    } else {
        json!({"value": rest, "count": count})
    };
    if end < count {
        let kept =
            call.query.split('&').filter(|pair| !pair.starts_with("%24skip=") && !pair.starts_with("$skip="));
        let kept = kept.map(|pair| pair.replacen('$', "%24", 1)).collect::<Vec<_>>().join("&");
        body["nextLink"] = format!("{}{path}?{kept}&%24skip={end}", call.base).into();
    }
    Reply::ok(body)
}

/// Resource Graph: types are in lower case, and whether more was left out is told as a text (arm-misc #10 #11).
pub(super) fn graph(state: &State, call: &Call) -> Reply {
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let query = body["query"].as_str().unwrap_or_default();
    let wanted = query.split('\'').nth(1).unwrap_or_default().to_lowercase();
    let start: usize =
        body["options"]["$skipToken"].as_str().and_then(|token| token.parse().ok()).unwrap_or(0);
    let all = state.resources.iter().filter(|(id, _)| type_of(id) == wanted);
    let all = all.map(|(_, body)| {
        let path = body["id"].as_str().unwrap();
        let mut shown = shown(state, body, View { path, asked: Asked::Listed, version: "", format: "" });
        if state.options.spelling != Spelling::AsPut {
            shown["type"] = wanted.as_str().into();
        }
        shown
    });
    let all: Vec<Value> = all.collect();
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

/// The Azure subscriptions: with a count of its own form, and without a next link (arm-misc #20).
pub(super) fn subscriptions(state: &State) -> Reply {
    let mut ids: Vec<&str> = state.resources.keys().filter_map(|id| id.split('/').nth(2)).collect();
    ids.dedup();
    let one = |id: &&str| {
        json!({"id": format!("/subscriptions/{id}"), "authorizationSource": "RoleBased", "managedByTenants": [],
            "tags": {}, "subscriptionId": id, "tenantId": "fa4e0002-0000-4000-8000-000000000002",
            "displayName": "test", "state": "Enabled", "subscriptionPolicies": {"locationPlacementId": "Internal_2014-09-01",
            "quotaId": "Internal_2014-09-01", "spendingLimit": "Off"}})
    };
    let values: Vec<Value> = ids.iter().map(one).collect();
    let count = json!({"type": "Total", "value": values.len()});
    Reply::ok(json!({"value": values, "count": count}))
}
