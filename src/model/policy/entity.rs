//! XML references, such as `&lt;` and `&#10;`.

use super::expression;

/// The maximum length of a reference, in bytes.
const LONGEST: usize = 12;

/// Returns the text with its references resolved; `None` if one is unknown, or an `&` does not start a reference.
pub(super) fn decoded(text: &str) -> Option<String> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(found) = rest.find('&') {
        result.push_str(&rest[..found]);
        let behind = &rest[found + 1..];
        let end = behind.bytes().take(LONGEST).position(|byte| byte == b';')?;
        result.push(character(&behind[..end])?);
        rest = &behind[end + 1..];
    }
    result.push_str(rest);
    Some(result)
}

fn character(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

/// Returns the text escaped for XML: as an element's text or, with `quote`, as an attribute value in these quotes. Line
/// ends in a value are written as references: XML would convert them to spaces, and a line end terminates a C# comment.
pub(super) fn encoded(text: &str, quote: Option<char>) -> String {
    let mut result = String::with_capacity(text.len() + text.len() / 8);
    for it in text.chars() {
        match it {
            '&' => result.push_str("&amp;"),
            '<' => result.push_str("&lt;"),
            '>' => result.push_str("&gt;"),
            '"' if quote == Some('"') => result.push_str("&quot;"),
            '\'' if quote == Some('\'') => result.push_str("&apos;"),
            '\n' if quote.is_some() => result.push_str("&#xA;"),
            '\t' if quote.is_some() => result.push_str("&#x9;"),
            other => result.push(other),
        }
    }
    result
}

/// Returns the number of bytes by which a text gets shorter when its references are resolved.
pub(super) fn excess(text: &str) -> usize {
    let references = text.match_indices('&').filter_map(|(at, _)| {
        let behind = &text[at + 1..];
        let end = behind.bytes().take(LONGEST).position(|byte| byte == b';')?;
        character(&behind[..end]).map(|it| (end + 2).saturating_sub(it.len_utf8()))
    });
    references.sum()
}

/// Whether a whole text is one expression in XML spelling. A reference in a C# string may be a part of the string; a
/// reference in the code itself can only be an XML reference.
pub(super) fn is_whole_expression(text: &str) -> bool {
    if text.contains('<') {
        return false;
    }
    decoded(text).is_some_and(|decoded| expression::is_whole(&decoded))
        && (!text.contains('&') || !expression::is_whole(text) || has_reference_in_code(text))
}

fn has_reference_in_code(text: &str) -> bool {
    let text = text.trim_matches(expression::LAYOUT);
    let mut found = false;
    let _end = expression::scan(text, |at| {
        let behind = text.as_bytes().get(at + 1..).unwrap_or_default();
        let end = behind.iter().take(LONGEST).position(|byte| *byte == b';');
        found |= text.as_bytes().get(at) == Some(&b'&') && end.is_some();
    });
    found
}
