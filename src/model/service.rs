//! The resources of API Management, as in [`Microsoft.ApiManagement`
//! 2024-05-01](https://learn.microsoft.com/rest/api/apimanagement).

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{
    ApimServiceId, ApimSubscriptionId, ArmType, GatewayHosts, LinkNames, Malformed, ProductId,
    ProvisioningState, Resource, host::host_of_url, time::azure_time,
};

/// A `Microsoft.ApiManagement/service`.
#[derive(Clone, Debug, PartialEq)]
pub struct ApimService {
    /// The service's id.
    pub id: ApimServiceId,
    /// The tier, such as `Consumption` or `StandardV2`.
    pub sku: String,
    /// The URL of the gateway.
    pub gateway_url: Option<String>,
    /// Every host of the gateway, including custom domains, in lower case.
    pub gateway_hosts: Vec<String>,
    /// The provisioning state.
    pub provisioning: ProvisioningState,
    /// `None`, `External` or `Internal`.
    pub virtual_network_type: Option<String>,
    /// `Enabled` or `Disabled`.
    pub public_network_access: Option<String>,
}

impl ApimService {
    /// Reads the service from its resource.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if a field has an invalid type.
    pub fn read(resource: &Resource) -> Result<Self, Malformed> {
        let text = |path| Ok::<_, Malformed>(resource.text(path)?.map(str::to_owned));
        Ok(Self {
            id: ApimServiceId::try_from(resource.id().clone())?,
            sku: text("sku.name")?.unwrap_or_default(),
            gateway_url: text("properties.gatewayUrl")?,
            gateway_hosts: gateway_hosts(resource),
            provisioning: ProvisioningState::read(resource)?,
            virtual_network_type: text("properties.virtualNetworkType")?,
            public_network_access: text("properties.publicNetworkAccess")?,
        })
    }

    /// Returns the hosts of the gateway for judging policies.
    #[must_use]
    pub fn gateway(&self) -> GatewayHosts<'_> {
        GatewayHosts { host: self.gateway_host(), all: &self.gateway_hosts }
    }

    /// Returns the host of the gateway, without a port, which is the audience of a site's tokens.
    #[must_use]
    pub fn gateway_host(&self) -> Option<&str> {
        host_of_url(self.gateway_url.as_deref()?)
    }
}

/// Returns the hostnames of the configurations of the gateway, whose type is `Proxy`.
fn gateway_hosts(resource: &Resource) -> Vec<String> {
    let all = resource.field("properties.hostnameConfigurations").and_then(Value::as_array);
    let is_of_gateway = |it: &&Value| it["type"].as_str().is_some_and(|it| it.eq_ignore_ascii_case("Proxy"));
    let hosts = all.into_iter().flatten().filter(is_of_gateway).filter_map(|it| it["hostName"].as_str());
    hosts.map(str::to_ascii_lowercase).collect()
}

/// Whether a product is visible to developers; its keys are valid in either state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProductState {
    /// `published`.
    Published,
    /// `notPublished`.
    NotPublished,
    /// An unknown state.
    Other(String),
}

impl ProductState {
    /// Returns the state as Azure writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Published => "published",
            Self::NotPublished => "notPublished",
            Self::Other(word) => word,
        }
    }
}

/// A product: a policy, and the APIs that its subscriptions grant access to.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    /// The product's id.
    pub id: ProductId,
    /// Its display name, unique within the service.
    pub display_name: String,
    /// Whether requests need a key. If not, any client can call the APIs of the product.
    pub subscription_required: bool,
    /// Whether an administrator must approve each subscription.
    pub approval_required: bool,
    /// Whether the product is published.
    pub state: ProductState,
}

impl Product {
    /// Reads the product from its resource.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if `properties.displayName` is missing.
    pub fn read(resource: &Resource) -> Result<Self, Malformed> {
        let state = match resource.text("properties.state")? {
            None | Some("notPublished") => ProductState::NotPublished,
            Some("published") => ProductState::Published,
            Some(other) => ProductState::Other(other.to_owned()),
        };
        Ok(Self {
            id: ProductId::try_from(resource.id().clone())?,
            display_name: resource.required_text("properties.displayName")?.to_owned(),
            subscription_required: resource.flag("properties.subscriptionRequired")?.unwrap_or(true),
            approval_required: resource.flag("properties.approvalRequired")?.unwrap_or(false),
            state,
        })
    }

