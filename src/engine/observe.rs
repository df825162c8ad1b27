//! Reads [`Observed`] from the control plane: all parts of a link, and its neighbours.

use futures_util::future::try_join_all;

use super::{EnvironmentSeen, KeyFingerprints, Observed, Provisioner, Seen, Target, Unreadable, apis};
use crate::{
    model::{
        Api, ApimPolicy, ApimService, ApimSubscription, ApimSubscriptionId, Fingerprint, LinkNames,
        LinkedBackend, Malformed, Ownership, Product, ProductId, Resource, ResourceId, SiteEnvironment,
        SiteKey, SiteSide, StaticSite, without_revision,
    },
    provider::{Collection, Depth, ProviderError, Reads, Versioned},
};

/// Reads all parts of a link, and its neighbours, in three rounds of parallel reads.
///
/// A resource that does not have the format of its type is recorded in [`Observed::unreadable`].
///
/// # Errors
///
/// [`ProviderError`] if the control plane does not answer.
pub async fn observe(plane: &dyn Reads, target: &Target) -> Result<Observed, ProviderError> {
    let mut observed = observe_ends(plane, target).await?;
    observe_backends(plane, &mut observed).await?;
    let Some(names) = observed.names.clone() else { return Ok(observed) };
    if observed.service.is_none() {
        return Ok(observed);
    }
    observe_product(plane, &names, &mut observed).await?;
    let (product_apis, addable, keys) = tokio::try_join!(
        apis::completed(plane, &observed.product_apis),
        addable_apis(plane, &observed),
        keys_of(plane, &names, &observed)
    )?;
    observed.product_apis = product_apis;
    observed.addable_apis =
        see_all(addable, Api::read, &mut observed.unreadable).into_iter().map(|seen| seen.view).collect();
    observed.note_keys(keys);
    Ok(observed)
}

impl Observed {
    fn note_keys(&mut self, seen: KeysSeen) {
        (self.site_key, self.ownership) = (seen.site_key, seen.ownership);
        (self.chosen, self.free_subscription) = (seen.chosen, seen.free_subscription);
        let Some(keys) = seen.keys else { return };
        // A list contains no versions of its elements; the answer with the keys contains one.
        if let Some(used) = self.chosen.and_then(|at| self.subscriptions.get_mut(at)) {
            used.etag = keys.etag;
        }
        self.keys = Some(keys.value);
    }
}

async fn observe_ends(plane: &dyn Reads, target: &Target) -> Result<Observed, ProviderError> {
    let environment_id = &target.site_environment;
    let site_id = environment_id.site();
    let of_environment = Collection::LinkedBackends(environment_id.clone());
    let (site, environment, backends, service) = tokio::try_join!(
        plane.get(&site_id),
        get_environment(plane, target),
        plane.list(&of_environment),
        plane.get(&target.service),
    )?;
    let missing_groups = [(&*site_id, site.is_none()), (&*target.service, service.is_none())].into_iter();
    let missing_groups = missing_groups.filter(|(_, is_missing)| *is_missing);
    let missing_groups = missing_groups.filter_map(|(id, _)| plane.missing_group(id)).collect();
    let found = [&site, &environment, &service].into_iter().flatten();
    let spelt = found.fold(target.clone(), |target, found| target.spelt_like(found.value.id()));
    let mut unreadable = Vec::new();
    let site = site.and_then(|found| see(found, StaticSite::read, &mut unreadable));
    let environment = match environment {
        _ if environment_id.is_production() => EnvironmentSeen::Production,
        Some(found) => see(found, SiteEnvironment::read, &mut unreadable)
            .map_or(EnvironmentSeen::Missing, |seen| EnvironmentSeen::Preview(seen.view)),
        None => EnvironmentSeen::Missing,
    };
    let hostname = match (&environment, &site) {
        (EnvironmentSeen::Preview(preview), _) => Some(preview.hostname.clone()),
        (EnvironmentSeen::Production, Some(site)) => Some(site.view.default_hostname.clone()),
        (EnvironmentSeen::Production | EnvironmentSeen::Missing, _) => None,
    };
    Ok(Observed {
        target: spelt,
        site,
        environment,
        names: hostname.map(LinkNames::of),
        service: service.and_then(|found| see(found, ApimService::read, &mut unreadable)),
        backends: see_all(backends, LinkedBackend::read, &mut unreadable),
        gone: Vec::new(),
        undetermined: Vec::new(),
        missing_groups,
        product: None,
        namesakes: Vec::new(),
        product_apis: Vec::new(),
        addable_apis: Vec::new(),
        policy: None,
        policy_verdict: None,
        subscriptions: Vec::new(),
        ownership: Vec::new(),
        chosen: None,
        free_subscription: None,
        keys: None,
        depth: plane.capabilities().depth,
        knows_every_key: plane.capabilities().knows_every_key,
        site_key: SiteKey::Hidden,
        unreadable,
    })
}

