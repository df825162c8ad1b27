//! The resource types of Azure Resource Manager: the one place where their names are written.

/// The namespace of static web apps and of App Service.
pub(crate) const WEB: &str = "Microsoft.Web";
/// The namespace of API Management.
pub(crate) const API_MANAGEMENT: &str = "Microsoft.ApiManagement";
/// The namespace of Azure subscriptions and resource groups.
pub(crate) const RESOURCES: &str = "Microsoft.Resources";

/// The version of [static sites](https://learn.microsoft.com/rest/api/appservice/static-sites) that requests and exports
/// use.
pub(crate) const WEB_VERSION: &str = "2024-04-01";
/// The version of [API Management](https://learn.microsoft.com/rest/api/apimanagement) that requests and exports use.
pub(crate) const API_MANAGEMENT_VERSION: &str = "2024-05-01";

/// The segments that the id of every resource in a service has, in lower case.
pub(crate) const IN_A_SERVICE: &str = "/providers/microsoft.apimanagement/service/";

/// The resource type of Functions apps. App Service apps have it too.
pub(crate) const APP: &str = "Microsoft.Web/sites";
/// The resource type of container apps.
pub(crate) const CONTAINER_APP: &str = "Microsoft.App/containerApps";
/// The type of the linked backends of the production environment in templates, where they are children of the site.
pub(crate) const PRODUCTION_BACKEND: &str = "Microsoft.Web/staticSites/linkedBackends";

/// A resource type that links consist of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ArmType {
    /// A static web app.
    StaticSite,
    /// An environment of a static web app (`builds` in ARM).
    SiteEnvironment,
    /// The linked backend of a site environment.
    LinkedBackend,
    /// An API Management service.
    ApimService,
    /// An API of a service.
    Api,
    /// An operation of an API.
    ApiOperation,
    /// The versioning scheme of APIs.
    ApiVersionSet,
    /// A product of a service.
    Product,
    /// The assignment of an API to a product.
    ProductApi,
    /// The policy of a product.
    ProductPolicy,
    /// An API Management subscription, which has two keys; not an Azure (billing) subscription.
    ApimSubscription,
}

/// A row of the table.
struct Row {
    of: ArmType,
    parent: Option<ArmType>,
    name: &'static str,
}

const fn row(of: ArmType, parent: Option<ArmType>, name: &'static str) -> Row {
    Row { of, parent, name }
}

/// Each type with its parent and its name, in the order of [`ArmType`].
const TABLE: [Row; 11] = {
    use ArmType::{
        Api, ApiOperation, ApiVersionSet, ApimService, ApimSubscription, LinkedBackend, Product, ProductApi,
        ProductPolicy, SiteEnvironment, StaticSite,
    };
    [
        row(StaticSite, None, "Microsoft.Web/staticSites"),
        row(SiteEnvironment, Some(StaticSite), "Microsoft.Web/staticSites/builds"),
        row(LinkedBackend, Some(SiteEnvironment), "Microsoft.Web/staticSites/builds/linkedBackends"),
        row(ApimService, None, "Microsoft.ApiManagement/service"),
        row(Api, Some(ApimService), "Microsoft.ApiManagement/service/apis"),
        row(ApiOperation, Some(Api), "Microsoft.ApiManagement/service/apis/operations"),
        row(ApiVersionSet, Some(ApimService), "Microsoft.ApiManagement/service/apiVersionSets"),
        row(Product, Some(ApimService), "Microsoft.ApiManagement/service/products"),
        row(ProductApi, Some(Product), "Microsoft.ApiManagement/service/products/apis"),
        row(ProductPolicy, Some(Product), "Microsoft.ApiManagement/service/products/policies"),
        row(ApimSubscription, Some(ApimService), "Microsoft.ApiManagement/service/subscriptions"),
    ]
};

impl ArmType {
    /// Returns the name, such as `Microsoft.Web/staticSites`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        TABLE[self as usize].name
    }

    /// Returns the type of the parent; `None` for a type whose resources are direct children of a resource group.
    #[must_use]
    pub const fn parent(self) -> Option<Self> {
        TABLE[self as usize].parent
    }

    /// Returns the last segment of the name, such as `staticSites`: the collection that contains such resources.
    #[must_use]
    pub fn collection(self) -> &'static str {
        self.name().rsplit('/').next().unwrap_or_default()
    }

    /// Returns the namespace of the provider, such as `Microsoft.Web`.
    #[must_use]
    pub fn namespace(self) -> &'static str {
        self.name().split('/').next().unwrap_or_default()
    }

    /// Whether the type belongs to `Microsoft.Web`.
    #[must_use]
    pub fn is_of_web(self) -> bool {
        self.namespace() == WEB
    }

    /// Whether its resources are direct children of a resource group.
    #[must_use]
    pub fn is_top_level(self) -> bool {
        self.parent().is_none()
    }

    /// Returns the type with this name, ignoring case.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::of_segments(name.split('/'))
    }

    /// Returns the type of the resource with this id, which must be in lower case.
    pub(crate) fn of_lower_case_id(id: &str) -> Option<Self> {
        const PROVIDERS: &str = "/providers/";
        let path = &id[id.rfind(PROVIDERS)? + PROVIDERS.len()..];
        let (namespace, path) = path.split_once('/')?;
        Self::of_segments(std::iter::once(namespace).chain(path.split('/').step_by(2)))
    }

    /// Returns the type with these segments of a name, which begin with the namespace, ignoring case.
    fn of_segments<'a>(mut segments: impl Iterator<Item = &'a str>) -> Option<Self> {
        let namespace = segments.next()?;
        let mut found = None;
        for segment in segments {
            let is_next = |row: &&Row| {
                row.parent == found
                    && row.of.collection().eq_ignore_ascii_case(segment)
                    && (found.is_some() || row.of.namespace().eq_ignore_ascii_case(namespace))
            };
            found = Some(TABLE.iter().find(is_next)?.of);
        }
        found
    }

    /// Returns the name of every type.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        TABLE.iter().map(|row| row.name)
    }
}

