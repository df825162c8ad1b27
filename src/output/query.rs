//! `--query`: the part of a report that a `JMESPath` expression selects.

mod evaluate;
mod function;

use std::str::FromStr;

use jmespath::Expression;
use serde_json::Value;

/// A `JMESPath` expression.
#[derive(Clone, Debug)]
pub struct Query(Expression<'static>);

/// A text that is not a valid `JMESPath` expression, or an expression that does not fit a report.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct InvalidQuery(String);

impl FromStr for Query {
    type Err = InvalidQuery;

    fn from_str(text: &str) -> Result<Self, InvalidQuery> {
        jmespath::compile(text)
            .map(Self)
            .map_err(|error| InvalidQuery(error.to_string().trim_end().to_owned()))
    }
}

impl Query {
    /// Returns the part of the report that the expression selects. Objects keep the order of their fields, as in the
    /// Azure CLI: that of the report, or that in which the expression names them.
    ///
    /// # Errors
    ///
    /// [`InvalidQuery`] if a function of the expression does not accept its argument.
    pub fn select(&self, report: &Value) -> Result<Value, InvalidQuery> {
        evaluate::search(&self.0, report).map_err(|error| {
            InvalidQuery(format!(
                "the query cannot be applied to the result: {}",
                error.to_string().trim_end()
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn selected(query: &str, report: &Value) -> String {
        query.parse::<Query>().unwrap().select(report).unwrap().to_string()
    }

    #[test]
    fn a_query_selects_from_a_report() {
        let query: Query = "links[].env".parse().unwrap();
        let found = query.select(&json!({"links": [{"env": "a"}, {"env": "b"}]})).unwrap();
        assert_eq!(found, json!(["a", "b"]));
        let error = "links[".parse::<Query>().unwrap_err().to_string();
        assert!(error.contains("Parse error") || error.contains("parse error"), "{error}");
    }

    #[test]
    fn fields_keep_the_order_of_the_report_or_of_the_expression() {
        let report = json!({"links": [{"z": 1, "a": {"y": 2, "b": 3}}, {"z": 0, "a": null}], "env": "prod"});
        for (query, expected) in [
            ("links[0]", r#"{"z":1,"a":{"y":2,"b":3}}"#),
            ("links[0].{z: z, b: a.b, a: a.y}", r#"{"z":1,"b":3,"a":2}"#),
            ("links[].{state: z, env: z}", r#"[{"state":1,"env":1},{"state":0,"env":0}]"#),
            ("links[0].a.*", "[2,3]"),
            ("keys(links[0])", r#"["z","a"]"#),
            ("values(links[0].a)", "[2,3]"),
            ("sort_by(links, &z)[0]", r#"{"z":0,"a":null}"#),
            ("max_by(links, &z)", r#"{"z":1,"a":{"y":2,"b":3}}"#),
            ("map(&{z: z, a: z}, links)", r#"[{"z":1,"a":1},{"z":0,"a":0}]"#),
            ("merge(links[0], {c: env, z: env})", r#"{"z":"prod","a":{"y":2,"b":3},"c":"prod"}"#),
            ("not_null(links[1].a, links[0])", r#"{"z":1,"a":{"y":2,"b":3}}"#),
            ("reverse(links)[1]", r#"{"z":1,"a":{"y":2,"b":3}}"#),
            ("to_array(links[0])", r#"[{"z":1,"a":{"y":2,"b":3}}]"#),
            ("to_string(links[0])", r#""{\"z\":1,\"a\":{\"y\":2,\"b\":3}}""#),
            ("links[?a] | [0]", r#"{"z":1,"a":{"y":2,"b":3}}"#),
            ("@ | links[-1:]", r#"[{"z":0,"a":null}]"#),
        ] {
            assert_eq!(selected(query, &report), expected, "{query}");
        }
    }

    #[test]
    fn a_function_that_does_not_fit_is_an_error_at_its_place() {
        for (query, said) in [
            ("sort_by(@, &z)", "expects type array"),
            ("sum(links)", "array[number]"),
            ("keys(links)", "expects type object"),
            ("merge(links)", "expects type object"),
            ("length(&z)", "expref"),
            ("surely(@)", "undefined function surely"),
            ("links[::0]", "slice"),
            ("map(&z, links, links)", "arguments"),
            ("sort_by(links, &@)", "must return"),
        ] {
            let error = query.parse::<Query>().unwrap().select(&json!({"links": [{"z": 1}]})).unwrap_err();
            let error = error.to_string();
            assert!(error.starts_with("the query cannot be applied to the result: "), "{error}");
            assert!(error.to_lowercase().contains(said), "{query}: {error}");
        }
    }

    /// Expressions of every kind of node and every function.
    const EXPRESSIONS: [&str; 44] = [
        "@",
        "a",
        "a.b",
        "b.a.c",
        "[0]",
        "a[1]",
        "a[-1]",
        "a[-9]",
        "a[1:]",
        "a[::-1]",
        "a[0:2:1]",
        "a[]",
        "a[*].b",
        "a.*",
        "a.*.b",
        "*.b[]",
        "a[?b]",
        "a[?b > `1`].b",
        "a[?b == `1` || !c]",
        "a[?@ != `null`] | [0]",
        "[a, b, `3`]",
        "{x: a, a: b.c}",
        "a[].{b: b, a: @}",
        "a && b",
        "length(not_null(a, `[]`))",
        "not_null(b, a, `1`)",
        "to_array(a)",
        "to_string(a)",
        "type(a)",
        "keys(not_null(b.c, @))",
        "values(@)",
        "merge(@, `{\"a\": 7}`)",
        "map(&b, to_array(a))",
        "sort_by(a[?type(@) == 'object' && type(b) == 'number'] || `[]`, &b)",
        "min_by(a[?type(@) == 'object' && type(b) == 'number'] || `[]`, &b)",
        "max_by(a[?type(@) == 'object' && type(b) == 'number'] || `[]`, &b).b",
        "sort(a[?type(@) == 'number'] || `[]`)",
        "sum(a[?type(@) == 'number'] || `[]`)",
        "max(a[?type(@) == 'number'] || `[]`)",
        "join(',', a[?type(@) == 'string'] || `[]`)",
        "contains(to_array(a), b)",
        "reverse(to_array(a))",
        "sort_by(@, &b)",
        "abs(a)",
    ];

    /// JSON whose objects have the fields `a`, `b` and `c`.
    fn documents() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-3_i64..4).prop_map(Value::from),
            "[a-c]{0,2}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[a-c]", inner), 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    /// What the library selects, which sorts the fields of every object.
    fn by_library(query: &str, report: &Value) -> Option<Value> {
        let found = jmespath::compile(query).unwrap().search(report).ok()?;
        serde_json::to_value(&*found).ok()
    }

    /// A value without the order of fields, on which `*`, `keys` and `values` depend.
    fn unordered(value: Value, query: &str) -> Value {
        let is_of_fields = ["*", "keys(", "values(", "to_string("].iter().any(|it| query.contains(it));
        match value {
            Value::Array(items) if is_of_fields => {
                let mut items: Vec<Value> = items.into_iter().map(|item| unordered(item, query)).collect();
                items.sort_by_cached_key(sorted_text);
                Value::Array(items)
            }
            Value::String(text) if is_of_fields => {
                let mut letters: Vec<char> = text.chars().collect();
                letters.sort_unstable();
                Value::from(letters.into_iter().collect::<String>())
            }
            other => other,
        }
    }

    fn sorted_text(value: &Value) -> String {
        let mut value = value.clone();
        value.sort_all_objects();
        value.to_string()
    }

    proptest! {
        #[test]
        fn the_same_is_selected_as_by_the_library(document in documents(), at in 0..EXPRESSIONS.len()) {
            let query = EXPRESSIONS[at];
            let found = query.parse::<Query>().unwrap().select(&document).ok();
            let expected = by_library(query, &document);
            prop_assert_eq!(
                found.map(|it| unordered(it, query)),
                expected.map(|it| unordered(it, query)),
                "{}", query
            );
        }
    }
}
