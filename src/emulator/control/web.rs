//! `Microsoft.Web`: static sites, their environments and what these are linked to.

use std::{fmt::Write as _, sync::Arc};

use futures_util::{FutureExt as _, future::BoxFuture};
use hyper::Method;
use serde_json::{Map, Value};

use super::{
    Call, ControlPlane, Reply, merged, page,
    page::Style,
    refused,
    route::{Collection as Listed, Kind},
    schema::{self, Purpose},
    site::{self, Zone},
};
use crate::{
    ambient::Ambient,
    model::{PRODUCTION, Resource, ResourceId},
    provider::{ControlPlane as _, Expected, json::JsonControlPlane},
};

impl ControlPlane {
    pub(super) async fn web(
        self: &Arc<Self>,
        call: &Call,
        id: ResourceId,
        kind: Kind,
    ) -> Result<Reply, Reply> {
        match (call.method.clone(), kind) {
            (Method::GET | Method::HEAD, _) => self.web_get(call, &id, kind),
            (Method::PUT, Kind::LinkedBackend) => self.put_backend(call, id).await,
            (Method::PUT | Method::PATCH, Kind::Site) => self.put_site(call, id).await,
            (Method::PUT, Kind::Build) => self.put_build(call, id).await,
            (Method::DELETE, _) => self.web_delete(id, kind).await,
            _ => Err(Reply::method_not_allowed(&call.method)),
        }
    }

    fn web_get(&self, call: &Call, id: &ResourceId, kind: Kind) -> Result<Reply, Reply> {
        let plane = self.store.current();
        let found = plane.find(id).map_err(|error| refused(&error))?.map(|found| found.value);
        let site = site_of(id);
        if !plane.exists(&site).map_err(|error| refused(&error))? {
            return Err(Reply::resource_not_found(&site));
        }
        if kind == Kind::LinkedBackend {
            return self.backend_reply(call, id, found);
        }
        Ok(Reply::ok(match (kind, found) {
            (Kind::Build, found) if found.is_some() || id.name().eq_ignore_ascii_case(PRODUCTION) => {
                site::build(plane, id, found, call)?
            }
            (_, Some(found)) => site::site(plane, &found, call)?,
            (_, None) => return Err(Reply::web_not_found(kind.noun(), id.name())),
        }))
    }

    fn backend_reply(&self, call: &Call, id: &ResourceId, found: Option<Resource>) -> Result<Reply, Reply> {
        let shown = self.operations.shown(id);
        let is_going_on = shown.is_some();
        let Some(found) = shown.or(found) else {
            return Err(Reply::web_not_found(Kind::LinkedBackend.noun(), id.name()));
        };
        let reply = Reply::ok(site::backend(self.store.current(), &found, call, Zone::Omitted));
        // Whoever polls the resource itself would wait for half a minute otherwise.
        Ok(if is_going_on { reply.retry_after(1) } else { reply })
    }

    pub(super) fn web_list(&self, call: &Call, parent: &ResourceId, listed: Listed) -> Result<Reply, Reply> {
        let plane = self.store.current();
        let site = site_of(parent);
        if !plane.exists(&site).map_err(|error| refused(&error))? {
            return Err(Reply::resource_not_found(&site));
        }
        if !plane.exists(parent).map_err(|error| refused(&error))? {
            return Err(Reply::web_not_found(Kind::Build.noun(), parent.name()));
        }
        let values = match listed {
            Listed::Of(Kind::LinkedBackend) => self.backends(call, parent)?,
            _ => site::builds(plane, parent, call)?,
        };
        page::page(call, values, Style::Web)
    }

    fn backends(&self, call: &Call, environment: &ResourceId) -> Result<Vec<Value>, Reply> {
        let found = self.store.current().children(environment, "linkedBackends");
        let mut backends: Vec<Resource> =
            found.map_err(|error| refused(&error))?.into_iter().map(|found| found.value).collect();
        let prefix = format!("{}/linkedbackends/", environment.key());
        for shown in self.operations.shown_below(&prefix) {
            backends.retain(|backend| backend.id() != shown.id());
            backends.push(shown);
        }
        backends.sort_by(|a, b| a.id().cmp(b.id()));
        Ok(backends
            .into_iter()
            .map(|backend| site::backend(self.store.current(), &backend, call, Zone::Omitted))
            .collect())
    }

    async fn put_site(&self, call: &Call, id: ResourceId) -> Result<Reply, Reply> {
        let is_new = call.method == Method::PUT;
        let purpose = if is_new { Purpose::Whole } else { Purpose::Part };
        let body = schema::checked(Kind::Site, purpose, call.object()?)?;
        let (of_change, ambient) = (call.clone(), Arc::clone(&self.ambient));
        Ok(self.store.change(move |plane| site_put(plane, ambient, of_change, (id, body, is_new))).await)
    }

    async fn put_build(&self, call: &Call, id: ResourceId) -> Result<Reply, Reply> {
        let body = schema::checked(Kind::Build, Purpose::Whole, call.object()?)?;
        let of_change = call.clone();
        Ok(self.store.change(move |plane| build_put(plane, of_change, id, body)).await)
    }

    async fn web_delete(&self, id: ResourceId, kind: Kind) -> Result<Reply, Reply> {
        let site = site_of(&id);
        if kind != Kind::Site && !self.store.current().exists(&site).map_err(|error| refused(&error))? {
            return Err(Reply::resource_not_found(&site));
        }
        self.operations.forget(&id);
        Ok(self.store.change(move |plane| deleted(plane, id, kind)).await)
    }
}

fn deleted(plane: &JsonControlPlane, id: ResourceId, kind: Kind) -> BoxFuture<'_, Result<Reply, Reply>> {
    async move {
        let existed = plane.exists(&id).map_err(|error| refused(&error))?;
        plane.delete(&id, Expected::Anything).await.map_err(|error| refused(&error))?;
        Ok(if kind == Kind::LinkedBackend { Reply::deleted(false) } else { Reply::deleted(existed) })
    }
    .boxed()
}

pub(super) fn site_of(id: &ResourceId) -> ResourceId {
    let mut site = id.clone();
    while let Some(parent) = site.parent() {
        site = parent;
    }
    site
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
        // given to Azure and never given back
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

pub(super) fn default(resource: &mut Resource, name: &str, value: impl Into<Value>) {
    let properties = resource.body().get("properties").and_then(Value::as_object);
    if !properties.is_some_and(|properties| properties.contains_key(name)) {
        resource.set_property(name, value);
    }
}

/// A first label of a hostname as Azure makes them.
fn label(ambient: &dyn Ambient) -> String {
    const FIRST: [&str; 8] = ["mango", "ashy", "agreeable", "brave", "calm", "gentle", "happy", "proud"];
    const SECOND: [&str; 8] = ["grass", "bush", "smoke", "coast", "river", "stone", "wave", "field"];
    let bytes = *ambient.unguessable().as_bytes();
    let (first, second) = (usize::from(bytes[0]) % 8, usize::from(bytes[1]) % 8);
    let hex = bytes[11..].iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    format!("{}-{}-{}", FIRST[first], SECOND[second], &hex[..9])
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
            default(&mut build, "hostname", format!("{label}-{}.{rest}", id.name()));
        }
        default(&mut build, "buildId", id.name());
        default(&mut build, "status", "Ready");
        plane.put(build.clone(), Expected::Anything).await.map_err(|error| refused(&error))?;
        Ok(Reply::ok(site::build(plane, &id, Some(build), &call)?))
    }
    .boxed()
}
