//! Taking over resources that another control plane has: what is listed there comes to be here.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    kind::{self, Kind},
    put::{Source, names_backend},
    store::Store,
};
use crate::{
    ambient::Ambient,
    diagnosis::{Diagnose, Diagnosis, ExitCode},
    model::{ApimSubscription, Malformed, PRODUCTION, Resource, ResourceId},
    provider::{Expected, ProviderError},
};

/// What an import has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// How many resources were not there before.
    pub created: usize,
    /// How many were there, and were different.
    pub changed: usize,
    /// How many were there just so.
    pub unchanged: usize,
}

/// An import that changed nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// An element that cannot be put.
    #[error("element {index}{} does not fit", .id.as_ref().map(|id| format!(" (`{id}`)")).unwrap_or_default())]
    Element {
        /// Where it stands among all elements, from 0.
        index: usize,
        /// Its id, if it has one.
        id: Option<String>,
        /// Why it does not fit.
        source: Box<ProviderError>,
    },
    /// The model cannot be changed.
    #[error(transparent)]
    Storage(ProviderError),
}

impl Diagnose for ImportError {
    fn diagnosis(&self) -> Diagnosis {
        let usage = Diagnosis::new(ExitCode::Usage);
        match self {
            Self::Element { source, .. } => match &**source {
                error @ ProviderError::Storage(_) => error.diagnosis(),
                ProviderError::NotFound(parent) => {
                    usage.hint(format!("import `{parent}` with it, or before it; nothing was changed"))
                }
                _ => usage.hint("mend the element or leave it out; nothing was changed"),
            },
            Self::Storage(error) => error.diagnosis(),
        }
    }
}

/// A resource to be put, and where it stood.
pub(super) struct Element {
    index: usize,
    resource: Resource,
    naming: Naming,
}

/// Where the name of a linked backend comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Naming {
    /// From its id.
    Given,
    /// From its backend, since a site does not tell: one that is there already keeps its name.
    Conventional,
}

/// Takes apart whatever has resources in it, and puts them into an order in which each has its parents
/// before it.
pub(super) fn elements(value: Value) -> Result<Vec<Element>, ImportError> {
    let mut values = Vec::new();
    flatten(value, &mut values);
    let mut by_id = BTreeMap::new();
    let mut embedded = Vec::new();
    for (index, value) in values.into_iter().enumerate() {
        let mut resource = element(index, value)?;
        embedded.extend(embedded_backends(index, &mut resource)?);
        by_id.insert(order_of(resource.id()), Element { index, resource, naming: Naming::Given });
    }
    add_unlisted(&mut by_id, embedded);
    Ok(by_id.into_values().collect())
}

fn flatten(value: Value, into: &mut Vec<Value>) {
    match value {
        Value::Array(values) => values.into_iter().for_each(|value| flatten(value, into)),
        Value::Object(mut list) if !list.contains_key("id") || list["id"].is_null() => {
            match list.remove("value") {
                Some(Value::Array(values)) => values.into_iter().for_each(|value| flatten(value, into)),
                _ => into.push(Value::Object(list)),
            }
        }
        other => into.push(other),
    }
}

fn element(index: usize, value: Value) -> Result<Resource, ImportError> {
    let id = value.get("id").and_then(Value::as_str).map(str::to_owned);
    let resource = Resource::from_value(value).and_then(|resource| check(&resource).map(|()| resource));
    resource.map_err(|error| misfit(index, id, error))
}

/// What nothing could be done with is refused. So is a subscription that is not understood, since it may have
/// its keys where nobody looks for them.
fn check(resource: &Resource) -> Result<(), Malformed> {
    match Kind::of(resource.id().key()) {
        Kind::LinkedBackend => resource.required_text("properties.backendResourceId").map(drop),
        Kind::Subscription => ApimSubscription::read(resource).map(drop),
        _ => Ok(()),
    }
}

fn misfit(index: usize, id: Option<String>, error: impl Into<ProviderError>) -> ImportError {
    ImportError::Element { index, id, source: Box::new(error.into()) }
}

