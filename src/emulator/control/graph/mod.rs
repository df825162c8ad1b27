//! Resource Graph: queries for sites and services, in the implemented subset of the query language. A clause that is
//! not implemented is rejected, never ignored.

mod query;
mod stage;
mod token;

use hyper::{StatusCode, header::HeaderName};
use serde_json::{Map, Value, json};

use self::token::Unparsed;
use super::{
    call::Call,
    manager::ResourceManager,
    refused::refused,
    scope::{TENANT, azure_subscriptions, top_level},
    version,
};
use crate::{emulator::reply::Reply, model::ResourceId};

/// The maximum number of rows in an answer.
const MOST: u64 = 1000;

/// The columns of a resource, in Azure's order.
const COLUMNS: [&str; 16] = [
    "id",
    "name",
    "type",
    "tenantId",
    "kind",
    "location",
    "resourceGroup",
    "subscriptionId",
    "managedBy",
    "sku",
    "plan",
    "properties",
    "tags",
    "identity",
    "zones",
    "extendedLocation",
];

/// The columns that are objects.
const OBJECTS: [&str; 7] = ["sku", "plan", "properties", "tags", "identity", "zones", "extendedLocation"];

/// Runs any text as a query over some rows.
pub(super) fn fuzz(text: &str, rows: Vec<Map<String, Value>>) {
    match query::parse(text) {
        Ok(stages) => drop(stages.iter().fold(rows, |rows, stage| stage::applied(stage, rows))),
        Err(problem) => drop(invalid(&problem)),
    }
}

/// A row: column names and values.
type Row = Map<String, Value>;

/// Handles a Resource Graph query.
pub(super) fn answer(manager: &ResourceManager, call: &Call) -> Result<Reply, Reply> {
    let body = call.object()?;
    let text = body.get("query").and_then(Value::as_str).unwrap_or_default();
    let stages = query::parse(text).map_err(|problem| invalid(&problem))?;
    if body.get("facets").and_then(Value::as_array).is_some_and(|facets| !facets.is_empty()) {
        return Err(invalid(&Unparsed::unsupported("facets", text, 0)));
    }
    let mut rows = rows_of(manager, call, &body)?;
    for stage in &stages {
        rows = stage::applied(stage, rows);
    }
    Ok(page(call, &body, rows))
}

/// Returns the resources of the Azure subscriptions that the request names.
fn rows_of(manager: &ResourceManager, call: &Call, body: &Map<String, Value>) -> Result<Vec<Row>, Reply> {
    let scopes = body.get("subscriptions").and_then(Value::as_array).cloned().unwrap_or_default();
    let shown = call.as_of(version::NEWEST);
    let mut rows = Vec::new();
    for id in azure_subscriptions(manager)? {
        let is = |scope: &Value| scope.as_str().is_some_and(|scope| scope.eq_ignore_ascii_case(&id));
        if !scopes.is_empty() && !scopes.iter().any(is) {
            continue;
        }
        let scope = ResourceId::parse(&format!("/subscriptions/{id}"));
        let scope =
            scope.map_err(|error| refused(&crate::provider::ProviderError::Malformed(error.into())))?;
        rows.extend(top_level(manager, &shown, &scope, None)?.into_iter().filter_map(row));
    }
    Ok(rows)
}

/// Converts a resource to a row of Resource Graph.
fn row(mut value: Value) -> Option<Row> {
    let id = ResourceId::parse(value.get("id")?.as_str()?).ok()?;
    let lower = |text: Option<&str>| Value::from(text.unwrap_or_default().to_lowercase());
    let row = COLUMNS.iter().map(|column| {
        let taken = value.get_mut(*column).map(Value::take).unwrap_or_default();
        let shown = match *column {
            "type" => lower(taken.as_str()),
            "location" => lower(taken.as_str()).as_str().unwrap_or_default().replace(' ', "").into(),
            "resourceGroup" => id.group().unwrap_or_default().into(),
            "subscriptionId" => id.azure_subscription().into(),
            "tenantId" => TENANT.into(),
            "kind" | "managedBy" => taken.as_str().unwrap_or_default().into(),
            _ => taken,
        };
        ((*column).to_owned(), shown)
    });
    Some(row.collect())
}

