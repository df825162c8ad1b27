//! Resource Manager's routes, by the shape of the path.

use serde_json::{Value, json};

use super::{
    Spelling, TOKEN, activity,
    errors::missing,
    lists, rights,
    spelling::{Asked, View, master, production, shown},
    state::{State, fresh_key, type_of},
    writes,
};

pub(super) use super::reply::Reply;

pub(super) struct Call {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) if_match: Option<String>,
    pub(super) authorization: Option<String>,
    pub(super) body: Vec<u8>,
    pub(super) base: String,
}

impl Call {
    /// A view of the resource at a path.
    pub(super) fn view<'a>(&'a self, path: &'a str, asked: Asked) -> View<'a> {
        let parameter = |name| param(&self.query, name).unwrap_or_default();
        View { path, asked, version: parameter("api-version"), format: parameter("format") }
    }
}

pub(super) fn answer(state: &mut State, call: &Call) -> Reply {
    state.tick();
    state.requests += 1;
    let number = state.requests;
    let headers = vec![
        ("x-ms-request-id".to_owned(), format!("request-{number}")),
        ("x-ms-correlation-request-id".to_owned(), "correlation-1".to_owned()),
        ("x-ms-routing-request-id".to_owned(), format!("WESTUS2:20250914T212000Z:request-{number}")),
    ];
    let mut reply = if call.authorization.as_deref() == Some(&format!("Bearer {TOKEN}")) {
        counted(state, call)
    } else {
        Reply::gateway(401, "InvalidAuthenticationToken", "The access token is invalid.")
            .headed("www-authenticate", "Bearer authorization_uri=\"https://login.example\"")
    };
    reply.headers.extend(headers);
    typed(reply, &call.path)
}

/// An answer with what is left of the caller's requests. Azure sends it with every answer that it counts, 249,
/// 199 and 199 at most for one caller (web-linked-backends #4 #7).
fn counted(state: &mut State, call: &Call) -> Reply {
    let (kind, left, wait) = if state.options.throttles {
        state.take_token(&call.method)
    } else {
        let (kind, most) = State::limit(&call.method);
        (kind, Some(most - 1), std::time::Duration::ZERO)
    };
    let header = format!("x-ms-ratelimit-remaining-subscription-{kind}");
    let Some(left) = left else {
        let message = format!(
            "Number of requests for subscription '00000000-0000-0000-0000-000000000001' and operation '{}' exceeded the backend storage limit. Please try again after '{}' seconds.",
            call.method,
            wait.as_secs_f64().ceil()
        );
        return Reply::gateway(429, "SubscriptionRequestsThrottled", &message)
            .headed("retry-after", &wait.as_secs_f64().ceil().to_string())
            .headed(&header, "0");
    };
    let most = if kind == "reads" { 3_749 } else { 2_999 };
    let reply = if let Some(refusal) = rights::refusal(state, call) {
        refusal
    } else if param(&call.query, "api-version").is_some_and(|version| known(&call.path, version)) {
        route(state, call)
    } else {
        Reply::gateway(400, "InvalidResourceType", "The api-version is missing or not supported.")
    };
    reply
        .headed(&header, &left.to_string())
        .headed(&format!("x-ms-ratelimit-remaining-subscription-global-{kind}"), &most.to_string())
}

/// An answer with its Content-Type: Microsoft.Web names no character set on success (web-linked-backends #2 #3).
fn typed(reply: Reply, path: &str) -> Reply {
    if reply.body.is_none() {
        return reply;
    }
    let of_web = path.to_lowercase().contains("/microsoft.web/") && reply.status < 400;
    reply.headed("content-type", if of_web { "application/json" } else { "application/json; charset=utf-8" })
}

