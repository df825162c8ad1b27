//! A control plane that acknowledges each PUT of a linked backend, and does not finish each connection.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use swa_apim::{
    ambient::System,
    diagnosis::{Diagnose as _, ExitCode},
    engine::{self, ApplyError, Intent, StepAction},
    model::{LinkedBackendId, Resource, ResourceId},
    provider::{ETag, Expected, ProviderError, Reads as _, Versioned, Writes},
};

use crate::{
    recipe::Recipe,
    through::{Meddler, Through},
    world::{Mortal, Silent, World},
};

/// A control plane that shows the linked backend in a state from a certain PUT of it on.
#[derive(Debug)]
struct Unconnected {
    inner: Mortal,
    puts: AtomicUsize,
    from: usize,
    state: &'static str,
}

#[async_trait]
impl Meddler for Unconnected {
    fn inner(&self) -> &dyn Writes {
        &self.inner
    }

    async fn get(&self, id: &ResourceId) -> Result<Option<Versioned<Resource>>, ProviderError> {
        let found = self.inner.get(id).await?;
        if !id.is_a(LinkedBackendId::TYPE) || self.puts.load(Ordering::Relaxed) < self.from {
            return Ok(found);
        }
        Ok(found.map(|Versioned { value, etag }| {
            let mut body = serde_json::Value::Object(value.body().clone());
            body["properties"]["provisioningState"] = self.state.into();
            Versioned { value: Resource::from_value(body).unwrap(), etag }
        }))
    }

    async fn put(&self, resource: Resource, expected: Expected) -> Result<ETag, ProviderError> {
        if resource.id().is_a(LinkedBackendId::TYPE) {
            self.puts.fetch_add(1, Ordering::Relaxed);
        }
        self.inner.put(resource, expected).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_is_replaced_only_if_the_site_was_connected_before() {
    for state in ["Failed", "Canceled", "InProgress", "Hibernating"] {
        for (from, stops_at) in [(1, StepAction::SwapKeys), (2, StepAction::RetireSecondary)] {
            let world = World::new(&Recipe::linked());
            let observed = world.observe().await;
            let plan = engine::plan(&observed, &Intent::Relink).unwrap();
            let subscription = observed.subscription().unwrap().view.id.clone();
            let before = world.plane().keys(&subscription).await.unwrap().unwrap().value;
            let plane = Unconnected { inner: world.plane(), puts: AtomicUsize::new(0), from, state };
            let plane = Through(plane);
            let outcome = engine::apply(&plane, &System, &plan, Some(observed), &Silent).await;
            let Err(error @ ApplyError::Step { undetermined: false, .. }) = outcome else {
                panic!("{state}: {outcome:?}")
            };
            let ApplyError::Step { action, .. } = &error else { unreachable!() };
            assert_eq!(*action, stops_at, "{state}");
            assert_eq!(error.diagnosis().exit, ExitCode::Partial, "{state}");
            let after = world.plane().keys(&subscription).await.unwrap().unwrap().value;
            let live = before.primary.fingerprint();
            assert!(after.slot_of(&live).is_some(), "{state}: the key that the site may send is valid");
        }
    }
}
