//! The rules that a control plane enforces for changes.

use serde_json::Value;

use super::kind::{self, KeyHolder, ResourceKind};
use crate::{
    ambient::Ambient,
    model::{
        ApimServiceId, ApimSubscription, ApimSubscriptionId, ArmType, Hostname, Key, KeyPair, KeySlot,
        LinkNames, Resource, ResourceId, UnfitText, canonical_policy,
    },
    provider::{
        ETag, Expected, ProviderError, Versioned,
        json::{ModelError, store::Store},
    },
};

/// Whether a resource comes from a request, or from another control plane where it exists.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PutOrigin {
    /// The control plane sets the fields that it is responsible for.
    Request,
    /// The fields that another control plane has set are kept.
    Import,
}

impl Store {
    /// Creates or replaces a resource. Nothing is changed if that is refused.
    pub(crate) fn put(
        &mut self,
        mut resource: Resource,
        expected: &Expected,
        source: PutOrigin,
        ambient: &dyn Ambient,
    ) -> Result<ETag, ProviderError> {
        let (id, kind) = (resource.id().clone(), ResourceKind::of(resource.id().lower_case()));
        self.check_parents(&id)?;
        let before = self.read(id.lower_case())?;
        check_expected(&id, expected, before.as_ref().map(|before| &before.etag))?;
        let keys = if kind::holds_keys(id.lower_case()) { resource.take_keys() } else { None };
        self.check_and_fill(&mut resource, before.as_ref(), source, ambient)?;
        let (existed, resource) = (before.is_some(), spelt_like(resource, before.as_ref())?);
        if before.is_none_or(|before| before.value != resource) {
            if !existed && !kind::is_production(id.lower_case()) {
                self.remove_dependants(id.lower_case());
            }
            self.write(&resource);
        }
        match kind.key_holder() {
            Some(KeyHolder::Subscription) => self.settle_keys(&id, keys, existed, source, ambient)?,
            Some(KeyHolder::LinkedBackend) => {
                let key = self.link_key(&resource)?;
                self.record_site_key(resource.id(), key.as_ref())?;
            }
            None => {}
        }
        Ok(self.etag(id.lower_case())?)
    }

    /// Checks the rules for the kind of resource, and sets the fields that the caller must not set.
    fn check_and_fill(
        &mut self,
        resource: &mut Resource,
        before: Option<&Versioned<Resource>>,
        source: PutOrigin,
        ambient: &dyn Ambient,
    ) -> Result<(), ProviderError> {
        match ResourceKind::of(resource.id().lower_case()) {
            ResourceKind::Site => drop(resource.remove_property("linkedBackends")),
            ResourceKind::Product => self.check_display_name(resource)?,
            ResourceKind::Subscription => self.check_scope(resource)?,
            ResourceKind::ProductPolicy => keep_as_xml(resource)?,
            ResourceKind::LinkedBackend => {
                self.check_only_backend(resource, before)?;
                fill_backend(resource, before, source, ambient);
            }
            ResourceKind::Build
            | ResourceKind::Service
            | ResourceKind::Api
            | ResourceKind::ProductApi
            | ResourceKind::Other => {}
        }
        Ok(())
    }

    /// Deletes a resource and those that cannot exist without it.
    pub(crate) fn delete(&mut self, id: &ResourceId, expected: &Expected) -> Result<(), ProviderError> {
        let before = self.read(id.lower_case())?;
        check_expected(id, expected, before.as_ref().map(|before| &before.etag))?;
        if before.is_none() {
            return Ok(());
        }
        if ResourceKind::of(id.lower_case()) == ResourceKind::Product
            && !self.subscriptions_of(id.lower_case()).is_empty()
        {
            return Err(rejected(
                id,
                "ValidationError",
                "Product cannot be deleted since it has existing subscriptions. Delete subscriptions before \
                 deleting the product or pass in deleteSubscriptions=true as query param",
            ));
        }
        self.remove(id.lower_case());
        Ok(())
    }

    /// Replaces both keys of a subscription.
    pub(crate) fn set_keys(
        &mut self,
        id: &ApimSubscriptionId,
        keys: &KeyPair,
        expected: &Expected,
        ambient: &dyn Ambient,
    ) -> Result<ETag, ProviderError> {
        let Some(before) = self.read(id.lower_case())? else {
            return Err(ProviderError::NotFound((**id).clone()));
        };
        check_expected(id, expected, Some(&before.etag))?;
        self.record_pair(id, keys, Some(ambient.now()))?;
        Ok(self.etag(id.lower_case())?)
    }

