//! One link: its parts, its findings, and the commands that change it.

use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};

use super::{Frame, Head, Section, Verb, age, failure, findings, page, prose, sign, time};
use crate::{
    engine::{Effect, LinkState, Part},
    report::{
        FindingReport, HistoryEventReport, LinkReport, Mark, PolicyVerdictReport, one_line, state_mark,
    },
    ui::{kept::Answer, news::Topic, office::OneLink, subject::Subject},
    workflow::LinkLog,
};

pub(in crate::ui) fn link(answer: &Answer<OneLink>, subject: &Subject, frame: Frame) -> Response {
    let OneLink { link, log, commands: lines, .. } = &answer.value;
    let worst = link.findings.iter().map(|finding| finding.severity).max();
    let fix = |finding: &FindingReport| if frame.can_change { fix_of(subject, link, finding) } else { None };
    let body = html! {
        p.crumbs { a href="/" { "Links" } " / " (one_line(&link.env)) }
        h1 { (sign(state_mark(link.state, worst))) " " (one_line(&link.env)) ": " (link.state) }
        @if let Some(host) = &link.static_site.default_hostname {
            p.detail { "Requests to " code { "https://" (one_line(host)) "/api/" } " " (routes(link)) "." }
        }
        @if !lines.is_empty() { (outside(lines)) }
        @if let Some(error) = &link.error { (failure(error)) }
        @if frame.can_change { (commands(subject, link)) }
        (findings(&link.findings, fix))
        h2 { "Parts" }
        (parts(&answer.value))
        (history(log))
    };
    let topic = Topic::Link(subject.clone());
    page(StatusCode::OK, &Head::new(&link.env, Section::Links, &topic, answer.mark), frame, &body)
}

/// What can be done about a site that no env names.
fn outside(commands: &[String]) -> Markup {
    html! {
        p.detail { "No env of the configuration names this site. This command adds one:" }
        @for command in commands { pre.command tabindex="0" { code { (one_line(command)) } } }
    }
}

/// The changes of a link, newest first.
fn history(log: &LinkLog) -> Markup {
    let events = match log {
        LinkLog::Read(history) => &history.events,
        LinkLog::NotKept => return note("A model keeps no log of its changes."),
        LinkLog::NotRead => return html! {},
        LinkLog::Failed(error) => return html! { h2 { "History" } (failure(error)) },
    };
    if events.is_empty() {
        return note("The activity log of the last 90 days has no change of this link.");
    }
    html! {
        h2 #history { "History" }
        table.list aria-labelledby="history" {
            thead { tr { th scope="col" { "Time" } th scope="col" { "Change" } th scope="col" { "Caller" } th scope="col" { "Result" } } }
            tbody { @for event in events { (row_of(event)) } }
        }
    }
}

fn note(text: &str) -> Markup {
    html! { h2 { "History" } p.detail { (text) } }
}

fn row_of(event: &HistoryEventReport) -> Markup {
    html! {
        tr {
            td.time { (time(&event.time)) }
            td title=(one_line(&event.operation)) { span.clip { (one_line(&event.summary)) } }
            td { span.clip { (one_line(event.caller.as_deref().unwrap_or("unknown"))) } }
            td { span.clip { (one_line(&event.status)) } }
        }
    }
}

fn routes(link: &LinkReport) -> String {
    let service = one_line(&link.apim.name);
    match link.state {
        LinkState::Linked | LinkState::Drifted => format!("go to {service}"),
        LinkState::Partial => format!("are meant to go to {service}, and a part of the link is missing"),
        LinkState::Unlinked | LinkState::Leftover => "are not sent to API Management".to_owned(),
        LinkState::LinkedElsewhere => "go to another backend".to_owned(),
        LinkState::Dangling => "go to a backend that does not exist".to_owned(),
        LinkState::Unknown => "could not be followed".to_owned(),
    }
}

/// The commands for the state of a link: each shows its plan first.
fn commands(subject: &Subject, link: &LinkReport) -> Markup {
    let verbs: &[Verb] = match link.state {
        LinkState::Linked | LinkState::Drifted => &[Verb::Relink, Verb::Unlink, Verb::Purge],
        LinkState::Partial => &[Verb::Link, Verb::Relink, Verb::Unlink, Verb::Purge],
        LinkState::Leftover => &[Verb::Link, Verb::Purge],
        LinkState::Unlinked | LinkState::LinkedElsewhere | LinkState::Dangling => &[Verb::Link],
        LinkState::Unknown => &[],
    };
    html! {
        p.commands {
            @for verb in verbs { (button(subject, *verb, &[], verb.title())) }
        }
    }
}

fn button(subject: &Subject, verb: Verb, options: &[(&str, &str)], text: &str) -> Markup {
    let address = subject.address_of(verb.word(), options);
    let class = if verb == Verb::Purge { "button danger" } else { "button" };
    html! { a class=(class) href=(address) { (text) "…" } " " }
}

