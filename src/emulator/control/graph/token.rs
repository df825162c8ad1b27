//! The tokens of the query language, and the position of a syntax error.

/// The position at which a query cannot be parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unparsed {
    pub(super) line: usize,
    pub(super) position: usize,
    pub(super) token: String,
    /// The clause or operator that is not implemented, if that is the cause.
    pub(super) unsupported: Option<String>,
}

impl Unparsed {
    pub(super) fn at(text: &str, place: usize, token: &str) -> Self {
        let before = &text[..place.min(text.len())];
        let line = before.matches('\n').count() + 1;
        let position = before.rsplit('\n').next().unwrap_or_default().chars().count();
        Self { line, position, token: token.to_owned(), unsupported: None }
    }

    pub(super) fn unsupported(what: &str, text: &str, place: usize) -> Self {
        Self { unsupported: Some(what.to_owned()), ..Self::at(text, place, what) }
    }
}

/// A token of the language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A name, a keyword or a number.
    Word(String),
    /// A quoted text.
    Text(String),
    Mark(&'static str),
}

const MARKS: [&str; 15] = ["==", "=~", "!=", "!~", "|", "(", ")", ",", "=", "[", "]", "*", "<", ">", "+"];

/// Splits a query into tokens, each with its position.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, Unparsed> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        if first.is_whitespace() {
            at += first.len_utf8();
        } else if first == '\'' || first == '"' {
            let end = rest[1..].find(first).ok_or_else(|| Unparsed::at(text, text.len(), "<EOF>"))?;
            tokens.push((at, Token::Text(rest[1..=end].to_owned())));
            at += end + 2;
        } else if let Some(mark) = MARKS.iter().find(|mark| rest.starts_with(**mark)) {
            tokens.push((at, Token::Mark(mark)));
            at += mark.len();
        } else {
            let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '~' | '!' | '$');
            let end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
            if end == 0 {
                return Err(Unparsed::at(text, at, &first.to_string()));
            }
            tokens.push((at, Token::Word(rest[..end].to_owned())));
            at += end;
        }
    }
    Ok(tokens)
}
