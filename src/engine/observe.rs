//! Reads [`Observed`] from the control plane, in three stages that the types show: the ends of the link, then its
//! resources in the service, then its keys. A stage is read from the values of the stages before it. What the usual
//! names predict of the third is read with the second.

mod ends;
mod in_service;
mod keys;
mod predicted;

pub(super) use self::keys::holder_of;
use self::{ends::Ends, in_service::InService, keys::KeysSeen, predicted::Predicted};
use super::{Observed, Seen, Target, Unreadable, apis};
use crate::{
    model::{Api, Malformed, Resource},
    provider::{Capabilities, ProviderError, Reads, Versioned},
};

/// Reads all parts of a link, and its neighbours, in two rounds of parallel reads if the link follows the usual names,
/// otherwise in three.
///
/// A resource that does not have the format of its type is recorded in [`Observed::unreadable`].
///
/// # Errors
///
/// [`ProviderError`] if the control plane does not answer.
pub async fn observe(plane: &dyn Reads, target: &Target) -> Result<Observed, ProviderError> {
    let ends = Ends::read(plane, target).await?;
    let inside = match &ends.names {
        Some(names) if ends.service.is_some() => {
            let (listed, predicted) =
                tokio::try_join!(InService::read(plane, &ends, names), Predicted::read(plane, &ends, names))?;
            let (apis, addable, keys) = tokio::try_join!(
                apis::completed(&predicted, &listed.apis),
                listed.addable_apis(&predicted, &ends.target),
                KeysSeen::read(&predicted, names, &ends, &listed)
            )?;
            Inside::new(InService { apis, ..listed }, addable, keys)
        }
        Some(_) | None => Inside::nothing(),
    };
    Ok(assembled(ends, inside, plane.capabilities()))
}

/// The resources of the link in the service, with the keys.
struct Inside {
    resources: InService,
    addable_apis: Vec<Api>,
    keys: KeysSeen,
}

impl Inside {
    fn new(mut resources: InService, addable: Vec<Versioned<Resource>>, keys: KeysSeen) -> Self {
        let addable = see_all(addable, Api::read, &mut resources.unreadable);
        // A list contains no versions of its elements; the answer with the keys contains one.
        if let (Some(at), Some(known)) = (keys.chosen, &keys.keys)
            && let Some(used) = resources.subscriptions.get_mut(at)
        {
            used.etag = known.etag.clone();
        }
        Self { resources, addable_apis: addable.into_iter().map(|seen| seen.view).collect(), keys }
    }

    /// The link has no resources in a service that does not exist, or without a site that gives them their names.
    fn nothing() -> Self {
        Self { resources: InService::default(), addable_apis: Vec::new(), keys: KeysSeen::none() }
    }
}

fn assembled(ends: Ends, inside: Inside, capabilities: Capabilities) -> Observed {
    let Inside { resources, addable_apis, keys } = inside;
    Observed {
        target: ends.target,
        site: ends.site,
        environment: ends.environment,
        names: ends.names,
        service: ends.service,
        backends: ends.backends,
        gone: ends.gone,
        undetermined: ends.undetermined,
        missing_groups: ends.missing_groups,
        product: resources.product,
        namesakes: resources.namesakes,
        product_apis: resources.apis,
        addable_apis,
        policy: resources.policy,
        policy_verdict: resources.policy_verdict,
        subscriptions: resources.subscriptions,
        ownership: keys.ownership,
        chosen: keys.chosen,
        free_subscription: keys.free_subscription,
        keys: keys.keys.map(|keys| keys.value),
        depth: capabilities.depth,
        knows_every_key: capabilities.knows_every_key,
        site_key: keys.site_key,
        unreadable: [ends.unreadable, resources.unreadable].concat(),
    }
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
