//! The text form of the report of `status` for several links: one line for each, totals at the end.

use super::{
    findings::{failure, of_several},
    layout::{Entry, list},
    style::{Detail, Label, Style},
};
use crate::{
    engine::{LinkState, Severity},
    report::{LinkReport, Mark, state_mark},
};

/// The number of links in order up to which each has its own line.
pub(super) const FEW: usize = 8;

/// Returns the links that are not in order, one line each, then their findings, then the totals. Links in order are
/// counted if they are more than [`FEW`].
pub(super) fn text(links: &[LinkReport], style: Style) -> String {
    let in_order = links.iter().filter(|link| is_in_order(link)).count();
    let folds = in_order > FEW && style.detail == Detail::Short;
    let shown: Vec<&LinkReport> = links.iter().filter(|link| !folds || !is_in_order(link)).collect();
    let mut entries = Vec::new();
    if !shown.is_empty() {
        let head = ["", "ENV", "STATE", "STATIC WEB APP", "API MANAGEMENT"].map(Label::from);
        entries.push(Entry::new(head).with("FINDINGS"));
    }
    entries.extend(shown.into_iter().map(|link| {
        let mark = mark(link);
        let state = Label::toned(link.state.as_str(), mark.into());
        let labels = [style.mark(mark), Label::from(&link.env), state, Label::from(&link.static_site.name)];
        let labels = labels.into_iter().chain([Label::from(&link.apim.name)]);
        Entry::new(labels).with(codes(link).join(" "))
    }));
    let mut text = list(&entries, style);
    if folds {
        let more = if entries.is_empty() { "" } else { " more" };
        text +=
            &list(&[Entry::new([style.mark(Mark::Good)]).with(format!("{in_order}{more} in order"))], style);
    }
    for link in links {
        text.extend(link.error.iter().map(|error| failure(&link.env, error, style)));
    }
    let serious = |link: &&LinkReport| link.findings.iter().any(|it| it.severity > Severity::Note);
    let serious = links.iter().filter(serious).map(|link| (link.env.as_str(), link.findings.as_slice()));
    text += &of_several(&serious.collect::<Vec<_>>(), style);
    text + "\n" + &totals(links) + "\n"
}

/// Returns the codes of the findings of a link.
pub(super) fn codes(link: &LinkReport) -> Vec<&'static str> {
    link.findings.iter().map(|finding| finding.code.as_str()).collect()
}

/// Returns the mark of a whole link.
pub(super) fn mark(link: &LinkReport) -> Mark {
    state_mark(link.state, link.findings.iter().map(|finding| finding.severity).max())
}

/// Whether nothing about a link needs to be read.
fn is_in_order(link: &LinkReport) -> bool {
    link.state == LinkState::Linked && link.error.is_none() && mark(link) == Mark::Good
}

/// Returns how many links there are, and how many in each state.
fn totals(links: &[LinkReport]) -> String {
    let count = |state: LinkState| links.iter().filter(|link| link.state == state).count();
    let states = LinkState::ALL.iter().map(|state| (state, count(*state)));
    let states: Vec<String> =
        states.filter(|(_, count)| *count > 0).map(|(state, count)| format!("{count} {state}")).collect();
    let noun = if links.len() == 1 { "env" } else { "envs" };
    format!("{} {noun}: {}", links.len(), states.join(", "))
}
