//! A call of a site of the emulator, and its answer hop by hop.

use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    Frame, Head, Section, page, prose,
    traffic::{answer, hops},
};
use crate::{
    report::one_line,
    workflow::emulated::{CallAnswer, EmulatedSite, SiteCall},
};

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// The form of a call, as a browser sends it.
#[derive(Deserialize)]
pub(in crate::ui) struct CallForm {
    /// The value that shows that the form is one of this page.
    pub(in crate::ui) form: String,
    /// The hostname of the site.
    pub(in crate::ui) host: String,
    method: String,
    path: String,
    /// One header on each line.
    headers: String,
    body: String,
}

impl CallForm {
    /// The form before the first call, with a site selected.
    pub(in crate::ui) fn new(host: String) -> Self {
        let [form, headers, body] = [const { String::new() }; 3];
        Self { form, host, method: "GET".to_owned(), path: "/api/".to_owned(), headers, body }
    }

    /// The call, or the line that is not a header.
    pub(in crate::ui) fn call(&self) -> Result<SiteCall, String> {
        let lines = self.headers.lines().map(str::trim).filter(|line| !line.is_empty());
        let headers = lines.map(|line| {
            let pair =
                line.split_once(':').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
            pair.ok_or_else(|| "each line of the headers must have the form `Name: value`".to_owned())
        });
        Ok(SiteCall {
            host: self.host.clone(),
            method: self.method.clone(),
            path: self.path.trim().to_owned(),
            headers: headers.collect::<Result<_, _>>()?,
            body: self.body.clone(),
        })
    }
}

/// What came of a call.
pub(in crate::ui) enum Tried {
    /// None was sent yet.
    NotYet,
    /// The site has answered, or has closed the connection.
    Answered(CallAnswer),
    /// The request cannot be sent as it is.
    Refused(String),
}

/// The form, and what came of the call.
pub(in crate::ui) fn try_it(
    sites: &[EmulatedSite],
    call: &CallForm,
    tried: &Tried,
    form: &str,
    frame: Frame,
) -> Response {
    let body = html! {
        h1 { "Try it" }
        @if sites.is_empty() { p { "The model has no static web app. Create one, then call it here." } }
        @else {
            p.detail { "The emulator sends the request to the site as a browser does." }
            (fields(sites, call, form))
        }
        @match tried {
            Tried::NotYet => {},
            Tried::Refused(problem) => { div.failure #answer role="alert" { p { strong { "The request was not sent: " } (prose(problem)) } } },
            Tried::Answered(answer) => (answered(answer)),
        }
    };
    let status = match tried {
        Tried::NotYet | Tried::Answered(_) => StatusCode::OK,
        Tried::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    page(status, &Head::still("Try it", Section::TryIt), frame, &body)
}

fn fields(sites: &[EmulatedSite], call: &CallForm, form: &str) -> Markup {
    html! {
        form.fields method="post" action="/try#answer" {
            input type="hidden" name="form" value=(form);
            div.row {
                div {
                    label for="host" { "Site" }
                    select #host name="host" {
                        @for site in sites {
                            option value=(site.hostname) selected[site.hostname == call.host] {
                                (one_line(&site.name)) " (" (one_line(&site.hostname)) ")" @if !site.linked { ", not linked" }
                            }
                        }
                    }
                }
                div {
                    label for="method" { "Method" }
                    select #method name="method" {
                        @for method in METHODS { option selected[method == call.method] { (method) } }
                    }
                }
            }
            label for="path" { "Path" }
            input #path type="text" name="path" value=(call.path) required autocapitalize="off" spellcheck="false";
            label for="headers" { "Headers" }
            textarea #headers name="headers" rows="2" spellcheck="false" placeholder="Accept: application/json" { (call.headers) }
            label for="body" { "Body" }
            textarea #body name="body" rows="3" spellcheck="false" { (call.body) }
            p { button type="submit" { "Send" } }
        }
    }
}

fn answered(answered: &CallAnswer) -> Markup {
    html! {
        section #answer aria-labelledby="answer-title" {
            h2 #answer-title { "Answer" }
            @match (&answered.exchange, answered.status) {
                (Some(exchange), _) => { (answer(exchange)) h3 { "Hops" } (hops(&exchange.hops)) },
                (None, Some(status)) => p { strong { (status) } },
                (None, None) => p { "The connection was closed without an answer." },
            }
            @if !answered.headers.is_empty() {
                h3 { "Headers" }
                table { tbody {
                    @for (name, value) in &answered.headers { tr { th scope="row" { code { (one_line(name)) } } td { code { (one_line(value)) } } } }
                } }
            }
            @if answered.status.is_some() {
                h3 { "Body" }
                @match &answered.body {
                    None => p { (answered.length) " bytes that are not text." },
                    Some(text) if text.is_empty() => p { "The body is empty." },
                    Some(text) => pre tabindex="0" role="group" aria-label="Body" { (visible(text)) },
                }
                @if answered.truncated { p.detail { "Only the first 64 KiB are shown." } }
            }
        }
    }
}

/// A text of several lines without control characters, and without those that reverse its direction.
fn visible(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| one_line(line).into_owned()).collect();
    lines.join("\n")
}
