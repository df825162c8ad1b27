//! The list of links, and what is kept of it for the next read.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use maud::Markup;

use super::mark::{Marked, mark_of};
use crate::{
    config::EnvSettings,
    report::{ErrorReport, LinkReport, ListReport, ListedSite},
    workflow::{self, Deaf, KnownOverview, OtherSites, Overview, Workspace},
};

/// The links of the configuration, and the sites beside them.
#[derive(Clone, Debug)]
pub(super) struct Links {
    /// The links, in the order of the envs.
    pub(super) of_envs: Vec<SeenLink>,
    /// The sites that no env names, as far as they can be seen.
    pub(super) others: Vec<ListedSite>,
    /// The reads of sites that failed, each with the reason.
    pub(super) notes: Vec<String>,
    /// Why no sites beside those of the envs could be listed.
    pub(super) unlisted: Option<ErrorReport>,
    /// The control planes.
    pub(super) source: String,
    /// When it was read.
    pub(super) at: Timestamp,
}

/// A link in the list. A report is shared with later lists as long as nothing of it changes.
#[derive(Clone, Debug)]
pub(super) struct SeenLink {
    pub(super) report: Arc<LinkReport>,
    /// Its row, once it was shown.
    pub(super) row: Arc<OnceLock<RowText>>,
    mark: u64,
}

/// What a row shows of a link that is the same at any time, and the text that a filter searches.
#[derive(Debug)]
pub(super) struct RowText {
    pub(super) searched: String,
    /// The cells before the age of the keys.
    pub(super) before: Markup,
    /// The cells after it.
    pub(super) after: Markup,
}

impl SeenLink {
    fn of(report: Arc<LinkReport>) -> Self {
        Self { mark: mark_of(report.as_ref()), report, row: Arc::default() }
    }
}

impl Marked for Links {
    fn mark(&self) -> u64 {
        let links: Vec<u64> = self.of_envs.iter().map(|link| link.mark).collect();
        mark_of(&(links, &self.others, &self.notes, &self.unlisted, &self.source))
    }
}

/// The links and sites that were read before.
#[derive(Default)]
pub(super) struct KnownList {
    known: KnownOverview,
    marked: Vec<SeenLink>,
}

impl KnownList {
    /// Reads the links of these envs and the other sites: of a model, only what a change concerns.
    pub(super) async fn read(
        &mut self,
        work: &Workspace,
        envs: &[EnvSettings],
        others: OtherSites,
    ) -> anyhow::Result<(Vec<SeenLink>, workflow::Result<ListReport>)> {
        let Overview { links, others } =
            workflow::overview(work, envs, others, &Deaf, &mut self.known).await?;
        let mut before = std::mem::take(&mut self.marked).into_iter();
        let marked = links.into_iter().map(|report| {
            let same = before.next().filter(|before| Arc::ptr_eq(&before.report, &report));
            same.unwrap_or_else(|| SeenLink::of(report))
        });
        self.marked = marked.collect();
        Ok((self.marked.clone(), others))
    }
}
