//! The implementations that the suite is about, and what their nature lets them tell.

use std::{fmt, path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use swa_apim::{
    ambient::System,
    model::{ApimSubscriptionId, Key, KeyPair, KeySlot, LinkedBackendId, Resource, ResourceId, SiteKey},
    provider::{
        Collection, ControlPlane, ETag, Expected, Gateways, Grants, ProviderError, Reads, Versioned, Writes,
        arm::{ArmControlPlane, ArmOptions, Budget, Connections, Endpoint, Wait},
        json::JsonControlPlane,
    },
};

use crate::{
    azure::{FakeAzure, Options, Spelling, TOKEN},
    reference::Reference,
    world::{Counting, create},
};

/// Whether a control plane tells what is known of the key that a site holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SiteKeys {
    Told,
    /// Azure tells nobody, and its versions do not depend on it.
    Hidden,
}

/// Whether a control plane refuses a second one of what there can be only one of, as if it were a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absences {
    Checked,
    /// Azure itself refuses another linked backend, and takes the same one again.
    LeftToAzure,
}

/// An implementation, empty and in a transaction.
pub(crate) struct Candidate {
    plane: Box<dyn ControlPlane>,
    /// What is behind it, if that is Azure.
    azure: Option<FakeAzure>,
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.plane.fmt(f)
    }
}

impl Candidate {
    /// Every implementation.
    pub(crate) async fn all(folder: &Path) -> Vec<Self> {
        let on_disk = create(&folder.join("model.json"));
        on_disk.begin().await.unwrap();
        let in_memory = JsonControlPlane::in_memory(Arc::new(Counting::default()));
        let reference = Reference::new(Arc::new(Counting::default()));
        let own = [Box::new(on_disk) as Box<dyn ControlPlane>, Box::new(in_memory), Box::new(reference)];
        let own = own.into_iter().map(|plane| Self { plane, azure: None });
        own.chain([Self::over_http()]).collect()
    }

    /// Azure Resource Manager, where nothing but what is asked for is provisioned.
    fn over_http() -> Self {
        let azure = azure();
        Self { plane: Box::new(at(&azure)), azure: Some(azure) }
    }

    pub(crate) fn site_keys(&self) -> SiteKeys {
        if self.azure.is_some() { SiteKeys::Hidden } else { SiteKeys::Told }
    }

    pub(crate) fn absences(&self) -> Absences {
        if self.azure.is_some() { Absences::LeftToAzure } else { Absences::Checked }
    }

    /// When whatever is made is made.
    pub(crate) fn created_on(&self) -> &'static str {
        if self.azure.is_some() { "2024-06-19T09:03:33.9094607Z" } else { "1970-01-01T00:00:00.0000000Z" }
    }
}

/// An Azure that provisions nothing by itself.
pub(crate) fn azure() -> FakeAzure {
    FakeAzure::start(Options { provisions: false, spelling: Spelling::AsPut, ..Options::default() })
}

/// A control plane over HTTP at an Azure. It paces itself, so what sends many requests takes a new one at times.
pub(crate) fn at(azure: &FakeAzure) -> ArmControlPlane {
    let options = ArmOptions {
        endpoint: Endpoint::public().at(&azure.endpoint()).unwrap(),
        variables: |name| (name == "SWA_APIM_ACCESS_TOKEN").then(|| TOKEN.to_owned()),
        ambient: Arc::new(System),
        limit: Duration::from_secs(600),
        budget: Budget::default(),
        wait: Wait::UntilDone,
        azure_subscription: None,
        transport: None,
        connections: Connections::default(),
    };
    ArmControlPlane::new(options).unwrap()
}

type Answer<T> = Result<T, ProviderError>;

#[async_trait]
impl Reads for Candidate {
    async fn get(&self, id: &ResourceId) -> Answer<Option<Versioned<Resource>>> {
        self.plane.get(id).await
    }

    async fn list(&self, collection: &Collection) -> Answer<Vec<Versioned<Resource>>> {
        self.plane.list(collection).await
    }

    async fn keys(&self, id: &ApimSubscriptionId) -> Answer<Option<Versioned<KeyPair>>> {
        self.plane.keys(id).await
    }

    /// Which key a site holds. Where the control plane does not tell, whoever is behind it does.
    async fn site_key(&self, id: &LinkedBackendId) -> Answer<SiteKey> {
        let told = self.plane.site_key(id).await?;
        let Some(azure) = &self.azure else { return Ok(told) };
        assert_eq!(told, SiteKey::Hidden, "nobody but Azure knows");
        let held = azure.state().site_key();
        Ok(held.map_or(SiteKey::Absent, |key| SiteKey::Held(Key::new(key).unwrap().fingerprint())))
    }
}

#[async_trait]
impl Writes for Candidate {
    async fn put(&self, resource: Resource, expected: Expected) -> Answer<ETag> {
        self.plane.put(resource, expected).await
    }

    async fn delete(&self, id: &ResourceId, expected: Expected) -> Answer<()> {
        self.plane.delete(id, expected).await
    }

    async fn set_keys(&self, id: &ApimSubscriptionId, keys: KeyPair, expected: Expected) -> Answer<ETag> {
        self.plane.set_keys(id, keys, expected).await
    }

    async fn regenerate(&self, id: &ApimSubscriptionId, slot: KeySlot) -> Answer<()> {
        self.plane.regenerate(id, slot).await
    }
}

impl Gateways for Candidate {}

impl Grants for Candidate {}
