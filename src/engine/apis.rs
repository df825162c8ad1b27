//! APIs as a gateway serves them. Fields that a list omits are read from each API itself.

use std::collections::HashMap;

use futures_util::future::try_join_all;

use crate::{
    model::{Api, ApiOperation, Resource, ResourceId, Versioning},
    provider::{Collection, Depth, ProviderError, Reads},
};

/// Returns the APIs of a product's list, completed. A list omits the key parameter names and the version set of an API,
/// so each API that lacks them is read separately. The operations of an API without a path are read too, since they
/// decide whether a site reaches the API.
pub(super) async fn completed(plane: &dyn Reads, listed: &[Api]) -> Result<Vec<Api>, ProviderError> {
    try_join_all(listed.iter().map(|api| complete(plane, api))).await
}

/// Returns an API with the fields that its list omits. An API that the caller may not read, or whose answer cannot be
/// parsed, is returned as it is in the list.
async fn complete(plane: &dyn Reads, api: &Api) -> Result<Api, ProviderError> {
    let whole = async {
        if !api.is_excerpt {
            return Ok(None);
        }
        let found = permitted(plane.get(&api.id).await)?.flatten();
        Ok::<_, ProviderError>(found.and_then(|found| Api::read(&found.value).ok()))
    };
    let operations = async {
        if !api.path.is_empty() || plane.capabilities().depth == Depth::ByPage {
            return Ok(None);
        }
        permitted(operations_of(plane, api).await)
    };
    let (whole, operations) = tokio::try_join!(whole, operations)?;
    let whole = whole.unwrap_or_else(|| api.clone());
    Ok(Api { operations, is_current: api.is_current, ..whole })
}

/// Returns the operations of an API, without those that cannot be parsed.
pub(super) async fn operations_of(plane: &dyn Reads, api: &Api) -> Result<Vec<ApiOperation>, ProviderError> {
    let found = plane.list(&Collection::ApiOperations(api.id.clone())).await?;
    Ok(found.iter().filter_map(|found| ApiOperation::read(&found.value).ok()).collect())
}

/// Returns the same APIs with their versioning schemes. Each version set is read once; where one cannot be read, the
/// scheme stays undetermined.
///
/// # Errors
///
/// [`ProviderError`] if the control plane does not answer.
pub async fn with_schemes(plane: &dyn Reads, apis: Vec<Api>) -> Result<Vec<Api>, ProviderError> {
    let mut apis = try_join_all(apis.into_iter().map(|api| with_set(plane, api))).await?;
    let mut sets: Vec<ResourceId> = apis.iter().filter_map(|api| api.versioning.set()).cloned().collect();
    sets.sort_unstable();
    sets.dedup();
    let found = sets.iter().map(async |set| {
        let found = permitted(plane.get(set).await)?.flatten();
        Ok::<_, ProviderError>(found.map(|found| (set.clone(), found.value)))
    });
    let sets: HashMap<ResourceId, Resource> = try_join_all(found).await?.into_iter().flatten().collect();
    for api in &mut apis {
        if let Some(set) = api.versioning.set().and_then(|set| sets.get(set)) {
            api.versioning = api.versioning.clone().by_set(set);
        }
    }
    Ok(apis)
}

/// Returns an API with the id of its version set, which a list may omit.
async fn with_set(plane: &dyn Reads, api: Api) -> Result<Api, ProviderError> {
    if !matches!(api.versioning, Versioning::Undetermined { set: None, .. }) {
        return Ok(api);
    }
    let found = permitted(plane.get(&api.id).await)?.flatten();
    let whole = found.and_then(|found| Api::read(&found.value).ok());
    Ok(match whole {
        Some(whole) => Api { versioning: whole.versioning, ..api },
        None => api,
    })
}

/// Returns the answer, or `None` if the caller may not read the resource or it cannot be parsed.
fn permitted<T>(answer: Result<T, ProviderError>) -> Result<Option<T>, ProviderError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(ProviderError::NotAuthorized(_) | ProviderError::Malformed(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
