//! Control plane → [`Observed`]: everything that a link consists of, and its neighbours.

use futures_util::future::try_join_all;

use super::{EnvironmentSeen, KeyFingerprints, Observed, Provisioner, Seen, Target, Unreadable};
use crate::{
    model::{
        Api, ApimPolicy, ApimService, ApimSubscription, ApimSubscriptionId, Fingerprint, LinkNames,
        LinkedBackend, Malformed, Product, ProductId, Resource, ResourceId, SiteEnvironment, SiteKey,
        StaticSite,
    },
    provider::{Collection, ControlPlane, Depth, ProviderError, Versioned},
};

/// Reads everything that a link consists of, and its neighbours, in three rounds of parallel reads.
///
/// A resource that does not have the shape of its type is noted in [`Observed::unreadable`].
///
/// # Errors
///
/// [`ProviderError`] if the control plane does not answer.
pub async fn observe(plane: &dyn ControlPlane, target: &Target) -> Result<Observed, ProviderError> {
    let mut observed = observe_ends(plane, target).await?;
    observed.gone = gone_backends(plane, &observed).await?;
    let Some(names) = observed.names.clone() else { return Ok(observed) };
    if observed.service.is_none() {
        return Ok(observed);
    }
    observe_product(plane, &names, &mut observed).await?;
    let (addable, keys) =
        tokio::try_join!(addable_apis(plane, &observed), keys_of(plane, &names, &observed))?;
    observed.addable_apis =
        see_all(addable, Api::read, &mut observed.unreadable).into_iter().map(|seen| seen.view).collect();
    (observed.site_key, observed.chosen) = (keys.site_key, keys.chosen);
    (observed.free_subscription, observed.keys) = (keys.free_subscription, keys.keys);
    Ok(observed)
}

async fn observe_ends(plane: &dyn ControlPlane, target: &Target) -> Result<Observed, ProviderError> {
    let environment_id = &target.site_environment;
    let site_id = environment_id.site();
    let of_environment = Collection::LinkedBackends(environment_id.clone());
    let (site, environment, backends, service) = tokio::try_join!(
        plane.get(&site_id),
        get_environment(plane, target),
        plane.list(&of_environment),
        plane.get(&target.service),
    )?;
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
        target: target.clone(),
        site,
        environment,
        names: hostname.map(LinkNames::of),
        service: service.and_then(|found| see(found, ApimService::read, &mut unreadable)),
        backends: see_all(backends, LinkedBackend::read, &mut unreadable),
        gone: Vec::new(),
        product: None,
        namesakes: Vec::new(),
        product_apis: Vec::new(),
        addable_apis: Vec::new(),
        policy: None,
        policy_verdict: None,
        subscriptions: Vec::new(),
        chosen: None,
        free_subscription: None,
        keys: None,
        depth: plane.depth(),
        knows_every_key: plane.knows_every_key(),
        site_key: SiteKey::Hidden,
        unreadable,
    })
}

async fn get_environment(
    plane: &dyn ControlPlane,
    target: &Target,
) -> Result<Option<Versioned<Resource>>, ProviderError> {
    if target.site_environment.is_production() {
        return Ok(None);
    }
    plane.get(&target.site_environment).await
}

async fn gone_backends(
    plane: &dyn ControlPlane,
    observed: &Observed,
) -> Result<Vec<ResourceId>, ProviderError> {
    let unreadable = |id: &ResourceId| observed.unreadable.iter().any(|it| it.id == *id);
    let checked = observed.backends.iter().map(async |backend| {
        let named = &backend.view.backend;
        let exists = if observed.is_own(backend) {
            observed.service.is_some() || unreadable(named)
        } else {
            plane.get(named).await?.is_some()
        };
        Ok::<_, ProviderError>((!exists).then(|| named.clone()))
    });
    Ok(try_join_all(checked).await?.into_iter().flatten().collect())
}

async fn observe_product(
    plane: &dyn ControlPlane,
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
    let gateway = observed.service.as_ref().and_then(|seen| seen.view.gateway_host());
    observed.policy_verdict =
        observed.policy.as_ref().map(|policy| policy.view.verdict(names.hostname(), gateway));
    observed.product_apis = see_all(apis, Api::read, unreadable).into_iter().map(|seen| seen.view).collect();
    observed.subscriptions = see_all(subscriptions, ApimSubscription::read, unreadable);
    let namesakes = namesakes.into_iter().filter(|found| found.value.id() != &*id);
    let namesakes = namesakes.map(|found| ProductId::try_from(found.value.id().clone()));
    observed.namesakes = namesakes.collect::<Result<_, _>>()?;
    Ok(())
}

/// The APIs that the env lists and the product lacks.
async fn addable_apis(
    plane: &dyn ControlPlane,
    observed: &Observed,
) -> Result<Vec<Versioned<Resource>>, ProviderError> {
    let ids = observed.target.apis.iter().map(|name| observed.target.service.api(name));
    let ids: Vec<_> = ids.collect::<Result<_, _>>()?;
    let missing = ids.iter().filter(|id| !observed.product_apis.iter().any(|api| api.id == **id));
    let found = try_join_all(missing.map(|id| plane.get(id))).await?;
    Ok(found.into_iter().flatten().collect())
}

/// Which subscription is the link's, and what is known of its keys.
struct KeysSeen {
    site_key: SiteKey,
    chosen: Option<usize>,
    free_subscription: Option<ApimSubscriptionId>,
    keys: Option<KeyFingerprints>,
}

/// Which subscription is the link's, what its keys are, and which key the site sends. If the site's key
/// is known, it tells a subscription that lost its name from one of somebody else's.
async fn keys_of(
    plane: &dyn ControlPlane,
    names: &LinkNames,
    observed: &Observed,
) -> Result<KeysSeen, ProviderError> {
    let site_key = match observed.own_backend() {
        Some(backend) => plane.site_key(&backend.view.id).await?,
        None => SiteKey::Hidden,
    };
    let candidates: Vec<ApimSubscription> = observed.subscriptions.iter().map(|s| s.view.clone()).collect();
    let likely = ApimSubscription::of_link(&candidates, names);
    let bears_its_name = likely.is_some_and(|s| s.is_named_by(names));
    let chosen = match &site_key {
        SiteKey::Held(held) if !bears_its_name => holder_of(plane, &candidates, held).await?,
        SiteKey::Held(_) | SiteKey::Absent | SiteKey::Hidden => likely,
    };
    let mut seen = KeysSeen { site_key, chosen: None, free_subscription: None, keys: None };
    match chosen {
        Some(chosen) => {
            seen.chosen = candidates.iter().position(|candidate| candidate.id == chosen.id);
            if plane.depth() == Depth::Whole {
                seen.keys = plane.keys(&chosen.id).await?.map(|keys| KeyFingerprints {
                    primary: keys.value.primary.fingerprint(),
                    secondary: keys.value.secondary.fingerprint(),
                });
            }
        }
        None if observed.target.provisioner == Provisioner::Engine => {
            let product = names.product(&observed.target.service)?;
            seen.free_subscription = Some(free_subscription(plane, &product).await?);
        }
        None => {}
    }
    Ok(seen)
}

async fn free_subscription(
    plane: &dyn ControlPlane,
    product: &ProductId,
) -> Result<ApimSubscriptionId, ProviderError> {
    let service = product.service();
    let mut id = service.apim_subscription(product.name())?;
    let mut number = 2;
    while let Some(taken) = plane.get(&id).await? {
        // What is left of a product that is gone goes when the product is made anew.
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

async fn holder_of<'a>(
    plane: &dyn ControlPlane,
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
