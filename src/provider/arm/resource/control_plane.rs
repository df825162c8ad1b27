//! Azure Resource Manager as a control plane.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::{
    missing_groups::MissingGroups,
    operation::{Begun, Change, Ended},
    route,
    version::versioned,
};
use crate::{
    model::{
        Address, ApimSubscriptionId, Key, KeyPair, KeySlot, LinkedBackendId, Permissions, Resource,
        ResourceId,
    },
    provider::{
        Browser, Capabilities, Collection, ETag, Expected, Failure, GatewayAnswer, Gateways, Grants,
        ProviderError, Reads, Sight, Versioned, Visit, Writes,
        arm::{
            ArmError, ArmOptions, Authenticated, CredentialError, Endpoint, FailureKind, Repeat, Transport,
            Wait,
            connections::Connection,
            gateway,
            http::{
                client::{Call, Http, Limits},
                reach::Surroundings,
            },
        },
    },
};

/// A control plane over HTTP: Azure Resource Manager, or a server with the same API.
///
/// Some resources, notably linked backends, have no entity tag in Azure. Their version is computed from their content,
/// and they are read again before they are changed.
pub struct ArmControlPlane {
    pub(in crate::provider::arm) http: Http,
    gateway: Arc<dyn Transport>,
    pub(in crate::provider::arm) wait: Wait,
    pub(in crate::provider::arm) missing_groups: MissingGroups,
}

impl fmt::Debug for ArmControlPlane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArmControlPlane").field("http", &self.http).finish_non_exhaustive()
    }
}

impl ArmControlPlane {
    /// Creates a control plane for an endpoint. This sends no request of its own, but starts to fetch a token if there
    /// is a runtime.
    ///
    /// # Errors
    ///
    /// [`ArmError`] if the configured credential cannot be used, or there are no certificates for TLS.
    pub fn new(options: ArmOptions) -> Result<Self, ArmError> {
        let surroundings = Surroundings { variables: options.variables };
        let Connection { clients, credentials } = options.connection()?;
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let early = Arc::clone(&credentials);
            // A request that needs the token fetches it again, and reports the error.
            runtime.spawn(async move { early.token().await.map(drop) });
        }
        let ArmOptions { endpoint, ambient, limit, budget, wait, .. } = options;
        let limits = Limits { time: limit, budget };
        let http = Http::new(clients.arm, endpoint, credentials, ambient, limits, surroundings);
        Ok(Self { http, gateway: clients.gateway, wait, missing_groups: MissingGroups::default() })
    }

    /// Returns the endpoint.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        self.http.endpoint()
    }

    /// Fetches a token, and returns how it was obtained.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] with each credential that was tried, and why it returned no token.
    pub async fn authenticate(&self) -> Result<Authenticated, CredentialError> {
        self.http.credentials().authenticate().await
    }

    /// Returns the address of a path below a resource, in the resource's API version.
    pub(in crate::provider::arm) fn url(&self, id: &ResourceId, tail: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.endpoint().join(&format!("{id}{tail}"));
        url.query_pairs_mut().append_pair("api-version", route::version_of(id)).extend_pairs(query);
        url
    }

    pub(in crate::provider::arm) fn read_url(&self, id: &ResourceId) -> Url {
        self.url(id, "", route::read_query(id))
    }
}

#[async_trait]
impl Reads for ArmControlPlane {
    async fn get(&self, id: &ResourceId) -> Result<Option<Versioned<Resource>>, ProviderError> {
        self.read(id).await
    }

    async fn list(&self, collection: &Collection) -> Result<Vec<Versioned<Resource>>, ProviderError> {
        self.list_by_pages(collection).await.map(Option::unwrap_or_default)
    }

    async fn list_if_there(
        &self,
        collection: &Collection,
    ) -> Result<Option<Vec<Versioned<Resource>>>, ProviderError> {
        self.list_by_pages(collection).await
    }

