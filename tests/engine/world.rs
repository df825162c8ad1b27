//! A control plane in a real file, whose every write is durable by itself, and which can die.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use swa_apim::{
    ambient::System,
    diagnosis::Selection,
    engine::{
        self, Adoption, ApplyError, Existing, Intent, Leftovers, Observed, Plan, PlannedStep, Previews,
        Propagation, Provisioner, Refusal, StepListener, Target, Verdict,
    },
    model::{
        ApimServiceId, ApimSubscriptionId, KeyPair, KeySlot, LinkedBackendId, Resource, ResourceId, SiteKey,
        StaticSiteId,
    },
    provider::{
        Collection, ETag, Expected, Gateways, Grants, ProviderError, Reads, Versioned, Writes,
        json::JsonControlPlane,
    },
};

use crate::recipe::{Recipe, service_id, site_id};

pub(crate) const LINK: Intent = Intent::Link { existing: Existing::Keep };
pub(crate) const REPLACE: Intent = Intent::Link { existing: Existing::Replace };
pub(crate) const UNLINK: Intent = Intent::Unlink { leftovers: Leftovers::Keep };
pub(crate) const PURGE: Intent = Intent::Unlink { leftovers: Leftovers::Purge };

/// A model file of its own, and the env that names the site and the service in it.
pub(crate) struct World {
    _folder: tempfile::TempDir,
    model: PathBuf,
    pub(crate) target: Target,
}

/// A control plane that commits every single write, and answers no more after some of them.
#[derive(Debug)]
pub(crate) struct Mortal {
    inner: JsonControlPlane,
    writes_left: AtomicUsize,
    written: AtomicUsize,
}

#[derive(Debug)]
pub(crate) enum Stopped {
    Refused(Refusal),
    Died(ApplyError),
}

pub(crate) struct Silent;

impl StepListener for Silent {
    fn starting(&self, _: usize, _: &PlannedStep) {}
}

impl World {
    pub(crate) fn new(recipe: &Recipe) -> Self {
        Self::of_document(&recipe.document(), &recipe.wanted)
    }

    pub(crate) fn of_document(document: &str, wanted: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("control-plane.json");
        let target = Target {
            env: "prod".to_owned(),
            site_environment: StaticSiteId::parse(&site_id()).unwrap().environment("default").unwrap(),
            service: ApimServiceId::parse(&service_id("apim")).unwrap(),
            apis: wanted.iter().map(|api| (*api).to_owned()).collect(),
            provisioner: Provisioner::Engine,
            propagation: Propagation::Immediate,
            previews: Previews::Refuse,
            adoption: Adoption::Refuse,
            selection: Selection::default().with("--env", "prod"),
        };
        JsonControlPlane::create(&model, document, Duration::ZERO, Arc::new(System)).unwrap();
        Self { _folder: folder, model, target }
    }

    /// The control plane, as another process would open it.
    pub(crate) fn plane(&self) -> Mortal {
        self.mortal(usize::MAX)
    }

    pub(crate) fn mortal(&self, writes: usize) -> Mortal {
        let inner = JsonControlPlane::open(&self.model, Duration::from_secs(5), Arc::new(System)).unwrap();
        Mortal { inner, writes_left: AtomicUsize::new(writes), written: AtomicUsize::new(0) }
    }

    pub(crate) async fn observe(&self) -> Observed {
        engine::observe(&self.plane(), &self.target).await.unwrap()
    }

    pub(crate) async fn verdict(&self) -> Verdict {
        Verdict::of(self.observe().await)
    }

    pub(crate) async fn plan(&self, intent: &Intent) -> Result<Plan, Refusal> {
        engine::plan(&self.observe().await, intent)
    }

    /// Plans and applies, on a control plane that dies after so many writes. Says how many there were.
    pub(crate) async fn run_dying(&self, intent: &Intent, writes: usize) -> Result<usize, Stopped> {
        let plan = self.plan(intent).await.map_err(Stopped::Refused)?;
        let plane = self.mortal(writes);
        engine::apply(&plane, &System, &plan, None, &Silent).await.map_err(Stopped::Died)?;
        Ok(plane.written.load(Ordering::Relaxed))
    }

    pub(crate) async fn run(&self, intent: &Intent) -> Result<usize, Stopped> {
        self.run_dying(intent, usize::MAX).await
    }

    pub(crate) fn snapshot(&self) -> Vec<Resource> {
        self.plane().inner.resources().unwrap()
    }
}

impl Mortal {
    /// Lets one more write through, or dies.
    async fn begin_write(&self, id: &ResourceId) -> Result<(), ProviderError> {
        let live =
            self.writes_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if live.is_err() {
            return Err(ProviderError::NotFound(id.clone()));
        }
        self.written.fetch_add(1, Ordering::Relaxed);
        self.inner.begin().await
    }
}

#[async_trait]
impl Reads for Mortal {
    async fn get(&self, id: &ResourceId) -> Result<Option<Versioned<Resource>>, ProviderError> {
        self.inner.get(id).await
    }

    async fn list(&self, collection: &Collection) -> Result<Vec<Versioned<Resource>>, ProviderError> {
        self.inner.list(collection).await
    }

    async fn keys(&self, id: &ApimSubscriptionId) -> Result<Option<Versioned<KeyPair>>, ProviderError> {
        self.inner.keys(id).await
    }

    async fn site_key(&self, id: &LinkedBackendId) -> Result<SiteKey, ProviderError> {
        self.inner.site_key(id).await
    }
}

#[async_trait]
impl Writes for Mortal {
    async fn put(&self, resource: Resource, expected: Expected) -> Result<ETag, ProviderError> {
        self.begin_write(resource.id()).await?;
        let outcome = self.inner.put(resource, expected).await;
        self.inner.commit().await?;
        outcome
    }

    async fn delete(&self, id: &ResourceId, expected: Expected) -> Result<(), ProviderError> {
        self.begin_write(id).await?;
        let outcome = self.inner.delete(id, expected).await;
        self.inner.commit().await?;
        outcome
    }

    async fn set_keys(
        &self,
        id: &ApimSubscriptionId,
        keys: KeyPair,
        expected: Expected,
    ) -> Result<ETag, ProviderError> {
        self.begin_write(id).await?;
        let outcome = self.inner.set_keys(id, keys, expected).await;
        self.inner.commit().await?;
        outcome
    }

    async fn regenerate(&self, id: &ApimSubscriptionId, slot: KeySlot) -> Result<(), ProviderError> {
        self.begin_write(id).await?;
        let outcome = self.inner.regenerate(id, slot).await;
        self.inner.commit().await?;
        outcome
    }
}

impl Gateways for Mortal {}

impl Grants for Mortal {}
