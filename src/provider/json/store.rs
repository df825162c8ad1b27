//! The resources of a model and their keys: which exist, and how they are read.

mod index;
mod keys;
mod significant;

use std::{cell::RefCell, collections::HashMap};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

pub(super) use self::index::label;
use self::{index::Index, keys::Recorded, significant::hash_significant};
use super::{
    ModelError,
    rules::kind::{self, ResourceKind},
    text::document::{ModelDocument, Text},
};
use crate::{
    model::{Key, PRODUCTION, Resource},
    provider::{Collection, ETag, Versioned},
};

/// A model, and whether it differs from the file.
#[derive(Clone)]
pub(super) struct Store {
    pub(super) document: ModelDocument,
    index: Index,
    /// Services and APIs that were read: every link of a fleet reads the same few.
    shared: RefCell<HashMap<Box<str>, Versioned<Resource>>>,
    changed: bool,
}

impl Store {
    pub(super) fn new(document: ModelDocument) -> Self {
        Self { document, index: Index::default(), shared: RefCell::default(), changed: false }
    }

    /// Whether the content differs from the file.
    pub(super) fn is_changed(&self) -> bool {
        self.changed
    }

    /// Marks the model as changed, so that it is written even if its content is the same.
    pub(super) fn mark_changed(&mut self) {
        self.changed = true;
    }

    /// Whether a key that is not recorded may nevertheless exist.
    pub(super) fn lacks_keys(&self) -> bool {
        self.document.has("keys", "\"unknown\"")
    }

    /// Whether another store has the same lineage and content, including keys.
    pub(super) fn is_same_as(&self, other: &Self) -> Result<bool, ModelError> {
        let secrets = |store: &Self| store.document.secrets.iter().count();
        let alike = self.document.lineage == other.document.lineage
            && self.lacks_keys() == other.lacks_keys()
            && secrets(self) == secrets(other);
        Ok(alike && self.all()? == other.all()?)
    }

    /// Whether a resource exists, together with all resources that it requires.
    pub(super) fn exists(&self, key: &str) -> bool {
        let there = self.document.resources.contains_key(key) || kind::is_production(key);
        there && self.can_exist(key, ResourceKind::of(key))
    }

    /// Whether all resources exist that a resource requires.
    pub(super) fn can_exist(&self, key: &str, kind: ResourceKind) -> bool {
        kind::parent(key).is_none_or(|parent| self.exists(parent))
            && (kind != ResourceKind::ProductApi || self.exists(&kind::api_of_product_api(key)))
    }

    /// Reads a resource, as it is put.
    pub(super) fn read(&self, key: &str) -> Result<Option<Versioned<Resource>>, ModelError> {
        self.read_as(key, ResourceKind::of(key))
    }

    fn read_as(&self, key: &str, kind: ResourceKind) -> Result<Option<Versioned<Resource>>, ModelError> {
        if let Some(found) = self.shared.borrow().get(key) {
            return Ok(Some(found.clone()));
        }
        let Some(text) = self.document.resources.get(key).filter(|_| self.can_exist(key, kind)) else {
            return Ok(None);
        };
        let mut value = self.parse(key, text)?;
        match kind {
            ResourceKind::Site => drop(value.remove_property("linkedBackends")),
            ResourceKind::Subscription => drop(value.take_keys()),
            ResourceKind::Other if kind::holds_keys(key) => drop(value.take_keys()),
            ResourceKind::Build
            | ResourceKind::Service
            | ResourceKind::Api
            | ResourceKind::Product
            | ResourceKind::ProductPolicy
            | ResourceKind::ProductApi
            | ResourceKind::Other
            | ResourceKind::LinkedBackend => {}
        }
        let found = Versioned { value, etag: self.etag_as(key, kind)? };
        if matches!(kind, ResourceKind::Service | ResourceKind::Api) {
            self.shared.borrow_mut().insert(key.into(), found.clone());
        }
        Ok(Some(found))
    }

