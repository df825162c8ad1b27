//! Problems of JSON that has another form than expected, without the words of a Rust library.

use serde_json::error::Category;

/// Describes an error of the parser in the words of JSON, without its place and without values, which may be keys.
#[must_use]
pub fn misfit(error: &serde_json::Error) -> String {
    let whole = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = whole.strip_suffix(&place).unwrap_or(&whole);
    match error.classify() {
        Category::Eof => "the text ends too early".to_owned(),
        Category::Data | Category::Syntax | Category::Io => {
            let known =
                SYNTAX.iter().find(|(known, _)| *known == message).map(|(_, words)| (*words).to_owned());
            known.or_else(|| of_data(message)).unwrap_or_else(|| message.to_owned())
        }
    }
}

/// The messages of the parser that have no variable part.
const SYNTAX: [(&str, &str); 20] = [
    ("expected value", "a value was expected"),
    ("expected `:`", "a `:` is missing"),
    ("expected `,` or `]`", "a `,` or `]` is missing"),
    ("expected `,` or `}`", "a `,` or `}` is missing"),
    ("expected ident", "the text is not `true`, `false` or `null`"),
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

/// Describes an error of the parser with its place.
#[must_use]
pub fn misfit_at(error: &serde_json::Error) -> String {
    if error.line() == 0 {
        return misfit(error);
    }
    format!("line {}, column {}: {}", error.line(), error.column(), misfit(error))
}

fn of_data(message: &str) -> Option<String> {
    let starts = |start: &str| message.strip_prefix(start);
    if let Some(rest) = starts("invalid type: ").or_else(|| starts("invalid value: ")) {
        let (found, expected) = rest.rsplit_once(", expected ")?;
        let (found, expected) =
            (kind(found.split(['"', '`']).next().unwrap_or_default().trim()), kind(expected));
        if found == expected {
            return Some(format!("{found} of another range was expected"));
        }
        return Some(format!("{expected} was expected, and this is {found}"));
    }
    if let Some(rest) = starts("invalid length ") {
        let (count, expected) = rest.split_once(", expected ")?;
        return Some(match kind(expected) {
            "an array" => format!("an array of another length was expected, and this has {count} elements"),
            expected => format!("{expected} was expected, and this is an array"),
        });
    }
    if let Some(field) = starts("missing field ") {
        return Some(format!("{field} is missing"));
    }
    if let Some(field) = starts("duplicate field ") {
        return Some(format!("{field} occurs twice"));
    }
    if let Some(rest) = starts("unknown field ") {
        return Some(format!("there is no field {}", one_of(rest)));
    }
    if let Some(rest) = starts("unknown variant ") {
        return Some(format!("there is no value {}", one_of(rest)));
    }
    let is_choice = starts("data did not match any variant").or_else(|| starts("no variant of enum"));
    is_choice.map(|_| "it has none of the forms that are expected".to_owned())
}

/// `x`, expected one of `a`, `b` as a part of a sentence.
fn one_of(rest: &str) -> String {
    match rest.split_once(", ") {
        Some((name, expected)) => {
            let known = expected.trim_start_matches("expected ").trim_start_matches("one of ");
            format!("{name}; the known ones are {known}")
        }
        None => rest.to_owned(),
    }
}

/// What JSON calls what the library calls `word`.
fn kind(word: &str) -> &str {
    const NUMBERS: [&str; 15] = [
        "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64",
        "integer",
    ];
    match word {
        "map" | "a map" => "an object",
        "sequence" | "a sequence" => "an array",
        "string" | "a borrowed string" | "variant identifier" | "field identifier" => "a string",
        "number" | "floating point" => "a number",
        "boolean" => "a boolean",
        "null" | "unit" | "unit value" | "Option value" => "null",
        word if NUMBERS.contains(&word) => "a number",
        word if word.starts_with("struct ") => "an object",
        word if word.starts_with("enum ") || word == "string or map" => "a string or an object",
        word if word.starts_with("tuple ")
            || word.starts_with("a tuple ")
            || word.starts_with("an array of length") =>
        {
            "an array"
        }
        word => word,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::{Deserialize, de::DeserializeOwned};

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "kebab-case", deny_unknown_fields)]
    #[expect(dead_code, reason = "only errors are read")]
    struct Plan {
        steps: Vec<Step>,
        count: Option<u8>,
        pair: Option<(u8, bool)>,
        either: Option<Either>,
        names: Option<BTreeMap<String, String>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Step {
        Connect,
        SwapKeys,
    }

    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only errors are read")]
    enum Either {
        Number(u8),
        List(Vec<u8>),
    }

    fn told<T: DeserializeOwned + std::fmt::Debug>(text: &str) -> String {
        misfit(&serde_json::from_str::<T>(text).unwrap_err())
    }

    #[test]
    fn each_form_that_does_not_fit_is_described_in_the_words_of_json() {
        for (text, expected) in [
            ("3", "an object was expected, and this is a number"),
            ("[]", "an object was expected, and this is an array"),
            ("{}", "`steps` is missing"),
            (r#"{"steps": {}}"#, "an array was expected, and this is an object"),
            (r#"{"steps": null}"#, "an array was expected, and this is null"),
            (
                r#"{"steps": ["connekt"]}"#,
                "there is no value `connekt`; the known ones are `connect` or `swap-keys`",
            ),
            (r#"{"steps": [3]}"#, "a value was expected"),
            (r#"{"steps": [], "steps": []}"#, "`steps` occurs twice"),
            (r#"{"steps": [], "count": "secret"}"#, "a number was expected, and this is a string"),
            (r#"{"steps": [], "count": 300}"#, "a number of another range was expected"),
            (
                r#"{"steps": [], "pair": [1]}"#,
                "an array of another length was expected, and this has 1 elements",
            ),
            (r#"{"steps": [], "either": true}"#, "it has none of the forms that are expected"),
            (r#"{"steps": [], "names": {"a": 1.5}}"#, "a string was expected, and this is a number"),
            (r#"{"steps": ["#, "the text ends too early"),
            ("", "the text ends too early"),
            (r#"{"steps" []}"#, "a `:` is missing"),
            (r#"{"steps": [] 7}"#, "a `,` or `}` is missing"),
            (r#"{"steps": nil}"#, "the text is not `true`, `false` or `null`"),
            (r#"{"steps": [],}"#, "a `,` is not allowed before the end"),
            (r#"{"steps": []} 7"#, "the text continues after the end of the value"),
        ] {
            let found = told::<Plan>(text);
            assert_eq!(found, expected, "{text}");
        }
        let found = told::<Plan>(r#"{"step": []}"#);
        assert!(
            found.starts_with("there is no field `step`; the known ones are `steps`, `count`"),
            "{found}"
        );
    }

    #[test]
    fn a_place_is_a_line_and_a_column() {
        let error = serde_json::from_str::<Plan>("{\n\"steps\": 3}").unwrap_err();
        assert_eq!(misfit_at(&error), "line 2, column 10: an array was expected, and this is a number");
    }
}
