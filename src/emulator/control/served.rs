//! The served resource types, and the lists below them.

/// A served resource type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServedType {
    Site,
    Build,
    LinkedBackend,
    Service,
    Api,
    ApiOperation,
    ApiVersionSet,
    Product,
    ProductApi,
    ProductPolicy,
    Subscription,
}

/// A list below a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listed {
    /// Its child resources of a type.
    Of(ServedType),
    /// The subscriptions whose scope is a product.
    ProductSubscriptions,
    /// The products that contain an API.
    ApiProducts,
    /// The revisions of an API.
    ApiRevisions,
}

impl ServedType {
    const ALL: [(Self, &'static str); 11] = [
        (Self::Site, "microsoft.web/staticsites"),
        (Self::Build, "microsoft.web/staticsites/builds"),
        (Self::LinkedBackend, "microsoft.web/staticsites/builds/linkedbackends"),
        (Self::Service, "microsoft.apimanagement/service"),
        (Self::Api, "microsoft.apimanagement/service/apis"),
        (Self::ApiOperation, "microsoft.apimanagement/service/apis/operations"),
        (Self::ApiVersionSet, "microsoft.apimanagement/service/apiversionsets"),
        (Self::Product, "microsoft.apimanagement/service/products"),
        (Self::ProductApi, "microsoft.apimanagement/service/products/apis"),
        (Self::ProductPolicy, "microsoft.apimanagement/service/products/policies"),
        (Self::Subscription, "microsoft.apimanagement/service/subscriptions"),
    ];

    pub(super) fn of_type(resource_type: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|(_, name)| name.eq_ignore_ascii_case(resource_type)).map(|(kind, _)| *kind)
    }

    /// Whether the type belongs to `Microsoft.Web`.
    pub(super) fn is_of_web(self) -> bool {
        matches!(self, Self::Site | Self::Build | Self::LinkedBackend)
    }

    /// Whether its resources are direct children of a resource group.
    pub(super) fn is_top_level(self) -> bool {
        matches!(self, Self::Site | Self::Service)
    }

    /// Returns the name of the type in API Management's not-found messages.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Site => "StaticSite",
            Self::Build => "StaticSiteBuild",
            Self::LinkedBackend => "StaticSiteLinkedBackend",
            Self::Service => "Service",
            Self::Api | Self::ProductApi => "Api",
            Self::ApiOperation => "Operation",
            Self::ApiVersionSet => "Api-version-set",
            Self::Product => "Product",
            Self::ProductPolicy => "PoliciesConfiguration",
            Self::Subscription => "Subscription",
        }
    }
}

impl Listed {
    pub(super) fn of_type(resource_type: &str) -> Option<Self> {
        let known = |name: &str| name.eq_ignore_ascii_case(resource_type);
        if known("microsoft.apimanagement/service/products/subscriptions") {
            return Some(Self::ProductSubscriptions);
        }
        if known("microsoft.apimanagement/service/apis/products") {
            return Some(Self::ApiProducts);
        }
        if known("microsoft.apimanagement/service/apis/revisions") {
            return Some(Self::ApiRevisions);
        }
        ServedType::of_type(resource_type).map(Self::Of)
    }
}

impl ServedType {
    /// Returns the provider that serves the type.
    pub(super) fn namespace(self) -> Namespace {
        if self.is_of_web() { Namespace::Web } else { Namespace::ApiManagement }
    }
}

/// The providers that have API versions of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Namespace {
    Any,
    ApiManagement,
    Authorization,
    Insights,
    Metadata,
    ResourceGraph,
    Resources,
    Web,
}
