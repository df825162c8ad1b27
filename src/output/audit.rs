//! The text, table and Markdown forms of the reports of `audit` and `prune`.

use std::fmt::Write as _;

use super::{
    findings::findings,
    format::Rows,
    layout::{Entry, list, wrapped},
    style::{Label, Style, sign},
    ui::Report,
};
use crate::{
    engine::{ChangeKind, Orphaned, StepAction},
    model::ResourceId,
    report::{
        AuditReport, FindingReport, Mark, ProductAuditReport, ProductStatus, PruneOutcome, PruneReport,
        PrunedReport, ServiceAuditReport, one_line,
    },
};

impl Report for AuditReport {
    fn text(&self, style: Style) -> String {
        let texts: Vec<String> = self.services.iter().map(|service| one(service, style)).collect();
        texts.join("\n")
    }

    fn rows(&self) -> Rows {
        let columns = [
            "service",
            "product",
            "status",
            "reason",
            "hostname",
            "staticSite",
            "apis",
            "createdOn",
            "lastChange",
            "lastChangedBy",
            "findings",
        ];
        let of_service = |service: &ServiceAuditReport| {
            let name = service.name.clone();
            let row = move |product: &ProductAuditReport| {
                let mut cells = vec![name.clone(), product.name.clone(), status(product.status).to_owned()];
                let reason = product.reason.map(reason).unwrap_or_default();
                let site = product.static_site.as_ref().map(ResourceId::name).unwrap_or_default();
                let apis = product.apis.as_ref().map(|apis| apis.join(","));
                cells.push(reason.to_owned());
                cells.extend([product.hostname.clone().unwrap_or_default(), site.to_owned()]);
                cells.extend([apis.unwrap_or_default(), since(product).unwrap_or_default().to_owned()]);
                let change = product.last_change.as_ref();
                cells.push(change.map(|change| change.time.clone()).unwrap_or_default());
                cells.push(change.and_then(|change| change.caller.clone()).unwrap_or_default());
                cells.push(codes(&product.findings));
                cells
            };
            service.products.iter().map(row).collect::<Vec<_>>()
        };
        let rows = self.services.iter().flat_map(of_service).collect();
        Rows { columns: columns.map(str::to_owned).into(), rows }
    }
}

fn codes(findings: &[FindingReport]) -> String {
    findings.iter().map(|finding| finding.code.as_str()).collect::<Vec<_>>().join(",")
}

fn status(status: ProductStatus) -> &'static str {
    match status {
        ProductStatus::InUse => "in-use",
        ProductStatus::Orphan => "orphan",
        ProductStatus::Unknown => "unknown",
        ProductStatus::Foreign => "foreign",
    }
}

fn reason(reason: Orphaned) -> &'static str {
    match reason {
        Orphaned::SiteGone => "site-gone",
        Orphaned::Unlinked => "unlinked",
        Orphaned::LinkedElsewhere => "linked-elsewhere",
    }
}

/// Returns when the link's own subscription was created, if it is known.
fn since(product: &ProductAuditReport) -> Option<&str> {
    let own = product.subscriptions.iter().filter(|subscription| subscription.of_link);
    own.filter_map(|subscription| subscription.created_on.as_deref()).min()
}

fn one(service: &ServiceAuditReport, style: Style) -> String {
    if let Some(error) = &service.error {
        let mut text = format!(
            "{}{}: {}\n",
            style.heading(Mark::Broken),
            one_line(&service.name),
            one_line(&error.message)
        );
        for cause in &error.causes {
            let _ = writeln!(text, "  caused by: {}", one_line(cause));
        }
        return text;
    }
    let mut text =
        format!("{}{}: {}\n", style.heading(mark_of(service)), one_line(&service.name), counts(service));
    // Products that no link created are counted, and listed only if they have findings.
    let shown = |product: &&ProductAuditReport| {
        product.status != ProductStatus::Foreign || !product.findings.is_empty()
    };
    let products: Vec<&ProductAuditReport> = service.products.iter().filter(shown).collect();
    if !products.is_empty() {
        // A column without any text is left out: a model has no times.
        let head = ["", "PRODUCT", "STATUS", "STATIC WEB APP", "APIS"].map(Label::from).into_iter();
        let has_times = products.iter().any(|product| since(product).is_some());
        let times = [(has_times, "SINCE"), (has_log(service), "LAST CHANGE")];
        let times = times.map(|(is_shown, title)| Label::from(if is_shown { title } else { "" }));
        let head = Entry::new(head.chain(times)).with("FINDINGS");
        let rows = products.iter().map(|product| entry(service, product, style));
        text += &list(&[head].into_iter().chain(rows).collect::<Vec<_>>(), style);
    }
    if let Some(error) = service.activity_log.as_ref().and_then(|log| log.error.as_ref()) {
        let note = format!("note: when the products were last changed is not known: {}", one_line(error));
        text += &wrapped(&note, "  ", style);
    }
    let told: Vec<FindingReport> = service
        .findings
        .iter()
        .chain(products.iter().flat_map(|product| &product.findings))
        .cloned()
        .collect();
    text + &findings(&told, style)
}

