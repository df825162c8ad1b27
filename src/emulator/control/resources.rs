//! Resource Manager's own resources: subscriptions, resource groups, providers, and the Resource Graph query.

use futures_util::{FutureExt as _, future::BoxFuture};
use hyper::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::{
    call::Call,
    graph,
    manager::ResourceManager,
    merge::merged,
    page::{self, Style},
    presence::subscription_not_found,
    refused::refused,
    route::Route,
    scope::{TENANT, azure_subscriptions, top_level},
    version,
};
use crate::{
    emulator::reply::Reply,
    model::{ArmType, Resource, ResourceId, after_scheme},
    provider::{Expected, Writes as _, json::JsonControlPlane},
};

/// Handles a request for one of Resource Manager's own resources.
pub(super) async fn answer(manager: &ResourceManager, call: &Call, route: Route) -> Result<Reply, Reply> {
    let method = &call.method;
    if let Route::Group(id) = route {
        return group(manager, call, id).await;
    }
    if route == Route::Graph && method == Method::POST {
        return graph::answer(manager, call);
    }
    if method != Method::GET {
        return Err(Reply::method_not_allowed(method));
    }
    let list = |values: Vec<Value>| page::page(call, values, Style::Bare);
    match route {
        Route::Endpoints => Ok(endpoints(call)),
        Route::Tenants => list(vec![json!({"id": format!("/tenants/{TENANT}"), "tenantId": TENANT,
            "displayName": "emulator", "defaultDomain": "emulator.invalid", "tenantCategory": "Home"})]),
        Route::AzureSubscriptions => {
            let all = azure_subscriptions(manager)?;
            page::page(call, all.iter().map(|id| azure_subscription(id)).collect(), Style::Subscriptions)
        }
        Route::AzureSubscription(id) if is_known(manager, &id)? => {
            Ok(Reply::ok(azure_subscription(id.azure_subscription())))
        }
        Route::AzureSubscription(id) => Err(subscription_not_found(id.azure_subscription())),
        Route::Groups(scope) => list(groups(manager, &scope)?.into_values()),
        Route::Providers(scope, None) => {
            list(vec![provider(&scope, ArmType::ApimService), provider(&scope, ArmType::StaticSite)])
        }
        Route::Providers(scope, Some(namespace)) => known_provider(&scope, &namespace),
        Route::Everywhere(scope, kind) => {
            let style = if kind.is_of_web() { Style::Web } else { Style::Bare };
            page::page(call, top_level(manager, call, &scope, Some(kind))?, style)
        }
        Route::All(scope) => {
            let all = top_level(manager, &call.as_of(version::NEWEST), &scope, None)?;
            list(all.into_iter().map(without_properties).collect())
        }
        Route::Permissions => Ok(Reply::ok(json!({"value": [{"actions": ["*"], "notActions": [],
            "dataActions": [], "notDataActions": []}]}))),
        Route::Group(_)
        | Route::Graph
        | Route::Identity
        | Route::Activity(_)
        | Route::Operation(_)
        | Route::Collection(..)
        | Route::Resource(..)
        | Route::Action(..) => Err(Reply::method_not_allowed(method)),
    }
}

fn is_known(manager: &ResourceManager, id: &ResourceId) -> Result<bool, Reply> {
    Ok(azure_subscriptions(manager)?.contains(&id.azure_subscription().to_ascii_lowercase()))
}

fn groups(manager: &ResourceManager, scope: &ResourceId) -> Result<Groups, Reply> {
    let all = manager.store.current().resources().map_err(|error| refused(&error))?;
    let within = format!("{}/", scope.lower_case());
    let of_scope = all.iter().filter(|resource| resource.id().lower_case().starts_with(&within));
    let mut groups = Groups::default();
    for resource in of_scope {
        groups.note(resource);
    }
    for emptied in manager.emptied.groups(scope.azure_subscription()) {
        groups.note_whole(&emptied);
    }
    Ok(groups)
}

async fn group(manager: &ResourceManager, call: &Call, id: ResourceId) -> Result<Reply, Reply> {
    let azure_subscription = ResourceId::parse(&format!("/subscriptions/{}", id.azure_subscription()));
    let azure_subscription = azure_subscription.map_err(|_| Reply::internal_error())?;
    let found = groups(manager, &azure_subscription)?.find(&id);
    match (call.method.clone(), found) {
        (Method::GET, Some(group)) => Ok(Reply::ok(group)),
        (Method::HEAD, Some(_)) => Ok(Reply::status(StatusCode::NO_CONTENT)),
        (Method::HEAD, None) => Ok(Reply::status(StatusCode::NOT_FOUND)),
        (Method::PUT, found) => {
            let body = call.object()?;
            Ok(manager.store.change(move |plane| group_put(plane, id, body, found.is_some())).await)
        }
        (Method::DELETE, Some(_)) => {
            manager.emptied.end(&id);
            Ok(manager.store.change(move |plane| group_delete(plane, id)).await)
        }
        (Method::GET | Method::DELETE, None) => Err(Reply::group_not_found(id.name())),
        (method, _) => Err(Reply::method_not_allowed(&method)),
    }
}

/// Resource groups: those with a record of their own, and those that contain a resource or have contained one.
#[derive(Default)]
struct Groups(std::collections::BTreeMap<String, Value>);