    /// Reads a resource, as control planes show it.
    pub(super) fn get(&self, key: &str) -> Result<Option<Versioned<Resource>>, ModelError> {
        let kind = ResourceKind::of(key);
        let mut found = self.read_as(key, kind)?;
        if let Some(site) = found.as_mut().filter(|_| kind == ResourceKind::Site) {
            let backends = self.children(&format!("{key}/builds/{PRODUCTION}/linkedbackends/"));
            let shown = backends.iter().map(|backend| Ok(self.read(backend)?.map(|it| summary(&it.value))));
            let shown = shown.filter_map(Result::transpose).collect::<Result<Vec<Value>, ModelError>>()?;
            site.value.set_property("linkedBackends", shown);
        }
        Ok(found)
    }

    /// Returns every resource that exists, as it is put.
    pub(super) fn all(&self) -> Result<Vec<Resource>, ModelError> {
        let read =
            self.document.resources.iter().map(|(key, _)| Ok(self.read(key)?.map(|found| found.value)));
        read.filter_map(Result::transpose).collect()
    }

    pub(super) fn list(&mut self, collection: &Collection) -> Result<Vec<Versioned<Resource>>, ModelError> {
        let keys = match collection {
            Collection::StaticSites | Collection::StaticSitesOfEach => self.of_kind(ResourceKind::Site),
            Collection::Services => self.of_kind(ResourceKind::Service),
            Collection::SiteEnvironments(site) => self.children(&format!("{}/builds/", site.lower_case())),
            Collection::LinkedBackends(environment) => {
                self.children(&format!("{}/linkedbackends/", environment.lower_case()))
            }
            Collection::Apis(service) => self.children(&format!("{}/apis/", service.lower_case())),
            Collection::ApiProducts(api) => self.products_with(api.lower_case()),
            Collection::Products(service) => self.children(&format!("{}/products/", service.lower_case())),
            Collection::Subscriptions(service) => {
                self.children(&format!("{}/subscriptions/", service.lower_case()))
            }
            Collection::ProductsNamed(service, name) => self.products_named(service.lower_case(), name),
            Collection::ProductApis(product) => self.children(&format!("{}/apis/", product.lower_case())),
            Collection::ApiOperations(api) => self.children(&format!("{}/operations/", api.lower_case())),
            Collection::ProductSubscriptions(product) => self.subscriptions_of(product.lower_case()),
        };
        let merged = matches!(collection, Collection::ProductApis(_));
        let shown = keys.iter().map(|key| if merged { self.product_api(key) } else { self.get(key) });
        shown.filter_map(Result::transpose).collect()
    }

    /// Returns the keys of every resource of a kind.
    pub(super) fn of_kind(&self, kind: ResourceKind) -> Vec<Box<str>> {
        self.document
            .resources
            .iter()
            .map(|(key, _)| key)
            .filter(|key| ResourceKind::of(key) == kind)
            .map(Box::from)
            .collect()
    }

    /// Returns the keys in a collection, given the collection's key and a slash.
    pub(super) fn children(&self, prefix: &str) -> Vec<Box<str>> {
        let below = self.document.below(prefix).map(|(key, _)| key);
        below.filter(|key| kind::is_direct_child(key, prefix)).map(Box::from).collect()
    }

    /// Whether any resource has a key with this prefix.
    pub(super) fn has_below(&self, prefix: &str) -> bool {
        self.document.below(prefix).next().is_some()
    }

    pub(super) fn products_named(&mut self, service: &str, name: &str) -> Vec<Box<str>> {
        self.index.products_named(&self.document, service, name)
    }

    /// Returns the keys of the products that an API is in.
    fn products_with(&self, api: &str) -> Vec<Box<str>> {
        let products = format!("{}/products/", kind::cut(api));
        let place = |product: &str| format!("{product}/apis/{}", kind::name(api));
        let mut holders = self.children(&products);
        holders.retain(|product| self.exists(&place(product)));
        holders
    }

    /// Returns the keys of the subscriptions whose scope is the product, if the product exists.
    pub(super) fn subscriptions_of(&mut self, product: &str) -> Vec<Box<str>> {
        if self.exists(product) { self.scoped_to(product) } else { Vec::new() }
    }

    fn scoped_to(&mut self, product: &str) -> Vec<Box<str>> {
        self.index.subscriptions_of(&self.document, product)
    }

