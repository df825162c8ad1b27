//! The bodies of `Microsoft.Web`: sites, their environments and linked backends, for each API version.

use serde_json::{Map, Value, json};

use super::{call::Call, refused::refused, region};
use crate::{
    emulator::reply::Reply,
    model::{ArmType, PRODUCTION, Resource, ResourceId},
    provider::json::JsonControlPlane,
};

/// Returns the site that an id names or is below.
pub(super) fn site_of(id: &ResourceId) -> ResourceId {
    let mut site = id.clone();
    while let Some(parent) = site.parent() {
        site = parent;
    }
    site
}

/// The format of times: the answer to a PUT includes the zone, other answers do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    Named,
    Omitted,
}

/// The properties of a site in Azure's order, each with its default value.
fn site_properties(version: &str) -> Value {
    let mut all = json!({
        "defaultHostname": null, "repositoryUrl": null, "branch": null, "customDomains": [],
        "stableInboundIP": "203.0.113.10", "privateEndpointConnections": [], "stagingEnvironmentPolicy": "Enabled",
        "allowConfigFileUpdates": true,
        "contentDistributionEndpoint": "https://content-dm1.infrastructure.5.azurestaticapps.net",
        "keyVaultReferenceIdentity": "SystemAssigned", "userProvidedFunctionApps": null, "linkedBackends": [],
        "provider": "None", "enterpriseGradeCdnStatus": "Disabled", "publicNetworkAccess": null,
        "databaseConnections": [], "trafficSplitting": {"environmentDistribution": {"default": 100}},
        "areStaticSitesDistributedBackendsEnabled": false, "targetResourceGroupResourceId": null,
        "trialExpirationTimeUtc": null, "prettyNameStatus": null, "prettyName": null, "prettyNameHostname": null,
    });
    if version >= "2023-01-01" {
        all["backendRegion"] = json!({"regionName": null, "status": null});
        all["stagingEnvironmentRegion"] = Value::Null;
    }
    all
}

/// The properties of an environment in Azure's order, each with its default value.
fn build_properties() -> Value {
    json!({"buildId": null, "sourceBranch": null, "pullRequestTitle": null, "hostname": null,
        "createdTimeUtc": null, "lastUpdatedOn": null, "status": "Ready", "hasDataApiConfigFile": null,
        "userProvidedFunctionApps": [], "linkedBackends": [], "databaseConnections": []})
}

/// The properties of a linked backend in Azure's order, each with its default value.
fn backend_properties(version: &str) -> Value {
    let mut all = json!({"backendResourceId": null, "region": null, "areAutomatedDeploymentsEnabled": null,
        "storageAccountResourceId": null, "userAssignedManagedIdentityResourceId": null,
        "managedServiceIdentityType": "None", "createdOn": null, "provisioningState": "Succeeded"});
    if version >= "2023-01-01" {
        all["routingPath"] = Value::Null;
    }
    all
}

/// Fills the template with the values of a resource.
fn filled(template: Value, resource: &Resource) -> Value {
    let Value::Object(template) = template else { return template };
    let of = |(name, default): (String, Value)| {
        let value = resource.field(&format!("properties.{name}")).cloned().unwrap_or(default);
        (name, value)
    };
    Value::Object(template.into_iter().map(of).collect())
}

/// Wraps the properties in the envelope of a `Microsoft.Web` resource.
fn envelope(resource: &Resource, location: Option<&str>, properties: Value) -> Value {
    let id = resource.id();
    let mut value = json!({"id": id.as_str(), "name": id.name(), "type": id.resource_type()});
    if let Some(kind) = resource.field("kind") {
        value["kind"] = kind.clone();
    }
    value["location"] = location.map(region::display_name).into();
    if let Some(tags) = resource.field("tags") {
        value["tags"] = tags.clone();
    }
    value["properties"] = properties;
    value
}

