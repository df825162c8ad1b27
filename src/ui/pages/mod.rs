//! The pages as HTML. `maud` escapes every value, so no name of Azure or of a file becomes markup.

mod change;
mod filter;
mod link;
mod links;
mod picture;
mod services;
mod site;
mod switches;
mod traffic;
mod try_it;

use std::str::FromStr;

use axum::{
    http::StatusCode,
    response::{Html, IntoResponse as _, Response},
};
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};

pub(super) use self::{
    change::{Applicable, job, not_confirmed, plan, prune},
    link::link,
    links::{links, subject_of},
    picture::picture,
    services::services,
    site::choose,
    switches::{Saved, SwitchForm, switches},
    traffic::{exchange, no_emulator, traffic},
    try_it::{CallForm, Tried, try_it},
};
use super::{
    access::Refused,
    news::{Topic, UNREAD},
    problem::Problem,
};
use crate::{
    engine::{Adoption, Existing, Intent, Leftovers},
    report::{ErrorReport, FindingReport, KeyAgeReport, KeyCreation, Mark, one_line},
    workflow::LinkChange,
};

/// How often a window asks for news where much happens, in milliseconds.
const OFTEN: u32 = 300;

/// What all pages have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// Whether the page can change links.
    pub(super) can_change: bool,
    /// Whether the page is about an emulator.
    pub(super) has_emulator: bool,
}

/// A command of a link's page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Link,
    Relink,
    Unlink,
    /// Unlink, and delete the product and the subscription.
    Purge,
}

impl Verb {
    const ALL: [(&str, Self); 4] =
        [("link", Self::Link), ("relink", Self::Relink), ("unlink", Self::Unlink), ("purge", Self::Purge)];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Link => "Link",
            Self::Relink => "Relink",
            Self::Unlink => "Unlink",
            Self::Purge => "Unlink and delete",
        }
    }

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, verb)| *verb == self).map_or("link", |(word, _)| word)
    }

    /// The change that the command makes.
    pub(super) fn change(self, replaces: bool, adopts: bool) -> LinkChange {
        let existing = if replaces { Existing::Replace } else { Existing::Keep };
        let intent = match self {
            Self::Link => Intent::Link { existing },
            Self::Relink => Intent::Relink,
            Self::Unlink => Intent::Unlink { leftovers: Leftovers::Keep },
            Self::Purge => Intent::Unlink { leftovers: Leftovers::Purge },
        };
        let adoption = if adopts { Adoption::Allow } else { Adoption::Refuse };
        LinkChange { adoption, ..LinkChange::new(intent) }
    }
}

impl FromStr for Verb {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.iter().find(|(known, _)| *known == word).map(|(_, verb)| *verb).ok_or(())
    }
}

/// A part of the page's navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Links,
    Services,
    Picture,
    Traffic,
    TryIt,
    Switches,
    None,
}

/// What a page is about, and how it stays up to date.
struct Head<'a> {
    title: &'a str,
    section: Section,
    /// The address of the events after which the page is read again, and the mark of its content.
    news: Option<(String, u64)>,
    /// Without scripts, the page is read again after this many seconds.
    reload: Option<u32>,
    /// With scripts, a window asks for news after this many milliseconds, if not after the usual time.
    every: Option<u32>,
}

impl<'a> Head<'a> {
    /// A page that is read again when its topic has changed.
    fn new(title: &'a str, section: Section, topic: &Topic, mark: u64) -> Self {
        Self { title, section, news: Some((topic.address(), mark)), reload: None, every: None }
    }

    /// A page that does not change.
    fn still(title: &'a str, section: Section) -> Self {
        Self { title, section, news: None, reload: None, every: None }
    }
}

