//! Imports resources of another control plane.

mod answer;
mod error;
mod lift;
mod merge;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

pub use self::{answer::Pages, error::ImportError};
use self::{
    lift::{Lifted, Misfit},
    merge::Says,
};
use super::{
    rules::{
        kind::{self, ResourceKind},
        put::{PutOrigin, names_backend},
    },
    store::Store,
};
use crate::{
    ambient::Ambient,
    model::{
        Api, ApimPolicy, ApimService, ApimSubscription, ArmType, Key, LinkedBackend, Malformed, PRODUCTION,
        Product, Resource, ResourceId, SiteEnvironment, StaticSite,
    },
    provider::{Expected, ProviderError},
};

/// The result of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// The number of resources that were created.
    pub created: usize,
    /// The number of existing resources that were changed.
    pub changed: usize,
    /// The number of existing resources that were not changed.
    pub unchanged: usize,
}

/// A resource that will be put, and its position among all elements.
pub(super) struct Element {
    index: usize,
    resource: Resource,
    says: Says,
    naming: Naming,
    /// The key that the site holds, if a linked backend shows it.
    site_key: Option<Key>,
}

/// The elements of an import, by their kinds and ids: parents precede their children.
type ById = BTreeMap<(ResourceKind, String), Element>;

/// The resources that will be put, and the secrets that are left out of them.
pub(super) struct Elements {
    elements: Vec<Element>,
    /// The fields that were left out, each with the id of its resource.
    pub(super) withheld: Vec<String>,
}

/// The origin of the name of a linked backend.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Naming {
    /// From its id.
    Given,
    /// Its backend, since the site does not show the name. An existing linked backend keeps its name.
    Conventional,
}

/// Returns the resources of a value in any of the accepted forms, each once and after its parents.
///
/// # Errors
///
/// [`ImportError`], if an element is not a resource, or pages of a list are missing and `pages` does not allow it.
pub(super) fn elements(value: Value, pages: Pages) -> Result<Elements, ImportError> {
    let mut by_id = ById::new();
    let (mut embedded, mut withheld) = (Vec::new(), Vec::new());
    for (index, value) in answer::elements(value, pages)?.into_iter().enumerate() {
        let (Lifted { mut resource, says }, site_key, secrets) = element(index, value)?;
        withheld.extend(secrets.iter().map(|field| format!("`{field}` of `{}`", resource.id())));
        embedded.extend(embedded_backends(index, &mut resource)?);
        add(&mut by_id, Element { index, resource, says, naming: Naming::Given, site_key })?;
    }
    add_unlisted(&mut by_id, embedded);
    for element in functions_apps(&by_id) {
        add(&mut by_id, element)?;
    }
    Ok(Elements { elements: by_id.into_values().collect(), withheld })
}

/// Adds an element, or merges it into an earlier element of the same resource.
fn add(by_id: &mut ById, mut element: Element) -> Result<(), ImportError> {
    let order = order_of(element.resource.id());
    if let Some(earlier) = by_id.remove(&order) {
        let index = element.index;
        let merged = merge::over(&earlier.resource, element.resource, element.says);
        element.resource = Resource::from_value(merged).map_err(|error| misfit(index, None, error))?;
        if earlier.says == Says::Everything {
            element.says = Says::Everything;
        }
        element.site_key = element.site_key.or(earlier.site_key);
    }
    by_id.insert(order, element);
    Ok(())
}

/// Converts an element to a resource, with the key of a site that it shows, and the fields of other secrets.
fn element(index: usize, value: Value) -> Result<(Lifted, Option<Key>, Vec<String>), ImportError> {
    let id = value.get("id").and_then(Value::as_str).map(str::to_owned);
    let lifted = lift::lift(value).and_then(|mut lifted| {
        let site_key = site_key(&mut lifted.resource)?;
        let secrets = without_secrets(&mut lifted.resource)?;
        check(&lifted.resource)?;
        Ok((lifted, site_key, secrets))
    });
    lifted.map_err(|problem| match problem {
        Misfit::Malformed(error) => misfit(index, id, error),
        Misfit::Field { field, why, cure } => {
            ImportError::Shape { index, id: id.unwrap_or_default(), field, why, cure }
        }
    })
}

/// Removes the key that a site holds from its linked backend, and returns it.
fn site_key(resource: &mut Resource) -> Result<Option<Key>, Malformed> {
    const FIELD: &str = "properties.primaryKey";
    if ResourceKind::of(resource.id().lower_case()) != ResourceKind::LinkedBackend
        || resource.field(FIELD).is_none()
    {
        return Ok(None);
    }
    let key = resource.key(FIELD)?;
    resource.remove_property("primaryKey");
    Ok(Some(key))
}

