//! Static sites, their environments and linked backends, as
//! [`Microsoft.Web` 2024-04-01](https://learn.microsoft.com/rest/api/appservice/static-sites) has them.

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
    /// The plan: `Free`, `Standard`, `Dedicated`, or what Azure thinks of next.
    pub sku: String,
    /// The ids of the Functions apps that serve `/api` instead of a linked backend.
    pub functions_apps: Vec<String>,
    /// What its production is linked to, as far as the site itself tells: not every list does.
    pub linked_to: Vec<ResourceId>,
}

impl StaticSite {
    /// Reads the site out of its envelope.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if it lacks its `properties.defaultHostname`, or a field is of another type.
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

    /// Whether the plan allows a backend of one's own.
    #[must_use]
    pub fn plan_allows_backends(&self) -> bool {
        ["Standard", "Dedicated"].iter().any(|plan| plan.eq_ignore_ascii_case(&self.sku))
    }
}

/// The plan. Azure leaves it out for `Free`; a plan that cannot be read is not taken for that.
fn sku_of(resource: &Resource) -> Result<String, Malformed> {
    let unread = || resource.malformed("sku", "an object with the plan as its `name`");
    match resource.field("sku") {
        None => Ok("Free".to_owned()),
        Some(Value::Object(sku)) if sku.values().all(Value::is_null) => Ok("Free".to_owned()),
        Some(Value::Object(_)) => resource.text("sku.name")?.map(str::to_owned).ok_or_else(unread),
        Some(_) => Err(unread()),
    }
}

fn hostname_of(resource: &Resource, field: &str, text: &str) -> Result<Hostname, Malformed> {
    Hostname::parse(text).map_err(|_| resource.malformed(field, "a host name"))
}

fn functions_apps(resource: &Resource) -> Vec<String> {
    let apps = resource.field("properties.userProvidedFunctionApps").and_then(Value::as_array);
    let id_of = |app: &Value| {
        // As recorded, an app within a site or a build has no `properties`, and one by itself has.
        let named = ["/properties/functionAppResourceId", "/functionAppResourceId", "/id"];
        let id = named.into_iter().find_map(|place| app.pointer(place).and_then(Value::as_str));
        id.unwrap_or("(without an id)").to_owned()
    };
    apps.map(|apps| apps.iter().map(id_of).collect()).unwrap_or_default()
}

fn linked_to(resource: &Resource) -> Vec<ResourceId> {
    let backends = resource.field("properties.linkedBackends").and_then(Value::as_array);
    let named = |backend: &Value| ResourceId::parse(backend.get("backendResourceId")?.as_str()?).ok();
    // Half of it would be worse than nothing.
    backends.into_iter().flatten().map(named).collect::<Option<_>>().unwrap_or_default()
}

/// A site environment other than production, which exists without a record of its own.
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
    /// Reads the environment out of its envelope.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if it lacks its `properties.hostname`.
    pub fn read(resource: &Resource) -> Result<Self, Malformed> {
        let hostname = resource.required_text("properties.hostname")?;
        Ok(Self {
            id: SiteEnvironmentId::try_from(resource.id().clone())?,
            hostname: hostname_of(resource, "properties.hostname", hostname)?,
            functions_apps: functions_apps(resource),
        })
    }
}

/// How far a resource provider has come with a resource. Words that are not known are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provisioning {
    /// Done; also what a resource is taken for that does not say.
    Succeeded,
    /// Under way, in the provider's own word.
    Pending(String),
    /// Ended without success, in the provider's own word.
    Failed(String),
    /// A word that is not known here.
    Other(String),
}

impl Provisioning {
    /// Reads `properties.provisioningState`.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if it is no text.
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

    /// The provider's own word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::Pending(word) | Self::Failed(word) | Self::Other(word) => word,
        }
    }
}

/// The record that makes a site environment proxy `/api` to a backend.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkedBackend {
    /// The record's id. Its name says nothing: the portal, `az` and templates each choose another.
    pub id: LinkedBackendId,
    /// What the record names: an API Management service, a Functions app, or something else.
    pub backend: ResourceId,
    /// How far Azure has come with it.
    pub provisioning: Provisioning,
    /// When it was made, as Azure writes it: with a zone or without.
    pub created_on: Option<String>,
}

impl LinkedBackend {
    /// Reads the record out of its envelope.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if it lacks its `properties.backendResourceId`, or that is no id.
    pub fn read(resource: &Resource) -> Result<Self, Malformed> {
        let backend = resource.required_text("properties.backendResourceId")?;
        Ok(Self {
            id: LinkedBackendId::try_from(resource.id().clone())?,
            backend: ResourceId::parse(backend)?,
            provisioning: Provisioning::read(resource)?,
            created_on: resource.text("properties.createdOn")?.map(str::to_owned),
        })
    }

    /// The body that makes a link to a service. Its region stays out: for API Management Azure neither
    /// needs nor checks one.
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
        assert_eq!(Provisioning::of("Hibernating"), Provisioning::Other("Hibernating".to_owned()));
        assert_eq!(Provisioning::of("succeeded"), Provisioning::Succeeded);
        assert_eq!(Provisioning::of("Linking").as_str(), "Linking");
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
