//! The colours of JSON and YAML, for the formats `jsonc` and `yamlc`.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

/// The name of a field.
const NAME: Style = AnsiColor::Blue.on_default().bold();
/// A string.
const TEXT: Style = AnsiColor::Green.on_default();
/// A number, `true`, `false` or `null`.
const WORD: Style = AnsiColor::Cyan.on_default();

/// Returns JSON with colours.
pub(super) fn json(text: &str) -> String {
    let mut painted = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => end_of_string(rest),
            c if is_of_word(c) => rest.find(|c| !is_of_word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        match first {
            '"' if after.trim_start().starts_with(':') => put(&mut painted, NAME, token),
            '"' => put(&mut painted, TEXT, token),
            c if is_of_word(c) => put(&mut painted, WORD, token),
            _ => painted.push_str(token),
        }
        rest = after;
    }
    painted
}

/// Returns YAML in block style with colours.
pub(super) fn yaml(text: &str) -> String {
    let mut painted = String::with_capacity(text.len() * 2);
    // A block of text ends at the first line that does not begin to the right of this column.
    let mut block: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let line_end = line.trim_end_matches('\n');
        let is_in_block =
            block.is_some_and(|column| indentation(line_end) > column || line_end.trim().is_empty());
        if is_in_block {
            put(&mut painted, TEXT, line_end);
        } else {
            block = put_line(&mut painted, line_end);
        }
        painted.push_str(&line[line_end.len()..]);
    }
    painted
}

/// Appends a line that is not in a block of text. If a block follows, returns the column that its lines are beyond.
fn put_line(painted: &mut String, line: &str) -> Option<usize> {
    let content = without_dashes(line);
    let start = line.len() - content.len();
    painted.push_str(&line[..start]);
    let (name, value) = name_and_value(content);
    if !name.is_empty() {
        put(painted, NAME, name);
        painted.push(':');
    }
    put_value(painted, value);
    let is_block = value.trim_start().starts_with(['|', '>']);
    is_block.then(|| if name.is_empty() { start.saturating_sub(2) } else { start })
}

/// A line without its indentation and the dashes of list items.
fn without_dashes(line: &str) -> &str {
    let bare = line.trim_start_matches(' ');
    bare.strip_prefix("- ").map_or(bare, without_dashes)
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The name of a field and what follows its colon; a line without a name is a value.
fn name_and_value(line: &str) -> (&str, &str) {
    let name = if line.starts_with('"') { end_of_string(line) } else { line.find(':').unwrap_or_default() };
    match line.split_at(name) {
        (name, rest) if !name.is_empty() && (rest == ":" || rest.starts_with(": ")) => (name, &rest[1..]),
        _ => ("", line),
    }
}

fn put_value(painted: &mut String, value: &str) {
    let bare = value.trim_start();
    painted.push_str(&value[..value.len() - bare.len()]);
    let is_word = ["true", "false", "null", "[]", "{}"].contains(&bare) || bare.parse::<f64>().is_ok();
    put(painted, if is_word { WORD } else { TEXT }, bare);
}

fn put(painted: &mut String, style: Style, token: &str) {
    if token.is_empty() {
        return;
    }
    let _ = write!(painted, "{style}{token}{style:#}");
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || ['-', '+', '.'].contains(&c)
}

/// The length of the string that a text begins with, quotes included.
fn end_of_string(text: &str) -> usize {
    let mut is_escaped = true;
    for (at, c) in text.char_indices() {
        match c {
            '"' if !is_escaped => return at + 1,
            '\\' => is_escaped = !is_escaped && at > 0,
            _ => is_escaped = false,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::output::format;

    #[test]
    fn names_texts_and_words_have_colours_of_their_own() {
        let painted = json(r#"{"a \"b\\": "c: {1}", "n": [-1.5e3, true]}"#);
        assert_eq!(
            painted,
            format!(
                "{{{NAME}\"a \\\"b\\\\\"{NAME:#}: {TEXT}\"c: {{1}}\"{TEXT:#}, {NAME}\"n\"{NAME:#}: \
                 [{WORD}-1.5e3{WORD:#}, {WORD}true{WORD:#}]}}"
            )
        );
        let painted = yaml("a: b\nlist:\n- n: 1\n  text: >-\n    x: y\n");
        assert_eq!(
            painted,
            format!(
                "{NAME}a{NAME:#}: {TEXT}b{TEXT:#}\n{NAME}list{NAME:#}:\n- {NAME}n{NAME:#}: {WORD}1{WORD:#}\n  \
                 {NAME}text{NAME:#}: {TEXT}>-{TEXT:#}\n{TEXT}    x: y{TEXT:#}\n"
            )
        );
    }

    proptest! {
        #[test]
        fn colours_change_no_text(text in "(?s)[\"\\\\:a1 {},\\[\\]\n>|-]{0,40}", name in "[\"\\\\:a1 -]{0,6}") {
            let value = json!({"list": [text, {name: text}], "n": 1, "no": Value::Null});
            for (plain, painted) in [
                (format::json(&value).unwrap(), json(&format::json(&value).unwrap())),
                (format::yaml(&value).unwrap(), yaml(&format::yaml(&value).unwrap())),
            ] {
                prop_assert_eq!(strip_str(&painted).to_string(), plain);
            }
        }
    }
}
