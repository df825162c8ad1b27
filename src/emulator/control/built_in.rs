//! The subscriptions that API Management creates automatically: one for all APIs with a new service, and the
//! administrator's own with each new product.

use serde_json::json;

use super::refused::refused;
use crate::{
    ambient::Ambient,
    emulator::reply::Reply,
    model::{ArmType, Resource, ResourceId},
    provider::{Expected, Writes as _, json::JsonControlPlane},
};

/// The format in which API Management's answers write a time that was just recorded.
pub(super) const TIME: &str = "%Y-%m-%dT%H:%M:%S%.7fZ";

/// Creates the subscription to all APIs that a new service has.
pub(super) async fn of_service(
    plane: &JsonControlPlane,
    ambient: &dyn Ambient,
    service: &ResourceId,
) -> Result<(), Reply> {
    let master = service
        .child(ArmType::ApimSubscription.collection(), "master")
        .map_err(|_| Reply::internal_error())?;
    let properties = json!({"scope": format!("{service}/"), "displayName": "Built-in all-access subscription",
        "state": "active", "createdDate": ambient.now().strftime(TIME).to_string(), "allowTracing": false});
    put(plane, master, properties).await
}

/// Creates the administrator's own subscription to a new product. The first eight of the 24 hex digits of its name are
/// the second in which it is created.
pub(super) async fn of_product(
    plane: &JsonControlPlane,
    ambient: &dyn Ambient,
    product: &ResourceId,
) -> Result<(), Reply> {
    let service = product.parent().ok_or_else(Reply::internal_error)?;
    let now = ambient.now();
    let chance = ambient.unguessable().simple().to_string();
    let name = format!("{:08x}{}", u32::try_from(now.as_second()).unwrap_or_default(), &chance[..16]);
    let id =
        service.child(ArmType::ApimSubscription.collection(), &name).map_err(|_| Reply::internal_error())?;
    let properties = json!({"ownerId": format!("{service}/users/1"), "scope": product.as_str(), "displayName": null,
        "state": "active", "createdDate": now.strftime(TIME).to_string(),
        "startDate": now.strftime("%Y-%m-%dT00:00:00Z").to_string(), "allowTracing": false});
    put(plane, id, properties).await
}

async fn put(plane: &JsonControlPlane, id: ResourceId, properties: serde_json::Value) -> Result<(), Reply> {
    let properties = properties.as_object().cloned().unwrap_or_default();
    let made = plane.put(Resource::new(id, properties), Expected::Absent).await;
    made.map(drop).map_err(|error| refused(&error))
}
