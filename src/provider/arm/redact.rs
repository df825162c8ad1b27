//! What may be shown of a text that somebody else wrote.

/// What stands for what is not shown.
const HIDDEN: &str = "…";
/// How a token in JOSE's compact form begins.
const TOKEN: &str = "eyJ";
/// What a secret stands behind, in texts and addresses.
const BEFORE_SECRETS: &[&str] =
    &["bearer ", "sig=", "client_secret=", "client_assertion=", "primarykey", "secondarykey", "access_token"];

/// How many hexadecimal digits in a row are taken for a key: those that Azure makes have as many.
const KEY: usize = 32;

/// The text without secrets that are known, however they got into it.
pub(super) fn without(text: &str, secrets: &[String]) -> String {
    let known = secrets.iter().filter(|secret| !secret.is_empty());
    known.fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), HIDDEN))
}

/// The text, with whatever looks like a key or a token left out.
pub(super) fn redacted(text: &str) -> String {
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

/// Where the next secret may begin: after how many bytes, and how many more introduce it.
fn next_secret(text: &str) -> Option<(usize, usize)> {
    let lower = text.to_ascii_lowercase();
    let marked = BEFORE_SECRETS.iter().filter_map(|marker| lower.find(marker).map(|at| (at, marker.len())));
    let bare = [text.find(TOKEN), next_key(text)].into_iter().flatten().map(|at| (at, 0));
    marked.chain(bare).min()
}

/// Where the next word begins that is a key by its looks, whatever stands before it.
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
    fn what_is_known_to_be_secret_is_left_out_whatever_it_looks_like() {
        let secrets = ["pass word".to_owned(), String::new()];
        assert_eq!(without("it is 'pass word'", &secrets), "it is '…'");
    }

    proptest! {
        #[test]
        fn a_key_shows_nowhere(before in ".{0,20}", key in "[0-9a-f]{32}", after in ".{0,20}") {
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
