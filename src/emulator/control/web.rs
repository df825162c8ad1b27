//! `Microsoft.Web`: static sites, their environments and linked backends.

use std::sync::Arc;

use futures_util::{FutureExt as _, future::BoxFuture};
use hyper::{Method, StatusCode};
use serde_json::{Map, Value};

use super::{
    call::Call,
    ended, link,
    manager::ResourceManager,
    merge::{merged, set_default},
    page::{self, Style},
    refused::refused,
    schema::{self, Purpose},
    served::{Listed, noun},
    site::{self, Zone, site_of},
};
use crate::{
    ambient::Ambient,
    emulator::reply::Reply,
    model::{ArmType, PRODUCTION, Resource, ResourceId, hex},
    provider::{Expected, Writes as _, json::JsonControlPlane},
};

/// Handles a request for a resource.
pub(super) async fn answer(
    manager: &Arc<ResourceManager>,
    call: &Call,
    id: ResourceId,
    kind: ArmType,
) -> Result<Reply, Reply> {
    match call.method {
        Method::GET | Method::HEAD => get(manager, call, &id, kind),
        Method::PUT if kind == ArmType::LinkedBackend => link::put(manager, call, id).await,
        Method::PUT | Method::PATCH if kind == ArmType::StaticSite => put_site(manager, call, id).await,
        Method::PUT if kind == ArmType::SiteEnvironment => put_build(manager, call, id).await,
        Method::DELETE => delete(manager, call, id, kind).await,
        _ => Err(Reply::method_not_allowed(&call.method)),
    }
}

fn get(manager: &ResourceManager, call: &Call, id: &ResourceId, kind: ArmType) -> Result<Reply, Reply> {
    let plane = &*manager.store.current();
    let found = plane.find(id).map_err(|error| refused(&error))?.map(|found| found.value);
    let site = site_of(id);
    if !plane.exists(&site).map_err(|error| refused(&error))? {
        return Err(Reply::resource_not_found(&site));
    }
    if kind == ArmType::LinkedBackend {
        return backend_reply(manager, call, id, found);
    }
    Ok(Reply::ok(match (kind, found) {
        (ArmType::SiteEnvironment, found)
            if found.is_some() || id.name().eq_ignore_ascii_case(PRODUCTION) =>
        {
            site::build(plane, id, found, call)?
        }
        (_, Some(found)) => site::site(plane, &found, call)?,
        (_, None) => return Err(Reply::web_not_found(noun(kind), id.name())),
    }))
}

fn backend_reply(
    manager: &ResourceManager,
    call: &Call,
    id: &ResourceId,
    found: Option<Resource>,
) -> Result<Reply, Reply> {
    let shown = manager.operations.shown(id);
    let is_going_on = shown.is_some();
    let Some(found) = shown.or(found) else {
        return Err(Reply::web_not_found(noun(ArmType::LinkedBackend), id.name()));
    };
    let reply = Reply::ok(site::backend(&manager.store.current(), &found, call, Zone::Omitted));
    // Otherwise, clients that poll the resource itself would wait 30 seconds.
    Ok(if is_going_on { reply.retry_after(1) } else { reply })
}

/// Handles a request for a list.
pub(super) fn list(
    manager: &ResourceManager,
    call: &Call,
    parent: &ResourceId,
    listed: Listed,
) -> Result<Reply, Reply> {
    let plane = &*manager.store.current();
    let site = site_of(parent);
    if !plane.exists(&site).map_err(|error| refused(&error))? {
        return Err(Reply::resource_not_found(&site));
    }
    if !plane.exists(parent).map_err(|error| refused(&error))? {
        return Err(Reply::web_not_found(noun(ArmType::SiteEnvironment), parent.name()));
    }
    let values = if listed == Listed::Of(ArmType::LinkedBackend) {
        backends(manager, call, parent)?
    } else {
        site::builds(plane, parent, call)?
    };
    page::page(call, values, Style::Web)
}

fn backends(manager: &ResourceManager, call: &Call, environment: &ResourceId) -> Result<Vec<Value>, Reply> {
    let found = manager.store.current().children(environment, ArmType::LinkedBackend.collection());
    let mut backends: Vec<Resource> =
        found.map_err(|error| refused(&error))?.into_iter().map(|found| found.value).collect();
    let prefix = format!("{}/linkedbackends/", environment.lower_case());
    for shown in manager.operations.shown_below(&prefix) {
        backends.retain(|backend| backend.id() != shown.id());
        backends.push(shown);
    }
    backends.sort_by(|a, b| a.id().cmp(b.id()));
    Ok(backends
        .into_iter()
        .map(|backend| site::backend(&manager.store.current(), &backend, call, Zone::Omitted))
        .collect())
}

async fn put_site(manager: &ResourceManager, call: &Call, id: ResourceId) -> Result<Reply, Reply> {
    let is_new = call.method == Method::PUT;
    let purpose = if is_new { Purpose::Whole } else { Purpose::Part };
    let body = schema::checked(ArmType::StaticSite, purpose, call.object()?)?;
    let (of_change, ambient) = (call.clone(), Arc::clone(&manager.ambient));
    Ok(manager.store.change(move |plane| site_put(plane, ambient, of_change, (id, body, is_new))).await)
}

