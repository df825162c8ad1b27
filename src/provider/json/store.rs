//! The resources of a model and their keys: which exist, and how they are read.

mod index;

use std::{cell::RefCell, collections::HashMap};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use self::index::Index;
use super::{
    ModelError,
    rules::kind::{self, Kind},
    text::document::{Document, Secret, Text},
};
use crate::{
    model::{Key, KeyPair, PRODUCTION, Resource, ResourceId},
    provider::{Collection, ETag, Versioned},
};

/// A model, and whether it differs from the file.
#[derive(Clone)]
pub(super) struct Store {
    pub(super) document: Document,
    index: Index,
    /// Services and APIs that were read: every link of a fleet reads the same few.
    shared: RefCell<HashMap<Box<str>, Versioned<Resource>>>,
    changed: bool,
}

/// The recorded keys of an id.
#[derive(Default)]
pub(super) struct Recorded {
    pub(super) primary: Option<Key>,
    pub(super) secondary: Option<Key>,
}

impl Recorded {
    /// Returns both keys, if both are recorded.
    pub(super) fn pair(self) -> Option<KeyPair> {
        Some(KeyPair { primary: self.primary?, secondary: self.secondary? })
    }
}

impl Store {
    pub(super) fn new(document: Document) -> Self {
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

    /// Whether the model has any key.
    pub(super) fn has_keys(&self) -> bool {
        let mut secrets = self.document.secrets.iter().map(|(_, secret)| self.document.text(&secret.text));
        secrets.any(|text| text.contains("\"primaryKey\"") || text.contains("\"secondaryKey\""))
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
        there && self.can_exist(key, Kind::of(key))
    }

    /// Whether all resources exist that a resource requires.
    pub(super) fn can_exist(&self, key: &str, kind: Kind) -> bool {
        kind::parent(key).is_none_or(|parent| self.exists(parent))
            && (kind != Kind::ProductApi || self.exists(&kind::api_of_product_api(key)))
    }

    /// Reads a resource, as it is put.
    pub(super) fn read(&self, key: &str) -> Result<Option<Versioned<Resource>>, ModelError> {
        self.read_as(key, Kind::of(key))
    }

    fn read_as(&self, key: &str, kind: Kind) -> Result<Option<Versioned<Resource>>, ModelError> {
        if let Some(found) = self.shared.borrow().get(key) {
            return Ok(Some(found.clone()));
        }
        let Some(text) = self.document.resources.get(key).filter(|_| self.can_exist(key, kind)) else {
            return Ok(None);
        };
        let mut value = self.parse(key, text)?;
        match kind {
            Kind::Site => drop(value.remove_property("linkedBackends")),
            Kind::Subscription => drop(value.take_keys()),
            Kind::Other if kind::holds_keys(key) => drop(value.take_keys()),
            _ => {}
        }
        let found = Versioned { value, etag: self.etag_as(key, kind)? };
        if matches!(kind, Kind::Service | Kind::Api) {
            self.shared.borrow_mut().insert(key.into(), found.clone());
        }
        Ok(Some(found))
    }

    /// Reads a resource, as control planes show it.
    pub(super) fn get(&self, key: &str) -> Result<Option<Versioned<Resource>>, ModelError> {
        let kind = Kind::of(key);
        let mut found = self.read_as(key, kind)?;
        if let Some(site) = found.as_mut().filter(|_| kind == Kind::Site) {
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
            Collection::StaticSites | Collection::StaticSitesOfEach => self.of_kind(Kind::Site),
            Collection::Services => self.of_kind(Kind::Service),
            Collection::SiteEnvironments(site) => self.children(&format!("{}/builds/", site.key())),
            Collection::LinkedBackends(environment) => {
                self.children(&format!("{}/linkedbackends/", environment.key()))
            }
            Collection::Apis(service) => self.children(&format!("{}/apis/", service.key())),
            Collection::ApiProducts(api) => self.products_with(api.key()),
            Collection::Products(service) => self.children(&format!("{}/products/", service.key())),
            Collection::Subscriptions(service) => self.children(&format!("{}/subscriptions/", service.key())),
            Collection::ProductsNamed(service, name) => self.products_named(service.key(), name),
            Collection::ProductApis(product) => self.children(&format!("{}/apis/", product.key())),
            Collection::ApiOperations(api) => self.children(&format!("{}/operations/", api.key())),
            Collection::ProductSubscriptions(product) => self.subscriptions_of(product.key()),
        };
        let merged = matches!(collection, Collection::ProductApis(_));
        let shown = keys.iter().map(|key| if merged { self.product_api(key) } else { self.get(key) });
        shown.filter_map(Result::transpose).collect()
    }

    fn of_kind(&self, kind: Kind) -> Vec<Box<str>> {
        self.document
            .resources
            .iter()
            .map(|(key, _)| key)
            .filter(|key| Kind::of(key) == kind)
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
        self.etag_as(key, Kind::of(key))
    }

    fn etag_as(&self, key: &str, kind: Kind) -> Result<ETag, ModelError> {
        let mut hash = Sha256::new();
        if let Some(text) = self.document.resources.get(key) {
            hash_significant(&mut hash, self.document.text(text));
        }
        if matches!(kind, Kind::Subscription | Kind::LinkedBackend) {
            let Recorded { primary, secondary } = self.recorded(key)?;
            for key in [primary, secondary] {
                hash.update(format!("\n{}", key.as_ref().map_or("", Key::expose)));
            }
        }
        Ok(ETag::new(format!("\"{}\"", BASE64_STANDARD.encode(&hash.finalize()[..8]))))
    }

    /// Returns the recorded keys of an id, whether or not the resource exists.
    pub(super) fn recorded(&self, key: &str) -> Result<Recorded, ModelError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Keys {
            primary_key: Option<String>,
            secondary_key: Option<String>,
        }
        let Some(secret) = self.document.secrets.get(key) else { return Ok(Recorded::default()) };
        let keys: Keys = serde_json::from_str(self.document.text(&secret.text))
            .map_err(|error| self.document.unfit(&secret.text, &error))?;
        let fit = |text: Option<String>| text.and_then(|text| Key::new(text).ok());
        Ok(Recorded { primary: fit(keys.primary_key), secondary: fit(keys.secondary_key) })
    }