fn page(status: StatusCode, head: &Head<'_>, frame: Frame, body: &Markup) -> Response {
    let tabs = [
        ("/", "Links", Section::Links),
        ("/services", "Services", Section::Services),
        ("/picture", "Picture", Section::Picture),
        ("/traffic", "Traffic", Section::Traffic),
        ("/try", "Try it", Section::TryIt),
        ("/switches", "Switches", Section::Switches),
    ];
    let is_offered = |section: Section| match section {
        Section::Links | Section::Services | Section::Picture | Section::None => true,
        Section::Traffic | Section::Switches => frame.has_emulator,
        Section::TryIt => frame.has_emulator && frame.can_change,
    };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                @if let Some(seconds) = head.reload {
                    noscript { meta http-equiv="refresh" content=(seconds); }
                }
                title { (one_line(head.title)) " · swa-apim" }
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/assets/app.css";
                script src="/assets/app.js" defer blocking="render" {}
            }
            body data-every=[head.every] data-news=[head.news.as_ref().map(|(address, _)| address)] data-seen=[head.news.as_ref().map(|(_, mark)| mark)] {
                a.skip href="#main" { "Skip to the content" }
                header {
                    a.brand href="/" { "swa-apim" }
                    nav aria-label="Pages" {
                        @for (address, name, section) in tabs.into_iter().filter(|(_, _, section)| is_offered(*section)) {
                            a href=(address) aria-current=[(section == head.section).then_some("page")] { (name) }
                        }
                    }
                    @if !frame.can_change { span.badge { "read-only" } }
                    (keys(frame))
                }
                main #main tabindex="-1" { (body) }
                p #connection role="status" {}
            }
        }
    };
    (status, Html(page.into_string())).into_response()
}

/// The keys of the page. The last three pages exist only for an emulator.
fn keys(frame: Frame) -> Markup {
    let all = [
        ("/", "filter", true),
        ("j k", "next and previous row", true),
        ("Enter", "open", true),
        ("g l", "links", true),
        ("g s", "services", true),
        ("g p", "picture", true),
        ("g t", "traffic", frame.has_emulator),
        ("g y", "try it", frame.has_emulator && frame.can_change),
        ("g w", "switches", frame.has_emulator),
        ("? Esc", "show and hide this list", true),
    ];
    html! {
        details #keys {
            summary { "Keys" }
            dl { @for (key, meaning, _) in all.into_iter().filter(|(.., is_offered)| *is_offered) {
                div { dt { @for key in key.split(' ') { kbd { (key) } " " } } dd { (meaning) } }
            } }
        }
    }
}

/// The page for a request that failed. If it has a topic, it is read again when the topic can be read.
pub(super) fn problem(problem: &Problem, topic: Option<&Topic>, frame: Frame) -> Response {
    let body = html! {
        h1 { "This could not be done" }
        (failure(&problem.error))
        p { a.button href="" { "Try again" } " " a href="/" { "All links" } }
    };
    let section = match topic {
        Some(Topic::Links | Topic::Link(_)) => Section::Links,
        Some(Topic::Services) => Section::Services,
        Some(Topic::Picture) => Section::Picture,
        Some(Topic::Traffic) => Section::Traffic,
        None => Section::None,
    };
    let mark = if topic == Some(&Topic::Traffic) { UNREAD } else { problem.mark() };
    let news = topic.map(|topic| (topic.address(), mark));
    page(problem.status, &Head { news, ..Head::still("Problem", section) }, frame, &body)
}

/// The page for a request that is not let in.
pub(super) fn refused(refused: Refused) -> Response {
    let (message, hint) = match refused {
        Refused::Host => {
            ("This page is not served under this name.", "Open the address that `swa-apim ui` printed.")
        }
        Refused::Origin => {
            ("A page of another site sent this request.", "Open the form again, and send it from there.")
        }
        Refused::Session => (
            "This browser has not been let in.",
            "Open the address that `swa-apim ui` printed, with its token.",
        ),
        Refused::Used => (
            "The token of this address was used before.",
            "Use the window in which it was opened, or start `swa-apim ui` again for a new address.",
        ),
    };
    let body = html! {
        h1 { "Not let in" }
        p { (message) }
        p { (hint) }
    };
    let frame = Frame { can_change: true, has_emulator: false };
    page(StatusCode::FORBIDDEN, &Head::still("Not let in", Section::None), frame, &body)
}

/// A text on one line, in which words in backticks are code.
fn prose(text: &str) -> Markup {
    let text = one_line(text);
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 0 { (part) } @else { code { (part) } }
        }
    }
}

