//! Applies a [`PrunePlan`]: each orphan is read again, and deleted only if it is unchanged.

use super::{Orphan, PrunePlan, Spared, orphan};
use crate::{
    diagnosis::{Diagnose, Diagnosis, ExitCode},
    engine::{
        Basis, PlannedStep, Standing, Step,
        audit::{
            Listed, ServiceSeen, Wanted, classify, list_one, list_sites, look_at_product, look_at_sites,
        },
    },
    model::ResourceId,
    provider::{ControlPlane, ETag, Expected, Failure, ProviderError, Reads, Transactions},
};

/// The result for one orphan.
#[derive(Debug)]
pub struct Pruned {
    /// The orphan.
    pub orphan: Orphan,
    /// The result.
    pub fate: Fate,
}

/// The result for one orphan.
#[derive(Debug)]
pub enum Fate {
    /// It is deleted, or had been deleted before.
    Deleted {
        /// The steps that were sent: an interrupted run may have applied the other ones before.
        sent: Vec<PlannedStep>,
    },
    /// It was not deleted, since it is no longer as the plan saw it.
    Kept {
        /// The difference.
        why: String,
        /// Whether the reason is that something could not be read.
        undetermined: bool,
    },
    /// A step failed.
    Failed {
        /// The steps of which one failed: an interrupted run may have applied the other ones before.
        sent: Vec<PlannedStep>,
        /// How many of them were applied.
        done: usize,
        /// Whether the failed step may have been applied: it was sent, and no answer reports that it failed.
        undetermined: bool,
        /// The cause.
        error: ProviderError,
    },
    /// It was not attempted, since an earlier failure would occur again.
    NotTried,
}

/// Deletes the orphans of a plan, one after the other.
///
/// A failure for one orphan does not prevent the deletion of the remaining ones, unless the control plane does not
/// answer or the caller lacks the permission: then the remaining orphans are not attempted.
pub async fn prune(
    plane: &dyn ControlPlane,
    plan: &PrunePlan,
    starting: &dyn Fn(usize, &Orphan),
    ended: &dyn Fn(&Pruned),
) -> Vec<Pruned> {
    let mut hand = Hand { plane, look: Look { plane, listed: None } };
    let mut pruned: Vec<Pruned> = Vec::with_capacity(plan.orphans.len());
    let mut goes_on = true;
    for (at, orphan) in plan.orphans.iter().enumerate() {
        let fate = if goes_on {
            starting(at, orphan);
            hand.delete(orphan).await
        } else {
            Fate::NotTried
        };
        goes_on &= !matches!(&fate, Fate::Failed { error, .. } if !is_its_own(error));
        let one = Pruned { orphan: orphan.clone(), fate };
        ended(&one);
        pruned.push(one);
    }
    pruned
}

/// Whether a failure concerns this orphan only.
fn is_its_own(error: &ProviderError) -> bool {
    match error {
        ProviderError::Conflict(_)
        | ProviderError::ConflictAfterLostAnswer(_)
        | ProviderError::NotFound(_)
        | ProviderError::Rejected { .. }
        | ProviderError::Undetermined(_)
        | ProviderError::Unfinished(_)
        | ProviderError::Malformed(_) => true,
        ProviderError::NotAuthenticated(_)
        | ProviderError::NotAuthorized(_)
        | ProviderError::Throttled(_)
        | ProviderError::Unavailable(_)
        | ProviderError::Storage(_) => false,
    }
}

/// Reads every orphan of a plan again, before anything is deleted. Returns the first one that has changed, with the
/// reason.
///
/// # Errors
///
/// [`ProviderError`] if the control plane does not answer.
pub async fn moved(plane: &dyn Reads, plan: &PrunePlan) -> Result<Option<Spared>, ProviderError> {
    let mut look = Look { plane, listed: None };
    for orphan in &plan.orphans {
        match look.again(orphan).await? {
            Now::Same { .. } | Now::Gone => {}
            Now::Otherwise { why, undetermined } => {
                return Ok(Some(Spared { product: orphan.product.clone(), why, undetermined }));
            }
        }
    }
    Ok(None)
}

/// Returns the versions of a plan's orphans and of their subscriptions, as far as they still exist.
///
/// # Errors
///
/// [`ProviderError`] if the control plane does not answer.
pub async fn prune_basis(plane: &dyn Reads, plan: &PrunePlan) -> Result<Basis, ProviderError> {
    let mut all = Vec::new();
    for orphan in &plan.orphans {
        let service = look_at_product(plane, &orphan.product).await?;
        if let Some(why) = gap(&service) {
            let product = orphan.product.name().to_owned();
            return Err(ProviderError::Undetermined(Failure::new(WithoutVersions { product, why })));
        }
        all.extend(versions(&service).into_iter().map(|(id, etag)| (id.lower_case().to_owned(), etag)));
    }
    Ok(all.into_iter().collect())
}

/// A product, or one of its subscriptions, whose version could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the versions of the product `{product}` and of its subscriptions could not be determined: {why}")]
struct WithoutVersions {
    product: String,
    why: String,
}

impl Diagnose for WithoutVersions {
    fn diagnosis(&self) -> Diagnosis {
        Diagnosis::new(ExitCode::Unavailable).hint("run the same command again")
    }
}

/// Returns why a version is missing from what was read of a product, if one is.
fn gap(service: &ServiceSeen) -> Option<String> {
    let unreadable = match &service.subscriptions {
        Ok(seen) => service.unreadable.iter().chain(&seen.unreadable).next(),
        Err(unread) => return Some(unread.to_string()),
    };
    unreadable.map(|part| part.reason.to_string())
}

