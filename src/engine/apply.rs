//! [`Plan`] → effects, one conditional step at a time.
#![warn(clippy::arithmetic_side_effects)]

mod error;

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use tokio::time::{Instant, sleep};

pub use self::error::{ApplyError, Movement};
use super::{
    Basis, ChangeKind, KeyFingerprints, Observed, Plan, PlannedStep, Propagation, Step, gateway, observe,
};
use crate::{
    ambient::Ambient,
    model::{
        ApimPolicy, ApimSubscription, ApimSubscriptionId, Fingerprint, Key, KeyPair, KeySlot, LinkNames,
        LinkedBackend, Product, ProductApiId, Resource, ResourceId,
    },
    provider::{Collection, ControlPlane, ETag, Expected, ProviderError, Versioned},
};

/// How long a list may still show a linked backend that this plan has deleted. Azure's lists follow its changes
/// with a delay that is not documented.
const STILL_LISTED: Duration = Duration::from_secs(30);
/// How long to wait before such a list is read again.
const LIST_AGAIN: Duration = Duration::from_secs(1);

/// What was done.
#[derive(Clone, Debug)]
pub struct Applied {
    /// How long each step took.
    pub took: Vec<Duration>,
    /// The keys that the link's subscription had before.
    pub keys_before: Option<KeyFingerprints>,
}

/// Is told how far a plan has come.
pub trait StepListener: Send + Sync {
    /// The step at this place is about to be taken.
    fn starting(&self, at: usize, step: &PlannedStep);

    /// The control plane has acknowledged the step at this place.
    fn finished(&self, at: usize, step: &PlannedStep, took: Duration) {
        let _ = (at, step, took);
    }
}

/// Takes the steps of a plan, each on the condition that its target is as the plan saw it.
///
/// `seen` is what the plan was made from, if that was just now and what has changed since would be noticed
/// step by step; without it, everything is read anew and compared with what the plan was made from.
///
/// # Errors
///
/// [`ApplyError::Moved`] if what the plan was made from has changed; nothing is done then.
/// [`ApplyError::Step`] if a step fails. The link works as well as before, and planning anew finds
/// what is left to do.
pub async fn apply(
    plane: &dyn ControlPlane,
    ambient: &dyn Ambient,
    plan: &Plan,
    seen: Option<Observed>,
    listener: &dyn StepListener,
) -> Result<Applied, ApplyError> {
    let observed = match seen {
        Some(seen) => seen,
        None => Box::pin(observe(plane, &plan.target)).await.map_err(ApplyError::Observe)?,
    };
    let basis = observed.basis();
    if let Some(moved) = ApplyError::movement(plan, &observed) {
        return Err(moved);
    }
    let keys_before = observed.keys.clone();
    let waits = plan.target.propagation != Propagation::Immediate;
    let live = keys_before.as_ref().filter(|_| waits && plan.rotates()).map(|keys| keys.primary.clone());
    let etags = etags_of(&basis);
    let deleted = HashSet::new();
    let mut hand = Hand { plane, ambient, observed, etags, deleted, live, rotated: false, sent: false };
    let first_deletion = plan.steps.iter().position(|planned| planned.step.deletes_leftovers());
    let mut took = Vec::with_capacity(plan.steps.len());
    let mut changed = false;
    for (done, planned) in plan.steps.iter().enumerate() {
        listener.starting(done, planned);
        let action = planned.step.action();
        tracing::info!(step = %action, target = %planned.step.target(), "applying");
        let since = Instant::now();
        hand.sent = false;
        let unused = if first_deletion == Some(done) { Box::pin(hand.check_unused()).await } else { Ok(()) };
        let outcome = match unused {
            Ok(()) => Box::pin(hand.take(&planned.step)).await,
            Err(error) => Err(error),
        };
        if let Err(source) = outcome {
            let undetermined = hand.sent && !source.is_answered();
            let (of, action) = (plan.steps.len(), action);
            return Err(ApplyError::Step { done, of, action, changed, undetermined, source });
        }
        changed |= planned.kind != ChangeKind::Wait;
        took.push(since.elapsed());
        listener.finished(done, planned, since.elapsed());
    }
    Ok(Applied { took, keys_before })
}

fn etags_of(basis: &Basis) -> HashMap<String, ETag> {
    basis.versions().map(|(id, etag)| (id.to_owned(), etag.clone())).collect()
}

/// What takes the steps, and keeps in mind the versions that its own steps make.
struct Hand<'a> {
    plane: &'a dyn ControlPlane,
    ambient: &'a dyn Ambient,
    observed: Observed,
    etags: HashMap<String, ETag>,
    /// The resources that its own steps have deleted, by the keys of their ids.
    deleted: HashSet<String>,
    /// The key that the site is to take when it is connected next, where others may change it in between.
    live: Option<Fingerprint>,
    /// Whether the control plane replaced the keys by itself when the site was connected.
    rotated: bool,
    /// Whether the step at hand has sent a change.
    sent: bool,
}

