//! What belongs to Resource Manager itself: subscriptions, resource groups, providers, and the query by which
//! resources are found.

use std::{collections::BTreeSet, sync::Arc};

use futures_util::{FutureExt as _, future::BoxFuture};
use hyper::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::{
    Call, ControlPlane, Reply, apim, merged, page,
    page::Style,
    refused,
    route::{Kind, Route},
    version,
};
use crate::{
    model::{Resource, ResourceId},
    provider::{ControlPlane as _, Expected, json::JsonControlPlane},
};

/// The directory that everything is in.
pub(super) const TENANT: &str = "00000000-0000-0000-0000-000000000000";

impl ControlPlane {
    pub(super) async fn resources(self: &Arc<Self>, call: &Call, route: Route) -> Result<Reply, Reply> {
        let method = &call.method;
        match route {
            Route::Group(id) => return self.group(call, id).await,
            Route::Graph if method == Method::POST => return self.graph(call),
            _ if method != Method::GET => return Err(Reply::method_not_allowed(method)),
            _ => {}
        }
        let list = |values: Vec<Value>| page::page(call, values, Style::Resources);
        match route {
            Route::Endpoints => Ok(endpoints(call)),
            Route::Tenants => list(vec![json!({"id": format!("/tenants/{TENANT}"), "tenantId": TENANT,
                "displayName": "emulator", "defaultDomain": "emulator.invalid", "tenantCategory": "Home"})]),
            Route::Subscriptions => list(self.subscriptions()?.iter().map(|id| subscription(id)).collect()),
            Route::Subscription(id) if self.is_known(&id)? => {
                Ok(Reply::ok(subscription(id.azure_subscription())))
            }
            Route::Subscription(id) => Err(subscription_not_found(id.azure_subscription())),
            Route::Groups(scope) => list(self.groups(&scope)?.into_values()),
            Route::Providers(scope, None) => {
                list(vec![provider(&scope, "Microsoft.ApiManagement"), provider(&scope, "Microsoft.Web")])
            }
            Route::Providers(scope, Some(namespace)) => known_provider(&scope, &namespace),
            Route::Everywhere(scope, kind) => {
                let style = if kind.is_of_web() { Style::Web } else { Style::ApiManagement };
                page::page(call, self.top_level(&scope, Some(kind))?, style)
            }
            Route::All(scope) => list(self.top_level(&scope, None)?),
            Route::Permissions => Ok(Reply::ok(json!({"value": [{"actions": ["*"], "notActions": [],
                "dataActions": [], "notDataActions": []}]}))),
            _ => Err(Reply::method_not_allowed(method)),
        }
    }

    /// The Azure subscriptions that anything is in; one at least, so that somebody can sign in.
    fn subscriptions(&self) -> Result<BTreeSet<String>, Reply> {
        let all = self.store.current().resources().map_err(|error| refused(&error))?;
        let mut ids: BTreeSet<String> =
            all.iter().map(|resource| resource.id().azure_subscription().to_ascii_lowercase()).collect();
        if ids.is_empty() {
            ids.insert(TENANT.to_owned());
        }
        Ok(ids)
    }

    fn is_known(&self, id: &ResourceId) -> Result<bool, Reply> {
        Ok(self.subscriptions()?.contains(&id.azure_subscription().to_ascii_lowercase()))
    }

    fn groups(&self, scope: &ResourceId) -> Result<Groups, Reply> {
        let all = self.store.current().resources().map_err(|error| refused(&error))?;
        let within = format!("{}/", scope.key());
        let of_scope = all.iter().filter(|resource| resource.id().key().starts_with(&within));
        let mut groups = Groups::default();
        for resource in of_scope {
            groups.note(resource);
        }
        Ok(groups)
    }

    async fn group(&self, call: &Call, id: ResourceId) -> Result<Reply, Reply> {
        let azure_subscription = ResourceId::parse(&format!("/subscriptions/{}", id.azure_subscription()));
        let azure_subscription = azure_subscription.map_err(|_| Reply::internal_error())?;
        let found = self.groups(&azure_subscription)?.find(&id);
        match (call.method.clone(), found) {
            (Method::GET, Some(group)) => Ok(Reply::ok(group)),
            (Method::HEAD, Some(_)) => Ok(Reply::status(StatusCode::NO_CONTENT)),
            (Method::HEAD, None) => Ok(Reply::status(StatusCode::NOT_FOUND)),
            (Method::PUT, found) => {
                let body = call.object()?;
                Ok(self.store.change(move |plane| group_put(plane, id, body, found.is_some())).await)
            }
            (Method::DELETE, Some(_)) => Ok(self.store.change(move |plane| group_delete(plane, id)).await),
            (Method::GET | Method::DELETE, None) => Err(group_not_found(&id)),
            (method, _) => Err(Reply::method_not_allowed(&method)),
        }
    }