    /// Generates a new key in a slot, and in the other slot too if that is empty.
    pub(crate) fn regenerate(
        &mut self,
        id: &ApimSubscriptionId,
        slot: KeySlot,
        ambient: &dyn Ambient,
    ) -> Result<(), ProviderError> {
        if !self.exists(id.lower_case()) {
            return Err(ProviderError::NotFound((**id).clone()));
        }
        let (fresh, recorded) = (fresh_key(ambient), self.recorded(id.lower_case())?);
        let kept = |key: Option<Key>| key.unwrap_or_else(|| fresh_key(ambient));
        let pair = match slot {
            KeySlot::Primary => KeyPair { primary: fresh, secondary: kept(recorded.secondary) },
            KeySlot::Secondary => KeyPair { primary: kept(recorded.primary), secondary: fresh },
        };
        Ok(self.record_pair(id, &pair, Some(ambient.now()))?)
    }

    fn check_parents(&self, id: &ResourceId) -> Result<(), ProviderError> {
        let Some(parent) = id.parent() else { return Ok(()) };
        if !self.exists(parent.lower_case()) {
            let site = parent.parent().filter(|site| {
                ResourceKind::of(id.lower_case()) == ResourceKind::LinkedBackend
                    && !self.exists(site.lower_case())
            });
            return Err(ProviderError::NotFound(site.unwrap_or(parent)));
        }
        if ResourceKind::of(id.lower_case()) == ResourceKind::ProductApi
            && !self.exists(&kind::api_of_product_api(id.lower_case()))
        {
            let service = parent.parent().unwrap_or(parent);
            return Err(ProviderError::NotFound(service.child(ArmType::Api.collection(), id.name())?));
        }
        Ok(())
    }

    fn check_display_name(&mut self, product: &Resource) -> Result<(), ProviderError> {
        let key = product.id().lower_case();
        let Some(name) = product.field("properties.displayName").and_then(Value::as_str) else {
            return Ok(());
        };
        let namesakes = self.products_named(kind::cut(key), name);
        if namesakes.iter().all(|namesake| **namesake == *key) {
            return Ok(());
        }
        Err(rejected(product.id(), "ValidationError", "Product with the same name already exists"))
    }

    fn check_scope(&self, subscription: &Resource) -> Result<(), ProviderError> {
        let scope = subscription.field("properties.scope").and_then(Value::as_str);
        let Some(product) = scope.and_then(ApimSubscription::product_of_scope) else { return Ok(()) };
        let service = kind::cut(subscription.id().lower_case());
        if self.exists(&format!("{service}/products/{}", product.to_ascii_lowercase())) {
            return Ok(());
        }
        Err(rejected(
            subscription.id(),
            "ValidationError",
            "Subscription scope should be one of '/apis', '/apis/{apiId}', '/products/{productId}'",
        ))
    }

    fn check_only_backend(
        &self,
        backend: &Resource,
        before: Option<&Versioned<Resource>>,
    ) -> Result<(), ProviderError> {
        let target = backend.required_text("properties.backendResourceId")?;
        let key = backend.id().lower_case();
        let others = self.children(&format!("{}/linkedbackends/", kind::cut(key)));
        let alone = others.iter().all(|other| **other == *key);
        let same = before.is_none_or(|before| names_backend(&before.value, target));
        if alone && same {
            return Ok(());
        }
        Err(rejected(backend.id(), "59363", "One Static Web App can not have more than one linked backend."))
    }

    fn settle_keys(
        &mut self,
        id: &ResourceId,
        given: Option<KeyPair>,
        existed: bool,
        source: PutOrigin,
        ambient: &dyn Ambient,
    ) -> Result<(), ModelError> {
        let needs_keys = || -> Result<bool, ModelError> {
            if source == PutOrigin::Import && self.lacks_keys() {
                return Ok(false);
            }
            Ok(!existed || source == PutOrigin::Import && self.recorded(id.lower_case())?.pair().is_none())
        };
        match given {
            // another control plane does not say when it created a key
            Some(pair) => {
                let now = (source == PutOrigin::Request).then(|| ambient.now());
                self.record_pair(id, &pair, now)
            }
            None if needs_keys()? => {
                let pair = KeyPair { primary: fresh_key(ambient), secondary: fresh_key(ambient) };
                self.record_pair(id, &pair, Some(ambient.now()))
            }
            None => Ok(()),
        }
    }

    /// Returns the primary key of the link's subscription for a linked backend.
    fn link_key(&mut self, backend: &Resource) -> Result<Option<Key>, ModelError> {
        let Some(names) = self.names_of(kind::cut(backend.id().lower_case()))? else { return Ok(None) };
        let target = backend.field("properties.backendResourceId").and_then(Value::as_str);
        let service = target.and_then(|target| ApimServiceId::parse(target).ok());
        let Some(product) = service.and_then(|service| names.product(&service).ok()) else { return Ok(None) };
        let mut candidates = Vec::new();
        for key in self.subscriptions_of(product.lower_case()) {
            let found = self.read(&key)?;
            candidates.extend(found.and_then(|found| ApimSubscription::read(&found.value).ok()));
        }
        let used = match ApimSubscription::of_link(&candidates, &names) {
            Some(used) => Some(used),
            None => self.renamed_holder(&candidates, backend.id().lower_case())?,
        };
        used.map_or(Ok(None), |used| Ok(self.recorded(used.id.lower_case())?.primary))
    }

