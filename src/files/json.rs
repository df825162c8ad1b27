//! Errors of JSON texts, in words that need no knowledge of the parser.

use std::borrow::Cow;

/// Returns the problem in a JSON text, without its position and without the value that the parser quotes, which may be
/// a key.
#[must_use]
pub fn json_problem(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    explained(message.strip_suffix(&position).unwrap_or(&message))
}

/// Returns the problem in a JSON text and, if it is known, its line and column.
#[must_use]
pub fn json_problem_at(error: &serde_json::Error) -> String {
    let problem = json_problem(error);
    match error.line() {
        0 => problem,
        line => format!("line {line}, column {}: {problem}", error.column()),
    }
}

/// The messages of the parser that have no variable part.
const FIXED: [(&str, &str); 24] = [
    ("EOF while parsing a list", "the text ends inside of an array"),
    ("EOF while parsing an object", "the text ends inside of an object"),
    ("EOF while parsing a string", "the text ends inside of a string"),
    ("EOF while parsing a value", "the text ends where a value is expected"),
    ("expected `:`", "a `:` is missing"),
    ("expected `,` or `]`", "a `,` or `]` is missing"),
    ("expected `,` or `}`", "a `,` or `}` is missing"),
    ("expected ident", "the text is not `true`, `false` or `null`"),
    ("expected value", "a value is missing or has the wrong form"),
    ("expected `\"`", "a `\"` is missing"),
    ("invalid escape", "a string contains an escape sequence that JSON does not have"),
    ("invalid number", "the number is not written as JSON requires"),
    ("number out of range", "the number is too large"),
    ("invalid unicode code point", "a string contains a character that does not exist"),
    (
        "control character (\\u0000-\\u001F) found while parsing a string",
        "a string contains a control character that is not escaped",
    ),
    ("key must be a string", "the name of a field must be a string"),
    ("invalid value: expected key to be a number in quotes", "the name of a field must be a number"),
    ("float key must be finite", "the name of a field must be a number"),
    ("lone leading surrogate in hex escape", "a string contains half of an escaped character"),
    ("unexpected end of hex escape", "a string contains half of an escaped character"),
    ("trailing comma", "a `,` is not allowed before the end"),
    ("trailing characters", "the text continues after the end of the value"),
    ("recursion limit exceeded", "arrays and objects are nested too deeply: the maximum is 127 levels"),
    ("expected a borrowed string", "a string contains an escape sequence where none is allowed"),
];

fn explained(message: &str) -> String {
    if let Some((_, words)) = FIXED.iter().find(|(known, _)| *known == message) {
        return (*words).to_owned();
    }
    if let Some((_, expected)) =
        message.strip_prefix("invalid length ").and_then(|it| it.rsplit_once(", expected "))
    {
        return format!("{} is expected, but found an array of another length", wanted(expected));
    }
    let mismatch = ["invalid type: ", "invalid value: "];
    if let Some(rest) = mismatch.iter().find_map(|start| message.strip_prefix(start))
        && let Some((found, expected)) = rest.rsplit_once(", expected ")
    {
        return format!("{} is expected, but found {}", wanted(expected), actual(found));
    }
    if let Some(field) = message.strip_prefix("missing field ") {
        return format!("{field} is missing");
    }
    if let Some(field) = message.strip_prefix("duplicate field ") {
        return format!("{field} occurs twice");
    }
    if let Some(rest) = message.strip_prefix("unknown field ") {
        return unknown(rest, "field");
    }
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        return unknown(rest, "value");
    }
    if message.starts_with("no variant of enum ") || message.starts_with("data did not match any variant ") {
        return "the value has none of the known forms".to_owned();
    }
    message.to_owned()
}

/// Explains a name that is not one of the known names: `` `x`, expected one of `a`, `b` ``.
fn unknown(rest: &str, kind: &str) -> String {
    let (name, known) = rest.split_once(", ").unwrap_or((rest, ""));
    let known = known.strip_prefix("expected ").map(|known| known.strip_prefix("one of ").unwrap_or(known));
    match known {
        Some(known) => format!("{name} is not a known {kind}; known: {}", known.replace(" or ", ", ")),
        None => format!("{name} is not a known {kind}"),
    }
}

