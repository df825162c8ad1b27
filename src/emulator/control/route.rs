//! Routes: parses a path into what it refers to. Ids are compared ignoring case, as in Azure.

use super::{
    ended::is_of_web,
    not_emulated::not_emulated,
    served::{Listed, Namespace},
};
use crate::model::{API_MANAGEMENT, ArmType, RESOURCES, ResourceId, WEB};

/// The target of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// The properties of the cloud that a client reads before it signs in.
    Endpoints,
    /// A token, as a managed identity requests it.
    Identity,
    /// The directories (tenants) of the caller.
    Tenants,
    /// All Azure subscriptions.
    AzureSubscriptions,
    /// One Azure subscription.
    AzureSubscription(ResourceId),
    /// The resource groups of an Azure subscription.
    Groups(ResourceId),
    /// One resource group.
    Group(ResourceId),
    /// The resource providers of an Azure subscription, or one of them.
    Providers(ResourceId, Option<String>),
    /// All resources in a scope.
    All(ResourceId),
    /// All resources of a type in a scope.
    Everywhere(ResourceId, ArmType),
    /// The permissions of the caller.
    Permissions,
    /// The activity log of an Azure subscription.
    Activity(String),
    /// A Resource Graph query.
    Graph,
    /// The progress of an operation.
    Operation(u64),
    /// A collection below a resource.
    Collection(ResourceId, Listed),
    /// A resource.
    Resource(ResourceId, ArmType),
    /// An action on a resource.
    Action(ResourceId, ArmType, String),
}

/// Why a path has no route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unrouted {
    /// The path has an unknown form.
    Shape,
    /// The resource provider is unknown.
    Namespace(String),
    /// The provider does not have this type.
    Type(String),
    /// The type exists in Azure but is not emulated.
    NotEmulated(&'static str),
}

impl Route {
    /// Parses a decoded path.
    pub(super) fn of(path: &str) -> Result<Self, Unrouted> {
        let path = path.trim_end_matches('/');
        match Self::of_no_resource(path) {
            Some(route) => Ok(route),
            None => Self::of_resource(path),
        }
    }

    fn of_no_resource(path: &str) -> Option<Self> {
        let lower = path.to_ascii_lowercase();
        match lower.as_str() {
            "/metadata/endpoints" => return Some(Self::Endpoints),
            "/metadata/identity/oauth2/token" => return Some(Self::Identity),
            "/tenants" => return Some(Self::Tenants),
            "/subscriptions" => return Some(Self::AzureSubscriptions),
            "/providers/microsoft.resourcegraph/resources" => return Some(Self::Graph),
            _ => {}
        }
        if lower.ends_with("/providers/microsoft.authorization/permissions") {
            return Some(Self::Permissions);
        }
        if let Some(azure_subscription) = activity_log_of(&lower) {
            return Some(Self::Activity(azure_subscription.to_owned()));
        }
        operation_of(&lower)?.parse().ok().map(Self::Operation)
    }

    fn of_resource(path: &str) -> Result<Self, Unrouted> {
        let (before, last) = path.rsplit_once('/').ok_or(Unrouted::Shape)?;
        if let Ok(id) = ResourceId::parse(path) {
            refuse_listed_path(&id, path)?;
            return Self::of_id(id);
        }
        if let Ok(scope) = ResourceId::parse(before) {
            refuse_listed_path(&scope, before)?;
            return Self::below(scope, last);
        }
        if let Some((scope, namespace)) = provider_of(path) {
            return Ok(Self::Providers(scope, Some(namespace.to_owned())));
        }
        let (scope, namespace) = provider_of(before).ok_or(Unrouted::Shape)?;
        let resource_type = format!("{namespace}/{last}");
        match ArmType::of_name(&resource_type).filter(|kind| kind.is_top_level()) {
            Some(kind) => Ok(Self::Everywhere(scope, kind)),
            None => Err(unknown(&resource_type)),
        }
    }

