//! Locations in a text: converts a byte offset to line, column and an excerpt with a caret.

use std::{fmt::Write, ops::Range};

use unicode_width::UnicodeWidthStr as _;

/// The largest number of characters of a line that an excerpt shows: with its number it fits a terminal of 80 columns.
const WINDOW: usize = 72;
/// Stands for the rest of a line that is longer.
const REST: &str = "...";

/// A location in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TextPlace {
    /// The line, counted from 1.
    pub(super) line: usize,
    /// The character in the line, counted from 1.
    pub(super) column: usize,
    /// The line with carets below the location.
    pub(super) excerpt: String,
}

/// The starts of the lines of a text, found once so that later lookups do not scan the text again.
#[derive(Debug)]
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { text, starts: std::iter::once(0).chain(after_breaks).collect() }
    }

    /// The line of a byte, counted from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }

    /// The location where `span` begins, with carets for the part of it on that line.
    pub(super) fn place(&self, span: &Range<usize>) -> TextPlace {
        let begin = self.boundary(span.start);
        let line = self.line(begin);
        let start = self.starts[line - 1];
        let content = self.text[start..].split('\n').next().unwrap_or_default().trim_end_matches('\r');
        let end = self.boundary(span.end.max(begin)).min(start + content.len()).max(begin);
        let before = self.text[start..begin].chars().count();
        let marked = self.text[begin..end].chars().count();
        TextPlace { line, column: before + 1, excerpt: excerpt(line, content, before, marked) }
    }

    fn boundary(&self, offset: usize) -> usize {
        let within = offset.min(self.text.len());
        (0..=within).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0)
    }
}

fn excerpt(line: usize, content: &str, before: usize, marked: usize) -> String {
    let skipped = if before < WINDOW * 4 / 5 { 0 } else { before - WINDOW / 2 };
    let mut shown: Vec<char> = content.chars().skip(skipped).map(printable).collect();
    if shown.len() > WINDOW {
        shown.truncate(WINDOW - REST.len());
        shown.extend(REST.chars());
    }
    let (lead, rest) = shown.split_at((before - skipped).min(shown.len()));
    let marked: String = rest.iter().take(marked).collect();
    let gutter = " ".repeat(line.to_string().len());
    let mut text = format!("{gutter} |\n{line} | ");
    text.extend(&shown);
    let _ = write!(text, "\n{gutter} | {}{}", blank(lead), "^".repeat(marked.width().max(1)));
    text
}

/// A blank text as wide as `lead` in a terminal. A tab is kept as a tab.
fn blank(lead: &[char]) -> String {
    let runs = lead.split_inclusive(|c| *c == '\t').map(|run| {
        let (text, tab) = run.strip_suffix(&['\t']).map_or((run, ""), |text| (text, "\t"));
        " ".repeat(text.iter().collect::<String>().width()) + tab
    });
    runs.collect()
}

fn printable(c: char) -> char {
    if c.is_control() && c != '\t' { char::REPLACEMENT_CHARACTER } else { c }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(text: &str, span: Range<usize>) -> TextPlace {
        Lines::of(text).place(&span)
    }

    #[test]
    fn a_caret_stands_below_what_it_marks() {
        let found = place("a = 1\nüb\t= 22\r\n", 12..14);
        assert_eq!((found.line, found.column), (2, 6));
        assert_eq!(found.excerpt, "  |\n2 | üb\t= 22\n  |   \t  ^^");
    }

    #[test]
    fn wide_characters_take_two_columns_of_a_terminal_and_combining_ones_none() {
        assert_eq!(place("日本 = 22", 9..11).excerpt, "  |\n1 | 日本 = 22\n  |        ^^");
        assert_eq!(place("a = '日本'", 5..11).excerpt, "  |\n1 | a = '日本'\n  |      ^^^^");
        assert_eq!(place("e\u{301}\t= 1", 6..7).excerpt, "  |\n1 | e\u{301}\t= 1\n  |  \t  ^");
        assert_eq!(place("日本 = 22", 9..11).column, 6, "a column counts characters");
    }

    #[test]
    fn the_end_of_the_text_is_a_place_too() {
        assert_eq!(place("", 0..0).excerpt, "  |\n1 | \n  | ^");
        assert_eq!(place("a\n", 2..2).line, 2);
        assert_eq!(place("a", 7..9).column, 2);
    }

    #[test]
    fn a_span_of_several_lines_is_marked_on_its_first() {
        assert_eq!(place("x = [\n1]", 4..8).excerpt, "  |\n1 | x = [\n  |     ^");
    }

    #[test]
    fn a_long_line_is_shown_around_the_place() {
        let found = place(&format!("{}!{}", "x".repeat(500), "y".repeat(500)), 500..501);
        assert_eq!(found.column, 501);
        let longest = found.excerpt.lines().map(|line| line.chars().count()).max();
        assert_eq!(longest, Some(WINDOW + 4));
        assert!(found.excerpt.contains('!') && found.excerpt.contains("yyy...\n"));
    }

    #[test]
    fn nothing_in_an_excerpt_steers_the_terminal() {
        assert!(!place("a = \u{1b}[2J", 4..5).excerpt.contains('\u{1b}'));
    }

    proptest! {
        #[test]
        fn any_span_of_any_text_has_a_place(text in "(?s).{0,60}", start in 0_usize..90, length in 0_usize..40) {
            let found = place(&text, start..start + length);
            prop_assert!(found.line <= text.matches('\n').count() + 1);
        }
    }
}