async fn put_build(manager: &ResourceManager, call: &Call, id: ResourceId) -> Result<Reply, Reply> {
    let body = schema::checked(ArmType::SiteEnvironment, Purpose::Whole, call.object()?)?;
    let of_change = call.clone();
    Ok(manager.store.change(move |plane| build_put(plane, of_change, id, body)).await)
}

async fn delete(
    manager: &ResourceManager,
    call: &Call,
    id: ResourceId,
    kind: ArmType,
) -> Result<Reply, Reply> {
    let find = |id: &ResourceId| manager.store.current().find(id).map_err(|error| refused(&error));
    let (site, doomed) = (find(&site_of(&id))?, find(&id)?);
    if kind != ArmType::StaticSite && site.is_none() {
        return Err(Reply::resource_not_found(&site_of(&id)));
    }
    if kind == ArmType::SiteEnvironment && id.name().eq_ignore_ascii_case(PRODUCTION) {
        return Err(Reply::production_is_not_deleted());
    }
    manager.operations.forget(&id);
    let reply = manager.store.change(move |plane| deleted(plane, id, kind)).await;
    let (Some(site), Some(doomed), StatusCode::OK) = (site, doomed, reply.status) else { return Ok(reply) };
    let number = manager.operations.ended(doomed.value);
    Ok(ended::site_deleted(call, number, &site.value))
}

fn deleted(plane: &JsonControlPlane, id: ResourceId, kind: ArmType) -> BoxFuture<'_, Result<Reply, Reply>> {
    async move {
        let existed = plane.exists(&id).map_err(|error| refused(&error))?;
        plane.delete(&id, Expected::Anything).await.map_err(|error| refused(&error))?;
        Ok(if kind == ArmType::LinkedBackend { Reply::deleted(false) } else { Reply::deleted(existed) })
    }
    .boxed()
}

fn site_put(
    plane: &JsonControlPlane,
    ambient: Arc<dyn Ambient>,
    call: Call,
    (id, body, may_create): (ResourceId, Map<String, Value>, bool),
) -> BoxFuture<'_, Result<Reply, Reply>> {
    async move {
        let before = plane.find(&id).map_err(|error| refused(&error))?;
        if before.is_none() && !may_create {
            return Err(Reply::resource_not_found(&id));
        }
        let mut site = merged(&id, before.map(|before| before.value), body)?;
        // Azure accepts these properties but never returns them.
        for name in ["buildProperties", "repositoryToken", "templateProperties"] {
            drop(site.remove_property(name));
        }
        let fresh = || format!("{}.5.azurestaticapps.net", label(&*ambient));
        if site.field("properties.defaultHostname").is_none() {
            site.set_property("defaultHostname", fresh());
        }
        plane.put(site, Expected::Anything).await.map_err(|error| refused(&error))?;
        let now = plane.find(&id).map_err(|error| refused(&error))?;
        let now = now.ok_or_else(Reply::internal_error)?;
        Ok(Reply::ok(site::site(plane, &now.value, &call)?))
    }
    .boxed()
}

/// Generates the first label of a hostname in Azure's style.
fn label(ambient: &dyn Ambient) -> String {
    const FIRST: [&str; 8] = ["mango", "ashy", "agreeable", "brave", "calm", "gentle", "happy", "proud"];
    const SECOND: [&str; 8] = ["grass", "bush", "smoke", "coast", "river", "stone", "wave", "field"];
    let bytes = *ambient.unguessable().as_bytes();
    let (first, second) = (usize::from(bytes[0]) % 8, usize::from(bytes[1]) % 8);
    format!("{}-{}-{}", FIRST[first], SECOND[second], &hex(&bytes[11..])[..9])
}

fn build_put(
    plane: &JsonControlPlane,
    call: Call,
    id: ResourceId,
    body: Map<String, Value>,
) -> BoxFuture<'_, Result<Reply, Reply>> {
    async move {
        let site = site_of(&id);
        let Some(found) = plane.find(&site).map_err(|error| refused(&error))? else {
            return Err(Reply::resource_not_found(&site));
        };
        let before = plane.find(&id).map_err(|error| refused(&error))?;
        let mut build = merged(&id, before.map(|before| before.value), body)?;
        let of_site = found.value.text("properties.defaultHostname").ok().flatten().unwrap_or_default();
        if let Some((label, rest)) = of_site.split_once('.') {
            set_default(&mut build, "hostname", format!("{label}-{}.{rest}", id.name()));
        }
        set_default(&mut build, "buildId", id.name());
        set_default(&mut build, "status", "Ready");
        plane.put(build.clone(), Expected::Anything).await.map_err(|error| refused(&error))?;
        Ok(Reply::ok(site::build(plane, &id, Some(build), &call)?))
    }
    .boxed()
}
