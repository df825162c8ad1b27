//! Conversion of foreign text to one line in which invisible characters are visible.

use std::{borrow::Cow, fmt::Write as _};

use crate::model::is_hazard;

/// Whether a character ends a line or moves the position within it.
fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Appends a character in a form that is safe on one line.
pub(crate) fn put(text: &mut String, c: char) {
    if is_blank(c) {
        text.push(' ');
    } else if is_hazard(c) {
        let _ = write!(text, "{}", c.escape_unicode());
    } else {
        text.push(c);
    }
}

/// Returns a name or a message on one line, with invisible characters escaped.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hazard) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    text.chars().for_each(|c| put(&mut clean, c));
    Cow::Owned(clean)
}

/// Returns JSON with the same values in which control characters occur only in the structure and no line is a command.
pub(crate) fn escaped_json(text: String) -> String {
    let is_safe = |c: char| !is_hazard(c) || matches!(c, '\n' | '\r' | '\t');
    if !text.contains("##") && text.chars().all(is_safe) {
        return text;
    }
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if is_safe(c) {
            safe.push(c);
            continue;
        }
        let mut units = [0; 2];
        for unit in c.encode_utf16(&mut units) {
            let _ = write!(safe, "\\u{unit:04x}");
        }
    }
    // In JSON, `#` occurs only within strings.
    safe.replace("##", "#\\u0023")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_its_values() {
        let value = serde_json::json!({"a": "\u{9b}\u{202e}\u{e0001}###vso[x]\u{7f}\u{1b}\n", "##": "ö"});
        let safe = escaped_json(serde_json::to_string_pretty(&value).unwrap());
        assert!(!safe.contains("##") && safe.chars().all(|c| !is_hazard(c) || c == '\n'), "{safe}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
    }
}
