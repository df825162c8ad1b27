//! The end of policy expressions: `@( … )` or `@{ … }` around C#, which XML syntax does not delimit.

/// The maximum depth of brackets in an expression.
const DEEPEST: usize = 256;

/// The context of the scanner.
#[derive(Clone, Copy)]
enum Inside {
    /// Code, up to this bracket. A hole of an interpolated string may end with a format: `{x:N2}`.
    Code { close: u8, hole: bool },
    /// An interpolated string, `$"…"` or `$@"…"`.
    Interpolated { verbatim: bool },
}

/// The white space of XML. Any other white space is part of a value.
pub(super) const LAYOUT: [char; 4] = [' ', '\t', '\r', '\n'];

/// Whether a value is an expression. Like the service, this checks only the first characters.
pub(super) fn begins(value: &str) -> bool {
    let value = value.trim_start_matches(LAYOUT);
    value.starts_with("@(") || value.starts_with("@{")
}

/// Whether a whole text is one expression.
pub(super) fn is_whole(text: &str) -> bool {
    let text = text.trim_matches(LAYOUT);
    begins(text) && length(text) == Some(text.len())
}

/// Returns the length in bytes of the expression at the start of `text`; `None` if its brackets or quotes do not match.
/// Each byte is read once.
pub(super) fn length(text: &str) -> Option<usize> {
    scan(text, |_| {})
}

/// Like [`length`]; calls `in_code` for each position in code, that is outside of strings, characters and comments.
pub(super) fn scan(text: &str, mut in_code: impl FnMut(usize)) -> Option<usize> {
    let bytes = text.as_bytes();
    let close = closer(*bytes.get(1)?)?;
    let mut inside = vec![Inside::Code { close, hole: false }];
    let mut at = 2;
    while let Some(top) = inside.last().copied() {
        at = match top {
            Inside::Code { close, hole } => {
                in_code(at);
                code(bytes, at, close, hole, &mut inside)?
            }
            Inside::Interpolated { verbatim } => interpolated(bytes, at, verbatim, &mut inside)?,
        };
        if inside.len() > DEEPEST {
            return None;
        }
    }
    Some(at)
}

fn closer(open: u8) -> Option<u8> {
    match open {
        b'(' => Some(b')'),
        b'[' => Some(b']'),
        b'{' => Some(b'}'),
        _ => None,
    }
}

fn code(bytes: &[u8], at: usize, close: u8, hole: bool, inside: &mut Vec<Inside>) -> Option<usize> {
    let next = |offset: usize| bytes.get(at + offset).copied();
    match (next(0)?, next(1), next(2)) {
        (b'"', _, _) => quoted(bytes, at + 1),
        (b'@', Some(b'"'), _) => verbatim(bytes, at + 2),
        (b'$', Some(b'"'), _) => {
            inside.push(Inside::Interpolated { verbatim: false });
            Some(at + 2)
        }
        (b'$', Some(b'@'), Some(b'"')) | (b'@', Some(b'$'), Some(b'"')) => {
            inside.push(Inside::Interpolated { verbatim: true });
            Some(at + 3)
        }
        (b'\'', _, _) => Some(character(bytes, at)),
        (b'/', Some(b'/'), _) => Some(position(bytes, at, b"\n").unwrap_or(bytes.len())),
        (b'/', Some(b'*'), _) => position(bytes, at + 2, b"*/").map(|end| end + 2),
        (b':', Some(b':'), _) => Some(at + 2),
        (b':', _, _) if hole => {
            inside.pop();
            position(bytes, at, b"}").map(|end| end + 1)
        }
        (b')' | b']' | b'}', _, _) if bytes[at] == close => {
            inside.pop();
            Some(at + 1)
        }
        (b')' | b']' | b'}', _, _) => None,
        (open, _, _) => {
            if let Some(close) = closer(open) {
                inside.push(Inside::Code { close, hole: false });
            }
            Some(at + 1)
        }
    }
}

fn interpolated(bytes: &[u8], at: usize, verbatim: bool, inside: &mut Vec<Inside>) -> Option<usize> {
    match (*bytes.get(at)?, bytes.get(at + 1)) {
        (b'{', Some(b'{')) | (b'}', Some(b'}')) => Some(at + 2),
        (b'"', Some(b'"')) if verbatim => Some(at + 2),
        (b'\\', Some(_)) if !verbatim => Some(at + 2),
        (b'"', _) => {
            inside.pop();
            Some(at + 1)
        }
        (b'{', _) => {
            inside.push(Inside::Code { close: b'}', hole: true });
            Some(at + 1)
        }
        _ => Some(at + 1),
    }
}

/// Returns the position after a regular string whose opening quote is before `at`.
fn quoted(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Returns the position after a verbatim string, in which a doubled quote represents one quote.
fn verbatim(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match (bytes.get(at)?, bytes.get(at + 1)) {
            (b'"', Some(b'"')) => at += 2,
            (b'"', _) => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// Returns the position after a character literal; after the apostrophe if it does not start one.
fn character(bytes: &[u8], at: usize) -> usize {
    const LONGEST: usize = 12;
    let escaped = bytes.get(at + 1) == Some(&b'\\');
    let first = at + if escaped { 3 } else { 2 };
    let within = bytes.get(first..(at + LONGEST).min(bytes.len())).unwrap_or_default();
    let one = |end: usize| std::str::from_utf8(&bytes[at + 1..end]).is_ok_and(|it| it.chars().count() == 1);
    match within.iter().position(|byte| *byte == b'\'').map(|found| first + found) {
        Some(end) if escaped || one(end) => end + 1,
        Some(_) | None => at + 1,
    }
}

fn position(bytes: &[u8], from: usize, wanted: &[u8]) -> Option<usize> {
    let found = bytes.get(from..)?.windows(wanted.len()).position(|window| window == wanted);
    found.map(|found| from + found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_ends_where_its_own_bracket_closes() {
        for expression in [
            "@(1)",
            "@((a)[0](b))",
            "@{ return new { x = 1 }; }",
            "@(f(\"x)\", \"y\"))",
            r#"@(f("a\")", "\\"))"#,
            r#"@(f(@"c:\)", @"say "")"" "))"#,
            r#"@($"{a} ) {{ }} {f(")")} {b:N2} {(c ? ")" : "x")}")"#,
            "@($@\"\\{a}\"\")\")",
            "@(@$\"\\{a}\"\")\")",
            "@(x == ')' || y == '\\'' || z == '\\u0029' || w == '\"' || v == 'é')",
            "@{ // a comment: )}\"'\n return a /* ) \" */ ; }",
            "@(body.As<List<string>>(true).Count < 3 && a > b)",
            "@(global::System.Math.Max(a, b))",
            "@($\"{global::System.Math.PI:0.0)}\")",
            "@(it's(1))",
        ] {
            let text = format!("{expression} ) \" }}");
            assert_eq!(length(&text), Some(expression.len()), "{expression}");
        }
    }

    #[test]
    fn text_without_an_end_or_with_unmatched_brackets_is_not_an_expression() {
        for text in ["@(", "@(a", "@(]", "@{ ( }", "@(\")", "@($\"{)\")", "@(/* )", "@x", "@", ""] {
            assert_eq!(length(text), None, "{text}");
        }
        assert_eq!(length(&format!("@{}", "(".repeat(100_000))), None, "depth is bounded");
    }
}
