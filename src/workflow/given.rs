//! Names and ids as users specify them, with the characters that were copied with them.

use percent_encoding::percent_decode_str;

use crate::model::after_http;

/// The id in a text that is meant as an id: an id itself; the URL of a page of the portal, which has an id followed by
/// the name of the page; or an id that Git Bash took for a path and prefixed with its own directory.
pub(super) fn id_in(text: &str) -> Option<String> {
    let text = tidy(text);
    if let Some(text) = plain_id(text) {
        return Some(text);
    }
    let is_link = after_http(text).is_some();
    let is_path = text.get(1..3).is_some_and(|colon| [":/", ":\\"].contains(&colon));
    if !is_link && !is_path {
        return None;
    }
    let plain = percent_decode_str(text).decode_utf8_lossy().replace('\\', "/");
    let lower = plain.to_ascii_lowercase();
    let Some(at) = lower.find("/subscriptions/") else {
        return lower.contains("/providers/").then_some(plain);
    };
    let path = plain[at..].split(['?', '#', '&']).next().unwrap_or_default().trim_end_matches('/');
    if is_path {
        return Some(path.to_owned());
    }
    // Subscription, group, provider, type and name, each after its keyword; then the page.
    let id: Vec<&str> = path.split('/').take(9).collect();
    Some(id.join("/"))
}

/// A text without the white space and the quotes that were copied with it.
pub(super) fn tidy(text: &str) -> &str {
    let text = text.trim();
    let quoted = ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    quoted.map_or(text, str::trim)
}

/// An id, also without its first slash or with a trailing one. A text that only looks like an id is treated as a
/// malformed id, never as a name.
fn plain_id(text: &str) -> Option<String> {
    let is_address = text.contains(':');
    let has = |part: &str| text.to_ascii_lowercase().contains(part);
    let begins =
        text.get(.."subscriptions/".len()).is_some_and(|it| it.eq_ignore_ascii_case("subscriptions/"));
    if begins && !is_address {
        return Some(format!("/{}", text.trim_end_matches('/')));
    }
    // Git Bash does not rewrite an id that begins with two slashes.
    let text = if text.starts_with("//") { &text[1..] } else { text };
    let looks_so = text.starts_with('/') || !is_address && has("/providers/");
    let trimmed = text.trim_end_matches('/');
    looks_so.then(|| if trimmed.is_empty() { text } else { trimmed }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ResourceId;

    const SITE: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/staticSites/shop";

    #[test]
    fn an_id_is_found_in_a_link_of_the_portal_and_in_a_path_of_git_bash() {
        let blade = "https://portal.azure.com/#view/WebsitesExtension/X/id/";
        let encoded = SITE.replace('/', "%2F");
        for text in [
            SITE.to_owned(),
            format!("https://portal.azure.com/#@contoso.onmicrosoft.com/resource{SITE}/overview"),
            format!("https://portal.azure.com/#resource{SITE}/staticsite"),
            format!("https://portal.azure.us/#@0a/resource{SITE}"),
            format!("https://portal.azure.com/?feature.x=1#@t/resource{SITE}/apis?tab=2"),
            format!("{blade}{encoded}/page~/false"),
            format!("C:/Program Files/Git{SITE}"),
            format!("D:\\msys64{}", SITE.replace('/', "\\")),
        ] {
            assert_eq!(id_in(&text).as_deref(), Some(SITE), "{text}");
        }
    }

    #[test]
    fn an_id_is_found_in_text_that_was_copied_with_it() {
        for text in [
            format!("{SITE}/"),
            format!(" {SITE}\n"),
            format!("\"{SITE}\""),
            format!("'{SITE}/'"),
            format!("\"{SITE}\"\r\n"),
            SITE[1..].to_owned(),
            format!("{}/", &SITE[1..]),
            format!("/{SITE}"),
        ] {
            assert_eq!(id_in(&text).as_deref(), Some(SITE), "{text}");
        }
    }

    #[test]
    fn what_looks_like_an_id_is_one_that_is_malformed() {
        for text in [
            "s/resourceGroups/rg/providers/Microsoft.Web/staticSites/shop",
            "/resourceGroups/rg/providers/Microsoft.Web/staticSites/shop",
            "rg/PROVIDERS/Microsoft.Web/staticSites/shop",
            "subscriptions/s/shop",
        ] {
            assert!(id_in(text).is_some_and(|id| ResourceId::parse(&id).is_err()), "{text}");
        }
    }

    #[test]
    fn a_name_is_not_an_id_and_a_link_without_one_neither() {
        for text in ["shop", "my-shop", "https://shop.azurestaticapps.net", "c:", ""] {
            assert_eq!(id_in(text), None, "{text}");
        }
    }
}