/// Removes the secrets from a resource. Keys are kept only in a subscription, which has a known place for them.
fn without_secrets(resource: &mut Resource) -> Result<Vec<String>, Malformed> {
    if !kind::holds_keys(resource.id().lower_case()) {
        return Ok(resource.take_secrets());
    }
    resource.check_keys()?;
    Ok(Vec::new())
}

/// Refuses a resource that the model could not use, because a field has a value that its type cannot parse.
fn check(resource: &Resource) -> Result<(), Malformed> {
    let kind = ResourceKind::of(resource.id().lower_case());
    if kind == ResourceKind::Service && resource.field("sku").is_some_and(|sku| !sku.is_object()) {
        return Err(resource.malformed("sku", "an object"));
    }
    let read = match kind {
        ResourceKind::LinkedBackend => return LinkedBackend::read(resource).map(drop),
        ResourceKind::Subscription => return ApimSubscription::read(resource).map(drop),
        ResourceKind::Site => check_lists(resource).and_then(|()| StaticSite::read(resource).map(drop)),
        ResourceKind::Build => check_lists(resource).and_then(|()| SiteEnvironment::read(resource).map(drop)),
        ResourceKind::Service => ApimService::read(resource).map(drop),
        ResourceKind::Api | ResourceKind::ProductApi => Api::read(resource).map(drop),
        ResourceKind::Product => Product::read(resource).map(drop),
        ResourceKind::ProductPolicy => ApimPolicy::read(resource).map(drop),
        ResourceKind::Other => Ok(()),
    };
    match read {
        // the element may be a partial view, and the model may have the field
        Err(Malformed::Field { field, .. }) if resource.field(&field).is_none() => Ok(()),
        Ok(()) => Ok(()),
        Err(malformed) => Err(malformed),
    }
}

fn check_lists(resource: &Resource) -> Result<(), Malformed> {
    ["properties.linkedBackends", "properties.userProvidedFunctionApps"].into_iter().try_for_each(|field| {
        match resource.field(field) {
            None | Some(Value::Array(_)) => Ok(()),
            Some(_) => Err(resource.malformed(field, "an array")),
        }
    })
}

fn misfit(index: usize, id: Option<String>, error: impl Into<ProviderError>) -> ImportError {
    ImportError::Element { index, id, source: Box::new(error.into()) }
}

fn order_of(id: &ResourceId) -> (ResourceKind, String) {
    let kind = ResourceKind::of(id.lower_case());
    (kind, id.lower_case().to_owned())
}

/// Returns the linked backends in the properties of a site or a build, with the names that `az` gives them.
fn embedded_backends(index: usize, resource: &mut Resource) -> Result<Vec<Element>, ImportError> {
    let environment = match ResourceKind::of(resource.id().lower_case()) {
        ResourceKind::Site => resource.id().child(ArmType::SiteEnvironment.collection(), PRODUCTION),
        ResourceKind::Build => Ok(resource.id().clone()),
        ResourceKind::Service
        | ResourceKind::Api
        | ResourceKind::Product
        | ResourceKind::ProductPolicy
        | ResourceKind::ProductApi
        | ResourceKind::Subscription
        | ResourceKind::Other
        | ResourceKind::LinkedBackend => return Ok(Vec::new()),
    };
    let Some(Value::Array(shown)) = resource.remove_property("linkedBackends") else { return Ok(Vec::new()) };
    let id = resource.id().to_string();
    let backend = |properties: Value| -> Result<Element, Malformed> {
        let target = properties.get("backendResourceId").and_then(Value::as_str).unwrap_or_default();
        let name = ResourceId::parse(target)?.name().to_owned();
        let id = environment.clone()?.child(ArmType::LinkedBackend.collection(), &name)?;
        let properties = properties.as_object().cloned().unwrap_or_default();
        let resource = Resource::new(id, properties);
        check(&resource)?;
        Ok(Element { index, resource, says: Says::Something, naming: Naming::Conventional, site_key: None })
    };
    shown.into_iter().map(backend).collect::<Result<_, _>>().map_err(|error| misfit(index, Some(id), error))
}

/// Returns what the Functions apps among the elements show about their sites and builds. Lists do not show it.
fn functions_apps(by_id: &ById) -> Vec<Element> {
    by_id.values().filter_map(|element| shown_by_owner(by_id, element)).collect()
}

