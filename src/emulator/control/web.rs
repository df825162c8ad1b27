//! `Microsoft.Web`: static sites, their environments and what these are linked to.

use std::{fmt::Write as _, sync::Arc};

use futures_util::{FutureExt as _, future::BoxFuture};
use hyper::Method;
use serde_json::{Map, Value, json};

use super::{
    Call, ControlPlane, Reply, merged, page,
    page::Style,
    refused,
    route::{Collection as Listed, Kind},
};
use crate::{
    ambient::Ambient,
    model::{PRODUCTION, Resource, ResourceId},
    provider::{ControlPlane as _, Expected, json::JsonControlPlane},
};

/// How times are written: PUT names the zone, GET does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    Named,
    Omitted,
}

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
                build_body(plane, id, found)?
            }
            (_, Some(found)) => site_body(plane, found)?,
            (_, None) => return Err(Reply::web_not_found(kind.noun(), id.name())),
        }))
    }

    fn backend_reply(&self, call: &Call, id: &ResourceId, found: Option<Resource>) -> Result<Reply, Reply> {
        let shown = self.operations.shown(id);
        let is_going_on = shown.is_some();
        let Some(found) = shown.or(found) else {
            return Err(Reply::web_not_found(Kind::LinkedBackend.noun(), id.name()));
        };
        let reply = Reply::ok(backend_body(self, found, call, Zone::Omitted));
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
            _ => builds(plane, parent)?,
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
        Ok(backends.into_iter().map(|backend| backend_body(self, backend, call, Zone::Omitted)).collect())
    }

    async fn put_site(&self, call: &Call, id: ResourceId) -> Result<Reply, Reply> {
        let (body, ambient) = (call.object()?, Arc::clone(&self.ambient));
        let is_new = call.method == Method::PUT;
        let reply = self.store.change(move |plane| site_put(plane, ambient, id, body, is_new)).await;
        Ok(reply)
    }

    async fn put_build(&self, call: &Call, id: ResourceId) -> Result<Reply, Reply> {
        let body = call.object()?;
        Ok(self.store.change(move |plane| build_put(plane, id, body)).await)
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

fn site_of(id: &ResourceId) -> ResourceId {
    let mut site = id.clone();
    while let Some(parent) = site.parent() {
        site = parent;
    }
    site
}

fn site_put(
    plane: &JsonControlPlane,
    ambient: Arc<dyn Ambient>,
    id: ResourceId,
    body: Map<String, Value>,
    may_create: bool,
) -> BoxFuture<'_, Result<Reply, Reply>> {
    async move {
        let before = plane.find(&id).map_err(|error| refused(&error))?;
        if before.is_none() && !may_create {
            return Err(Reply::resource_not_found(&id));
        }
        let mut site = merged(&id, before.map(|before| before.value), body)?;
        drop(site.remove_property("buildProperties"));
        let fresh = || format!("{}.5.azurestaticapps.net", label(&*ambient));
        for (name, value) in site_defaults() {
            default(&mut site, &name, value);
        }
        default(&mut site, "defaultHostname", Value::Null);
        if site.field("properties.defaultHostname").is_none() {
            site.set_property("defaultHostname", fresh());
        }
        plane.put(site, Expected::Anything).await.map_err(|error| refused(&error))?;
        let now = plane.find(&id).map_err(|error| refused(&error))?;
        let now = now.ok_or_else(Reply::internal_error)?;
        Ok(Reply::ok(site_body(plane, now.value)?))
    }
    .boxed()
}

/// What a site says of itself that nobody has asked for.
fn site_defaults() -> Map<String, Value> {
    let defaults = json!({
        "repositoryUrl": null, "branch": null, "customDomains": [], "stableInboundIP": "203.0.113.10",
        "privateEndpointConnections": [], "stagingEnvironmentPolicy": "Enabled", "allowConfigFileUpdates": true,
        "contentDistributionEndpoint": "https://content-dm1.infrastructure.5.azurestaticapps.net",
        "keyVaultReferenceIdentity": "SystemAssigned", "userProvidedFunctionApps": null, "provider": "None",
        "enterpriseGradeCdnStatus": "Disabled", "publicNetworkAccess": null, "databaseConnections": [],
        "trafficSplitting": {"environmentDistribution": {"default": 100}},
        "areStaticSitesDistributedBackendsEnabled": false, "targetResourceGroupResourceId": null,
        "trialExpirationTimeUtc": null, "prettyNameStatus": null, "prettyName": null, "prettyNameHostname": null,
        "backendRegion": {"regionName": null, "status": null}, "stagingEnvironmentRegion": null,
    });
    defaults.as_object().cloned().unwrap_or_default()
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
        Ok(Reply::ok(build_body(plane, &id, Some(build))?))
    }
    .boxed()
}