fn page(call: &Call, body: &Map<String, Value>, rows: Vec<Row>) -> Reply {
    let options = body.get("options").cloned().unwrap_or_default();
    let number = |name: &str| {
        let value = options.get(name)?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    };
    let start = number("$skipToken").or_else(|| number("$skip")).unwrap_or(0);
    let size = number("$top").unwrap_or(MOST).min(MOST);
    let total = rows.len();
    let (start, size) = (usize::try_from(start).unwrap_or(usize::MAX), usize::try_from(size).unwrap_or(1000));
    let columns: Vec<String> = rows.first().map_or_else(Vec::new, |row| row.keys().cloned().collect());
    let page: Vec<Row> = rows.into_iter().skip(start).take(size).collect();
    let (count, end) = (page.len(), start.saturating_add(page.len()));
    let format = options.get("resultFormat").and_then(Value::as_str);
    let as_objects =
        format.map_or(call.version() != "2019-04-01", |it| it.eq_ignore_ascii_case("objectArray"));
    let data = if as_objects { page.into_iter().map(Value::Object).collect() } else { table(&columns, page) };
    let is_cut = end < total;
    let mut answer = json!({"totalRecords": total, "count": count, "data": data, "facets": [],
        "resultTruncated": if is_cut { "true" } else { "false" }});
    if is_cut {
        answer["$skipToken"] = end.to_string().into();
    }
    let quota = [
        ("x-ms-user-quota-remaining", "14"),
        ("x-ms-user-quota-resets-after", "00:00:05"),
        ("x-ms-ratelimit-remaining-tenant-resource-requests", "14"),
    ];
    quota
        .into_iter()
        .fold(Reply::ok(answer), |reply, (name, value)| reply.header(HeaderName::from_static(name), value))
}

fn table(columns: &[String], rows: Vec<Row>) -> Value {
    let kind = |column: &String| {
        let found = rows.iter().filter_map(|row| row.get(column)).find(|value| !value.is_null());
        match found {
            Some(Value::Bool(_)) => "boolean",
            Some(Value::Number(_)) => "integer",
            Some(Value::Object(_) | Value::Array(_)) => "object",
            None if OBJECTS.contains(&column.as_str()) => "object",
            Some(Value::String(_) | Value::Null) | None => "string",
        }
    };
    let heads: Vec<Value> = columns.iter().map(|name| json!({"name": name, "type": kind(name)})).collect();
    let values = rows.into_iter().map(|row| row.into_iter().map(|(_, value)| value).collect::<Value>());
    json!({"columns": heads, "rows": values.collect::<Vec<_>>()})
}

/// The answer to an invalid query, in Azure's recorded words.
fn invalid(problem: &Unparsed) -> Reply {
    let mut details =
        vec![json!({"code": "ParserFailure", "message": "Parser failure", "line": problem.line,
        "characterPositionInLine": problem.position, "token": problem.token, "expectedToken": "Ÿ"})];
    if let Some(unsupported) = &problem.unsupported {
        details.push(json!({"code": "NotEmulated",
            "message": format!("This emulator does not implement '{unsupported}' of the query language.")}));
    }
    let error = json!({"code": "InvalidQuery", "message": "Query validation error", "details": details});
    Reply::with(StatusCode::BAD_REQUEST, json!({ "error": error }))
}

#[cfg(test)]
mod tests {
    use hyper::Method;

    use super::{super::call::tests::call, *};

    fn rows() -> Vec<Row> {
        let of = |n: u64| json!({"name": n, "tags": null}).as_object().cloned().unwrap();
        (0..5).map(of).collect()
    }

    fn answered(version: &str, options: &Value) -> Value {
        let call = call(Method::POST, &format!("/x?api-version={version}"), &Value::Null);
        let body = json!({"options": options}).as_object().cloned().unwrap();
        page(&call, &body, rows()).body().unwrap().clone()
    }

    #[test]
    fn a_long_answer_of_the_graph_continues_with_a_token() {
        let (mut seen, mut options) = (Vec::new(), json!({"$top": 2}));
        loop {
            let answer = answered("2021-03-01", &options);
            seen.extend(answer["data"].as_array().unwrap().iter().map(|row| row["name"].clone()));
            assert_eq!(answer["resultTruncated"], if seen.len() < 5 { "true" } else { "false" });
            let Some(token) = answer.get("$skipToken") else { break };
            options["$skipToken"] = token.clone();
        }
        assert_eq!(seen, [0, 1, 2, 3, 4].map(Value::from));
    }

    #[test]
    fn the_oldest_version_answers_with_tables_unless_objects_are_asked_for() {
        let table = json!({"columns": [{"name": "name", "type": "integer"}, {"name": "tags", "type": "object"}],
            "rows": [[0, null]]});
        assert_eq!(answered("2019-04-01", &json!({"$top": 1}))["data"], table);
        let objects = json!([{"name": 0, "tags": null}]);
        assert_eq!(
            answered("2019-04-01", &json!({"$top": 1, "resultFormat": "objectArray"}))["data"],
            objects
        );
        assert_eq!(answered("2021-03-01", &json!({"$top": 1}))["data"], objects);
        assert_eq!(answered("2022-10-01", &json!({"$top": 1, "resultFormat": "table"}))["data"], table);
    }
}
