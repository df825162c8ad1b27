//! The kind of a resource, and the resources that it requires, both derived only from its key.

use crate::model::{ArmType, IN_A_SERVICE, PRODUCTION};

/// The kinds of resources that the model has rules for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ResourceKind {
    Site,
    Build,
    Service,
    Api,
    Product,
    ProductPolicy,
    ProductApi,
    Subscription,
    Other,
    LinkedBackend,
}

/// A resource for which a model records keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyHolder {
    /// A subscription, which has two keys.
    Subscription,
    /// A linked backend, whose site has a copy of a primary key.
    LinkedBackend,
}

impl ResourceKind {
    /// Returns the kind of the resource with this key, which is an id in lower case.
    pub(crate) fn of(key: &str) -> Self {
        match ArmType::of_lower_case_id(key) {
            Some(ArmType::StaticSite) => Self::Site,
            Some(ArmType::SiteEnvironment) => Self::Build,
            Some(ArmType::LinkedBackend) => Self::LinkedBackend,
            Some(ArmType::ApimService) => Self::Service,
            Some(ArmType::Api) => Self::Api,
            Some(ArmType::Product) => Self::Product,
            Some(ArmType::ApimSubscription) => Self::Subscription,
            Some(ArmType::ProductPolicy) => Self::ProductPolicy,
            Some(ArmType::ProductApi) => Self::ProductApi,
            Some(ArmType::ApiOperation | ArmType::ApiVersionSet) | None => Self::Other,
        }
    }

    /// Returns what kind of keys a model records for such a resource, if any.
    pub(crate) fn key_holder(self) -> Option<KeyHolder> {
        match self {
            Self::Subscription => Some(KeyHolder::Subscription),
            Self::LinkedBackend => Some(KeyHolder::LinkedBackend),
            Self::Site
            | Self::Build
            | Self::Service
            | Self::Api
            | Self::Product
            | Self::ProductPolicy
            | Self::ProductApi
            | Self::Other => None,
        }
    }
}

/// Whether the resource with this key holds two keys of API Management: it is a subscription of a service, or of a
/// workspace of a service.
pub(crate) fn holds_keys(key: &str) -> bool {
    let kind = key.rsplit('/').nth(1).unwrap_or_default();
    kind == ArmType::ApimSubscription.collection() && key.contains(IN_A_SERVICE)
}

/// Returns the key without its last two segments.
pub(crate) fn cut(key: &str) -> &str {
    let end = key.rmatch_indices('/').nth(1).map_or(0, |(at, _)| at);
    &key[..end]
}

/// Returns the last segment of a key.
pub(crate) fn name(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or_default()
}

/// Returns the key of the parent, if the resource is a child.
pub(crate) fn parent(key: &str) -> Option<&str> {
    let after_provider = key.rsplit('/').skip(1).position(|segment| segment == "providers")? + 1;
    // a namespace, a type and a name, and the child's own two
    (after_provider >= 5).then(|| cut(key))
}

/// Whether this is the key of a site's production environment, which exists with the site.
pub(crate) fn is_production(key: &str) -> bool {
    ResourceKind::of(key) == ResourceKind::Build && name(key) == PRODUCTION
}

/// Returns the key of the API to which a product's API refers.
pub(crate) fn api_of_product_api(key: &str) -> String {
    format!("{}/{}/{}", cut(cut(key)), ArmType::Api.collection(), name(key))
}

/// Whether `key` is a direct child in the collection whose key, slash included, is `prefix`.
pub(crate) fn is_direct_child(key: &str, prefix: &str) -> bool {
    key.strip_prefix(prefix).is_some_and(|rest| !rest.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "/subscriptions/s/resourcegroups/rg/providers/microsoft.web/staticsites/shop";
    const SERVICE: &str = "/subscriptions/s/resourcegroups/rg/providers/microsoft.apimanagement/service/a";

    #[test]
    fn a_kind_follows_from_the_whole_path() {
        let of = |root: &str, tail: &str| ResourceKind::of(&format!("{root}{tail}"));
        assert_eq!(of(SITE, ""), ResourceKind::Site);
        assert_eq!(of(SITE, "/builds/default/linkedbackends/b"), ResourceKind::LinkedBackend);
        assert_eq!(of(SERVICE, "/products/p/apis/o"), ResourceKind::ProductApi);
        assert_eq!(of(SERVICE, "/apis/o/operations/x"), ResourceKind::Other);
        assert_eq!(of(SERVICE, "/apis/o/operations/x/policies/policy"), ResourceKind::Other);
        assert_eq!(ResourceKind::of("/subscriptions/s/resourcegroups/rg"), ResourceKind::Other);
    }

    #[test]
    fn a_child_has_its_parent_and_a_top_level_resource_has_none() {
        assert_eq!(parent(SITE), None);
        let extension = format!("{SITE}/providers/microsoft.authorization/locks/l");
        for key in [SITE, &extension, &format!("{SERVICE}/apis/providers"), "/subscriptions/s"] {
            let id = crate::model::ResourceId::parse(key).unwrap();
            assert_eq!(
                parent(key).map(str::to_owned),
                id.parent().map(|id| id.lower_case().to_owned()),
                "{key}"
            );
        }
        assert_eq!(parent(&format!("{SITE}/builds/default")), Some(SITE));
        assert_eq!(api_of_product_api(&format!("{SERVICE}/products/p/apis/o")), format!("{SERVICE}/apis/o"));
    }
}
