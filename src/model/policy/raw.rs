//! The two spellings of a policy: `xml`, which is XML, and `rawxml`, whose expressions are plain C#.

use super::{
    document::{LONGEST, TooComplex},
    entity, expression,
    markup::{NotMarkup, Piece, Pieces, Spelling},
};

/// A `rawxml` text that is not a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotRaw {
    /// It is longer than any policy.
    #[error(transparent)]
    TooComplex(#[from] TooComplex),
    /// It is not made of tags, text and expressions.
    #[error("{problem}. Line {line}, position {position}.")]
    Markup {
        /// What is wrong.
        problem: &'static str,
        /// The line, from 1.
        line: usize,
        /// The position in the line, in characters from 1.
        position: usize,
    },
}

impl NotRaw {
    fn at(text: &str, error: NotMarkup) -> Self {
        let before = &text[..error.at];
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let last = before.rsplit('\n').next().unwrap_or_default();
        Self::Markup { problem: error.problem, line, position: last.chars().count() + 1 }
    }
}

/// `rawxml` → `xml`. What is XML already stays as it is.
///
/// # Errors
///
/// [`NotRaw`] if an expression does not end, or there is markup that XML does not have.
pub(super) fn to_xml(raw: &str) -> Result<String, NotRaw> {
    if raw.len() > LONGEST {
        return Err(TooComplex::Length(raw.len()).into());
    }
    let mut xml = String::with_capacity(raw.len() + raw.len() / 8);
    let mut pieces = Pieces::of(raw, Spelling::Raw);
    while let Some(piece) = pieces.next().map_err(|error| NotRaw::at(raw, error))? {
        match piece {
            Piece::Value { text, quote, spelling: Spelling::Raw } => {
                xml += &entity::encoded(&text.replace("\r\n", "\n"), Some(quote));
            }
            Piece::Text { text, spelling: Spelling::Raw } => xml += &entity::encoded(text, None),
            Piece::Tag(text)
            | Piece::Value { text, .. }
            | Piece::TagEnd { text, .. }
            | Piece::Close(text)
            | Piece::Text { text, .. }
            | Piece::Other(text) => xml += text,
        }
    }
    Ok(xml)
}

/// `xml` → `rawxml`: expressions as C# has them, all else as it is. A text that is not markup is not changed.
pub(super) fn from_xml(xml: &str) -> String {
    let mut raw = String::with_capacity(xml.len());
    let mut pieces = Pieces::of(xml, Spelling::Xml);
    loop {
        match pieces.next() {
            Ok(None) => return raw,
            Err(_) => return xml.to_owned(),
            Ok(Some(Piece::Value { text, quote, .. })) => raw += &unescaped(text, Some(quote)),
            Ok(Some(Piece::Text { text, .. })) => raw += &unescaped(text, None),
            Ok(Some(
                Piece::Tag(text) | Piece::TagEnd { text, .. } | Piece::Close(text) | Piece::Other(text),
            )) => raw += text,
        }
    }
}

/// An expression without its references, as long as that reads back as the same expression.
fn unescaped(text: &str, quote: Option<char>) -> String {
    let plain = entity::decoded(text)
        .filter(|plain| expression::is_whole(plain) && reads_as(plain, quote) == Some(plain.as_str().into()));
    plain.unwrap_or_else(|| text.to_owned())
}

/// What a value or text means in `rawxml`.
fn reads_as(text: &str, quote: Option<char>) -> Option<String> {
    let end = text.find(|it| Some(it) == quote || quote.is_none() && it == '<').unwrap_or(text.len());
    if entity::is_whole_expression(&text[..end]) {
        return (end == text.len()).then(|| entity::decoded(text))?;
    }
    Some(text.to_owned())
}