/// Returns a site as its answers show it.
pub(super) fn site(plane: &JsonControlPlane, site: &Resource, call: &Call) -> Result<Value, Reply> {
    let production = site
        .id()
        .child(ArmType::SiteEnvironment.collection(), PRODUCTION)
        .map_err(|_| Reply::internal_error())?;
    let mut properties = filled(site_properties(call.version()), site);
    properties["linkedBackends"] = summaries(plane, &production, call)?.into();
    let location = site.text("location").ok().flatten().unwrap_or("Central US");
    let mut value = envelope(site, Some(location), properties);
    for name in ["identity", "systemData"] {
        if let Some(there) = site.field(name) {
            value[name] = there.clone();
        }
    }
    let tier = site.text("sku.name").ok().flatten().unwrap_or("Free");
    value["sku"] = json!({"name": tier, "tier": site.text("sku.tier").ok().flatten().unwrap_or(tier)});
    Ok(value)
}

/// Returns the environments of a site, production first.
pub(super) fn builds(plane: &JsonControlPlane, site: &ResourceId, call: &Call) -> Result<Vec<Value>, Reply> {
    let production =
        site.child(ArmType::SiteEnvironment.collection(), PRODUCTION).map_err(|_| Reply::internal_error())?;
    let found =
        plane.children(site, ArmType::SiteEnvironment.collection()).map_err(|error| refused(&error))?;
    let mut all: Vec<(ResourceId, Option<Resource>)> =
        found.into_iter().map(|found| (found.value.id().clone(), Some(found.value))).collect();
    if !all.iter().any(|(id, _)| *id == production) {
        all.insert(0, (production, None));
    }
    all.into_iter().map(|(id, found)| build(plane, &id, found, call)).collect()
}

/// Returns an environment with its linked backend. Production has no record of its own in the model.
pub(super) fn build(
    plane: &JsonControlPlane,
    id: &ResourceId,
    found: Option<Resource>,
    call: &Call,
) -> Result<Value, Reply> {
    let build = found.unwrap_or_else(|| Resource::new(id.clone(), Map::new()));
    let site = plane.find(&site_of(id)).map_err(|error| refused(&error))?;
    let of_site = |path: &str| site.as_ref().and_then(|site| site.value.field(path).cloned());
    let mut properties = filled(build_properties(), &build);
    if id.name().eq_ignore_ascii_case(PRODUCTION) {
        properties["hostname"] = of_site("properties.defaultHostname").into();
        properties["sourceBranch"] = of_site("properties.branch").into();
    }
    if properties["buildId"].is_null() {
        properties["buildId"] = id.name().into();
    }
    properties["linkedBackends"] = summaries(plane, id, call)?.into();
    let location = of_site("location");
    Ok(envelope(&build, location.as_ref().and_then(Value::as_str), properties))
}

/// Returns the linked backends of an environment, in the form that environments and sites embed.
fn summaries(plane: &JsonControlPlane, environment: &ResourceId, call: &Call) -> Result<Vec<Value>, Reply> {
    let backends =
        plane.children(environment, ArmType::LinkedBackend.collection()).map_err(|error| refused(&error))?;
    Ok(backends.iter().map(|backend| of_backend(&backend.value, call, Zone::Omitted)).collect())
}

fn of_backend(backend: &Resource, call: &Call, zone: Zone) -> Value {
    let mut properties = filled(backend_properties(call.version()), backend);
    if let (Zone::Omitted, Some(created)) = (zone, properties["createdOn"].as_str()) {
        properties["createdOn"] = created.trim_end_matches('Z').into();
    }
    properties
}

/// Returns a linked backend as its answers show it.
pub(super) fn backend(plane: &JsonControlPlane, backend: &Resource, call: &Call, zone: Zone) -> Value {
    let site = plane.find(&site_of(backend.id())).ok().flatten();
    let location = site.and_then(|site| site.value.field("location").cloned());
    let location = location.as_ref().and_then(Value::as_str);
    envelope(backend, location, of_backend(backend, call, zone))
}