    /// The sites and services of a scope, as their own lists show them.
    fn top_level(&self, scope: &ResourceId, wanted: Option<Kind>) -> Result<Vec<Value>, Reply> {
        let plane = self.store.current();
        let all = plane.resources().map_err(|error| refused(&error))?;
        let within = format!("{}/", scope.key());
        let mut values = Vec::new();
        for resource in all.iter().filter(|resource| resource.id().key().starts_with(&within)) {
            let kind = Kind::of_type(&resource.id().resource_type()).filter(|kind| kind.is_top_level());
            let Some(kind) = kind.filter(|kind| wanted.is_none_or(|wanted| wanted == *kind)) else {
                continue;
            };
            if let Some(found) = plane.find(resource.id()).map_err(|error| refused(&error))? {
                values.push(apim::with_etag(found.value, kind, &found.etag));
            }
        }
        Ok(values)
    }

    /// Resource Graph, as far as finding resources by type, name and group needs it.
    fn graph(&self, call: &Call) -> Result<Reply, Reply> {
        let body = call.object()?;
        let query = body.get("query").and_then(Value::as_str).unwrap_or_default();
        let conditions = conditions(query);
        let scopes = body.get("subscriptions").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut rows = Vec::new();
        for id in self.subscriptions()? {
            let is = |scope: &Value| scope.as_str().is_some_and(|scope| scope.eq_ignore_ascii_case(&id));
            if !scopes.is_empty() && !scopes.iter().any(is) {
                continue;
            }
            let scope = ResourceId::parse(&format!("/subscriptions/{id}"));
            let scope = scope.map_err(|_| Reply::internal_error())?;
            rows.extend(self.top_level(&scope, None)?.into_iter().filter_map(row));
        }
        rows.retain(|row| conditions.iter().all(|(field, values)| fits(row, field, values)));
        Ok(graph_page(&body, rows))
    }
}

fn graph_page(body: &Map<String, Value>, rows: Vec<Value>) -> Reply {
    const MOST: u64 = 1000;
    let options = body.get("options").cloned().unwrap_or_default();
    let number = |name: &str| {
        let value = options.get(name)?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    };
    let start = number("$skipToken").or_else(|| number("$skip")).unwrap_or(0);
    let size = number("$top").unwrap_or(MOST).min(MOST);
    let total = rows.len();
    let (start, size) = (usize::try_from(start).unwrap_or(usize::MAX), usize::try_from(size).unwrap_or(1000));
    let data: Vec<Value> = rows.into_iter().skip(start).take(size).collect();
    let end = start.saturating_add(data.len());
    let is_cut = end < total;
    let mut answer = json!({"totalRecords": total, "count": data.len(), "data": data, "facets": [],
        "resultTruncated": if is_cut { "true" } else { "false" }});
    if is_cut {
        answer["$skipToken"] = end.to_string().into();
    }
    Reply::ok(answer)
}

/// A resource as Resource Graph shows it.
fn row(mut value: Value) -> Option<Value> {
    let id = ResourceId::parse(value.get("id")?.as_str()?).ok()?;
    let lower = value.get("type").and_then(Value::as_str).map(str::to_lowercase);
    value["type"] = lower.into();
    value["resourceGroup"] = id.group().into();
    value["subscriptionId"] = id.azure_subscription().into();
    value["tenantId"] = TENANT.into();
    Some(value)
}

fn fits(row: &Value, field: &str, values: &[String]) -> bool {
    let found = row.get(field).and_then(Value::as_str).unwrap_or_default();
    values.iter().any(|value| value.eq_ignore_ascii_case(found))
}

/// The fields that a query compares with texts, and those texts.
fn conditions(query: &str) -> Vec<(String, Vec<String>)> {
    const FIELDS: [&str; 5] = ["id", "name", "resourceGroup", "subscriptionId", "type"];
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for (code, text) in pairs(query) {
        let words: Vec<&str> =
            code.split([' ', '|', '(', ',', '\n', '\r', '\t']).filter(|it| !it.is_empty()).collect();
        match words.as_slice() {
            // one more of a list
            [] => {
                if let Some((_, values)) = found.last_mut() {
                    values.push(text.to_owned());
                }
            }
            [.., field, "=~" | "==" | "in" | "in~"] => {
                if let Some(field) = FIELDS.iter().find(|known| known.eq_ignore_ascii_case(field)) {
                    found.push(((*field).to_owned(), vec![text.to_owned()]));
                }
            }
            _ => {}
        }
    }
    found
}

/// Each quoted text, and what stands before it.
fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut parts = query.split(['\'', '"']);
    std::iter::from_fn(move || Some((parts.next()?, parts.next()?)))
}

/// Resource groups: those that are recorded, and those that something is in.
#[derive(Default)]
struct Groups(std::collections::BTreeMap<String, Value>);

