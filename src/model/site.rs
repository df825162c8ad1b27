//! Static sites, their environments and linked backends, as in [`Microsoft.Web`
//! 2024-04-01](https://learn.microsoft.com/rest/api/appservice/static-sites).

use serde_json::{Map, Value};

use super::{
    ApimServiceId, Hostname, LinkedBackendId, Malformed, Resource, ResourceId, SiteEnvironmentId,
    StaticSiteId,
};

/// A `Microsoft.Web/staticSites`.
#[derive(Clone, Debug, PartialEq)]
pub struct StaticSite {
    /// The site's id.
    pub id: StaticSiteId,
    /// The hostname that Azure generated for it.
    pub default_hostname: Hostname,
    /// The plan: `Free`, `Standard`, `Dedicated`, or a later plan of Azure.
    pub sku: String,
    /// The ids of the Functions apps that serve `/api` instead of a linked backend.
    pub functions_apps: Vec<String>,
    /// The backends that production is linked to, if the resource contains them: entries of some lists do not.
    pub linked_to: Vec<ResourceId>,
}

impl StaticSite {
    /// Reads the site from its resource.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if `properties.defaultHostname` is missing, or a field has an invalid type.
    pub fn read(resource: &Resource) -> Result<Self, Malformed> {
        let hostname = resource.required_text("properties.defaultHostname")?;
        Ok(Self {
            id: StaticSiteId::try_from(resource.id().clone())?,
            default_hostname: hostname_of(resource, "properties.defaultHostname", hostname)?,
            sku: sku_of(resource)?,
            functions_apps: functions_apps(resource),
            linked_to: linked_to(resource),
        })
    }

    /// Whether the plan supports linked backends.
    #[must_use]
    pub fn plan_allows_backends(&self) -> bool {
        allows_backends(&self.sku)
    }
}

/// Whether a plan supports linked backends.
#[must_use]
pub fn allows_backends(plan: &str) -> bool {
    ["Standard", "Dedicated"].iter().any(|known| known.eq_ignore_ascii_case(plan))
}

/// Returns the plan. Azure omits it for `Free`; a plan that cannot be read is an error.
fn sku_of(resource: &Resource) -> Result<String, Malformed> {
    let unread = || resource.malformed("sku", "an object whose `name` is the plan");
    match resource.field("sku") {
        None => Ok("Free".to_owned()),
        Some(Value::Object(sku)) if sku.values().all(Value::is_null) => Ok("Free".to_owned()),
        Some(Value::Object(_)) => resource.text("sku.name")?.map(str::to_owned).ok_or_else(unread),
        Some(_) => Err(unread()),
    }
}

fn hostname_of(resource: &Resource, field: &str, text: &str) -> Result<Hostname, Malformed> {
    Hostname::parse(text).map_err(|_| resource.malformed(field, "a hostname"))
}

fn functions_apps(resource: &Resource) -> Vec<String> {
    let apps = resource.field("properties.userProvidedFunctionApps").and_then(Value::as_array);
    let id_of = |app: &Value| {
        // In recordings, an app in a site or a build has no `properties`; an app that was read by itself has them.
        let named = ["/properties/functionAppResourceId", "/functionAppResourceId", "/id"];
        let id = named.into_iter().find_map(|place| app.pointer(place).and_then(Value::as_str));
        id.unwrap_or("(no ID)").to_owned()
    };
    apps.map(|apps| apps.iter().map(id_of).collect()).unwrap_or_default()
}

fn linked_to(resource: &Resource) -> Vec<ResourceId> {
    let backends = resource.field("properties.linkedBackends").and_then(Value::as_array);
    let named = |backend: &Value| ResourceId::parse(backend.get("backendResourceId")?.as_str()?).ok();
    // An incomplete list would be misleading, so one invalid id leads to an empty list.
    backends.into_iter().flatten().map(named).collect::<Option<_>>().unwrap_or_default()
}

/// A site environment other than production. Production can exist without a resource of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct SiteEnvironment {
    /// The environment's id.
    pub id: SiteEnvironmentId,
    /// The environment's own hostname.
    pub hostname: Hostname,
    /// The ids of the Functions apps that serve the environment's `/api` instead of a linked backend.
    pub functions_apps: Vec<String>,
}

impl SiteEnvironment {
    /// Reads the environment from its resource.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if `properties.hostname` is missing.
    pub fn read(resource: &Resource) -> Result<Self, Malformed> {
        let hostname = resource.required_text("properties.hostname")?;
        Ok(Self {
            id: SiteEnvironmentId::try_from(resource.id().clone())?,
            hostname: hostname_of(resource, "properties.hostname", hostname)?,
            functions_apps: functions_apps(resource),
        })
    }
}

/// The provisioning state of a resource. Unknown values are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProvisioningState {
    /// Finished; also the state of a resource without a provisioning state.
    Succeeded,
    /// In progress, with the provider's value.
    Pending(String),
    /// Finished without success, with the provider's value.
    Failed(String),
    /// An unknown value.
    Other(String),
}

