//! The traffic of an emulator: its latest requests, and one request hop by hop.

use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};

use super::{Frame, Head, OFTEN, Section, filter, page, prose, sign};
use crate::{
    report::{Mark, one_line},
    ui::news::Topic,
    workflow::emulated::{Exchange, ExchangeState, HopOutcome, TraceHop, Traffic},
};

/// Every request whose texts contain the words of `filter`, the newest first.
pub(in crate::ui) fn traffic(traffic: &Traffic, filter: &str, frame: Frame) -> Response {
    let exchanges = &traffic.value;
    let words: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
    let matches = |exchange: &&Exchange| {
        let text = searched(exchange);
        words.iter().all(|word| text.contains(word))
    };
    let shown: Vec<&Exchange> = exchanges.iter().rev().filter(matches).collect();
    let body = html! {
        h1 { "Traffic" }
        p.detail { "The last 200 requests to the sites and gateways of the emulator, the newest first." }
        (filter::field("/traffic", "traffic", "path, host, status or hop", filter))
        @if exchanges.is_empty() {
            p {
                "No request has arrived yet. Open a site of the emulator"
                @if frame.can_change { ", or " a href="/try" { "try a call" } }
                "."
            }
        } @else {
            (table(&shown))
            p #none hidden[!shown.is_empty()] { "No request matches the filter." }
        }
    };
    let head = Head {
        every: Some(OFTEN),
        ..Head::new("Traffic", Section::Traffic, &Topic::Traffic, traffic.revision)
    };
    page(StatusCode::OK, &head, frame, &body)
}

fn table(exchanges: &[&Exchange]) -> Markup {
    html! {
        table #traffic {
            thead { tr {
                th scope="col" { span.unseen { "Condition" } }
                th scope="col" { "Request" }
                th scope="col" { "Host" }
                th scope="col" { "Status" }
                th scope="col" { "Last hop" }
                th scope="col" { "Duration" }
                th scope="col" { "Time" }
            } }
            tbody {
                @for exchange in exchanges {
                    tr data-text=(searched(exchange)) {
                        td { (sign(mark(exchange))) }
                        th scope="row" { a #{ "request-" (exchange.number) } href={ "/traffic/" (exchange.number) } { (request(exchange)) } }
                        td { (one_line(&exchange.host)) }
                        td { (status(exchange)) }
                        td { @if let Some(hop) = exchange.hops.last() { (hop.at.word()) ": " (prose(&hop.detail)) } }
                        td { @if let Some(ms) = exchange.ms { (ms) " ms" } }
                        td { (clock(&exchange.time)) }
                    }
                }
            }
        }
    }
}

/// A time of which a script shows the seconds, in local time.
fn clock(utc: &str) -> Markup {
    html! { time datetime=(utc) data-clock { (one_line(utc)) } }
}

fn request(exchange: &Exchange) -> String {
    one_line(&format!("{} {}", exchange.method, exchange.path)).into_owned()
}

/// The text that a filter searches.
fn searched(exchange: &Exchange) -> String {
    let last =
        exchange.hops.last().map(|hop| format!("{} {}", hop.at.word(), hop.detail)).unwrap_or_default();
    let text = format!("{} {} {} {last}", request(exchange), exchange.host, status(exchange));
    one_line(&text).to_lowercase()
}

fn status(exchange: &Exchange) -> String {
    match (exchange.state, exchange.status) {
        (ExchangeState::Running, _) => "running".to_owned(),
        (ExchangeState::Closed, _) | (ExchangeState::Answered, None) => "no answer".to_owned(),
        (ExchangeState::Answered, Some(status)) => status.to_string(),
    }
}

fn mark(exchange: &Exchange) -> Mark {
    match (exchange.state, exchange.status) {
        (ExchangeState::Running, _) => Mark::Absent,
        (ExchangeState::Answered, Some(..400)) => Mark::Good,
        (ExchangeState::Answered, Some(400..500)) => Mark::Warning,
        (ExchangeState::Closed | ExchangeState::Answered, _) => Mark::Failed,
    }
}

/// One request, hop by hop.
pub(in crate::ui) fn exchange(exchange: &Exchange, revision: u64, frame: Frame) -> Response {
    let title = request(exchange);
    let body = html! {
        p.crumbs { a href="/traffic" { "Traffic" } " / request " (exchange.number) }
        h1 { code { (title) } }
        (answer(exchange))
        h2 { "Hops" }
        (hops(&exchange.hops))
    };
    let head = if exchange.state == ExchangeState::Running {
        Head { every: Some(OFTEN), ..Head::new(&title, Section::Traffic, &Topic::Traffic, revision) }
    } else {
        Head::still(&title, Section::Traffic)
    };
    page(StatusCode::OK, &head, frame, &body)
}

/// How a request was answered.
pub(super) fn answer(exchange: &Exchange) -> Markup {
    html! {
        p {
            (sign(mark(exchange))) " " strong { (status(exchange)) }
            @if let Some(ms) = exchange.ms { " after " (ms) " ms" }
            span.detail { ", to " (one_line(&exchange.host)) ", " (clock(&exchange.time)) }
        }
    }
}

/// The decisions about a request, in order.
pub(super) fn hops(hops: &[TraceHop]) -> Markup {
    html! {
        @if hops.is_empty() { p { "No hop has decided about the request yet." } }
        ol.steps {
            @for hop in hops {
                li {
                    (sign(hop_mark(hop.outcome))) " " strong { (hop.at.word()) } " " (outcome(hop.outcome))
                    " " span.detail { (hop.ms) " ms" }
                    br; span.detail { (prose(&hop.detail)) }
                }
            }
        }
    }
}

fn hop_mark(outcome: HopOutcome) -> Mark {
    match outcome {
        HopOutcome::Passed | HopOutcome::Answered => Mark::Good,
        HopOutcome::Refused => Mark::Warning,
        HopOutcome::Failed => Mark::Failed,
    }
}

fn outcome(outcome: HopOutcome) -> &'static str {
    match outcome {
        HopOutcome::Passed => "passed",
        HopOutcome::Answered => "answered",
        HopOutcome::Refused => "refused",
        HopOutcome::Failed => "failed",
    }
}

/// The page in place of one about an emulator, where there is none.
pub(in crate::ui) fn no_emulator(title: &'static str, frame: Frame) -> Response {
    let body = html! {
        h1 { (title) }
        p { "This page is only available for an emulator, but no env of the configuration has an endpoint on this machine." }
        p { "To see each request hop by hop, run " code { "swa-apim emulate --ui" } "." }
        p { "In Azure, " code { "swa-apim doctor" } " sends a request through the site, and explains each hop." }
    };
    page(StatusCode::OK, &Head::still(title, Section::None), frame, &body)
}
