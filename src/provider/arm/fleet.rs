//! Reads many links by page, with as few requests as Azure allows.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::Arc,
};

use async_trait::async_trait;
use futures_util::future::try_join_all;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::{
    ArmControlPlane,
    resource::{list::is_scoped_to, version::versioned},
};
use crate::{
    model::{
        Api, ApiId, ApimServiceId, ApimSubscriptionId, ProductId, Resource, ResourceId, SiteEnvironmentId,
        StaticSiteId,
    },
    provider::{Capabilities, Collection, Depth, ProviderError, Reads, Shared, Versioned},
};

/// The number of sites in a subscription, or of links of a service, from which reading pages saves requests.
const WORTH_A_PAGE: usize = 4;

/// The resources on the pages of a collection, by the keys of their ids.
type Pages = BTreeMap<String, Versioned<Resource>>;
/// A result that is computed once, including a failure.
type Once<T> = OnceCell<Result<T, Shared>>;

/// Whether a resource was read with a page.
enum Paged<T> {
    /// It was; this is the content.
    OnAPage(T),
    /// It was not, so it must be read individually.
    ByItself,
}

/// A read-only view of many links: collections that can be read by page are read once for all links.
///
/// The sites of a subscription are listed with their linked backends, and a service's products, subscriptions and APIs
/// are listed too; only policies are read one by one. Keys are not read, and nothing can be changed.
pub struct FleetView {
    plane: Arc<ArmControlPlane>,
    sites: HashMap<String, SitePages>,
    services: HashMap<String, ServicePages>,
}

#[derive(Default)]
struct SitePages {
    wanted: usize,
    sites: Once<Pages>,
}

#[derive(Default)]
struct ServicePages {
    wanted: usize,
    service: Once<Option<Versioned<Resource>>>,
    products: Once<Pages>,
    apim_subscriptions: Once<Pages>,
    apis: Once<Pages>,
    members: Once<HashMap<String, Vec<Versioned<Resource>>>>,
}

impl fmt::Debug for FleetView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FleetView").field("plane", &self.plane).finish_non_exhaustive()
    }
}

