//! What was observed of a link, at one moment.

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

/// A resource as it was seen: what it says, all that it holds, and its version.
#[derive(Clone, Debug)]
pub struct Seen<T> {
    /// What it says.
    pub view: T,
    /// All that it holds.
    pub resource: Resource,
    /// Its version.
    pub etag: ETag,
}

/// A resource that is there and could not be understood.
#[derive(Clone, Debug)]
pub struct Unreadable {
    /// The resource.
    pub id: ResourceId,
    /// What is wrong with it.
    pub reason: Malformed,
}

/// What may be shown of a subscription's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFingerprints {
    /// Of the primary key.
    pub primary: Fingerprint,
    /// Of the secondary key.
    pub secondary: Fingerprint,
}

impl KeyFingerprints {
    /// Which slot holds the key of this fingerprint, if one does.
    #[must_use]
    pub fn slot_of(&self, fingerprint: &Fingerprint) -> Option<KeySlot> {
        if self.primary == *fingerprint {
            return Some(KeySlot::Primary);
        }
        (self.secondary == *fingerprint).then_some(KeySlot::Secondary)
    }
}

/// The site environment as it was seen.
#[derive(Clone, Debug)]
pub enum EnvironmentSeen {
    /// Production, which exists with its site.
    Production,
    /// A preview environment.
    Preview(SiteEnvironment),
    /// It does not exist.
    Missing,
}

/// Everything that a link consists of, and its neighbours, at one moment.
#[derive(Clone, Debug)]
pub struct Observed {
    /// What was looked at.
    pub target: Target,
    /// The static site, if it exists.
    pub site: Option<Seen<StaticSite>>,
    /// The site environment.
    pub environment: EnvironmentSeen,
    /// What the things of the link are called, which follows from the site's hostname.
    pub names: Option<LinkNames>,
    /// The service, if it exists.
    pub service: Option<Seen<ApimService>>,
    /// The linked backends of the site environment, in order of their ids.
    pub backends: Vec<Seen<LinkedBackend>>,
    /// What backends name that does not exist.
    pub gone: Vec<ResourceId>,
    /// What backends name of which it could not be determined whether it exists, and why.
    pub undetermined: Vec<(ResourceId, String)>,
    /// The resource groups of the site and of the service, as far as they are reported as missing.
    pub missing_groups: Vec<ResourceId>,
    /// The link's product.
    pub product: Option<Seen<Product>>,
    /// Other products that bear the display name of the link's.
    pub namesakes: Vec<ProductId>,
    /// The APIs in the product.
    pub product_apis: Vec<Api>,
    /// The APIs that the env lists, that are not in the product, and that the service has.
    pub addable_apis: Vec<Api>,
    /// The policy of the product.
    pub policy: Option<Seen<ApimPolicy>>,
    /// What that policy does about the tokens of the site.
    pub policy_verdict: Option<PolicyVerdict>,
    /// The subscriptions whose scope is the product.
    pub subscriptions: Vec<Seen<ApimSubscription>>,
    /// Who each of them belongs to, in the same order.
    pub ownership: Vec<Ownership>,
    /// Where in `subscriptions` the one is that the site uses.
    pub chosen: Option<usize>,
    /// The id that a new subscription of the link would get: the product's, unless that is taken.
    pub free_subscription: Option<ApimSubscriptionId>,
    /// The keys of the link's subscription, as far as they are known.
    pub keys: Option<KeyFingerprints>,
    /// How closely it was looked at.
    pub depth: Depth,
    /// Whether a key that is not known does not exist.
    pub knows_every_key: bool,
    /// The key that the site sends.
    pub site_key: SiteKey,
    /// What is there and could not be understood.
    pub unreadable: Vec<Unreadable>,
}

/// Whose the product with the link's id is: the one rule, for every command that plans a change of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductOwnership {
    /// The link's.
    Link,
    /// Another site's: its display name says so.
    AnotherSite,
    /// Nothing proves that it is the link's.
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
    /// The id, in lower case, and the version of everything.
    pub fn versions(&self) -> impl Iterator<Item = (&str, &ETag)> {
        self.0.iter().map(|(id, etag)| (id.as_str(), etag))
    }

    /// Whether a resource is among them, by its id in lower case.
    #[must_use]
    pub fn holds(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// A resource that is not in both, or not in the same version.
    #[must_use]
    pub fn difference<'a>(&'a self, other: &'a Self) -> Option<&'a str> {
        let missing = |from: &'a Self, to: &'a Self| {
            from.0.iter().find(|(id, etag)| to.0.get(*id) != Some(etag)).map(|(id, _)| id.as_str())
        };
        missing(self, other).or_else(|| missing(other, self))
    }
}