/// Whether the activity log of a service was read.
fn has_log(service: &ServiceAuditReport) -> bool {
    service.activity_log.as_ref().is_some_and(|log| log.error.is_none())
}

/// Returns the day of the last change of a product, or before which day it was.
fn last_change(service: &ServiceAuditReport, product: &ProductAuditReport, style: Style) -> String {
    match (&product.last_change, &service.activity_log) {
        (Some(change), _) => style.day(&change.time),
        (None, Some(log)) if log.error.is_none() => format!("before {}", style.day(&log.since)),
        (None, _) => String::new(),
    }
}

fn entry(service: &ServiceAuditReport, product: &ProductAuditReport, style: Style) -> Entry {
    let site = product
        .static_site
        .as_ref()
        .map(ResourceId::name)
        .or(product.hostname.as_deref())
        .unwrap_or_default();
    let environment = product.environment.as_deref().filter(|name| *name != "default");
    let site = environment.map_or_else(|| site.to_owned(), |name| format!("{site} ({name})"));
    let apis = product.apis.as_ref().map_or_else(|| "unknown".to_owned(), |apis| apis.join(", "));
    let labels = [product.name.as_str(), status(product.status), &site, &apis].map(Label::from);
    let since = since(product).map(|time| style.day(time)).unwrap_or_default();
    let labels = labels.into_iter().chain([since, last_change(service, product, style)].map(Label::from));
    let entry = Entry::new([style.mark(mark(product))].into_iter().chain(labels));
    entry.with(codes(&product.findings).replace(',', " "))
}

/// Returns the mark of the most severe finding of a product.
fn mark(product: &ProductAuditReport) -> Mark {
    let worst = product.findings.iter().map(|finding| finding.severity).max();
    if worst.is_none() && product.status == ProductStatus::Foreign { Mark::Absent } else { Mark::of(worst) }
}

/// Returns the mark of the most severe finding of a service or of one of its products.
fn mark_of(service: &ServiceAuditReport) -> Mark {
    let of_products = service.products.iter().flat_map(|product| &product.findings);
    Mark::of(service.findings.iter().chain(of_products).map(|finding| finding.severity).max())
}

fn counts(service: &ServiceAuditReport) -> String {
    let count = |status| service.count(status);
    let (used, orphans) = (count(ProductStatus::InUse), count(ProductStatus::Orphan));
    let (unknown, foreign) = (count(ProductStatus::Unknown), count(ProductStatus::Foreign));
    let of_links = used + orphans + unknown;
    let noun = if of_links == 1 { "product of a link" } else { "products of links" };
    let mut text = format!("{of_links} {noun}");
    if of_links > 0 {
        let _ = write!(text, ": {used} in use, {} orphaned", number(orphans));
        if unknown > 0 {
            let _ = write!(text, ", {unknown} unknown");
        }
    }
    if foreign > 0 {
        let _ = write!(text, "; {foreign} not created by a link");
    }
    text
}

fn number(count: usize) -> String {
    if count == 0 { "none".to_owned() } else { count.to_string() }
}

impl Report for PruneReport {
    fn text(&self, style: Style) -> String {
        let mut text = format!("{}\n", one_line(&self.summary));
        if !self.products.is_empty() {
            let entries: Vec<Entry> = self.products.iter().map(pruned).collect();
            text += &list(&entries, style);
        }
        for spared in &self.spared {
            text += &wrapped(&format!("kept: {}", one_line(&spared.message)), "  ", style);
        }
        text
    }

    fn rows(&self) -> Rows {
        let columns = ["product", "reason", "hostname", "outcome", "message"].map(str::to_owned).into();
        let row = |product: &PrunedReport| {
            vec![
                product.name.clone(),
                reason(product.reason).to_owned(),
                product.hostname.clone(),
                outcome(product.outcome).to_owned(),
                product.message.clone(),
            ]
        };
        Rows { columns, rows: self.products.iter().map(row).collect() }
    }
}

fn outcome(outcome: PruneOutcome) -> &'static str {
    match outcome {
        PruneOutcome::Planned => "planned",
        PruneOutcome::Deleted => "deleted",
        PruneOutcome::Unchanged => "unchanged",
        PruneOutcome::Kept => "kept",
        PruneOutcome::Refused => "refused",
        PruneOutcome::Failed => "failed",
        PruneOutcome::NotTried => "not-tried",
    }
}

fn pruned(product: &PrunedReport) -> Entry {
    let keys = product.steps.iter().filter(|step| step.action == StepAction::DeleteSubscription).count();
    let what = match keys {
        0 => "product".to_owned(),
        1 => "product, subscription".to_owned(),
        many => format!("product, {many} subscriptions"),
    };
    let became = match product.outcome {
        PruneOutcome::Planned | PruneOutcome::Deleted => "",
        PruneOutcome::Unchanged => "already deleted",
        PruneOutcome::Kept => "kept",
        PruneOutcome::Failed => "failed",
        PruneOutcome::Refused | PruneOutcome::NotTried => "not done",
    };
    let labels = [&what, became].map(Label::from);
    let text = format!("{}: {}", product.name, product.message);
    Entry::new([sign(ChangeKind::Delete)].into_iter().chain(labels)).with(text)
}
