//! The links of envs and the sites that no env names, read again and again: of a model, only those that a change
//! concerns.

use std::sync::Arc;

use super::{
    error::Result,
    generations::{Earlier, Generations},
    list::{KnownSites, unnamed},
    listener::Listener,
    look::{ExitDetail, KnownLinks, links_since, status},
    workspace::Workspace,
};
use crate::{
    config::EnvSettings,
    engine::Previews,
    report::{LinkReport, ListReport},
};

/// Which sites are read beside the links of the envs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherSites {
    /// Those that no env names.
    Read,
    /// None.
    Skip,
}

/// The links of envs, and the sites that no env names.
#[derive(Debug)]
pub struct Overview {
    /// The links, in the order of the envs. One that has not changed is the same value as before.
    pub links: Vec<Arc<LinkReport>>,
    /// The sites that no env names, as far as they can be seen.
    pub others: Result<ListReport>,
}

/// The links, the sites and the models of the last read.
#[derive(Debug, Default)]
pub struct KnownOverview {
    earlier: Earlier,
    links: KnownLinks,
    sites: KnownSites,
}

/// Observes the link of each env once, as [`status`] does, and lists the sites that no env names. Preview environments
/// are observed too. A link or a site of a model is not read again if nothing that it depends on has changed since it was
/// `known`.
///
/// # Errors
///
/// If the only env cannot be read, or if the operating system provides no thread. Of several envs, one that cannot be
/// read has a report that says why.
pub async fn overview(
    work: &Workspace,
    envs: &[EnvSettings],
    others: OtherSites,
    listener: &dyn Listener,
    known: &mut KnownOverview,
) -> Result<Overview> {
    // If the use case fails or is dropped, nothing is known.
    let KnownOverview { earlier, mut links, mut sites } = std::mem::take(known);
    let generations = Generations::compare(work, envs, &earlier);
    let (seen, others) = tokio::join!(
        async {
            match envs {
                // The findings of an only link can depend on the activity log.
                [_] => {
                    let one = status(work, envs, Previews::Allow, ExitDetail::Plain, listener).await?;
                    Ok(one.report.links.into_iter().map(Arc::new).collect())
                }
                _ => links_since(work, envs, &generations, listener, &mut links).await,
            }
        },
        async {
            match others {
                OtherSites::Read => unnamed(work, &generations, listener, &mut sites).await,
                OtherSites::Skip => Ok(ListReport::new(Vec::new(), Vec::new())),
            }
        }
    );
    let seen = seen?;
    *known = KnownOverview { earlier: generations.into_earlier(work), links, sites };
    Ok(Overview { links: seen, others })
}
