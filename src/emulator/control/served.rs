//! What the emulator serves below a resource, and how it names the types of Azure Resource Manager.

use crate::model::ArmType;

/// A list below a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listed {
    /// Its child resources of a type.
    Of(ArmType),
    /// The subscriptions whose scope is a product.
    ProductSubscriptions,
    /// The products that contain an API.
    ApiProducts,
    /// The revisions of an API.
    ApiRevisions,
}

impl Listed {
    pub(super) fn of_type(resource_type: &str) -> Option<Self> {
        let (owner, collection) = resource_type.rsplit_once('/')?;
        let is = |word: &str| word.eq_ignore_ascii_case(collection);
        let owner = ArmType::of_name(owner);
        if owner == Some(ArmType::Product) && is("subscriptions") {
            return Some(Self::ProductSubscriptions);
        }
        if owner == Some(ArmType::Api) && is("products") {
            return Some(Self::ApiProducts);
        }
        if owner == Some(ArmType::Api) && is("revisions") {
            return Some(Self::ApiRevisions);
        }
        ArmType::of_name(resource_type).map(Self::Of)
    }
}

/// Returns the name of a type in not-found messages.
pub(super) fn noun(kind: ArmType) -> &'static str {
    match kind {
        ArmType::StaticSite => "StaticSite",
        ArmType::SiteEnvironment => "StaticSiteBuild",
        ArmType::LinkedBackend => "StaticSiteLinkedBackend",
        ArmType::ApimService => "Service",
        ArmType::Api | ArmType::ProductApi => "Api",
        ArmType::ApiOperation => "Operation",
        ArmType::ApiVersionSet => "Api-version-set",
        ArmType::Product => "Product",
        ArmType::ProductPolicy => "PoliciesConfiguration",
        ArmType::ApimSubscription => "Subscription",
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

impl Namespace {
    /// Returns the provider that serves a type.
    pub(super) fn of(kind: ArmType) -> Self {
        if kind.is_of_web() { Self::Web } else { Self::ApiManagement }
    }
}
