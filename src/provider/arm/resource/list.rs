//! Lists collections, page by page.

use futures_util::future::try_join_all;
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::{
    control_plane::resource_of,
    route,
    scope::{AzureSubscription, SearchScope},
    version::versioned,
};
use crate::{
    model::{
        ApimServiceId, ApimSubscription, Malformed, ProductId, Resource, ResourceId, StaticSiteId,
        WEB_VERSION,
    },
    provider::{
        Collection, ProviderError, Versioned,
        arm::{
            ArmControlPlane, ArmError,
            http::{
                body::{Page, Trail},
                client::Call,
            },
        },
    },
};

impl ArmControlPlane {
    /// Returns a collection; `None` if Azure answers that the resource with this collection does not exist.
    pub(in crate::provider::arm) async fn list_by_pages(
        &self,
        collection: &Collection,
    ) -> Result<Option<Vec<Versioned<Resource>>>, ProviderError> {
        let found = match collection {
            Collection::StaticSites => {
                self.everywhere(StaticSiteId::TYPE, &SearchScope::default()).await.map(Some)
            }
            Collection::StaticSitesOfEach => self.in_each_subscription(StaticSiteId::TYPE).await.map(Some),
            Collection::Services => {
                self.everywhere(ApimServiceId::TYPE, &SearchScope::default()).await.map(Some)
            }
            Collection::SiteEnvironments(site) => self.below_if_there(site, "/builds", &[]).await,
            Collection::LinkedBackends(environment) => {
                self.below_if_there(environment, "/linkedBackends", &[]).await
            }
            Collection::Apis(service) => self.below_if_there(service, "/apis", &[]).await,
            Collection::ApiProducts(api) => self.below_if_there(api, "/products", &[]).await,
            Collection::Products(service) => self.below_if_there(service, "/products", &[]).await,
            Collection::Subscriptions(service) => self.below_if_there(service, "/subscriptions", &[]).await,
            Collection::ApiOperations(api) => self.below_if_there(api, "/operations", &[]).await,
            Collection::ProductsNamed(service, name) => {
                let filter = format!("displayName eq '{}'", name.replace('\'', "''"));
                let found = self.below_if_there(service, "/products", &[("$filter", &filter)]).await;
                // If the service ignores the filter, the list has all elements.
                found.map(|found| only(found, |it| it.text("properties.displayName") == Ok(Some(name))))
            }
            Collection::ProductApis(product) => self.below_if_there(product, "/apis", &[]).await,
            Collection::ProductSubscriptions(product) => {
                let found = self.below_if_there(product, "/subscriptions", &[]).await;
                found.map(|found| only(found, |it| is_scoped_to(it, product)))
            }
        }?;
        Ok(found.map(|found| {
            let mut found: Vec<_> = found.into_iter().map(|resource| versioned(resource, None)).collect();
            found.sort_by(|a, b| a.value.id().cmp(b.value.id()));
            found
        }))
    }

    /// Returns the elements of a collection of a resource: none if the resource is proven not to exist.
    pub(in crate::provider::arm) async fn below(
        &self,
        parent: &ResourceId,
        kind: &str,
        query: &[(&str, &str)],
    ) -> Result<Vec<Resource>, ProviderError> {
        self.below_if_there(parent, kind, query).await.map(Option::unwrap_or_default)
    }

    /// Returns the elements of a collection of a resource; `None` if the resource is proven not to exist.
    async fn below_if_there(
        &self,
        parent: &ResourceId,
        kind: &str,
        query: &[(&str, &str)],
    ) -> Result<Option<Vec<Resource>>, ProviderError> {
        let url = self.url(parent, kind, query);
        let what = format!("listing {} of `{}`", kind.trim_start_matches('/'), parent.name());
        match self.pages(url, &what).await {
            Ok(values) => resources(values).map(Some),
            Err(error) if self.proves_absence(&error, parent) => Ok(None),
            Err(error) => Err(error.about(parent)),
        }
    }

    /// Returns every resource of the list at a path, in the API version of `like`.
    pub(in crate::provider::arm) async fn all_at(
        &self,
        path: &str,
        like: &ResourceId,
        what: &str,
    ) -> Result<Vec<Versioned<Resource>>, ProviderError> {
        let mut url = self.endpoint().join(path);
        url.query_pairs_mut().append_pair("api-version", route::version_of(like));
        let values = self.pages(url, what).await.map_err(|error| error.about(like))?;
        Ok(resources(values)?.into_iter().map(|resource| versioned(resource, None)).collect())
    }

