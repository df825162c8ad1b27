//! What may be shown of a text that somebody else wrote.

/// What stands for what is not shown.
const HIDDEN: &str = "…";
/// How a token in JOSE's compact form begins.
const TOKEN: &str = "eyJ";
/// What a secret stands behind, in texts and addresses.
const BEFORE_SECRETS: &[&str] =
    &["bearer ", "sig=", "client_secret=", "client_assertion=", "primarykey", "secondarykey", "access_token"];

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
    marked.chain(text.find(TOKEN).map(|at| (at, 0))).min()
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
            ("https://x/y?sig=a%2Fb&se=1", "https://x/y?sig=…&se=1"),
        ] {
            assert_eq!(redacted(text), shown);
        }
    }

    proptest! {
        #[test]
        fn a_key_behind_its_name_never_shows(before in ".{0,20}", key in "[0-9a-f]{32}", after in ".{0,20}") {
            let text = format!("{before}\"secondaryKey\": \"{key}\"{after}");
            prop_assert!(!redacted(&text).contains(&key));
        }
    }
}
