//! Deleting what links left behind: [`Audit`] → [`PrunePlan`], pure; then one orphan after the other.

mod apply;

use serde::{Deserialize, Serialize};

pub use self::apply::{Fate, Pruned, moved, prune, prune_basis};
use super::{Audit, ChangeKind, Orphaned, PlannedStep, ProductAudit, Standing, Step};
use crate::{
    model::{ApimServiceId, ProductId, SiteEnvironmentId},
    provider::Sight,
};

/// Whether what the sites left goes that no longer exist, or that the caller has no right to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoneSites {
    /// It stays.
    Keep,
    /// It goes.
    Include,
}

impl GoneSites {
    /// What is to be done where so much can be seen: where everything can, gone is gone.
    #[must_use]
    pub fn given(self, sight: Sight) -> Self {
        match (self, sight) {
            (Self::Keep, Sight::WhatIsAllowed) => Self::Keep,
            (Self::Include, _) | (Self::Keep, Sight::Everything) => Self::Include,
        }
    }
}

/// Which orphans of a service are to be deleted, and what else is there that is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrunePlan {
    /// The service.
    pub service: ApimServiceId,
    /// What is to be deleted, in order.
    pub orphans: Vec<Orphan>,
    /// What links made and what stays, although no site is known to use it.
    pub spared: Vec<Spared>,
}

/// A product that a link made and that nobody uses, and the steps that delete it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Orphan {
    /// The product.
    pub product: ProductId,
    /// The hostname of the site that it was made for.
    pub hostname: String,
    /// The environment of that site, if it exists.
    pub site: Option<SiteEnvironmentId>,
    /// Why nobody uses it.
    pub reason: Orphaned,
    /// The same, for people.
    pub why: String,
    /// A subscription before its product, and never an API.
    pub steps: Vec<PlannedStep>,
}

/// A product that stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spared {
    /// The product.
    pub product: ProductId,
    /// Why it stays.
    pub why: String,
    /// Whether that is because something could not be read.
    pub undetermined: bool,
}

impl PrunePlan {
    /// Decides what of a service is to be deleted.
    #[must_use]
    pub fn of(audit: &Audit, gone: GoneSites) -> Self {
        let (mut orphans, mut spared) = (Vec::new(), Vec::new());
        for product in &audit.products {
            match orphan(product) {
                Some(orphan) if orphan.reason == Orphaned::SiteGone && gone == GoneSites::Keep => {
                    let why = format!("{}; `--include-gone` deletes it all the same", orphan.why);
                    spared.push(Spared { product: orphan.product, why, undetermined: false });
                }
                Some(orphan) => orphans.push(orphan),
                None => spared.extend(spare(product, &audit.service)),
            }
        }
        Self { service: audit.service.clone(), orphans, spared }
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.orphans.is_empty()
    }

    /// How many changes it makes.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.orphans.iter().map(|orphan| orphan.steps.len()).sum()
    }
}

impl Orphan {
    /// Whether this is what `planned` saw, or less of it: a run that was interrupted has taken the first steps.
    fn is_left_of(&self, planned: &Self) -> bool {
        let known = |step: &PlannedStep| planned.steps.contains(step);
        self.product == planned.product
            && self.hostname == planned.hostname
            && (&self.site, self.reason) == (&planned.site, planned.reason)
            && self.steps.iter().all(known)
    }
}

/// What deletes a product, if it is an orphan.
fn orphan(product: &ProductAudit) -> Option<Orphan> {
    let Standing::Orphan(reason) = product.standing else { return None };
    let delete =
        |step, reason: &str| PlannedStep { step, kind: ChangeKind::Delete, reason: reason.to_owned() };
    let mut steps: Vec<PlannedStep> = product
        .own
        .iter()
        .map(|own| {
            let subscription = own.id.clone();
            delete(Step::DeleteSubscription { subscription }, "nobody sends its keys; they end here")
        })
        .collect();
    let delete_product = Step::DeleteProduct { product: product.id.clone() };
    steps.push(delete(delete_product, "nobody uses it; its APIs stay in the service"));
    Some(Orphan {
        product: product.id.clone(),
        hostname: product.hostname.as_ref()?.to_string(),
        site: product.site.clone(),
        reason,
        why: why(product),
        steps,
    })
}

/// The message of the finding that tells about the product's use.
fn why(product: &ProductAudit) -> String {
    product.findings.first().map(|finding| finding.message.clone()).unwrap_or_default()
}

fn spare(product: &ProductAudit, service: &ApimServiceId) -> Option<Spared> {
    let undetermined = match &product.standing {
        Standing::Unknown(_) => true,
        Standing::InUse if !product.links.contains(service) => false,
        Standing::InUse | Standing::Foreign | Standing::Orphan(_) => return None,
    };
    Some(Spared { product: product.id.clone(), why: why(product), undetermined })
}
