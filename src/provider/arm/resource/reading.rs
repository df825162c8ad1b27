//! Reads resources: which exist, which are proven to be missing, and their state after a change.
#![warn(clippy::arithmetic_side_effects)]

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    control_plane::resource_of,
    operation::{Begun, Change, Ended},
    version::versioned,
};
use crate::{
    model::{ApimPolicyId, ProductApiId, Resource, ResourceId},
    provider::{
        ETag, Failure, ProviderError, Versioned,
        arm::{
            ArmControlPlane, ArmError,
            error::NotReadBack,
            http::client::{Answer, Call},
        },
    },
};

/// How long to wait before the next read of a resource that Azure does not show yet.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

impl ArmControlPlane {
    /// Reads a resource. Returns `None` if it is proven to be missing.
    pub(in crate::provider::arm) async fn read(
        &self,
        id: &ResourceId,
    ) -> Result<Option<Versioned<Resource>>, ProviderError> {
        if let Ok(place) = ProductApiId::try_from(id.clone()) {
            return self.read_place(&place).await;
        }
        let call = Call::get(self.read_url(id), format!("reading `{}`", id.name()));
        let call = Call { is_of_policy: id.is_a(ApimPolicyId::TYPE), ..call };
        match self.http.send(&call).await {
            Ok(answer) => {
                let tag = answer.etag().map(ETag::new);
                let body = match answer.body {
                    Value::String(policy) if call.is_of_policy => {
                        json!({"id": id.as_str(), "properties": {"format": "xml", "value": policy}})
                    }
                    body => body,
                };
                Ok(Some(versioned(resource_of(body, id)?, tag)))
            }
            Err(error) if self.proves_absence(&error, id) => Ok(None),
            Err(error) => Err(error.about(id)),
        }
    }

    /// Reads an API in a product. Azure only answers whether it exists, without a body: a 404 proves nothing, so the
    /// product's list is read instead.
    async fn read_place(&self, id: &ProductApiId) -> Result<Option<Versioned<Resource>>, ProviderError> {
        let there = || Some(versioned(Resource::new((**id).clone(), serde_json::Map::new()), None));
        let call = Call::new(Method::HEAD, self.read_url(id), format!("reading `{}`", id.name()));
        match self.http.send(&call).await {
            Ok(_) => Ok(there()),
            Err(error) if error.status() == Some(404) => {
                let product = id.parent().unwrap_or_else(|| (**id).clone());
                let listed = self.below(&product, "/apis", &[]).await?;
                let is_listed = listed.iter().any(|api| api.id().name().eq_ignore_ascii_case(id.name()));
                Ok(there().filter(|_| is_listed))
            }
            Err(error) => Err(error.about(id)),
        }
    }

    /// Whether a failure proves that a resource does not exist. A missing resource group is remembered.
    pub(in crate::provider::arm) fn proves_absence(&self, error: &ArmError, id: &ResourceId) -> bool {
        let proves = error.is_absence_of(id);
        if proves && error.missing_group().is_some() {
            self.missing_groups.note(id);
        }
        proves
    }

    /// Waits for a change that was accepted. If this fails, the change may have been carried out.
    pub(in crate::provider::arm) async fn finish(
        &self,
        begun: Answer,
        id: &ResourceId,
        change: Change,
        what: &str,
    ) -> Result<Ended, ProviderError> {
        let operation = Begun { id, resource: &self.read_url(id), change, what };
        let ended = self.http.finish(begun, &operation, self.wait).await;
        ended.map_err(|error| error.after_acceptance(what))
    }

    /// Returns the version of a resource after a change. Azure may not show the resource at once.
    pub(in crate::provider::arm) async fn version_after(
        &self,
        id: &ResourceId,
        what: &str,
    ) -> Result<ETag, ProviderError> {
        loop {
            match self.read(id).await {
                Ok(Some(found)) => return Ok(found.etag),
                Ok(None) | Err(ProviderError::Undetermined(_)) => {}
                Err(error) => return Err(unfinished(error, what)),
            }
            self.http.wait(LOOK_AGAIN, what).await.map_err(|error| error.after_acceptance(what))?;
        }
    }
}

/// Returns the error for a resource that could not be read after its change was accepted.
fn unfinished(error: ProviderError, what: &str) -> ProviderError {
    ProviderError::Unfinished(Failure::new(NotReadBack { what: what.to_owned(), source: error }))
}
