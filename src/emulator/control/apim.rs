//! `Microsoft.ApiManagement`: services and what is in them.

use std::sync::Arc;

use futures_util::{FutureExt as _, future::BoxFuture};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    Call, ControlPlane, Reply, order, page,
    page::Style,
    policy, refused, revision,
    route::{Collection as Listed, Kind},
    shape::{self, View, Wanted},
    write,
};
use crate::{
    emulator::switches::Shape,
    model::{ApimSubscriptionId, KeyPair, KeySlot, PolicyFormat, ProductId, Resource, ResourceId},
    provider::{Collection, ControlPlane as _, Versioned, json::JsonControlPlane},
};

impl ControlPlane {
    pub(super) async fn apim(&self, call: &Call, id: ResourceId, kind: Kind) -> Result<Reply, Reply> {
        match call.method {
            Method::HEAD => self.apim_head(&id, kind),
            Method::GET if call.query.get("asyncId").is_some() => self.asynchronous(call),
            Method::GET if kind != Kind::ProductApi => self.apim_get(call, &id, kind),
            Method::PUT | Method::PATCH if call.method == Method::PUT || patches(kind) => {
                self.apim_put(call, id, kind).await
            }
            Method::DELETE => self.apim_delete(call, id, kind).await,
            _ => Err(Reply::apim_method_not_allowed(&call.method, methods(kind))),
        }
    }

    fn apim_head(&self, id: &ResourceId, kind: Kind) -> Result<Reply, Reply> {
        match find(self.store.current(), id)? {
            None => Ok(Reply::status(StatusCode::NOT_FOUND)),
            Some(_) if kind == Kind::ProductApi => Ok(Reply::status(StatusCode::NO_CONTENT)),
            Some(found) => Ok(Reply::status(StatusCode::OK).tagged(&found.etag)),
        }
    }

    fn apim_get(&self, call: &Call, id: &ResourceId, kind: Kind) -> Result<Reply, Reply> {
        let plane = self.store.current();
        if kind == Kind::ProductPolicy {
            policy::known_format(call.query.get("format"))?;
        }
        match find(plane, id)? {
            Some(found) => {
                let etag = found.etag.clone();
                let reply = Reply::ok(body(plane, found, kind, call, View::Read)).tagged(&etag);
                Ok(if kind == Kind::Service { reply } else { reply.indented() })
            }
            None => Err(missing(plane, id, kind)?),
        }
    }

    /// How far the operation has come whose number is in the address of the resource that it is about.
    fn asynchronous(&self, call: &Call) -> Result<Reply, Reply> {
        let number = call.query.get("asyncId").and_then(|text| text.parse().ok());
        let number = number.ok_or_else(|| Reply::apim_invalid("asyncId", "The operation was not found."))?;
        Ok(self.operations.progress(call, number, |_| None))
    }