impl Hand<'_> {
    /// The control plane, to change something there.
    fn change(&mut self) -> &dyn ControlPlane {
        self.sent = true;
        self.plane
    }

    async fn take(&mut self, step: &Step) -> Result<(), ProviderError> {
        match step {
            Step::PutProduct { product } => {
                let existing = self.observed.product.as_ref().map(|seen| &seen.resource);
                let desired = Product::desired(product, &self.names(product)?, existing);
                self.put(desired).await
            }
            Step::PutSubscription { subscription, product } => {
                let existing = self.observed.subscriptions.iter().find(|seen| seen.view.id == *subscription);
                let existing = existing.map(|seen| &seen.resource);
                let names = self.names(subscription)?;
                self.put(ApimSubscription::desired(subscription, product, &names, existing)).await
            }
            Step::PutPolicy { policy } => {
                let service = self.observed.service.as_ref();
                let gateway = service.map(|seen| seen.view.gateway()).unwrap_or_default();
                let names = self.names(policy)?;
                let desired = match &self.observed.policy {
                    Some(existing) => existing.view.repaired(&names, gateway),
                    None => ApimPolicy::desired(policy, &names, gateway.host),
                };
                self.put(desired).await
            }
            Step::AddApi { api } => self.add_api(api).await,
            Step::RemoveApi { api } => self.remove_api(api).await,
            Step::Connect { .. } | Step::ProveKey { .. } | Step::Settle { .. } if self.rotated => Ok(()),
            Step::Connect { backend, service } => {
                self.check_live_key().await?;
                self.put(LinkedBackend::desired(backend, service)).await
            }
            Step::ProveKey { subscription, grace } => {
                let keys = self.plane.keys(subscription).await?;
                let keys = keys.ok_or_else(|| ProviderError::NotFound((**subscription).clone()))?;
                let primary = &keys.value.primary;
                gateway::prove(self.plane, self.ambient, &self.observed, primary, *grace).await
            }
            Step::Settle { grace, .. } => {
                sleep(grace.duration()).await;
                Ok(())
            }
            Step::Disconnect { backend, .. } => self.delete(backend).await,
            Step::DeleteSubscription { subscription } => self.delete(subscription).await,
            Step::DeleteProduct { product } => self.delete(product).await,
            Step::SwapKeys { subscription, live } => self.swap_keys(subscription, live.as_ref()).await,
            Step::RetireSecondary { subscription, retiring } => self.retire(subscription, retiring).await,
        }
    }

    fn names(&self, wanted_for: &ResourceId) -> Result<LinkNames, ProviderError> {
        self.observed.names.clone().ok_or_else(|| ProviderError::NotFound(wanted_for.clone()))
    }

    fn expected(&self, id: &ResourceId) -> Expected {
        self.etags.get(id.key()).cloned().map_or(Expected::Absent, Expected::Unchanged)
    }

    async fn put(&mut self, desired: Resource) -> Result<(), ProviderError> {
        let id = desired.id().clone();
        let expected = self.expected(&id);
        let etag = self.change().put(desired, expected).await?;
        self.etags.insert(id.key().to_owned(), etag);
        Ok(())
    }

    async fn delete(&mut self, id: &ResourceId) -> Result<(), ProviderError> {
        // What was not there when the plan was made is not deleted if it is there now.
        let expected = self.expected(id);
        self.change().delete(id, expected).await?;
        self.etags.remove(id.key());
        self.deleted.insert(id.key().to_owned());
        Ok(())
    }

    async fn add_api(&mut self, api: &ProductApiId) -> Result<(), ProviderError> {
        let place = Resource::new((**api).clone(), serde_json::Map::new());
        self.change().put(place, Expected::Absent).await.map(|_| ())
    }

    /// A list shows the APIs and no version of their places in the product, so that is read now.
    async fn remove_api(&mut self, api: &ProductApiId) -> Result<(), ProviderError> {
        match self.plane.get(api).await? {
            Some(place) => self.change().delete(api, Expected::Unchanged(place.etag)).await,
            None => Ok(()),
        }
    }

    /// Looks again at who uses the product, right before the first part of it is deleted: a site may have been
    /// linked to it since the plan was made, or a consumer may have subscribed.
    async fn check_unused(&self) -> Result<(), ProviderError> {
        let target = &self.observed.target;
        let product = self.names(&target.service)?.product(&target.service)?;
        let subscriptions = Collection::ProductSubscriptions(product);
        let (linked, subscriptions) = tokio::try_join!(self.linked_again(), self.plane.list(&subscriptions))?;
        if let Some(found) = linked {
            return Err(ProviderError::Conflict(found.value.id().clone()));
        }
        let known = |id: &ResourceId| self.observed.subscriptions.iter().any(|seen| seen.resource.id() == id);
        match subscriptions.iter().find(|found| !known(found.value.id())) {
            Some(new) => Err(ProviderError::Conflict(new.value.id().clone())),
            None => Ok(()),
        }
    }

    /// A linked backend of the site environment that names the service. One that this plan has deleted may be listed
    /// for a while; if that does not end, the site may have been linked again under the same name.
    async fn linked_again(&self) -> Result<Option<Versioned<Resource>>, ProviderError> {
        let target = &self.observed.target;
        let collection = Collection::LinkedBackends(target.site_environment.clone());
        let since = Instant::now();
        loop {
            let mut again = None;
            for found in self.plane.list(&collection).await? {
                if LinkedBackend::read(&found.value)?.backend == *target.service {
                    again = Some(found);
                }
            }
            let is_deleted = |found: &Versioned<Resource>| self.deleted.contains(found.value.id().key());
            if !again.as_ref().is_some_and(is_deleted) || since.elapsed() >= STILL_LISTED {
                return Ok(again);
            }
            tracing::debug!("the linked backend that was deleted is still listed");
            sleep(LIST_AGAIN).await;
        }
    }

    /// The site takes whatever the primary key is by then, so it must be the one that was proven.
    async fn check_live_key(&self) -> Result<(), ProviderError> {
        let (Some(live), Some(subscription)) = (&self.live, self.observed.subscription()) else {
            return Ok(());
        };
        let id = &subscription.view.id;
        match self.plane.keys(id).await? {
            Some(keys) if keys.value.primary.fingerprint() == *live => Ok(()),
            Some(_) | None => Err(ProviderError::Conflict((**id).clone())),
        }
    }

    /// The fresh key goes in and the live one moves aside in one conditional update: of two rotations
    /// at once, one is told that the subscription has changed.
    async fn swap_keys(
        &mut self,
        id: &ApimSubscriptionId,
        live: Option<&Fingerprint>,
    ) -> Result<(), ProviderError> {
        let current = self.plane.keys(id).await?;
        let fresh = || Key::from_uuid(self.ambient.unguessable());
        let (keys, expected) = match (current, live) {
            (Some(current), Some(live)) if current.value.primary.fingerprint() == *live => {
                let keys = KeyPair { primary: fresh(), secondary: current.value.primary };
                (keys, Expected::Unchanged(current.etag))
            }
            (Some(current), Some(live)) if self.replaced_by_connecting(&current.value, live) => {
                tracing::info!(subscription = %id, "connecting the site has replaced the keys");
                self.rotated = true;
                return Ok(());
            }
            (None, None) => (KeyPair { primary: fresh(), secondary: fresh() }, self.expected(id)),
            (Some(_) | None, Some(_)) | (Some(_), None) => {
                return Err(ProviderError::Conflict((**id).clone()));
            }
        };
        if self.live.is_some() {
            self.live = Some(keys.primary.fingerprint());
        }
        let etag = self.change().set_keys(id, keys, expected).await?;
        self.etags.insert(id.key().to_owned(), etag);
        Ok(())
    }

    /// Whether a resource provider has put in fresh keys of its own. Another rotation by this program, at
    /// the same time, would have kept the live key as the secondary one.
    fn replaced_by_connecting(&self, now: &KeyPair, live: &Fingerprint) -> bool {
        self.live.is_some() && now.slot_of(live).is_none()
    }

    /// Never blindly: the key in the slot has to be the one that the plan wants gone.
    async fn retire(&mut self, id: &ApimSubscriptionId, retiring: &Fingerprint) -> Result<(), ProviderError> {
        match self.slot_of(id, retiring).await? {
            Some(KeySlot::Secondary) => {}
            Some(KeySlot::Primary) => return Err(ProviderError::Conflict((**id).clone())),
            None => return Ok(()),
        }
        let Err(error) = self.change().regenerate(id, KeySlot::Secondary).await else { return Ok(()) };
        // The answer may have been lost, and not the request.
        match self.slot_of(id, retiring).await {
            Ok(None) => Ok(()),
            Ok(Some(_)) | Err(_) => Err(error),
        }
    }

    async fn slot_of(
        &self,
        id: &ApimSubscriptionId,
        fingerprint: &Fingerprint,
    ) -> Result<Option<KeySlot>, ProviderError> {
        // A subscription that is gone in the middle of a rotation was deleted by another writer.
        let keys = self.plane.keys(id).await?.ok_or_else(|| ProviderError::Conflict((**id).clone()))?;
        Ok(keys.value.slot_of(fingerprint))
    }
}