impl FleetView {
    /// Creates a view of the links between these site environments and services.
    pub fn new<'a>(
        plane: Arc<ArmControlPlane>,
        links: impl IntoIterator<Item = (&'a SiteEnvironmentId, &'a ApimServiceId)>,
    ) -> Self {
        let mut view = Self { plane, sites: HashMap::new(), services: HashMap::new() };
        for (environment, service) in links {
            let azure_subscription = environment.azure_subscription().to_ascii_lowercase();
            view.sites.entry(azure_subscription).or_default().wanted += 1;
            view.services.entry(service.lower_case().to_owned()).or_default().wanted += 1;
        }
        view
    }

    /// Returns the sites of a site's subscription, if reading them by page saves requests and the caller may list them.
    async fn sites_beside(&self, site: &ResourceId) -> Option<&Pages> {
        let azure_subscription = site.azure_subscription();
        let pages = self.sites.get(&azure_subscription.to_ascii_lowercase())?;
        if pages.wanted < WORTH_A_PAGE {
            return None;
        }
        let read = pages.sites.get_or_init(|| async {
            let path = format!("/subscriptions/{azure_subscription}/providers/{}", StaticSiteId::TYPE);
            Ok(by_id(self.plane.all_at(&path, site, "listing the sites of the subscription").await?))
        });
        // A caller that may read a site may still lack permission to list the sites of the subscription.
        read.await.as_ref().ok()
    }

    fn service_of(&self, id: &ResourceId) -> Option<(ApimServiceId, &ServicePages)> {
        let mut service = id.clone();
        while let Some(parent) = service.parent() {
            service = parent;
        }
        let service = ApimServiceId::try_from(service).ok()?;
        let pages = self.services.get(service.lower_case())?;
        (pages.wanted >= WORTH_A_PAGE).then_some((service, pages))
    }

    async fn collection<'a>(
        &self,
        cell: &'a Once<Pages>,
        service: &ApimServiceId,
        kind: &str,
    ) -> Result<&'a Pages, ProviderError> {
        let read = cell.get_or_init(|| async {
            let found = self.plane.below(service, kind, &[]).await?;
            Ok(by_id(found.into_iter().map(|it| versioned(it, None)).collect()))
        });
        Ok(read.await.as_ref().map_err(Shared::clone)?)
    }

    async fn products<'a>(
        &self,
        pages: &'a ServicePages,
        service: &ApimServiceId,
    ) -> Result<&'a Pages, ProviderError> {
        self.collection(&pages.products, service, "/products").await
    }

    /// Returns which APIs each product has, according to the list of products of each API. If there are at least as
    /// many APIs as links, returns `None` without these requests.
    async fn members<'a>(
        &self,
        pages: &'a ServicePages,
        service: &ApimServiceId,
    ) -> Result<Option<&'a HashMap<String, Vec<Versioned<Resource>>>>, ProviderError> {
        let apis = self.collection(&pages.apis, service, "/apis").await?;
        let current = apis.values().filter(|api| !api.value.id().name().contains(";rev="));
        let current: Vec<&Versioned<Resource>> = current.collect();
        if current.len() >= pages.wanted {
            return Ok(None);
        }
        let read = pages.members.get_or_init(|| async { Ok(self.members_of(&current).await?) });
        Ok(Some(read.await.as_ref().map_err(Shared::clone)?))
    }

    async fn members_of(
        &self,
        apis: &[&Versioned<Resource>],
    ) -> Result<HashMap<String, Vec<Versioned<Resource>>>, ProviderError> {
        let asked = apis.iter().map(async |api| {
            let products = self.plane.below(api.value.id(), "/products", &[]).await?;
            Ok::<_, ProviderError>((api, products))
        });
        let mut members: HashMap<String, Vec<Versioned<Resource>>> = HashMap::new();
        for (api, products) in try_join_all(asked).await? {
            for product in products {
                let product = ProductId::try_from(product.id().clone())?;
                let place = place_in(&product, &api.value)?;
                members.entry(product.lower_case().to_owned()).or_default().push(versioned(place, None));
            }
        }
        Ok(members)
    }

    async fn paged(&self, id: &ResourceId) -> Result<Paged<Option<Versioned<Resource>>>, ProviderError> {
        if id.is_a(StaticSiteId::TYPE) {
            let found = self.sites_beside(id).await.and_then(|sites| sites.get(id.lower_case()));
            // A site that is not on the page may be in another subscription, or hidden from the caller.
            return Ok(found.map_or(Paged::ByItself, |found| Paged::OnAPage(Some(found.clone()))));
        }
        let Some((service, pages)) = self.service_of(id) else { return Ok(Paged::ByItself) };
        let page = if id.is_a(ApimServiceId::TYPE) {
            let read = pages.service.get_or_init(|| async { Ok(self.plane.get(id).await?) });
            return Ok(Paged::OnAPage(read.await.as_ref().map_err(Shared::clone)?.clone()));
        } else if id.is_a(ProductId::TYPE) {
            self.products(pages, &service).await?
        } else if id.is_a(ApimSubscriptionId::TYPE) {
            self.collection(&pages.apim_subscriptions, &service, "/subscriptions").await?
        } else if id.is_a(ApiId::TYPE) {
            self.collection(&pages.apis, &service, "/apis").await?
        } else {
            return Ok(Paged::ByItself);
        };
        Ok(Paged::OnAPage(page.get(id.lower_case()).cloned()))
    }

    async fn paged_list(
        &self,
        collection: &Collection,
    ) -> Result<Paged<Vec<Versioned<Resource>>>, ProviderError> {
        match collection {
            Collection::LinkedBackends(environment) => {
                Ok(self.backends(environment).await.map_or(Paged::ByItself, Paged::OnAPage))
            }
            Collection::ProductsNamed(service, name) => {
                let Some((service, pages)) = self.service_of(service) else { return Ok(Paged::ByItself) };
                let is = |found: &&Versioned<Resource>| {
                    found.value.text("properties.displayName") == Ok(Some(name.as_str()))
                };
                Ok(Paged::OnAPage(
                    self.products(pages, &service).await?.values().filter(is).cloned().collect(),
                ))
            }
            Collection::ProductApis(product) => {
                let Some((service, pages)) = self.service_of(product) else { return Ok(Paged::ByItself) };
                let members = self.members(pages, &service).await?;
                Ok(members.map_or(Paged::ByItself, |members| {
                    Paged::OnAPage(members.get(product.lower_case()).cloned().unwrap_or_default())
                }))
            }
            Collection::ProductSubscriptions(product) => {
                let Some((service, pages)) = self.service_of(product) else { return Ok(Paged::ByItself) };
                if !self.products(pages, &service).await?.contains_key(product.lower_case()) {
                    return Ok(Paged::OnAPage(Vec::new()));
                }
                let all = self.collection(&pages.apim_subscriptions, &service, "/subscriptions").await?;
                let own = all.values().filter(|found| is_scoped_to(&found.value, product));
                Ok(Paged::OnAPage(own.cloned().collect()))
            }
            Collection::StaticSites
            | Collection::StaticSitesOfEach
            | Collection::Services
            | Collection::SiteEnvironments(_)
            | Collection::Apis(_)
            | Collection::ApiProducts(_)
            | Collection::Products(_)
            | Collection::Subscriptions(_)
            | Collection::ApiOperations(_) => Ok(Paged::ByItself),
        }
    }

    /// Returns the linked backends as the site shows them, if it lists them. The site does not show their names, so
    /// each gets the name of the resource that it refers to.
    async fn backends(&self, environment: &SiteEnvironmentId) -> Option<Vec<Versioned<Resource>>> {
        if !environment.is_production() {
            return None;
        }
        let site = environment.site();
        let found = self.sites_beside(&site).await?.get(site.lower_case())?;
        let shown = found.value.field("properties.linkedBackends").and_then(Value::as_array)?;
        let backend = |shown: &Value| {
            let properties = shown.as_object()?;
            let named = ResourceId::parse(properties.get("backendResourceId")?.as_str()?).ok()?;
            let id = environment.linked_backend(named.name()).ok()?;
            Some(versioned(Resource::new((*id).clone(), properties.clone()), None))
        };
        shown.iter().map(backend).collect()
    }
}

