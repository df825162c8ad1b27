//! Repair of a policy: adds or replaces the check that a link needs; the rest is unchanged.

use std::ops::Range;

use roxmltree::{Document, Node};

use super::{
    GatewayHosts, document,
    evaluate::required,
    flow,
    judge::{own_token, refuses_site, scene_of},
    request::{Outcome, own_issuer},
    validate_jwt::Check,
    verdict::MOST_SKEW,
    write::{self, Kept, Layout},
};
use crate::model::{Hostname, LinkNames};

/// Attributes of a check that are kept with any value: they do not affect which requests are accepted.
const HARMLESS: [&str; 5] = [
    "failed-validation-error-message",
    "failed-validation-httpcode",
    "id",
    "output-token-variable-name",
    "require-scheme",
];

/// Replaces the check of the site's token, or inserts one; `None` if the text is not a policy document.
pub(super) fn repaired(text: &str, names: &LinkNames, gateway: GatewayHosts<'_>) -> Option<String> {
    let document = document::parse(text).ok()?;
    if !document.root_element().has_tag_name("policies") {
        return None;
    }
    let repair = Repair { text, document: &document, names, gateway };
    let mut edits = repair.edits();
    edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut repaired = text.to_owned();
    for (range, replacement) in edits {
        repaired.replace_range(range, &replacement);
    }
    Some(repaired)
}

struct Repair<'a, 'd> {
    text: &'a str,
    document: &'a Document<'d>,
    names: &'a LinkNames,
    gateway: GatewayHosts<'a>,
}

impl Repair<'_, '_> {
    /// Returns the ranges to replace, with their new texts.
    fn edits(&self) -> Vec<(Range<usize>, String)> {
        let site = self.names.hostname();
        let statements = flow::of(self.document);
        let all = flow::checks(&statements);
        let of_link = all.iter().copied().filter(|check| is_of_link(check, site));
        let scene = scene_of(&all, site, self.gateway);
        let (mut replaced, kept): (Vec<&Check>, Vec<&Check>) =
            of_link.partition(|check| refuses_site(check, &scene, self.gateway.host));
        let guards = |check: &&Check| self.is_direct(check);
        if !replaced.iter().any(guards) && !kept.iter().any(|check| check.is_strict(site) && guards(check)) {
            match kept.iter().copied().find(guards) {
                Some(check) => replaced.push(check),
                None => return self.inserted().into_iter().chain(self.replacements(&replaced)).collect(),
            }
        }
        self.replacements(&replaced)
    }

    fn replacements(&self, checks: &[&Check]) -> Vec<(Range<usize>, String)> {
        let node = |check: &&&Check| self.node(check);
        let found = checks.iter().filter_map(|check| Some((node(&check)?, *check)));
        found
            .map(|(node, check)| (node.range(), self.written(node.range().start, &self.kept(node, check))))
            .collect()
    }

    fn node(&self, check: &Check) -> Option<Node<'_, '_>> {
        self.document.descendants().find(|node| node.id().get_usize() == check.element)
    }

    /// Whether a check is a direct child of the inbound section, so that it applies to every request.
    fn is_direct(&self, check: &Check) -> bool {
        self.node(check).and_then(|node| node.parent()) == flow::inbound(self.document)
    }

    /// Returns an insertion of a check before all statements, but after a `<base />` that comes first.
    fn inserted(&self) -> Option<(Range<usize>, String)> {
        let Some(inbound) = flow::inbound(self.document) else {
            let section = |check: &str| format!("<inbound><base />{check}</inbound>");
            return self.within(self.document.root_element(), &section(&self.written(0, &Kept::default())));
        };
        let first = inbound.children().find(Node::is_element);
        match first.filter(|first| first.has_tag_name("base")) {
            Some(base) => {
                let at = base.range();
                let check = self.written(at.start, &Kept::default());
                Some((at.end..at.end, format!("{}{check}", self.line_start(at.start).unwrap_or_default())))
            }
            None => match first.map(|first| first.range().start) {
                Some(at) => {
                    let check = self.written(at, &Kept::default());
                    Some((at..at, format!("{check}{}", self.line_start(at).unwrap_or_default())))
                }
                None => self.within(inbound, &self.written(0, &Kept::default())),
            },
        }
    }

    /// Returns an insertion at the start of an element's content, also for an empty-element tag.
    fn within(&self, element: Node<'_, '_>, content: &str) -> Option<(Range<usize>, String)> {
        let range = element.range();
        let source = &self.text[range.clone()];
        if let Some(child) = element.first_child() {
            let at = child.range().start;
            return Some((at..at, content.to_owned()));
        }
        let tag = element.tag_name().name();
        if let Some(start) = source.strip_suffix("/>") {
            return Some((range, format!("{}>{content}</{tag}>", start.trim_end())));
        }
        let at = range.start + source.rfind("</")?;
        Some((at..at, content.to_owned()))
    }

    /// Returns the check as text for a position: on separate lines, if the position is at the start of a line.
    fn written(&self, at: usize, kept: &Kept) -> String {
        let lines = write::check(self.names, self.gateway.host, kept);
        match self.line_start(at) {
            None => Layout { start: "", level: "" }.join(&lines),
            Some(start) => {
                let level = if start.contains("  ") { "    " } else { "\t" };
                Layout { start: &start, level }.join(&lines)
            }
        }
    }

    /// Returns the line end and the indentation before a position, if the line has no other text before it.
    fn line_start(&self, at: usize) -> Option<String> {
        let before = &self.text[..at];
        let line = before.rfind('\n')?;
        let end = if before[..line].ends_with('\r') { "\r\n" } else { "\n" };
        let space = &before[line + 1..];
        space.trim().is_empty().then(|| format!("{end}{space}"))
    }

    fn kept(&self, element: Node<'_, '_>, check: &Check) -> Kept {
        let own = own_token(self.names.hostname(), self.gateway.host);
        let fits = |outcome: Outcome| !matches!(outcome, Outcome::Refused(_));
        let claims =
            check.rule.required_claims.iter().all(|claim| fits(required(claim, &own, self.gateway.all)));
        let claims = element.children().find(|child| claims && child.has_tag_name("required-claims"));
        let is_kept = |comment: &Node<'_, '_>| {
            comment.is_comment() && !comment.ancestors().any(|it| Some(it) == claims)
        };
        let attributes = element.attributes().filter(|attribute| {
            let skew = attribute.name() == "clock-skew" && check.rule.clock_skew <= MOST_SKEW;
            skew || HARMLESS.contains(&attribute.name())
        });
        Kept {
            attributes: attributes.map(|it| (it.name().to_owned(), it.value().to_owned())).collect(),
            comments: element
                .descendants()
                .filter(is_kept)
                .map(|it| self.text[it.range()].to_owned())
                .collect(),
            audiences: check.rule.audiences.clone(),
            claims: claims.map(|it| self.text[it.range()].to_owned()),
        }
    }
}

/// Whether a check is the link's, and not a check of another token of a visitor.
fn is_of_link(check: &Check, site: &Hostname) -> bool {
    check.rule.token.is_of_sites()
        || check.trusts_site(site)
        || check.rule.issuers.contains(&own_issuer(site))
}
