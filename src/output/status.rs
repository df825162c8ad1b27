//! The text form of the report of `status` for one link: state and address first, then parts, then findings.

use super::{
    findings::findings,
    format::Rows,
    layout::{Entry, list, wrapped},
    notes,
    overview::{self, codes, mark},
    style::{Detail, Label, Style},
    ui::Report,
};
use crate::{
    engine::{LinkState, Part, Severity},
    report::{
        ApiReport, Event, KeyAgeReport, KeyCreation, LinkReport, Mark, PolicyVerdictReport, ProductReport,
        StatusReport, one_line,
    },
};

impl Report for StatusReport {
    fn text(&self, style: Style) -> String {
        match self.links.as_slice() {
            [only] => one(only, style),
            many => overview::text(many, style),
        }
    }

    fn rows(&self) -> Rows {
        let columns = ["env", "state", "staticSite", "apim", "product", "findings"];
        let row = |link: &LinkReport| {
            vec![
                link.env.clone(),
                link.state.to_string(),
                link.static_site.name.clone(),
                link.apim.name.clone(),
                link.product.as_ref().map(|product| product.name.clone()).unwrap_or_default(),
                codes(link).join(","),
            ]
        };
        Rows { columns: columns.map(str::to_owned).into(), rows: self.links.iter().map(row).collect() }
    }

    fn notes(&self) -> String {
        self.links.iter().map(notes::of_link).collect()
    }

    fn events(&self) -> Vec<Event> {
        Event::of_status(self)
    }
}

fn one(link: &LinkReport, style: Style) -> String {
    let mark = mark(link);
    let mut text = format!("{}{}: {}\n", style.heading(mark), one_line(&link.env), link.state);
    if let Some(address) = link.address() {
        text += &wrapped(&format!("  {}", one_line(&address)), "  ", style);
    }
    let (present, absent): (Vec<_>, Vec<_>) = parts(link, style).into_iter().partition(PartRow::is_shown);
    let mut entries: Vec<Entry> = present.iter().map(|row| row.entry(style)).collect();
    if !absent.is_empty() {
        let label = if link.state == LinkState::Unknown { "unknown" } else { "none" };
        let names: Vec<&str> = absent.iter().map(|row| row.part).collect();
        let labels = [style.mark(Mark::Absent), Label::from(label)];
        entries.push(Entry::new(labels).with(names.join(", ")));
    }
    text += &list(&entries, style);
    // The reason why the only link could not be read is printed on stderr.
    text += &findings(&link.findings, style);
    text
}

/// A part of a link, as one line.
struct PartRow {
    mark: Mark,
    part: &'static str,
    /// What the part is, separated by commas; `None` if it does not exist or is not known.
    detail: Option<String>,
    /// The full id, if it is shown.
    id: Option<String>,
}

impl PartRow {
    /// Whether the part exists, or a finding says why it does not.
    fn is_shown(&self) -> bool {
        self.detail.is_some() || self.mark != Mark::Absent
    }

    fn entry(&self, style: Style) -> Entry {
        let detail = self.detail.as_deref().unwrap_or("none");
        let entry = Entry::new([style.mark(self.mark), Label::from(self.part)]).with(detail);
        self.id.iter().fold(entry, |entry, id| entry.with_line(id))
    }
}

fn parts(link: &LinkReport, style: Style) -> Vec<PartRow> {
    let row = |part, label, found: Option<String>, id: Option<&String>| {
        let worst = severity(link, part);
        let mark = if found.is_none() && worst.is_none() { Mark::Absent } else { Mark::of(worst) };
        let id = id.filter(|_| style.detail == Detail::Full).cloned();
        PartRow { mark, part: label, detail: found, id }
    };
    let product = link.product.as_ref();
    let subscription = link.subscription.as_ref();
    let backend = link.linked_backend.as_ref();
    vec![
        row(Part::StaticSite, "static web app", Some(site(link)), Some(&link.static_site.id)),
        row(Part::Service, "API Management", Some(service(link)), Some(&link.apim.id)),
        row(
            Part::LinkedBackend,
            "linked backend",
            linked_backend(link, style),
            backend.map(|it| &it.backend_resource_id).filter(|id| !id.eq_ignore_ascii_case(&link.apim.id)),
        ),
        row(
            Part::Product,
            "product",
            product.map(|product| {
                let key = if product.subscription_required { "key required" } else { "no key required" };
                join([Some(&product.name), Some(&product.state), Some(key)])
            }),
            product.map(|it| &it.id),
        ),
        row(Part::Subscription, "subscription", subscription_text(link), subscription.map(|it| &it.id)),
        policy_row(link, row(Part::Policy, "policy", policy_text(link), None)),
        site_key_row(link),
        row(Part::Apis, "APIs", product.and_then(apis), None),
    ]
}

