//! The query language of Resource Graph: parses text into stages.

use super::token::{Token, Unparsed, tokens};

/// One step of a query. Its input is the output of the step before it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stage {
    /// Keeps the rows that meet the condition.
    Where(Condition),
    /// Keeps these columns, with these names.
    Project(Vec<(String, Vec<String>)>),
    /// Removes columns.
    ProjectAway(Vec<String>),
    /// Sorts by columns; `true` means ascending.
    Order(Vec<(Vec<String>, bool)>),
    /// Keeps the first rows, up to this number.
    Take(usize),
    /// Counts the rows.
    Count,
}

/// A condition on a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    /// Compares the text of a column with one or more texts.
    Compare {
        column: Vec<String>,
        test: Test,
        texts: Vec<String>,
    },
}

/// How two texts are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Equal,
    /// Equality, ignoring case.
    Same,
    Contains,
    StartsWith,
    EndsWith,
}

/// The stages of the language that are not implemented.
const UNSUPPORTED: [&str; 16] = [
    "distinct",
    "extend",
    "join",
    "mv-expand",
    "mvexpand",
    "parse",
    "parse-where",
    "project-rename",
    "project-reorder",
    "project-keep",
    "sample",
    "summarize",
    "top",
    "union",
    "let",
    "evaluate",
];

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<(usize, Token)>,
    at: usize,
}

