//! Lists: filtered, and page by page.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::{Call, Reply, filter::Filter};

/// How many values a page has where nobody asks for fewer.
const PAGE: usize = 100;

/// How a provider writes lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// With the number of all values.
    ApiManagement,
    /// With members that are always null.
    Web,
    /// With a link that is empty at the end.
    Resources,
}

/// The page of a list that a request asks for.
pub(super) fn page(call: &Call, mut values: Vec<Value>, style: Style) -> Result<Reply, Reply> {
    if let Some(text) = call.query.get("$filter").filter(|text| !text.trim().is_empty()) {
        let filter = Filter::parse(text).map_err(|problem| invalid(&problem))?;
        values.retain(|value| filter.admits(value));
    }
    let skip = number(call, "$skip")?.unwrap_or(0);
    let top = match number(call, "$top")? {
        Some(0) => return Err(invalid("$top has to be at least 1")),
        top => top.unwrap_or(usize::MAX),
    };
    let count = values.len();
    let rest: Vec<Value> = values.into_iter().skip(skip).take(top.min(PAGE)).collect();
    let end = skip + rest.len();
    // Whoever asks for the first so many does not want the others.
    let is_last = end >= count || rest.len() == top || rest.is_empty();
    let next = (!is_last).then(|| next_link(call, end, top - rest.len()));
    Ok(Reply::ok(match style {
        Style::ApiManagement => match next {
            Some(next) => json!({"value": rest, "count": count, "nextLink": next}),
            None => json!({"value": rest, "count": count}),
        },
        Style::Web => json!({"value": rest, "nextLink": next, "id": null}),
        Style::Resources => json!({"value": rest, "nextLink": next.unwrap_or_default()}),
    }))
}

fn next_link(call: &Call, skip: usize, left: usize) -> String {
    let mut query = call.query.clone();
    if query.get("$top").is_some() {
        query = super::call::Query::parse(&query.with("$top", &left.to_string()));
    }
    call.address(&call.path, &query.with("$skip", &skip.to_string()))
}

fn number(call: &Call, name: &str) -> Result<Option<usize>, Reply> {
    let Some(text) = call.query.get(name) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| invalid(&format!("{name} has to be a number, and is '{text}'")))
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
    fn top_ends_the_list_and_skip_begins_it_later() {
        let body = at("/x?$top=2&$skip=3", 10);
        assert_eq!(body["value"][0]["name"], "n3");
        assert_eq!((body["value"].as_array().unwrap().len(), body.get("nextLink")), (2, None));
        let body = at("/x?$top=150", 200);
        assert!(body["nextLink"].as_str().unwrap().contains("%24top=50"), "{}", body["nextLink"]);
        assert_eq!(at("/x?$skip=20", 10)["value"], json!([]));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for address in ["/x?$top=0", "/x?$top=-1", "/x?$skip=a", "/x?$filter=nonsense"] {
            let reply = page(&call(Method::GET, address, &Value::Null), values(1), Style::Web).unwrap_err();
            assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{address}");
        }
    }
}
