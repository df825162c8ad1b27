//! Conversion of foreign text to one line in which invisible characters are visible.

use std::{borrow::Cow, fmt::Write as _};

/// Whether a character controls the terminal, changes the reading order, or is invisible.
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
