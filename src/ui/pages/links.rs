//! The list of links.

use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};

use super::{Frame, Head, Section, link_address, page, sign};
use crate::{
    report::{LinkReport, one_line, state_mark},
    ui::desk::Links,
};

/// Every link whose names contain the words of `filter`.
pub(in crate::ui) fn links(links: &Links, filter: &str, frame: Frame) -> Response {
    let words: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
    let all = &links.report.links;
    let shown: Vec<&LinkReport> = all.iter().filter(|link| matches(link, &words)).collect();
    let body = html! {
        h1 { "Links" }
        p.detail { (all.len()) " in " (one_line(&links.source)) }
        form.filter method="get" action="/" role="search" {
            label for="filter" { "Filter" }
            input #filter type="search" name="q" value=(filter) autocomplete="off" data-rows="links" placeholder="name, state or code";
            button type="submit" { "Show" }
        }
        @if all.is_empty() {
            p { "The configuration has no env. Run " code { "swa-apim init" } " to add one." }
        } @else {
            (table(&shown))
            p #none hidden[!shown.is_empty()] { "No link matches the filter." }
        }
    };
    page(StatusCode::OK, &Head::new("Links", Section::Links), frame, &body)
}

fn matches(link: &LinkReport, words: &[String]) -> bool {
    let text = searched(link);
    words.iter().all(|word| text.contains(word))
}

/// The text that a filter searches.
fn searched(link: &LinkReport) -> String {
    let codes: Vec<&str> = link.findings.iter().map(|finding| finding.code.as_str()).collect();
    let texts = [&link.env, link.state.as_str(), &link.static_site.name, &link.apim.name, &codes.join(" ")];
    texts.map(|text| one_line(text).to_lowercase()).join(" ")
}

fn table(links: &[&LinkReport]) -> Markup {
    html! {
        table #links {
            thead { tr {
                th scope="col" { span.unseen { "Condition" } }
                th scope="col" { "Env" }
                th scope="col" { "State" }
                th scope="col" { "Static web app" }
                th scope="col" { "API Management" }
                th scope="col" { "Findings" }
            } }
            tbody {
                @for link in links {
                    @let worst = link.findings.iter().map(|finding| finding.severity).max();
                    tr data-text=(searched(link)) {
                        td { (sign(state_mark(link.state, worst))) }
                        th scope="row" { a href=(link_address(&link.env)) { (one_line(&link.env)) } }
                        td { (link.state) }
                        td { (one_line(&link.static_site.name)) }
                        td { (one_line(&link.apim.name)) }
                        td {
                            @if let Some(error) = &link.error { (one_line(&error.message)) }
                            @for finding in &link.findings {
                                code title=(finding.code.title()) { (finding.code.as_str()) } " "
                            }
                        }
                    }
                }
            }
        }
    }
}