    fn of_id(id: ResourceId) -> Result<Self, Unrouted> {
        let resource_type = id.resource_type();
        match resource_type.to_ascii_lowercase().as_str() {
            "microsoft.resources/subscriptions" => Ok(Self::AzureSubscription(id)),
            "microsoft.resources/resourcegroups" => Ok(Self::Group(id)),
            _ => match ArmType::of_name(&resource_type) {
                Some(kind) => Ok(Self::Resource(id, kind)),
                None => Err(unknown(&resource_type)),
            },
        }
    }

    /// Parses the last segment below an id: a collection or an action.
    fn below(scope: ResourceId, last: &str) -> Result<Self, Unrouted> {
        let is = |word: &str| last.eq_ignore_ascii_case(word);
        let resource_type = scope.resource_type();
        match ArmType::of_name(&resource_type) {
            None if is("resources") => Ok(Self::All(scope)),
            None if is("resourceGroups") => Ok(Self::Groups(scope)),
            None if is("providers") => Ok(Self::Providers(scope, None)),
            None => Err(unknown(&format!("{resource_type}/{last}"))),
            Some(ArmType::StaticSite) if is(ArmType::LinkedBackend.collection()) => {
                let production = scope.child(ArmType::SiteEnvironment.collection(), crate::model::PRODUCTION);
                let production = production.map_err(|_| Unrouted::Shape)?;
                Ok(Self::Collection(production, Listed::Of(ArmType::LinkedBackend)))
            }
            Some(kind) => {
                let below = format!("{resource_type}/{last}");
                match (Listed::of_type(&below), not_emulated(&below)) {
                    (Some(collection), _) => Ok(Self::Collection(scope, collection)),
                    (None, Some(known)) => Err(Unrouted::NotEmulated(known)),
                    (None, None) => Ok(Self::Action(scope, kind, last.to_ascii_lowercase())),
                }
            }
        }
    }

    /// Returns the namespace of the provider that answers.
    pub(super) fn namespace(&self) -> Namespace {
        match self {
            Self::Endpoints | Self::Identity => Namespace::Metadata,
            Self::Permissions => Namespace::Authorization,
            Self::Activity(_) => Namespace::Insights,
            Self::Graph => Namespace::ResourceGraph,
            Self::Everywhere(_, kind) | Self::Resource(_, kind) | Self::Action(_, kind, _) => {
                Namespace::of(*kind)
            }
            Self::Collection(_, Listed::Of(kind)) => Namespace::of(*kind),
            Self::Collection(
                _,
                Listed::ProductSubscriptions | Listed::ApiProducts | Listed::ApiRevisions,
            ) => Namespace::ApiManagement,
            Self::Operation(_) => Namespace::Any,
            Self::Tenants
            | Self::AzureSubscriptions
            | Self::AzureSubscription(_)
            | Self::Groups(_)
            | Self::Group(_)
            | Self::Providers(..)
            | Self::All(_) => Namespace::Resources,
        }
    }
}

/// Rejects paths that Azure does not serve: it lists a product's subscriptions under ids of the product, but serves
/// nothing at those paths.
fn refuse_listed_path(id: &ResourceId, path: &str) -> Result<(), Unrouted> {
    if id.as_str().len() >= path.len() {
        return Ok(());
    }
    let below_provider = path.rsplit_once("/providers/").map_or(path, |(_, below)| below);
    let (namespace, rest) = below_provider.split_once('/').unwrap_or((below_provider, ""));
    let kinds: Vec<&str> = rest.split('/').step_by(2).collect();
    Err(unknown(&format!("{namespace}/{}", kinds.join("/"))))
}

/// Parses the path of an activity log, in lower case.
fn activity_log_of(path: &str) -> Option<&str> {
    let azure_subscription =
        path.strip_suffix("/providers/microsoft.insights/eventtypes/management/values")?;
    azure_subscription.strip_prefix("/subscriptions/").filter(|name| !name.is_empty() && !name.contains('/'))
}

