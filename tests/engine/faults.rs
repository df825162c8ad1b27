//! A control plane that fails at one change, in every way: what was acknowledged, and what the exit code says.

use std::{
    error::Error,
    fmt,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use swa_apim::{
    ambient::System,
    diagnosis::{Diagnose, Diagnosis, ExitCode},
    engine::{self, Existing, Intent, Leftovers, PlannedStep, StepListener},
    model::{ApimSubscriptionId, KeyPair, KeySlot, Resource, ResourceId},
    provider::{ETag, Expected, Failure, ProviderError, Writes},
};

use crate::{
    recipe::Recipe,
    through::{Meddler, Through},
    world::{Mortal, World},
};

/// What an own failure is.
#[derive(Debug)]
struct Lost;

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer was lost")
    }
}

impl Error for Lost {}

impl Diagnose for Lost {
    fn diagnosis(&self) -> Diagnosis {
        Diagnosis::new(ExitCode::Unavailable)
    }
}

/// How a change fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// With an answer.
    Conflict,
    Missing,
    Rejected,
    Denied,
    /// Without one, and it was not made.
    Unsent,
    /// Without one, and it was made.
    Lost,
}

const WAYS: [Way; 6] = [Way::Conflict, Way::Missing, Way::Rejected, Way::Denied, Way::Unsent, Way::Lost];

impl Way {
    fn error(self, id: &ResourceId) -> ProviderError {
        let id = id.clone();
        match self {
            Self::Conflict => ProviderError::Conflict(id),
            Self::Missing => ProviderError::NotFound(id),
            Self::Rejected => {
                ProviderError::Rejected { id, code: "X".to_owned(), message: String::new(), hint: None }
            }
            Self::Denied => ProviderError::NotAuthorized(Failure::new(Lost)),
            Self::Unsent | Self::Lost => ProviderError::Unavailable(Failure::new(Lost)),
        }
    }
}

/// A control plane whose change number `at` fails.
#[derive(Debug)]
struct Faulty {
    inner: Mortal,
    at: usize,
    way: Way,
    changes: AtomicUsize,
}

impl Faulty {
    /// Whether this change fails, and whether it is made all the same.
    fn fails(&self) -> bool {
        self.changes.fetch_add(1, Ordering::Relaxed) == self.at
    }
}

#[async_trait]
impl Meddler for Faulty {
    fn inner(&self) -> &dyn Writes {
        &self.inner
    }

    async fn put(&self, resource: Resource, expected: Expected) -> Result<ETag, ProviderError> {
        if !self.fails() {
            return self.inner.put(resource, expected).await;
        }
        let error = self.way.error(resource.id());
        if self.way == Way::Lost {
            self.inner.put(resource, expected).await?;
        }
        Err(error)
    }

    async fn delete(&self, id: &ResourceId, expected: Expected) -> Result<(), ProviderError> {
        if !self.fails() {
            return self.inner.delete(id, expected).await;
        }
        if self.way == Way::Lost {
            self.inner.delete(id, expected).await?;
        }
        Err(self.way.error(id))
    }

    async fn set_keys(
        &self,
        id: &ApimSubscriptionId,
        keys: KeyPair,
        expected: Expected,
    ) -> Result<ETag, ProviderError> {
        if !self.fails() {
            return self.inner.set_keys(id, keys, expected).await;
        }
        if self.way == Way::Lost {
            self.inner.set_keys(id, keys, expected).await?;
        }
        Err(self.way.error(id))
    }

    async fn regenerate(&self, id: &ApimSubscriptionId, slot: KeySlot) -> Result<(), ProviderError> {
        if !self.fails() {
            return self.inner.regenerate(id, slot).await;
        }
        if self.way == Way::Lost {
            self.inner.regenerate(id, slot).await?;
        }
        Err(self.way.error(id))
    }
}

/// The steps that were acknowledged.
#[derive(Default)]
struct Acknowledged(Mutex<Vec<usize>>);

impl StepListener for Acknowledged {
    fn starting(&self, _: usize, _: &PlannedStep) {}

    fn finished(&self, at: usize, _: &PlannedStep, _: Duration) {
        self.0.lock().unwrap().push(at);
    }
}

fn intents() -> [(Recipe, Intent); 3] {
    [
        (Recipe::nothing(), Intent::Link { existing: Existing::Keep }),
        (Recipe::linked(), Intent::Relink),
        (Recipe::linked(), Intent::Unlink { leftovers: Leftovers::Purge }),
    ]
}

#[tokio::test]
async fn after_an_acknowledged_step_the_exit_code_is_never_that_nothing_was_changed() {
    for (recipe, intent) in intents() {
        for way in WAYS {
            for at in 0..12 {
                let world = World::new(&recipe);
                let plan = world.plan(&intent).await.unwrap();
                let plane = Through(Faulty { inner: world.plane(), at, way, changes: AtomicUsize::new(0) });
                let heard = Acknowledged::default();
                let done = engine::apply(&plane, &System, &plan, None, &heard).await;
                let heard = heard.0.into_inner().unwrap();
                let what = format!("{intent:?}, change {at}, {way:?}");
                let Err(error) = done else {
                    assert_eq!(heard.len(), plan.steps.len(), "{what}");
                    continue;
                };
                assert_eq!(Some(heard.len()), error.failed_step(), "{what}: {error}");
                let unanswered = matches!(way, Way::Unsent | Way::Lost);
                assert_eq!(error.is_undetermined(), unanswered, "{what}: {error}");
                let exit = error.diagnosis().exit;
                if heard.is_empty() {
                    assert!(exit != ExitCode::Refused || !unanswered, "{what}: {exit:?}");
                } else {
                    assert_eq!(exit, ExitCode::Partial, "{what}");
                }
            }
        }
    }
}