fn severity(link: &LinkReport, part: Part) -> Option<Severity> {
    let found = link.findings.iter().filter(|finding| finding.code.part() == part);
    found.map(|finding| finding.severity).max()
}

/// Returns the site. Its hostname is part of the address, if there is one.
fn site(link: &LinkReport) -> String {
    let site = &link.static_site;
    let hostname = site.default_hostname.as_deref().filter(|_| link.address().is_none());
    let environment = (site.environment != "default").then(|| format!("environment {}", site.environment));
    join([Some(&site.name), site.sku.as_deref(), environment.as_deref(), hostname])
}

fn service(link: &LinkReport) -> String {
    let apim = &link.apim;
    join([Some(&apim.name), apim.sku.as_deref(), apim.gateway_url.as_deref()])
}

/// Returns the linked backend. Its name is shown if it does not name the service of the env.
fn linked_backend(link: &LinkReport, style: Style) -> Option<String> {
    let backend = link.linked_backend.as_ref()?;
    let named = backend.backend_resource_id.as_str();
    let other = (!named.eq_ignore_ascii_case(&link.apim.id)).then(|| last(named));
    let since = backend.created_on.as_deref().map(|on| format!("since {}", style.time(on)));
    Some(join([other, Some(&backend.provisioning_state), since.as_deref()]))
}

/// Returns the subscription. Its name is shown if it is not that of the product.
fn subscription_text(link: &LinkReport) -> Option<String> {
    let subscription = link.subscription.as_ref()?;
    let is_own = link.product.as_ref().is_some_and(|product| product.name == subscription.name);
    let name = Some(subscription.name.as_str()).filter(|_| !is_own);
    let keys = subscription.key_fingerprints.as_ref();
    let keys = keys.map(|keys| format!("keys {} and {}", keys.primary, keys.secondary));
    let age = subscription.key_age.as_ref().map(key_age);
    Some(join([name, Some(&subscription.state), keys.as_deref(), age.as_deref()]))
}

/// Returns the verdict on a policy, and its explanation.
fn policy_text(link: &LinkReport) -> Option<String> {
    let text = match link.policy.as_ref()?.verdict {
        PolicyVerdictReport::Healthy => "healthy, accepts only requests with a token of the site",
        PolicyVerdictReport::Open => "open, accepts requests without a token of the site",
        PolicyVerdictReport::Closed => "closed, rejects requests of the site",
        PolicyVerdictReport::Undetermined => {
            "undetermined, its text does not decide which requests are accepted"
        }
    };
    Some(text.to_owned())
}

/// Returns when the older key was created, to the day, in UTC.
fn key_age(age: &KeyAgeReport) -> String {
    let day = age.time.get(..10).unwrap_or(&age.time);
    match age.created {
        KeyCreation::At => format!("from {day}"),
        KeyCreation::NotBefore => format!("from {day} or later"),
        KeyCreation::Before => format!("from before {day}"),
    }
}

/// Returns the row of a policy. A policy that has no finding, and is not proven to be right, is not the link's.
fn policy_row(link: &LinkReport, mut row: PartRow) -> PartRow {
    let is_proven = link.policy.as_ref().is_some_and(|policy| policy.verdict == PolicyVerdictReport::Healthy);
    if row.mark == Mark::Good && !is_proven {
        row.mark = Mark::Absent;
    }
    row
}

fn site_key_row(link: &LinkReport) -> PartRow {
    let worst = severity(link, Part::SiteKey);
    let linked = link.linked_backend.is_some() && link.subscription.is_some();
    let is_known = linked && (worst.is_some() || !link.site_key_hidden);
    let mark = if is_known { Mark::of(worst) } else { Mark::Absent };
    let detail = match (linked, worst) {
        (false, _) => None,
        (true, None) if link.site_key_hidden => Some("unknown"),
        (true, None) => Some("primary"),
        (true, Some(Severity::Degraded | Severity::Note)) => Some("secondary"),
        (true, Some(Severity::Broken)) => Some("not valid"),
    };
    PartRow { mark, part: "key of the site", detail: detail.map(str::to_owned), id: None }
}

/// Returns the APIs of a product, each with its path.
fn apis(product: &ProductReport) -> Option<String> {
    let text = |api: &ApiReport| format!("{} at /{}", api.name, api.path);
    let all: Vec<String> = product.apis.iter().map(text).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// Returns the last part of a resource id.
fn last(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

fn join<const N: usize>(texts: [Option<&str>; N]) -> String {
    let texts: Vec<&str> = texts.into_iter().flatten().filter(|text| !text.is_empty()).collect();
    texts.join(", ")
}
