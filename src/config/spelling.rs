//! Writes keys and strings as TOML.

use std::fmt::Write as _;

/// A key as TOML writes it.
pub(super) fn bare_or_quoted(key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if bare { key.to_owned() } else { quoted(key) }
}

/// A TOML basic string.
pub(super) fn quoted(text: &str) -> String {
    let mut whole = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => whole.extend(['\\', c]),
            '\n' => whole.push_str("\\n"),
            '\t' => whole.push_str("\\t"),
            '\r' => whole.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(whole, "\\u{:04X}", u32::from(c));
            }
            c => whole.push(c),
        }
    }
    whole + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_are_quoted() {
        assert_eq!(bare_or_quoted("a-b_1"), "a-b_1");
        assert_eq!(bare_or_quoted("a.b"), "\"a.b\"");
        assert_eq!(bare_or_quoted("ü\"\\\n\u{1b}\u{7f}"), r#""ü\"\\\n\u001B\u007F""#);
    }
}
