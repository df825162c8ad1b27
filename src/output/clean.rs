//! Sanitizing of all output. Names and messages come from other parties: they must not control the terminal, start a
//! line of their own, or be read by a pipeline as a command.

use std::borrow::Cow;

use super::{link, style::is_painted};
use crate::{
    model::is_hazard,
    report::{one_line, put},
};

/// Sanitizes a whole output. Its lines and tabs stay, and so do the colours of this program's own marks; nothing else
/// controls the terminal, and no line is a command to a pipeline.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| !is_hazard(c) || c == '\n' || c == '\t';
    let commands = text.contains("##") || text.lines().any(|line| line.trim_start().starts_with("::"));
    if text.chars().all(is_plain) && !commands {
        return Cow::Borrowed(text);
    }
    let lines = text.split('\n').map(printable_line);
    Cow::Owned(lines.collect::<Vec<_>>().join("\n"))
}

fn printable_line(line: &str) -> String {
    let mut clean = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let taken = if c == '\u{1b}' { own_mark(rest) } else { None };
        match taken {
            Some(length) => clean.push_str(&rest[..length]),
            None if c == '\t' => clean.push(c),
            None => put(&mut clean, c),
        }
        rest = &rest[taken.unwrap_or(c.len_utf8())..];
    }
    without_commands(clean)
}

/// GitHub Actions reads lines that begin with `::`, Azure Pipelines reads lines that contain `##vso[` or `##[`.
fn without_commands(line: String) -> String {
    let mut line = line;
    let is_command = |text: &str| {
        let after = text.strip_prefix("##").unwrap_or_default();
        after.starts_with('[') || after.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("vso["))
    };
    // Three of them begin a command at the second.
    let places = line.match_indices('#').map(|(at, _)| at).filter(|at| is_command(&line[*at..]));
    for at in places.collect::<Vec<_>>().into_iter().rev() {
        line.insert(at + 1, ' ');
    }
    let start = line.len() - line.trim_start().len();
    if line[start..].starts_with("::") {
        line.insert(start + 1, ' ');
    }
    line
}

/// The length of the longest text that is coloured, including the spaces around it.
const LONGEST_MARK: usize = 24;

/// Returns the length of the coloured text or of the link sequence of this program that the text begins with, if it
/// begins with one.
fn own_mark(text: &str) -> Option<usize> {
    if let Some(length) = link::sequence(text) {
        return Some(length);
    }
    let before = styles(text)?;
    let length = text[before..].find('\u{1b}').filter(|length| *length > 0)?;
    let mark = &text[before..before + length];
    let after = styles(&text[before + length..])?;
    let is_own = mark.chars().count() <= LONGEST_MARK && is_painted(mark);
    is_own.then_some(before + length + after)
}

/// Returns the length of the style sequences that the text begins with; `None` if it begins with none.
fn styles(text: &str) -> Option<usize> {
    let mut length = 0;
    while let Some(rest) = text[length..].strip_prefix("\u{1b}[") {
        let parameters = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();
        if rest.as_bytes().get(parameters) != Some(&b'm') {
            break;
        }
        length += 2 + parameters + 1;
    }
    (length > 0).then_some(length)
}

/// Returns a value for a line of tab-separated values.
pub(super) fn tsv(text: &str) -> String {
    let escaped = text.replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r");
    one_line(&escaped).into_owned()
}

/// Escapes a text for Markdown, so that nothing in it is markup.
pub(super) fn markdown(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '<' => clean.push_str("&lt;"),
            '>' => clean.push_str("&gt;"),
            '&' => clean.push_str("&amp;"),
            '\\' | '`' | '|' | '*' | '_' | '[' | ']' | '~' => clean.extend(['\\', c]),
            c => clean.push(c),
        }
    }
    clean
}

/// Whether a text is printed unchanged.
pub(super) fn is_printable(text: &str) -> bool {
    matches!(printable(text), Cow::Borrowed(_))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_steers_a_terminal_is_shown_and_not_done() {
        assert_eq!(one_line("a\u{1b}]52;c;eA==\u{7}b"), "a\\u{1b}]52;c;eA==\\u{7}b");
        assert_eq!(one_line("x\u{202e}y\u{9b}2J\nz"), "x\\u{202e}y\\u{9b}2J z");
        assert_eq!(printable("a\u{1b}[31mred\n"), "a\\u{1b}[31mred\n");
        assert_eq!(printable("plain\tö\n"), "plain\tö\n");
    }

    #[test]
    fn the_colours_of_own_marks_stay() {
        for own in [
            "\u{1b}[1m\u{1b}[32m✓\u{1b}[0m prod\n",
            "\u{1b}[38;5;10m ok \u{1b}[39m x\n",
            "\u{1b}[38;5;9m ✗ \u{1b}[39m x\n",
        ] {
            assert_eq!(printable(own), own);
        }
        assert!(!printable("\u{1b}[8mhidden\u{1b}[0m").contains('\u{1b}'));
    }

    #[test]
    fn no_line_is_a_command_to_a_pipeline() {
        let text =
            "::error::x\n  ::add-mask::y\na ##vso[task.x]b\n##[error]c\nd ##VSO[e\n# # f :: g\n###vso[h\n";
        let expected = ": :error::x\n  : :add-mask::y\na # #vso[task.x]b\n# #[error]c\nd # #VSO[e\n# # f :: g\n## #vso[h\n";
        assert_eq!(printable(text), expected);
    }

    #[test]
    fn markup_is_shown_as_it_was_written() {
        assert_eq!(markdown("a|b`c`<b>&[x](y)\nz"), "a\\|b\\`c\\`&lt;b&gt;&amp;\\[x\\](y) z");
        assert_eq!(tsv("a\tb\nc\u{1b}"), "a\\tb\\nc\\u{1b}");
    }

    proptest! {
        #[test]
        fn nothing_hazardous_crosses_the_border(text in "(?s)(#+vso\\[|[#:\\[vso\u{1b}\u{9b}\u{202e}\r\n\t m0-9]|.){0,40}") {
            let clean = printable(&text).into_owned();
            let is_safe = |c: char| !is_hazard(c) || matches!(c, '\n' | '\t' | '\u{1b}');
            prop_assert!(clean.chars().all(is_safe), "{:?}", clean);
            for line in clean.lines() {
                prop_assert!(!line.trim_start().starts_with("::"), "{:?}", line);
                prop_assert!(!line.contains("##[") && !line.to_lowercase().contains("##vso["), "{:?}", line);
            }
            prop_assert!(!one_line(&text).contains(is_hazard));
            prop_assert!(!tsv(&text).contains(is_hazard) && !markdown(&text).contains(is_hazard));
        }
    }
}
