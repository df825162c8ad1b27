//! Byte order marks, which editors, shells and some services write before a text. They are not part of the text.

const MARK: char = '\u{feff}';

/// Returns a text in UTF-8 without leading byte order marks.
#[must_use]
pub fn without_mark(text: &[u8]) -> &[u8] {
    let mut text = text;
    while let Some(rest) = text.strip_prefix("\u{feff}".as_bytes()) {
        text = rest;
    }
    text
}

/// Returns a text without leading byte order marks.
#[must_use]
pub fn text_without_mark(text: &str) -> &str {
    text.trim_start_matches(MARK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_marks_at_the_beginning_are_removed() {
        for (text, without) in
            [("", ""), ("a", "a"), ("\u{feff}a\u{feff}", "a\u{feff}"), ("\u{feff}\u{feff}", "")]
        {
            assert_eq!(text_without_mark(text), without);
            assert_eq!(without_mark(text.as_bytes()), without.as_bytes());
        }
        assert_eq!(without_mark(b"\xef\xbb"), b"\xef\xbb", "a part of a mark is none");
    }
}