    /// Returns the product of a link: a new one, or `existing` with the fields repaired that a link needs.
    #[must_use]
    pub fn desired(id: &ProductId, names: &LinkNames, existing: Option<&Resource>) -> Resource {
        let mut product = existing.cloned().unwrap_or_else(|| Resource::new((**id).clone(), Map::new()));
        product.set_property("displayName", names.display_name());
        product.set_property("subscriptionRequired", true);
        product.set_property("approvalRequired", false);
        product.set_property("state", ProductState::Published.as_str());
        product
    }
}

/// Whether the keys of a subscription are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubscriptionState {
    /// `active`: the keys are accepted.
    Active,
    /// Any other state: the keys are rejected.
    Other(String),
}

impl SubscriptionState {
    /// Returns the state as Azure writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Active => "active",
            Self::Other(word) => word,
        }
    }
}

/// An API Management subscription: two keys for a scope. Not an Azure (billing) subscription.
#[derive(Clone, Debug, PartialEq)]
pub struct ApimSubscription {
    /// The subscription's id.
    pub id: ApimSubscriptionId,
    /// The display name, which may be missing.
    pub display_name: Option<String>,
    /// The scope that the keys grant access to, as Azure writes it: a full id, or a path relative to the service.
    pub scope: String,
    /// The user who owns the subscription, as Azure writes it: a full id, or a path relative to the service.
    pub owner: Option<String>,
    /// Whether its keys are accepted.
    pub state: SubscriptionState,
    /// When the subscription was created, as Azure writes it. Its keys may be newer.
    pub created_on: Option<String>,
}

impl ApimSubscription {
    /// Returns when the subscription was created, if the control plane says so.
    #[must_use]
    pub fn created_at(&self) -> Option<Timestamp> {
        azure_time(self.created_on.as_deref()?)
    }

    /// Reads the subscription from its resource.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if `properties.scope` is missing.
    pub fn read(resource: &Resource) -> Result<Self, Malformed> {
        let state = match resource.text("properties.state")?.unwrap_or("submitted") {
            "active" => SubscriptionState::Active,
            other => SubscriptionState::Other(other.to_owned()),
        };
        Ok(Self {
            id: ApimSubscriptionId::try_from(resource.id().clone())?,
            display_name: resource.text("properties.displayName")?.map(str::to_owned),
            scope: Self::scope_of(resource)?.map_or_else(
                || resource.required_text("properties.scope").map(str::to_owned),
                |scope| Ok(scope.to_owned()),
            )?,
            owner: resource.text("properties.ownerId")?.map(str::to_owned),
            state,
            created_on: resource.text("properties.createdDate").ok().flatten().map(str::to_owned),
        })
    }

    /// Returns the scope that the keys of a subscription grant access to: `scope`, or `productId` in the API versions
    /// of 2017 and 2018.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if the field is not a text.
    pub fn scope_of(resource: &Resource) -> Result<Option<&str>, Malformed> {
        match resource.text("properties.scope")? {
            Some(scope) => Ok(Some(scope)),
            None => resource.text("properties.productId"),
        }
    }

    /// Returns the name of the product in a scope, if the scope is a product of the service: `/products/p` or the
    /// product's full id.
    #[must_use]
    pub fn product_of_scope(scope: &str) -> Option<&str> {
        let mut segments = scope.trim_end_matches('/').rsplit('/');
        let name = segments.next().filter(|name| !name.is_empty())?;
        segments.next().filter(|kind| kind.eq_ignore_ascii_case(ArmType::Product.collection()))?;
        Some(name)
    }

    /// Whether the display name is one that linking gives.
    #[must_use]
    pub fn is_named_by(&self, names: &LinkNames) -> bool {
        self.display_name.as_deref().is_some_and(|name| names.names_subscription(name))
    }

