//! Reads the parts of a service that an audit needs.

use futures_util::{StreamExt as _, stream};

use super::{ApiSeen, ServiceSeen, SubscriptionsSeen, Unread, made_for};
use crate::{
    engine::Unreadable,
    model::{Api, ApimServiceId, ApimSubscription, Malformed, Product, ProductId, Resource},
    provider::{Collection, ProviderError, Reads, Versioned, at_once},
};

/// Reads the products, subscriptions and APIs of a service; each list is read page by page.
///
/// # Errors
///
/// [`ProviderError`] if the service or its products cannot be read. Other failures are recorded in the result.
pub(super) async fn look_at_service(
    plane: &dyn Reads,
    service: &ApimServiceId,
) -> Result<ServiceSeen, ProviderError> {
    let of_service = Collection::Products(service.clone());
    let (found, products) = tokio::try_join!(plane.get(service), plane.list(&of_service))?;
    let mut unreadable = Vec::new();
    let products = read_all(products, Product::read, &mut unreadable);
    let any_linked = products.iter().any(|product| made_for(&product.value).is_some());
    let (subscriptions, apis) =
        tokio::join!(subscriptions(plane, Collection::Subscriptions(service.clone())), async {
            // The APIs are read only if a link created at least one of the products.
            if any_linked { apis(plane, service).await } else { Ok(Vec::new()) }
        });
    Ok(ServiceSeen {
        id: service.clone(),
        exists: found.is_some(),
        products,
        unreadable,
        subscriptions,
        apis,
    })
}

/// Reads one product with its subscriptions, as a service that contains nothing else.
///
/// # Errors
///
/// [`ProviderError`] if the product cannot be read.
pub(in crate::engine) async fn look_at_product(
    plane: &dyn Reads,
    product: &ProductId,
) -> Result<ServiceSeen, ProviderError> {
    let mut unreadable = Vec::new();
    let found = plane.get(product).await?;
    let products = read_all(found, Product::read, &mut unreadable);
    let subscriptions = subscriptions(plane, Collection::ProductSubscriptions(product.clone())).await;
    let (id, exists, apis) = (product.service(), true, Ok(Vec::new()));
    Ok(ServiceSeen { id, exists, products, unreadable, subscriptions, apis })
}

async fn subscriptions(plane: &dyn Reads, which: Collection) -> Result<SubscriptionsSeen, Unread> {
    let found = plane.list(&which).await.map_err(|error| Unread::new("the subscriptions", error))?;
    let mut seen = SubscriptionsSeen::default();
    seen.all = read_all(found, ApimSubscription::read, &mut seen.unreadable);
    Ok(seen)
}

/// Parses resources, and gives up each of them.
fn read_all<T>(
    found: impl IntoIterator<Item = Versioned<Resource>>,
    read: impl Fn(&Resource) -> Result<T, Malformed>,
    unreadable: &mut Vec<Unreadable>,
) -> Vec<Versioned<T>> {
    let read = |Versioned { value, etag }: Versioned<Resource>| match read(&value) {
        Ok(value) => Some(Versioned { value, etag }),
        Err(reason) => {
            unreadable.push(Unreadable { id: value.id().clone(), reason });
            None
        }
    };
    found.into_iter().filter_map(read).collect()
}

/// Reads the products of each API: there are fewer APIs than links.
async fn apis(plane: &dyn Reads, service: &ApimServiceId) -> Result<Vec<ApiSeen>, Unread> {
    let unread = |error: &dyn std::fmt::Display| Unread::new("the APIs of the service", error);
    let found = plane.list(&Collection::Apis(service.clone())).await.map_err(|error| unread(&error))?;
    let apis: Result<Vec<Api>, _> = found.iter().map(|found| Api::read(&found.value)).collect();
    let apis = apis.map_err(|error| unread(&error))?.into_iter().filter(|api| api.is_current);
    let seen = stream::iter(apis).map(async |api| {
        let products = products_of(plane, &api).await;
        ApiSeen { api, products }
    });
    Ok(seen.buffered(at_once::READS_OF_AUDIT).collect().await)
}

async fn products_of(plane: &dyn Reads, api: &Api) -> Result<Vec<ProductId>, Unread> {
    let unread = |error: &dyn std::fmt::Display| {
        Unread::new(format!("the products of the API `{}`", api.id.name()), error)
    };
    let found = plane.list(&Collection::ApiProducts(api.id.clone())).await.map_err(|error| unread(&error))?;
    let ids = found.into_iter().map(|found| ProductId::try_from(found.value.id().clone()));
    ids.collect::<Result<_, _>>().map_err(|error| unread(&error))
}
