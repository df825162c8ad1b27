//! The list of links, and what is kept of it for the next read.

use std::sync::Arc;

use jiff::Timestamp;

use super::mark::{Marked, mark_of};
use crate::{
    config::EnvSettings,
    engine::Previews,
    report::{ErrorReport, LinkReport, ListedSite},
    workflow::{self, Deaf, ExitDetail, KnownLinks, Workspace},
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
    mark: u64,
}

impl Marked for Links {
    fn mark(&self) -> u64 {
        let links: Vec<u64> = self.of_envs.iter().map(|link| link.mark).collect();
        mark_of(&(links, &self.others, &self.notes, &self.unlisted, &self.source))
    }
}

/// The links that were read before.
#[derive(Default)]
pub(super) struct KnownList {
    links: KnownLinks,
    marked: Vec<SeenLink>,
}

impl KnownList {
    /// Reads the links of these envs: of a model, only those that a change concerns.
    pub(super) async fn read(
        &mut self,
        work: &Workspace,
        envs: &[EnvSettings],
    ) -> anyhow::Result<Vec<SeenLink>> {
        let reports = match envs {
            // The findings of an only link can depend on the activity log.
            [_] => {
                let status = workflow::status(work, envs, Previews::Allow, ExitDetail::Plain, &Deaf).await?;
                status.report.links.into_iter().map(Arc::new).collect()
            }
            _ => workflow::links_since(work, envs, &Deaf, &mut self.links).await?,
        };
        let mut before = std::mem::take(&mut self.marked).into_iter();
        let marked = reports.into_iter().map(|report| {
            let same = before.next().filter(|before| Arc::ptr_eq(&before.report, &report));
            same.unwrap_or_else(|| SeenLink { mark: mark_of(report.as_ref()), report })
        });
        self.marked = marked.collect();
        Ok(self.marked.clone())
    }
}
