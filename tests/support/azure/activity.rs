//! The activity log. Nothing is recorded of it: the form of an answer is that of the definition, Microsoft.Insights
//! 2015-04-01, and of its examples.

use serde_json::{Value, json};

use super::{
    FakeAzure,
    lists::decoded,
    reply::Reply,
    routes::{Call, param},
    state::State,
};

/// The number of events on a page.
const PAGE: usize = 200;

pub(super) fn list(state: &State, call: &Call) -> Reply {
    let filter = param(&call.query, "%24filter").or_else(|| param(&call.query, "$filter")).map(decoded);
    let Some(group) = filter.as_deref().and_then(|filter| {
        let (time, group) = filter.split_once(" and resourceGroupName eq ")?;
        let is_span = time.starts_with("eventTimestamp ge '") && time.contains(" and eventTimestamp le '");
        is_span.then(|| group.trim_matches('\'').to_lowercase())
    }) else {
        return Reply::gateway(400, "BadRequest", "The filter is not supported.");
    };
    let is_in =
        |event: &&Value| event["resourceGroupName"].as_str().is_some_and(|name| name.to_lowercase() == group);
    let skip = param(&call.query, "%24skipToken").and_then(|text| text.parse().ok()).unwrap_or(0);
    let all: Vec<&Value> = state.activity.iter().filter(is_in).collect();
    let page: Vec<&Value> = all.iter().skip(skip).take(PAGE).copied().collect();
    let mut body = json!({ "value": page });
    if skip + PAGE < all.len() {
        let query = call.query.split("&%24skipToken=").next().unwrap_or_default();
        let next = format!("{}{}?{query}&%24skipToken={}", call.base, call.path, skip + PAGE);
        body["nextLink"] = next.into();
    }
    Reply::ok(body)
}

/// One event of an operation, as the log shows it.
pub(crate) fn event(operation: &str, resource: &str, (number, status, time): (usize, &str, &str)) -> Value {
    let words = |text: &str| json!({"value": text, "localizedValue": text});
    let group = resource.split('/').nth(4).unwrap();
    json!({
        "authorization": {"action": operation, "role": "Owner", "scope": resource},
        "caller": "ann@contoso.com",
        "claims": {"appid": "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"},
        "correlationId": format!("00000000-0000-4000-9000-{number:012}"),
        "operationId": format!("00000000-0000-4000-8000-{number:012}"),
        "eventName": words(if status == "Started" { "BeginRequest" } else { "EndRequest" }),
        "operationName": words(&operation.to_uppercase()),
        "resourceGroupName": group,
        "resourceId": resource.to_uppercase().replace("/SUBSCRIPTIONS/0", "/subscriptions/0"),
        "status": words(status),
        "subStatus": words(if status == "Succeeded" { "OK" } else { "" }),
        "eventTimestamp": time,
        "submissionTimestamp": time,
    })
}

impl FakeAzure {
    /// Puts events into the activity log.
    pub(crate) fn log(&self, events: impl IntoIterator<Item = Value>) {
        self.state().activity.extend(events);
    }
}
