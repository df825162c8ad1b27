//! A control plane as simple as can be, written independently of the one it is compared with.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use serde_json::{Value, json};
use swa_apim::{
    ambient::Ambient,
    model::{
        ApimSubscription, ApimSubscriptionId, Hostname, Key, KeyPair, KeySlot, LinkNames, LinkedBackendId,
        Resource, ResourceId, SiteKey,
    },
    provider::{Collection, ETag, Expected, Gateways, Grants, ProviderError, Reads, Versioned, Writes},
};

#[derive(Debug)]
pub(crate) struct Reference {
    ambient: Arc<dyn Ambient>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    resources: HashMap<ResourceId, Value>,
    keys: HashMap<ResourceId, (Key, Key)>,
    site_keys: HashMap<ResourceId, Key>,
}

type Answer<T> = Result<T, ProviderError>;

impl Reference {
    pub(crate) fn new(ambient: Arc<dyn Ambient>) -> Self {
        Self { ambient, state: Mutex::default() }
    }

    fn fresh(&self) -> Key {
        Key::from_uuid(self.ambient.unguessable())
    }
}

fn property<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value["properties"][name].as_str()
}

fn refuse<T>(id: &ResourceId, code: &str) -> Answer<T> {
    Err(ProviderError::Rejected { id: id.clone(), code: code.to_owned(), message: String::new(), hint: None })
}

fn is_production(id: &ResourceId) -> bool {
    id.is_a("Microsoft.Web/staticSites/builds") && id.name() == "default"
}

impl State {
    fn exists(&self, id: &ResourceId) -> bool {
        self.resources.contains_key(id) || is_production(id) && self.exists(&id.parent().unwrap())
    }

    fn all(&self, resource_type: &str, parent: Option<&ResourceId>) -> Vec<ResourceId> {
        let fits = |id: &&ResourceId| id.is_a(resource_type) && id.parent().as_ref() == parent;
        let mut ids: Vec<ResourceId> = self.resources.keys().filter(fits).cloned().collect();
        ids.sort();
        ids
    }

    fn subscriptions_of(&self, product: &ResourceId) -> Vec<ResourceId> {
        if !self.exists(product) {
            return vec![];
        }
        let mut all = self.all("Microsoft.ApiManagement/service/subscriptions", product.parent().as_ref());
        all.retain(|id| {
            let scope = property(&self.resources[id], "scope").unwrap_or_default();
            ApimSubscription::product_of_scope(scope).is_some_and(|p| p.eq_ignore_ascii_case(product.name()))
        });
        all
    }

    fn etag(&self, id: &ResourceId) -> ETag {
        ETag::new(format!("{:?}{:?}{:?}", self.resources[id], self.keys.get(id), self.site_keys.get(id)))
    }

    fn check(&self, id: &ResourceId, expected: &Expected) -> Answer<()> {
        let there = self.resources.contains_key(id).then(|| self.etag(id));
        match expected {
            Expected::Absent if there.is_some() => Err(ProviderError::Conflict(id.clone())),
            Expected::Unchanged(etag) if there.as_ref() != Some(etag) => {
                Err(ProviderError::Conflict(id.clone()))
            }
            _ => Ok(()),
        }
    }

    fn show(&self, id: &ResourceId) -> Versioned<Resource> {
        let mut value = self.resources[id].clone();
        if id.is_a("Microsoft.Web/staticSites") {
            let environment = id.child("builds", "default").unwrap();
            let backends = self.all("Microsoft.Web/staticSites/builds/linkedBackends", Some(&environment));
            let summary = |id: &ResourceId| {
                let it = &self.resources[id]["properties"];
                json!({"backendResourceId": it["backendResourceId"], "region": it["region"],
                       "createdOn": it["createdOn"], "provisioningState": it["provisioningState"]})
            };
            value["properties"]["linkedBackends"] = backends.iter().map(summary).collect();
        }
        Versioned { value: Resource::from_value(value).unwrap(), etag: self.etag(id) }
    }

    fn check_parents(&self, id: &ResourceId) -> Answer<()> {
        let Some(parent) = id.parent() else { return Ok(()) };
        if let Some(grandparent) = parent.parent()
            && id.is_a("Microsoft.Web/staticSites/builds/linkedBackends")
            && !self.exists(&grandparent)
        {
            return Err(ProviderError::NotFound(grandparent));
        }
        if !self.exists(&parent) {
            return Err(ProviderError::NotFound(parent));
        }
        let api = parent.parent().and_then(|service| service.child("apis", id.name()).ok());
        match api.filter(|_| id.is_a("Microsoft.ApiManagement/service/products/apis")) {
            Some(api) if !self.exists(&api) => Err(ProviderError::NotFound(api)),
            _ => Ok(()),
        }
    }