/// Returns the expected form of a value.
fn wanted(expected: &str) -> Cow<'_, str> {
    let objects = ["struct ", "internally tagged enum ", "adjacently tagged enum ", "map", "a map"];
    let arrays = ["a sequence", "tuple ", "a tuple ", "an array "];
    let integers = ["u8", "u16", "u32", "u64", "u128", "usize"];
    let signed = ["i8", "i16", "i32", "i64", "i128", "isize"];
    if objects.iter().any(|start| expected.starts_with(start)) {
        return "an object".into();
    }
    if arrays.iter().any(|start| expected.starts_with(start)) {
        return "an array".into();
    }
    match expected {
        "string or map" | "enum" => "a string or an object".into(),
        "a borrowed string" | "string" | "variant identifier" | "field identifier" => "a string".into(),
        "f32" | "f64" => "a number".into(),
        "unit" | "null" => "null".into(),
        _ if integers.contains(&expected) || expected.starts_with("a nonzero u") => {
            "a positive integer".into()
        }
        _ if signed.contains(&expected) => "an integer".into(),
        _ => expected.into(),
    }
}

/// Returns the form of the value that was found, without the value.
fn actual(found: &str) -> &'static str {
    let forms = [
        ("string", "a string"),
        ("character", "a string"),
        ("integer", "an integer"),
        ("floating point", "a number"),
        ("number", "a number"),
        ("boolean", "a boolean"),
        ("null", "null"),
        ("unit", "null"),
        ("Option", "null"),
        ("sequence", "an array"),
        ("map", "an object"),
    ];
    let form = forms.into_iter().find(|(start, _)| found.starts_with(start));
    form.map_or("another value", |(_, form)| form)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[expect(dead_code, reason = "only errors are of interest")]
    struct Sample {
        name: String,
        count: u32,
        list: Vec<String>,
        shape: Option<Shape>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Shape {
        Round,
        Square,
    }

    fn problem(text: &str) -> String {
        json_problem(&serde_json::from_str::<Sample>(text).unwrap_err())
    }

    #[test]
    fn each_error_is_reported_without_the_words_of_the_parser() {
        for (text, expected) in [
            ("7", "an object is expected, but found an integer"),
            ("[]", "an object is expected, but found an array of another length"),
            (r#"{"name": 7}"#, "a string is expected, but found an integer"),
            (
                r#"{"name": "secret", "count": "secret"}"#,
                "a positive integer is expected, but found a string",
            ),
            (r#"{"count": -1}"#, "a positive integer is expected, but found an integer"),
            (r#"{"count": 1.5}"#, "a positive integer is expected, but found a number"),
            (r#"{"list": {}}"#, "an array is expected, but found an object"),
            (r#"{"list": null}"#, "an array is expected, but found null"),
            (r#"{"name": "a"}"#, "`count` is missing"),
            (r#"{"name": "a", "name": "b"}"#, "`name` occurs twice"),
            (r#"{"nick": 1}"#, "`nick` is not a known field; known: `name`, `count`, `list`, `shape`"),
            (r#"{"shape": "oval"}"#, "`oval` is not a known value; known: `round`, `square`"),
            (r#"{"shape": 7}"#, "a value is missing or has the wrong form"),
            ("{", "the text ends inside of an object"),
            ("", "the text ends where a value is expected"),
            (r#"{"name" 7}"#, "a `:` is missing"),
            (r#"{"name": "a" 7}"#, "a `,` or `}` is missing"),
            (r#"{"name": nil}"#, "the text is not `true`, `false` or `null`"),
            (r#"{"name": "a",}"#, "a `,` is not allowed before the end"),
        ] {
            assert_eq!(problem(text), expected, "{text}");
        }
    }

    #[test]
    fn the_position_follows_if_it_is_known() {
        let error = serde_json::from_str::<Sample>("{\n  \"name\": 7\n}").unwrap_err();
        assert_eq!(json_problem_at(&error), "line 2, column 11: a string is expected, but found an integer");
        let error = serde_json::from_value::<Sample>(serde_json::json!({"name": 7})).unwrap_err();
        assert_eq!(json_problem_at(&error), "a string is expected, but found an integer");
    }
}