    /// Returns every value of a list, from all of its pages.
    pub(in crate::provider::arm) async fn pages(
        &self,
        first: Url,
        what: &str,
    ) -> Result<Vec<Value>, ArmError> {
        let unusable = |problem: String| ArmError::Unusable { what: what.to_owned(), problem };
        let mut values = Vec::new();
        let (mut url, mut trail) = (first, Trail::default());
        loop {
            trail.follow(url.as_str()).and_then(|()| self.http.budget().take_page()).map_err(unusable)?;
            let answer = self.http.send(&Call::get(url, what)).await?;
            let page = Page::read(answer.body).map_err(|error| unusable(error.to_string()))?;
            values.extend(page.values);
            let Some(next) = page.next else { return Ok(values) };
            url = self.http.own(&answer.url, &next, what)?;
        }
    }

    /// Returns every resource of a type that the caller can see in a part of Azure, from Resource Graph. The answer may
    /// contain resources outside of that part.
    pub(super) async fn everywhere(
        &self,
        resource_type: &str,
        scope: &SearchScope,
    ) -> Result<Vec<Resource>, ProviderError> {
        let mut url = self.endpoint().join("/providers/Microsoft.ResourceGraph/resources");
        url.query_pairs_mut().append_pair("api-version", route::RESOURCE_GRAPH);
        let what = format!("finding every `{resource_type}`");
        let mut request = json!({"query": graph_query(resource_type, scope.resource_group.as_deref())});
        if let Some(azure_subscription) = &scope.azure_subscription {
            request["subscriptions"] = json!([azure_subscription]);
        }
        let mut values = Vec::new();
        let mut token: Option<String> = None;
        let nowhere = ResourceId::resource_group("-", "-")?;
        let failed = |error: ArmError| error.about(&nowhere);
        let mut trail = Trail::default();
        loop {
            let unusable = |problem| failed(ArmError::Unusable { what: what.clone(), problem });
            let page = trail.follow(token.as_deref().unwrap_or_default());
            page.and_then(|()| self.http.budget().take_page()).map_err(unusable)?;
            request["options"] = json!({"resultFormat": "objectArray"});
            if let Some(token) = token.take() {
                request["options"]["$skipToken"] = token.into();
            }
            let call = Call { body: Some(request.clone()), ..Call::new(Method::POST, url.clone(), &what) };
            let answer = self.http.send(&call).await.map_err(failed)?;
            let page = Page::of_graph(answer.body).map_err(|error| unusable(error.to_string()))?;
            values.extend(page.values);
            token = page.next;
            if token.is_none() {
                return resources(values);
            }
        }
    }

    /// Returns the Azure subscriptions that the caller can see.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] if they cannot be listed.
    pub async fn azure_subscriptions(&self) -> Result<Vec<AzureSubscription>, ProviderError> {
        let nowhere = ResourceId::resource_group("-", "-")?;
        let mut url = self.endpoint().join("/subscriptions");
        url.query_pairs_mut().append_pair("api-version", route::RESOURCES);
        let listed = self.pages(url, "listing Azure subscriptions").await;
        let listed = listed.map_err(|error| error.about(&nowhere))?;
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let one = |value: &Value| {
            // If a subscription were skipped, all of its resources would seem not to exist.
            let id = text(value, "subscriptionId").ok_or_else(|| {
                let (what, problem) = (
                    "listing Azure subscriptions".to_owned(),
                    "contains a subscription without an ID".to_owned(),
                );
                ArmError::Unusable { what, problem }.about(&nowhere)
            })?;
            Ok(AzureSubscription { id, name: text(value, "displayName") })
        };
        listed.iter().map(one).collect()
    }

