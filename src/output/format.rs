//! The output formats.

use std::fmt::Write as _;

use comfy_table::{Cell, Table, presets};
use serde::Serialize;
use serde_json::Value;
use strum::{EnumString, VariantNames};

use super::clean;
use crate::report::{escaped_json, one_line};

/// An output format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, VariantNames)]
#[strum(serialize_all = "kebab-case", parse_err_ty = String, parse_err_fn = unknown)]
pub enum Format {
    /// Text: aligned, coloured on a terminal, plain in a pipe.
    #[default]
    Table,
    /// JSON: the stable format for programs.
    Json,
    /// JSON with colours.
    Jsonc,
    /// YAML with the content of the JSON format.
    Yaml,
    /// YAML with colours.
    Yamlc,
    /// One line for each row, values separated by tabs, without a header.
    Tsv,
    /// A Markdown table, for step summaries and issues.
    Markdown,
    /// No result; the exit code says enough.
    None,
}

fn unknown(_: &str) -> String {
    format!("the formats are {}", Format::VARIANTS.join(", "))
}

/// Rows with named columns.
pub(crate) struct Rows {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Rows {
    /// Returns the result of a query in the layout of the Azure CLI: a list of objects by their scalar fields, a list
    /// of lists by position, anything else as one cell.
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Array(items) if items.iter().any(Value::is_object) => Self::of_objects(items),
            Value::Array(items) => {
                let row = |item: &Value| match item {
                    Value::Array(cells) => cells.iter().map(scalar).collect(),
                    other => vec![scalar(other)],
                };
                let rows: Vec<Vec<String>> = items.iter().map(row).collect();
                let width = rows.iter().map(Vec::len).max().unwrap_or(0);
                Self { columns: (1..=width).map(|at| format!("column{at}")).collect(), rows }
            }
            Value::Object(_) => Self::of_objects(std::slice::from_ref(value)),
            other => Self { columns: vec!["result".to_owned()], rows: vec![vec![scalar(other)]] },
        }
    }

    fn of_objects(items: &[Value]) -> Self {
        let mut columns: Vec<String> = Vec::new();
        for key in items.iter().filter_map(Value::as_object).flat_map(|object| object.keys()) {
            if !columns.contains(key) {
                columns.push(key.clone());
            }
        }
        let cell = |item: &Value, key: &String| item.get(key).map(scalar).unwrap_or_default();
        let rows = items.iter().map(|item| columns.iter().map(|key| cell(item, key)).collect()).collect();
        Self { columns, rows }
    }

    pub(super) fn tsv(&self) -> String {
        let line = |row: &Vec<String>| row.iter().map(|cell| clean::tsv(cell)).collect::<Vec<_>>().join("\t");
        self.rows.iter().fold(String::new(), |mut text, row| {
            let _ = writeln!(text, "{}", line(row));
            text
        })
    }

    pub(super) fn markdown(&self) -> String {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| clean::markdown(cell)).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let ruler = vec!["---"; self.columns.len()].join(" | ");
        let head = format!("{}| {ruler} |\n", line(&self.columns));
        self.rows.iter().fold(head, |text, row| text + &line(row))
    }

    pub(super) fn table(&self) -> String {
        let cell = |text: &str| Cell::new(one_line(text));
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_header(self.columns.iter().map(|name| cell(&name.to_uppercase())));
        table.add_rows(self.rows.iter().map(|row| row.iter().map(|text| cell(text)).collect::<Vec<_>>()));
        trimmed(&table)
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Returns the lines of a table without trailing spaces.
fn trimmed(table: &Table) -> String {
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

pub(super) fn json(report: &impl Serialize) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(report).map(|text| escaped_json(text) + "\n")
}

/// Returns JSON on one line.
pub(super) fn json_line(report: &impl Serialize) -> Result<String, serde_json::Error> {
    serde_json::to_string(report).map(|text| escaped_json(text) + "\n")
}

pub(super) fn yaml(report: &impl Serialize) -> Result<String, String> {
    let text = serde_saphyr::to_string(report).map_err(|error| error.to_string())?;
    // Every JSON document is also a YAML document, and JSON escapes characters that YAML would write unescaped.
    if clean::is_printable(&text) { Ok(text) } else { json(report).map_err(|error| error.to_string()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_query_selected_becomes_rows() {
        let rows = Rows::of(&json!([{"a": 1, "b": "x\ty"}, {"b": null, "c": [1]}]));
        assert_eq!(rows.columns, ["a", "b", "c"]);
        assert_eq!(rows.tsv(), "1\tx\\ty\t\n\t\t[1]\n");
        assert_eq!(Rows::of(&json!("linked")).tsv(), "linked\n");
        assert_eq!(Rows::of(&json!([["a", 1], ["b", 2]])).tsv(), "a\t1\nb\t2\n");
    }

    #[test]
    fn the_columns_of_a_table_are_as_wide_as_they_look() {
        let rows = Rows::of(&json!([["a", "日本", "c"], ["bb", "x", ""], ["", "", 1]]));
        let expected =
            " COLUMN1  COLUMN2  COLUMN3\n a        日本     c\n bb       x\n                   1\n";
        assert_eq!(rows.table(), expected);
        assert_eq!(Rows::of(&json!([["a"], ["bb", "c"]])).table(), " COLUMN1  COLUMN2\n a\n bb       c\n");
        assert_eq!(Rows::of(&json!(null)).table(), " RESULT\n\n");
        assert_eq!(Rows::of(&json!([])).table() + &Rows::of(&json!([{}])).table(), "");
    }

    #[test]
    fn markdown_cells_cannot_break_out_of_their_table() {
        let rows = Rows::of(&json!([{"a": "x|y\nz"}]));
        assert_eq!(rows.markdown(), "| a |\n| --- |\n| x\\|y z |\n");
    }
}
