//! Changes to API Management's resources: each is validated, completed, stored and answered.

use std::sync::Arc;

use futures_util::{FutureExt as _, future::BoxFuture};
use hyper::Method;
use serde_json::Value;

use super::{
    built_in,
    call::Call,
    entity::{self, Change, GivenKeys},
    merge::merged,
    read::{body, find, listed_below, missing, secrets},
    refused::refused,
    revision,
    schema::{self, Purpose},
    served::Listed,
    shape::View,
};
use crate::{
    ambient::Ambient,
    emulator::reply::Reply,
    model::{ApimSubscriptionId, ArmType, Key, KeyPair, ResourceId},
    provider::{ETag, Expected, Reads as _, Writes as _, json::JsonControlPlane},
};

pub(super) fn put(
    plane: &JsonControlPlane,
    ambient: Arc<dyn Ambient>,
    call: Call,
    id: ResourceId,
    kind: ArmType,
) -> BoxFuture<'_, Result<Reply, Reply>> {
    async move {
        let before = find(plane, &id)?;
        let patched = call.method == Method::PATCH;
        if patched && before.is_none() {
            return Err(missing(plane, &id, kind)?);
        }
        let expected = call.expected(before.as_ref().map(|before| &before.etag))?;
        let purpose = if patched { Purpose::Part } else { Purpose::Whole };
        let mut content = schema::checked(kind, purpose, call.object()?)?;
        let keys = GivenKeys::take(&mut content)?;
        let (existed, old) = (before.is_some(), before.map(|before| before.value));
        if kind == ArmType::Product {
            entity::check_approval(&content)?;
        }
        // A PUT replaces the resource, except that a service keeps the properties that the body omits.
        let basis = old.clone().filter(|_| patched || kind == ArmType::ApimService);
        let mut resource = merged(&id, basis, content)?;
        if kind == ArmType::Api && !patched {
            revision::take_over(plane, &mut resource)?;
        }
        let change = Change { existed, old: old.as_ref(), patched };
        let resource = entity::completed(resource, kind, &change, &*ambient)?;
        let mut etag = plane.put(resource, expected).await.map_err(|error| refused(&error))?;
        if kind == ArmType::ApimService && !existed {
            built_in::of_service(plane, &*ambient, &id).await?;
        }
        if kind == ArmType::Product && !existed {
            built_in::of_product(plane, &*ambient, &id).await?;
        }
        if let Some(tag) = settle_keys(plane, &id, kind, keys).await? {
            etag = tag;
        }
        let view = if existed { View::Changed } else { View::Created };
        put_reply(plane, &call, &id, kind, view, &etag).await
    }
    .boxed()
}

async fn put_reply(
    plane: &JsonControlPlane,
    call: &Call,
    id: &ResourceId,
    kind: ArmType,
    view: View,
    etag: &ETag,
) -> Result<Reply, Reply> {
    let mut etag = etag.clone();
    let found = if kind == ArmType::ProductApi {
        // An API in a product has the ETag of the API.
        let api = id
            .parent()
            .and_then(|product| product.parent()?.child(ArmType::Api.collection(), id.name()).ok());
        if let Some(api) = api.map(|api| find(plane, &api)).transpose()?.flatten() {
            etag = api.etag;
        }
        let all =
            listed_below(plane, &id.parent().ok_or_else(Reply::internal_error)?, Listed::Of(kind)).await?;
        all.0.into_iter().find(|found| found.value.id() == id)
    } else {
        find(plane, id)?
    };
    let found = found.ok_or_else(Reply::internal_error)?;
    let mut value = body(plane, found, kind, call, view);
    if kind == ArmType::ApimSubscription
        && let Ok(id) = ApimSubscriptionId::try_from(id.clone())
        && let Some(keys) = plane.keys(&id).await.map_err(|error| refused(&error))?
        && let (Some(properties), Value::Object(secrets)) =
            (value.get_mut("properties").and_then(Value::as_object_mut), secrets(&keys.value))
    {
        let comment = properties.shift_remove("stateComment");
        let tracing = properties.shift_remove("allowTracing");
        properties.extend(secrets);
        properties.extend(comment.map(|it| ("stateComment".to_owned(), it)));
        properties.extend(tracing.map(|it| ("allowTracing".to_owned(), it)));
    }
    let reply = Reply::put(view == View::Changed, value).tagged(&etag);
    Ok(if kind == ArmType::ApimService { reply } else { reply.indented() })
}

/// Stores the keys that a request sets; other keys are not changed.
async fn settle_keys(
    plane: &JsonControlPlane,
    id: &ResourceId,
    kind: ArmType,
    given: GivenKeys,
) -> Result<Option<ETag>, Reply> {
    if kind != ArmType::ApimSubscription || given.is_empty() {
        return Ok(None);
    }
    let id = ApimSubscriptionId::try_from(id.clone()).map_err(|_| Reply::internal_error())?;
    let current = plane.keys(&id).await.map_err(|error| refused(&error))?;
    let (primary, secondary) = match current {
        Some(current) => (Some(current.value.primary), Some(current.value.secondary)),
        None => (None, None),
    };
    let keys = |given: Option<Key>, current: Option<Key>| given.or(current).ok_or_else(Reply::internal_error);
    let pair =
        KeyPair { primary: keys(given.primary, primary)?, secondary: keys(given.secondary, secondary)? };
    plane.set_keys(&id, pair, Expected::Anything).await.map(Some).map_err(|error| refused(&error))
}

pub(super) fn delete(
    plane: &JsonControlPlane,
    call: Call,
    id: ResourceId,
    kind: ArmType,
) -> BoxFuture<'_, Result<Reply, Reply>> {
    async move {
        let Some(before) = find(plane, &id)? else { return Ok(Reply::deleted(false)) };
        // Azure also deletes without a condition, although its definitions require one.
        let expected = call.expected(Some(&before.etag))?;
        if kind == ArmType::Product && call.query.get("deleteSubscriptions") == Some("true") {
            delete_subscriptions(plane, &id).await?;
        }
        if kind == ArmType::Api && call.query.get("deleteRevisions") == Some("true") {
            revision::delete_others(plane, &id).await?;
        }
        plane.delete(&id, expected).await.map_err(|error| refused(&error))?;
        Ok(Reply::deleted(true))
    }
    .boxed()
}

async fn delete_subscriptions(plane: &JsonControlPlane, product: &ResourceId) -> Result<(), Reply> {
    let (found, _) = listed_below(plane, product, Listed::ProductSubscriptions).await?;
    for subscription in found {
        let id = subscription.value.id();
        plane.delete(id, Expected::Anything).await.map_err(|error| refused(&error))?;
    }
    Ok(())
}
