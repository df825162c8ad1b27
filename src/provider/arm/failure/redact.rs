//! Removes secrets from text that a server wrote.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use percent_encoding::percent_decode_str;

/// The replacement for a secret.
const HIDDEN: &str = "…";
/// The beginning of a token in JOSE's compact form.
const TOKEN: &str = "eyJ";
/// The text that precedes a secret, in messages and addresses.
const BEFORE_SECRETS: &[&str] =
    &["bearer ", "sig=", "client_secret=", "client_assertion=", "primarykey", "secondarykey", "access_token"];

/// The number of consecutive hexadecimal digits that count as a key: the keys that Azure generates have this length.
const KEY: usize = 32;
/// A known secret with fewer characters is hidden only as a separate word, since it may occur in other words by
/// coincidence.
const SHORT: usize = 8;
/// A known secret of at least this many bytes is also hidden in base64.
const LONG: usize = 12;
/// The maximum number of layers of escapes that are decoded.
const LAYERS: usize = 3;

/// Returns the text without known secrets, including escaped and encoded ones.
pub(crate) fn without(text: &str, secrets: &[String]) -> String {
    let known = secrets.iter().filter(|secret| !secret.is_empty());
    known.fold(text.to_owned(), |text, secret| without_one(text, secret))
}

fn without_one(text: String, secret: &str) -> String {
    if secret.chars().count() < SHORT {
        return without_word(&text, secret);
    }
    let mut forms = vec![secret.to_ascii_lowercase()];
    if secret.len() >= LONG {
        forms.extend(in_base64(secret.as_bytes()));
    }
    let text = forms.iter().fold(text, |text, form| without_form(text, form));
    let mut plain = text.clone();
    for _ in 0..LAYERS {
        let decoded = match unescaped(&plain) {
            Cow::Owned(decoded) if decoded != plain => decoded,
            _ => return text,
        };
        let shown = forms.iter().fold(decoded.clone(), |text, form| without_form(text, form));
        if shown != decoded {
            return shown;
        }
        plain = decoded;
    }
    text
}

/// Returns the text without one form of a secret, given in lower case.
fn without_form(text: String, form: &str) -> String {
    let lower = text.to_ascii_lowercase();
    if !lower.contains(form) {
        return text;
    }
    let (mut shown, mut rest) = (String::with_capacity(text.len()), 0);
    for (at, _) in lower.match_indices(form) {
        shown += &text[rest..at];
        shown += HIDDEN;
        rest = at + form.len();
    }
    shown + &text[rest..]
}

/// Returns the text without a secret where it is a separate word.
fn without_word(text: &str, secret: &str) -> String {
    let (mut shown, mut rest) = (String::with_capacity(text.len()), 0);
    for (at, _) in text.match_indices(secret) {
        let end = at + secret.len();
        let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
        if !is_part(text[..at].chars().next_back()) && !is_part(text[end..].chars().next()) {
            shown += &text[rest..at];
            shown += HIDDEN;
            rest = end;
        }
    }
    shown + &text[rest..]
}

/// Returns the base64 of the bytes at each of three offsets in a longer text, in lower case, without the characters at
/// both ends that depend on the adjacent bytes.
fn in_base64(bytes: &[u8]) -> Vec<String> {
    let at = |offset: usize| {
        let padded = [&vec![0; offset], bytes].concat();
        let encoded = STANDARD_NO_PAD.encode(&padded).to_ascii_lowercase();
        let end = padded.len() * 8 / 6;
        encoded.get([0, 2, 3][offset]..end).map(str::to_owned)
    };
    let standard: Vec<String> = (0..3).filter_map(at).collect();
    let for_addresses = standard.iter().map(|form| form.replace('+', "-").replace('/', "_"));
    let mut all: Vec<String> = for_addresses.collect();
    all.extend(standard);
    all.dedup();
    all
}

/// Decodes one layer of `%41` and of `\u0041`.
fn unescaped(text: &str) -> Cow<'_, str> {
    let text: Cow<'_, str> = if text.contains('%') {
        percent_decode_str(text).decode_utf8_lossy().into_owned().into()
    } else {
        text.into()
    };
    if !text.contains("\\u") {
        return text;
    }
    let mut parts = text.split("\\u");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..4).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        if let Some(c) = code.and_then(char::from_u32) {
            plain.push(c);
            plain += &part[4..];
        } else {
            plain += "\\u";
            plain += part;
        }
    }
    Cow::Owned(plain)
}

