//! `Microsoft.ApiManagement`: services and what is in them.

use std::sync::Arc;

use futures_util::{FutureExt as _, future::BoxFuture};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    Call, ControlPlane, Reply,
    entity::{self, Change, GivenKeys},
    merged, page,
    page::Style,
    policy, refused,
    route::{Collection as Listed, Kind},
};
use crate::{
    ambient::Ambient,
    emulator::switches::Shape,
    model::{ApimSubscriptionId, Key, KeyPair, KeySlot, PolicyFormat, ProductId, Resource, ResourceId},
    provider::{Collection, ControlPlane as _, ETag, Expected, Versioned, json::JsonControlPlane},
};

impl ControlPlane {
    pub(super) async fn apim(&self, call: &Call, id: ResourceId, kind: Kind) -> Result<Reply, Reply> {
        match call.method {
            Method::HEAD => self.apim_head(&id, kind),
            Method::GET if kind != Kind::ProductApi => self.apim_get(call, &id, kind),
            Method::PUT | Method::PATCH if call.method == Method::PUT || patches(kind) => {
                self.apim_put(call, id, kind).await
            }
            Method::DELETE => self.apim_delete(call, id, kind).await,
            _ => Err(Reply::method_not_allowed(&call.method)),
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
                Ok(Reply::ok(body(found, kind, call)).tagged(&etag))
            }
            None => Err(missing(plane, id, kind)?),
        }
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
        let (found, kind) = listed_below(plane, parent, listed).await?;
        page::page(
            call,
            found.into_iter().map(|found| body(found, kind, call)).collect(),
            Style::ApiManagement,
        )
    }

    async fn apim_put(&self, call: &Call, id: ResourceId, kind: Kind) -> Result<Reply, Reply> {
        if call.method == Method::PATCH && call.if_match.is_none() {
            return Err(if_match_required());
        }
        let call = if kind == Kind::ProductPolicy { policy::fetched(call).await? } else { call.clone() };
        let ambient = Arc::clone(&self.ambient);
        Ok(self.store.change(move |plane| put(plane, ambient, call, id, kind)).await)
    }

    async fn apim_delete(&self, call: &Call, id: ResourceId, kind: Kind) -> Result<Reply, Reply> {
        let (of_change, doomed) = (call.clone(), find(self.store.current(), &id)?);
        let reply = self.store.change(move |plane| delete(plane, of_change, id, kind)).await;
        let Some(doomed) = doomed.filter(|_| goes_slowly(kind, call) && reply.status == StatusCode::OK)
        else {
            return Ok(reply);
        };
        let number = self.operations.begin(doomed.value.clone(), Shape::AcceptedLocation);
        self.operations.finish(number, super::operations::Stage::Succeeded, Value::Null);
        let shown = if kind == Kind::Service { body(doomed, kind, call) } else { Value::Null };
        Ok(super::Operations::begun(call, number, Shape::AcceptedLocation, shown))
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
    matches!(kind, Kind::Service | Kind::Api | Kind::ApiOperation | Kind::Product | Kind::Subscription)
}