fn by_id(found: Vec<Versioned<Resource>>) -> Pages {
    found.into_iter().map(|found| (found.value.id().lower_case().to_owned(), found)).collect()
}

/// Returns an API as the list of a product shows it.
fn place_in(product: &ProductId, api: &Resource) -> Result<Resource, ProviderError> {
    let id = product.api(&Api::read(api)?.id);
    let properties = api.field("properties").and_then(Value::as_object);
    Ok(Resource::new((*id).clone(), properties.cloned().unwrap_or_default()))
}

#[async_trait]
impl Reads for FleetView {
    async fn get(&self, id: &ResourceId) -> Result<Option<Versioned<Resource>>, ProviderError> {
        match self.paged(id).await? {
            Paged::OnAPage(found) => Ok(found),
            Paged::ByItself => self.plane.get(id).await,
        }
    }

    async fn list(&self, collection: &Collection) -> Result<Vec<Versioned<Resource>>, ProviderError> {
        match self.paged_list(collection).await? {
            Paged::OnAPage(found) => Ok(found),
            Paged::ByItself => self.plane.list(collection).await,
        }
    }

    async fn list_if_there(
        &self,
        collection: &Collection,
    ) -> Result<Option<Vec<Versioned<Resource>>>, ProviderError> {
        match self.paged_list(collection).await? {
            Paged::OnAPage(found) => Ok(Some(found)),
            Paged::ByItself => self.plane.list_if_there(collection).await,
        }
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { depth: Depth::ByPage, ..self.plane.capabilities() }
    }

    fn would_see(&self, id: &ResourceId) -> bool {
        self.plane.would_see(id)
    }

    fn missing_group(&self, id: &ResourceId) -> Option<ResourceId> {
        self.plane.missing_group(id)
    }
}
