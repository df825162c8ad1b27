//! The questions that a control plane was asked.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;

use super::{Capabilities, Collection, Reads, Versioned};
use crate::{
    model::{ApimSubscriptionId, KeyPair, KeyTimes, LinkedBackendId, Resource, ResourceId, SiteKey},
    provider::ProviderError,
};

/// A question to a control plane: the method of [`Reads`], and its argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadRequest {
    /// [`Reads::get`].
    Get(ResourceId),
    /// [`Reads::list`].
    List(Collection),
    /// [`Reads::keys`].
    Keys(ApimSubscriptionId),
    /// [`Reads::key_times`].
    KeyTimes(ApimSubscriptionId),
    /// [`Reads::site_key`].
    SiteKey(LinkedBackendId),
    /// [`Reads::would_see`].
    WouldSee(ResourceId),
}

/// A control plane that keeps the questions that it is asked.
pub struct Asked<'a> {
    plane: &'a dyn Reads,
    questions: Mutex<Vec<ReadRequest>>,
}

impl<'a> Asked<'a> {
    /// Answers from `plane`.
    #[must_use]
    pub fn new(plane: &'a dyn Reads) -> Self {
        Self { plane, questions: Mutex::default() }
    }

    /// The questions, in order.
    #[must_use]
    pub fn into_questions(self) -> Vec<ReadRequest> {
        self.questions.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, question: ReadRequest) {
        self.questions.lock().unwrap_or_else(PoisonError::into_inner).push(question);
    }
}

impl fmt::Debug for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").field("plane", &self.plane).finish_non_exhaustive()
    }
}

#[async_trait]
impl Reads for Asked<'_> {
    async fn get(&self, id: &ResourceId) -> Result<Option<Versioned<Resource>>, ProviderError> {
        self.note(ReadRequest::Get(id.clone()));
        self.plane.get(id).await
    }

    async fn list(&self, collection: &Collection) -> Result<Vec<Versioned<Resource>>, ProviderError> {
        self.note(ReadRequest::List(collection.clone()));
        self.plane.list(collection).await
    }

    async fn list_if_there(
        &self,
        collection: &Collection,
    ) -> Result<Option<Vec<Versioned<Resource>>>, ProviderError> {
        self.note(ReadRequest::List(collection.clone()));
        self.plane.list_if_there(collection).await
    }

    async fn keys(&self, id: &ApimSubscriptionId) -> Result<Option<Versioned<KeyPair>>, ProviderError> {
        self.note(ReadRequest::Keys(id.clone()));
        self.plane.keys(id).await
    }

    async fn key_times(&self, id: &ApimSubscriptionId) -> Result<KeyTimes, ProviderError> {
        self.note(ReadRequest::KeyTimes(id.clone()));
        self.plane.key_times(id).await
    }

    async fn site_key(&self, id: &LinkedBackendId) -> Result<SiteKey, ProviderError> {
        self.note(ReadRequest::SiteKey(id.clone()));
        self.plane.site_key(id).await
    }

    fn capabilities(&self) -> Capabilities {
        self.plane.capabilities()
    }

    fn would_see(&self, id: &ResourceId) -> bool {
        self.note(ReadRequest::WouldSee(id.clone()));
        self.plane.would_see(id)
    }

    fn missing_group(&self, id: &ResourceId) -> Option<ResourceId> {
        self.plane.missing_group(id)
    }
}
