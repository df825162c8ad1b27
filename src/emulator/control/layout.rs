//! Splits a policy that was sent as one line into lines, as API Management stores it.

use crate::model::text_without_mark;

/// A part of a document, as written in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part<'a> {
    Start(&'a str),
    End(&'a str),
    /// An empty element, a comment or a processing instruction.
    Whole(&'a str),
    Text(&'a str),
}

/// Puts each element of a well-formed one-line document on its own line, as recorded. An element that contains only
/// text is not split. A document that mixes text and elements, or has more than one line, is not changed.
pub(super) fn laid_out(xml: &str) -> String {
    if xml.contains(['\n', '\r']) {
        return xml.to_owned();
    }
    let parts: Option<Vec<Part<'_>>> = parts(text_without_mark(xml)).into_iter().collect();
    parts.and_then(|parts| written(&parts)).unwrap_or_else(|| xml.to_owned())
}

fn written(parts: &[Part<'_>]) -> Option<String> {
    let (mut out, mut depth, mut at) = (String::new(), 0_usize, 0);
    let mut line = |depth: usize, text: &[&str]| {
        if !out.is_empty() {
            out.push('\n');
            (0..depth).for_each(|_| out.push('\t'));
        }
        for text in text {
            out.push_str(text);
        }
    };
    while let Some(rest) = parts.get(at..).filter(|rest| !rest.is_empty()) {
        at += match *rest {
            [Part::Start(start), Part::Text(text), Part::End(end), ..] => {
                line(depth, &[start, text, end]);
                3
            }
            [Part::Start(start), Part::End(end), ..] => {
                line(depth, &[start, end]);
                2
            }
            [Part::Start(start), ..] => {
                line(depth, &[start]);
                depth += 1;
                1
            }
            [Part::End(end), ..] => {
                depth = depth.checked_sub(1)?;
                line(depth, &[end]);
                1
            }
            [Part::Whole(whole), ..] => {
                line(depth, &[whole]);
                1
            }
            [Part::Text(text), ..] if text.trim().is_empty() => 1,
            [Part::Text(_), ..] | [] => return None,
        };
    }
    Some(out)
}

/// Splits a document into parts; an unclosed part is `None`.
fn parts(xml: &str) -> Vec<Option<Part<'_>>> {
    let (mut parts, mut rest) = (Vec::new(), xml);
    while !rest.is_empty() {
        let (part, length) = next(rest).map_or((None, rest.len()), |(part, length)| (Some(part), length));
        parts.push(part);
        rest = rest.get(length..).unwrap_or_default();
    }
    parts
}

fn next(rest: &str) -> Option<(Part<'_>, usize)> {
    let until = |end: &str| rest.find(end).map(|at| at + end.len());
    if !rest.starts_with('<') {
        let length = rest.find('<').unwrap_or(rest.len());
        return Some((Part::Text(&rest[..length]), length));
    }
    if rest.starts_with("<![CDATA[") {
        return None;
    }
    if rest.starts_with("<!--") || rest.starts_with("<?") {
        let length = until(if rest.starts_with("<?") { "?>" } else { "-->" })?;
        return Some((Part::Whole(&rest[..length]), length));
    }
    let length = end_of_tag(rest)?;
    let tag = &rest[..length];
    let part = match tag {
        _ if tag.starts_with("</") => Part::End(tag),
        _ if tag.ends_with("/>") => Part::Whole(tag),
        _ => Part::Start(tag),
    };
    Some((part, length))
}

/// Returns the end of a tag; `>` can be part of an attribute value.
fn end_of_tag(rest: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in rest.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at + 1),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            (None | Some(_), _) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_in_one_line_is_laid_out_as_it_was_recorded() {
        let given = "<policies><inbound><set-variable name=\"asoTest\" value=\"ProductPolicy Value\" /></inbound><backend><forward-request /></backend><outbound /></policies>";
        let recorded = "<policies>\n\t<inbound>\n\t\t<set-variable name=\"asoTest\" value=\"ProductPolicy Value\" />\n\t</inbound>\n\t<backend>\n\t\t<forward-request />\n\t</backend>\n\t<outbound />\n</policies>";
        assert_eq!(laid_out(given), recorded);
        assert_eq!(laid_out(recorded), recorded, "more lines than one stay as they are");
    }

    #[test]
    fn empty_elements_texts_and_comments_keep_their_form() {
        for (given, expected) in [
            ("<a></a>", "<a></a>"),
            ("<format>xml</format>", "<format>xml</format>"),
            ("<!-- c --><a> <b/> </a>", "<!-- c -->\n<a>\n\t<b/>\n</a>"),
            ("<a><b c=\"@(x > y)\" d='>'/></a>", "<a>\n\t<b c=\"@(x > y)\" d='>'/>\n</a>"),
            ("<a><v>@(1 &lt; 2)</v></a>", "<a>\n\t<v>@(1 &lt; 2)</v>\n</a>"),
            ("<a>text<b/></a>", "<a>text<b/></a>"),
            ("<a><![CDATA[<b>]]></a>", "<a><![CDATA[<b>]]></a>"),
            ("<a", "<a"),
            ("", ""),
        ] {
            assert_eq!(laid_out(given), expected);
        }
    }
}
