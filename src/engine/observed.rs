//! The observation of a link at one moment.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Provisioner, Target};
use crate::{
    model::{
        Api, ApimPolicy, ApimService, ApimSubscription, ApimSubscriptionId, Fingerprint, KeySlot, LinkNames,
        LinkedBackend, Malformed, Opening, Ownership, PolicyVerdict, Product, ProductId, Resource,
        ResourceId, SiteEnvironment, SiteKey, StaticSite, linked_hostname,
    },
    provider::{Depth, ETag},
};

/// A resource as it was read: the typed view, the whole resource, and its version.
#[derive(Clone, Debug)]
pub struct Seen<T> {
    /// The typed view.
    pub view: T,
    /// The whole resource.
    pub resource: Resource,
    /// Its version.
    pub etag: ETag,
}

/// A resource that exists but could not be parsed.
#[derive(Clone, Debug)]
pub struct Unreadable {
    /// The resource.
    pub id: ResourceId,
    /// The reason.
    pub reason: Malformed,
}

/// The fingerprints of a subscription's keys, which may be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFingerprints {
    /// Of the primary key.
    pub primary: Fingerprint,
    /// Of the secondary key.
    pub secondary: Fingerprint,
}

impl KeyFingerprints {
    /// Returns the slot that holds the key with this fingerprint, if there is one.
    #[must_use]
    pub fn slot_of(&self, fingerprint: &Fingerprint) -> Option<KeySlot> {
        if self.primary == *fingerprint {
            return Some(KeySlot::Primary);
        }
        (self.secondary == *fingerprint).then_some(KeySlot::Secondary)
    }
}

/// The site environment as it was read.
#[derive(Clone, Debug)]
pub enum EnvironmentSeen {
    /// Production, which exists if its site exists.
    Production,
    /// A preview environment.
    Preview(SiteEnvironment),
    /// It does not exist.
    Missing,
}

/// All parts of a link, and its neighbours, at one moment.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The target that was observed.
    pub target: Target,
    /// The static site, if it exists.
    pub site: Option<Seen<StaticSite>>,
    /// The site environment.
    pub environment: EnvironmentSeen,
    /// The names of the link's resources, derived from the site's hostname.
    pub names: Option<LinkNames>,
    /// The service, if it exists.
    pub service: Option<Seen<ApimService>>,
    /// The linked backends of the site environment, in order of their ids.
    pub backends: Vec<Seen<LinkedBackend>>,
    /// The resources that linked backends name and that do not exist.
    pub gone: Vec<ResourceId>,
    /// The resources that linked backends name and whose existence could not be determined, with the reason.
    pub undetermined: Vec<(ResourceId, String)>,
    /// The resource groups of the site and of the service that are reported as missing.
    pub missing_groups: Vec<ResourceId>,
    /// The link's product.
    pub product: Option<Seen<Product>>,
    /// Other products that have the display name of the link's product.
    pub namesakes: Vec<ProductId>,
    /// The APIs in the product.
    pub product_apis: Vec<Api>,
    /// The APIs that the env lists and the service has, but that are missing from the product.
    pub addable_apis: Vec<Api>,
    /// The policy of the product.
    pub policy: Option<Seen<ApimPolicy>>,
    /// How that policy handles the site's tokens.
    pub policy_verdict: Option<PolicyVerdict>,
    /// The subscriptions whose scope is the product.
    pub subscriptions: Vec<Seen<ApimSubscription>>,
    /// The owner of each of them, in the same order.
    pub ownership: Vec<Ownership>,
    /// The index in `subscriptions` of the one that the site uses.
    pub chosen: Option<usize>,
    /// The id that a new subscription of the link would get: the product's id, unless another subscription has it.
    pub free_subscription: Option<ApimSubscriptionId>,
    /// The keys of the link's subscription, if they are known.
    pub keys: Option<KeyFingerprints>,
    /// How completely the control plane was read.
    pub depth: Depth,
    /// Whether a key that is not known does not exist.
    pub knows_every_key: bool,
    /// The key that the site sends.
    pub site_key: SiteKey,
    /// The resources that exist but could not be parsed.
    pub unreadable: Vec<Unreadable>,
}

