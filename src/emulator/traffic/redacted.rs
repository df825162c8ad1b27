//! Texts without secrets: what has the form of a key or of a token is replaced by its fingerprint.

use crate::model::Fingerprint;

/// The maximum number of characters of a text that is kept.
const LONGEST: usize = 400;
/// The number of hexadecimal digits of a key, in the form in which API Management generates them.
const KEY_DIGITS: usize = 32;

/// Returns a text for the traffic: without secrets, and shortened if it is long.
pub(in crate::emulator) fn text(text: &str) -> String {
    let clean = secrets(text);
    match clean.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &clean[..end]),
        None => clean,
    }
}

/// Replaces everything that has the form of a key or of a token.
pub(in crate::emulator) fn secrets(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for run in runs(text, |c| c.is_ascii_alphanumeric() || "-_.".contains(c)) {
        let (plain, token) = run.split_at(token_in(run).unwrap_or(run.len()));
        for word in runs(plain, |c| c.is_ascii_alphanumeric()) {
            if is_key(word) { clean.push_str(&fingerprint(word)) } else { clean.push_str(word) }
        }
        if !token.is_empty() {
            clean.push_str(&fingerprint(token));
        }
    }
    clean
}

/// Returns the fingerprint of a secret, as it appears in a text.
pub(in crate::emulator) fn fingerprint(secret: &str) -> String {
    format!("sha256:{}", Fingerprint::of(secret))
}

/// Returns the position of a JSON Web Token: three parts, of which the first is a JSON object in Base64.
fn token_in(run: &str) -> Option<usize> {
    run.find("eyJ").filter(|at| run[*at..].matches('.').count() >= 2)
}

fn is_key(word: &str) -> bool {
    word.len() == KEY_DIGITS && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Splits a text where characters begin or stop to be of a kind.
fn runs(text: &str, is_of_kind: impl Fn(char) -> bool) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let kind = is_of_kind(rest.chars().next()?);
        let end = rest.find(|c| is_of_kind(c) != kind).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        Some(run)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Key;

    const KEY: &str = "0123456789abcdef0123456789abcdef";
    const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln_bmF0-dXJl";

    #[test]
    fn a_key_and_a_token_become_fingerprints_and_nothing_else_changes() {
        let key = Key::new(KEY).unwrap().fingerprint();
        assert_eq!(text(&format!("/api/{KEY}/x")), format!("/api/sha256:{key}/x"));
        assert_eq!(text(&format!("/api/x_{TOKEN}")), format!("/api/x_{}", fingerprint(TOKEN)));
        for plain in ["/api/orders/7?x", "8c1b4ad0-93f7-4a52-9f5e-6f8a4c3c9a10", "eyJ.a", "größer", ""] {
            assert_eq!(text(plain), plain);
        }
        assert_eq!(text(&"x".repeat(500)).chars().count(), LONGEST + 1);
    }

    proptest! {
        #[test]
        fn no_secret_remains_wherever_it_is(before in "[^a-zA-Z0-9]{0,8}", after in "[^a-zA-Z0-9]{0,8}") {
            for secret in [KEY, TOKEN, &KEY.to_uppercase()] {
                let clean = text(&format!("{before}{secret}{after}"));
                prop_assert!(!clean.contains(secret), "{clean}");
            }
        }
    }
}
