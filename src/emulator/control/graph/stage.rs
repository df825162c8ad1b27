//! Applies the steps of a query to rows.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::{
    Row,
    query::{Condition, Stage, Test},
};

pub(super) fn applied(stage: &Stage, mut rows: Vec<Row>) -> Vec<Row> {
    match stage {
        Stage::Where(condition) => rows.retain(|row| holds(condition, row)),
        Stage::Take(count) => rows.truncate(*count),
        Stage::Count => return vec![[("Count".to_owned(), json!(rows.len()))].into_iter().collect()],
        Stage::Project(columns) => {
            let projected = |row: &Row| -> Row {
                columns.iter().map(|(name, column)| (name.clone(), value(row, column))).collect()
            };
            rows = rows.iter().map(projected).collect();
        }
        Stage::ProjectAway(columns) => {
            let is_away = |name: &str| columns.iter().any(|column| column.eq_ignore_ascii_case(name));
            for row in &mut rows {
                row.retain(|name, _| !is_away(name));
            }
        }
        Stage::Order(columns) => rows.sort_by(|a, b| {
            let compared = columns.iter().map(|(column, is_ascending)| {
                let order = compare(&value(a, column), &value(b, column));
                if *is_ascending { order } else { order.reverse() }
            });
            compared.fold(Ordering::Equal, Ordering::then)
        }),
    }
    rows
}

/// Returns the value of a column or of a nested member.
fn value(row: &Row, column: &[String]) -> Value {
    let Some((first, rest)) = column.split_first() else { return Value::Null };
    let found = row.iter().find(|(name, _)| name.eq_ignore_ascii_case(first)).map(|(_, value)| value);
    let found = rest.iter().try_fold(found.unwrap_or(&Value::Null), |value, name| value.get(name));
    found.cloned().unwrap_or_default()
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn compare(a: &Value, b: &Value) -> Ordering {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
        _ => text(a).to_lowercase().cmp(&text(b).to_lowercase()),
    }
}

fn holds(condition: &Condition, row: &Row) -> bool {
    match condition {
        Condition::All(all) => all.iter().all(|condition| holds(condition, row)),
        Condition::Any(any) => any.iter().any(|condition| holds(condition, row)),
        Condition::Not(condition) => !holds(condition, row),
        Condition::Compare { column, test, texts } => {
            let found = text(&value(row, column));
            texts.iter().any(|wanted| fits(*test, &found, wanted))
        }
    }
}

fn fits(test: Test, found: &str, wanted: &str) -> bool {
    let (lower, wanted_lower) = (found.to_lowercase(), wanted.to_lowercase());
    match test {
        Test::Equal => found == wanted,
        Test::Same => lower == wanted_lower,
        Test::Contains => lower.contains(&wanted_lower),
        Test::StartsWith => lower.starts_with(&wanted_lower),
        Test::EndsWith => lower.ends_with(&wanted_lower),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::query::parse, *};

    fn names(query: &str) -> Vec<String> {
        let of = |name: &str, size: u64, env: &str| {
            let row = json!({"name": name, "type": "a/b", "sku": {"capacity": size}, "tags": {"env": env}});
            row.as_object().cloned().unwrap()
        };
        let rows = vec![of("Shop", 2, "prod"), of("api", 10, "test"), of("web", 1, "prod")];
        let rows = parse(query).unwrap().iter().fold(rows, |rows, stage| applied(stage, rows));
        rows.iter().map(|row| text(row.values().next().unwrap())).collect()
    }

    #[test]
    fn each_step_takes_what_the_step_before_it_left() {
        assert_eq!(names("where tags.env == 'prod' | project name"), ["Shop", "web"]);
        assert_eq!(names("where name =~ 'shop' or tags['env'] == 'test'"), ["Shop", "api"]);
        assert_eq!(names("where name == 'shop'"), [""; 0], "that operator minds the case");
        assert_eq!(names("where not(name in~ ('SHOP', 'WEB'))"), ["api"]);
        assert_eq!(names("order by sku.capacity asc | take 2"), ["web", "Shop"]);
        assert_eq!(names("sort by name desc"), ["web", "Shop", "api"]);
        assert_eq!(names("where name !contains 'HO' | count"), ["2"]);
        assert_eq!(names("project-away name, type | project size = sku.capacity"), ["2", "10", "1"]);
    }
}
