//! The subset of `OData` filters that lists support: comparisons and text functions, joined by `and` and `or`.

use serde_json::Value;

/// The fields that a list can be filtered by: for each, its name in a filter and the field itself.
pub(super) type Fields = &'static [(&'static str, &'static str)];

/// The fields of most resources.
pub(super) const FIELDS: Fields = &[
    ("name", "name"),
    ("resourceType", "type"),
    ("location", "location"),
    ("displayName", "displayName"),
    ("description", "description"),
    ("method", "method"),
    ("urlTemplate", "urlTemplate"),
];

/// The field of a product's two names: in Azure, a filter by `name` also matches the display name.
const EITHER_NAME: &str = "displayName or name";

/// The fields of products.
pub(super) const OF_PRODUCTS: Fields = &[
    ("name", EITHER_NAME),
    ("displayName", "displayName"),
    ("description", "description"),
    ("terms", "terms"),
    ("state", "state"),
];

/// The fields of APIs.
pub(super) const OF_APIS: Fields = &[
    ("name", "name"),
    ("displayName", "displayName"),
    ("description", "description"),
    ("serviceUrl", "serviceUrl"),
    ("path", "path"),
    ("isCurrent", "isCurrent"),
];

/// The fields of subscriptions.
pub(super) const OF_SUBSCRIPTIONS: Fields = &[
    ("name", "name"),
    ("displayName", "displayName"),
    ("stateComment", "stateComment"),
    ("ownerId", "ownerId"),
    ("scope", "scope"),
    ("userId", "ownerId"),
    ("productId", "productId"),
    ("state", "state"),
];

/// A filter in disjunctive form: one of the groups must match, with all of its conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filter(Vec<Vec<Condition>>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    field: &'static str,
    test: Test,
    value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Test {
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Mark(char),
}

impl Filter {
    /// Parses a filter for the given fields; the error describes the problem.
    pub(super) fn parse(text: &str, fields: Fields) -> Result<Self, String> {
        let mut tokens = tokens(text)?.into_iter().peekable();
        let mut alternatives = vec![Vec::new()];
        loop {
            let (field, test, value) = condition(&mut tokens).ok_or_else(|| unsupported(text))?;
            let field = known(&field, fields)?;
            let condition = Condition { field, test, value };
            if let Some(last) = alternatives.last_mut() {
                last.push(condition);
            }
            match tokens.next() {
                None => return Ok(Self(alternatives)),
                Some(Token::Word(word)) if word.eq_ignore_ascii_case("and") => {}
                Some(Token::Word(word)) if word.eq_ignore_ascii_case("or") => alternatives.push(Vec::new()),
                Some(_) => return Err(unsupported(text)),
            }
        }
    }

    /// Whether a value matches the filter.
    pub(super) fn admits(&self, value: &Value) -> bool {
        self.0.iter().any(|conditions| conditions.iter().all(|condition| condition.holds(value)))
    }
}

fn unsupported(text: &str) -> String {
    format!("This emulator does not support the filter '{text}'.")
}

fn known(name: &str, fields: Fields) -> Result<&'static str, String> {
    let name = name.strip_prefix("properties/").unwrap_or(name);
    let found = fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found
        .map(|(_, field)| *field)
        .ok_or_else(|| format!("Invalid filter: the field '{name}' cannot be used in a filter."))
}

impl Condition {
    fn holds(&self, value: &Value) -> bool {
        if self.field == EITHER_NAME {
            let of = |field| Self { field, ..self.clone() }.holds(value);
            let (shown, own) = (of("displayName"), of("name"));
            return if self.test == Test::NotEqual { shown && own } else { shown || own };
        }
        let found = field(value, self.field);
        match self.test {
            Test::Equal => found.eq_ignore_ascii_case(&self.value),
            Test::NotEqual => !found.eq_ignore_ascii_case(&self.value),
            Test::Contains => found.contains(&self.value),
            Test::StartsWith => found.starts_with(&self.value),
            Test::EndsWith => found.ends_with(&self.value),
        }
    }
}