/// An error, its causes and the next command.
fn failure(error: &ErrorReport) -> Markup {
    html! {
        div.failure role="alert" {
            p { strong { (prose(&error.message)) } }
            @for cause in &error.causes { p { "caused by: " (prose(cause)) } }
            @if let Some(hint) = &error.hint { p.hint { (prose(hint)) } }
        }
    }
}

/// A sign with its meaning as a word, so that it does not depend on colour or shape.
fn sign(mark: Mark) -> Markup {
    let class = format!("sign {}", class_of(mark));
    html! { span class=(class) title=(mark.word()) { span aria-hidden="true" { (mark.glyph()) } span.unseen { (mark.word()) } } }
}

fn class_of(mark: Mark) -> &'static str {
    match mark {
        Mark::Good => "good",
        Mark::Noted => "noted",
        Mark::Degraded | Mark::Warning => "degraded",
        Mark::Broken | Mark::Failed => "broken",
        Mark::Absent => "absent",
    }
}

/// A time, which a script shows in local time. A text that is not a time is shown as it is.
fn time(utc: &str) -> Markup {
    let is_time = utc.parse::<Timestamp>().is_ok();
    html! { @if is_time { time datetime=(utc) { (utc) } } @else { (one_line(utc)) } }
}

/// The age of keys, in days.
fn age(keys: &KeyAgeReport, now: Timestamp) -> Markup {
    let time = keys.time.parse::<Timestamp>().ok();
    let days = time.map(|time| now.duration_since(time).as_hours() / 24);
    let text = days.map_or_else(|| "unknown".to_owned(), |days| in_days(keys.created, days));
    html! { span title={ (created(keys.created)) " " (one_line(&keys.time)) } { (text) } }
}

/// The age of keys in days, of which so many are full.
fn in_days(created: KeyCreation, full: i64) -> String {
    let count = |days: i64| if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
    match created {
        KeyCreation::At if full < 1 => "less than 1 day".to_owned(),
        KeyCreation::At => count(full),
        KeyCreation::NotBefore => format!("at most {}", count(full.max(0).saturating_add(1))),
        KeyCreation::Before => format!("over {}", count(full.max(0))),
    }
}

/// How the age of keys is known.
fn created(how: KeyCreation) -> &'static str {
    match how {
        KeyCreation::At => "created",
        KeyCreation::NotBefore => "created not before",
        KeyCreation::Before => "created before",
    }
}

/// The findings of a link or a product, each with its meaning; `fix` adds what resolves it.
fn findings(findings: &[FindingReport], fix: impl Fn(&FindingReport) -> Option<Markup>) -> Markup {
    html! {
        @if !findings.is_empty() {
            h2 { "Findings" }
            ul.findings {
                @for finding in findings {
                    li {
                        p { (sign(Mark::of(Some(finding.severity)))) " " code { (finding.code.as_str()) } " " (prose(&finding.message)) }
                        @if let Some(change) = &finding.last_change {
                            p.detail { "Last change: " (time(&change.time)) ", " (one_line(change.caller.as_deref().unwrap_or("an unknown caller"))) " " (one_line(&change.summary)) }
                        }
                        @if let (Some(expected), Some(actual)) = (&finding.expected, &finding.actual) {
                            p.detail { (one_line(finding.field.as_deref().unwrap_or("value"))) ": " (one_line(actual)) ", expected " (one_line(expected)) }
                        }
                        details data-of={ (finding.code.as_str()) " " (one_line(finding.resource.as_deref().unwrap_or_default())) } { summary { "What this means" } p { (prose(finding.code.meaning())) } }
                        @if let Some(fix) = fix(finding) { (fix) }
                        @else { p.hint { (prose(&finding.hint)) } }
                    }
                }
            }
        }
    }
}

/// Markup that is made elsewhere, and is trusted.
fn raw(text: String) -> PreEscaped<String> {
    PreEscaped(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_in_days_says_no_more_than_is_known() {
        let ages = [0, 1, 2].map(|full| {
            [KeyCreation::At, KeyCreation::NotBefore, KeyCreation::Before].map(|how| in_days(how, full))
        });
        assert_eq!(
            ages,
            [
                ["less than 1 day", "at most 1 day", "over 0 days"],
                ["1 day", "at most 2 days", "over 1 day"],
                ["2 days", "at most 3 days", "over 2 days"],
            ]
        );
    }
}