/// The owner of the product with the link's id: one rule for every command that plans a change of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductOwnership {
    /// The link.
    Link,
    /// Another site, according to the product's display name.
    AnotherSite,
    /// Unknown: nothing proves that it belongs to the link.
    Unproven,
}

/// The versions of everything that a plan was made from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Basis(BTreeMap<String, ETag>);

impl FromIterator<(String, ETag)> for Basis {
    fn from_iter<I: IntoIterator<Item = (String, ETag)>>(versions: I) -> Self {
        Self(versions.into_iter().collect())
    }
}

impl Basis {
    /// Returns the id, in lower case, and the version of each resource.
    pub fn versions(&self) -> impl Iterator<Item = (&str, &ETag)> {
        self.0.iter().map(|(id, etag)| (id.as_str(), etag))
    }

    /// Whether a resource is included, by its id in lower case.
    #[must_use]
    pub fn holds(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// Returns the id of each resource that is not in both, or not in the same version.
    pub fn differences<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a str> {
        let changed = self.0.iter().filter(|(id, etag)| other.0.get(*id) != Some(etag));
        let created = other.0.keys().filter(|id| !self.0.contains_key(*id));
        changed.map(|(id, _)| id.as_str()).chain(created.map(String::as_str))
    }
}

impl Observed {
    /// Whether the link's subscription has no keys. It is false if the keys were not read or are not known.
    #[must_use]
    pub fn lacks_keys(&self) -> bool {
        self.keys.is_none() && self.is_whole() && self.knows_every_key
    }

    /// Whether each resource was read separately: then keys and the names of linked backends are known.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.depth == Depth::Whole
    }

    /// Returns the linked backend that names the target's service.
    #[must_use]
    pub fn own_backend(&self) -> Option<&Seen<LinkedBackend>> {
        self.backends.iter().find(|backend| self.is_own(backend))
    }

    /// Whether a backend names the target's service.
    #[must_use]
    pub fn is_own(&self, backend: &Seen<LinkedBackend>) -> bool {
        self.target.is_linked_by(&backend.view)
    }

    /// Whether the resource that a backend names does not exist.
    #[must_use]
    pub fn is_gone(&self, backend: &Seen<LinkedBackend>) -> bool {
        self.gone.contains(&backend.view.backend)
    }

    /// Returns why it could not be determined whether the resource that a backend names exists; `None` if it was
    /// determined.
    #[must_use]
    pub fn undetermined(&self, backend: &Seen<LinkedBackend>) -> Option<&str> {
        let named = self.undetermined.iter().find(|(id, _)| *id == backend.view.backend);
        named.map(|(_, why)| why.as_str())
    }

    /// Whether the resource group of a resource is reported as missing.
    #[must_use]
    pub fn lacks_group_of(&self, id: &ResourceId) -> bool {
        let is_its_group =
            |group: &ResourceId| id.lower_case().starts_with(&format!("{}/", group.lower_case()));
        self.missing_groups.iter().any(is_its_group)
    }

    /// Returns the link's subscription.
    #[must_use]
    pub fn subscription(&self) -> Option<&Seen<ApimSubscription>> {
        self.chosen.and_then(|at| self.subscriptions.get(at))
    }

    /// Whether the link's subscription is only presumed to be the link's: its keys may belong to another consumer.
    #[must_use]
    pub fn is_subscription_presumed(&self) -> bool {
        self.chosen.and_then(|at| self.ownership.get(at)) == Some(&Ownership::Presumed)
    }

    /// Whether a subscription that Azure created may be the link's, so that the link may already have one.
    #[must_use]
    pub fn may_have_subscription(&self) -> bool {
        let by_azure = self.target.provisioner == Provisioner::Service;
        self.subscription().is_some() || (by_azure && self.ownership.contains(&Ownership::Undetermined))
    }

    /// Returns the subscriptions of the link's product, each with its owner.
    pub fn owned_subscriptions(&self) -> impl Iterator<Item = (&ApimSubscription, Ownership)> {
        self.subscriptions.iter().map(|seen| &seen.view).zip(self.ownership.iter().copied())
    }

