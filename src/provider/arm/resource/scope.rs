//! A part of Azure: a subscription, a resource group, or everything that the caller can see.

use crate::model::ResourceId;

/// The part of Azure in which sites are searched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchScope {
    /// The Azure subscription; `None` for all of them.
    pub azure_subscription: Option<String>,
    /// The resource group, in any of these subscriptions; `None` for all of them.
    pub resource_group: Option<String>,
}

impl SearchScope {
    /// Whether a resource is in this part.
    #[must_use]
    pub fn contains(&self, id: &ResourceId) -> bool {
        let is = |wanted: &Option<String>, actual: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(actual))
        };
        is(&self.azure_subscription, id.azure_subscription())
            && is(&self.resource_group, id.group().unwrap_or_default())
    }
}

/// An Azure subscription that the caller can see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AzureSubscription {
    /// The id, a UUID.
    pub id: String,
    /// The display name, if Azure reports one.
    pub name: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(path: &str) -> ResourceId {
        ResourceId::parse(&format!("{path}/providers/Microsoft.Web/staticSites/shop")).unwrap()
    }

    #[test]
    fn a_scope_compares_subscription_and_group_without_their_case() {
        let all = SearchScope::default();
        let group = SearchScope { resource_group: Some("RG".to_owned()), ..all.clone() };
        let both = SearchScope { azure_subscription: Some("S".to_owned()), ..group.clone() };
        for (path, in_group, in_both) in [
            ("/subscriptions/s/resourceGroups/rg", true, true),
            ("/subscriptions/t/resourceGroups/rg", true, false),
            ("/subscriptions/s/resourceGroups/rg2", false, false),
        ] {
            let id = site(path);
            assert!(all.contains(&id), "{path}");
            assert_eq!((group.contains(&id), both.contains(&id)), (in_group, in_both), "{path}");
        }
    }
}
