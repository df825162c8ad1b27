//! Reads the site environments, each with the backend of its `/api`.

use futures_util::{StreamExt as _, stream};
use serde_json::Value;

use super::row::{Backend, Row};
use crate::{
    model::{
        LinkedBackend, PRODUCTION, Resource, ResourceId, SiteEnvironment, SiteEnvironmentId, StaticSite,
        StaticSiteId,
    },
    provider::{
        Collection, ProviderError, Reads,
        arm::{FoundSites, SearchScope},
        at_once,
    },
    workflow::plane::Plane,
};

/// The site environments that were read, and a note for each failed read.
#[derive(Debug, Default)]
pub(in crate::workflow) struct Rows {
    /// The site environments.
    pub(in crate::workflow) rows: Vec<Row>,
    /// The subject and the reason of each failed read.
    pub(in crate::workflow) notes: Vec<String>,
}

impl Rows {
    fn note(&mut self, what: &str, why: impl std::fmt::Display) {
        self.notes.push(format!("{what} could not be read: {why}"));
    }

    fn extend(&mut self, more: Self) {
        self.rows.extend(more.rows);
        self.notes.extend(more.notes);
    }
}

/// Reads the sites in a part of a control plane: in Azure their production environments, as lists of sites show them;
/// in a model the named preview environments too.
///
/// # Errors
///
/// [`ProviderError`] if no site can be read.
pub(in crate::workflow) async fn rows(plane: &Plane, scope: &SearchScope) -> Result<Rows, ProviderError> {
    let mut found = Rows::default();
    let sites = if let Some(azure) = plane.azure() {
        let FoundSites { sites, unlisted } = azure.sites(scope).await?;
        for (azure_subscription, error) in &unlisted {
            found.note(&format!("the static web apps of the subscription `{azure_subscription}`"), error);
        }
        sites
    } else {
        let all = plane.as_ref().list(&Collection::StaticSites).await?;
        all.into_iter().map(|site| site.value).filter(|site| scope.contains(site.id())).collect()
    };
    found.extend(rows_of_each(plane, &sites).await);
    Ok(found)
}

/// Reads those of these sites that are in a part of a control plane, each by itself.
///
/// # Errors
///
/// [`ProviderError`] if a site cannot be read.
pub(super) async fn rows_of_these(
    plane: &Plane,
    scope: &SearchScope,
    sites: &[StaticSiteId],
) -> Result<Rows, ProviderError> {
    let mut found = Vec::new();
    for site in sites.iter().filter(|site| scope.contains(site)) {
        found.extend(plane.as_ref().get(site).await?.map(|site| site.value));
    }
    Ok(rows_of_each(plane, &found).await)
}

async fn rows_of_each(plane: &Plane, sites: &[Resource]) -> Rows {
    let mut found = Rows::default();
    let each = stream::iter(sites).map(async |site| rows_of(plane, site).await);
    for one in each.buffered(at_once::LINKS_READ).collect::<Vec<_>>().await {
        found.extend(one);
    }
    found
}

/// Reads a preview environment that the configuration names; nothing if it does not exist.
pub(super) async fn preview(plane: &Plane, environment: &SiteEnvironmentId, sku: Option<String>) -> Rows {
    let mut found = Rows::default();
    let what = format!("the environment `{}` of `{}`", environment.name(), environment.site().name());
    match plane.as_ref().get(environment).await {
        Ok(Some(resource)) => found.extend(preview_row(plane, &resource.value, sku).await),
        Ok(None) => {}
        Err(error) => found.note(&what, error),
    }
    found
}

async fn rows_of(plane: &Plane, resource: &Resource) -> Rows {
    let mut found = Rows::default();
    let what = format!("`{}`", resource.id().name());
    let id = match StaticSiteId::try_from(resource.id().clone()) {
        Ok(id) => id,
        Err(error) => {
            found.note(&what, error);
            return found;
        }
    };
    let Ok(environment) = id.environment(PRODUCTION) else { return found };
    let site = match StaticSite::read(resource) {
        Ok(site) => site,
        Err(error) => {
            found.note(&what, error);
            let backend = Backend::Unreadable(None);
            found.rows.push(Row { environment, sku: None, hostname: None, backend });
            return found;
        }
    };
    let backend = backend(plane, &environment, resource, &site.functions_apps, &mut found).await;
    let (sku, hostname) = (Some(site.sku), Some(site.default_hostname));
    found.rows.push(Row { environment, sku: sku.clone(), hostname, backend });
    if !plane.is_azure() {
        found.extend(previews(plane, &id, sku).await);
    }
    found
}