impl Groups {
    fn note(&mut self, resource: &Resource) {
        let (id, Some(group)) = (resource.id(), resource.id().group()) else { return };
        let Ok(whole) = ResourceId::resource_group(id.azure_subscription(), group) else { return };
        if *id == whole {
            self.0.insert(whole.key().to_owned(), Value::Object(resource.body().clone()));
            return;
        }
        self.0.entry(whole.key().to_owned()).or_insert_with(|| {
            json!({"id": whole.as_str(), "name": group, "type": "Microsoft.Resources/resourceGroups",
                "location": "centralus", "properties": {"provisioningState": "Succeeded"}})
        });
    }

    fn find(mut self, id: &ResourceId) -> Option<Value> {
        self.0.remove(id.key())
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

/// Deletes a group with everything in it.
fn group_delete(plane: &JsonControlPlane, id: ResourceId) -> BoxFuture<'_, Result<Reply, Reply>> {
    async move {
        let all = plane.resources().map_err(|error| refused(&error))?;
        let within = format!("{}/", id.key());
        let inside = all.iter().map(Resource::id).filter(|it| it.key().starts_with(&within));
        for doomed in inside.filter(|it| it.parent().is_none()).chain([&id]) {
            plane.delete(doomed, Expected::Anything).await.map_err(|error| refused(&error))?;
        }
        Ok(Reply::status(StatusCode::OK))
    }
    .boxed()
}

fn group_not_found(id: &ResourceId) -> Reply {
    let message = format!("Resource group '{}' could not be found.", id.name());
    Reply::arm(StatusCode::NOT_FOUND, "ResourceGroupNotFound", message)
}

fn subscription_not_found(id: &str) -> Reply {
    let message = format!("The subscription '{id}' could not be found.");
    Reply::arm(StatusCode::NOT_FOUND, "SubscriptionNotFound", message)
}

fn subscription(id: &str) -> Value {
    json!({"id": format!("/subscriptions/{id}"), "authorizationSource": "RoleBased", "managedByTenants": [],
        "subscriptionId": id, "tenantId": TENANT, "displayName": "emulator", "state": "Enabled",
        "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01",
        "spendingLimit": "Off"}})
}

fn known_provider(scope: &ResourceId, namespace: &str) -> Result<Reply, Reply> {
    let known = ["Microsoft.ApiManagement", "Microsoft.Web"];
    if let Some(known) = known.iter().find(|known| known.eq_ignore_ascii_case(namespace)) {
        return Ok(Reply::ok(provider(scope, known)));
    }
    let message = format!("The resource namespace '{namespace}' is invalid.");
    Err(Reply::arm(StatusCode::NOT_FOUND, "InvalidResourceNamespace", message))
}

fn provider(scope: &ResourceId, namespace: &str) -> Value {
    let kind = if namespace == "Microsoft.Web" { "staticSites" } else { "service" };
    let locations = ["Central US", "East US 2", "West US 2", "West Europe", "East Asia"];
    json!({"id": format!("{scope}/providers/{namespace}"), "namespace": namespace,
        "registrationPolicy": "RegistrationRequired", "registrationState": "Registered",
        "resourceTypes": [{"resourceType": kind, "locations": locations,
            "apiVersions": version::of_provider(namespace)}]})
}

/// What a client has to know of a cloud before it signs in.
fn endpoints(call: &Call) -> Reply {
    let host = call.base.split_once("://").map_or("", |(_, host)| host);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_understood_as_far_as_it_compares_fields() {
        let of = |query: &str| conditions(query);
        let one = |field: &str, value: &str| (field.to_owned(), vec![value.to_owned()]);
        assert_eq!(
            of("resources | where type =~ 'microsoft.web/staticsites' | project id, name | order by id asc"),
            [one("type", "microsoft.web/staticsites")]
        );
        assert_eq!(
            of("Resources\n| where type == \"a/b\" and name =~ 'x'"),
            [one("type", "a/b"), one("name", "x")]
        );
        let list = ("type".to_owned(), vec!["a/b".to_owned(), "c/d".to_owned()]);
        assert_eq!(of("resources | where type in~ ('a/b', 'c/d')"), [list]);
        assert_eq!(of("resources | where location =~ 'x'"), []);
    }

    #[test]
    fn a_long_answer_of_the_graph_goes_on_with_a_token() {
        let rows = || (0..5).map(|n| json!({ "name": n })).collect::<Vec<_>>();
        let mut seen = Vec::new();
        let mut body = json!({"options": {"$top": 2}});
        loop {
            let reply = graph_page(body.as_object().unwrap(), rows());
            let answer = reply.body().unwrap().clone();
            seen.extend(answer["data"].as_array().unwrap().iter().map(|row| row["name"].clone()));
            let Some(token) = answer.get("$skipToken") else { break };
            body["options"]["$skipToken"] = token.clone();
        }
        assert_eq!(seen, [0, 1, 2, 3, 4].map(Value::from));
    }
}