async fn get_environment(
    plane: &dyn Reads,
    target: &Target,
) -> Result<Option<Versioned<Resource>>, ProviderError> {
    if target.site_environment.is_production() {
        return Ok(None);
    }
    plane.get(&target.site_environment).await
}

/// The resource that a linked backend names.
enum End {
    /// It exists, or this control plane could not see it if it existed.
    There,
    /// It does not exist.
    Gone(ResourceId),
    /// Whether it exists could not be determined, for this reason.
    Undetermined(ResourceId, String),
}

async fn observe_backends(plane: &dyn Reads, observed: &mut Observed) -> Result<(), ProviderError> {
    let seen = &*observed;
    let ends = seen.backends.iter().map(async |backend| end_of(plane, seen, backend).await);
    for end in try_join_all(ends).await? {
        match end {
            End::There => {}
            End::Gone(id) => observed.gone.push(id),
            End::Undetermined(id, why) => observed.undetermined.push((id, why)),
        }
    }
    Ok(())
}

async fn end_of(
    plane: &dyn Reads,
    observed: &Observed,
    backend: &Seen<LinkedBackend>,
) -> Result<End, ProviderError> {
    let named = &backend.view.backend;
    if observed.is_own(backend) {
        let exists = observed.service.is_some() || observed.unreadable.iter().any(|it| it.id == *named);
        return Ok(if exists { End::There } else { End::Gone(named.clone()) });
    }
    if !plane.would_see(named) {
        return Ok(End::There);
    }
    match plane.get(named).await {
        Ok(Some(_)) => Ok(End::There),
        Ok(None) => Ok(End::Gone(named.clone())),
        Err(
            why @ (ProviderError::Undetermined(_)
            | ProviderError::NotAuthorized(_)
            | ProviderError::Rejected { .. }
            | ProviderError::Malformed(_)),
        ) => Ok(End::Undetermined(named.clone(), why.to_string())),
        Err(
            error @ (ProviderError::Conflict(_)
            | ProviderError::ConflictAfterLostAnswer(_)
            | ProviderError::NotFound(_)
            | ProviderError::NotAuthenticated(_)
            | ProviderError::Throttled(_)
            | ProviderError::Unavailable(_)
            | ProviderError::Unfinished(_)
            | ProviderError::Storage(_)),
        ) => Err(error),
    }
}

async fn observe_product(
    plane: &dyn Reads,
    names: &LinkNames,
    observed: &mut Observed,
) -> Result<(), ProviderError> {
    let service = observed.target.service.clone();
    let id = names.product(&service)?;
    let policy_id = id.policy();
    let (namesakes, apis, subscriptions) = (
        Collection::ProductsNamed(service, names.display_name()),
        Collection::ProductApis(id.clone()),
        Collection::ProductSubscriptions(id.clone()),
    );
    let (product, policy, namesakes, apis, subscriptions) = tokio::try_join!(
        plane.get(&id),
        plane.get(&policy_id),
        plane.list(&namesakes),
        plane.list(&apis),
        plane.list(&subscriptions),
    )?;
    let unreadable = &mut observed.unreadable;
    observed.product = product.and_then(|found| see(found, Product::read, unreadable));
    observed.policy = policy.and_then(|found| see(found, ApimPolicy::read, unreadable));
    let gateway = observed.service.as_ref().map(|seen| seen.view.gateway()).unwrap_or_default();
    observed.policy_verdict =
        observed.policy.as_ref().map(|policy| policy.view.verdict(names.hostname(), gateway));
    observed.product_apis = see_all(apis, Api::read, unreadable).into_iter().map(|seen| seen.view).collect();
    observed.subscriptions = see_all(subscriptions, ApimSubscription::read, unreadable);
    let namesakes = namesakes.into_iter().filter(|found| found.value.id() != &*id);
    let namesakes = namesakes.map(|found| ProductId::try_from(found.value.id().clone()));
    observed.namesakes = namesakes.collect::<Result<_, _>>()?;
    Ok(())
}

/// Returns the APIs that the env lists and that are missing from the product.
async fn addable_apis(
    plane: &dyn Reads,
    observed: &Observed,
) -> Result<Vec<Versioned<Resource>>, ProviderError> {
    let ids = observed.target.apis.iter().map(|name| observed.target.service.api(name));
    let ids: Vec<_> = ids.collect::<Result<_, _>>()?;
    let addable = ids.iter().filter(|id| without_revision(id.name()).is_none());
    let missing = addable.filter(|id| !observed.product_apis.iter().any(|api| api.id == **id));
    let found = try_join_all(missing.map(|id| plane.get(id))).await?;
    Ok(found.into_iter().flatten().collect())
}