    /// Returns a product's API, with the properties of the API to which it refers.
    fn product_api(&self, key: &str) -> Result<Option<Versioned<Resource>>, ModelError> {
        let (Some(mut place), Some(api)) = (self.read(key)?, self.read(&kind::api_of_product_api(key))?)
        else {
            return Ok(None);
        };
        for (name, property) in api.value.field("properties").and_then(Value::as_object).into_iter().flatten()
        {
            place.value.set_property(name, property.clone());
        }
        Ok(Some(place))
    }

    fn parse(&self, key: &str, text: &Text) -> Result<Resource, ModelError> {
        let value: Value = serde_json::from_str(self.document.text(text))
            .map_err(|error| self.document.unfit(text, &error))?;
        Resource::from_value(value).map_err(|error| {
            let error = serde::de::Error::custom(format!("`{key}`: {error}"));
            self.document.unfit(text, &error)
        })
    }

    /// Returns the version of a resource, which depends on its text without white space and on its keys.
    pub(super) fn etag(&self, key: &str) -> Result<ETag, ModelError> {
        self.etag_as(key, ResourceKind::of(key))
    }

    fn etag_as(&self, key: &str, kind: ResourceKind) -> Result<ETag, ModelError> {
        let mut hash = Sha256::new();
        if let Some(text) = self.document.resources.get(key) {
            hash_significant(&mut hash, self.document.text(text));
        }
        if matches!(kind, ResourceKind::Subscription | ResourceKind::LinkedBackend) {
            let Recorded { primary, secondary, times: _ } = self.recorded(key)?;
            for key in [primary, secondary] {
                hash.update(format!("\n{}", key.as_ref().map_or("", Key::expose)));
            }
        }
        Ok(ETag::new(format!("\"{}\"", BASE64_STANDARD.encode(&hash.finalize()[..8]))))
    }

    /// Writes a resource, and replaces an existing one.
    pub(super) fn write(&mut self, resource: &Resource) {
        let key = resource.id().lower_case();
        self.shared.get_mut().clear();
        self.index.forget(&self.document, key);
        self.document.resources.insert(key, Text::Changed(json_text(resource.body()).into()));
        self.index.note(&self.document, key);
        self.changed = true;
    }

    /// Removes a resource, its keys, and the resources that cannot exist without it.
    pub(super) fn remove(&mut self, key: &str) {
        self.remove_dependants(key);
        self.remove_one(key);
    }

    /// Removes the resources that cannot exist without a resource: its children, an API in products, and the
    /// subscriptions of a product.
    pub(super) fn remove_dependants(&mut self, key: &str) {
        let mut doomed: Vec<Box<str>> =
            self.document.below(&format!("{key}/")).map(|(key, _)| key.into()).collect();
        match ResourceKind::of(key) {
            ResourceKind::Product => doomed.extend(self.scoped_to(key)),
            ResourceKind::Api => {
                let products = format!("{}/products/", kind::cut(key));
                let below = self.document.below(&products).map(|(key, _)| key);
                let places = below.filter(|place| {
                    kind::name(place) == kind::name(key)
                        && ResourceKind::of(place) == ResourceKind::ProductApi
                });
                doomed.extend(places.map(Box::from));
            }
            ResourceKind::Site
            | ResourceKind::Build
            | ResourceKind::Service
            | ResourceKind::ProductPolicy
            | ResourceKind::ProductApi
            | ResourceKind::Subscription
            | ResourceKind::Other
            | ResourceKind::LinkedBackend => {}
        }
        for key in &doomed {
            self.remove_one(key);
        }
    }

    fn remove_one(&mut self, key: &str) {
        self.shared.get_mut().clear();
        self.index.forget(&self.document, key);
        self.changed |= self.document.resources.remove(key);
        self.forget_keys(key);
    }
}

fn json_text(body: &Map<String, Value>) -> String {
    serde_json::to_string(body).expect("a map with text keys can be written")
}

/// Returns a linked backend as its site shows it.
fn summary(backend: &Resource) -> Value {
    let names = ["backendResourceId", "region", "createdOn", "provisioningState"];
    let property = |name: &str| backend.field(&format!("properties.{name}")).cloned().unwrap_or(Value::Null);
    Value::Object(names.iter().map(|name| ((*name).to_owned(), property(name))).collect())
}