fn site_body(plane: &JsonControlPlane, mut site: Resource) -> Result<Value, Reply> {
    let production = site.id().child("builds", PRODUCTION).map_err(|_| Reply::internal_error())?;
    site.set_property("linkedBackends", summaries(plane, &production)?);
    let mut value = site.into_value();
    if let Some(location) = value.get("location").and_then(Value::as_str).map(display_name) {
        value["location"] = location.into();
    }
    if value.get("sku").is_none() {
        value["sku"] = json!({"name": "Free", "tier": "Free"});
    }
    Ok(value)
}

/// A region as `Microsoft.Web` writes it.
fn display_name(region: &str) -> String {
    const KNOWN: [(&str, &str); 6] = [
        ("centralus", "Central US"),
        ("eastasia", "East Asia"),
        ("eastus2", "East US 2"),
        ("westeurope", "West Europe"),
        ("westus", "West US"),
        ("westus2", "West US 2"),
    ];
    KNOWN.iter().find(|(name, _)| *name == region).map_or(region, |(_, shown)| *shown).to_owned()
}

/// The environments of a site, production first.
fn builds(plane: &JsonControlPlane, site: &ResourceId) -> Result<Vec<Value>, Reply> {
    let production = site.child("builds", PRODUCTION).map_err(|_| Reply::internal_error())?;
    let found = plane.children(site, "builds").map_err(|error| refused(&error))?;
    let mut all: Vec<(ResourceId, Option<Resource>)> =
        found.into_iter().map(|found| (found.value.id().clone(), Some(found.value))).collect();
    if !all.iter().any(|(id, _)| *id == production) {
        all.insert(0, (production, None));
    }
    let mut values = Vec::new();
    for (id, found) in all {
        values.push(build_body(plane, &id, found)?);
    }
    Ok(values)
}

/// An environment with the backend that it is linked to. Production has no record of its own.
fn build_body(plane: &JsonControlPlane, id: &ResourceId, found: Option<Resource>) -> Result<Value, Reply> {
    let mut build = found.unwrap_or_else(|| Resource::new(id.clone(), Map::new()));
    if id.name().eq_ignore_ascii_case(PRODUCTION) {
        let site = plane.find(&site_of(id)).map_err(|error| refused(&error))?;
        let hostname = site.and_then(|site| site.value.field("properties.defaultHostname").cloned());
        build.set_property("hostname", hostname.unwrap_or_default());
        default(&mut build, "buildId", PRODUCTION);
        default(&mut build, "sourceBranch", Value::Null);
        default(&mut build, "status", "Ready");
    }
    build.set_property("linkedBackends", summaries(plane, id)?);
    Ok(build.into_value())
}

/// The linked backends of an environment, as they stand in it and in its site.
fn summaries(plane: &JsonControlPlane, environment: &ResourceId) -> Result<Vec<Value>, Reply> {
    let backends = plane.children(environment, "linkedBackends").map_err(|error| refused(&error))?;
    Ok(backends.into_iter().map(|backend| summary(&with_defaults(plane, backend.value))).collect())
}

fn summary(backend: &Resource) -> Value {
    let mut properties = backend.field("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(created) = properties.get_mut("createdOn") {
        *created = without_zone(created);
    }
    Value::Object(properties)
}

fn without_zone(time: &Value) -> Value {
    time.as_str().map_or(Value::Null, |time| time.trim_end_matches('Z').into())
}

/// A linked backend with the fields that Azure adds to it.
pub(super) fn with_defaults(plane: &JsonControlPlane, mut backend: Resource) -> Resource {
    default(&mut backend, "region", Value::Null);
    default(&mut backend, "createdOn", Value::Null);
    for name in [
        "areAutomatedDeploymentsEnabled",
        "storageAccountResourceId",
        "userAssignedManagedIdentityResourceId",
    ] {
        default(&mut backend, name, Value::Null);
    }
    default(&mut backend, "managedServiceIdentityType", "None");
    default(&mut backend, "routingPath", Value::Null);
    let site = plane.find(&site_of(backend.id())).ok().flatten();
    let location = site.and_then(|site| site.value.field("location").cloned());
    let location = location.unwrap_or_default();
    let location = location.as_str().map(display_name);
    let mut value = backend.into_value();
    if value.get("location").is_none() {
        value["location"] = location.into();
    }
    Resource::from_value(value).unwrap_or_else(|_| unreachable!("it had an id before"))
}

pub(super) fn backend_body(cx: &ControlPlane, backend: Resource, call: &Call, zone: Zone) -> Value {
    let backend = with_defaults(cx.store.current(), backend);
    let mut value = backend.into_value();
    let properties = value.get_mut("properties").and_then(Value::as_object_mut);
    if let Some(properties) = properties {
        if call.query.get("api-version").is_some_and(|version| version < "2023-01-01") {
            let known = ["backendResourceId", "region", "createdOn", "provisioningState"];
            properties.retain(|name, _| known.contains(&name.as_str()));
        }
        if zone == Zone::Omitted
            && let Some(created) = properties.get_mut("createdOn")
        {
            *created = without_zone(created);
        }
    }
    value
}
