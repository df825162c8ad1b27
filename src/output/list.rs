//! The text, table and Markdown forms of the report of `list`.

use std::collections::BTreeSet;

use super::{
    format::Rows,
    layout::{Entry, list},
    style::{Label, Style},
    ui::Report,
};
use crate::report::{BackendKind, LinkedToReport, ListReport, ListedSite, site_mark};

impl Report for ListReport {
    fn text(&self, style: Style) -> String {
        let text = format!("{}\n", counts(&self.sites));
        if self.sites.is_empty() {
            return text;
        }
        let azure_subscriptions: BTreeSet<String> =
            self.sites.iter().map(|site| site.subscription.to_lowercase()).collect();
        let several = azure_subscriptions.len() > 1;
        let mut header =
            vec!["", "NAME", "STATE", "LINKED TO", "ENV", "ENVIRONMENT", "PLAN", "RESOURCE GROUP"];
        header.extend(several.then_some("SUBSCRIPTION"));
        let header = Entry::new(header.into_iter().map(Label::from)).with("HOSTNAME");
        let rows = self.sites.iter().map(|site| entry(site, several, style));
        text + &list(&[header].into_iter().chain(rows).collect::<Vec<_>>(), style)
    }

    fn rows(&self) -> Rows {
        let columns = [
            "name",
            "resourceGroup",
            "subscription",
            "environment",
            "sku",
            "defaultHostname",
            "linkedToKind",
            "linkedTo",
            "state",
            "env",
        ];
        let row = |site: &ListedSite| {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            let linked_to = site.linked_to.as_ref();
            vec![
                site.name.clone(),
                site.resource_group.clone(),
                site.subscription.clone(),
                site.environment.clone(),
                text(&site.sku),
                text(&site.default_hostname),
                linked_to.map(|it| kind(it.kind).to_owned()).unwrap_or_default(),
                linked_to.map(|it| text(&it.name)).unwrap_or_default(),
                site.state.as_str().to_owned(),
                text(&site.env),
            ]
        };
        Rows { columns: columns.map(str::to_owned).into(), rows: self.sites.iter().map(row).collect() }
    }
}

fn counts(sites: &[ListedSite]) -> String {
    let unlinked = sites.iter().filter(|site| site.linked_to.is_none()).count();
    match (sites.len(), unlinked) {
        (0, _) => "no static web app found".to_owned(),
        (1, 0) => "1 static web app, linked".to_owned(),
        (1, _) => "1 static web app, not linked".to_owned(),
        (all, 0) => format!("{all} static web apps, all linked"),
        (all, unlinked) => format!("{all} static web apps, {unlinked} not linked"),
    }
}

fn entry(site: &ListedSite, with_subscription: bool, style: Style) -> Entry {
    let or_unknown = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".to_owned());
    let mark = site_mark(site.state);
    let linked_to = site.linked_to.as_ref().map(LinkedToReport::shown).unwrap_or_default();
    let environment = if site.is_production() { "production" } else { &site.environment };
    let env = site.env.clone().unwrap_or_default();
    let mut labels = vec![style.mark(mark), Label::from(&site.name)];
    labels.push(Label::toned(site.state.as_str(), mark.into()));
    labels.extend([&linked_to, &env, environment].map(Label::from));
    labels.extend([Label::from(or_unknown(&site.sku)), Label::from(&site.resource_group)]);
    labels.extend(with_subscription.then(|| Label::from(&site.subscription)));
    Entry::new(labels).with(or_unknown(&site.default_hostname))
}

fn kind(kind: BackendKind) -> &'static str {
    match kind {
        BackendKind::Apim => "apim",
        BackendKind::Functions => "functions",
        BackendKind::Other => "other",
        BackendKind::Unknown => "unknown",
    }
}
