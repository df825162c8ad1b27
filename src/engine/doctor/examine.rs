//! Reads what `status` reads, and what would be too expensive to read each time.

use futures_util::future::try_join_all;

use crate::{
    engine::{Finding, FindingCode, Observed, Target, Verdict, verify, with_schemes},
    model::{Api, Product},
    provider::{Collection, ProviderError, Reads},
};

/// A link and the APIs in its product, as they were read.
#[derive(Clone, Debug)]
pub struct Examined {
    /// The verdict that `status` reports.
    pub verdict: Verdict,
    /// The deployment status of the app in the site environment, in Azure's spelling, if it is known.
    pub deployment: Option<String>,
}

/// Reads a link, the deployment of the site, and the other products that contain its APIs.
///
/// # Errors
///
/// [`ProviderError`] if the control plane does not answer.
pub async fn examine(plane: &dyn Reads, target: &Target) -> Result<Examined, ProviderError> {
    let environment = plane.get(&target.site_environment);
    let (mut verdict, environment) = tokio::try_join!(verify(plane, target), environment)?;
    let deployment =
        environment.and_then(|found| found.value.text("properties.status").ok()?.map(str::to_owned));
    let apis = std::mem::take(&mut verdict.observed.product_apis);
    verdict.observed.product_apis = with_schemes(plane, apis).await?;
    let open = open_products(plane, &verdict.observed).await?;
    verdict.findings.extend(open);
    verdict.findings.sort_by_key(|finding| finding.code);
    Ok(Examined { verdict, deployment })
}

/// Returns a finding for each other product in which an API of the link can be called without a key.
async fn open_products(plane: &dyn Reads, observed: &Observed) -> Result<Vec<Finding>, ProviderError> {
    let of_each = observed.product_apis.iter().map(async |api| {
        let products = plane.list(&Collection::ApiProducts(api.id.clone())).await?;
        let products = products.iter().filter_map(|found| Product::read(&found.value).ok());
        let open = products.filter(|product| !product.subscription_required && !is_own(observed, product));
        Ok::<_, ProviderError>(open.map(|product| finding(api, &product)).collect::<Vec<_>>())
    });
    Ok(try_join_all(of_each).await?.concat())
}

fn is_own(observed: &Observed, product: &Product) -> bool {
    observed.product.as_ref().is_some_and(|own| own.view.id == product.id)
}

fn finding(api: &Api, product: &Product) -> Finding {
    let (name, open) = (api.id.name(), product.id.name());
    let message = format!("the API `{name}` is also in the product `{open}`, which requires no subscription");
    let hint = format!(
        "remove `{name}` from the product `{open}`, or require a subscription for that product, unless the \
         API is meant to be public"
    );
    Finding::new(FindingCode::ApiInOpenProduct, &api.id).message(message).hint(hint)
}
