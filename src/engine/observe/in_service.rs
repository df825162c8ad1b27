//! The second stage: the link's resources in the service, as lists show them.

use futures_util::future::try_join_all;

use super::{ends::Ends, see, see_all};
use crate::{
    engine::{Seen, Target, Unreadable},
    model::{
        Api, ApimPolicy, ApimSubscription, LinkNames, PolicyVerdict, Product, ProductId, Resource,
        without_revision,
    },
    provider::{Collection, ProviderError, Reads, Versioned},
};

/// The link's resources in the service. The fields have the meaning of those of
/// [`Observed`](crate::engine::Observed).
#[derive(Default)]
pub(super) struct InService {
    pub(super) product: Option<Seen<Product>>,
    pub(super) namesakes: Vec<ProductId>,
    pub(super) apis: Vec<Api>,
    pub(super) policy: Option<Seen<ApimPolicy>>,
    pub(super) policy_verdict: Option<PolicyVerdict>,
    pub(super) subscriptions: Vec<Seen<ApimSubscription>>,
    pub(super) unreadable: Vec<Unreadable>,
}

impl InService {
    pub(super) async fn read(
        plane: &dyn Reads,
        ends: &Ends,
        names: &LinkNames,
    ) -> Result<Self, ProviderError> {
        let service = ends.target.service.clone();
        let id = names.product(&service)?;
        let policy_id = id.policy();
        let (of_name, of_apis, of_subscriptions) = (
            Collection::ProductsNamed(service, names.display_name()),
            Collection::ProductApis(id.clone()),
            Collection::ProductSubscriptions(id.clone()),
        );
        let (product, policy, namesakes, apis, subscriptions) = tokio::try_join!(
            plane.get(&id),
            plane.get(&policy_id),
            plane.list(&of_name),
            plane.list_if_there(&of_apis),
            plane.list_if_there(&of_subscriptions),
        )?;
        let product = confirmed(plane, &id, product, &namesakes).await?;
        let is_there = product.is_some();
        let (apis, subscriptions) = tokio::try_join!(
            of_product(plane, &of_apis, apis, is_there),
            of_product(plane, &of_subscriptions, subscriptions, is_there),
        )?;
        let mut unreadable = Vec::new();
        let product = product.and_then(|found| see(found, Product::read, &mut unreadable));
        let policy = policy.and_then(|found| see(found, ApimPolicy::read, &mut unreadable));
        let gateway = ends.service.as_ref().map(|seen| seen.view.gateway()).unwrap_or_default();
        let namesakes = namesakes.into_iter().filter(|found| found.value.id() != &*id);
        let namesakes = namesakes.map(|found| ProductId::try_from(found.value.id().clone()));
        Ok(Self {
            product,
            namesakes: namesakes.collect::<Result<_, _>>()?,
            apis: see_all(apis, Api::read, &mut unreadable).into_iter().map(|seen| seen.view).collect(),
            policy_verdict: policy.as_ref().map(|policy| policy.view.verdict(names.hostname(), gateway)),
            policy,
            subscriptions: see_all(subscriptions, ApimSubscription::read, &mut unreadable),
            unreadable,
        })
    }

    /// Reads the APIs that the env lists and that are missing from the product.
    pub(super) async fn addable_apis(
        &self,
        plane: &dyn Reads,
        target: &Target,
    ) -> Result<Vec<Versioned<Resource>>, ProviderError> {
        let ids = target.apis.iter().map(|name| target.service.api(name));
        let ids: Vec<_> = ids.collect::<Result<_, _>>()?;
        let addable = ids.iter().filter(|id| without_revision(id.name()).is_none());
        let missing = addable.filter(|id| !self.apis.iter().any(|api| api.id == **id));
        let found = try_join_all(missing.map(|id| plane.get(id))).await?;
        Ok(found.into_iter().flatten().collect())
    }
}

/// Returns the product, which may have been created after it was read and before it was listed.
async fn confirmed(
    plane: &dyn Reads,
    id: &ProductId,
    product: Option<Versioned<Resource>>,
    namesakes: &[Versioned<Resource>],
) -> Result<Option<Versioned<Resource>>, ProviderError> {
    if product.is_some() || !namesakes.iter().any(|found| found.value.id() == &**id) {
        return Ok(product);
    }
    let contradiction = || {
        let text = format!(
            "the list of products contains `{}`, but it cannot be read: it does not exist",
            id.name()
        );
        ProviderError::undetermined(text)
    };
    plane.get(id).await?.ok_or_else(contradiction).map(Some)
}

/// Returns a collection of the product, which may have been created after the collection was read.
async fn of_product(
    plane: &dyn Reads,
    collection: &Collection,
    found: Option<Vec<Versioned<Resource>>>,
    product_is_there: bool,
) -> Result<Vec<Versioned<Resource>>, ProviderError> {
    match found {
        None if product_is_there => plane.list_if_there(collection).await?.ok_or_else(|| {
            let text =
                "a part of the product cannot be listed: the product does not exist, but it can be read";
            ProviderError::undetermined(text.to_owned())
        }),
        found => Ok(found.unwrap_or_default()),
    }
}