    /// Returns the subscriptions of the link's product that other consumers use, or may use.
    pub fn other_subscriptions(&self) -> impl Iterator<Item = (&ApimSubscription, Ownership)> {
        self.owned_subscriptions().filter(|(_, ownership)| !ownership.goes_with_product())
    }

    /// Returns the owner of the product with the link's id; `None` if there is no such product, or if the site is not
    /// known.
    #[must_use]
    pub fn product_ownership(&self) -> Option<ProductOwnership> {
        let (product, names) = (&self.product.as_ref()?.view, self.names.as_ref()?);
        let made_for = linked_hostname(&product.display_name);
        Some(match made_for {
            Some(hostname) if hostname != *names.hostname() => ProductOwnership::AnotherSite,
            Some(_) | None if self.shows_its_link(product, names) => ProductOwnership::Link,
            Some(_) | None => ProductOwnership::Unproven,
        })
    }

    /// Whether there is proof that the product is this link's: its display name, a subscription that has a display name
    /// of the link or holds the key that the site sends, or, where the site is linked to the service, a policy that
    /// admits tokens of the site. Neither the policy nor the linked backend is sufficient on its own: any product may
    /// have the id, and any policy may admit the site.
    fn shows_its_link(&self, product: &Product, names: &LinkNames) -> bool {
        let of_site = match &self.policy_verdict {
            Some(PolicyVerdict::Healthy) => true,
            Some(PolicyVerdict::Open { why, lets_site_in }) => {
                *lets_site_in && !why.contains(&Opening::NoCheck)
            }
            Some(PolicyVerdict::Closed(_) | PolicyVerdict::Undetermined(_)) | None => false,
        };
        let held = || match (&self.site_key, &self.keys) {
            (SiteKey::Held(held), Some(keys)) => keys.slot_of(held).is_some(),
            (SiteKey::Held(_) | SiteKey::Absent | SiteKey::Hidden, _) => false,
        };
        let named = |seen: &Seen<ApimSubscription>| seen.view.is_named_by(names);
        product.display_name == names.display_name()
            || (of_site && self.own_backend().is_some())
            || self.subscriptions.iter().any(named)
            || held()
    }

    /// Returns the ids of everything that was read, as the control plane spells them.
    pub fn ids(&self) -> impl Iterator<Item = &ResourceId> {
        let site = self.site.iter().map(|seen| seen.resource.id());
        let service = self.service.iter().map(|seen| seen.resource.id());
        let backends = self.backends.iter().map(|seen| seen.resource.id());
        let product = self.product.iter().map(|seen| seen.resource.id());
        let policy = self.policy.iter().map(|seen| seen.resource.id());
        let subscriptions = self.subscriptions.iter().map(|seen| seen.resource.id());
        let apis = self.product_apis.iter().chain(&self.addable_apis).map(|api| &*api.id);
        site.chain(service).chain(backends).chain(product).chain(policy).chain(subscriptions).chain(apis)
    }

    /// Returns the versions of everything that was read.
    #[must_use]
    pub fn basis(&self) -> Basis {
        let mut versions = BTreeMap::new();
        let mut note = |resource: &Resource, etag: &ETag| {
            versions.insert(resource.id().lower_case().to_owned(), etag.clone());
        };
        self.site.iter().for_each(|seen| note(&seen.resource, &seen.etag));
        self.service.iter().for_each(|seen| note(&seen.resource, &seen.etag));
        self.backends.iter().for_each(|seen| note(&seen.resource, &seen.etag));
        self.product.iter().for_each(|seen| note(&seen.resource, &seen.etag));
        self.policy.iter().for_each(|seen| note(&seen.resource, &seen.etag));
        self.subscriptions.iter().for_each(|seen| note(&seen.resource, &seen.etag));
        let present = self.product_apis.iter().map(|api| (&api.id, "present"));
        let addable = self.addable_apis.iter().map(|api| (&api.id, "absent"));
        for (api, place) in present.chain(addable) {
            versions.insert(api.lower_case().to_owned(), ETag::new(place));
        }
        Basis(versions)
    }
}
