//! Links of a terminal (OSC 8), from the code of a finding to its explanation.

use crate::engine::FindingCode;

/// The page that explains the findings. The address of the repository is written once, in `Cargo.toml`.
const PAGE: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/findings.md");
/// A part of the address as long as the repository has none.
const NO_OWNER: &str = "/OWNER/";

const OPEN: &str = "\u{1b}]8;;";
const CLOSE: &str = "\u{1b}]8;;\u{1b}\\";
const END: &str = "\u{1b}\\";

/// Returns the address of the page, if the repository has an address.
pub(super) fn page() -> Option<&'static str> {
    (!PAGE.contains(NO_OWNER)).then_some(PAGE)
}

/// Returns a text that is a link to the explanation of a code.
pub(super) fn to(page: &str, code: FindingCode, text: &str) -> String {
    format!("{OPEN}{page}#{}{END}{text}{CLOSE}", code.as_str().to_lowercase())
}

/// Returns the length of the control sequence of an own link that the text begins with, if it begins with one.
pub(super) fn sequence(text: &str) -> Option<usize> {
    if text.starts_with(CLOSE) {
        return Some(CLOSE.len());
    }
    let opens = |code: &&FindingCode| text.starts_with(&to(PAGE, **code, "").replace(CLOSE, ""));
    FindingCode::ALL.iter().find(opens).map(|code| to(PAGE, *code, "").len() - CLOSE.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::clean::printable;

    #[test]
    fn a_code_is_a_link_to_its_heading_on_the_page_and_no_other_link_is_printed() {
        let code = FindingCode::ProductMissing;
        let link = to(PAGE, code, "SWAAPIM030");
        assert_eq!(link, format!("\u{1b}]8;;{PAGE}#swaapim030\u{1b}\\SWAAPIM030\u{1b}]8;;\u{1b}\\"));
        assert_eq!(printable(&link), link);
        let other = to("https://x.example", code, "SWAAPIM030");
        assert!(!printable(&other).contains("\u{1b}]8;;h"), "{other:?}");
    }

    #[test]
    fn a_link_takes_no_space_on_a_line() {
        assert_eq!(textwrap::core::display_width(&to(PAGE, FindingCode::ProductMissing, "SWAAPIM030")), 10);
    }
}
