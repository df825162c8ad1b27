//! What a link that follows the usual names has, read while the lists are read that show what it has.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use futures_util::future::join_all;

use super::ends::Ends;
use crate::{
    engine::Provisioner,
    model::{
        ApimSubscriptionId, KeyPair, KeyTimes, LinkNames, LinkedBackendId, Resource, ResourceId, SiteKey,
        without_revision,
    },
    provider::{Capabilities, Collection, Depth, ProviderError, Reads, Versioned},
};

type Answer<T> = Result<Option<Versioned<T>>, ProviderError>;

/// A control plane that was already asked for what the usual names predict. Each of these answers is used once; every
/// other question, and every repeated one, goes to the control plane.
pub(super) struct Predicted<'a> {
    plane: &'a dyn Reads,
    resources: Mutex<HashMap<ResourceId, Answer<Resource>>>,
    keys: Mutex<Option<(ApimSubscriptionId, Answer<KeyPair>)>>,
}

impl fmt::Debug for Predicted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Predicted").field("plane", &self.plane).finish_non_exhaustive()
    }
}

impl<'a> Predicted<'a> {
    /// Reads the APIs that the env lists, and the subscription with the name of the product: its keys if the site is
    /// linked, otherwise whether a new subscription may have that name. A failure is kept for the caller that needs the
    /// answer.
    pub(super) async fn read(
        plane: &'a dyn Reads,
        ends: &Ends,
        names: &LinkNames,
    ) -> Result<Self, ProviderError> {
        let nothing = Self { plane, resources: Mutex::default(), keys: Mutex::default() };
        if plane.capabilities().depth != Depth::Whole {
            return Ok(nothing);
        }
        let target = &ends.target;
        let subscription = target.service.apim_subscription(names.product(&target.service)?.name())?;
        let is_linked = ends.own_backend().is_some();
        let mut ids = Vec::new();
        for name in target.apis.iter().filter(|name| without_revision(name).is_none()) {
            ids.push((*target.service.api(name)?).clone());
        }
        if !is_linked && target.provisioner == Provisioner::Engine {
            ids.push((*subscription).clone());
        }
        let keys = async { if is_linked { Some(plane.keys(&subscription).await) } else { None } };
        let resources = join_all(ids.iter().map(|id| plane.get(id)));
        let (keys, resources) = tokio::join!(keys, resources);
        Ok(Self {
            resources: Mutex::new(ids.into_iter().zip(resources).collect()),
            keys: Mutex::new(keys.map(|keys| (subscription, keys))),
            ..nothing
        })
    }
}

#[async_trait]
impl Reads for Predicted<'_> {
    async fn get(&self, id: &ResourceId) -> Result<Option<Versioned<Resource>>, ProviderError> {
        let known = self.resources.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        match known {
            Some(answer) => answer,
            None => self.plane.get(id).await,
        }
    }

    async fn list(&self, collection: &Collection) -> Result<Vec<Versioned<Resource>>, ProviderError> {
        self.plane.list(collection).await
    }

    async fn keys(&self, id: &ApimSubscriptionId) -> Result<Option<Versioned<KeyPair>>, ProviderError> {
        let known =
            self.keys.lock().unwrap_or_else(PoisonError::into_inner).take_if(|(known, _)| known == id);
        match known {
            // The subscription was created after it was asked for.
            Some((_, Ok(None))) | None => self.plane.keys(id).await,
            Some((_, answer)) => answer,
        }
    }

    async fn key_times(&self, id: &ApimSubscriptionId) -> Result<KeyTimes, ProviderError> {
        self.plane.key_times(id).await
    }

    async fn site_key(&self, id: &LinkedBackendId) -> Result<SiteKey, ProviderError> {
        self.plane.site_key(id).await
    }

    fn capabilities(&self) -> Capabilities {
        self.plane.capabilities()
    }

    fn would_see(&self, id: &ResourceId) -> bool {
        self.plane.would_see(id)
    }

    fn missing_group(&self, id: &ResourceId) -> Option<ResourceId> {
        self.plane.missing_group(id)
    }
}
