//! References of XML: `&lt;`, `&#10;`.

use super::expression;

/// No reference is longer, in bytes.
const LONGEST: usize = 12;

/// The text with its references resolved; `None` if one is not known, or an `&` begins none.
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

/// The text as XML has it between tags, or, with `quote`, as a value within these quotes. Line ends of a
/// value are kept as references: XML would take them for spaces, and a comment of C# ends at one.
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

/// How many bytes shorter a text is with its references resolved.
pub(super) fn excess(text: &str) -> usize {
    let references = text.match_indices('&').filter_map(|(at, _)| {
        let behind = &text[at + 1..];
        let end = behind.bytes().take(LONGEST).position(|byte| byte == b';')?;
        character(&behind[..end]).map(|it| (end + 2).saturating_sub(it.len_utf8()))
    });
    references.sum()
}

/// Whether a text is one expression from its beginning to its end that is spelt as XML. A reference within
/// a text of C# is what that text says; one in the code itself can only be a reference of XML.
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
