//! Lists in columns: a mark, labels, and a text that is wrapped at words below itself.
#![warn(clippy::arithmetic_side_effects)]

use std::ops::Range;

use textwrap::{Options, WordSeparator, WordSplitter, core::display_width};

use super::style::{Label, Style, Tone};
use crate::report::one_line;

/// The minimum width, in columns, of a text beside its labels. A text with less space is printed below them.
const NARROWEST: usize = 30;
/// The indent of a text that is printed below its labels.
const BELOW: usize = 4;

/// Stands for a space at which a line is not broken.
const GLUE: &str = "\u{a0}";

/// One entry of a list: its labels, and paragraphs of text beside them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    labels: Vec<Label>,
    text: Vec<String>,
    below: Vec<String>,
}

impl Entry {
    /// Returns an entry with these labels.
    pub(super) fn new(labels: impl IntoIterator<Item = Label>) -> Self {
        Self { labels: labels.into_iter().collect(), ..Self::default() }
    }

    /// Adds a paragraph, unless it is empty.
    pub(super) fn with(mut self, paragraph: impl AsRef<str>) -> Self {
        let paragraph = one_line(paragraph.as_ref());
        if !paragraph.is_empty() {
            self.text.push(paragraph.into_owned());
        }
        self
    }

    /// Adds a line below the earlier lines that is never broken, such as a resource id.
    pub(super) fn with_line(mut self, line: &str) -> Self {
        self.below.push(one_line(line).into_owned());
        self
    }
}

