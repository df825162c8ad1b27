//! What two generations of a model differ in, and which answers of a model a difference can change.
//!
//! Both are expressed as sets of marks. A question has a mark for each fact that its answer depends on, and a difference
//! has one for each fact that is another one. If they have no mark in common, the answer is the same. Different facts
//! can have the same mark, which only makes more answers seem to have changed.

use std::{
    cmp::Ordering,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use super::{
    JsonControlPlane,
    rules::kind::{self, ResourceKind},
    store::{Store, label},
};
use crate::{
    model::{ArmType, ResourceId},
    provider::{Collection, ReadRequest},
};

/// The facts that differ between two generations of a model.
#[derive(Debug)]
pub struct Changed {
    /// In order; `None` if the generations cannot be compared.
    marks: Option<Vec<u64>>,
}

/// The facts that answers of a model depend on, in order of their marks.
#[derive(Clone, Debug, Default)]
pub struct AnswerBasis(Vec<u64>);

/// A fact of a model. Ids are in lower case.
#[derive(Hash)]
enum Fact<'a> {
    /// The content of a resource and its keys, and whether it exists.
    Resource(&'a str),
    /// The members of a collection of a resource, and their content.
    Members { parent: &'a str, of: Option<ArmType> },
    /// The products of a service with a display name.
    Named { service: &'a str, name: &'a str },
    /// The subscriptions of a product.
    Scoped { service: &'a str, product: &'a str },
    /// The APIs in any product of a service.
    Placed(&'a str),
    /// The resources below a site.
    Below(&'a str),
    /// Everything of a kind.
    Kind(ResourceKind),
    /// The ids of a kind.
    Ids(ResourceKind),
    /// Whether an Azure subscription has any resource.
    Seen(&'a str),
}

impl Fact<'_> {
    fn mark(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }
}

impl Changed {
    /// Whether an answer that depends on this can be another one.
    #[must_use]
    pub fn concerns(&self, basis: &AnswerBasis) -> bool {
        match &self.marks {
            Some(marks) => have_common(marks, &basis.0),
            None => true,
        }
    }

    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.marks.as_ref().is_some_and(Vec::is_empty)
    }
}

impl AnswerBasis {
    /// What the answers to these questions depend on.
    #[must_use]
    pub fn of<'q>(questions: impl IntoIterator<Item = &'q ReadRequest>) -> Self {
        let mut marks = Marks::default();
        for question in questions {
            marks.add_question(question);
        }
        Self(marks.in_order())
    }

    /// What the ids of every site and every service depend on.
    #[must_use]
    pub fn of_ids() -> Self {
        Self::of_ids_of(&[ResourceKind::Site, ResourceKind::Service])
    }

    /// What the ids of every site and of its recorded environments depend on.
    #[must_use]
    pub fn of_environments() -> Self {
        Self::of_ids_of(&[ResourceKind::Site, ResourceKind::Build])
    }

    fn of_ids_of(kinds: &[ResourceKind]) -> Self {
        let mut marks = Marks::default();
        for kind in kinds {
            marks.add(&Fact::Ids(*kind));
        }
        Self(marks.in_order())
    }
}

#[derive(Default)]
struct Marks(Vec<u64>);

/// Whether two lists in order have a value in common.
fn have_common(one: &[u64], other: &[u64]) -> bool {
    let (mut one, mut other) = (one.iter().peekable(), other.iter().peekable());
    while let (Some(a), Some(b)) = (one.peek(), other.peek()) {
        match a.cmp(b) {
            Ordering::Less => drop(one.next()),
            Ordering::Greater => drop(other.next()),
            Ordering::Equal => return true,
        }
    }
    false
}

impl Marks {
    fn in_order(mut self) -> Vec<u64> {
        self.0.sort_unstable();
        self.0.dedup();
        self.0
    }

    fn add(&mut self, fact: &Fact<'_>) {
        self.0.push(fact.mark());
    }

    /// A resource exists only with its parents, and an API in a product only with the API.
    fn add_existing(&mut self, key: &str) {
        let mut next = Some(key);
        while let Some(key) = next {
            self.add(&Fact::Resource(key));
            next = kind::parent(key);
        }
        if ResourceKind::of(key) == ResourceKind::ProductApi {
            self.add_existing(&kind::api_of_product_api(key));
        }
    }

    fn add_members(&mut self, parent: &ResourceId, of: ArmType) {
        self.add_existing(parent.lower_case());
        self.add(&Fact::Members { parent: parent.lower_case(), of: Some(of) });
    }

    fn add_question(&mut self, question: &ReadRequest) {
        match question {
            ReadRequest::Get(id) => {
                self.add_existing(id.lower_case());
                // A site shows its linked backends.
                if ResourceKind::of(id.lower_case()) == ResourceKind::Site {
                    self.add(&Fact::Below(id.lower_case()));
                }
            }
            ReadRequest::Keys(id) | ReadRequest::KeyTimes(id) => self.add_existing(id.lower_case()),
            ReadRequest::SiteKey(id) => self.add_existing(id.lower_case()),
            ReadRequest::WouldSee(id) => {
                self.add(&Fact::Seen(&id.azure_subscription().to_ascii_lowercase()));
            }
            ReadRequest::List(collection) => self.add_list(collection),
        }
    }

    fn add_list(&mut self, collection: &Collection) {
        match collection {
            Collection::StaticSites | Collection::StaticSitesOfEach => {
                self.add(&Fact::Kind(ResourceKind::Site));
                self.add(&Fact::Kind(ResourceKind::LinkedBackend));
            }
            Collection::Services => self.add(&Fact::Kind(ResourceKind::Service)),
            Collection::SiteEnvironments(site) => self.add_members(site, ArmType::SiteEnvironment),
            Collection::LinkedBackends(environment) => self.add_members(environment, ArmType::LinkedBackend),
            Collection::Apis(service) => self.add_members(service, ArmType::Api),
            Collection::ApiProducts(api) => {
                let service = kind::cut(api.lower_case());
                self.add_existing(api.lower_case());
                self.add(&Fact::Members { parent: service, of: Some(ArmType::Product) });
                self.add(&Fact::Placed(service));
            }
            Collection::Products(service) => self.add_members(service, ArmType::Product),
            Collection::ProductsNamed(service, name) => {
                self.add_existing(service.lower_case());
                self.add(&Fact::Named { service: service.lower_case(), name });
            }
            Collection::ProductApis(product) => {
                self.add_members(product, ArmType::ProductApi);
                let service = kind::cut(product.lower_case());
                self.add(&Fact::Members { parent: service, of: Some(ArmType::Api) });
            }
            Collection::ApiOperations(api) => self.add_members(api, ArmType::ApiOperation),
            Collection::Subscriptions(service) => self.add_members(service, ArmType::ApimSubscription),
            Collection::ProductSubscriptions(product) => {
                let key = product.lower_case();
                self.add_existing(key);
                self.add(&Fact::Scoped { service: kind::cut(key), product: kind::name(key) });
            }
        }
    }

    /// The facts that a resource is part of, as it is in one generation.
    fn add_resource(&mut self, store: &Store, key: &str) {
        let Some(text) = store.document.resources.get(key) else { return };
        let service = kind::cut(key);
        match label(key, store.document.text(text)) {
            Some(label) if ResourceKind::of(key) == ResourceKind::Product => {
                self.add(&Fact::Named { service, name: label.text() });
            }
            Some(label) => self.add(&Fact::Scoped { service, product: label.text() }),
            None => {}
        }
    }

    /// The facts that differ because a resource, or its keys, differ between two generations.
    fn add_difference(&mut self, one: &Store, other: &Store, key: &str) {
        let of = ResourceKind::of(key);
        self.add(&Fact::Resource(key));
        self.add(&Fact::Kind(of));
        self.add(&Fact::Members { parent: kind::cut(key), of: ArmType::of_lower_case_id(key) });
        match of {
            ResourceKind::Product | ResourceKind::Subscription => {
                self.add_resource(one, key);
                self.add_resource(other, key);
            }
            ResourceKind::ProductApi => self.add(&Fact::Placed(kind::cut(kind::cut(key)))),
            ResourceKind::Build => self.add(&Fact::Below(kind::cut(key))),
            ResourceKind::LinkedBackend => self.add(&Fact::Below(kind::cut(kind::cut(key)))),
            ResourceKind::Site
            | ResourceKind::Service
            | ResourceKind::Api
            | ResourceKind::ProductPolicy
            | ResourceKind::Other => {}
        }
        if one.document.resources.contains_key(key) != other.document.resources.contains_key(key) {
            self.add(&Fact::Ids(of));
        }
        let azure_subscription = key.split('/').nth(2).unwrap_or_default();
        let prefix = format!("/subscriptions/{azure_subscription}/");
        if one.has_below(&prefix) != other.has_below(&prefix) {
            self.add(&Fact::Seen(azure_subscription));
        }
    }
}

impl JsonControlPlane {
    /// What differs between this generation and an earlier one, which must be another value.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Storage`](crate::provider::ProviderError::Storage) if the model cannot be read.
    pub fn changed_since(&self, earlier: &Self) -> Result<Changed, crate::provider::ProviderError> {
        let earlier = earlier.state();
        self.read(|store| Ok(difference(store, &earlier.store)))
    }
}

fn difference(now: &Store, before: &Store) -> Changed {
    let alike = now.document.lineage == before.document.lineage && now.lacks_keys() == before.lacks_keys();
    if !alike {
        return Changed { marks: None };
    }
    let mut marks = Marks::default();
    for key in differing(now, before) {
        marks.add_difference(now, before, key);
    }
    Changed { marks: Some(marks.in_order()) }
}

/// The keys of the resources whose text, or whose keys, differ.
fn differing<'a>(now: &'a Store, before: &'a Store) -> Vec<&'a str> {
    let (new, old) = (&now.document, &before.document);
    let resources = unequal(
        new.resources.iter().map(|(key, text)| (key, new.text(text))),
        old.resources.iter().map(|(key, text)| (key, old.text(text))),
    );
    let secrets = unequal(
        new.secrets.iter().map(|(key, secret)| (key, new.text(&secret.text))),
        old.secrets.iter().map(|(key, secret)| (key, old.text(&secret.text))),
    );
    resources.into_iter().chain(secrets).collect()
}

/// The keys that two lists in order of the keys do not both have with the same value.
fn unequal<'a>(
    one: impl Iterator<Item = (&'a str, &'a str)>,
    other: impl Iterator<Item = (&'a str, &'a str)>,
) -> Vec<&'a str> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    let mut found = Vec::new();
    loop {
        match (one.peek().copied(), other.peek().copied()) {
            (Some((key, text)), Some((same, before))) if key == same => {
                if text != before {
                    found.push(key);
                }
                one.next();
                other.next();
            }
            (Some((key, _)), Some((later, _))) if key < later => {
                found.push(key);
                one.next();
            }
            (Some((key, _)), None) => {
                found.push(key);
                one.next();
            }
            (_, Some((key, _))) => {
                found.push(key);
                other.next();
            }
            (None, None) => return found,
        }
    }
}

#[cfg(test)]
mod tests;