    pub(super) async fn apim_list(
        &self,
        call: &Call,
        parent: &ResourceId,
        listed: Listed,
    ) -> Result<Reply, Reply> {
        let plane = self.store.current();
        if find(plane, parent)?.is_none() {
            let kind = Kind::of_type(&parent.resource_type()).unwrap_or(Kind::Service);
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

    async fn apim_put(&self, call: &Call, id: ResourceId, kind: Kind) -> Result<Reply, Reply> {
        if call.method == Method::PATCH && call.if_match.is_none() && kind != Kind::Service {
            return Err(if_match_required());
        }
        let call = if kind == Kind::ProductPolicy { policy::fetched(call).await? } else { call.clone() };
        let ambient = Arc::clone(&self.ambient);
        Ok(self.store.change(move |plane| write::put(plane, ambient, call, id, kind)).await)
    }

    async fn apim_delete(&self, call: &Call, id: ResourceId, kind: Kind) -> Result<Reply, Reply> {
        let (of_change, doomed) = (call.clone(), find(self.store.current(), &id)?);
        if doomed.is_none() && !has_group(self.store.current(), &id)? {
            return Err(Reply::group_not_found(id.group().unwrap_or_default()));
        }
        let reply = self.store.change(move |plane| write::delete(plane, of_change, id, kind)).await;
        let Some(doomed) = doomed.filter(|_| goes_slowly(kind, call) && reply.status == StatusCode::OK)
        else {
            return Ok(reply);
        };
        let (plane, shape) = (self.store.current(), Shape::AcceptedLocation);
        let number = self.operations.begin(doomed.value.clone(), shape);
        self.operations.finish(number, super::operations::Stage::Succeeded, Value::Null);
        if kind == Kind::Api {
            return Ok(super::Operations::api_deleted(call, number, &doomed.value));
        }
        let shown = body(plane, doomed, kind, call, View::Read);
        Ok(super::Operations::begun(call, number, shape, shown))
    }

    /// `listSecrets`, `regeneratePrimaryKey` and `regenerateSecondaryKey`.
    pub(super) async fn subscription_action(&self, id: ResourceId, action: &str) -> Result<Reply, Reply> {
        let not_found = missing(self.store.current(), &id, Kind::Subscription)?;
        let Ok(id) = ApimSubscriptionId::try_from(id) else { return Err(not_found) };
        let slot = match action {
            "listsecrets" => {
                let keys = self.store.current().keys(&id).await.map_err(|error| refused(&error))?;
                let Some(keys) = keys else { return Err(not_found) };
                return Ok(Reply::ok(secrets(&keys.value)).tagged(&keys.etag));
            }
            "regenerateprimarykey" => KeySlot::Primary,
            "regeneratesecondarykey" => KeySlot::Secondary,
            _ => return Err(Reply::no_such_action(action)),
        };
        Ok(self.store.change(move |plane| regenerate(plane, id, slot)).await)
    }
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

/// Whether the end of a resource is told as that of an operation: a service's, and since 2024 an API's.
fn goes_slowly(kind: Kind, call: &Call) -> bool {
    let is_recent = call.query.get("api-version").is_some_and(|version| version >= "2024-05-01");
    kind == Kind::Service || kind == Kind::Api && is_recent
}

/// What can be changed in part.
fn patches(kind: Kind) -> bool {
    !matches!(kind, Kind::ProductApi | Kind::ProductPolicy)
}

/// The methods of a resource, as the front of API Management names them.
fn methods(kind: Kind) -> &'static str {
    match kind {
        Kind::ProductApi => "HEAD,PUT,DELETE",
        Kind::ProductPolicy => "GET,HEAD,PUT,DELETE",
        Kind::Service
        | Kind::Api
        | Kind::ApiOperation
        | Kind::ApiVersionSet
        | Kind::Product
        | Kind::Subscription
        | Kind::Site
        | Kind::Build
        | Kind::LinkedBackend => "GET,HEAD,PUT,PATCH,DELETE",
    }
}

pub(super) fn find(plane: &JsonControlPlane, id: &ResourceId) -> Result<Option<Versioned<Resource>>, Reply> {
    plane.find(id).map_err(|error| refused(&error))
}

/// The answer for something that is not there: Resource Manager's own, if its service is not there either.
pub(super) fn missing(plane: &JsonControlPlane, id: &ResourceId, kind: Kind) -> Result<Reply, Reply> {
    let mut top = id.clone();
    while let Some(parent) = top.parent() {
        top = parent;
    }
    if kind == Kind::Service || find(plane, &top)?.is_none() {
        return Ok(Reply::resource_not_found(&top));
    }
    Ok(not_found(kind))
}

pub(super) fn not_found(kind: Kind) -> Reply {
    Reply::apim(StatusCode::NOT_FOUND, "ResourceNotFound", &format!("{} not found.", kind.noun()))
}

pub(super) fn if_match_required() -> Reply {
    Reply::apim_invalid("If-Match", "If-Match header is required.")
}

pub(super) async fn listed_below(
    plane: &JsonControlPlane,
    parent: &ResourceId,
    listed: Listed,
) -> Result<(Vec<Versioned<Resource>>, Kind), Reply> {
    let product = || ProductId::try_from(parent.clone()).map_err(|_| Reply::internal_error());
    let (found, kind) = match listed {
        Listed::ProductSubscriptions => {
            (plane.list(&Collection::ProductSubscriptions(product()?)).await, Kind::Subscription)
        }
        Listed::Of(Kind::ProductApi) => {
            (plane.list(&Collection::ProductApis(product()?)).await, Kind::ProductApi)
        }
        Listed::ApiProducts => return Ok((products_of(plane, parent)?, Kind::Product)),
        Listed::ApiRevisions => return Ok((Vec::new(), Kind::Api)),
        Listed::Of(kind) => (plane.children(parent, collection_name(kind)), kind),
    };
    Ok((found.map_err(|error| refused(&error))?, kind))
}

fn collection_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Site | Kind::Service => "",
        Kind::Build => "builds",
        Kind::LinkedBackend => "linkedBackends",
        Kind::Api | Kind::ProductApi => "apis",
        Kind::ApiOperation => "operations",
        Kind::ApiVersionSet => "apiVersionSets",
        Kind::Product => "products",
        Kind::ProductPolicy => "policies",
        Kind::Subscription => "subscriptions",
    }
}

/// The products that an API is in.
fn products_of(plane: &JsonControlPlane, api: &ResourceId) -> Result<Vec<Versioned<Resource>>, Reply> {
    let service = api.parent().ok_or_else(Reply::internal_error)?;
    let mut products = plane.children(&service, "products").map_err(|error| refused(&error))?;
    products.retain(|product| {
        let place = product.value.id().child("apis", api.name());
        place.is_ok_and(|place| plane.exists(&place).unwrap_or(false))
    });
    Ok(products)
}

/// A resource as an answer shows it.
pub(super) fn body(
    plane: &JsonControlPlane,
    found: Versioned<Resource>,
    kind: Kind,
    call: &Call,
    view: View,
) -> Value {
    let mut resource = found.value;
    if kind == Kind::ProductPolicy {
        let written = resource.text("properties.value").ok().flatten().unwrap_or_default();
        let asked = call.query.get("format").filter(|_| call.method == Method::GET);
        let (format, shown) = policy::shown(written, PolicyFormat::of(asked).unwrap_or(PolicyFormat::Xml));
        resource.set_property("value", shown);
        resource.set_property("format", format);
    }
    let mut value = shape::shown(plane, resource, kind, Wanted { view, version: call.version() });
    if kind == Kind::Service {
        value["etag"] = found.etag.as_str().trim_matches('"').into();
    }
    value
}

/// The resource that a property names by its id.
pub(super) fn named(id: &str) -> Option<ResourceId> {
    ResourceId::parse(id).ok()
}

/// Whether anything is in the resource group of an id.
fn has_group(plane: &JsonControlPlane, id: &ResourceId) -> Result<bool, Reply> {
    let group = ResourceId::resource_group(id.azure_subscription(), id.group().unwrap_or_default());
    let within = group.map_err(|_| Reply::internal_error())?.key().to_owned();
    let all = plane.resources().map_err(|error| refused(&error))?;
    Ok(all.iter().any(|resource| {
        resource.id().key().strip_prefix(&within).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }))
}

pub(super) fn secrets(keys: &KeyPair) -> Value {
    json!({"primaryKey": keys.primary.expose(), "secondaryKey": keys.secondary.expose()})
}
