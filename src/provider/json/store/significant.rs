//! The part of a JSON text that has a meaning, hashed.

use sha2::{Digest as _, Sha256};

/// Hashes a JSON text without insignificant white space.
pub(super) fn hash_significant(hash: &mut Sha256, mut text: &str) {
    if is_compact(text) {
        hash.update(text);
        return;
    }
    while let Some(quote) = text.find('"') {
        text[..quote].split_ascii_whitespace().for_each(|piece| hash.update(piece));
        let quoted = end_of_quoted(&text[quote..]);
        hash.update(&text[quote..quote + quoted]);
        text = &text[quote + quoted..];
    }
    text.split_ascii_whitespace().for_each(|piece| hash.update(piece));
}

/// Whether a JSON text has no white space outside strings, according to the characters next to each space. `false` if
/// that is uncertain.
fn is_compact(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_plain = |at: usize| bytes.get(at).is_some_and(|byte| !b"{}[],:\" ".contains(byte));
    let spaces_are_plain =
        || text.match_indices(' ').all(|(at, _)| at > 0 && is_plain(at - 1) && is_plain(at + 1));
    !bytes.iter().any(u8::is_ascii_control) && spaces_are_plain()
}

/// Returns the end of the JSON string at the beginning of a text.
fn end_of_quoted(text: &str) -> usize {
    let mut from = 1;
    while let Some(quote) = text[from..].find('"') {
        let end = from + quote;
        let backslashes = text[..end].bytes().rev().take_while(|byte| *byte == b'\\').count();
        if backslashes % 2 == 0 {
            return end + 1;
        }
        from = end + 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn hashed(text: &str) -> Vec<u8> {
        let mut hash = Sha256::new();
        hash_significant(&mut hash, text);
        hash.finalize().to_vec()
    }

    #[test]
    fn whitespace_counts_only_inside_of_strings() {
        let compact = r#"{"a b":[1,true,"x, \" y: \\"],"c":{}}"#;
        let value: Value = serde_json::from_str(compact).unwrap();
        let spaced = compact.replace("[1,true", "[ 1 , true\t").replace("},", "} ,");
        for same in [serde_json::to_string_pretty(&value).unwrap(), spaced] {
            assert_eq!(hashed(&same), hashed(compact), "{same}");
        }
        assert_ne!(hashed(&compact.replace("a b", "ab")), hashed(compact));
        assert_ne!(hashed(&compact.replace("x, ", "x,")), hashed(compact));
    }

    proptest! {
        #[test]
        fn the_fast_way_agrees_with_the_slow_one(text in r#"[ a,:"\\{}\[\]]{0,24}"#) {
            let value = Value::from(vec![Value::from(text.clone()), Value::from(1)]);
            let (compact, pretty) = (value.to_string(), serde_json::to_string_pretty(&value).unwrap());
            prop_assert_eq!(hashed(&compact), hashed(&pretty));
        }
    }
}
