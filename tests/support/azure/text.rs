//! Policies as API Management keeps them: laid out with tabs and CRLF, and raw where that is asked for.

/// A piece of a policy's text.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Open(&'a str),
    Close(&'a str),
    /// An element without content, or a comment.
    Whole(&'a str),
    Text(&'a str),
}

/// The text as it is stored: one element a line, a tab a level, line ends CRLF. Elements without content and the
/// order of attributes stay as they are, and so do the lines within a comment (apim-policies #0 #38).
pub(super) fn laid_out(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let pieces = pieces(&text);
    let mut lines: Vec<String> = Vec::new();
    let mut depth = 0;
    let mut at = 0;
    while at < pieces.len() {
        let indent = |depth: usize| "\t".repeat(depth);
        match (&pieces[at], pieces.get(at + 1), pieces.get(at + 2)) {
            (Piece::Open(open), Some(Piece::Text(text)), Some(Piece::Close(close))) => {
                lines.push(format!("{}{open}{text}{close}", indent(depth)));
                at += 2;
            }
            (Piece::Open(open), Some(Piece::Close(close)), _) => {
                lines.push(format!("{}{open}{close}", indent(depth)));
                at += 1;
            }
            (Piece::Open(open), ..) => {
                lines.push(format!("{}{open}", indent(depth)));
                depth += 1;
            }
            (Piece::Close(close), ..) => {
                depth = depth.saturating_sub(1);
                lines.push(format!("{}{close}", indent(depth)));
            }
            (Piece::Whole(whole) | Piece::Text(whole), ..) => lines.push(format!("{}{whole}", indent(depth))),
        }
        at += 1;
    }
    lines.join("\n").replace('\n', "\r\n")
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(comment) = rest.strip_prefix("<!--") {
            let length = comment.find("-->").map_or(rest.len(), |end| end + 7);
            found.push(Piece::Whole(&rest[..length]));
            rest = &rest[length..];
        } else if rest.starts_with('<') {
            let length = end_of_tag(rest);
            let tag = &rest[..length];
            found.push(match tag {
                tag if tag.starts_with("</") => Piece::Close(tag),
                tag if tag.ends_with("/>") => Piece::Whole(tag),
                tag => Piece::Open(tag),
            });
            rest = &rest[length..];
        } else {
            let length = rest.find('<').unwrap_or(rest.len());
            let content = rest[..length].trim();
            if !content.is_empty() {
                found.push(Piece::Text(content));
            }
            rest = &rest[length..];
        }
    }
    found
}

/// Where a tag ends, whatever its quoted values hold.
fn end_of_tag(text: &str) -> usize {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return at + 1,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    text.len()
}

const ENTITIES: [(&str, &str); 4] = [("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("&", "&amp;")];

/// The text for `format=rawxml`: expressions stand in it as they are written, so that it need not be XML
/// (Azure/apiops#488). Without expressions it is the same text (apim-policies #9).
pub(super) fn raw(stored: &str) -> String {
    if !stored.contains("@(") && !stored.contains("@{") {
        return stored.to_owned();
    }
    ENTITIES.iter().fold(stored.to_owned(), |text, (plain, encoded)| text.replace(encoded, plain))
}

/// The text that is stored for what was sent as `rawxml`: with its expressions encoded.
pub(super) fn encoded(raw: &str) -> String {
    let mut encoded = String::new();
    let mut rest = raw;
    while let Some(start) = ["@(", "@{"].iter().filter_map(|mark| rest.find(mark)).min() {
        let length = end_of_expression(&rest[start..]);
        encoded += &rest[..start];
        let expression = rest[start..start + length].replace('&', "&amp;");
        encoded += &expression.replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        rest = &rest[start + length..];
    }
    encoded + rest
}

/// Where an expression ends: at the bracket that closes its first one, whatever its strings hold.
fn end_of_expression(text: &str) -> usize {
    let (mut depth, mut within, mut escaped) = (0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            '\\' if within => escaped = !escaped,
            '"' if !escaped => within = !within,
            '(' | '{' if !within => depth += 1,
            ')' | '}' if !within => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
        if c != '\\' {
            escaped = false;
        }
    }
    text.len()
}
