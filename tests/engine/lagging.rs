//! A control plane whose lists follow its changes with a delay.

use std::sync::Mutex;

use async_trait::async_trait;
use swa_apim::{
    ambient::System,
    engine::{self, ApplyError, LinkState},
    model::{LinkedBackendId, Resource, ResourceId},
    provider::{Collection, Expected, ProviderError, Reads as _, Versioned, Writes},
};

use crate::{
    recipe::Recipe,
    through::{Meddler, Through},
    world::{Mortal, PURGE, Silent, World},
};

/// A control plane that lists linked backends as they were before the first deletion, so many times.
#[derive(Debug)]
struct Lagging {
    inner: Mortal,
    old: Mutex<Option<Vec<Versioned<Resource>>>>,
    times: Mutex<usize>,
}

impl Lagging {
    fn of(inner: Mortal, times: usize) -> Self {
        Self { inner, old: Mutex::default(), times: Mutex::new(times) }
    }

    /// The old list, if it is still shown.
    fn stale(&self) -> Option<Vec<Versioned<Resource>>> {
        let old = self.old.lock().unwrap().clone()?;
        let mut times = self.times.lock().unwrap();
        *times = times.checked_sub(1)?;
        Some(old)
    }
}

#[async_trait]
impl Meddler for Lagging {
    fn inner(&self) -> &dyn Writes {
        &self.inner
    }

    async fn list(&self, collection: &Collection) -> Result<Vec<Versioned<Resource>>, ProviderError> {
        let stale = matches!(collection, Collection::LinkedBackends(_)).then(|| self.stale()).flatten();
        match stale {
            Some(old) => Ok(old),
            None => self.inner.list(collection).await,
        }
    }

    async fn delete(&self, id: &ResourceId, expected: Expected) -> Result<(), ProviderError> {
        if let Ok(backend) = LinkedBackendId::try_from(id.clone()) {
            let environment = backend.parent().unwrap().try_into().unwrap();
            let before = self.inner.list(&Collection::LinkedBackends(environment)).await?;
            self.old.lock().unwrap().get_or_insert(before);
        }
        self.inner.delete(id, expected).await
    }
}

async fn purge_where_a_deleted_backend_is_listed(world: &World, times: usize) -> Result<(), ApplyError> {
    let observed = world.observe().await;
    let plan = engine::plan(&observed, &PURGE).unwrap();
    let plane = Through(Lagging::of(world.plane(), times));
    engine::apply(&plane, &System, &plan, Some(observed), &Silent).await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn a_purge_waits_for_a_list_that_still_has_the_backend_that_it_deleted() {
    let world = World::new(&Recipe::linked());
    purge_where_a_deleted_backend_is_listed(&world, 5).await.unwrap();
    assert_eq!(world.verdict().await.state, LinkState::Unlinked);
}

#[tokio::test(start_paused = true)]
async fn a_backend_that_stays_in_the_list_keeps_its_product() {
    let world = World::new(&Recipe::linked());
    let outcome = purge_where_a_deleted_backend_is_listed(&world, usize::MAX).await;
    let Err(ApplyError::Step { done: 1, source: ProviderError::Conflict(_), .. }) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(world.verdict().await.state, LinkState::Leftover);
}