/// Reads the named preview environments of a site. The environment of a pull request cannot be linked.
async fn previews(plane: &Plane, site: &StaticSiteId, sku: Option<String>) -> Rows {
    let mut found = Rows::default();
    match plane.as_ref().list(&Collection::SiteEnvironments(site.clone())).await {
        Ok(all) => {
            let is_named = |name: &str| name != PRODUCTION && !name.bytes().all(|byte| byte.is_ascii_digit());
            for environment in all.iter().filter(|it| is_named(it.value.id().name())) {
                found.extend(preview_row(plane, &environment.value, sku.clone()).await);
            }
        }
        Err(error) => found.note(&format!("the environments of `{}`", site.name()), error),
    }
    found
}

async fn preview_row(plane: &Plane, resource: &Resource, sku: Option<String>) -> Rows {
    let mut found = Rows::default();
    match SiteEnvironment::read(resource) {
        Ok(SiteEnvironment { id, hostname, functions_apps }) => {
            let backend = backend(plane, &id, resource, &functions_apps, &mut found).await;
            found.rows.push(Row { environment: id, sku, hostname: Some(hostname), backend });
        }
        Err(error) => found.note(&format!("`{}`", resource.id()), error),
    }
    found
}

/// Returns the backend of an environment: a linked backend, or else a Functions app of the site. In Azure, the answer
/// about the site shows its linked backends; if it does not, they are read separately.
async fn backend(
    plane: &Plane,
    environment: &SiteEnvironmentId,
    resource: &Resource,
    apps: &[String],
    found: &mut Rows,
) -> Backend {
    let shown = shown_backend(resource).filter(|_| plane.is_azure());
    let linked = match shown {
        Some(backend) => backend,
        None => listed_backend(plane.as_ref(), environment, found).await,
    };
    match (linked, apps.first()) {
        (Backend::Nothing, Some(app)) => Backend::App(ResourceId::parse(app).is_ok().then(|| app.clone())),
        (linked, _) => linked,
    }
}

/// Returns the backend that the resource of an environment shows; `None` if it does not show any, not even that there
/// is none.
fn shown_backend(resource: &Resource) -> Option<Backend> {
    let properties = resource.body().get("properties")?.as_object()?;
    match properties.get("linkedBackends")? {
        Value::Null => Some(Backend::Nothing),
        Value::Array(backends) => {
            let Some(first) = backends.first() else { return Some(Backend::Nothing) };
            let text = first.get("backendResourceId").and_then(Value::as_str);
            let id = text.and_then(|text| ResourceId::parse(text).ok());
            Some(id.map_or_else(|| Backend::Unreadable(text.map(str::to_owned)), Backend::of))
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => None,
    }
}

async fn listed_backend(plane: &dyn Reads, environment: &SiteEnvironmentId, found: &mut Rows) -> Backend {
    let what = format!("the linked backend of `{}`", environment.site().name());
    let listed = match plane.list(&Collection::LinkedBackends(environment.clone())).await {
        Ok(listed) => listed,
        Err(error) => {
            found.note(&what, error);
            return Backend::Unreadable(None);
        }
    };
    match listed.first().map(|first| LinkedBackend::read(&first.value)) {
        None => Backend::Nothing,
        Some(Ok(linked)) => Backend::of(linked.backend),
        Some(Err(error)) => {
            found.note(&what, error);
            Backend::Unreadable(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const GROUP: &str = "/subscriptions/s/resourceGroups/rg/providers";

    fn shown(properties: &Value) -> Option<Backend> {
        let id = format!("{GROUP}/Microsoft.Web/staticSites/shop");
        shown_backend(&Resource::from_value(json!({"id": id, "properties": properties})).unwrap())
    }

    #[test]
    fn null_and_an_empty_list_are_no_backend_and_a_missing_list_shows_nothing() {
        assert_eq!(shown(&json!({"linkedBackends": null})), Some(Backend::Nothing));
        assert_eq!(shown(&json!({"linkedBackends": []})), Some(Backend::Nothing));
        assert_eq!(shown(&json!({})), None);
        assert_eq!(shown(&json!({"linkedBackends": "all"})), None);
    }

    #[test]
    fn a_backend_is_named_by_the_type_of_its_id() {
        let of = |id: &str| shown(&json!({"linkedBackends": [{"backendResourceId": id}]})).unwrap();
        let service = of(&format!("{GROUP}/Microsoft.ApiManagement/service/gate"));
        assert_eq!(service.service().map(|id| id.name().to_owned()).as_deref(), Some("gate"));
        assert!(matches!(of(&format!("{GROUP}/microsoft.web/SITES/f")), Backend::App(Some(_))));
        assert!(matches!(of(&format!("{GROUP}/Microsoft.App/containerApps/c")), Backend::Other(_)));
        assert_eq!(of("gate"), Backend::Unreadable(Some("gate".to_owned())));
        assert_eq!(shown(&json!({"linkedBackends": [{}]})), Some(Backend::Unreadable(None)));
    }
}
