//! Lists: filtering and paging.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::{
    call::Call,
    filter::{FIELDS, Fields, Filter},
};
use crate::emulator::reply::Reply;

/// The page size, unless a request asks for a smaller one.
const PAGE: usize = 100;

/// How a provider formats lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// With the total number of values.
    ApiManagement,
    /// With members that are always null.
    Web,
    /// With the values only.
    Bare,
    /// With the total number of values, in the format of the list of Azure subscriptions.
    Subscriptions,
}

/// Returns the page of a list that a request asks for.
pub(super) fn page(call: &Call, values: Vec<Value>, style: Style) -> Result<Reply, Reply> {
    page_of(call, values, style, FIELDS)
}

/// The same for resources, which can be filtered by these fields.
pub(super) fn page_of(
    call: &Call,
    mut values: Vec<Value>,
    style: Style,
    fields: Fields,
) -> Result<Reply, Reply> {
    if let Some(text) = call.query.get("$filter").filter(|text| !text.trim().is_empty()) {
        let filter =
            Filter::parse(text, fields).map_err(|problem| Reply::apim_invalid("$filter", &problem))?;
        values.retain(|value| filter.admits(value));
    }
    let skip = number(call, "$skip")?.unwrap_or(0);
    // This is the page size, not a limit on the total.
    let size = match number(call, "$top")? {
        Some(0) => return Err(invalid("$top must be at least 1")),
        top => top.unwrap_or(PAGE).min(PAGE),
    };
    let count = values.len();
    let rest: Vec<Value> = values.into_iter().skip(skip).take(size).collect();
    let end = skip + rest.len();
    let is_last = end >= count || rest.is_empty();
    let next = (!is_last).then(|| next_link(call, end));
    Ok(Reply::ok(match style {
        Style::ApiManagement => match next {
            Some(next) => json!({"value": rest, "count": count, "nextLink": next}),
            None => json!({"value": rest, "count": count}),
        },
        Style::Web => json!({"value": rest, "nextLink": next, "id": null}),
        Style::Bare => match next {
            Some(next) => json!({"value": rest, "nextLink": next}),
            None => json!({"value": rest}),
        },
        Style::Subscriptions => json!({"value": rest, "count": {"type": "Total", "value": count}}),
    }))
}

/// Returns the address of the next page: the query as sent, with the number of values to skip.
fn next_link(call: &Call, skip: usize) -> String {
    call.address(&call.path, &call.query.with("$skip", &skip.to_string()))
}

fn number(call: &Call, name: &str) -> Result<Option<usize>, Reply> {
    let Some(text) = call.query.get(name) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| invalid(&format!("{name} must be a number, but is '{text}'")))
}

fn invalid(problem: &str) -> Reply {
    Reply::apim(StatusCode::BAD_REQUEST, "ValidationError", problem)
}

#[cfg(test)]
mod tests {
    use hyper::Method;

    use super::{super::call::tests::call, *};

    fn values(count: usize) -> Vec<Value> {
        (0..count).map(|n| json!({"name": format!("n{n}"), "properties": {"displayName": "it's"}})).collect()
    }

    fn at(address: &str, count: usize) -> Value {
        let reply = page(&call(Method::GET, address, &Value::Null), values(count), Style::ApiManagement);
        reply.unwrap().body().unwrap().clone()
    }

    #[test]
    fn following_the_links_shows_every_value_once() {
        for query in ["?api-version=1", "?api-version=1&$filter=displayName+eq+'it''s'"] {
            let mut address = format!("/a b{query}");
            let mut seen = Vec::new();
            loop {
                let body = at(&address, 250);
                assert_eq!(body["count"], 250);
                seen.extend(body["value"].as_array().unwrap().iter().map(|it| it["name"].clone()));
                let Some(next) = body["nextLink"].as_str() else { break };
                let path = next.strip_prefix("http://127.0.0.1:1").unwrap();
                assert!(path.starts_with("/a%20b?") && path.contains("api-version=1"), "{path}");
                address = path.replace("%20", " ");
            }
            let expected: Vec<Value> = (0..250).map(|n| format!("n{n}").into()).collect();
            assert_eq!(seen, expected, "{query}");
        }
    }

    #[test]
    fn top_is_the_size_of_a_page_and_the_link_has_the_form_that_was_recorded() {
        let body = at("/x?$top=2&api-version=1&$skip=3", 10);
        assert_eq!(body["value"][0]["name"], "n3");
        assert_eq!(body["nextLink"], "http://127.0.0.1:1/x?%24top=2&api-version=1&%24skip=5");
        assert_eq!(at("/x?$top=2&$skip=8", 10).get("nextLink"), None);
        assert_eq!(at("/x?$top=150", 200)["value"].as_array().unwrap().len(), PAGE);
        assert_eq!(at("/x?$skip=20", 10)["value"], json!([]));
    }

    #[test]
    fn values_that_are_not_numbers_are_refused() {
        for address in ["/x?$top=0", "/x?$top=-1", "/x?$skip=a", "/x?$filter=nonsense"] {
            let reply = page(&call(Method::GET, address, &Value::Null), values(1), Style::Web).unwrap_err();
            assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{address}");
        }
    }
}