fn shown_by_owner(by_id: &ById, app: &Element) -> Option<Element> {
    const APPS: &str = "userProvidedFunctionApps";
    let id = app.resource.id();
    let owners = [ArmType::StaticSite, ArmType::SiteEnvironment];
    owners.iter().find(|owner| id.is_a(&format!("{}/{APPS}", owner.name())))?;
    let mut owner = id.parent()?;
    if kind::is_production(owner.lower_case()) {
        owner = owner.parent()?;
    }
    let listed = by_id.get(&order_of(&owner));
    if listed.is_none() && ResourceKind::of(owner.lower_case()) == ResourceKind::Build {
        return None;
    }
    let shown = listed.and_then(|listed| listed.resource.field(&format!("properties.{APPS}"))?.as_array());
    if shown.is_some_and(|apps| !apps.is_empty()) {
        return None;
    }
    let owner = listed.map_or(&owner, |listed| listed.resource.id());
    let said = json!({"id": owner.as_str(), "properties": {APPS: [app.resource.body()]}});
    let resource = Resource::from_value(said).ok()?;
    Some(Element { index: app.index, resource, says: Says::Something, naming: Naming::Given, site_key: None })
}

/// Adds the embedded backends of the environments whose backends are not listed separately.
fn add_unlisted(by_id: &mut ById, embedded: Vec<Element>) {
    let listed: BTreeSet<String> = by_id
        .keys()
        .filter(|(kind, _)| *kind == ResourceKind::LinkedBackend)
        .map(|(_, key)| kind::cut(key).to_owned())
        .collect();
    for element in embedded {
        let id = element.resource.id().clone();
        if !listed.contains(kind::cut(id.lower_case())) {
            by_id.insert(order_of(&id), element);
        }
    }
}

/// Puts the elements one by one. After an error, some have been put, and the caller restores the previous state.
pub(super) fn put_all(
    store: &mut Store,
    elements: Elements,
    ambient: &dyn Ambient,
) -> Result<Imported, ImportError> {
    let mut report = Imported::default();
    for element in elements.elements {
        put_one(store, element, ambient, &mut report)?;
    }
    Ok(report)
}

fn put_one(
    store: &mut Store,
    mut element: Element,
    ambient: &dyn Ambient,
    report: &mut Imported,
) -> Result<(), ImportError> {
    let site_key = element.site_key.take();
    let (index, id, says) = (element.index, element.resource.id().clone(), element.says);
    let failed = |error: ProviderError| misfit(index, Some(id.to_string()), error);
    let resource = if ResourceKind::of(id.lower_case()) == ResourceKind::LinkedBackend {
        make_way(store, element).map_err(failed)?
    } else {
        element.resource
    };
    let key = resource.id().lower_case().to_owned();
    let before = store.read(&key).map_err(|error| failed(error.into()))?;
    let resource = match &before {
        Some(before) => {
            let merged = merge::over(&before.value, resource, says);
            Resource::from_value(merged).map_err(|error| failed(error.into()))?
        }
        None if kind::parent(&key).is_some_and(|parent| !store.exists(parent)) => resource,
        None => usable(index, resource, says)?,
    };
    let id_put = resource.id().clone();
    let mut after = store.put(resource, &Expected::Anything, PutOrigin::Import, ambient).map_err(failed)?;
    if let Some(held) = &site_key {
        store.record_site_key(&id_put, Some(held)).map_err(|error| failed(error.into()))?;
        after = store.etag(&key).map_err(|error| failed(error.into()))?;
    }
    match before {
        None => report.created += 1,
        Some(before) if before.etag == after => report.unchanged += 1,
        Some(_) => report.changed += 1,
    }
    Ok(())
}

/// Refuses a new resource if the element is an abridged view without a required field.
fn usable(index: usize, resource: Resource, says: Says) -> Result<Resource, ImportError> {
    let kind = ResourceKind::of(resource.id().lower_case());
    let needed = lift::needed(kind).map(|name| format!("properties.{name}"));
    let needed = needed.or_else(|| (kind == ResourceKind::Service).then(|| "properties".to_owned()));
    match needed.filter(|field| says == Says::Something && resource.field(field).is_none()) {
        None => Ok(resource),
        Some(field) => Err(ImportError::Shape {
            index,
            id: resource.id().to_string(),
            field,
            why: "is missing, and the model does not contain the resource",
            cure: lift::whole(resource.id()),
        }),
    }
}

/// Removes another linked backend from the environment of this one.
fn make_way(store: &mut Store, element: Element) -> Result<Resource, ProviderError> {
    let backend = element.resource;
    let target = backend.required_text("properties.backendResourceId")?;
    for key in store.children(&format!("{}/linkedbackends/", kind::cut(backend.id().lower_case()))) {
        let Some(there) = store.read(&key)?.map(|there| there.value) else { continue };
        let same = names_backend(&there, target);
        if same && element.naming == Naming::Conventional {
            return Ok(renamed(&backend, there.id()));
        }
        if !same || *key != *backend.id().lower_case() {
            store.remove(&key);
        }
    }
    Ok(backend)
}

fn renamed(backend: &Resource, id: &ResourceId) -> Resource {
    let properties = backend.field("properties").and_then(Value::as_object);
    Resource::new(id.clone(), properties.cloned().unwrap_or_default())
}