fn order_of(id: &ResourceId) -> (Kind, String) {
    let kind = Kind::of(id.key());
    (kind, id.key().to_owned())
}

/// The linked backends that a site or a build shows among its properties, named as `az` names them.
fn embedded_backends(index: usize, resource: &mut Resource) -> Result<Vec<Element>, ImportError> {
    let environment = match Kind::of(resource.id().key()) {
        Kind::Site => resource.id().child("builds", PRODUCTION),
        Kind::Build => Ok(resource.id().clone()),
        _ => return Ok(Vec::new()),
    };
    let Some(Value::Array(shown)) = resource.remove_property("linkedBackends") else { return Ok(Vec::new()) };
    let id = resource.id().to_string();
    let backend = |properties: Value| -> Result<Element, Malformed> {
        let target = properties.get("backendResourceId").and_then(Value::as_str).unwrap_or_default();
        let name = ResourceId::parse(target)?.name().to_owned();
        let id = environment.clone()?.child("linkedBackends", &name)?;
        let properties = properties.as_object().cloned().unwrap_or_else(Map::new);
        Ok(Element { index, resource: Resource::new(id, properties), naming: Naming::Conventional })
    };
    shown.into_iter().map(backend).collect::<Result<_, _>>().map_err(|error| misfit(index, Some(id), error))
}

/// Adds the embedded backends of the environments whose backends are not listed themselves.
fn add_unlisted(by_id: &mut BTreeMap<(Kind, String), Element>, embedded: Vec<Element>) {
    let listed: BTreeSet<String> = by_id
        .keys()
        .filter(|(kind, _)| *kind == Kind::LinkedBackend)
        .map(|(_, key)| kind::cut(key).to_owned())
        .collect();
    for element in embedded {
        let id = element.resource.id().clone();
        if !listed.contains(kind::cut(id.key())) {
            by_id.insert(order_of(&id), element);
        }
    }
}

/// Puts the elements one by one. After an error some are put, and the caller goes back to before.
pub(super) fn put_all(
    store: &mut Store,
    elements: Vec<Element>,
    ambient: &dyn Ambient,
) -> Result<ImportReport, ImportError> {
    let mut report = ImportReport::default();
    for element in elements {
        let (index, id) = (element.index, element.resource.id().to_string());
        put_one(store, element, ambient, &mut report).map_err(|error| misfit(index, Some(id), error))?;
    }
    Ok(report)
}

fn put_one(
    store: &mut Store,
    element: Element,
    ambient: &dyn Ambient,
    report: &mut ImportReport,
) -> Result<(), ProviderError> {
    let resource = match Kind::of(element.resource.id().key()) {
        Kind::LinkedBackend => make_way(store, element)?,
        _ => element.resource,
    };
    let key = resource.id().key().to_owned();
    let before = store.read(&key)?.map(|before| before.etag);
    let after = store.put(resource, &Expected::Anything, Source::Import, ambient)?;
    match before {
        None => report.created += 1,
        Some(before) if before == after => report.unchanged += 1,
        Some(_) => report.changed += 1,
    }
    Ok(())
}

/// Removes another linked backend from the environment that this one is to be in.
fn make_way(store: &mut Store, element: Element) -> Result<Resource, ProviderError> {
    let backend = element.resource;
    let target = backend.required_text("properties.backendResourceId")?;
    for key in store.children(&format!("{}/linkedbackends/", kind::cut(backend.id().key()))) {
        let Some(there) = store.read(&key)?.map(|there| there.value) else { continue };
        let same = names_backend(&there, target);
        if same && element.naming == Naming::Conventional {
            return Ok(renamed(&backend, there.id()));
        }
        if !same || *key != *backend.id().key() {
            store.remove(&key);
        }
    }
    Ok(backend)
}

fn renamed(backend: &Resource, id: &ResourceId) -> Resource {
    let properties = backend.field("properties").and_then(Value::as_object);
    Resource::new(id.clone(), properties.cloned().unwrap_or_default())
}