    /// Returns the subscription of a link: a new one, or `existing` with the fields repaired that a link needs.
    #[must_use]
    pub fn desired(
        id: &ApimSubscriptionId,
        product: &ProductId,
        names: &LinkNames,
        existing: Option<&Resource>,
    ) -> Resource {
        let mut subscription = existing.cloned().unwrap_or_else(|| {
            let mut new = Resource::new((**id).clone(), Map::new());
            new.set_property("scope", product.as_str());
            new.set_property("allowTracing", Value::Bool(false));
            new
        });
        let current = subscription.text("properties.displayName").ok().flatten();
        if !current.is_some_and(|name| names.names_subscription(name)) {
            subscription.set_property("displayName", names.subscription_display_name());
        }
        subscription.set_property("state", SubscriptionState::Active.as_str());
        subscription
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Hostname;

    const SERVICE: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/a";

    fn resource(tail: &str, properties: &Value) -> Resource {
        Resource::from_value(json!({"id": format!("{SERVICE}/{tail}"), "properties": properties})).unwrap()
    }

    #[test]
    fn the_audience_of_a_token_is_the_gateways_host_without_its_port() {
        let host = |url: &str| {
            let whole = serde_json::json!({"id": SERVICE, "properties": {"gatewayUrl": url}});
            let service = ApimService::read(&Resource::from_value(whole).unwrap()).unwrap();
            service.gateway_host().map(str::to_owned)
        };
        assert_eq!(host("https://a.azure-api.net/"), Some("a.azure-api.net".to_owned()));
        assert_eq!(host("http://127.0.0.1:8088"), Some("127.0.0.1".to_owned()));
        assert_eq!(host("a.azure-api.net"), None);
    }

    #[test]
    fn custom_domains_of_the_gateway_are_hosts_of_it() {
        let host =
            |kind: &str, name: &str| json!({"type": kind, "hostName": name, "defaultSslBinding": true});
        let whole = json!({"id": SERVICE, "properties": {"gatewayUrl": "https://a.azure-api.net",
            "hostnameConfigurations": [host("Proxy", "a.azure-api.net"), host("Proxy", "API.Contoso.com"),
            host("DeveloperPortal", "dev.contoso.com"), {"type": "Proxy", "hostName": null}]}});
        let service = ApimService::read(&Resource::from_value(whole).unwrap()).unwrap();
        assert_eq!(service.gateway_hosts, ["a.azure-api.net", "api.contoso.com"]);
    }

    #[test]
    fn a_scope_names_its_product_in_full_and_relative_form() {
        for scope in [format!("{SERVICE}/products/P"), "/products/P".to_owned()] {
            assert_eq!(ApimSubscription::product_of_scope(&scope), Some("P"));
        }
        for scope in [format!("{SERVICE}/"), format!("{SERVICE}/apis/x"), "/apis".to_owned(), String::new()] {
            assert_eq!(ApimSubscription::product_of_scope(&scope), None, "{scope:?}");
        }
    }

    #[test]
    fn of_several_subscriptions_the_link_uses_the_one_named_for_it() {
        let names = LinkNames::of(Hostname::parse("l.example").unwrap());
        let subscription = |id: &str, name: &str, state: &str| {
            let properties = json!({"scope": "/products/l", "displayName": name, "state": state});
            ApimSubscription::read(&resource(&format!("subscriptions/{id}"), &properties)).unwrap()
        };
        let (ours, partner) = (names.display_name(), "A partner");
        let chosen =
            |all: &[ApimSubscription]| ApimSubscription::of_link(all, &names).map(|s| s.id.name().to_owned());
        let partners = [subscription("a", partner, "active"), subscription("b", partner, "active")];
        assert_eq!(chosen(&partners), None);
        assert_eq!(chosen(&partners[..1]), None, "the keys of a partner are not the link's");
        let mut with_ours = partners.to_vec();
        with_ours.push(subscription("y", &ours, "suspended"));
        assert_eq!(chosen(&with_ours), Some("y".to_owned()));
        with_ours.push(subscription("z", &ours, "active"));
        assert_eq!(chosen(&with_ours), Some("z".to_owned()));
    }

    #[test]
    fn putting_a_product_right_keeps_what_a_link_does_not_care_about() {
        let names = LinkNames::of(Hostname::parse("l.example").unwrap());
        let existing = resource(
            "products/l",
            &json!({"displayName": "x", "terms": "mine", "subscriptionRequired": false}),
        );
        let id = ProductId::try_from(existing.id().clone()).unwrap();
        let desired = Product::desired(&id, &names, Some(&existing));
        assert_eq!(desired.text("properties.terms").unwrap(), Some("mine"));
        let product = Product::read(&desired).unwrap();
        assert!(product.subscription_required && product.state == ProductState::Published);
    }
}
