//! Text of other parties, on one line and with what is invisible in it made visible.

use std::{borrow::Cow, fmt::Write as _};

/// Whether a character steers the terminal or the order of reading, or cannot be seen.
pub(crate) fn is_hazard(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Whether a character ends a line or moves within it.
fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Adds a character as it may be shown on one line.
pub(crate) fn put(text: &mut String, c: char) {
    if is_blank(c) {
        text.push(' ');
    } else if is_hazard(c) {
        let _ = write!(text, "{}", c.escape_unicode());
    } else {
        text.push(c);
    }
}

/// A name or a message on one line, with what is invisible in it made visible.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hazard) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    text.chars().for_each(|c| put(&mut clean, c));
    Cow::Owned(clean)
}