impl Groups {
    fn note(&mut self, resource: &Resource) {
        let (id, Some(group)) = (resource.id(), resource.id().group()) else { return };
        let Ok(whole) = ResourceId::resource_group(id.azure_subscription(), group) else { return };
        if *id == whole {
            self.0.insert(whole.lower_case().to_owned(), Value::Object(resource.body().clone()));
            return;
        }
        self.note_whole(&whole);
    }

    /// Adds a group without a record of its own.
    fn note_whole(&mut self, whole: &ResourceId) {
        self.0.entry(whole.lower_case().to_owned()).or_insert_with(|| {
            json!({"id": whole.as_str(), "name": whole.name(), "type": "Microsoft.Resources/resourceGroups",
                "location": "centralus", "properties": {"provisioningState": "Succeeded"}})
        });
    }

    fn find(mut self, id: &ResourceId) -> Option<Value> {
        self.0.remove(id.lower_case())
    }

    fn into_values(self) -> Vec<Value> {
        self.0.into_values().collect()
    }
}

fn group_put(
    plane: &JsonControlPlane,
    id: ResourceId,
    body: Map<String, Value>,
    existed: bool,
) -> BoxFuture<'_, Result<Reply, Reply>> {
    async move {
        let mut group = merged(&id, None, body)?;
        group.set_property("provisioningState", "Succeeded");
        plane.put(group.clone(), Expected::Anything).await.map_err(|error| refused(&error))?;
        Ok(Reply::put(existed, group.into_value()))
    }
    .boxed()
}

/// Deletes a group and all resources in it.
fn group_delete(plane: &JsonControlPlane, id: ResourceId) -> BoxFuture<'_, Result<Reply, Reply>> {
    async move {
        let all = plane.resources().map_err(|error| refused(&error))?;
        let within = format!("{}/", id.lower_case());
        let inside = all.iter().map(Resource::id).filter(|it| it.lower_case().starts_with(&within));
        for doomed in inside.filter(|it| it.parent().is_none()).chain([&id]) {
            plane.delete(doomed, Expected::Anything).await.map_err(|error| refused(&error))?;
        }
        Ok(Reply::status(StatusCode::OK))
    }
    .boxed()
}

/// Returns a resource as the list of all resources shows it.
fn without_properties(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.retain(|name, _| {
            ["id", "name", "type", "location", "kind", "sku", "tags", "identity"].contains(&name.as_str())
        });
    }
    value
}

fn azure_subscription(id: &str) -> Value {
    json!({"id": format!("/subscriptions/{id}"), "authorizationSource": "RoleBased", "managedByTenants": [],
        "tags": {}, "subscriptionId": id, "tenantId": TENANT, "displayName": "emulator", "state": "Enabled",
        "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01",
        "spendingLimit": "Off"}})
}

fn known_provider(scope: &ResourceId, namespace: &str) -> Result<Reply, Reply> {
    let known = [ArmType::ApimService, ArmType::StaticSite];
    if let Some(known) = known.into_iter().find(|known| known.namespace().eq_ignore_ascii_case(namespace)) {
        return Ok(Reply::ok(provider(scope, known)));
    }
    let message = format!("The resource namespace '{namespace}' is invalid.");
    Err(Reply::arm(StatusCode::NOT_FOUND, "InvalidResourceNamespace", message))
}

/// Returns the provider of a top-level type, as Azure lists it.
fn provider(scope: &ResourceId, of: ArmType) -> Value {
    let (namespace, kind) = (of.namespace(), of.collection());
    let locations = ["Central US", "East US 2", "West US 2", "West Europe", "East Asia"];
    json!({"id": format!("{scope}/providers/{namespace}"), "namespace": namespace,
        "registrationPolicy": "RegistrationRequired", "registrationState": "Registered",
        "resourceTypes": [{"resourceType": kind, "locations": locations,
            "apiVersions": version::of_provider(of)}]})
}

/// The properties of a cloud that a client reads before it signs in.
fn endpoints(call: &Call) -> Reply {
    let host = after_scheme(&call.base).map_or("", |(_, host)| host);
    let of_cloud = json!({
        "name": "SwaApimEmulator",
        "portal": "https://portal.azure.com",
        "authentication": {"loginEndpoint": call.base, "audiences": [format!("{}/", call.base)],
            "tenant": "common", "identityProvider": "AAD"},
        "resourceManager": format!("{}/", call.base),
        "graph": format!("{}/", call.base), "graphAudience": format!("{}/", call.base),
        "microsoftGraphResourceId": format!("{}/", call.base),
        "gallery": format!("{}/", call.base), "batch": format!("{}/", call.base),
        "media": format!("{}/", call.base), "sqlManagement": format!("{}/", call.base),
        "vmImageAliasDoc": format!("{}/", call.base),
        "suffixes": {"storage": host, "keyVaultDns": host, "sqlServerHostname": host,
            "azureDataLakeStoreFileSystem": host, "azureDataLakeAnalyticsCatalogAndJob": host,
            "acrLoginServer": host, "mhsmDns": host},
    });
    let is_single = call.query.get("api-version").is_some_and(|version| version < "2018-05-01");
    Reply::ok(if is_single { of_cloud } else { json!([of_cloud]) })
}
