//! Converts the answers of list calls to one list of elements, and checks that no page of a list is missing.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::ImportError;
use crate::model::ResourceId;

/// Whether a list may be imported if pages of it are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pages {
    /// A list must be complete.
    Complete,
    /// Some pages of a list are sufficient.
    Partial,
}

/// One answer to a list call.
struct Page {
    /// The position of its first element.
    index: usize,
    elements: usize,
    /// The field that says that another page follows.
    next: Option<&'static str>,
    /// The field with the total number of elements on all pages, and that number.
    whole: Option<(&'static str, u64)>,
}

/// Returns the elements of a value in any of the accepted forms.
///
/// # Errors
///
/// [`ImportError::Page`] if pages of a list are missing, unless `pages` allows that.
pub(super) fn elements(value: Value, pages: Pages) -> Result<Vec<Value>, ImportError> {
    let (mut values, mut found) = (Vec::new(), Vec::new());
    flatten(value, &mut values, &mut found);
    if pages == Pages::Complete {
        check(&found, &values)?;
    }
    Ok(values)
}

fn flatten(value: Value, into: &mut Vec<Value>, pages: &mut Vec<Page>) {
    match value {
        Value::Array(values) => values.into_iter().for_each(|value| flatten(value, into, pages)),
        Value::Object(mut object) => match list_in(&mut object) {
            Some(values) => {
                let index = into.len();
                for value in values {
                    flatten(value, into, pages);
                }
                pages.push(page(&object, index, into.len() - index));
            }
            None => into.push(Value::Object(object)),
        },
        other => into.push(other),
    }
}

/// Returns the list in an answer without an id of its own: `value`, or `data` from Resource Graph.
fn list_in(object: &mut Map<String, Value>) -> Option<Vec<Value>> {
    if object.get("id").is_some_and(|id| !id.is_null()) {
        return None;
    }
    let name = ["value", "data"].into_iter().find(|name| match object.get(*name) {
        Some(Value::Array(_)) => true,
        Some(Value::Object(table)) => *name == "data" && table.contains_key("rows"),
        _ => false,
    })?;
    match object.shift_remove(name)? {
        Value::Array(values) => Some(values),
        Value::Object(table) => Some(rows(&table)),
        _ => None,
    }
}

/// Converts the rows of a table to objects.
fn rows(table: &Map<String, Value>) -> Vec<Value> {
    let list = |name: &str| table.get(name).and_then(Value::as_array).into_iter().flatten();
    let names: Vec<&str> = list("columns").filter_map(|column| column.get("name")?.as_str()).collect();
    let row = |row: &Value| {
        let cells = row.as_array().into_iter().flatten().cloned();
        names.iter().map(|name| (*name).to_owned()).zip(cells).collect::<Map<_, _>>().into()
    };
    list("rows").map(row).collect()
}

fn page(answer: &Map<String, Value>, index: usize, elements: usize) -> Page {
    const NEXT: [&str; 5] = ["nextLink", "$skipToken", "skipToken", "skip_token", "next_link"];
    const TRUNCATED: [&str; 2] = ["resultTruncated", "result_truncated"];
    const WHOLE: [&str; 3] = ["count", "totalRecords", "total_records"];
    let is_set = |name: &&str| match answer.get(*name) {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(_) => true,
    };
    let is_true = |name: &&str| match answer.get(*name) {
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
        other => other.and_then(Value::as_bool) == Some(true),
    };
    let next = NEXT.into_iter().find(is_set).or_else(|| TRUNCATED.into_iter().find(is_true));
    let number = |name: &'static str| {
        let value = answer.get(name)?;
        // Resource Manager counts subscriptions as `{"type":"Total","value":1}`
        value.as_u64().or_else(|| value.get("value")?.as_u64()).map(|number| (name, number))
    };
    let whole = WHOLE.into_iter().filter_map(number).max_by_key(|(_, number)| *number);
    Page { index, elements, next, whole }
}

fn check(pages: &[Page], values: &[Value]) -> Result<(), ImportError> {
    let mut lists: BTreeMap<String, Vec<&Page>> = BTreeMap::new();
    for page in pages {
        lists.entry(collection(values.get(page.index))).or_default().push(page);
    }
    lists.values().try_for_each(|pages| complete(pages))
}

