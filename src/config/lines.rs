//! Line ends of an edited text.

/// `edited` with the line ends of `original`: the lines before and after the edit as they are there, byte for byte, and
/// the lines between as most of its lines are. The library that edits writes every line with `\n`.
pub(super) fn with_line_ends_of(original: &str, edited: &str) -> String {
    let old: Vec<&str> = original.split_inclusive('\n').collect();
    let new: Vec<&str> = edited.split_inclusive('\n').collect();
    let same = |(old, new): &(&&str, &&str)| without_end(old) == without_end(new);
    // The last line may have no end, and the edited text may go on after it.
    let head = old.iter().zip(&new).take_while(|both| same(both) && both.0.ends_with('\n')).count();
    let rest = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(same).count();
    let end = if original.contains("\r\n") { "\r\n" } else { "\n" };
    let mut whole = old[..head].concat();
    for line in &new[head..new.len() - tail] {
        let text = without_end(line);
        whole.extend([text, if text.len() == line.len() { "" } else { end }]);
    }
    whole + &old[old.len() - tail..].concat()
}

fn without_end(line: &str) -> &str {
    line.strip_suffix('\n').map_or(line, |text| text.strip_suffix('\r').unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn unchanged_lines_keep_their_ends() {
        let original = "a\r\nb\nc\r\nd";
        assert_eq!(with_line_ends_of(original, "a\nb\nc\nd\n"), original);
        assert_eq!(with_line_ends_of(original, "a\nb\nx\ny\nd\n"), "a\r\nb\nx\r\ny\r\nd");
        assert_eq!(with_line_ends_of("a\na\n", "a\na\na\n"), "a\na\na\n");
        assert_eq!(with_line_ends_of("", "a\n"), "a\n");
        assert_eq!(with_line_ends_of("d", "d\nx\n"), "d\nx\n");
    }

    proptest! {
        #[test]
        fn the_text_is_the_edited_one(original in "[ab\r\n]{0,12}", edited in "[ab\n]{0,12}") {
            let whole = with_line_ends_of(&original, &edited);
            let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(lines(&whole), lines(&edited));
        }
    }
}
