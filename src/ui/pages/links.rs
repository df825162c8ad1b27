//! The list of links, and of the sites that no env names.

use axum::{http::StatusCode, response::Response};
use jiff::Timestamp;
use maud::{Markup, html};

use super::{Frame, Head, Section, age, failure, filter, page, prose, sign};
use crate::{
    report::{
        BackendKind, KeyAgeReport, LinkReport, LinkedToReport, ListedSite, Mark, one_line, site_mark,
        state_mark,
    },
    ui::{
        kept::Answer,
        list::{Links, RowText},
        news::Topic,
        subject::{SiteLink, Subject, site_address},
    },
};

/// One row of the list.
struct Row<'a> {
    mark: Mark,
    address: String,
    /// The name of the env; `None` for a site that no env names.
    env: Option<&'a str>,
    state: &'a str,
    site: &'a str,
    backend: String,
    /// The codes of the findings, with their titles.
    findings: Vec<(&'a str, &'a str)>,
    error: Option<&'a str>,
}

/// A row that is written, with the age of the link's keys.
type ShownRow<'a> = (&'a RowText, Option<&'a KeyAgeReport>);

/// Every link and site whose names contain the words of `filter`.
pub(in crate::ui) fn links(answer: &Answer<Links>, filter: &str, frame: Frame) -> Response {
    let links = &answer.value;
    let words: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
    let others: Vec<RowText> = links.others.iter().map(|site| text_of(&of_site(site))).collect();
    let rows = links
        .of_envs
        .iter()
        .map(|link| (link.row.get_or_init(|| text_of(&of_env(&link.report))), keys_of(&link.report)));
    let rows: Vec<ShownRow<'_>> = rows.chain(others.iter().map(|text| (text, None))).collect();
    let is_shown = |(text, _): &&ShownRow<'_>| words.iter().all(|word| text.searched.contains(word));
    let shown: Vec<&ShownRow<'_>> = rows.iter().filter(is_shown).collect();
    let body = html! {
        div.bar {
            h1 { "Links" }
            (filter::field("/", "links", "name, state or code", filter))
            p.detail { (count(links)) " in " (one_line(&links.source)) }
        }
        @if rows.is_empty() { (nothing()) }
        @else {
            (table(&shown, links.at))
            p #none hidden[!shown.is_empty()] { "No link matches the filter." }
        }
        @if let Some(error) = &links.unlisted { (unlisted(error)) }
        @if !links.notes.is_empty() {
            h2 { "Not read" }
            ul { @for note in &links.notes { li { (prose(note)) } } }
        }
    };
    page(StatusCode::OK, &Head::new("Links", Section::Links, &Topic::Links, answer.mark), frame, &body)
}

fn count(links: &Links) -> String {
    let (envs, others) = (links.of_envs.len(), links.others.len());
    let envs = if envs == 1 { "1 env".to_owned() } else { format!("{envs} envs") };
    match others {
        0 => envs,
        1 => format!("{envs} and 1 other site"),
        more => format!("{envs} and {more} other sites"),
    }
}

fn nothing() -> Markup {
    html! {
        p { "The configuration has no env, and no static web app can be seen." }
        p.hint { "Run " code { "swa-apim init" } " to add an env, or " code { "swa-apim ui --sample" } " to try the page." }
    }
}

fn unlisted(error: &crate::report::ErrorReport) -> Markup {
    html! {
        details.unlisted data-of="unlisted" {
            summary { "Sites outside the configuration could not be listed" }
            (failure(error))
        }
    }
}

fn of_env(link: &LinkReport) -> Row<'_> {
    let worst = link.findings.iter().map(|finding| finding.severity).max();
    Row {
        mark: state_mark(link.state, worst),
        address: Subject::Env(link.env.clone()).address(),
        env: Some(&link.env),
        state: link.state.as_str(),
        site: &link.static_site.name,
        backend: link.linked_backend.as_ref().map(|it| it.backend_name().to_owned()).unwrap_or_default(),
        findings: link.findings.iter().map(|it| (it.code.as_str(), it.code.title())).collect(),
        error: link.error.as_ref().map(|error| error.message.as_str()),
    }
}

fn of_site(site: &ListedSite) -> Row<'_> {
    let address = match subject_of(site) {
        Some(subject) => subject.address(),
        None => site_address(&site.id, &site.environment),
    };
    Row {
        mark: site_mark(site.state),
        address,
        env: None,
        state: site.state.as_str(),
        site: &site.name,
        backend: site.linked_to.as_ref().map(LinkedToReport::shown).unwrap_or_default(),
        findings: Vec::new(),
        error: None,
    }
}

/// The link of a site that is linked to an API Management service.
pub(in crate::ui) fn subject_of(site: &ListedSite) -> Option<Subject> {
    let linked = site.linked_to.as_ref().filter(|backend| backend.kind == BackendKind::Apim)?;
    let (site, environment, apim) = (site.id.clone(), site.environment.clone(), linked.id.clone()?);
    Some(Subject::Site(SiteLink { site, environment, apim }))
}

fn keys_of(link: &LinkReport) -> Option<&KeyAgeReport> {
    link.subscription.as_ref()?.key_age.as_ref()
}

/// The text that a filter searches.
fn searched(row: &Row<'_>) -> String {
    let codes: Vec<&str> = row.findings.iter().map(|(code, _)| *code).collect();
    let texts = [row.env.unwrap_or("no env"), row.state, row.site, &row.backend, &codes.join(" ")];
    texts.map(|text| one_line(text).to_lowercase()).join(" ")
}

fn text_of(row: &Row<'_>) -> RowText {
    RowText {
        searched: searched(row),
        before: html! {
            td.mark { (sign(row.mark)) }
            th scope="row" {
                a href=(row.address) {
                    @match row.env { Some(env) => span.clip { (one_line(env)) }, None => { span.detail { "no env" } span.unseen { ": " (one_line(row.site)) } } }
                }
            }
            td { (row.state) }
            td { span.clip { (one_line(row.site)) } }
            td { span.clip { (one_line(&row.backend)) } }
        },
        after: html! {
            td {
                @if let Some(error) = row.error { span.clip { (one_line(error)) } }
                @for (code, title) in &row.findings { code title=(title) { (code) } " " }
            }
        },
    }
}

fn table(rows: &[&ShownRow<'_>], now: Timestamp) -> Markup {
    let has_ages = rows.iter().any(|(_, keys)| keys.is_some());
    html! {
        table #links .list {
            thead { tr {
                th.mark scope="col" { span.unseen { "Condition" } }
                th scope="col" { "Env" }
                th scope="col" { "State" }
                th scope="col" { "Static web app" }
                th scope="col" { "Backend" }
                @if has_ages { th scope="col" { "Age of keys" } }
                th scope="col" { "Findings" }
            } }
            tbody {
                @for (text, keys) in rows {
                    tr data-text=(text.searched) {
                        (text.before)
                        @if has_ages { td.number { @if let Some(keys) = keys { (age(keys, now)) } } }
                        (text.after)
                    }
                }
            }
        }
    }
}
