//! Converts the output of `az` back to the envelope of Azure Resource Manager.
//!
//! `az` prints the models of an SDK: the fields of `properties` are next to `id`, fields without a value are null, and
//! every object with an id has its `resourceGroup` next to it. `az rest` prints the answer itself.

use serde_json::{Map, Value};

use super::merge::Says;
use crate::{
    model::{API_MANAGEMENT, ArmType, Malformed, Resource, ResourceId, WEB},
    provider::json::rules::kind::{KeyHolder, ResourceKind},
};

/// An element as a resource, and how complete it is.
pub(super) struct Lifted {
    pub(super) resource: Resource,
    pub(super) says: Says,
}

/// Why an element is not a resource that can be put.
#[derive(Debug)]
pub(super) enum Misfit {
    Malformed(Malformed),
    /// A field without a known place.
    Field {
        field: String,
        why: &'static str,
        cure: String,
    },
}

impl From<Malformed> for Misfit {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

/// Fields of an envelope that every resource can have.
const COMMON: [&str; 6] = ["id", "name", "type", "etag", "systemData", "properties"];

/// Further envelope fields, which only some resources have.
const TOP_LEVEL: [&str; 9] =
    ["location", "tags", "sku", "kind", "identity", "zones", "managedBy", "plan", "extendedLocation"];

/// Fields that the list of all resources has in addition to those of the envelope.
const OF_RESOURCE_LIST: [&str; 3] = ["createdTime", "changedTime", "provisioningState"];

/// Fields of Azure Resource Manager that SDKs spell differently.
const RESPELT: [(&str, &str); 8] = [
    ("apiType", "type"),
    ("typePropertiesType", "type"),
    ("idPropertiesId", "id"),
    ("namePropertiesName", "name"),
    ("publicIpAddresses", "publicIPAddresses"),
    ("privateIpAddresses", "privateIPAddresses"),
    ("outboundPublicIpAddresses", "outboundPublicIPAddresses"),
    ("oAuth2GrantType", "oauth2grantType"),
];

/// Converts an element in any known form to a resource.
///
/// # Errors
///
/// [`Misfit`], if the element is not a resource, or has a field whose place is unknown.
pub(super) fn lift(value: Value) -> Result<Lifted, Misfit> {
    let id = value.get("id").and_then(|id| ResourceId::parse(id.as_str()?).ok());
    let (id, mut body) = match (id, value) {
        (Some(id), Value::Object(body)) => (id, body),
        (_, value) => return Ok(Lifted { resource: Resource::from_value(value)?, says: Says::Everything }),
    };
    let is_row = remove_scopes(&mut body, &id);
    let is_flat = body.get("properties").is_none_or(Value::is_null);
    if is_flat && is_ours(&id) {
        check_identity(&body, &id)?;
        body = lifted(body, &id)?;
    }
    name_plan(&mut body, &id);
    let is_shown = remove_unset(&mut body);
    let is_view = is_row || is_flat || is_shown || is_seen_from_elsewhere(&body, &id);
    let mut value = Value::Object(body);
    if is_row || is_flat && is_ours(&id) {
        remove_nulls(&mut value);
    }
    let mut resource = Resource::from_value(value)?.in_known_casing()?;
    match ResourceKind::of(resource.id().lower_case()).key_holder() {
        Some(KeyHolder::Subscription) => rename(&mut resource, &[&OLD_FIELDS[..], &KEYS_OF_SDKS].concat()),
        Some(KeyHolder::LinkedBackend) => rename(&mut resource, &KEYS_OF_SDKS),
        None => {}
    }
    match resource.body().get("properties") {
        None | Some(Value::Null | Value::Object(_)) => {}
        Some(_) => return Err(resource.malformed("properties", "an object").into()),
    }
    Ok(Lifted { resource, says: if is_view { Says::Something } else { Says::Everything } })
}

/// The names of fields of a subscription before 2019-01-01, and their current names.
const OLD_FIELDS: [(&str, &str); 2] = [("productId", "scope"), ("userId", "ownerId")];

/// The names of keys in Python, and in Azure Resource Manager.
const KEYS_OF_SDKS: [(&str, &str); 2] = [("primary_key", "primaryKey"), ("secondary_key", "secondaryKey")];

/// Renames properties. A property that already has a value under its new name keeps it.
fn rename(resource: &mut Resource, names: &[(&str, &str)]) {
    for (old, new) in names {
        let is_old = resource.field(&format!("properties.{new}")).is_none();
        if let Some(value) = resource.remove_property(old).filter(|_| is_old) {
            resource.set_property(new, value);
        }
    }
}

/// Converts a plan that is given only by its name to an object.
fn name_plan(body: &mut Map<String, Value>, id: &ResourceId) {
    if matches!(ResourceKind::of(id.lower_case()), ResourceKind::Site | ResourceKind::Service)
        && let Some(sku @ Value::String(_)) = body.get_mut("sku")
    {
        let name = sku.take();
        *sku = Map::from_iter([("name".to_owned(), name)]).into();
    }
}

/// Refuses a flattened resource whose name or type is that of another resource.
fn check_identity(body: &Map<String, Value>, id: &ResourceId) -> Result<(), Misfit> {
    let last = |text: &str| text.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let text = |field: &str| body.get(field).and_then(Value::as_str);
    let (known, given) = (id.resource_type(), text("type").filter(|given| given.contains('/')));
    let namespace = |text: &str| text.split('/').next().unwrap_or_default().to_ascii_lowercase();
    let is_other_type =
        given.is_some_and(|given| namespace(given) != namespace(&known) || last(given) != last(&known));
    let is_other_name = text("name").is_some_and(|given| last(given) != last(id.name()));
    match [("type", is_other_type), ("name", is_other_name)].into_iter().find(|(_, is_other)| *is_other) {
        None => Ok(()),
        Some((field, _)) => {
            Err(Misfit::Field { field: field.to_owned(), why: "does not match the `id`", cure: whole(id) })
        }
    }
}

/// Whether all specific fields of resources of this provider are in `properties`.
fn is_ours(id: &ResourceId) -> bool {
    let kind = id.resource_type();
    [ArmType::StaticSite, ArmType::ApimService]
        .iter()
        .any(|of| kind.get(..of.name().len()).is_some_and(|start| start.eq_ignore_ascii_case(of.name())))
}

/// Removes the fields that `az` and Resource Graph add to a resource. Returns whether it is a row of Resource Graph.
fn remove_scopes(body: &mut Map<String, Value>, id: &ResourceId) -> bool {
    remove_group(body, id);
    let is = |name: &str| body.get(name).is_some_and(Value::is_string);
    let is_row = is("tenantId") && is("subscriptionId") && id.group().is_some();
    if is_row {
        body.shift_remove("tenantId");
        body.shift_remove("subscriptionId");
        // here an empty text means that there is no value
        body.retain(|_, value| value.as_str() != Some(""));
    }
    is_row
}

/// Removes the resource group that `az` adds next to each id.
fn remove_group(body: &mut Map<String, Value>, id: &ResourceId) {
    let named = body.get("resourceGroup").and_then(Value::as_str);
    if named.zip(id.group()).is_some_and(|(named, group)| named.eq_ignore_ascii_case(group)) {
        body.shift_remove("resourceGroup");
        body.values_mut().for_each(remove_groups_below);
    }
}

fn remove_groups_below(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(remove_groups_below),
        Value::Object(body) => {
            if let Some(id) = body.get("id").and_then(|id| ResourceId::parse(id.as_str()?).ok()) {
                remove_group(body, &id);
            }
            body.values_mut().for_each(remove_groups_below);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether the id of an element is a path to its resource through another one, such as a product's subscription. Lists
/// at such paths abridge the resource.
fn is_seen_from_elsewhere(body: &Map<String, Value>, id: &ResourceId) -> bool {
    let given = body.get("id").and_then(Value::as_str).unwrap_or_default();
    let is_alias_of_backend = ResourceKind::of(id.lower_case()) == ResourceKind::LinkedBackend;
    ResourceKind::of(id.lower_case()) == ResourceKind::ProductApi
        || !is_alias_of_backend && !given.eq_ignore_ascii_case(id.as_str())
}

/// Removes the nulls of `az resource show`, which prints every envelope field that it knows, and no other. Returns
/// whether the element was in that form.
fn remove_unset(body: &mut Map<String, Value>) -> bool {
    if !["identity", "kind", "managedBy", "plan", "sku"].iter().all(|name| body.contains_key(*name)) {
        return false;
    }
    body.retain(|_, value| !value.is_null());
    body.iter_mut().filter(|(name, _)| *name != "properties").for_each(|(_, value)| remove_nulls(value));
    true
}

fn remove_nulls(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(remove_nulls),
        Value::Object(body) => {
            body.retain(|_, value| !value.is_null());
            body.values_mut().for_each(remove_nulls);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Returns the envelope of a flattened resource.
fn lifted(mut body: Map<String, Value>, id: &ResourceId) -> Result<Map<String, Value>, Misfit> {
    if OF_RESOURCE_LIST[..2].iter().any(|name| body.contains_key(*name)) {
        body.retain(|name, _| !OF_RESOURCE_LIST.contains(&name.as_str()));
    }
    check_names(&body, id)?;
    let is_child = id.parent().is_some();
    let in_envelope = |name: &str| COMMON.contains(&name) || is_top_level(name, id, is_child);
    let (mut envelope, mut properties) = (Map::new(), Map::new());
    for name in ["id", "name", "type"] {
        envelope.extend(body.shift_remove(name).map(|value| (name.to_owned(), value)));
    }
    for (name, value) in body {
        if in_envelope(&name) {
            envelope.insert(name, value);
        } else {
            properties.insert(respelt(name), value);
        }
    }
    properties.values_mut().for_each(respell_below);
    if !properties.is_empty() {
        envelope.insert("properties".to_owned(), properties.into());
    }
    Ok(envelope)
}

/// Whether the field is one of `TOP_LEVEL` for this resource. Resources in a service have none of these: `tags` of a
/// named value are one of its properties.
fn is_top_level(name: &str, id: &ResourceId, is_child: bool) -> bool {
    let kind = id.resource_type();
    let in_service =
        is_child && kind.split('/').next().is_some_and(|it| it.eq_ignore_ascii_case(API_MANAGEMENT));
    TOP_LEVEL.contains(&name) && !in_service
}

fn respelt(name: String) -> String {
    RESPELT.iter().find(|(az, _)| *az == name).map_or(name, |(_, wire)| (*wire).to_owned())
}

fn respell_below(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(respell_below),
        Value::Object(body) => {
            let members = std::mem::take(body).into_iter();
            *body = members.map(|(name, value)| (respelt_below(name), value)).collect();
            body.values_mut().for_each(respell_below);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Below the properties, only addresses have two spellings.
fn respelt_below(name: String) -> String {
    if name.ends_with("IpAddresses") { respelt(name) } else { name }
}

/// Returns the properties by which a flattened resource is recognised, and the one that is required if it is new.
fn known(kind: ResourceKind) -> &'static [&'static str] {
    match kind {
        ResourceKind::Site => {
            &["defaultHostname", "customDomains", "repositoryUrl", "branch", "linkedBackends", "provider"]
        }
        ResourceKind::Build => &["hostname", "buildId", "status", "sourceBranch", "createdTimeUtc"],
        ResourceKind::LinkedBackend => &["backendResourceId", "provisioningState"],
        ResourceKind::Service => {
            &["gatewayUrl", "publisherEmail", "publisherName", "provisioningState", "virtualNetworkType"]
        }
        ResourceKind::Api | ResourceKind::ProductApi => {
            &["path", "displayName", "serviceUrl", "apiRevision", "apiVersion", "protocols"]
        }
        ResourceKind::Product => &["displayName", "subscriptionRequired", "approvalRequired", "state"],
        ResourceKind::Subscription => &["scope", "displayName", "state", "primaryKey"],
        ResourceKind::ProductPolicy => &["value", "format"],
        ResourceKind::Other => &[],
    }
}

/// Returns the property without which a new resource is unusable.
pub(super) fn needed(kind: ResourceKind) -> Option<&'static str> {
    match kind {
        ResourceKind::Site
        | ResourceKind::LinkedBackend
        | ResourceKind::Api
        | ResourceKind::Product
        | ResourceKind::Subscription
        | ResourceKind::ProductPolicy => known(kind).first().copied(),
        // a service that is being created has no address yet
        ResourceKind::Service | ResourceKind::Build | ResourceKind::ProductApi | ResourceKind::Other => None,
    }
}

/// Returns the command that prints a resource as Azure Resource Manager shows it.
pub(super) fn whole(id: &ResourceId) -> String {
    let version = if id.resource_type().starts_with(WEB) { "2023-01-01" } else { "2022-08-01" };
    format!("import the answer of Azure Resource Manager: `az rest --url '{id}?api-version={version}'`")
}

fn check_names(body: &Map<String, Value>, id: &ResourceId) -> Result<(), Misfit> {
    let misfit =
        |field: &String, why: &'static str| Misfit::Field { field: field.clone(), why, cure: whole(id) };
    if let Some(name) = body.keys().find(|name| name.contains('_')) {
        return Err(misfit(
            name,
            "is not the name of a field in Azure Resource Manager or in the output of `az`",
        ));
    }
    let is_child = id.parent().is_some();
    let mut own =
        body.keys().filter(|name| !COMMON.contains(&name.as_str()) && !is_top_level(name, id, is_child));
    let known = known(ResourceKind::of(id.lower_case()));
    match own.clone().next() {
        Some(first) if !known.is_empty() && !own.any(|name| known.contains(&name.as_str())) => {
            Err(misfit(first, "is not in `properties`, and is not a known property of such a resource"))
        }
        _ => Ok(()),
    }
}
