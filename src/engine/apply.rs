//! Applies a [`Plan`], one conditional step at a time.
#![warn(clippy::arithmetic_side_effects)]

mod connected;
mod error;

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use tokio::time::{Instant, sleep};

pub use self::error::{ApplyError, Moved, Movement};
use super::{
    Basis, ChangeKind, KeyFingerprints, Observed, Plan, PlannedStep, Propagation, Step, gateway, observe,
};
use crate::{
    ambient::Ambient,
    model::{
        ApimPolicy, ApimSubscription, ApimSubscriptionId, Fingerprint, Key, KeyPair, KeySlot, LinkNames,
        LinkedBackend, LinkedBackendId, Product, ProductApiId, Resource, ResourceId,
    },
    provider::{Collection, ControlPlane, ETag, Expected, ProviderError, Versioned},
};

/// How long a list may still contain a linked backend that this plan has deleted. Azure's lists follow changes with a
/// delay that is not documented.
const STILL_LISTED: Duration = Duration::from_secs(30);
/// The pause between two reads of such a list.
const LIST_AGAIN: Duration = Duration::from_secs(1);
/// How often the retirement of a key is tried while other clients change its subscription.
const RETIREMENTS: usize = 5;

/// The result of a plan that was applied to its end.
#[derive(Clone, Debug)]
pub struct Applied {
    /// How long each step took.
    pub took: Vec<Duration>,
    /// The keys that the link's subscription had before the plan was applied.
    pub keys_before: Option<KeyFingerprints>,
}

/// Receives the progress of a plan.
pub trait StepListener: Send + Sync {
    /// Called before the step with the index `at` is applied.
    fn starting(&self, at: usize, step: &PlannedStep);

    /// Called after the control plane has acknowledged the step with the index `at`.
    fn finished(&self, at: usize, step: &PlannedStep, took: Duration) {
        let _ = (at, step, took);
    }
}

/// Applies the steps of a plan, each on the condition that its target is as the plan saw it.
///
/// `seen` is the observation that the plan was made from. Pass it only if it is recent and the steps detect later
/// changes themselves. Without it, everything is read again and compared with the plan's basis.
///
/// # Errors
///
/// [`ApplyError::Moved`] if a resource that the plan was made from has changed; then nothing is applied.
/// [`ApplyError::Step`] if a step fails. The link works as well as before, and a new plan contains the remaining steps.
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
    let connected = None;
    let mut hand =
        Hand { plane, ambient, observed, etags, deleted, live, connected, rotated: false, sent: false };
    let first_deletion = plan.steps.iter().position(|planned| planned.step.deletes_leftovers());
    let mut took = Vec::with_capacity(plan.steps.len());
    let mut changed = false;
    for (done, planned) in plan.steps.iter().enumerate() {
        listener.starting(done, planned);
        let action = planned.step.action();
        tracing::info!(step = action.as_str(), target = %planned.step.target(), "applying");
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

/// Applies the steps and records the versions that they create.
struct Hand<'a> {
    plane: &'a dyn ControlPlane,
    ambient: &'a dyn Ambient,
    observed: Observed,
    etags: HashMap<String, ETag>,
    /// The resources that these steps have deleted, by the keys of their ids.
    deleted: HashSet<String>,
    /// The key that the site must copy at the next connect, where other clients may change it in between.
    live: Option<Fingerprint>,
    /// The linked backend that these steps have put: the site has taken a key only if Azure has finished with it.
    connected: Option<LinkedBackendId>,
    /// Whether the control plane replaced the keys itself when the site was connected.
    rotated: bool,
    /// Whether the current step has sent a change.
    sent: bool,
}