/// Returns the entries as lines. Labels are aligned, and a column without any text is left out.
pub(super) fn list(entries: &[Entry], style: Style) -> String {
    let count = entries.iter().map(|entry| entry.labels.len()).max().unwrap_or_default();
    let width = |at: usize| {
        let of_column = entries.iter().filter_map(|entry| entry.labels.get(at));
        of_column.map(|label| display_width(&label.text)).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let longest = entries.iter().flat_map(|entry| &entry.text).map(|text| display_width(text)).max();
    let columns = Columns { widths, needed: longest.unwrap_or_default().min(NARROWEST) };
    entries.iter().map(|entry| columns.lines(entry, style)).collect()
}

/// The columns of a list.
struct Columns {
    /// The width of each label.
    widths: Vec<usize>,
    /// The width that a text beside its labels needs.
    needed: usize,
}

impl Columns {
    fn lines(&self, entry: &Entry, style: Style) -> String {
        let (head, beside) = self.head(entry, style);
        let left = |width: u16| usize::from(width).saturating_sub(beside);
        let fits = style.width.is_none_or(|width| left(width) >= self.needed);
        let indent = if fits { beside } else { BELOW };
        let hanging = " ".repeat(indent);
        let mut text = head;
        let is_bare = entry.text.is_empty();
        if !fits || is_bare {
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        for (at, paragraph) in entry.text.iter().enumerate() {
            let lines = wrapped(&format!("{hanging}{paragraph}"), &hanging, style);
            let is_beside_labels = at == 0 && fits;
            text += lines.get(if is_beside_labels { indent } else { 0 }..).unwrap_or_default();
        }
        entry.below.iter().fold(text, |text, line| text + &" ".repeat(BELOW) + line + "\n")
    }

    /// Returns the labels of an entry, and their width.
    fn head(&self, entry: &Entry, style: Style) -> (String, usize) {
        let (mut head, mut indent) = (" ".to_owned(), 1_usize);
        for (at, width) in self.widths.iter().enumerate().filter(|(_, width)| **width > 0) {
            let (text, tone) = entry.labels.get(at).map_or(("", Tone::Plain), |it| (&it.text, it.tone));
            // A mark is close to its label.
            let gap = if at == 0 && *width == 1 { 1 } else { 2 };
            head += &style.paint(tone, text);
            head += &" ".repeat(width.saturating_sub(display_width(text)).saturating_add(gap));
            indent = indent.saturating_add(width.saturating_add(gap));
        }
        (head, indent)
    }
}

/// Returns a text on lines that fit the terminal, broken between words. Further lines have the indent `hanging`. A
/// command stays on one line if it fits. If it does not, each of its lines ends with a backslash, so that it can be
/// copied into a shell, and no word of it is broken. Another word that is longer than a line is; in a pipe, nothing is.
pub(super) fn wrapped(text: &str, hanging: &str, style: Style) -> String {
    let Some(width) = style.width else { return format!("{text}\n") };
    let first = text.len().saturating_sub(text.trim_start_matches(' ').len());
    let (initial, text) = text.split_at(first);
    let space = usize::from(width).saturating_sub(hanging.len());
    let commands = long_commands(text, space);
    let room = if commands.is_empty() { 0 } else { CONTINUED.len() };
    let options = Options::new(usize::from(width).saturating_sub(room))
        .initial_indent(initial)
        .subsequent_indent(hanging)
        .break_words(commands.is_empty())
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    let text = unbroken(text, space);
    let mut printed = 0_usize;
    let lines = textwrap::wrap(&text, options).into_iter().map(|line| {
        let line = line.replace(GLUE, " ");
        printed = printed.saturating_add(solid(&line));
        let is_open = commands.iter().any(|command| command.start < printed && printed < command.end);
        format!("{}{}\n", line.trim_end(), if is_open { CONTINUED } else { "" })
    });
    lines.collect()
}

/// The end of a line on whose next line a command continues.
const CONTINUED: &str = " \\";

/// Returns the number of characters that are not spaces, which wrapping does not change.
fn solid(text: &str) -> usize {
    text.chars().filter(|it| *it != ' ').count()
}

/// Returns the commands that are longer than `space`, each as a range of characters that are not spaces: those in
/// backticks, and the one after `next:` or `to undo:`.
fn long_commands(text: &str, space: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0_usize;
    let mut add = |before: usize, command: &str| {
        if display_width(command).saturating_add(3) > space {
            found.push(before..before.saturating_add(solid(command)));
        }
    };
    for lead in ["next: ", "to undo: "] {
        if let Some(rest) = text.strip_prefix(lead) {
            add(solid(lead), rest.split(" (").next().unwrap_or(rest));
        }
    }
    let parts: Vec<&str> = text.split('`').collect();
    let last = parts.len().saturating_sub(1);
    for (number, part) in parts.iter().enumerate() {
        let is_command = ["swa-apim ", "az ", "SWA_APIM_"].iter().any(|start| part.starts_with(start));
        if number % 2 == 1 && number < last && is_command {
            add(at, part);
        }
        at = at.saturating_add(solid(part)).saturating_add(1);
    }
    found
}

/// Replaces the spaces of each text in backticks that is not longer than `space`.
fn unbroken(text: &str, space: usize) -> String {
    let mut parts: Vec<String> = text.split('`').map(str::to_owned).collect();
    let last = parts.len().saturating_sub(1);
    for (at, part) in parts.iter_mut().enumerate() {
        // A command has a backtick on both sides, and punctuation after it.
        if at % 2 == 1 && at < last && display_width(part).saturating_add(3) <= space {
            *part = part.replace(' ', GLUE);
        }
    }
    parts.join("`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(width: u16) -> Style {
        Style { decorated: true, width: Some(width), ..Style::PLAIN }
    }

    fn entry(labels: &[&str], text: &str) -> Entry {
        Entry::new(labels.iter().copied().map(Label::from)).with(text)
    }

    #[test]
    fn a_command_that_is_longer_than_a_line_can_be_copied_into_a_shell() {
        let command = "swa-apim unlink --purge --env prod --static-web-app shop-web --model other.json";
        let long =
            format!("{command} --apim /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg");
        for command in [command, &long] {
            for text in [
                format!("run `{command}`; then look"),
                format!("next: {command}"),
                format!("to undo: {command} (linking creates new keys)"),
            ] {
                let lines = wrapped(&text, "  ", at(40));
                let start = lines.find("swa-apim").unwrap();
                let copied = lines[start..].split(['`', '(']).next().unwrap();
                let joined = copied.replace("\\\n", "");
                let words: Vec<&str> = joined.split_whitespace().collect();
                assert_eq!(words.join(" "), command, "{lines}");
                let (inner, last) = copied.trim_end().rsplit_once('\n').unwrap();
                assert!(inner.lines().all(|line| line.ends_with(" \\")) && !last.contains('\\'), "{lines}");
                assert!(
                    lines.lines().all(|line| line.len() <= 40 || line.contains("/subscriptions/")),
                    "{lines}"
                );
            }
        }
    }

    #[test]
    fn labels_are_aligned_and_texts_wrap_at_words_below_themselves() {
        let host = "agreeable-smoke-06273c21e.5.azurestaticapps.net";
        let entries = [
            entry(&["✓", "site"], "shop-web, Standard"),
            entry(&["✗", "product", "", "1.2 s"], &format!("a name such as {host} stays in one piece")),
            entry(&["·"], ""),
        ];
        let expected = format!(
            " ✓ site            shop-web, Standard\n ✗ product  1.2 s  a name such as\n                   {host}\n                   \
             stays in one piece\n ·\n"
        );
        assert_eq!(list(&entries, at(70)), expected);
        assert!(list(&entries, Style::PLAIN).lines().count() == 3, "lines of a pipe are not wrapped");
    }

    #[test]
    fn a_text_with_little_space_is_printed_below_its_labels() {
        let entries =
            [entry(&["✓", "static web app"], "a text of several words that is longer than the line")];
        let expected = " ✓ static web app\n    a text of several words that is\n    longer than the line\n";
        assert_eq!(list(&entries, at(38)), expected);
    }

    #[test]
    fn a_command_stays_on_one_line_if_it_fits() {
        let text = "repair it with `swa-apim relink --env prod`; then look";
        assert_eq!(wrapped(text, "", at(40)), "repair it with\n`swa-apim relink --env prod`; then look\n");
        assert!(wrapped(text, "", at(20)).lines().all(|line| line.len() <= 20));
    }

    #[test]
    fn an_id_is_below_its_entry_and_in_one_piece() {
        let entry = entry(&["✓", "product"], "shop").with_line("/a/very/long/id");
        assert_eq!(list(&[entry], at(10)), " ✓ product\n    shop\n    /a/very/long/id\n");
    }

    #[test]
    fn further_lines_of_a_sentence_are_indented() {
        assert_eq!(wrapped("  one two three", "    ", at(10)), "  one two\n    three\n");
        assert_eq!(wrapped("one two three", "  ", Style::PLAIN), "one two three\n");
    }

    #[test]
    fn a_text_cannot_start_a_line_of_its_own() {
        assert_eq!(list(&[entry(&["a\nb"], "c\r\nd")], Style::PLAIN), " a b  c  d\n");
    }
}
