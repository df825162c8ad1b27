//! Reads API Management's resources from the model and shows them.

use hyper::Method;
use serde_json::{Value, json};

use super::{
    built_in::TIME,
    call::Call,
    policy,
    refused::refused,
    served::Listed,
    shape::{self, View, Wanted},
};
use crate::{
    emulator::reply::Reply,
    model::{ArmType, KeyPair, KeyTimes, PolicyFormat, ProductId, Resource, ResourceId},
    provider::{Collection, Reads as _, Versioned, json::JsonControlPlane},
};

/// Returns a resource if it exists.
pub(super) fn find(plane: &JsonControlPlane, id: &ResourceId) -> Result<Option<Versioned<Resource>>, Reply> {
    plane.find(id).map_err(|error| refused(&error))
}

/// The answer for a missing resource: Resource Manager's own error if its service is missing too.
pub(super) fn missing(plane: &JsonControlPlane, id: &ResourceId, kind: ArmType) -> Result<Reply, Reply> {
    let mut top = id.clone();
    while let Some(parent) = top.parent() {
        top = parent;
    }
    if kind == ArmType::ApimService || find(plane, &top)?.is_none() {
        return Ok(Reply::resource_not_found(&top));
    }
    Ok(Reply::apim_not_found(kind))
}

/// Returns the resources that are listed below a resource, and their type.
pub(super) async fn listed_below(
    plane: &JsonControlPlane,
    parent: &ResourceId,
    listed: Listed,
) -> Result<(Vec<Versioned<Resource>>, ArmType), Reply> {
    let product = || ProductId::try_from(parent.clone()).map_err(|_| Reply::internal_error());
    let (found, kind) = match listed {
        Listed::ProductSubscriptions => {
            (plane.list(&Collection::ProductSubscriptions(product()?)).await, ArmType::ApimSubscription)
        }
        Listed::Of(ArmType::ProductApi) => {
            (plane.list(&Collection::ProductApis(product()?)).await, ArmType::ProductApi)
        }
        Listed::ApiProducts => return Ok((products_of(plane, parent)?, ArmType::Product)),
        Listed::ApiRevisions => return Ok((Vec::new(), ArmType::Api)),
        Listed::Of(kind) => (plane.children(parent, kind.collection()), kind),
    };
    let mut found = found.map_err(|error| refused(&error))?;
    if kind == ArmType::ApimSubscription {
        for found in &mut found {
            date(plane, &mut found.value);
        }
    }
    Ok((found, kind))
}

/// Sets when a subscription was created that a command on the model has created: the model has the times of its keys.
/// Keys that were replaced since then are newer.
fn date(plane: &JsonControlPlane, subscription: &mut Resource) {
    let is_dated = subscription.text("properties.createdDate").ok().flatten().is_some();
    let times = plane.recorded_key_times(subscription.id()).unwrap_or_default();
    if let (false, KeyTimes { primary: Some(primary), secondary: Some(secondary) }) = (is_dated, times) {
        subscription.set_property("createdDate", primary.min(secondary).strftime(TIME).to_string());
    }
}

/// Returns the products that contain an API.
fn products_of(plane: &JsonControlPlane, api: &ResourceId) -> Result<Vec<Versioned<Resource>>, Reply> {
    let service = api.parent().ok_or_else(Reply::internal_error)?;
    let mut products =
        plane.children(&service, ArmType::Product.collection()).map_err(|error| refused(&error))?;
    products.retain(|product| {
        let place = product.value.id().child(ArmType::ProductApi.collection(), api.name());
        place.is_ok_and(|place| plane.exists(&place).unwrap_or(false))
    });
    Ok(products)
}

/// Returns a resource's body as an answer shows it.
pub(super) fn body(
    plane: &JsonControlPlane,
    found: Versioned<Resource>,
    kind: ArmType,
    call: &Call,
    view: View,
) -> Value {
    let mut resource = found.value;
    if kind == ArmType::ProductPolicy {
        let written = resource.text("properties.value").ok().flatten().unwrap_or_default();
        let asked = call.query.get("format").filter(|_| call.method == Method::GET);
        let (format, shown) = policy::shown(written, PolicyFormat::of(asked).unwrap_or(PolicyFormat::Xml));
        resource.set_property("value", shown);
        resource.set_property("format", format);
    }
    if kind == ArmType::ApimSubscription {
        date(plane, &mut resource);
    }
    let mut value = shape::shown(plane, resource, kind, Wanted { view, version: call.version() });
    if kind == ArmType::ApimService {
        value["etag"] = found.etag.as_str().trim_matches('"').into();
    }
    value
}

/// Returns both keys as an answer shows them.
pub(super) fn secrets(keys: &KeyPair) -> Value {
    json!({"primaryKey": keys.primary.expose(), "secondaryKey": keys.secondary.expose()})
}