    /// Returns the subscription that was renamed after the site had copied its key.
    fn renamed_holder<'a>(
        &self,
        candidates: &'a [ApimSubscription],
        backend: &str,
    ) -> Result<Option<&'a ApimSubscription>, ModelError> {
        let Some(held) = self.recorded(backend)?.primary else { return Ok(None) };
        for candidate in candidates.iter().filter(|candidate| candidate.display_name.is_some()) {
            let keys = self.recorded(candidate.id.lower_case())?;
            if [keys.primary, keys.secondary].iter().flatten().any(|key| *key == held) {
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }

    fn names_of(&self, environment: &str) -> Result<Option<LinkNames>, ModelError> {
        let (key, field) = if kind::is_production(environment) {
            (kind::cut(environment), "properties.defaultHostname")
        } else {
            (environment, "properties.hostname")
        };
        let found = self.read(key)?;
        let text = found.as_ref().and_then(|found| found.value.field(field)?.as_str());
        Ok(text.and_then(|text| Hostname::parse(text).ok()).map(LinkNames::of))
    }
}

/// A policy is stored in one format, regardless of the format in which it was given.
fn keep_as_xml(policy: &mut Resource) -> Result<(), ProviderError> {
    canonical_policy(policy).map_err(|error| {
        let message = if let UnfitText::NotRaw(problem) = &error {
            format!("{error}: {problem}")
        } else {
            error.to_string()
        };
        rejected(policy.id(), "ValidationError", &message)
    })
}

/// Whether a linked backend refers to `target`, ignoring case.
pub(crate) fn names_backend(backend: &Resource, target: &str) -> bool {
    let named = backend.field("properties.backendResourceId").and_then(Value::as_str);
    named.is_some_and(|named| named.eq_ignore_ascii_case(target))
}

fn fresh_key(ambient: &dyn Ambient) -> Key {
    Key::from_uuid(ambient.unguessable())
}

fn rejected(id: &ResourceId, code: &str, message: &str) -> ProviderError {
    ProviderError::Rejected { id: id.clone(), code: code.to_owned(), message: message.to_owned(), hint: None }
}

fn check_expected(id: &ResourceId, expected: &Expected, there: Option<&ETag>) -> Result<(), ProviderError> {
    let holds = match expected {
        Expected::Anything => true,
        Expected::Absent => there.is_none(),
        Expected::Unchanged(etag) => there == Some(etag),
    };
    if holds { Ok(()) } else { Err(ProviderError::Conflict(id.clone())) }
}

/// Sets the fields that the caller must not set.
fn fill_backend(
    backend: &mut Resource,
    before: Option<&Versioned<Resource>>,
    source: PutOrigin,
    ambient: &dyn Ambient,
) {
    let created_on = |backend: &Resource| backend.field("properties.createdOn").cloned();
    let created = match (before, created_on(backend).filter(|_| source == PutOrigin::Import)) {
        (_, Some(given)) => Some(given),
        (Some(before), None) => created_on(&before.value),
        // with as many digits as Azure writes
        (None, None) => Some(ambient.now().strftime("%Y-%m-%dT%H:%M:%S%.7fZ").to_string().into()),
    };
    backend.remove_property("createdOn");
    if let Some(created) = created {
        backend.set_property("createdOn", created);
    }
    backend.set_property("provisioningState", "Succeeded");
    if backend.field("properties.region").is_none() {
        backend.set_property("region", Value::Null);
    }
}

/// Returns the resource with its name and type; an existing resource keeps its original spelling.
fn spelt_like(resource: Resource, before: Option<&Versioned<Resource>>) -> Result<Resource, ProviderError> {
    let id = resource.id().clone();
    let mut body = match resource.into_value() {
        Value::Object(body) => body,
        _ => serde_json::Map::new(),
    };
    let spelt = before.map(|before| before.value.body());
    let of = |field: &str, new: String| {
        let old = spelt.and_then(|body| body.get(field)?.as_str());
        old.filter(|old| old.eq_ignore_ascii_case(&new)).map_or(new.clone(), str::to_owned)
    };
    for (field, text) in
        [("id", id.to_string()), ("name", id.name().to_owned()), ("type", id.resource_type())]
    {
        body.insert(field.to_owned(), of(field, text).into());
    }
    Ok(Resource::from_value(Value::Object(body))?)
}