/// Other types whose documented letter case is known. Each also covers the types that contain it.
pub(super) const OTHERS: [&str; 41] = [
    PRODUCTION_BACKEND,
    "Microsoft.Web/staticSites/builds/userProvidedFunctionApps",
    "Microsoft.Web/staticSites/builds/config",
    "Microsoft.Web/staticSites/builds/databaseConnections",
    "Microsoft.Web/staticSites/userProvidedFunctionApps",
    "Microsoft.Web/staticSites/config",
    "Microsoft.Web/staticSites/customDomains",
    "Microsoft.Web/staticSites/basicAuth",
    "Microsoft.Web/staticSites/databaseConnections",
    "Microsoft.Web/staticSites/privateEndpointConnections",
    APP,
    CONTAINER_APP,
    "Microsoft.ApiManagement/service/apis/operations/policies",
    "Microsoft.ApiManagement/service/apis/policies",
    "Microsoft.ApiManagement/service/apis/products",
    "Microsoft.ApiManagement/service/apis/releases",
    "Microsoft.ApiManagement/service/apis/schemas",
    "Microsoft.ApiManagement/service/apis/diagnostics",
    "Microsoft.ApiManagement/service/authorizationServers",
    "Microsoft.ApiManagement/service/backends",
    "Microsoft.ApiManagement/service/caches",
    "Microsoft.ApiManagement/service/certificates",
    "Microsoft.ApiManagement/service/diagnostics",
    "Microsoft.ApiManagement/service/gateways/apis",
    "Microsoft.ApiManagement/service/groups/users",
    "Microsoft.ApiManagement/service/identityProviders",
    "Microsoft.ApiManagement/service/loggers",
    "Microsoft.ApiManagement/service/namedValues",
    "Microsoft.ApiManagement/service/openidConnectProviders",
    "Microsoft.ApiManagement/service/policies",
    "Microsoft.ApiManagement/service/policyFragments",
    "Microsoft.ApiManagement/service/products/apiLinks",
    "Microsoft.ApiManagement/service/products/groups",
    "Microsoft.ApiManagement/service/products/subscriptions",
    "Microsoft.ApiManagement/service/schemas",
    "Microsoft.ApiManagement/service/tags",
    "Microsoft.ApiManagement/service/tenant",
    "Microsoft.ApiManagement/service/users/subscriptions",
    "Microsoft.ApiManagement/service/workspaces/apis",
    "Microsoft.ApiManagement/service/workspaces/products",
    "Microsoft.ApiManagement/service/workspaces/subscriptions",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_its_own_row_and_the_name_of_its_parent() {
        for (at, row) in TABLE.iter().enumerate() {
            assert_eq!(row.of as usize, at);
            let above = row.name.rsplit_once('/').unwrap().0;
            let expected = row.of.parent().map_or(row.of.namespace(), ArmType::name);
            assert_eq!(above, expected, "{}", row.name);
            assert_eq!(ArmType::of_name(row.name), Some(row.of));
            assert_eq!(ArmType::of_name(&row.name.to_uppercase()), Some(row.of));
        }
    }

    #[test]
    fn the_type_of_an_id_is_that_of_its_last_segments() {
        let group = "/subscriptions/s/resourcegroups/rg";
        for (path, expected) in [
            ("microsoft.web/staticsites/x", Some(ArmType::StaticSite)),
            ("microsoft.web/staticsites/x/builds/default/linkedbackends/b", Some(ArmType::LinkedBackend)),
            ("microsoft.apimanagement/service/x/products/staticsites", Some(ArmType::Product)),
            ("microsoft.apimanagement/service/x/builds/default", None),
            ("microsoft.web/service/x", None),
            ("microsoft.web/sites/x", None),
            ("microsoft.web", None),
        ] {
            assert_eq!(ArmType::of_lower_case_id(&format!("{group}/providers/{path}")), expected, "{path}");
        }
        assert_eq!(ArmType::of_lower_case_id(group), None);
    }
}