impl ProvisioningState {
    /// Reads `properties.provisioningState`.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if the field is not a text.
    pub fn read(resource: &Resource) -> Result<Self, Malformed> {
        Ok(resource.text("properties.provisioningState")?.map_or(Self::Succeeded, Self::of))
    }

    fn of(word: &str) -> Self {
        let is = |known: &[&str]| known.iter().any(|known| known.eq_ignore_ascii_case(word));
        if is(&["Succeeded"]) {
            Self::Succeeded
        } else if is(&["InProgress", "Linking", "Creating", "Updating", "Activating", "Accepted"]) {
            Self::Pending(word.to_owned())
        } else if is(&["Failed", "Canceled", "Cancelled", "Deleting", "Terminating"]) {
            Self::Failed(word.to_owned())
        } else {
            Self::Other(word.to_owned())
        }
    }

    /// Returns the provider's value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::Pending(word) | Self::Failed(word) | Self::Other(word) => word,
        }
    }
}

/// The resource that makes a site environment forward `/api` to a backend.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkedBackend {
    /// The id of the resource. The name has no meaning: the portal, `az` and templates each choose a different one.
    pub id: LinkedBackendId,
    /// The backend: an API Management service, a Functions app, or another resource.
    pub backend: ResourceId,
    /// The provisioning state.
    pub provisioning: ProvisioningState,
    /// When the resource was created, as Azure writes it: with or without a time zone.
    pub created_on: Option<String>,
}

impl LinkedBackend {
    /// Reads the linked backend from its resource.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if `properties.backendResourceId` is missing or is not an id.
    pub fn read(resource: &Resource) -> Result<Self, Malformed> {
        let backend = resource.required_text("properties.backendResourceId")?;
        Ok(Self {
            id: LinkedBackendId::try_from(resource.id().clone())?,
            backend: ResourceId::parse(backend)?,
            provisioning: ProvisioningState::read(resource)?,
            created_on: resource.text("properties.createdOn")?.map(str::to_owned),
        })
    }

    /// Returns the body that creates a link to a service. It contains no region: for API Management, Azure neither
    /// requires nor checks one.
    #[must_use]
    pub fn desired(id: &LinkedBackendId, service: &ApimServiceId) -> Resource {
        let properties = Map::from_iter([("backendResourceId".to_owned(), service.as_str().into())]);
        Resource::new((**id).clone(), properties)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SITE: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/staticSites/shop";

    fn resource(value: Value) -> Resource {
        Resource::from_value(value).unwrap()
    }

    #[test]
    fn standard_and_dedicated_sites_can_have_a_backend_and_free_ones_cannot() {
        for (sku, allowed) in [("Standard", true), ("dedicated", true), ("Free", false), ("Basic", false)] {
            let whole = json!({"id": SITE, "sku": {"name": sku}, "properties": {"defaultHostname": "a.b"}});
            assert_eq!(StaticSite::read(&resource(whole)).unwrap().plan_allows_backends(), allowed, "{sku}");
        }
    }

    #[test]
    fn a_plan_that_cannot_be_read_is_not_free() {
        for sku in [json!("Standard"), json!(5), json!({"name": 5}), json!({"tier": "Standard"}), json!([])] {
            let whole = json!({"id": SITE, "sku": sku, "properties": {"defaultHostname": "a.b"}});
            let error = StaticSite::read(&resource(whole)).unwrap_err();
            assert!(error.to_string().contains("`sku"), "{error}");
        }
        let without = json!({"id": SITE, "sku": null, "properties": {"defaultHostname": "a.b"}});
        assert_eq!(StaticSite::read(&resource(without)).unwrap().sku, "Free");
    }

    #[test]
    fn a_site_without_a_hostname_is_malformed() {
        let error = StaticSite::read(&resource(json!({"id": SITE, "properties": {}}))).unwrap_err();
        assert!(error.to_string().contains("properties.defaultHostname"));
    }

    #[test]
    fn an_unknown_provisioning_state_is_kept() {
        assert_eq!(ProvisioningState::of("Hibernating"), ProvisioningState::Other("Hibernating".to_owned()));
        assert_eq!(ProvisioningState::of("succeeded"), ProvisioningState::Succeeded);
        assert_eq!(ProvisioningState::of("Linking").as_str(), "Linking");
    }

    #[test]
    fn a_linked_backend_of_the_older_api_version_is_read() {
        let whole = json!({"id": format!("{SITE}/linkedBackends/b"), "properties": {
            "backendResourceId": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/sites/f",
            "region": null, "createdOn": "2023-02-07T09:03:33.9094607", "provisioningState": "Succeeded"}});
        let backend = LinkedBackend::read(&resource(whole)).unwrap();
        assert_eq!(backend.backend.name(), "f");
        assert_eq!(backend.created_on.as_deref(), Some("2023-02-07T09:03:33.9094607"));
    }
}