    async fn keys(&self, id: &ApimSubscriptionId) -> Result<Option<Versioned<KeyPair>>, ProviderError> {
        let what = format!("reading the keys of `{}`", id.name());
        let call = Call::new(Method::POST, self.url(id, "/listSecrets", &[]), what);
        let answer = match self.http.send(&call).await {
            Ok(answer) => answer,
            Err(error) if self.proves_absence(&error, id) => return Ok(None),
            Err(error) => return Err(error.about(id)),
        };
        let value = pair_of(&answer.body).ok_or_else(|| {
            let problem = "does not contain both keys".to_owned();
            ProviderError::Undetermined(Failure::new(ArmError::Unusable { what: call.what.clone(), problem }))
        })?;
        let etag = match answer.etag() {
            Some(tag) => ETag::new(tag),
            None => match self.read(id).await? {
                Some(found) => found.etag,
                None => return Ok(None),
            },
        };
        Ok(Some(Versioned { value, etag }))
    }

    async fn validate(&self, resource: &Resource) -> Result<(), ProviderError> {
        let id = resource.id();
        if !id.is_a(LinkedBackendId::TYPE) {
            return Ok(());
        }
        let what = format!("validating `{}`", id.name());
        let (url, body) = (self.url(id, "/validate", &[]), route::put_body(resource));
        let answer = self.http.send(&Call { body, ..Call::new(Method::POST, url, &what) }).await;
        let answer = answer.map_err(|error| match error.status() {
            // The link does not exist yet, so that a 404 is no objection, and not every server supports validation.
            Some(404) if error.kind() == Some(&FailureKind::NotFound) => {
                ProviderError::undetermined(error.to_string())
            }
            Some(405 | 501) => ProviderError::undetermined(error.to_string()),
            Some(_) | None => error.about(id),
        })?;
        let operation = Begun { id, resource: &self.read_url(id), change: Change::Check, what: &what };
        let finished = self.http.finish(answer, &operation, Wait::UntilDone).await;
        finished.map(drop).map_err(|error| error.about(id))
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { sight: Sight::WhatIsAllowed, ..Capabilities::default() }
    }

    fn would_see(&self, id: &ResourceId) -> bool {
        route::is_spoken_to(id)
    }

    fn missing_group(&self, id: &ResourceId) -> Option<ResourceId> {
        self.missing_groups.of(id)
    }
}

#[async_trait]
impl Writes for ArmControlPlane {
    async fn put(&self, resource: Resource, expected: Expected) -> Result<ETag, ProviderError> {
        let id = resource.id();
        let if_match = self.condition(id, &expected, false).await?;
        let what = format!("creating or updating `{}`", id.name());
        let url = self.url(id, "", &[]);
        let body = route::put_body(&resource);
        let call = Call { body, if_match, ..Call::new(Method::PUT, url, &what) };
        let answer = match self.acknowledged(&call, &resource).await {
            Err(ProviderError::NotFound(_)) => {
                return Err(ProviderError::NotFound(self.missing_for(id).await));
            }
            Ok(answer) => answer,
            Err(error) => return Err(error),
        };
        match self.finish(answer, id, Change::Put, &what).await? {
            // The tags of Microsoft.Web and of an API in a product are not returned by a read.
            Ended::Shown(answer) => match (
                answer.etag().filter(|_| route::has_entity_tag(id)),
                resource_of(answer.body.clone(), id),
            ) {
                (Some(tag), _) => Ok(ETag::new(tag)),
                (None, Ok(now)) if now.field("properties").is_some() => Ok(versioned(now, None).etag),
                (None, Ok(_) | Err(_)) => self.version_after(id, &what).await,
            },
            Ended::Unseen if self.wait == Wait::UntilAccepted => Ok(versioned(resource, None).etag),
            Ended::Unseen => self.version_after(id, &what).await,
        }
    }

