//! The policy of a link as XML, line by line.

use super::{entity::encoded, request::TOKEN_HEADER};
use crate::model::LinkNames;

/// An indentation level and a line.
pub(super) type Line = (usize, String);

/// The parts of a previous check that are kept.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Attributes that do not affect which requests are accepted.
    pub(super) attributes: Vec<(String, String)>,
    /// Comments, unchanged.
    pub(super) comments: Vec<String>,
    /// Audiences in addition to the gateway.
    pub(super) audiences: Vec<String>,
    /// Claims that the site's tokens may have, unchanged.
    pub(super) claims: Option<String>,
}

/// The layout of lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout<'a> {
    /// The line end and the indentation before every line except the first.
    pub(super) start: &'a str,
    /// The indentation of one level.
    pub(super) level: &'a str,
}

impl Layout<'_> {
    /// Returns the lines as one text.
    pub(super) fn join(self, lines: &[Line]) -> String {
        let mut text = String::new();
        for (at, (levels, line)) in lines.iter().enumerate() {
            if at > 0 {
                text += self.start;
            }
            text += &self.level.repeat(*levels);
            text += line;
        }
        text
    }
}

/// Returns the whole policy of a link.
pub(super) fn policy(names: &LinkNames, gateway: Option<&str>) -> String {
    let line = |levels, text: &str| (levels, text.to_owned());
    let mut lines = vec![line(0, "<policies>"), line(1, "<inbound>"), line(2, "<base />")];
    lines
        .extend(check(names, gateway, &Kept::default()).into_iter().map(|(levels, text)| (levels + 2, text)));
    lines.push(line(1, "</inbound>"));
    for name in ["backend", "outbound", "on-error"] {
        lines.extend([(1, format!("<{name}>")), line(2, "<base />"), (1, format!("</{name}>"))]);
    }
    lines.push(line(0, "</policies>"));
    Layout { start: "\n", level: "    " }.join(&lines)
}

/// Returns the `validate-jwt` element of a link.
pub(super) fn check(names: &LinkNames, gateway: Option<&str>, kept: &Kept) -> Vec<Line> {
    let mut lines = vec![(0, start_tag(kept))];
    lines.extend(kept.comments.iter().map(|comment| (1, comment.clone())));
    let configuration = encoded(&format!("{}/.well-known/openid-configuration", names.issuer()), Some('"'));
    lines.push((1, format!("<openid-config url=\"{configuration}\" />")));
    let own = gateway.map(|host| format!("https://{host}"));
    let others = kept.audiences.iter().filter(|audience| Some(*audience) != own.as_ref());
    let audiences: Vec<String> = others.chain(&own).cloned().collect();
    if !audiences.is_empty() {
        list(&mut lines, "audience", audiences.into_iter());
    }
    list(&mut lines, "issuer", [names.issuer()].into_iter());
    lines.extend(kept.claims.iter().map(|claims| (1, claims.clone())));
    lines.push((0, "</validate-jwt>".to_owned()));
    lines
}

fn start_tag(kept: &Kept) -> String {
    let mut attributes = vec![
        ("header-name", TOKEN_HEADER),
        ("failed-validation-httpcode", "401"),
        ("require-expiration-time", "true"),
        ("require-scheme", "Bearer"),
        ("require-signed-tokens", "true"),
    ];
    for (name, value) in &kept.attributes {
        match attributes.iter_mut().find(|(known, _)| known == name) {
            Some(known) => known.1 = value,
            None => attributes.push((name, value)),
        }
    }
    let written = attributes.iter().map(|(name, value)| format!(" {name}=\"{}\"", encoded(value, Some('"'))));
    format!("<validate-jwt{}>", written.collect::<String>())
}

fn list(lines: &mut Vec<Line>, item: &str, texts: impl Iterator<Item = String>) {
    lines.push((1, format!("<{item}s>")));
    lines.extend(texts.map(|text| (2, format!("<{item}>{}</{item}>", encoded(&text, None)))));
    lines.push((1, format!("</{item}s>")));
}
