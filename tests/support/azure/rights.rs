//! What a request has to be allowed, and whether it is: as Azure checks it, before anything else.

use serde_json::Value;

use super::{
    FakeAzure, SITE,
    routes::{Call, Reply},
    state::{State, type_of},
};

/// The action that a request needs, as roles name it; none for those that everybody may send.
fn action(method: &str, path: &str) -> Option<String> {
    let lower = path.to_lowercase();
    let free =
        ["/providers/microsoft.authorization/", "/providers/microsoft.resourcegraph/", "/operationresults/"];
    if free.iter().any(|part| lower.contains(part)) || !lower.contains("/providers/") {
        return None;
    }
    if lower.ends_with("/providers/microsoft.insights/eventtypes/management/values") {
        return Some("Microsoft.Insights/eventtypes/values/Read".to_owned());
    }
    let verb = match method {
        "GET" | "HEAD" => "read",
        "PUT" | "PATCH" => "write",
        "DELETE" => "delete",
        _ => "action",
    };
    Some(format!("{}/{verb}", type_of(path)))
}

pub(super) fn refusal(state: &State, call: &Call) -> Option<Reply> {
    let action = action(&call.method, &call.path)?;
    let listed = |element: &Value, field: &str| {
        let patterns = element[field].as_array().cloned().unwrap_or_default();
        patterns.iter().any(|pattern| fits(pattern.as_str().unwrap().as_bytes(), action.as_bytes()))
    };
    let elements = state.permissions.as_array().cloned().unwrap_or_default();
    if elements.iter().any(|element| listed(element, "actions") && !listed(element, "notActions")) {
        return None;
    }
    let message = format!(
        "The client 'user@example.com' with object id 'fa4e0006-0000-4000-8000-000000000006' does not have \
         authorization to perform action '{action}' over scope '{SITE}' or the scope is invalid. If access was recently granted, please refresh your credentials."
    );
    Some(Reply::gateway(403, "AuthorizationFailed", &message))
}

fn fits(pattern: &[u8], text: &[u8]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'*', rest @ ..] => (0..=text.len()).any(|at| fits(rest, &text[at..])),
        [first, rest @ ..] => {
            text.first().is_some_and(|c| c.eq_ignore_ascii_case(first)) && fits(rest, &text[1..])
        }
    }
}

impl FakeAzure {
    /// The actions that requests needed since they were last taken.
    pub(crate) fn take_actions(&self) -> std::collections::BTreeSet<String> {
        let seen = self.take_seen().into_iter().filter(|seen| !seen.data_plane);
        seen.filter_map(|seen| action(&seen.method, &seen.path)).collect()
    }
}
