//! A tokenizer for policies: tags, attributes, comments and text, without a tree. It takes linear time.
//!
//! It reads both spellings of a policy. In `rawxml`, expressions are plain C#, so they do not end where XML syntax
//! would end them.

use super::{entity, expression};

/// The spelling of expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// With XML references, such as `&lt;` and `&quot;`.
    Xml,
    /// Unescaped.
    Raw,
}

/// A part of a policy's text. The concatenation of all pieces is the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A part of a start tag: before the first value, between two values, or after the last one.
    Tag(&'a str),
    /// The value of an attribute, without its quotes.
    Value { text: &'a str, quote: char, spelling: Spelling },
    /// The end of a start tag.
    TagEnd { text: &'a str, empty: bool },
    /// An end tag.
    Close(&'a str),
    /// Text between tags.
    Text { text: &'a str, spelling: Spelling },
    /// A comment, a processing instruction or a CDATA section.
    Other(&'a str),
}

/// A syntax error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotMarkup {
    /// The byte offset of the error.
    pub(super) at: usize,
    /// The problem.
    pub(super) problem: &'static str,
}

/// The pieces of a text.
pub(super) struct Pieces<'a> {
    text: &'a str,
    at: usize,
    spelling: Spelling,
    within: Within,
    /// The remaining number of unmatched expressions that may be accepted.
    guesses: usize,
}

/// Each guess may scan the rest of the text, so the number is limited.
const MOST_GUESSES: usize = 8;

/// The context at a position of the text.
#[derive(Clone, Copy)]
enum Within {
    Content,
    Tag,
    Value(char),
    /// A tag, at the quote that ends a value.
    TagAtQuote,
}

impl<'a> Pieces<'a> {
    pub(super) fn of(text: &'a str, spelling: Spelling) -> Self {
        Self { text, at: 0, spelling, within: Within::Content, guesses: MOST_GUESSES }
    }

    /// Returns the next piece, or `None` at the end of the text.
    pub(super) fn next(&mut self) -> Result<Option<Piece<'a>>, NotMarkup> {
        let rest = &self.text[self.at..];
        match self.within {
            Within::Content => {}
            Within::Tag => return self.tag(rest, 0).map(Some),
            Within::TagAtQuote => return self.tag(rest, 1).map(Some),
            Within::Value(quote) => {
                self.within = Within::TagAtQuote;
                return self.value(rest, quote).map(Some);
            }
        }
        if rest.is_empty() {
            return Ok(None);
        }
        if !rest.starts_with('<') {
            return self.text_piece(rest).map(Some);
        }
        let whole = |end: &str, problem| match rest.find(end) {
            Some(found) => Ok(found + end.len()),
            None => Err(self.error(problem)),
        };
        if rest.starts_with("<!--") {
            let end = whole("-->", "a comment is not closed")?;
            return Ok(Some(Piece::Other(self.take(end))));
        }
        if rest.starts_with("<![CDATA[") {
            let end = whole("]]>", "a CDATA section is not closed")?;
            return Ok(Some(Piece::Other(self.take(end))));
        }
        if rest.starts_with("<?") {
            let end = whole("?>", "a processing instruction is not closed")?;
            return Ok(Some(Piece::Other(self.take(end))));
        }
        if rest.starts_with("<!") {
            return Err(self.error("a document type is not allowed"));
        }
        if rest.starts_with("</") {
            let end = whole(">", "an end tag is not closed")?;
            return Ok(Some(Piece::Close(self.take(end))));
        }
        let name = rest[1..].find(|it: char| it.is_ascii_whitespace() || matches!(it, '/' | '>' | '<' | '='));
        match name {
            Some(0) | None => Err(self.error("'<' is an unexpected token")),
            Some(name) => {
                self.within = Within::Tag;
                Ok(Some(Piece::Tag(self.take(name + 1))))
            }
        }
    }

    /// Returns the next piece of a start tag, after `from` bytes: the end of the tag, or the part before the next
    /// value.
    fn tag(&mut self, rest: &'a str, from: usize) -> Result<Piece<'a>, NotMarkup> {
        let found = rest[from..].find(['"', '\'', '>', '<', '/']).map(|found| from + found);
        let Some(found) = found else { return Err(self.error("a start tag is not closed")) };
        match rest.as_bytes()[found] {
            b'>' => {
                self.within = Within::Content;
                Ok(Piece::TagEnd { text: self.take(found + 1), empty: false })
            }
            b'/' if rest[found..].starts_with("/>") => {
                self.within = Within::Content;
                Ok(Piece::TagEnd { text: self.take(found + 2), empty: true })
            }
            quote @ (b'"' | b'\'') if rest[..found].trim_end_matches(expression::LAYOUT).ends_with('=') => {
                self.within = Within::Value(char::from(quote));
                Ok(Piece::Tag(self.take(found + 1)))
            }
            _ => Err(NotMarkup {
                at: self.at + found,
                problem: "a start tag contains text that is not an attribute",
            }),
        }
    }

    fn value(&mut self, rest: &'a str, quote: char) -> Result<Piece<'a>, NotMarkup> {
        let Some(end) = rest.find(quote) else { return Err(self.error("an attribute value is not closed")) };
        let (plain, spelling) = (&rest[..end], self.spelling);
        if spelling == Spelling::Xml || !expression::begins(rest) || entity::is_whole_expression(plain) {
            return Ok(Piece::Value { text: self.take(end), quote, spelling: Spelling::Xml });
        }
        let end = self.expression(rest, Some(quote))?;
        if rest[end..].trim_start_matches(expression::LAYOUT).starts_with(quote) {
            let end = rest.len() - rest[end..].trim_start_matches(expression::LAYOUT).len();
            return Ok(Piece::Value { text: self.take(end), quote, spelling });
        }
        Err(NotMarkup {
            at: self.at + end,
            problem: "an attribute value contains an expression and other text",
        })
    }

    fn text_piece(&mut self, rest: &'a str) -> Result<Piece<'a>, NotMarkup> {
        let end = rest.find('<').unwrap_or(rest.len());
        let (plain, spelling) = (&rest[..end], self.spelling);
        if spelling == Spelling::Xml || !expression::begins(rest) || entity::is_whole_expression(plain) {
            return Ok(Piece::Text { text: self.take(end), spelling: Spelling::Xml });
        }
        let end = self.expression(rest, None)?;
        Ok(Piece::Text { text: self.take(end), spelling })
    }

    /// Returns the end of the expression at the start of `rest`, after white space. Only the service checks that it is
    /// valid C#: an expression with unmatched brackets or quotes ends at the next position where a value can end.
    fn expression(&mut self, rest: &str, quote: Option<char>) -> Result<usize, NotMarkup> {
        let start = rest.len() - rest.trim_start_matches(expression::LAYOUT).len();
        if let Some(length) = expression::length(&rest[start..]) {
            return Ok(start + length);
        }
        let guessed = if self.guesses > 0 { guessed_end(&rest[start..], quote) } else { None };
        self.guesses = self.guesses.saturating_sub(1);
        guessed.map(|length| start + length).ok_or(NotMarkup {
            at: self.at + start,
            problem: "the brackets or quotes of an expression do not match",
        })
    }

    fn take(&mut self, length: usize) -> &'a str {
        let taken = &self.text[self.at..self.at + length];
        self.at += length;
        taken
    }

    fn error(&self, problem: &'static str) -> NotMarkup {
        NotMarkup { at: self.at, problem }
    }
}

/// Returns the position after the first closing bracket that is followed by a closing quote and the rest of a tag, or
/// by an end tag.
fn guessed_end(text: &str, quote: Option<char>) -> Option<usize> {
    let close = if text.starts_with("@(") { ')' } else { '}' };
    let is_end = |behind: &str| match quote {
        Some(quote) => behind.strip_prefix(quote).is_some_and(|behind| {
            behind.starts_with(['>', ' ', '\t', '\r', '\n']) || behind.starts_with("/>")
        }),
        None => behind.trim_start_matches(expression::LAYOUT).starts_with("</"),
    };
    let ends = text.match_indices(close).map(|(at, _)| at + 1);
    ends.into_iter().find(|end| is_end(&text[*end..]))
}