    async fn delete(&self, id: &ResourceId, expected: Expected) -> Result<(), ProviderError> {
        if expected == Expected::Absent {
            let there = self.read(id).await?.is_some();
            return if there { Err(ProviderError::Conflict(id.clone())) } else { Ok(()) };
        }
        let if_match = self.condition(id, &expected, true).await?;
        let what = format!("deleting `{}`", id.name());
        let url = self.url(id, "", route::delete_query(id));
        let call = Call { if_match, ..Call::new(Method::DELETE, url, &what) };
        let answer = match self.change(&call, id).await {
            Ok(answer) => answer,
            Err(ProviderError::NotFound(_)) if id.is_a(LinkedBackendId::TYPE) => {
                return self.check_disconnected(id).await;
            }
            Err(ProviderError::NotFound(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        self.finish(answer, id, Change::Delete, &what).await.map(drop)
    }

    async fn set_keys(
        &self,
        id: &ApimSubscriptionId,
        keys: KeyPair,
        expected: Expected,
    ) -> Result<ETag, ProviderError> {
        if expected == Expected::Absent {
            return Err(ProviderError::Conflict((**id).clone()));
        }
        let if_match = self.condition(id, &expected, true).await?;
        let (primary, secondary) = (keys.primary.expose(), keys.secondary.expose());
        let body = json!({"properties": {"primaryKey": primary, "secondaryKey": secondary}});
        let what = format!("replacing keys of `{}`", id.name());
        let url = self.url(id, "", &[]);
        let call = Call { body: Some(body), if_match, ..Call::new(Method::PATCH, url, &what) };
        match self.change(&call, id).await {
            Ok(answer) => match answer.etag() {
                Some(tag) => Ok(ETag::new(tag)),
                None => self.version_after(id, &what).await,
            },
            // The previous attempt may have been carried out, and its answer lost.
            Err(error @ (ProviderError::Conflict(_) | ProviderError::ConflictAfterLostAnswer(_))) => {
                match self.keys(id).await {
                    Ok(Some(now)) if now.value == keys => Ok(now.etag),
                    Ok(Some(_) | None) | Err(_) => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    async fn regenerate(&self, id: &ApimSubscriptionId, slot: KeySlot) -> Result<(), ProviderError> {
        let (action, name) = match slot {
            KeySlot::Primary => ("/regeneratePrimaryKey", "primary"),
            KeySlot::Secondary => ("/regenerateSecondaryKey", "secondary"),
        };
        let what = format!("regenerating the {name} key of `{}`", id.name());
        let call = Call { repeat: Repeat::Never, ..Call::new(Method::POST, self.url(id, action, &[]), what) };
        self.http.send(&call).await.map(drop).map_err(|error| error.about(id))
    }
}

#[async_trait]
impl Gateways for ArmControlPlane {
    async fn ask_gateway(&self, address: &Address, key: &Key) -> GatewayAnswer {
        gateway::ask(self.gateway.as_ref(), address, key).await
    }
}

#[async_trait]
impl Grants for ArmControlPlane {
    async fn permissions(&self, scope: &ResourceId) -> Result<Option<Permissions>, ProviderError> {
        self.permissions_in(scope).await.map(Some)
    }
}

#[async_trait]
impl Browser for ArmControlPlane {
    async fn visit(&self, address: &Address) -> Visit {
        gateway::visit(self.gateway.as_ref(), address).await
    }
}

impl ArmControlPlane {
    /// Checks that a linked backend is deleted whose DELETE was answered with 404: Azure answers so for some that it
    /// keeps and still shows.
    async fn check_disconnected(&self, id: &ResourceId) -> Result<(), ProviderError> {
        if self.read(id).await?.is_none() {
            return Ok(());
        }
        let name = id.name();
        let text =
            format!("`{name}` is not deleted: Azure answers that it does not exist, but it can be read");
        Err(ProviderError::undetermined(text))
    }

    /// Returns the resource whose absence prevented a PUT. A PUT needs other resources to exist, and Azure does not
    /// always name the missing one.
    async fn missing_for(&self, id: &ResourceId) -> ResourceId {
        let needed = route::needed_by(id);
        for one in &needed {
            if matches!(self.read(one).await, Ok(None)) {
                return one.clone();
            }
        }
        needed.last().unwrap_or(id).clone()
    }
}

/// Reads a resource from an answer, and discards its keys. In some answers the id is spelt differently or missing.
pub(crate) fn resource_of(body: Value, asked: &ResourceId) -> Result<Resource, ProviderError> {
    let mut body = body;
    if let Value::Object(fields) = &mut body
        && fields.get("id").and_then(Value::as_str).is_none_or(|id| ResourceId::parse(id).is_err())
    {
        fields.insert("id".to_owned(), asked.as_str().into());
    }
    let mut resource = Resource::from_value(body).map_err(ProviderError::unusable_answer)?;
    // The caller that needs the keys checks whether they are well-formed.
    let _ = resource.take_keys();
    Ok(resource)
}

fn pair_of(body: &Value) -> Option<KeyPair> {
    let key = |field: &str| body.get(field)?.as_str().and_then(|text| Key::new(text).ok());
    Some(KeyPair { primary: key("primaryKey")?, secondary: key("secondaryKey")? })
}