/// Returns a field of a resource or of its properties.
fn field(value: &Value, name: &str) -> String {
    let found = match name {
        "productId" => return product_of(value).to_owned(),
        name => value.get(name).or_else(|| value.get("properties")?.get(name)),
    };
    match found {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

fn product_of(subscription: &Value) -> &str {
    let scope = subscription.pointer("/properties/scope").and_then(Value::as_str).unwrap_or_default();
    crate::model::ApimSubscription::product_of_scope(scope).unwrap_or_default()
}

type Parsed = (String, Test, String);

fn condition(tokens: &mut impl Iterator<Item = Token>) -> Option<Parsed> {
    let Some(Token::Word(first)) = tokens.next() else { return None };
    let function = match first.to_ascii_lowercase().as_str() {
        "contains" | "substringof" => Some(Test::Contains),
        "startswith" => Some(Test::StartsWith),
        "endswith" => Some(Test::EndsWith),
        _ => None,
    };
    match function {
        None => comparison(first, tokens),
        Some(test) => call(test, tokens),
    }
}

fn comparison(field: String, tokens: &mut impl Iterator<Item = Token>) -> Option<Parsed> {
    let (Some(Token::Word(operator)), Some(Token::Text(value) | Token::Word(value))) =
        (tokens.next(), tokens.next())
    else {
        return None;
    };
    let test = match operator.to_ascii_lowercase().as_str() {
        "eq" => Test::Equal,
        "ne" => Test::NotEqual,
        _ => return None,
    };
    Some((field, test, value))
}

/// Parses `(field, 'text')` or `('text', field)`.
fn call(test: Test, tokens: &mut impl Iterator<Item = Token>) -> Option<Parsed> {
    let mut next = || tokens.next();
    let (Some(Token::Mark('(')), Some(one), Some(Token::Mark(',')), Some(other), Some(Token::Mark(')'))) =
        (next(), next(), next(), next(), next())
    else {
        return None;
    };
    match (one, other) {
        (Token::Word(field), Token::Text(value)) | (Token::Text(value), Token::Word(field)) => {
            Some((field, test, value))
        }
        (Token::Word(_), Token::Word(_) | Token::Mark(_))
        | (Token::Text(_), Token::Text(_) | Token::Mark(_))
        | (Token::Mark(_), _) => None,
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' => {
                let (value, length) = quoted(rest).ok_or("A string in the filter has no closing quote.")?;
                tokens.push(Token::Text(value));
                length
            }
            '(' | ')' | ',' => {
                tokens.push(Token::Mark(first));
                1
            }
            _ => {
                let end = rest.find([' ', '(', ')', ',', '\'']).unwrap_or(rest.len());
                tokens.push(Token::Word(rest[..end].to_owned()));
                end
            }
        };
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// Parses the quoted text at the start, in which two quotes stand for one. Returns it with the length of its source.
fn quoted(text: &str) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match (c, chars.peek()) {
            ('\'', Some((_, '\''))) => {
                chars.next();
                value.push('\'');
            }
            ('\'', _) => return Some((value, at + 1)),
            (c, _) => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_condition_is_held_against_the_value() {
        let value = json!({"name": "n", "type": "T/x", "properties": {"displayName": "Bob's (Linked)",
            "state": "active", "scope": "/x/products/P", "isCurrent": true}});
        for (filter, admitted) in [
            ("displayName eq 'Bob''s (Linked)'", true),
            ("displayName eq 'Bob'", false),
            ("displayName ne 'Bob'", true),
            ("contains(displayName, 'Linked')", true),
            ("substringof('Linked',displayName)", true),
            ("startswith(properties/displayName,'Bob''s')", true),
            ("endswith(displayName,'x')", false),
            ("state eq 'active' and productId eq 'p'", true),
            ("state eq 'active' and name eq 'm'", false),
            ("name eq 'm' or name eq 'n'", true),
        ] {
            let filter_of = Filter::parse(filter, OF_SUBSCRIPTIONS).unwrap();
            assert_eq!(filter_of.admits(&value), admitted, "{filter}");
        }
        let admits = |filter, fields| Filter::parse(filter, fields).unwrap().admits(&value);
        assert!(admits("isCurrent eq true", OF_APIS) && admits("resourceType eq 't/X'", FIELDS));
        assert!(admits("name eq 'Bob''s (Linked)'", OF_PRODUCTS), "a product's name is the displayed one");
        assert!(admits("name eq 'N'", OF_PRODUCTS) && !admits("name ne 'n'", OF_PRODUCTS));
    }

    #[test]
    fn unsupported_filters_are_refused_and_not_ignored() {
        for filter in [
            "displayName",
            "displayName gt 'a'",
            "displayName eq 'a",
            "(name eq 'b')",
            "name eq 'b' xor",
            "colour eq 'b'",
        ] {
            assert!(Filter::parse(filter, FIELDS).is_err(), "{filter}");
        }
    }
}