impl Observed {
    /// Whether the link's subscription has no keys: what was not looked at, or is not known, may have some.
    #[must_use]
    pub fn lacks_keys(&self) -> bool {
        self.keys.is_none() && self.is_whole() && self.knows_every_key
    }

    /// Whether each thing was looked at by itself: keys and the names of linked backends are known then.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.depth == Depth::Whole
    }

    /// The linked backend that names the target's service.
    #[must_use]
    pub fn own_backend(&self) -> Option<&Seen<LinkedBackend>> {
        self.backends.iter().find(|backend| self.is_own(backend))
    }

    /// Whether a backend names the target's service.
    #[must_use]
    pub fn is_own(&self, backend: &Seen<LinkedBackend>) -> bool {
        backend.view.backend == *self.target.service
    }

    /// Whether what a backend names is gone.
    #[must_use]
    pub fn is_gone(&self, backend: &Seen<LinkedBackend>) -> bool {
        self.gone.contains(&backend.view.backend)
    }

    /// Why it could not be determined whether the resource exists that a backend names, if that is so.
    #[must_use]
    pub fn undetermined(&self, backend: &Seen<LinkedBackend>) -> Option<&str> {
        let named = self.undetermined.iter().find(|(id, _)| *id == backend.view.backend);
        named.map(|(_, why)| why.as_str())
    }

    /// Whether the resource group of a resource is reported as missing.
    #[must_use]
    pub fn lacks_group_of(&self, id: &ResourceId) -> bool {
        let is_its_group = |group: &ResourceId| id.key().starts_with(&format!("{}/", group.key()));
        self.missing_groups.iter().any(is_its_group)
    }

    /// The link's own subscription.
    #[must_use]
    pub fn subscription(&self) -> Option<&Seen<ApimSubscription>> {
        self.chosen.and_then(|at| self.subscriptions.get(at))
    }

    /// Whether the link's subscription is one of which that is not proven: its keys may be another consumer's.
    #[must_use]
    pub fn is_subscription_presumed(&self) -> bool {
        self.chosen.and_then(|at| self.ownership.get(at)) == Some(&Ownership::Presumed)
    }

    /// Whether a subscription that Azure created may be the link's, so that the link may have one.
    #[must_use]
    pub fn may_have_subscription(&self) -> bool {
        let by_azure = self.target.provisioner == Provisioner::Service;
        self.subscription().is_some() || (by_azure && self.ownership.contains(&Ownership::Undetermined))
    }

    /// The subscriptions of the link's product, and who each belongs to.
    pub fn owned_subscriptions(&self) -> impl Iterator<Item = (&ApimSubscription, Ownership)> {
        self.subscriptions.iter().map(|seen| &seen.view).zip(self.ownership.iter().copied())
    }

    /// The subscriptions of the link's product that other consumers use, or may use.
    pub fn other_subscriptions(&self) -> impl Iterator<Item = (&ApimSubscription, Ownership)> {
        self.owned_subscriptions().filter(|(_, ownership)| !ownership.goes_with_product())
    }

    /// Whose the product with the link's id is; `None` where there is none, or where the site is not known.
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

    /// Whether something shows that the product is this link's: its display name, a subscription that has a display
    /// name of the link or holds the key that the site sends, or, where the site is linked to the service, a policy
    /// that admits tokens of the site. Neither the policy nor the linked backend proves it alone: any product may
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

    /// The ids of everything that was seen, as the control plane spells them.
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

    /// The versions of everything that was seen.
    #[must_use]
    pub fn basis(&self) -> Basis {
        let mut versions = BTreeMap::new();
        let mut note = |resource: &Resource, etag: &ETag| {
            versions.insert(resource.id().key().to_owned(), etag.clone());
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
            versions.insert(api.key().to_owned(), ETag::new(place));
        }
        Basis(versions)
    }
}