    /// Records both keys of a subscription, unless they are already recorded.
    pub(super) fn record_pair(&mut self, id: &ResourceId, pair: &KeyPair) -> Result<(), ModelError> {
        if self.recorded(id.key())?.pair().as_ref() != Some(pair) {
            let keys = json!({"primaryKey": pair.primary.expose(), "secondaryKey": pair.secondary.expose()});
            self.record(id, keys.to_string());
        }
        Ok(())
    }

    /// Records the key that a site holds for its backend, or that it holds none.
    pub(super) fn record_site_key(&mut self, id: &ResourceId, key: Option<&Key>) -> Result<(), ModelError> {
        match key {
            None => self.forget_keys(id.key()),
            Some(key) if self.recorded(id.key())?.primary.as_ref() == Some(key) => {}
            Some(key) => self.record(id, json!({"primaryKey": key.expose()}).to_string()),
        }
        Ok(())
    }

    fn record(&mut self, id: &ResourceId, text: String) {
        self.changed = true;
        let secret = Secret { id: Text::Changed(id.as_str().into()), text: Text::Changed(text.into()) };
        self.document.secrets.insert(id.key(), secret);
    }

    fn forget_keys(&mut self, key: &str) {
        self.changed |= self.document.secrets.remove(key);
    }

    /// Writes a resource, and replaces an existing one.
    pub(super) fn write(&mut self, resource: &Resource) {
        let key = resource.id().key();
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
        match Kind::of(key) {
            Kind::Product => doomed.extend(self.scoped_to(key)),
            Kind::Api => {
                let products = format!("{}/products/", kind::cut(key));
                let below = self.document.below(&products).map(|(key, _)| key);
                let places = below.filter(|place| {
                    kind::name(place) == kind::name(key) && Kind::of(place) == Kind::ProductApi
                });
                doomed.extend(places.map(Box::from));
            }
            _ => {}
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

/// Hashes a JSON text without insignificant white space.
fn hash_significant(hash: &mut Sha256, mut text: &str) {
    if is_compact(text) {
        hash.update(text);
        return;
    }
    while let Some(quote) = text.find('"') {
        text[..quote].split_ascii_whitespace().for_each(|piece| hash.update(piece));
        let quoted = end_of_quoted(&text[quote..]);
        hash.update(&text[quote..quote + quoted]);
        text = &text[quote + quoted..];
    }
    text.split_ascii_whitespace().for_each(|piece| hash.update(piece));
}

/// Whether a JSON text has no white space outside strings, according to the characters next to each space. `false` if
/// that is uncertain.
fn is_compact(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_plain = |at: usize| bytes.get(at).is_some_and(|byte| !b"{}[],:\" ".contains(byte));
    let spaces_are_plain =
        || text.match_indices(' ').all(|(at, _)| at > 0 && is_plain(at - 1) && is_plain(at + 1));
    !bytes.iter().any(u8::is_ascii_control) && spaces_are_plain()
}

/// Returns the end of the JSON string at the beginning of a text.
fn end_of_quoted(text: &str) -> usize {
    let mut from = 1;
    while let Some(quote) = text[from..].find('"') {
        let end = from + quote;
        let backslashes = text[..end].bytes().rev().take_while(|byte| *byte == b'\\').count();
        if backslashes % 2 == 0 {
            return end + 1;
        }
        from = end + 1;
    }
    text.len()
}

/// Returns a linked backend as its site shows it.
fn summary(backend: &Resource) -> Value {
    let names = ["backendResourceId", "region", "createdOn", "provisioningState"];
    let property = |name: &str| backend.field(&format!("properties.{name}")).cloned().unwrap_or(Value::Null);
    Value::Object(names.iter().map(|name| ((*name).to_owned(), property(name))).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hashed(text: &str) -> Vec<u8> {
        let mut hash = Sha256::new();
        hash_significant(&mut hash, text);
        hash.finalize().to_vec()
    }

    #[test]
    fn whitespace_counts_only_inside_of_strings() {
        let compact = r#"{"a b":[1,true,"x, \" y: \\"],"c":{}}"#;
        let value: Value = serde_json::from_str(compact).unwrap();
        let spaced = compact.replace("[1,true", "[ 1 , true\t").replace("},", "} ,");
        for same in [serde_json::to_string_pretty(&value).unwrap(), spaced] {
            assert_eq!(hashed(&same), hashed(compact), "{same}");
        }
        assert_ne!(hashed(&compact.replace("a b", "ab")), hashed(compact));
        assert_ne!(hashed(&compact.replace("x, ", "x,")), hashed(compact));
    }

    proptest! {
        #[test]
        fn the_fast_way_agrees_with_the_slow_one(text in r#"[ a,:"\\{}\[\]]{0,24}"#) {
            let value = Value::from(vec![Value::from(text.clone()), Value::from(1)]);
            let (compact, pretty) = (value.to_string(), serde_json::to_string_pretty(&value).unwrap());
            prop_assert_eq!(hashed(&compact), hashed(&pretty));
        }
    }
}
