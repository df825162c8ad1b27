//! Deletes the resources that links left behind: [`Audit`] → [`PrunePlan`] is pure; then the orphans are deleted one
//! after the other.

mod apply;

use serde::{Deserialize, Serialize};

pub use self::apply::{Fate, Pruned, moved, prune, prune_basis};
use super::{Audit, ChangeKind, Orphaned, PlannedStep, ProductAudit, Standing, Step};
use crate::{
    model::{ApimServiceId, ProductId, SiteEnvironmentId},
    provider::Sight,
};

/// Whether to delete the leftovers of sites that no longer exist or that the caller may not see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoneSites {
    /// They are kept.
    Keep,
    /// They are deleted.
    Include,
}

impl GoneSites {
    /// Returns the choice that applies with this visibility: if the caller can see everything, a site that is not found
    /// does not exist, and its leftovers are included.
    #[must_use]
    pub fn given(self, sight: Sight) -> Self {
        match (self, sight) {
            (Self::Keep, Sight::WhatIsAllowed) => Self::Keep,
            (Self::Include, _) | (Self::Keep, Sight::Everything) => Self::Include,
        }
    }
}

/// The orphans of a service to delete, and the products that are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrunePlan {
    /// The service.
    pub service: ApimServiceId,
    /// The orphans to delete, in order.
    pub orphans: Vec<Orphan>,
    /// The products that links created and that are kept, although no site is known to use them.
    pub spared: Vec<Spared>,
}

/// A product that a link created and that no consumer uses, and the steps that delete it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Orphan {
    /// The product.
    pub product: ProductId,
    /// The hostname of the site that it was made for.
    pub hostname: String,
    /// The environment of that site, if it exists.
    pub site: Option<SiteEnvironmentId>,
    /// Why no consumer uses it.
    pub reason: Orphaned,
    /// The same reason, as a message.
    pub why: String,
    /// The steps: each subscription before its product, and never an API.
    pub steps: Vec<PlannedStep>,
}

/// A product that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spared {
    /// The product.
    pub product: ProductId,
    /// Why it is kept.
    pub why: String,
    /// Whether the reason is that something could not be read.
    pub undetermined: bool,
}

impl PrunePlan {
    /// Decides which products of a service are deleted.
    #[must_use]
    pub fn of(audit: &Audit, gone: GoneSites) -> Self {
        let (mut orphans, mut spared) = (Vec::new(), Vec::new());
        for product in &audit.products {
            match orphan(product) {
                Some(orphan) if orphan.reason == Orphaned::SiteGone && gone == GoneSites::Keep => {
                    let why = format!("{}; run the command with `--include-gone` to delete it", orphan.why);
                    spared.push(Spared { product: orphan.product, why, undetermined: false });
                }
                Some(orphan) => orphans.push(orphan),
                None => spared.extend(spare(product, &audit.service)),
            }
        }
        Self { service: audit.service.clone(), orphans, spared }
    }

    /// Whether there is nothing to delete.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.orphans.is_empty()
    }

    /// Returns how many changes the plan makes.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.orphans.iter().map(|orphan| orphan.steps.len()).sum()
    }
}

impl Orphan {
    /// Whether this is the orphan that was planned, or the remainder of it: an interrupted run may have applied the
    /// first steps.
    fn is_left_of(&self, planned: &Self) -> bool {
        let known = |step: &PlannedStep| planned.steps.contains(step);
        self.product == planned.product
            && self.hostname == planned.hostname
            && (&self.site, self.reason) == (&planned.site, planned.reason)
            && self.steps.iter().all(known)
    }
}

/// Returns the steps that delete a product, if it is an orphan.
fn orphan(product: &ProductAudit) -> Option<Orphan> {
    let Standing::Orphan(reason) = product.standing else { return None };
    let delete = |step, reason: &str| PlannedStep {
        step,
        kind: ChangeKind::Delete,
        reason: reason.to_owned(),
        changes: Vec::new(),
    };
    let mut steps: Vec<PlannedStep> = product
        .own
        .iter()
        .map(|own| {
            let subscription = own.id.clone();
            delete(Step::DeleteSubscription { subscription }, "no site sends its keys; they become invalid")
        })
        .collect();
    let delete_product = Step::DeleteProduct { product: product.id.clone() };
    steps.push(delete(delete_product, "no consumer uses it; its APIs stay in the service"));
    Some(Orphan {
        product: product.id.clone(),
        hostname: product.hostname.as_ref()?.to_string(),
        site: product.site.clone(),
        reason,
        why: why(product),
        steps,
    })
}

/// Returns the message of the finding about the product's use.
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