fn known(path: &str, version: &str) -> bool {
    let path = path.to_lowercase();
    let of = |versions: &[&str]| versions.contains(&version);
    if path.contains("microsoft.authorization") {
        of(&["2022-04-01"])
    } else if path.contains("microsoft.insights") {
        of(&["2015-04-01"])
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
    if lower.contains("/tenant/operationresults/") {
        return Reply::ok(json!({"status": "Succeeded"}));
    }
    if let Some((_, number)) = lower.split_once("/operationresults/") {
        return state.progress(number.parse().unwrap_or(usize::MAX));
    }
    if lower.ends_with("/providers/microsoft.authorization/permissions") {
        return Reply::ok(json!({"value": state.permissions}));
    }
    if lower == "/providers/microsoft.resourcegraph/resources" {
        return lists::graph(state, call);
    }
    if lower == "/subscriptions" {
        return lists::subscriptions(state);
    }
    if lower.ends_with("/providers/microsoft.insights/eventtypes/management/values") {
        return activity::list(state, call);
    }
    let after_provider =
        segments.iter().rposition(|segment| *segment == "providers").map(|at| segments.len() - at - 2);
    let depth = after_provider.unwrap_or(segments.len());
    match (call.method.as_str(), depth % 2) {
        ("POST", 1) if lower.ends_with("/validate") => writes::validate(state, call, &path),
        ("POST", 1) if after_provider.is_some() => action(state, &path),
        ("GET", 1) => lists::list(state, call, &path, &lower),
        ("GET" | "HEAD", _) => get(state, call, &path, &lower),
        ("PUT", 0) => writes::put(state, call, &path, &lower),
        ("PATCH", 0) => writes::patch(state, call, &path),
        ("DELETE", 0) => writes::delete(state, call, &path, &lower),
        _ => Reply::gateway(404, "InvalidResourceType", "The resource type could not be found."),
    }
}

/// The id that a path means, decoded: a site's linked backends are those of its production.
fn canonical(path: &str) -> String {
    let path = path.trim_end_matches('/').replace("%3B", ";").replace("%3D", "=");
    let lower = path.to_lowercase();
    let mark = "/linkedbackends";
    let Some(at) = lower.find(mark) else { return path };
    if lower[..at].contains("/builds/") {
        return path;
    }
    format!("{}/builds/default{}", &path[..at], &path[at..])
}

/// Whether a resource is in a service, which gives each a version of its own.
pub(super) fn is_apim(lower: &str) -> bool {
    lower.contains("/microsoft.apimanagement/service/")
}

/// Whether it is the place of an API in a product.
pub(super) fn is_place(lower: &str) -> bool {
    type_of(lower).eq_ignore_ascii_case("microsoft.apimanagement/service/products/apis")
}

fn get(state: &State, call: &Call, path: &str, lower: &str) -> Reply {
    if is_place(lower) {
        return get_place(state, call, lower);
    }
    let found = state.get(path).cloned().or_else(|| made_up(state, lower));
    let Some(found) = found else {
        let missing = missing(state, lower, path);
        return if call.method == "HEAD" { Reply { body: None, ..missing } } else { missing };
    };
    let body = (call.method == "GET").then(|| shown(state, &found, call.view(path, Asked::Alone)));
    let reply = Reply { body, ..Reply::status(200) };
    if is_apim(lower) { reply.headed("etag", &state.etag(path)) } else { reply }
}

/// What is there without having been made: production, and the subscription of everything.
fn made_up(state: &State, lower: &str) -> Option<Value> {
    if state.options.spelling == Spelling::AsPut {
        return None;
    }
    if let Some(site) = lower.strip_suffix("/builds/default") {
        return state.get(site).map(production);
    }
    let service = lower.strip_suffix("/subscriptions/master")?;
    state.get(service).map(|service| master(service["id"].as_str().unwrap()))
}

/// An API in a product can be asked for, and not be read (apim-product-apis #1 #3).
fn get_place(state: &State, call: &Call, lower: &str) -> Reply {
    if call.method == "HEAD" {
        return Reply::status(if state.get(lower).is_some() { 204 } else { 404 });
    }
    let message = "The requested resource does not support http method 'GET'.";
    Reply::ok(json!({"Message": message})).with_status(405).headed("allow", "HEAD,PUT,DELETE")
}

fn action(state: &mut State, path: &str) -> Reply {
    let (id, action) = path.rsplit_once('/').unwrap_or_default();
    let lower = id.to_lowercase();
    let Some((primary, secondary)) = state.keys.get(&lower).cloned() else {
        return missing(state, &lower, id);
    };
    let fresh = fresh_key();
    match action.to_lowercase().as_str() {
        "listsecrets" => Reply::ok(json!({"primaryKey": primary, "secondaryKey": secondary}))
            .headed("etag", &state.etag(id)),
        "regenerateprimarykey" => {
            state.set_keys(id, (fresh, secondary));
            Reply::status(204)
        }
        "regeneratesecondarykey" => {
            state.set_keys(id, (primary, fresh));
            Reply::status(204)
        }
        _ => missing(state, &lower, path),
    }
}
