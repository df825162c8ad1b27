//! Fuzzing entry points: filters and Resource Graph queries.

use serde_json::{Map, Value, json};

use super::{
    filter::{FIELDS, Filter, OF_APIS, OF_PRODUCTS, OF_SUBSCRIPTIONS},
    graph,
};

fn resource() -> Value {
    json!({
        "id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a/products/p",
        "name": "p", "type": "Microsoft.ApiManagement/service/products", "location": "Central US",
        "properties": {"displayName": "A product", "state": "published", "scope": "/products/p", "isCurrent": true},
    })
}

/// Parses a text as the `$filter` of each list, and applies it.
pub(in crate::emulator) fn filter(text: &str) {
    for fields in [FIELDS, OF_PRODUCTS, OF_APIS, OF_SUBSCRIPTIONS] {
        if let Ok(filter) = Filter::parse(text, fields) {
            filter.admits(&resource());
        }
    }
}

/// Parses a text as a Resource Graph query, and runs it.
pub(in crate::emulator) fn graph_query(text: &str) {
    let row = |name: &str| -> Map<String, Value> {
        let columns = resource().as_object().cloned().unwrap_or_default().into_iter();
        columns.chain([("name".to_owned(), name.into())]).collect()
    };
    graph::fuzz(text, vec![row("a"), row("b")]);
}