    /// Returns every resource of a type in every Azure subscription that the caller can see, with a list per
    /// subscription.
    async fn in_each_subscription(&self, resource_type: &str) -> Result<Vec<Resource>, ProviderError> {
        let azure_subscriptions = self.azure_subscriptions().await?;
        let each = azure_subscriptions.iter().map(async |AzureSubscription { id, .. }| {
            let nowhere = ResourceId::resource_group("-", "-")?;
            let path = format!("/subscriptions/{id}/providers/{resource_type}");
            let mut url = self.endpoint().join(&path);
            url.query_pairs_mut().append_pair("api-version", WEB_VERSION);
            let what = format!("listing every `{resource_type}` of the subscription `{id}`");
            let values = self.pages(url, &what).await.map_err(|error| error.about(&nowhere))?;
            resources(values)
        });
        Ok(try_join_all(each).await?.into_iter().flatten().collect())
    }
}

fn only(found: Option<Vec<Resource>>, keep: impl Fn(&Resource) -> bool) -> Option<Vec<Resource>> {
    found.map(|found| found.into_iter().filter(keep).collect())
}

/// Returns the query for all resources of a type, or for those in resource groups of one name.
fn graph_query(resource_type: &str, group: Option<&str>) -> String {
    let within = group.map_or_else(String::new, |group| {
        let group = group.replace('\\', "\\\\").replace('\'', "\\'");
        format!(" and resourceGroup =~ '{group}'")
    });
    format!(
        "resources | where type =~ '{}'{within} | project id, name, type, location, sku, properties | order by id asc",
        resource_type.to_lowercase()
    )
}

/// Returns the resources of a list. The address of the list does not identify its values, so each value needs an id.
/// Resources of the tenant, which are in no Azure subscription, are left out: no type that is listed here is one.
pub(super) fn resources(values: Vec<Value>) -> Result<Vec<Resource>, ProviderError> {
    let of_tenant = |id: &str| id.get(..11).is_some_and(|start| start.eq_ignore_ascii_case("/providers/"));
    let resource = |value: Value| {
        let id = value.get("id").and_then(Value::as_str);
        if id.is_some_and(of_tenant) {
            return None;
        }
        let id = id.and_then(|id| ResourceId::parse(id).ok());
        let id = id.ok_or_else(|| ProviderError::unusable_answer(Malformed::NoId));
        Some(id.and_then(|id| resource_of(value, &id)))
    };
    values.into_iter().filter_map(resource).collect()
}

/// Whether the scope of a subscription is this product, or may be. The list of a product may also hold subscriptions of
/// other products whose scopes contain the scope of this one. A subscription without a readable scope cannot be
/// attributed; the code that reads it reports that.
pub(crate) fn is_scoped_to(apim_subscription: &Resource, product: &ProductId) -> bool {
    let Ok(Some(scope)) = ApimSubscription::scope_of(apim_subscription) else { return true };
    let name = ApimSubscription::product_of_scope(scope);
    name.is_some_and(|name| name.eq_ignore_ascii_case(product.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_a_list_without_an_id_of_its_own_is_an_answer_that_cannot_be_used() {
        for value in [json!({"name": "a"}), json!({"id": null}), json!({"id": "a"}), json!({}), json!(7)] {
            let read = resources(vec![value.clone()]);
            assert!(matches!(read, Err(ProviderError::Undetermined(_))), "{value}: {read:?}");
        }
    }

    #[test]
    fn a_resource_of_the_tenant_is_left_out_of_a_list() {
        let gallery = json!({"id": "/providers/Microsoft.Compute/locations/x/communityGalleries/y"});
        assert_eq!(resources(vec![gallery]).unwrap(), Vec::new());
    }

    #[test]
    fn a_subscription_that_cannot_be_attributed_stays_in_the_list() {
        let service = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a";
        let product =
            ProductId::try_from(ResourceId::parse(&format!("{service}/products/p")).unwrap()).unwrap();
        let is_in = |properties: Value| {
            let whole = json!({"id": format!("{service}/subscriptions/x"), "properties": properties});
            is_scoped_to(&Resource::from_value(whole).unwrap(), &product)
        };
        assert!(is_in(json!({"scope": format!("{service}/products/P")})));
        assert!(!is_in(json!({"scope": "/apis"})));
        // apim-product-subscriptions #5 and #6: the shape of 2017 and 2018 names the product instead
        assert!(is_in(json!({"productId": "/products/p"})));
        assert!(!is_in(json!({"productId": "/products/q"})));
        for unclear in [json!({}), json!({"scope": null}), json!({"scope": 7})] {
            assert!(is_in(unclear.clone()), "{unclear}");
        }
    }
}
