//! The bodies of API Management's resources: the fields that Azure returns, in Azure's order, for each API version.

mod api;
mod service;
mod subscription;

use serde_json::{Map, Value, json};

use crate::{
    model::{ArmType, Resource, ResourceId},
    provider::json::JsonControlPlane,
};

/// The kind of answer that shows a resource; Azure's answers differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// The answer to the PUT that creates it.
    Created,
    /// The answer to a PUT or PATCH of an existing resource.
    Changed,
    /// The answer to a GET.
    Read,
    /// An element of a list.
    Listed,
    /// An element of another resource's list, such as a product's APIs.
    Nested,
}

impl View {
    fn is_put(self) -> bool {
        matches!(self, Self::Created | Self::Changed)
    }
}

/// The form in which a request expects its answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    pub(super) view: View,
    pub(super) version: &'a str,
}

impl Wanted<'_> {
    /// Whether the request's API version is this one or later.
    fn since(&self, version: &str) -> bool {
        self.version >= version
    }
}

/// Moves the properties of a resource one by one into the order in which they are shown.
struct Picked {
    from: Map<String, Value>,
    to: Map<String, Value>,
}

impl Picked {
    /// Adds the value, or null if there is none.
    fn nullable(&mut self, name: &str) -> &mut Self {
        self.or(name, Value::Null)
    }

    /// Adds the value, or this default if there is none.
    fn or(&mut self, name: &str, default: impl Into<Value>) -> &mut Self {
        let value = self.from.remove(name).filter(|value| !value.is_null());
        self.set(name, value.unwrap_or_else(|| default.into()))
    }

    /// Adds the value if there is one.
    fn present(&mut self, name: &str) -> &mut Self {
        if let Some(value) = self.from.remove(name).filter(|value| !value.is_null()) {
            self.set(name, value);
        }
        self
    }

    fn set(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        self.to.insert(name.to_owned(), value.into());
        self
    }

    fn is_true(&self, name: &str, default: bool) -> bool {
        self.from.get(name).and_then(Value::as_bool).unwrap_or(default)
    }
}

/// Returns a resource as an answer shows it.
pub(super) fn shown(
    plane: &JsonControlPlane,
    resource: Resource,
    kind: ArmType,
    wanted: Wanted<'_>,
) -> Value {
    if kind == ArmType::ApimService {
        return service::shown(resource, wanted);
    }
    let id = resource.id().clone();
    let body = match resource.into_value() {
        Value::Object(body) => body,
        _ => Map::new(),
    };
    let from = body.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut picked = Picked { from, to: Map::new() };
    match kind {
        ArmType::Product => product(&mut picked, &id, wanted),
        ArmType::Api => api::api(&mut picked, plane, wanted),
        ArmType::ProductApi => api::of_product(&mut picked, wanted),
        ArmType::ApiOperation => api::operation(&mut picked, wanted),
        ArmType::ApiVersionSet => version_set(&mut picked),
        ArmType::ApimSubscription => subscription::shown(&mut picked, wanted),
        ArmType::ProductPolicy
        | ArmType::ApimService
        | ArmType::StaticSite
        | ArmType::SiteEnvironment
        | ArmType::LinkedBackend => {
            picked.to = std::mem::take(&mut picked.from);
        }
    }
    json!({"id": id.as_str(), "type": id.resource_type(), "name": id.name(), "properties": picked.to})
}

/// Returns the same resource with the id under which another resource lists it.
pub(super) fn listed_below(mut value: Value, parent: &ResourceId, collection: &str) -> Value {
    let name = value.get("name").and_then(Value::as_str).unwrap_or_default();
    value["id"] = format!("{parent}/{collection}/{name}").into();
    value["type"] = format!("{}/{collection}", parent.resource_type()).into();
    value
}

fn product(picked: &mut Picked, id: &ResourceId, wanted: Wanted<'_>) {
    let required = picked.is_true("subscriptionRequired", true);
    picked.nullable("displayName").nullable("description").nullable("terms").or("subscriptionRequired", true);
    if required {
        picked.or("approvalRequired", false);
    } else {
        picked.set("approvalRequired", Value::Null);
    }
    picked.nullable("subscriptionsLimit").or("state", "notPublished");
    match wanted.view {
        View::Created => drop(picked.set("groups", json!([administrators(id)]))),
        View::Changed => drop(picked.set("groups", json!([]))),
        View::Read | View::Listed if wanted.since("2024-05-01") => drop(picked.set("groups", json!([]))),
        View::Read | View::Listed | View::Nested => {}
    }
}

/// The administrators group, which has access to every product.
fn administrators(product: &ResourceId) -> Value {
    let service = product.parent().unwrap_or_else(|| product.clone());
    json!({"id": format!("{service}/groups/administrators"), "name": "Administrators",
        "description": "Administrators is a built-in group containing the admin email account provided at the time of \
        service creation. Its membership is managed by the system.", "builtIn": true, "type": "system",
        "externalId": null})
}

fn version_set(picked: &mut Picked) {
    picked.nullable("displayName").nullable("description").nullable("versioningScheme");
    picked.nullable("versionQueryName").nullable("versionHeaderName");
}

/// Returns the version set of an API, as the answer to a PUT of the API shows it.
fn version_set_of(plane: &JsonControlPlane, api: &Map<String, Value>) -> Option<Value> {
    let id = ResourceId::parse(api.get("apiVersionSetId")?.as_str()?).ok()?;
    let set = plane.find(&id).ok()??.value;
    let text = |name: &str| set.field(&format!("properties.{name}")).cloned().unwrap_or_default();
    Some(json!({"id": id.as_str(), "name": text("displayName"), "description": text("description"),
        "versioningScheme": text("versioningScheme"), "versionQueryName": text("versionQueryName"),
        "versionHeaderName": text("versionHeaderName")}))
}