fn find(plane: &JsonControlPlane, id: &ResourceId) -> Result<Option<Versioned<Resource>>, Reply> {
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

fn if_match_required() -> Reply {
    Reply::apim_invalid("If-Match", "If-Match header is required.")
}

async fn listed_below(
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

/// A resource as GET shows it.
fn body(found: Versioned<Resource>, kind: Kind, call: &Call) -> Value {
    let mut resource = found.value;
    match kind {
        Kind::ProductPolicy => {
            let written = resource.text("properties.value").ok().flatten().unwrap_or_default();
            let asked = call.query.get("format").filter(|_| call.method == Method::GET);
            let (format, shown) =
                policy::shown(written, PolicyFormat::of(asked).unwrap_or(PolicyFormat::Xml));
            resource.set_property("value", shown);
            resource.set_property("format", format);
        }
        Kind::ProductApi => {
            // A product's list shows the service's own APIs.
            let place = resource.id().clone();
            let service = place.parent().and_then(|product| product.parent());
            let api = service.and_then(|service| service.child("apis", place.name()).ok());
            let properties = resource.field("properties").and_then(Value::as_object).cloned();
            resource = Resource::new(api.unwrap_or(place), properties.unwrap_or_default());
        }
        _ => {}
    }
    with_etag(resource, kind, &found.etag)
}

/// A resource's body; a service's has its tag in it.
pub(super) fn with_etag(resource: Resource, kind: Kind, etag: &ETag) -> Value {
    let mut value = resource.into_value();
    if kind == Kind::Service {
        value["etag"] = etag.as_str().trim_matches('"').into();
    }
    value
}

fn secrets(keys: &KeyPair) -> Value {
    json!({"primaryKey": keys.primary.expose(), "secondaryKey": keys.secondary.expose()})
}

fn put(
    plane: &JsonControlPlane,
    ambient: Arc<dyn Ambient>,
    call: Call,
    id: ResourceId,
    kind: Kind,
) -> BoxFuture<'_, Result<Reply, Reply>> {
    async move {
        let before = find(plane, &id)?;
        let patched = call.method == Method::PATCH;
        if patched && before.is_none() {
            return Err(missing(plane, &id, kind)?);
        }
        let expected = call.expected(before.as_ref().map(|before| &before.etag))?;
        let mut content = call.object()?;
        let keys = GivenKeys::take(&mut content)?;
        let (existed, old) = (before.is_some(), before.map(|before| before.value));
        // PUT replaces, except for what is not the caller's to say.
        let basis = old.clone().filter(|_| patched || kind == Kind::Service);
        let resource = merged(&id, basis, content)?;
        let change = Change { existed, old: old.as_ref(), patched };
        let resource = entity::completed(resource, kind, &change, &*ambient)?;
        let mut etag = plane.put(resource, expected).await.map_err(|error| refused(&error))?;
        if kind == Kind::Service && !existed {
            make_built_in(plane, &id).await?;
        }
        if let Some(tag) = settle_keys(plane, &id, kind, keys).await? {
            etag = tag;
        }
        put_reply(plane, &call, &id, kind, existed, &etag).await
    }
    .boxed()
}

async fn put_reply(
    plane: &JsonControlPlane,
    call: &Call,
    id: &ResourceId,
    kind: Kind,
    existed: bool,
    etag: &ETag,
) -> Result<Reply, Reply> {
    let found = if kind == Kind::ProductApi {
        let all =
            listed_below(plane, &id.parent().ok_or_else(Reply::internal_error)?, Listed::Of(kind)).await?;
        all.0.into_iter().find(|found| found.value.id() == id)
    } else {
        find(plane, id)?
    };
    let found = found.ok_or_else(Reply::internal_error)?;
    let mut value = body(found, kind, call);
    if kind == Kind::Subscription
        && let Ok(id) = ApimSubscriptionId::try_from(id.clone())
        && let Some(keys) = plane.keys(&id).await.map_err(|error| refused(&error))?
        && let (Some(properties), Value::Object(secrets)) =
            (value.get_mut("properties").and_then(Value::as_object_mut), secrets(&keys.value))
    {
        properties.extend(secrets);
    }
    Ok(Reply::put(existed, value).tagged(etag))
}

/// Sets the keys that a request gives, and leaves those that it does not.
async fn settle_keys(
    plane: &JsonControlPlane,
    id: &ResourceId,
    kind: Kind,
    given: GivenKeys,
) -> Result<Option<ETag>, Reply> {
    if kind != Kind::Subscription || given.is_empty() {
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

/// What a new service has from the beginning.
async fn make_built_in(plane: &JsonControlPlane, service: &ResourceId) -> Result<(), Reply> {
    let master = service.child("subscriptions", "master").map_err(|_| Reply::internal_error())?;
    let properties = json!({"scope": format!("{service}/"), "displayName": "Built-in all-access subscription",
        "state": "active", "allowTracing": false});
    let properties = properties.as_object().cloned().unwrap_or_default();
    let made = plane.put(Resource::new(master, properties), Expected::Absent).await;
    made.map(drop).map_err(|error| refused(&error))
}

fn delete(
    plane: &JsonControlPlane,
    call: Call,
    id: ResourceId,
    kind: Kind,
) -> BoxFuture<'_, Result<Reply, Reply>> {
    async move {
        let Some(before) = find(plane, &id)? else { return Ok(Reply::deleted(false)) };
        let needs_tag = !matches!(kind, Kind::ProductApi | Kind::Service);
        if needs_tag && call.if_match.is_none() {
            return Err(if_match_required());
        }
        let expected = call.expected(Some(&before.etag))?;
        if kind == Kind::Product && call.query.get("deleteSubscriptions") == Some("true") {
            delete_subscriptions(plane, &id).await?;
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