/// Checks that these are all pages of one list: the last page is present, and there are at least as many elements as
/// any page states as the total.
fn complete(pages: &[&Page]) -> Result<(), ImportError> {
    let elements: usize = pages.iter().map(|page| page.elements).sum();
    let missing = |page: &Page, sign: String| ImportError::Page { index: page.index, elements, sign };
    let ends = pages.iter().any(|page| page.next.is_none());
    if let Some((page, next)) = pages.iter().find_map(|page| Some((page, page.next?))).filter(|_| !ends) {
        return Err(missing(page, format!("`{next}` is set")));
    }
    for page in pages {
        if let Some((name, whole)) = page.whole.filter(|(_, whole)| *whole > elements as u64) {
            return Err(missing(page, format!("`{name}` is {whole}")));
        }
    }
    Ok(())
}

/// Returns the collection of the list that an element is in: it is the same for two pages of one list.
fn collection(first: Option<&Value>) -> String {
    let id = first.and_then(|element| element.get("id")?.as_str());
    let Some(id) = id.and_then(|id| ResourceId::parse(id).ok()) else { return String::new() };
    let place = id
        .parent()
        .map_or_else(|| id.azure_subscription().to_owned(), |parent| parent.lower_case().to_owned());
    format!("{place} {}", id.resource_type()).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn api(name: &str) -> Value {
        json!({"id": format!("/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a/apis/{name}")})
    }

    fn sign(value: Value) -> Option<String> {
        match elements(value, Pages::Complete) {
            Err(ImportError::Page { sign, .. }) => Some(sign),
            Err(other) => panic!("{other}"),
            Ok(_) => None,
        }
    }

    #[test]
    fn a_list_that_has_another_page_is_not_complete() {
        for (answer, expected) in [
            (json!({"value": [api("a")], "nextLink": "https://management.azure.com/x"}), "`nextLink` is set"),
            (json!({"value": [api("a")], "count": 2}), "`count` is 2"),
            (json!({"value": [], "nextLink": {"odd": true}}), "`nextLink` is set"),
            (
                json!({"data": [api("a")], "$skipToken": "x", "resultTruncated": "false"}),
                "`$skipToken` is set",
            ),
            (json!({"data": [api("a")], "count": 1, "skip_token": "x"}), "`skip_token` is set"),
            (json!({"data": [api("a")], "resultTruncated": "true"}), "`resultTruncated` is set"),
            (json!({"data": [api("a")], "count": 1, "totalRecords": 9}), "`totalRecords` is 9"),
            (json!([[{"value": [api("a")], "nextLink": "x"}], api("b")]), "`nextLink` is set"),
        ] {
            assert_eq!(sign(answer.clone()).as_deref(), Some(expected), "{answer}");
            assert!(elements(answer, Pages::Partial).is_ok());
        }
    }

    #[test]
    fn a_list_without_another_page_is_complete() {
        for answer in [
            json!({"value": [api("a")], "nextLink": null, "id": null}),
            json!({"value": [api("a")], "nextLink": "", "count": 1}),
            json!({"value": [api("a"), api("b")], "count": {"type": "Total", "value": 2}}),
            json!({"data": [api("a")], "count": 1, "skip_token": null, "total_records": 1, "resultTruncated": "false"}),
            json!([{"value": [api("a")], "nextLink": "x", "count": 2}, {"value": [api("b")], "count": 2}]),
        ] {
            assert_eq!(sign(answer.clone()), None, "{answer}");
        }
    }

    #[test]
    fn pages_of_another_list_complete_nothing() {
        let other =
            json!({"id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/staticSites/shop"});
        assert!(sign(json!([{"value": [api("a")], "nextLink": "x"}, {"value": [other]}])).is_some());
    }

    #[test]
    fn a_table_of_resource_graph_has_a_resource_a_row() {
        let table = json!({"columns": [{"name": "id", "type": "string"}, {"name": "name", "type": "string"}],
                           "rows": [["/subscriptions/s", "s"]]});
        let found = elements(json!({"totalRecords": 1, "data": table}), Pages::Complete).unwrap();
        assert_eq!(found, [json!({"id": "/subscriptions/s", "name": "s"})]);
    }
}
