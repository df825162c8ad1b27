//! Finds every static web app that the caller can see.
//!
//! Resource Graph is an index of all Azure subscriptions, and one request returns up to 1,000 sites. A subscription is
//! listed separately where the index does not answer, finds nothing, or shows sites without their linked backends.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::Value;

use super::{list::resources, scope::SearchScope};
use crate::{
    diagnosis::{Diagnose, Diagnosis, ExitCode},
    model::{Resource, ResourceId, StaticSiteId, WEB_VERSION},
    provider::{Failure, ProviderError, arm::ArmControlPlane},
};

/// The sites that were found.
#[derive(Debug)]
pub struct FoundSites {
    /// The sites.
    pub sites: Vec<Resource>,
    /// The Azure subscriptions whose sites could not be listed, each with the reason.
    pub unlisted: Vec<(String, ProviderError)>,
}

/// The caller has access to no Azure subscription.
#[derive(Debug, thiserror::Error)]
#[error("the signed-in account can see no Azure subscription")]
struct NoSubscription;

impl Diagnose for NoSubscription {
    fn diagnosis(&self) -> Diagnosis {
        Diagnosis::new(ExitCode::NotAuthorized)
            .hint("`az account list --output table` lists the subscriptions; sign in to another tenant with `az login --tenant ID`")
    }
}

impl ArmControlPlane {
    /// Returns the sites in a part of Azure. A subscription that cannot be listed is reported beside the sites of the
    /// other ones.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] if nothing can be read: without a valid token, or if no subscription can be listed.
    pub async fn sites(&self, scope: &SearchScope) -> Result<FoundSites, ProviderError> {
        let indexed = match self.everywhere(StaticSiteId::TYPE, scope).await {
            Ok(sites) => sites,
            Err(
                ProviderError::NotAuthorized(_)
                | ProviderError::NotFound(_)
                | ProviderError::Rejected { .. }
                | ProviderError::Undetermined(_),
            ) => Vec::new(),
            Err(error) => return Err(error),
        };
        let mut sites: Vec<Resource> = indexed.into_iter().filter(|site| scope.contains(site.id())).collect();
        if sites.is_empty() {
            return self.sites_of_each(scope).await;
        }
        let bare = sites.iter().filter(|site| !shows_backends(site));
        let bare: BTreeSet<String> =
            bare.map(|site| site.id().azure_subscription().to_ascii_lowercase()).collect();
        let listed = self.sites_of(bare.into_iter().collect(), scope).await;
        for better in listed.sites {
            match sites.iter_mut().find(|site| site.id() == better.id()) {
                Some(site) => *site = better,
                None => sites.push(better),
            }
        }
        Ok(FoundSites { sites, unlisted: listed.unlisted })
    }

    /// Lists the sites of each subscription in the scope.
    async fn sites_of_each(&self, scope: &SearchScope) -> Result<FoundSites, ProviderError> {
        let azure_subscriptions = match &scope.azure_subscription {
            Some(azure_subscription) => vec![azure_subscription.clone()],
            None => self.azure_subscriptions().await?.into_iter().map(|it| it.id).collect(),
        };
        if azure_subscriptions.is_empty() {
            return Err(ProviderError::NotAuthorized(Failure::new(NoSubscription)));
        }
        let asked = azure_subscriptions.len();
        let mut found = self.sites_of(azure_subscriptions, scope).await;
        if found.unlisted.len() == asked {
            // Nothing was read, so the command fails.
            return Err(found.unlisted.swap_remove(0).1);
        }
        Ok(found)
    }

    async fn sites_of(&self, azure_subscriptions: Vec<String>, scope: &SearchScope) -> FoundSites {
        let each = azure_subscriptions.into_iter().map(async |azure_subscription| {
            let listed = self.sites_of_one(&azure_subscription, scope.resource_group.as_deref()).await;
            (azure_subscription, listed)
        });
        let mut found = FoundSites { sites: Vec::new(), unlisted: Vec::new() };
        for (azure_subscription, listed) in join_all(each).await {
            match listed {
                Ok(sites) => found.sites.extend(sites),
                Err(error) => found.unlisted.push((azure_subscription, error)),
            }
        }
        found
    }

    async fn sites_of_one(
        &self,
        azure_subscription: &str,
        group: Option<&str>,
    ) -> Result<Vec<Resource>, ProviderError> {
        let (place, about) = match group {
            Some(group) => {
                let id = ResourceId::resource_group(azure_subscription, group)?;
                (id.to_string(), id)
            }
            None => (
                format!("/subscriptions/{azure_subscription}"),
                ResourceId::resource_group(azure_subscription, "-")?,
            ),
        };
        let mut url = self.endpoint().join(&format!("{place}/providers/{}", StaticSiteId::TYPE));
        url.query_pairs_mut().append_pair("api-version", WEB_VERSION);
        let what = format!("listing the static web apps of `{place}`");
        resources(self.pages(url, &what).await.map_err(|error| error.about(&about))?)
    }
}

/// Whether a resource of a list shows the linked backends of its site. `null` means that there are none.
fn shows_backends(site: &Resource) -> bool {
    let properties = site.body().get("properties").and_then(Value::as_object);
    properties.is_some_and(|properties| properties.contains_key("linkedBackends"))
}