    fn check_rules(&self, id: &ResourceId, new: &Value) -> Answer<()> {
        let parent = id.parent();
        if id.is_a("Microsoft.ApiManagement/service/products") {
            let name = property(new, "displayName");
            let same =
                |other: &ResourceId| other != id && property(&self.resources[other], "displayName") == name;
            if name.is_some() && self.all(&id.resource_type(), parent.as_ref()).iter().any(same) {
                return refuse(id, "ValidationError");
            }
        }
        if id.is_a("Microsoft.ApiManagement/service/subscriptions")
            && let Some(product) = ApimSubscription::product_of_scope(property(new, "scope").unwrap())
            && !self.exists(&parent.clone().unwrap().child("products", product).unwrap())
        {
            return refuse(id, "ValidationError");
        }
        if id.is_a("Microsoft.Web/staticSites/builds/linkedBackends") {
            let target = |value: &Value| property(value, "backendResourceId").map(str::to_lowercase);
            let clashes = |other: &ResourceId| other != id || target(&self.resources[other]) != target(new);
            if self.all(&id.resource_type(), parent.as_ref()).iter().any(clashes) {
                return refuse(id, "59363");
            }
        }
        Ok(())
    }

    fn copy_key(&mut self, id: &ResourceId) {
        self.site_keys.remove(id);
        let environment = id.parent().unwrap();
        let hostname = if is_production(&environment) {
            property(&self.resources[&environment.parent().unwrap()], "defaultHostname")
        } else {
            property(&self.resources[&environment], "hostname")
        };
        let Some(hostname) = hostname.and_then(|text| Hostname::parse(text).ok()) else { return };
        let service = ResourceId::parse(property(&self.resources[id], "backendResourceId").unwrap()).unwrap();
        let names = LinkNames::of(hostname);
        let product = service.child("products", names.hostname().first_label()).unwrap();
        let read = |id: &ResourceId| ApimSubscription::read(&self.show(id).value).unwrap();
        let candidates: Vec<_> = self.subscriptions_of(&product).iter().map(read).collect();
        if let Some(used) = ApimSubscription::of_link(&candidates, &names)
            && let Some((primary, _)) = self.keys.get(&*used.id).cloned()
        {
            self.site_keys.insert(id.clone(), primary);
        }
    }

    fn remove(&mut self, id: &ResourceId) {
        let prefix = format!("{}/", id.lower_case());
        let place = id.parent().filter(|_| id.is_a("Microsoft.ApiManagement/service/apis"));
        let goes = |other: &ResourceId| {
            other == id
                || other.lower_case().starts_with(&prefix)
                || place.as_ref().is_some_and(|service| {
                    other.is_a("Microsoft.ApiManagement/service/products/apis")
                        && other.lower_case().starts_with(&format!("{}/", service.lower_case()))
                        && other.name().eq_ignore_ascii_case(id.name())
                })
        };
        self.resources.retain(|other, _| !goes(other));
        self.keys.retain(|other, _| !goes(other));
        self.site_keys.retain(|other, _| !goes(other));
    }
}

/// What the control plane keeps of a body that it is sent.
fn accepted(resource: Resource, before: Option<&Value>, now: String) -> Value {
    let id = resource.id().clone();
    let mut new = resource.into_value();
    for name in ["id", "name", "type"] {
        if let Some(spelling) = before.and_then(|before| before.get(name)) {
            new[name] = spelling.clone();
        }
    }
    let Some(properties) = new["properties"].as_object_mut() else { return new };
    if id.is_a("Microsoft.Web/staticSites") {
        properties.remove("linkedBackends");
    }
    if id.is_a("Microsoft.Web/staticSites/builds/linkedBackends") {
        let created = before.map_or(Value::from(now), |before| before["properties"]["createdOn"].clone());
        properties.insert("createdOn".to_owned(), created);
        properties.insert("provisioningState".to_owned(), "Succeeded".into());
        properties.entry("region").or_insert(Value::Null);
    }
    new
}

#[async_trait]
impl Reads for Reference {
    async fn get(&self, id: &ResourceId) -> Answer<Option<Versioned<Resource>>> {
        let state = self.state.lock().unwrap();
        Ok(state.resources.contains_key(id).then(|| state.show(id)))
    }