/// Parses a query.
pub(super) fn parse(text: &str) -> Result<Vec<Stage>, Unparsed> {
    let mut parser = Parser { text, tokens: tokens(text)?, at: 0 };
    let mut stages = Vec::new();
    // The table name is optional.
    if parser.is_word("resources") {
        parser.at += 1;
        if parser.peek().is_none() {
            return Ok(stages);
        }
        parser.mark("|")?;
    }
    loop {
        stages.push(parser.stage()?);
        if parser.peek().is_none() {
            return Ok(stages);
        }
        parser.mark("|")?;
    }
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(found)) if found.eq_ignore_ascii_case(word))
    }

    fn is_mark(&self, mark: &str) -> bool {
        matches!(self.peek(), Some(Token::Mark(found)) if *found == mark)
    }

    /// Returns the error for the next token.
    fn unexpected(&self) -> Unparsed {
        match self.tokens.get(self.at) {
            None => Unparsed::at(self.text, self.text.len(), "<EOF>"),
            Some((place, Token::Word(text) | Token::Text(text))) => Unparsed::at(self.text, *place, text),
            Some((place, Token::Mark(mark))) => Unparsed::at(self.text, *place, mark),
        }
    }

    fn unsupported(&self, what: &str) -> Unparsed {
        let place = self.tokens.get(self.at).map_or(self.text.len(), |(place, _)| *place);
        Unparsed::unsupported(what, self.text, place)
    }

    fn mark(&mut self, mark: &str) -> Result<(), Unparsed> {
        if !self.is_mark(mark) {
            return Err(self.unexpected());
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self) -> Result<String, Unparsed> {
        let Some(Token::Word(word)) = self.peek() else { return Err(self.unexpected()) };
        let word = word.clone();
        self.at += 1;
        Ok(word)
    }

    /// Consumes a word if it is next, and returns whether it was.
    fn took(&mut self, word: &str) -> bool {
        let is = self.is_word(word);
        self.at += usize::from(is);
        is
    }

    fn stage(&mut self) -> Result<Stage, Unparsed> {
        let Some(Token::Word(word)) = self.peek() else { return Err(self.unexpected()) };
        let word = word.to_ascii_lowercase();
        let known = ["where", "project", "project-away", "order", "sort", "take", "limit", "count"];
        if UNSUPPORTED.contains(&word.as_str()) || !known.contains(&word.as_str()) && self.at == 0 {
            return Err(self.unsupported(&word));
        }
        if !known.contains(&word.as_str()) {
            return Err(self.unexpected());
        }
        self.at += 1;
        match word.as_str() {
            "where" => Ok(Stage::Where(self.any()?)),
            "project" => Ok(Stage::Project(self.listed(Self::projected)?)),
            "project-away" => Ok(Stage::ProjectAway(self.listed(Self::word)?)),
            "order" | "sort" => {
                if !self.took("by") {
                    return Err(self.unexpected());
                }
                Ok(Stage::Order(self.listed(Self::ordered)?))
            }
            "take" | "limit" => {
                let Some(Token::Word(number)) = self.peek() else { return Err(self.unexpected()) };
                let number = number.parse().map_err(|_| self.unexpected())?;
                self.at += 1;
                Ok(Stage::Take(number))
            }
            _ => Ok(Stage::Count),
        }
    }

    fn listed<T>(&mut self, one: impl Fn(&mut Self) -> Result<T, Unparsed>) -> Result<Vec<T>, Unparsed> {
        let mut all = vec![one(self)?];
        while self.is_mark(",") {
            self.at += 1;
            all.push(one(self)?);
        }
        Ok(all)
    }

    /// Parses `column` or `name = column`.
    fn projected(&mut self) -> Result<(String, Vec<String>), Unparsed> {
        let first = self.column()?;
        if !self.is_mark("=") {
            // Without a name, a nested member is named by its whole path.
            return Ok((first.join("_"), first));
        }
        self.at += 1;
        Ok((first.join("."), self.column()?))
    }

    fn ordered(&mut self) -> Result<(Vec<String>, bool), Unparsed> {
        let column = self.column()?;
        // The default order of the language is descending.
        let is_ascending = self.took("asc");
        if !is_ascending {
            self.took("desc");
        }
        Ok((column, is_ascending))
    }

    /// Parses a column or a nested member: `properties.defaultHostname`, `tags['env']`.
    fn column(&mut self) -> Result<Vec<String>, Unparsed> {
        if self.word_is_a_number() {
            return Err(self.unexpected());
        }
        let mut path: Vec<String> = self.word()?.split('.').map(str::to_owned).collect();
        while self.is_mark("[") {
            self.at += 1;
            let Some(Token::Text(name)) = self.peek().cloned() else { return Err(self.unexpected()) };
            path.push(name);
            self.at += 1;
            self.mark("]")?;
        }
        if self.is_mark("(") {
            self.at -= 1;
            return Err(self.unsupported(&path.join(".")));
        }
        Ok(path)
    }

    fn word_is_a_number(&self) -> bool {
        matches!(self.peek(), Some(Token::Word(word)) if word.starts_with(|c: char| c.is_ascii_digit()))
    }

    fn any(&mut self) -> Result<Condition, Unparsed> {
        let mut alternatives = vec![self.all()?];
        while self.took("or") {
            alternatives.push(self.all()?);
        }
        Ok(if alternatives.len() == 1 { alternatives.remove(0) } else { Condition::Any(alternatives) })
    }

    fn all(&mut self) -> Result<Condition, Unparsed> {
        let mut conditions = vec![self.one()?];
        while self.took("and") {
            conditions.push(self.one()?);
        }
        Ok(if conditions.len() == 1 { conditions.remove(0) } else { Condition::All(conditions) })
    }

    fn one(&mut self) -> Result<Condition, Unparsed> {
        if self.is_mark("(") {
            return self.enclosed();
        }
        if self.took("not") {
            return Ok(Condition::Not(Box::new(self.enclosed()?)));
        }
        let column = self.column()?;
        let (test, is_negated, is_list) = self.operator()?;
        let texts = if is_list {
            self.mark("(")?;
            let texts = self.listed(Self::literal)?;
            self.mark(")")?;
            texts
        } else {
            vec![self.literal()?]
        };
        let compared = Condition::Compare { column, test, texts };
        Ok(if is_negated { Condition::Not(Box::new(compared)) } else { compared })
    }

    fn enclosed(&mut self) -> Result<Condition, Unparsed> {
        self.mark("(")?;
        let condition = self.any()?;
        self.mark(")")?;
        Ok(condition)
    }

    fn operator(&mut self) -> Result<(Test, bool, bool), Unparsed> {
        let Some(token) = self.peek() else { return Err(self.unexpected()) };
        let found = match token {
            Token::Mark(mark) => (*mark).to_owned(),
            Token::Word(word) => word.to_ascii_lowercase(),
            Token::Text(_) => return Err(self.unexpected()),
        };
        let (found, is_negated) = match found.strip_prefix('!') {
            Some("=") => ("==", true),
            Some("~") => ("=~", true),
            Some(rest) => (rest, true),
            None => (found.as_str(), false),
        };
        let (test, is_list) = match found {
            "==" => (Test::Equal, false),
            "=~" => (Test::Same, false),
            "in" => (Test::Equal, true),
            "in~" => (Test::Same, true),
            "contains" => (Test::Contains, false),
            "startswith" => (Test::StartsWith, false),
            "endswith" => (Test::EndsWith, false),
            "has" | "matches" | "between" | "<" | ">" | "contains_cs" | "startswith_cs" | "endswith_cs"
            | "has_any" | "has_all" | "has_cs" | "hasprefix" | "hassuffix" | "+" => {
                return Err(self.unsupported(found));
            }
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        Ok((test, is_negated, is_list))
    }

    fn literal(&mut self) -> Result<String, Unparsed> {
        match self.peek() {
            Some(Token::Text(text)) => {
                let text = text.clone();
                self.at += 1;
                Ok(text)
            }
            Some(Token::Word(word)) if self.word_is_a_number() || ["true", "false"].contains(&&**word) => {
                self.word()
            }
            Some(Token::Word(_) | Token::Mark(_)) | None => Err(self.unexpected()),
        }
    }
}

#[cfg(test)]
mod tests;
