//! `Microsoft.ApiManagement`: services and the resources in them.

use std::sync::Arc;

use futures_util::{FutureExt as _, future::BoxFuture};
use hyper::{Method, StatusCode};

use super::{
    call::Call,
    ended,
    manager::ResourceManager,
    order,
    page::{self, Style},
    policy,
    read::{body, find, listed_below, missing, secrets},
    refused::refused,
    revision,
    served::Listed,
    shape::{self, View},
    write,
};
use crate::{
    emulator::reply::Reply,
    model::{ApimSubscriptionId, ArmType, KeySlot, ResourceId},
    provider::{Reads as _, Writes as _, json::JsonControlPlane},
};

/// The only name that a policy can have.
const POLICY: &str = "policy";

/// Handles a request for a resource.
pub(super) async fn answer(
    manager: &ResourceManager,
    call: &Call,
    id: ResourceId,
    kind: ArmType,
) -> Result<Reply, Reply> {
    match call.method {
        Method::HEAD => head(manager, &id, kind),
        Method::GET if call.query.get("asyncId").is_some() => asynchronous(manager, call),
        Method::GET if kind != ArmType::ProductApi => get(manager, call, &id, kind),
        Method::PUT | Method::PATCH if call.method == Method::PUT || patches(kind) => {
            put(manager, call, id, kind).await
        }
        Method::DELETE => delete(manager, call, id, kind).await,
        _ => Err(Reply::apim_method_not_allowed(&call.method, methods(kind))),
    }
}

fn head(manager: &ResourceManager, id: &ResourceId, kind: ArmType) -> Result<Reply, Reply> {
    match find(&manager.store.current(), id)? {
        None => Ok(Reply::status(StatusCode::NOT_FOUND)),
        Some(_) if kind == ArmType::ProductApi => Ok(Reply::status(StatusCode::NO_CONTENT)),
        Some(found) => Ok(Reply::status(StatusCode::OK).tagged(&found.etag)),
    }
}

fn get(manager: &ResourceManager, call: &Call, id: &ResourceId, kind: ArmType) -> Result<Reply, Reply> {
    let plane = &*manager.store.current();
    if kind == ArmType::ProductPolicy {
        policy::known_format(call.query.get("format"))?;
    }
    match find(plane, id)? {
        Some(found) => {
            let etag = found.etag.clone();
            let reply = Reply::ok(body(plane, found, kind, call, View::Read)).tagged(&etag);
            Ok(if kind == ArmType::ApimService { reply } else { reply.indented() })
        }
        None => Err(missing(plane, id, kind)?),
    }
}

/// Returns the status of the asynchronous operation whose number is in the resource's address.
fn asynchronous(manager: &ResourceManager, call: &Call) -> Result<Reply, Reply> {
    let number = call.query.get("asyncId").and_then(|text| text.parse().ok());
    let number = number.ok_or_else(|| Reply::apim_invalid("asyncId", "The operation was not found."))?;
    Ok(manager.operations.progress(call, number, |_| None))
}

/// Handles a request for a list.
pub(super) async fn list(
    manager: &ResourceManager,
    call: &Call,
    parent: &ResourceId,
    listed: Listed,
) -> Result<Reply, Reply> {
    let plane = &*manager.store.current();
    if find(plane, parent)?.is_none() {
        let kind = ArmType::of_name(&parent.resource_type()).unwrap_or(ArmType::ApimService);
        return Err(missing(plane, parent, kind)?);
    }
    if listed == Listed::ApiRevisions {
        return revision::list(call, plane, parent);
    }
    let (mut found, kind) = listed_below(plane, parent, listed).await?;
    order::sort(&mut found, kind);
    let (view, below) = match listed {
        Listed::ProductSubscriptions => (View::Nested, Some("subscriptions")),
        Listed::ApiProducts => (View::Nested, Some("products")),
        Listed::Of(_) | Listed::ApiRevisions => (View::Listed, None),
    };
    let values = found.into_iter().map(|found| {
        let value = body(plane, found, kind, call, view);
        match below {
            Some(below) => shape::listed_below(value, parent, below),
            None => value,
        }
    });
    Ok(page::page_of(call, values.collect(), Style::ApiManagement, order::fields(kind))?.indented())
}