/// The current state of an orphan.
enum Now {
    /// Unchanged, or the remainder after an interrupted run; with the versions of the resources to delete.
    Same {
        left: Orphan,
        versions: Vec<(ResourceId, ETag)>,
    },
    Gone,
    Otherwise {
        why: String,
        undetermined: bool,
    },
}

/// Deletes orphans.
struct Hand<'a> {
    plane: &'a dyn ControlPlane,
    look: Look<'a>,
}

/// Reads orphans again.
struct Look<'a> {
    plane: &'a dyn Reads,
    /// The sites, cached where no other client can change them during the run.
    listed: Option<Listed>,
}

impl Hand<'_> {
    async fn delete(&mut self, orphan: &Orphan) -> Fate {
        let (left, versions) = match self.look.again(orphan).await {
            Ok(Now::Same { left, versions }) => (left, versions),
            Ok(Now::Gone) => return Fate::Deleted { sent: Vec::new() },
            Ok(Now::Otherwise { why, undetermined }) => return Fate::Kept { why, undetermined },
            // A product that the caller may not read may be in use.
            Err(error @ ProviderError::NotAuthorized(_)) => {
                return Fate::Kept { why: error.to_string(), undetermined: true };
            }
            Err(error) => {
                let sent = orphan.steps.clone();
                return Fate::Failed { sent, done: 0, undetermined: false, error };
            }
        };
        for (done, planned) in left.steps.iter().enumerate() {
            tracing::info!(step = planned.step.action().as_str(), target = %planned.step.target(), "pruning");
            let Err(error) = self.take(planned, &versions).await else { continue };
            return if done == 0 && matches!(error, ProviderError::Conflict(_)) {
                Fate::Kept { why: error.to_string(), undetermined: false }
            } else {
                Fate::Failed { undetermined: !error.is_answered(), sent: left.steps, done, error }
            };
        }
        Fate::Deleted { sent: left.steps }
    }

    async fn take(
        &self,
        planned: &PlannedStep,
        versions: &[(ResourceId, ETag)],
    ) -> Result<(), ProviderError> {
        let target = match &planned.step {
            Step::DeleteSubscription { subscription } => &**subscription,
            Step::DeleteProduct { product } => &**product,
            // A saved plan is a file that may have been edited, so a step of another kind is rejected.
            Step::PutProduct { .. }
            | Step::PutSubscription { .. }
            | Step::PutPolicy { .. }
            | Step::AddApi { .. }
            | Step::RemoveApi { .. }
            | Step::Connect { .. }
            | Step::Disconnect { .. }
            | Step::SwapKeys { .. }
            | Step::ProveKey { .. }
            | Step::Settle { .. }
            | Step::RetireSecondary { .. } => {
                return Err(ProviderError::Conflict(planned.step.target().clone()));
            }
        };
        let version = versions.iter().find(|(id, _)| id == target).map(|(_, etag)| etag.clone());
        let version = version.ok_or_else(|| ProviderError::Conflict(target.clone()))?;
        self.plane.delete(target, Expected::Unchanged(version)).await
    }
}

impl Look<'_> {
    /// Reads the product, its subscriptions and its site again, and classifies the product again.
    async fn again(&mut self, planned: &Orphan) -> Result<Now, ProviderError> {
        let service = look_at_product(self.plane, &planned.product).await?;
        let Some(product) = service.products.first() else {
            return Ok(match service.unreadable.first() {
                Some(part) => Now::Otherwise { why: part.reason.to_string(), undetermined: true },
                None => Now::Gone,
            });
        };
        let mut wanted = Wanted::default();
        wanted.add(&product.value);
        let listed = self.sites_for(planned).await;
        let sites = look_at_sites(self.plane, &listed, &wanted).await;
        let audit = classify(&service, &sites);
        let judged = audit.products.first();
        let now = judged.and_then(orphan);
        let is_orphan = now.is_some();
        if let Some(left) = now.filter(|now| now.is_left_of(planned)) {
            return Ok(Now::Same { left, versions: versions(&service) });
        }
        let told = judged.and_then(|judged| judged.findings.first()).map(|finding| finding.message.clone());
        let why = told.filter(|_| !is_orphan);
        Ok(Now::Otherwise {
            why: why.unwrap_or_else(|| format!("`{}` has changed", planned.product.name())),
            undetermined: judged.is_some_and(|judged| matches!(judged.standing, Standing::Unknown(_))),
        })
    }

    /// Returns the site that the orphan was made for, or all sites if that site no longer exists.
    async fn sites_for(&mut self, planned: &Orphan) -> Listed {
        if self.plane.capabilities().transactions == Transactions::Whole {
            if self.listed.is_none() {
                self.listed = Some(list_sites(self.plane).await);
            }
            if let Some(listed) = &self.listed {
                return listed.clone();
            }
        }
        match &planned.site {
            Some(environment) => list_one(self.plane, &environment.site()).await,
            None => list_sites(self.plane).await,
        }
    }
}

fn versions(service: &ServiceSeen) -> Vec<(ResourceId, ETag)> {
    let products = service.products.iter().map(|seen| (ResourceId::clone(&seen.value.id), seen.etag.clone()));
    let subscriptions = service.subscriptions.iter().flat_map(|seen| &seen.all);
    products.chain(subscriptions.map(|seen| (ResourceId::clone(&seen.value.id), seen.etag.clone()))).collect()
}