    async fn list(&self, collection: &Collection) -> Answer<Vec<Versioned<Resource>>> {
        let state = self.state.lock().unwrap();
        let apim = "Microsoft.ApiManagement/service";
        let ids = match collection {
            Collection::StaticSites | Collection::StaticSitesOfEach => {
                state.all("Microsoft.Web/staticSites", None)
            }
            Collection::Services => state.all(apim, None),
            Collection::SiteEnvironments(site) => state.all("Microsoft.Web/staticSites/builds", Some(site)),
            Collection::LinkedBackends(environment) => {
                state.all("Microsoft.Web/staticSites/builds/linkedBackends", Some(environment))
            }
            Collection::Apis(service) => state.all(&format!("{apim}/apis"), Some(service)),
            Collection::Products(service) => state.all(&format!("{apim}/products"), Some(service)),
            Collection::Subscriptions(service) => state.all(&format!("{apim}/subscriptions"), Some(service)),
            Collection::ApiProducts(api) => {
                let mut all = state.all(&format!("{apim}/products"), api.parent().as_ref());
                all.retain(|id| state.resources.contains_key(&id.child("apis", api.name()).unwrap()));
                all
            }
            Collection::ProductsNamed(service, name) => {
                let mut all = state.all(&format!("{apim}/products"), Some(service));
                all.retain(|id| property(&state.resources[id], "displayName") == Some(name));
                all
            }
            Collection::ProductApis(product) => state.all(&format!("{apim}/products/apis"), Some(product)),
            Collection::ApiOperations(api) => state.all(&format!("{apim}/apis/operations"), Some(api)),
            Collection::ProductSubscriptions(product) => state.subscriptions_of(product),
        };
        let mut shown: Vec<_> = ids.iter().map(|id| state.show(id)).collect();
        if let Collection::ProductApis(product) = collection {
            for place in &mut shown {
                let api = product.service().api(place.value.id().name()).unwrap();
                for (name, value) in state.resources[&*api]["properties"].as_object().unwrap() {
                    place.value.set_property(name, value.clone());
                }
            }
        }
        Ok(shown)
    }

    async fn keys(&self, id: &ApimSubscriptionId) -> Answer<Option<Versioned<KeyPair>>> {
        let state = self.state.lock().unwrap();
        let pair = state.keys.get(&**id).cloned();
        Ok(pair.map(|(primary, secondary)| Versioned {
            value: KeyPair { primary, secondary },
            etag: state.etag(id),
        }))
    }

    async fn site_key(&self, id: &LinkedBackendId) -> Answer<SiteKey> {
        let state = self.state.lock().unwrap();
        Ok(state.site_keys.get(&**id).map_or(SiteKey::Absent, |key| SiteKey::Held(key.fingerprint())))
    }
}

#[async_trait]
impl Writes for Reference {
    async fn put(&self, mut resource: Resource, expected: Expected) -> Answer<ETag> {
        let mut state = self.state.lock().unwrap();
        let id = resource.id().clone();
        state.check_parents(&id)?;
        state.check(&id, &expected)?;
        let subscription = id.is_a("Microsoft.ApiManagement/service/subscriptions");
        let given = if subscription { resource.take_keys() } else { None };
        let before = state.resources.get(&id);
        let new =
            accepted(resource, before, self.ambient.now().strftime("%Y-%m-%dT%H:%M:%S%.7fZ").to_string());
        state.check_rules(&id, &new)?;
        let is_new = before.is_none();
        state.resources.insert(id.clone(), new);
        match given {
            Some(pair) => drop(state.keys.insert(id.clone(), (pair.primary, pair.secondary))),
            None if subscription && is_new => {
                drop(state.keys.insert(id.clone(), (self.fresh(), self.fresh())));
            }
            None => {}
        }
        if id.is_a("Microsoft.Web/staticSites/builds/linkedBackends") {
            state.copy_key(&id);
        }
        Ok(state.etag(&id))
    }

    async fn delete(&self, id: &ResourceId, expected: Expected) -> Answer<()> {
        let mut state = self.state.lock().unwrap();
        state.check(id, &expected)?;
        if id.is_a("Microsoft.ApiManagement/service/products") && !state.subscriptions_of(id).is_empty() {
            return refuse(id, "ValidationError");
        }
        if state.resources.contains_key(id) {
            state.remove(id);
        }
        Ok(())
    }

    async fn set_keys(&self, id: &ApimSubscriptionId, keys: KeyPair, expected: Expected) -> Answer<ETag> {
        let mut state = self.state.lock().unwrap();
        if !state.exists(id) {
            return Err(ProviderError::NotFound((**id).clone()));
        }
        state.check(id, &expected)?;
        state.keys.insert((**id).clone(), (keys.primary, keys.secondary));
        Ok(state.etag(id))
    }

    async fn regenerate(&self, id: &ApimSubscriptionId, slot: KeySlot) -> Answer<()> {
        let mut state = self.state.lock().unwrap();
        match (state.keys.get_mut(&**id), slot) {
            (None, _) => return Err(ProviderError::NotFound((**id).clone())),
            (Some(pair), KeySlot::Primary) => pair.0 = self.fresh(),
            (Some(pair), KeySlot::Secondary) => pair.1 = self.fresh(),
        }
        Ok(())
    }
}

impl Gateways for Reference {}

impl Grants for Reference {}
