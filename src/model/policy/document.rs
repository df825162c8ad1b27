//! The text of a policy as a tree, within the limits of a policy.

use roxmltree::{Document, ParsingOptions};

use super::{
    entity,
    markup::{Piece, Pieces, Spelling},
};

/// The maximum size of a policy in bytes: the [limit of API
/// Management](https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits).
pub(super) const LONGEST: usize = 256 << 10;
/// The maximum size of such a policy as XML, in which references are longer than the characters that they represent.
const LONGEST_XML: usize = 4 * LONGEST;
const DEEPEST: usize = 64;
const MOST_ELEMENTS: usize = 8192;
const MOST_ATTRIBUTES: usize = 64;
/// The cost of parsing prefixed names is the product of the numbers of elements and namespaces.
const MOST_NAMESPACES: usize = 32;

/// The limit that a policy exceeds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TooComplex {
    /// The policy is too long.
    #[error("the policy has {0} bytes; the maximum is {LONGEST}")]
    Length(usize),
    /// The elements are nested too deeply.
    #[error("the elements of the policy are nested more than {DEEPEST} levels deep")]
    Depth,
    /// The policy has too many elements.
    #[error("the policy has more than {MOST_ELEMENTS} elements")]
    Elements,
    /// An element has too many attributes.
    #[error("an element of the policy has more than {MOST_ATTRIBUTES} attributes")]
    Attributes,
    /// The policy declares too many namespaces.
    #[error("the policy declares more than {MOST_NAMESPACES} namespaces")]
    Namespaces,
}

/// Why a text is not read as a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnreadPolicy {
    /// The text exceeds a limit.
    #[error(transparent)]
    TooComplex(#[from] TooComplex),
    /// The text is not well-formed XML; the message contains the position.
    #[error("the policy is not well-formed: {0}")]
    NotXml(String),
}

/// Parses a text as XML, after a check of the limits that takes linear time.
pub(super) fn parse(text: &str) -> Result<Document<'_>, UnreadPolicy> {
    check_shape(text)?;
    let nodes_limit = u32::try_from(LONGEST_XML).unwrap_or(u32::MAX);
    let options = ParsingOptions { allow_dtd: false, nodes_limit, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| UnreadPolicy::NotXml(error.to_string()))
}

fn check_shape(text: &str) -> Result<(), UnreadPolicy> {
    let length = if text.len() > LONGEST_XML { text.len() } else { text.len() - entity::excess(text) };
    if length > LONGEST {
        return Err(TooComplex::Length(length).into());
    }
    let (mut depth, mut elements, mut attributes, mut namespaces) = (0_usize, 0, 0, 0);
    let mut pieces = Pieces::of(text, Spelling::Xml);
    loop {
        match pieces.next() {
            Ok(None) => return Ok(()),
            Err(error) => {
                return Err(UnreadPolicy::NotXml(format!("{} at byte {}", error.problem, error.at)));
            }
            Ok(Some(Piece::Tag(tag))) => {
                if tag.starts_with('<') {
                    (depth, elements, attributes) = (depth + 1, elements + 1, 0);
                }
                namespaces += usize::from(tag.contains("xmlns"));
            }
            Ok(Some(Piece::Value { .. })) => attributes += 1,
            Ok(Some(Piece::TagEnd { empty: true, .. } | Piece::Close(_))) => depth = depth.saturating_sub(1),
            Ok(Some(Piece::TagEnd { .. } | Piece::Text { .. } | Piece::Other(_))) => {}
        }
        let excess = [
            (depth > DEEPEST, TooComplex::Depth),
            (elements > MOST_ELEMENTS, TooComplex::Elements),
            (attributes > MOST_ATTRIBUTES, TooComplex::Attributes),
            (namespaces > MOST_NAMESPACES, TooComplex::Namespaces),
        ];
        if let Some((_, excess)) = excess.into_iter().find(|(exceeded, _)| *exceeded) {
            return Err(excess.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_is_found_before_anything_is_parsed() {
        let prefixes: Vec<String> = (0..4000).map(|at| format!("<p{at}:a xmlns:p{at}=\"u\">")).collect();
        let prefixes = prefixes.concat();
        let attributes: Vec<String> = (0..20_000).map(|at| format!(" a{at}=\"\"")).collect();
        let attributes = attributes.concat();
        for (text, excess) in [
            ("x".repeat(LONGEST + 1), TooComplex::Length(LONGEST + 1)),
            ("<a>".repeat(65), TooComplex::Depth),
            (format!("<p>{}", "<a/>".repeat(MOST_ELEMENTS)), TooComplex::Elements),
            (format!("<p{attributes}/>"), TooComplex::Attributes),
            (prefixes, TooComplex::Namespaces),
        ] {
            let found = parse(&text).map(drop);
            assert_eq!(found, Err(UnreadPolicy::TooComplex(excess.clone())), "{excess}");
        }
        let entities = "<!DOCTYPE p [<!ENTITY a \"aaaaaaaaaa\">]><p>&a;</p>";
        assert!(matches!(parse(entities), Err(UnreadPolicy::NotXml(_))));
        assert!(matches!(parse("<p>&a;</p>"), Err(UnreadPolicy::NotXml(_))));
    }
}
