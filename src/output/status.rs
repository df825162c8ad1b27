//! The text form of the report of `status`.

use std::fmt::Write as _;

use super::{
    findings::findings,
    format::{Rows, trimmed},
    notes,
    style::{Style, cell},
    ui::Report,
};
use crate::{
    engine::{LinkState, Part, Severity},
    report::{
        ApiListReport, Event, ImportReport, LinkReport, Mark, PolicyReport, PolicyVerdictReport,
        SnapshotReport, StatusReport, one_line, state_mark,
    },
};

impl Report for StatusReport {
    fn text(&self, style: Style) -> String {
        match self.links.as_slice() {
            [only] => one(only, style),
            many => overview(many, style),
        }
    }

    fn rows(&self) -> Rows {
        let columns = ["env", "state", "staticSite", "apim", "product", "findings"];
        let row = |link: &LinkReport| {
            let codes: Vec<&str> = link.findings.iter().map(|finding| finding.code.as_str()).collect();
            vec![
                link.env.clone(),
                link.state.to_string(),
                link.static_site.name.clone(),
                link.apim.name.clone(),
                link.product.as_ref().map(|product| product.name.clone()).unwrap_or_default(),
                codes.join(","),
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
    let worst = link.findings.iter().map(|finding| finding.severity).max();
    let mut text =
        format!("{}{}: {}\n", style.heading(state_mark(link.state, worst)), one_line(&link.env), link.state);
    let mut table = style.table();
    for row in parts(link) {
        let mut cells = vec![style.mark(row.mark)];
        cells.extend([row.part, &row.name, &row.detail].map(cell));
        table.add_row(cells);
    }
    text += &trimmed(&table);
    text += &findings(&link.findings, style);
    text
}

fn overview(links: &[LinkReport], style: Style) -> String {
    let mut table = style.table();
    table.set_header(["", "ENV", "STATE", "STATIC WEB APP", "API MANAGEMENT", "FINDINGS"]);
    for link in links {
        let worst = link.findings.iter().map(|finding| finding.severity).max();
        let codes: Vec<&str> = link.findings.iter().map(|finding| finding.code.as_str()).collect();
        let mut cells = vec![style.mark(state_mark(link.state, worst))];
        let texts = [&link.env, link.state.as_str(), &link.static_site.name, &link.apim.name];
        cells.extend(texts.map(cell));
        cells.push(cell(codes.join(" ")));
        table.add_row(cells);
    }
    let mut text = trimmed(&table);
    for link in links {
        if let Some(error) = &link.error {
            let _ = writeln!(text, "\n{}: {}", one_line(&link.env), one_line(&error.message));
            for cause in &error.causes {
                let _ = writeln!(text, "  caused by: {}", one_line(cause));
            }
            if let Some(hint) = &error.hint {
                let _ = writeln!(text, "  {} {}", style.arrow(), one_line(hint));
            }
        }
        if link.findings.iter().any(|finding| finding.severity > Severity::Note) {
            let _ = write!(text, "\n{}:", one_line(&link.env));
            text += &findings(&link.findings, style);
        }
    }
    text
}

struct PartRow {
    mark: Mark,
    part: &'static str,
    name: String,
    detail: String,
}

fn parts(link: &LinkReport) -> Vec<PartRow> {
    let severity = |part| {
        let found = link.findings.iter().filter(|finding| finding.code.part() == part);
        found.map(|finding| finding.severity).max()
    };
    let row = |part, label, found: Option<(String, String)>| {
        let worst = severity(part);
        let (name, detail) = found.clone().unwrap_or_default();
        let mark = if found.is_none() && worst.is_none() { Mark::Absent } else { Mark::of(worst) };
        let name = if found.is_none() { absent(link).to_owned() } else { name };
        PartRow { mark, part: label, name, detail }
    };
    let (site, apim) = (&link.static_site, &link.apim);
    let keys = link.subscription.as_ref().and_then(|s| s.key_fingerprints.as_ref());
    let site_text = join([site.sku.as_deref(), site.default_hostname.as_deref(), Some(&site.environment)]);
    vec![
        row(Part::StaticSite, "static web app", Some((site.name.clone(), site_text))),
        row(
            Part::Service,
            "API Management",
            Some((apim.name.clone(), join([apim.sku.as_deref(), apim.gateway_url.as_deref(), None]))),
        ),
        row(
            Part::LinkedBackend,
            "linked backend",
            link.linked_backend.as_ref().map(|backend| {
                let since = backend.created_on.as_deref().map(|on| format!("since {}", minute(on)));
                (
                    backend.name.clone().unwrap_or_default(),
                    join([Some(&backend.provisioning_state), since.as_deref(), None]),
                )
            }),
        ),
        row(
            Part::Product,
            "product",
            link.product.as_ref().map(|product| {
                let key = if product.subscription_required { "key required" } else { "no key required" };
                (product.name.clone(), join([Some(&product.state), Some(key), None]))
            }),
        ),
        row(
            Part::Subscription,
            "subscription",
            link.subscription.as_ref().map(|subscription| {
                let keys = keys.map(|keys| format!("keys {} {}", keys.primary, keys.secondary));
                (subscription.name.clone(), join([Some(&subscription.state), keys.as_deref(), None]))
            }),
        ),
        policy_row(link, row(Part::Policy, "policy", link.policy.as_ref().map(policy_cells))),
        site_key_row(link, severity(Part::SiteKey)),
        apis_row(link, severity(Part::Apis)),
    ]
}

/// Returns the verdict on a policy, and its explanation.
fn policy_cells(policy: &PolicyReport) -> (String, String) {
    let (verdict, meaning) = match policy.verdict {
        PolicyVerdictReport::Healthy => ("healthy", "lets in tokens of the site alone"),
        PolicyVerdictReport::Open => ("open", "lets in requests without a token of the site"),
        PolicyVerdictReport::Closed => ("closed", "refuses requests of the site"),
        PolicyVerdictReport::Undetermined => ("undetermined", "its text does not decide who is let in"),
    };
    (verdict.to_owned(), meaning.to_owned())
}

/// Returns the row of a policy. A policy that has no finding, and is not proven to be right, is not the link's.
fn policy_row(link: &LinkReport, mut row: PartRow) -> PartRow {
    let is_proven = link.policy.as_ref().is_some_and(|policy| policy.verdict == PolicyVerdictReport::Healthy);
    if row.mark == Mark::Good && !is_proven {
        row.mark = Mark::Absent;
    }
    row
}

/// Returns the text for a part that does not exist or is unknown.
fn absent(link: &LinkReport) -> &'static str {
    if link.state == LinkState::Unknown { "unknown" } else { "none" }
}

/// Returns a time without seconds. Azure writes seconds with seven fractional digits.
pub(super) fn minute(time: &str) -> String {
    time.get(..16).unwrap_or(time).replace('T', " ")
}

fn site_key_row(link: &LinkReport, worst: Option<Severity>) -> PartRow {
    let linked = link.linked_backend.is_some() && link.subscription.is_some();
    let mark = if linked { Mark::of(worst) } else { Mark::Absent };
    let (name, detail) = match (linked, worst) {
        (false, _) => (absent(link), ""),
        (true, None) if link.site_key_hidden => ("unknown", "nobody tells"),
        (true, None) => ("primary", ""),
        (true, Some(Severity::Degraded | Severity::Note)) => ("secondary", ""),
        (true, Some(Severity::Broken)) => ("not valid", ""),
    };
    PartRow { mark, part: "key of the site", name: name.to_owned(), detail: detail.to_owned() }
}

fn apis_row(link: &LinkReport, worst: Option<Severity>) -> PartRow {
    let apis = link.product.as_ref().map(|product| product.apis.as_slice()).unwrap_or_default();
    let names: Vec<&str> = apis.iter().map(|api| api.name.as_str()).collect();
    let paths: Vec<String> = apis.iter().map(|api| format!("/{}", api.path)).collect();
    let mark = if names.is_empty() && worst.is_none() { Mark::Absent } else { Mark::of(worst) };
    let name = if names.is_empty() { absent(link).to_owned() } else { names.join(", ") };
    PartRow { mark, part: "APIs", name, detail: paths.join(", ") }
}

fn join(texts: [Option<&str>; 3]) -> String {
    let texts: Vec<&str> = texts.into_iter().flatten().filter(|text| !text.is_empty()).collect();
    texts.join(", ")
}

impl Report for ApiListReport {
    fn text(&self, style: Style) -> String {
        if self.apis.is_empty() {
            return "the service has no APIs\n".to_owned();
        }
        let mut table = style.table();
        table.set_header(["API", "PATH", "IN THE PRODUCT"]);
        for api in &self.apis {
            let path = address(api);
            let in_product = if api.in_product { "yes" } else { "no" };
            table.add_row([api.name.as_str(), path.as_str(), in_product].map(cell));
        }
        trimmed(&table)
    }

    fn rows(&self) -> Rows {
        let columns = ["name", "path", "inProduct"].map(str::to_owned).into();
        let row = |api: &crate::report::ApiReport| {
            vec![api.name.clone(), api.path.clone(), api.in_product.to_string()]
        };
        Rows { columns, rows: self.apis.iter().map(row).collect() }
    }
}

/// Returns the path at which clients call an API, including its version.
fn address(api: &crate::report::ApiReport) -> String {
    let Some(version) = &api.version else { return format!("/{}", api.path) };
    let address = version.address.as_deref();
    match (address, &version.header) {
        (Some(address), Some(header)) => format!("/{address} ({header}: {})", version.name),
        (Some(address), None) => format!("/{address}"),
        (None, _) => format!("/{} (version {}: its version set could not be read)", api.path, version.name),
    }
}

impl Report for ImportReport {
    fn text(&self, _: Style) -> String {
        format!(
            "{}: {} created, {} changed, {} unchanged\n",
            one_line(&self.model),
            self.created,
            self.changed,
            self.unchanged
        )
    }

    fn rows(&self) -> Rows {
        let columns = ["model", "created", "changed", "unchanged"].map(str::to_owned).into();
        let counts = [self.created, self.changed, self.unchanged].map(|count| count.to_string());
        let mut row = vec![self.model.clone()];
        row.extend(counts);
        Rows { columns, rows: vec![row] }
    }
}

impl Report for SnapshotReport {
    fn text(&self, _: Style) -> String {
        let what = if self.changed { "written" } else { "unchanged" };
        format!("{}: {what}, {} resources and no keys\n", one_line(&self.model), self.resources)
    }

    fn rows(&self) -> Rows {
        let columns = ["model", "resources", "changed"].map(str::to_owned).into();
        let row = vec![self.model.clone(), self.resources.to_string(), self.changed.to_string()];
        Rows { columns, rows: vec![row] }
    }
}