/// Returns the text without anything that looks like a key or a token.
pub(crate) fn redacted(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, marker)) = next_secret(rest) {
        let (before, after) = rest.split_at(at + marker);
        shown += before;
        let lead = after.len() - after.trim_start_matches(['"', '\'', ':', '=', ' ', '\\']).len();
        let (lead, secret) = after.split_at(lead);
        shown += lead;
        let end = secret.find(|c: char| !is_of_secret(c)).unwrap_or(secret.len());
        if end > 0 {
            shown += HIDDEN;
        }
        rest = &secret[end..];
    }
    shown + rest
}

/// Returns where the next secret may begin: the number of bytes before it, and the number of further bytes that
/// introduce it.
fn next_secret(text: &str) -> Option<(usize, usize)> {
    let lower = text.to_ascii_lowercase();
    let marked = BEFORE_SECRETS.iter().filter_map(|marker| lower.find(marker).map(|at| (at, marker.len())));
    let bare = [text.find(TOKEN), next_key(text)].into_iter().flatten().map(|at| (at, 0));
    marked.chain(bare).min()
}

/// Returns where the next word begins that looks like a key, regardless of the text before it.
fn next_key(text: &str) -> Option<usize> {
    let mut length = 0;
    for (at, byte) in text.bytes().enumerate() {
        length = if byte.is_ascii_hexdigit() { length + 1 } else { 0 };
        if length == KEY {
            return Some(at + 1 - KEY);
        }
    }
    None
}

fn is_of_secret(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.~+/=%".contains(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_and_tokens_are_left_out_of_a_text() {
        for (text, shown) in [
            ("all is well", "all is well"),
            ("token eyJhbGciOi.J9.x is old", "token … is old"),
            ("Authorization: Bearer abc.def, next", "Authorization: Bearer …, next"),
            (r#"{"primaryKey":"0123abcd","x":1}"#, r#"{"primaryKey":"…","x":1}"#),
            ("no 0123456789abcdef0123456789ABCDEF here", "no … here"),
            ("of 0123456789abcdef01234567", "of 0123456789abcdef01234567"),
            ("of 01234567-89ab-cdef-0123-456789abcdef", "of 01234567-89ab-cdef-0123-456789abcdef"),
            ("https://x/y?sig=a%2Fb&se=1", "https://x/y?sig=…&se=1"),
        ] {
            assert_eq!(redacted(text), shown);
        }
    }

    #[test]
    fn known_secrets_are_removed_in_every_form() {
        let secrets = ["pass word".to_owned(), String::new()];
        assert_eq!(without("it is 'pass word'", &secrets), "it is '…'");
    }

    #[test]
    fn a_short_secret_is_hidden_as_a_word_and_other_words_are_unchanged() {
        let hidden = |text: &str, secret: &str| without(text, &[secret.to_owned()]);
        assert_eq!(
            hidden("the az token `az` expired, see az-login", "az"),
            "the … token `…` expired, see az-login"
        );
        assert_eq!(hidden("Resource not found: e", "e"), "Resource not found: …");
    }

    #[test]
    fn a_known_secret_is_hidden_in_every_encoding() {
        let secret = "newSubscriptionPK9086?x".to_owned();
        let percent: Vec<String> = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let unicode: Vec<String> = secret.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
        let (percent, unicode) = (percent.concat(), unicode.concat());
        let basic = STANDARD_NO_PAD.encode(format!("user:{secret}!"));
        for text in
            [&secret, &secret.to_uppercase(), &percent, &percent.replace('%', "%25"), &unicode, &basic]
        {
            let shown = without(&format!("of {text} it says"), std::slice::from_ref(&secret));
            let in_middle = &basic[8..basic.len() - 4];
            assert!(shown.starts_with("of ") && shown.contains(HIDDEN), "{text}: {shown}");
            assert!(!shown.contains(text.as_str()) && !shown.contains(in_middle), "{text}: {shown}");
        }
        assert_eq!(without("100% of \\u12 and %zz", &[secret]), "100% of \\u12 and %zz");
    }

    proptest! {
        #[test]
        fn a_key_is_never_shown(before in ".{0,20}", key in "[0-9a-f]{32}", after in ".{0,20}") {
            let text = format!("{before}{key}{after}");
            prop_assert!(!redacted(&text).contains(&key));
        }

        #[test]
        fn a_key_behind_its_name_never_shows(before in ".{0,20}", key in "[0-9a-f]{32}", after in ".{0,20}") {
            let text = format!("{before}\"secondaryKey\": \"{key}\"{after}");
            prop_assert!(!redacted(&text).contains(&key));
        }
    }
}
