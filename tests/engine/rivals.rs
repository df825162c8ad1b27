//! Another rotation that comes between the comparison of a key and its retirement.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use swa_apim::{
    ambient::System,
    engine::{self, Intent},
    model::{ApimSubscriptionId, Key, KeyPair, KeySlot, SiteKey},
    provider::{ETag, Expected, ProviderError, Reads as _, Writes},
};

use crate::{
    recipe::Recipe,
    through::{Meddler, Through},
    world::{Mortal, Silent, World},
};

/// A control plane whose keys another client swaps at the last moment before one of them is retired.
#[derive(Debug)]
struct Rival {
    inner: Mortal,
    has_swapped: AtomicBool,
}

impl Rival {
    async fn swap(&self, id: &ApimSubscriptionId) -> Result<(), ProviderError> {
        if !self.has_swapped.swap(true, Ordering::Relaxed) {
            let now = self.inner.keys(id).await?.unwrap();
            let fresh = Key::new("7".repeat(32)).unwrap();
            let keys = KeyPair { primary: fresh, secondary: now.value.primary };
            self.inner.set_keys(id, keys, Expected::Unchanged(now.etag)).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Meddler for Rival {
    fn inner(&self) -> &dyn Writes {
        &self.inner
    }

    async fn set_keys(
        &self,
        id: &ApimSubscriptionId,
        keys: KeyPair,
        expected: Expected,
    ) -> Result<ETag, ProviderError> {
        let now = self.inner.keys(id).await?.unwrap();
        // Only a retirement keeps the primary key.
        if keys.primary == now.value.primary {
            self.swap(id).await?;
        }
        self.inner.set_keys(id, keys, expected).await
    }

    async fn regenerate(&self, id: &ApimSubscriptionId, slot: KeySlot) -> Result<(), ProviderError> {
        self.swap(id).await?;
        self.inner.regenerate(id, slot).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_another_rotation_has_just_put_into_the_secondary_slot_stays_valid() {
    let world = World::new(&Recipe::linked());
    let observed = world.observe().await;
    let plan = engine::plan(&observed, &Intent::Relink).unwrap();
    let (subscription, backend) =
        (observed.subscription().unwrap().view.id.clone(), observed.own_backend().unwrap().view.id.clone());
    let plane = Through(Rival { inner: world.plane(), has_swapped: AtomicBool::new(false) });
    let outcome = engine::apply(&plane, &System, &plan, Some(observed), &Silent).await;
    assert!(outcome.is_ok(), "the swap has ended the old key: {outcome:?}");
    assert!(plane.0.has_swapped.load(Ordering::Relaxed));
    let keys = world.plane().keys(&subscription).await.unwrap().unwrap().value;
    let sent = world.plane().site_key(&backend).await.unwrap();
    let SiteKey::Held(sent) = sent else { panic!("{sent:?}") };
    assert_eq!(keys.slot_of(&sent), Some(KeySlot::Secondary));
}