/// Parses the path to the progress of an operation, in lower case. An API has operations too, so that
/// `Microsoft.Web`'s `operations` are recognized below a location only.
fn operation_of(path: &str) -> Option<&str> {
    let (before, number) = path.rsplit_once('/')?;
    let (place, word) = before.rsplit_once('/')?;
    let is_operation = matches!(word, "operationresults" | "operationstatuses" | "operationsstatuses")
        || word == "operations" && is_of_web(&format!("{place}/"));
    is_operation.then_some(number)
}

/// Parses `{scope}/providers/{namespace}`.
fn provider_of(path: &str) -> Option<(ResourceId, &str)> {
    let (before, namespace) = path.rsplit_once('/')?;
    let (scope, word) = before.rsplit_once('/')?;
    let scope = ResourceId::parse(scope).ok()?;
    word.eq_ignore_ascii_case("providers").then_some((scope, namespace))
}

fn unknown(resource_type: &str) -> Unrouted {
    if let Some(known) = not_emulated(resource_type) {
        return Unrouted::NotEmulated(known);
    }
    let namespace = resource_type.split('/').next().unwrap_or_default();
    let known = [WEB, API_MANAGEMENT, RESOURCES];
    if known.iter().any(|known| known.eq_ignore_ascii_case(namespace)) {
        return Unrouted::Type(resource_type.to_owned());
    }
    Unrouted::Namespace(namespace.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: &str = "/subscriptions/s/resourceGroups/rg";
    const SITE: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/staticSites/shop";
    const SERVICE: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a";

    fn id(text: &str) -> ResourceId {
        ResourceId::parse(text).unwrap()
    }

    fn of(path: &str) -> Route {
        Route::of(path).unwrap_or_else(|problem| panic!("{path}: {problem:?}"))
    }

    #[test]
    fn the_linked_backends_of_a_site_are_those_of_its_production() {
        let (short, long) =
            (format!("{SITE}/linkedBackends"), format!("{SITE}/builds/default/linkedBackends"));
        assert_eq!(of(&short), of(&long));
        assert_eq!(of(&format!("{short}/b")), of(&format!("{long}/b")));
        let validate = Route::Action(id(&format!("{long}/b")), ArmType::LinkedBackend, "validate".to_owned());
        assert_eq!(of(&format!("{short}/b/validate")), validate);
    }

    #[test]
    fn case_and_a_slash_at_the_end_do_not_matter() {
        for path in [SITE.to_owned(), SITE.to_uppercase(), format!("{SITE}/"), SITE.to_lowercase()] {
            assert_eq!(of(&path), Route::Resource(id(SITE), ArmType::StaticSite), "{path}");
        }
        let listed = format!("{}/providers/microsoft.WEB/STATICSITES", GROUP.to_lowercase());
        assert_eq!(of(&listed), Route::Everywhere(id(GROUP), ArmType::StaticSite));
    }

    #[test]
    fn every_form_of_a_path_is_distinguished() {
        let service = |tail: &str| of(&format!("{SERVICE}{tail}"));
        let at = |tail: &str| id(&format!("{SERVICE}{tail}"));
        assert_eq!(service("/products"), Route::Collection(at(""), Listed::Of(ArmType::Product)));
        assert_eq!(
            service("/products/p/subscriptions"),
            Route::Collection(at("/products/p"), Listed::ProductSubscriptions)
        );
        assert_eq!(service("/apis/o/products"), Route::Collection(at("/apis/o"), Listed::ApiProducts));
        assert_eq!(
            service("/products/p/apis/o"),
            Route::Resource(at("/products/p/apis/o"), ArmType::ProductApi)
        );
        assert_eq!(
            service("/subscriptions/x/listSecrets"),
            Route::Action(at("/subscriptions/x"), ArmType::ApimSubscription, "listsecrets".to_owned())
        );
        assert_eq!(
            service("/apis/o/operations/7"),
            Route::Resource(at("/apis/o/operations/7"), ArmType::ApiOperation)
        );
        for (path, route) in [
            ("/subscriptions", Route::AzureSubscriptions),
            ("/subscriptions/s", Route::AzureSubscription(id("/subscriptions/s"))),
            ("/subscriptions/s/resourcegroups", Route::Groups(id("/subscriptions/s"))),
            (GROUP, Route::Group(id(GROUP))),
            ("/subscriptions/s/providers", Route::Providers(id("/subscriptions/s"), None)),
            (
                "/subscriptions/s/providers/Microsoft.Web",
                Route::Providers(id("/subscriptions/s"), Some("Microsoft.Web".to_owned())),
            ),
            ("/subscriptions/s/resources", Route::All(id("/subscriptions/s"))),
            ("/metadata/endpoints", Route::Endpoints),
            ("/providers/Microsoft.ResourceGraph/resources", Route::Graph),
            ("/subscriptions/s/providers/Microsoft.Web/locations/x/operationResults/7", Route::Operation(7)),
            ("/subscriptions/s/providers/Microsoft.Web/locations/x/operations/7", Route::Operation(7)),
        ] {
            assert_eq!(of(path), route, "{path}");
        }
        assert_eq!(of(&format!("{SITE}/providers/Microsoft.Authorization/permissions")), Route::Permissions);
    }

    #[test]
    fn the_ids_of_nested_lists_are_not_paths() {
        for (tail, resource_type) in [
            ("products/p/subscriptions/x", "products/subscriptions"),
            ("products/p/subscriptions/x/listSecrets", "products/subscriptions"),
            ("apis/o/products/p", "apis/products"),
        ] {
            let wanted = Unrouted::Type(format!("Microsoft.ApiManagement/service/{resource_type}"));
            assert_eq!(Route::of(&format!("{SERVICE}/{tail}")), Err(wanted), "{tail}");
        }
    }

    #[test]
    fn an_unknown_path_is_refused_as_the_kind_that_it_is() {
        let of = |path: &str| Route::of(path).unwrap_err();
        assert_eq!(of("/"), Unrouted::Shape);
        assert_eq!(of("/favicon.ico"), Unrouted::Shape);
        assert_eq!(
            of("/subscriptions/s/providers/Contoso.Compute/virtualMachines"),
            Unrouted::Namespace("Contoso.Compute".to_owned())
        );
        assert_eq!(
            of("/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/siteses/x"),
            Unrouted::Type("Microsoft.Web/siteses".to_owned())
        );
    }

    #[test]
    fn a_type_that_is_not_emulated_is_reported_by_its_name() {
        for (path, name) in [
            ("/subscriptions/s/providers/Microsoft.Compute/virtualMachines".to_owned(), "Microsoft.Compute"),
            (format!("{GROUP}/providers/Microsoft.Web/sites/x"), "Microsoft.Web/sites"),
            (format!("{GROUP}/providers/microsoft.web/SITES"), "Microsoft.Web/sites"),
            (format!("{SERVICE}/namedValues"), "Microsoft.ApiManagement/service/namedValues"),
            (format!("{SERVICE}/namedvalues/n/listValue"), "Microsoft.ApiManagement/service/namedValues"),
            (format!("{SERVICE}/users/1/subscriptions"), "Microsoft.ApiManagement/service/users"),
            (format!("{SERVICE}/users/1/subscriptions/x"), "Microsoft.ApiManagement/service/users"),
            (format!("{SERVICE}/apis/a/policies/policy"), "Microsoft.ApiManagement/service/apis/policies"),
            (format!("{SERVICE}/products/p/groups"), "Microsoft.ApiManagement/service/products/groups"),
            (format!("{SERVICE}/policies/policy"), "Microsoft.ApiManagement/service/policies"),
            (format!("{SITE}/config/appsettings"), "Microsoft.Web/staticSites/config"),
            (format!("{SITE}/listAppSettings"), "Microsoft.Web/staticSites/listAppSettings"),
            (format!("{SITE}/customDomains/www.example.com"), "Microsoft.Web/staticSites/customDomains"),
            (format!("{SITE}/builds/default/functions"), "Microsoft.Web/staticSites/builds/functions"),
            (format!("{SITE}/providers/Microsoft.Authorization/locks/l"), "Microsoft.Authorization/locks"),
        ] {
            assert_eq!(Route::of(&path), Err(Unrouted::NotEmulated(name)), "{path}");
        }
    }
}