/// The owners of the subscriptions, and the known keys of the subscription that the site uses.
struct KeysSeen {
    site_key: SiteKey,
    ownership: Vec<Ownership>,
    chosen: Option<usize>,
    free_subscription: Option<ApimSubscriptionId>,
    keys: Option<Versioned<KeyFingerprints>>,
}

/// Determines the owners of the subscriptions, and reads the keys of the one that the site uses. If the site's key is
/// known, it distinguishes a link's subscription that lost its display name from another consumer's.
async fn keys_of(
    plane: &dyn Reads,
    names: &LinkNames,
    observed: &Observed,
) -> Result<KeysSeen, ProviderError> {
    let site_key = match observed.own_backend() {
        Some(backend) => plane.site_key(&backend.view.id).await?,
        None => SiteKey::Hidden,
    };
    let candidates: Vec<ApimSubscription> = observed.subscriptions.iter().map(|s| s.view.clone()).collect();
    let has_a_named_one = candidates.iter().any(|candidate| candidate.is_named_by(names));
    let holder = match &site_key {
        SiteKey::Held(held) if !has_a_named_one => holder_of(plane, &candidates, held).await?,
        SiteKey::Held(_) | SiteKey::Absent | SiteKey::Hidden => None,
    };
    let site = SiteSide {
        holder: holder.map(|holder| &holder.id),
        key_is_hidden: is_hidden(observed, &site_key),
        connected_on: observed.own_backend().and_then(|backend| backend.view.created_on.as_deref()),
    };
    let ownership = Ownership::of_all(&candidates, Some(names), &site);
    let chosen = Ownership::used(&ownership, &candidates);
    let mut seen = KeysSeen { site_key, ownership, chosen, free_subscription: None, keys: None };
    match chosen {
        Some(at) if plane.capabilities().depth == Depth::Whole => {
            let keys = plane.keys(&candidates[at].id).await?;
            seen.keys = keys.map(|keys| {
                let (primary, secondary) = (&keys.value.primary, &keys.value.secondary);
                let value =
                    KeyFingerprints { primary: primary.fingerprint(), secondary: secondary.fingerprint() };
                Versioned { value, etag: keys.etag }
            });
        }
        None if observed.target.provisioner == Provisioner::Engine => {
            let product = names.product(&observed.target.service)?;
            seen.free_subscription = Some(free_subscription(plane, &product).await?);
        }
        Some(_) | None => {}
    }
    Ok(seen)
}

/// Whether the site's key is unknown, so that any subscription may hold it. Where the resource provider creates
/// subscriptions, this includes those that an earlier connection left.
fn is_hidden(observed: &Observed, site_key: &SiteKey) -> bool {
    let by_azure = observed.target.provisioner == Provisioner::Service;
    *site_key == SiteKey::Hidden && (observed.own_backend().is_some() || by_azure)
}

async fn free_subscription(
    plane: &dyn Reads,
    product: &ProductId,
) -> Result<ApimSubscriptionId, ProviderError> {
    let service = product.service();
    let mut id = service.apim_subscription(product.name())?;
    let mut number = 2;
    while let Some(taken) = plane.get(&id).await? {
        // A subscription that is left from a deleted product is deleted when the product is created again.
        let scope = taken.value.text("properties.scope").ok().flatten().unwrap_or_default();
        let names_product = ApimSubscription::product_of_scope(scope);
        if names_product.is_some_and(|name| name.eq_ignore_ascii_case(product.name()))
            && plane.get(product).await?.is_none()
        {
            break;
        }
        id = service.apim_subscription(&format!("{}-{number}", product.name()))?;
        number += 1;
    }
    Ok(id)
}

/// Returns the subscription that has the key with this fingerprint.
pub(super) async fn holder_of<'a>(
    plane: &dyn Reads,
    candidates: &'a [ApimSubscription],
    held: &Fingerprint,
) -> Result<Option<&'a ApimSubscription>, ProviderError> {
    for candidate in candidates {
        let keys = plane.keys(&candidate.id).await?;
        if keys.is_some_and(|keys| keys.value.slot_of(held).is_some()) {
            return Ok(Some(candidate));
        }
    }
    Ok(None)
}

pub(super) fn see<T>(
    found: Versioned<Resource>,
    read: impl FnOnce(&Resource) -> Result<T, Malformed>,
    unreadable: &mut Vec<Unreadable>,
) -> Option<Seen<T>> {
    match read(&found.value) {
        Ok(view) => Some(Seen { view, resource: found.value, etag: found.etag }),
        Err(reason) => {
            unreadable.push(Unreadable { id: found.value.id().clone(), reason });
            None
        }
    }
}

pub(super) fn see_all<T>(
    found: Vec<Versioned<Resource>>,
    read: impl Fn(&Resource) -> Result<T, Malformed>,
    unreadable: &mut Vec<Unreadable>,
) -> Vec<Seen<T>> {
    found.into_iter().filter_map(|one| see(one, &read, unreadable)).collect()
}