impl Hand<'_> {
    /// Returns the control plane for a change, and records that a change was sent.
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
                self.put(LinkedBackend::desired(backend, service)).await?;
                self.connected = Some(backend.clone());
                Ok(())
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
            Step::SwapKeys { subscription, live } => {
                self.check_connected().await?;
                self.swap_keys(subscription, live.as_ref()).await
            }
            Step::RetireSecondary { subscription, retiring } => {
                self.check_connected().await?;
                self.retire(subscription, retiring).await
            }
        }
    }

    fn names(&self, wanted_for: &ResourceId) -> Result<LinkNames, ProviderError> {
        self.observed.names.clone().ok_or_else(|| ProviderError::NotFound(wanted_for.clone()))
    }

    fn expected(&self, id: &ResourceId) -> Expected {
        self.etags.get(id.lower_case()).cloned().map_or(Expected::Absent, Expected::Unchanged)
    }

    async fn put(&mut self, desired: Resource) -> Result<(), ProviderError> {
        let id = desired.id().clone();
        let expected = self.expected(&id);
        let etag = self.change().put(desired, expected).await?;
        self.etags.insert(id.lower_case().to_owned(), etag);
        Ok(())
    }

    async fn delete(&mut self, id: &ResourceId) -> Result<(), ProviderError> {
        // A resource that did not exist when the plan was made is not deleted if it exists now.
        let expected = self.expected(id);
        self.change().delete(id, expected).await?;
        self.etags.remove(id.lower_case());
        self.deleted.insert(id.lower_case().to_owned());
        Ok(())
    }

    async fn add_api(&mut self, api: &ProductApiId) -> Result<(), ProviderError> {
        let place = Resource::new((**api).clone(), serde_json::Map::new());
        self.change().put(place, Expected::Absent).await.map(|_| ())
    }

    /// Removes an API from the product. A list returns the APIs without the versions of their membership in the
    /// product, so the membership is read now.
    async fn remove_api(&mut self, api: &ProductApiId) -> Result<(), ProviderError> {
        match self.plane.get(api).await? {
            Some(place) => self.change().delete(api, Expected::Unchanged(place.etag)).await,
            None => Ok(()),
        }
    }

    /// Checks again who uses the product, immediately before its first part is deleted: since the plan was made, a site
    /// may have been linked to it, or a consumer may have subscribed.
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

    /// Returns the linked backend of the site environment that names the service, if there is one. A backend that this
    /// plan has deleted may be listed for a while; if it is still listed after that, the site may have been linked
    /// again under the same name.
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
            let is_deleted =
                |found: &Versioned<Resource>| self.deleted.contains(found.value.id().lower_case());
            if !again.as_ref().is_some_and(is_deleted) || since.elapsed() >= STILL_LISTED {
                return Ok(again);
            }
            tracing::debug!("the linked backend that was deleted is still listed");
            sleep(LIST_AGAIN).await;
        }
    }

    /// Checks that the primary key is still the one that was verified, since the site copies the current primary key.
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

    /// Moves the live key to the secondary slot and stores a new primary key in one conditional update: of two
    /// concurrent rotations, one fails with a conflict.
    async fn swap_keys(
        &mut self,
        id: &ApimSubscriptionId,
        live: Option<&Fingerprint>,
    ) -> Result<(), ProviderError> {
        let current = self.plane.keys(id).await?;
        let (keys, expected) = match (current, live) {
            (Some(current), Some(live)) if current.value.primary.fingerprint() == *live => {
                let keys = KeyPair { primary: self.fresh_key(), secondary: current.value.primary };
                (keys, Expected::Unchanged(current.etag))
            }
            (Some(current), Some(live)) if self.replaced_by_connecting(&current.value, live) => {
                tracing::info!(subscription = %id, "connecting the site has replaced the keys");
                self.rotated = true;
                return Ok(());
            }
            (None, None) => {
                let keys = KeyPair { primary: self.fresh_key(), secondary: self.fresh_key() };
                (keys, self.expected(id))
            }
            (Some(_) | None, Some(_)) | (Some(_), None) => {
                return Err(ProviderError::Conflict((**id).clone()));
            }
        };
        if self.live.is_some() {
            self.live = Some(keys.primary.fingerprint());
        }
        let etag = self.change().set_keys(id, keys, expected).await?;
        self.etags.insert(id.lower_case().to_owned(), etag);
        Ok(())
    }

    /// Whether a resource provider has replaced both keys. A concurrent rotation by this program would have kept the
    /// live key as the secondary key.
    fn replaced_by_connecting(&self, now: &KeyPair, live: &Fingerprint) -> bool {
        self.live.is_some() && now.slot_of(live).is_none()
    }

    /// Replaces the secondary key by a new one, but only if it is still the key that the plan retires. The update is
    /// conditional, because another rotation may move the key that its site sends into the same slot at any moment.
    async fn retire(&mut self, id: &ApimSubscriptionId, retiring: &Fingerprint) -> Result<(), ProviderError> {
        let mut refused = ProviderError::Conflict((**id).clone());
        for _ in 0..RETIREMENTS {
            let Versioned { value: keys, etag } = self.keys(id).await?;
            match keys.slot_of(retiring) {
                Some(KeySlot::Secondary) => {}
                Some(KeySlot::Primary) => return Err(ProviderError::Conflict((**id).clone())),
                None => return Ok(()),
            }
            let keys = KeyPair { primary: keys.primary, secondary: self.fresh_key() };
            match self.change().set_keys(id, keys, Expected::Unchanged(etag)).await {
                Ok(etag) => {
                    self.etags.insert(id.lower_case().to_owned(), etag);
                    return Ok(());
                }
                Err(error @ ProviderError::Conflict(_)) => refused = error,
                // The request may have succeeded although its answer was lost.
                Err(error) => {
                    let keys = self.keys(id).await.ok();
                    let is_gone = keys.is_some_and(|keys| keys.value.slot_of(retiring).is_none());
                    return if is_gone { Ok(()) } else { Err(error) };
                }
            }
        }
        Err(refused)
    }

    fn fresh_key(&self) -> Key {
        Key::from_uuid(self.ambient.unguessable())
    }

    async fn keys(&self, id: &ApimSubscriptionId) -> Result<Versioned<KeyPair>, ProviderError> {
        // A subscription that is missing during a rotation was deleted by another client.
        self.plane.keys(id).await?.ok_or_else(|| ProviderError::Conflict((**id).clone()))
    }
}