async fn put(manager: &ResourceManager, call: &Call, id: ResourceId, kind: ArmType) -> Result<Reply, Reply> {
    if call.method == Method::PATCH && call.if_match.is_none() && kind != ArmType::ApimService {
        return Err(if_match_required());
    }
    let call = if kind == ArmType::ProductPolicy { policy::fetched(call).await? } else { call.clone() };
    if kind == ArmType::ProductPolicy && !id.name().eq_ignore_ascii_case(POLICY) {
        let message =
            format!("'{}' is not a valid value of 'policyId'. The only one is '{POLICY}'.", id.name());
        return Err(Reply::apim_invalid("policyId", &message));
    }
    let (ambient, of_change, changed) = (Arc::clone(&manager.ambient), call.clone(), id.clone());
    let reply = manager.store.change(move |plane| write::put(plane, ambient, of_change, id, kind)).await;
    if kind != ArmType::ApimService || reply.status != StatusCode::CREATED {
        return Ok(reply);
    }
    let Some(service) = find(&manager.store.current(), &changed)? else { return Ok(reply) };
    let number = manager.operations.ended(service.value.clone());
    Ok(ended::of_service(&call, reply, number, &service.value))
}

async fn delete(
    manager: &ResourceManager,
    call: &Call,
    id: ResourceId,
    kind: ArmType,
) -> Result<Reply, Reply> {
    let (of_change, doomed) = (call.clone(), find(&manager.store.current(), &id)?);
    let reply = manager.store.change(move |plane| write::delete(plane, of_change, id, kind)).await;
    let Some(doomed) = doomed.filter(|_| goes_slowly(kind, call) && reply.status == StatusCode::OK) else {
        return Ok(reply);
    };
    let number = manager.operations.ended(doomed.value.clone());
    if kind == ArmType::Api {
        return Ok(ended::api_deleted(call, number, &doomed.value));
    }
    let service = doomed.value.clone();
    let mut shown = body(&manager.store.current(), doomed, kind, call, View::Read);
    if call.version() >= "2022-08-01" {
        shown["properties"]["provisioningState"] = "Deleting".into();
    }
    shown["properties"]["targetProvisioningState"] = "Deleting".into();
    Ok(ended::of_service(call, Reply::with(StatusCode::ACCEPTED, shown), number, &service))
}

/// Handles `listSecrets`, `regeneratePrimaryKey` and `regenerateSecondaryKey`.
pub(super) async fn subscription_action(
    manager: &ResourceManager,
    id: ResourceId,
    action: &str,
) -> Result<Reply, Reply> {
    let not_found = missing(&manager.store.current(), &id, ArmType::ApimSubscription)?;
    let Ok(id) = ApimSubscriptionId::try_from(id) else { return Err(not_found) };
    let slot = match action {
        "listsecrets" => {
            let keys = manager.store.current().keys(&id).await.map_err(|error| refused(&error))?;
            let Some(keys) = keys else { return Err(not_found) };
            return Ok(Reply::ok(secrets(&keys.value)).tagged(&keys.etag));
        }
        "regenerateprimarykey" => KeySlot::Primary,
        "regeneratesecondarykey" => KeySlot::Secondary,
        _ => return Err(Reply::no_such_action(action)),
    };
    Ok(manager.store.change(move |plane| regenerate(plane, id, slot)).await)
}

fn regenerate(
    plane: &JsonControlPlane,
    id: ApimSubscriptionId,
    slot: KeySlot,
) -> BoxFuture<'_, Result<Reply, Reply>> {
    async move {
        plane.regenerate(&id, slot).await.map_err(|error| refused(&error))?;
        Ok(Reply::status(StatusCode::NO_CONTENT))
    }
    .boxed()
}

/// Whether a DELETE of the resource is answered as a long-running operation: a service's, and since 2024 an API's.
fn goes_slowly(kind: ArmType, call: &Call) -> bool {
    let is_recent = call.query.get("api-version").is_some_and(|version| version >= "2024-05-01");
    kind == ArmType::ApimService || kind == ArmType::Api && is_recent
}

/// Whether the type supports PATCH.
fn patches(kind: ArmType) -> bool {
    !matches!(kind, ArmType::ProductApi | ArmType::ProductPolicy)
}

/// Returns the methods that a resource supports, as API Management's front end lists them.
fn methods(kind: ArmType) -> &'static str {
    match kind {
        ArmType::ProductApi => "HEAD,PUT,DELETE",
        ArmType::ProductPolicy => "GET,HEAD,PUT,DELETE",
        ArmType::ApimService
        | ArmType::Api
        | ArmType::ApiOperation
        | ArmType::ApiVersionSet
        | ArmType::Product
        | ArmType::ApimSubscription
        | ArmType::StaticSite
        | ArmType::SiteEnvironment
        | ArmType::LinkedBackend => "GET,HEAD,PUT,PATCH,DELETE",
    }
}

pub(super) fn if_match_required() -> Reply {
    Reply::apim_invalid("If-Match", "If-Match header is required.")
}
