//! The two spellings of a policy: `xml`, which is XML, and `rawxml`, whose expressions are plain C#.

use super::{
    document::{LONGEST, TooComplex},
    entity, expression,
    markup::{NotMarkup, Piece, Pieces, Spelling},
};

/// Why a `rawxml` text is not a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotRaw {
    /// The text exceeds the maximum size of a policy.
    #[error(transparent)]
    TooComplex(#[from] TooComplex),
    /// The text does not consist of tags, text and expressions.
    #[error("{problem}. Line {line}, position {position}.")]
    Markup {
        /// The problem.
        problem: &'static str,
        /// The line number, starting at 1.
        line: usize,
        /// The position in the line, in characters, starting at 1.
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

/// Converts `rawxml` to `xml`. Parts that are XML already are unchanged.
///
/// # Errors
///
/// [`NotRaw`] if an expression is not terminated, or the markup is not valid in XML.
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

/// Converts `xml` to `rawxml`: expressions become plain C#, the rest is unchanged. An invalid text is returned
/// unchanged.
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

/// Returns an expression without references, if that is read as the same expression again.
fn unescaped(text: &str, quote: Option<char>) -> String {
    let plain = entity::decoded(text)
        .filter(|plain| expression::is_whole(plain) && reads_as(plain, quote) == Some(plain.as_str().into()));
    plain.unwrap_or_else(|| text.to_owned())
}

/// Returns the meaning of a value or text in `rawxml`.
fn reads_as(text: &str, quote: Option<char>) -> Option<String> {
    let end = text.find(|it| Some(it) == quote || quote.is_none() && it == '<').unwrap_or(text.len());
    if entity::is_whole_expression(&text[..end]) {
        return (end == text.len()).then(|| entity::decoded(text))?;
    }
    Some(text.to_owned())
}