/// The command that resolves a finding.
fn fix_of(subject: &Subject, link: &LinkReport, finding: &FindingReport) -> Option<Markup> {
    let (verb, options, text) = match finding.code.effect() {
        Effect::Mended => (repair(link), &[][..], "Repair"),
        Effect::BlocksUnlessReplace => (Verb::Link, &[("replace", "yes")][..], "Replace the other backend"),
        Effect::BlocksUnlessAdopted => (repair(link), &[("adopt", "yes")][..], "Use this product"),
        Effect::Told | Effect::Blocks | Effect::BlocksUnlessPreview | Effect::BlocksPurge => return None,
    };
    let hint = prose(&finding.hint);
    Some(html! { p { (button(subject, verb, options, text)) span.hint { (hint) } } })
}

/// The command that repairs a link in its state.
fn repair(link: &LinkReport) -> Verb {
    if link.linked_backend.is_some() { Verb::Relink } else { Verb::Link }
}

fn parts(one: &OneLink) -> Markup {
    let link = &one.link;
    let mark = |part: Part, exists: bool| {
        let of_part = link.findings.iter().filter(|finding| finding.code.part() == part);
        let worst = of_part.map(|finding| finding.severity).max();
        if exists || worst.is_some() { Mark::of(worst) } else { Mark::Absent }
    };
    let missing = if link.state == LinkState::Unknown { "unknown" } else { "none" };
    let row = |part, name: &str, exists, value: Markup| {
        html! { tr { td { (sign(mark(part, exists))) } th scope="row" { (name) } td { @if exists { (value) } @else { (missing) } } } }
    };
    let (site, apim) = (&link.static_site, &link.apim);
    html! {
        table.parts {
            caption.unseen { "The parts of the link" }
            tbody {
                (row(Part::StaticSite, "static web app", true, html! { (one_line(&site.name)) (extra(&[site.sku.as_deref(), site.default_hostname.as_deref(), Some(&site.environment)])) }))
                (row(Part::Service, "API Management", true, html! { (one_line(&apim.name)) (extra(&[apim.sku.as_deref(), apim.gateway_url.as_deref()])) }))
                (row(Part::LinkedBackend, "linked backend", link.linked_backend.is_some(), backend(link)))
                (row(Part::Product, "product", link.product.is_some(), product(link)))
                (row(Part::Subscription, "subscription", link.subscription.is_some(), subscription(one)))
                (row(Part::Policy, "policy", link.policy.is_some(), html! { (policy(link)) }))
                (row(Part::Apis, "APIs", has_apis(link), apis(link)))
            }
        }
    }
}

fn extra(texts: &[Option<&str>]) -> Markup {
    let texts: Vec<String> = texts
        .iter()
        .flatten()
        .filter(|text| !text.is_empty())
        .map(|text| one_line(text).into_owned())
        .collect();
    html! { @if !texts.is_empty() { " " span.detail { (texts.join(", ")) } } }
}

fn backend(link: &LinkReport) -> Markup {
    let Some(backend) = &link.linked_backend else { return html! {} };
    html! {
        (one_line(backend.name.as_deref().unwrap_or_default()))
        (extra(&[Some(&backend.provisioning_state)]))
        @if let Some(created) = &backend.created_on { " " span.detail { "since " (time(created)) } }
    }
}

fn product(link: &LinkReport) -> Markup {
    let Some(product) = &link.product else { return html! {} };
    let key = if product.subscription_required { "key required" } else { "no key required" };
    html! { (one_line(&product.name)) (extra(&[Some(&product.state), Some(key)])) }
}

fn subscription(one: &OneLink) -> Markup {
    let Some(subscription) = &one.link.subscription else { return html! {} };
    html! {
        (one_line(&subscription.name)) (extra(&[Some(&subscription.state)]))
        @if let Some(keys) = &subscription.key_fingerprints {
            " " span.detail { "key fingerprints " code { (keys.primary) } " and " code { (keys.secondary) } }
        }
        @if let Some(keys) = &subscription.key_age {
            " " span.detail { "age of keys " (age(keys, one.at)) }
        }
    }
}

fn policy(link: &LinkReport) -> &'static str {
    match link.policy.as_ref().map(|policy| policy.verdict) {
        Some(PolicyVerdictReport::Healthy) => "healthy: only requests with a token of the site pass",
        Some(PolicyVerdictReport::Open) => "open: requests without a token of the site pass",
        Some(PolicyVerdictReport::Closed) => "closed: requests of the site are rejected",
        Some(PolicyVerdictReport::Undetermined) => {
            "undetermined: the text does not decide which requests pass"
        }
        None => "",
    }
}

fn has_apis(link: &LinkReport) -> bool {
    link.product.as_ref().is_some_and(|product| !product.apis.is_empty())
}

fn apis(link: &LinkReport) -> Markup {
    let apis = link.product.as_ref().map(|product| product.apis.as_slice()).unwrap_or_default();
    html! {
        ul.plain { @for api in apis { li { (one_line(&api.name)) " " code { "/" (one_line(&api.path)) } } } }
    }
}
