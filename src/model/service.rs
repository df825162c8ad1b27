//! API Management's own resources, as
//! [`Microsoft.ApiManagement` 2024-05-01](https://learn.microsoft.com/rest/api/apimanagement) has them.

use serde_json::{Map, Value};

use super::{
    ApimServiceId, ApimSubscriptionId, GatewayHosts, LinkNames, Malformed, Ownership, ProductId,
    Provisioning, Resource, SiteSide,
};

/// A `Microsoft.ApiManagement/service`.
#[derive(Clone, Debug, PartialEq)]
pub struct ApimService {
    /// The service's id.
    pub id: ApimServiceId,
    /// The tier, such as `Consumption` or `StandardV2`.
    pub sku: String,
    /// Where its gateway answers.
    pub gateway_url: Option<String>,
    /// Every host at which its gateway answers, custom ones included, in lower case.
    pub gateway_hosts: Vec<String>,
    /// How far Azure has come with it.
    pub provisioning: Provisioning,
    /// `None`, `External` or `Internal`.
    pub virtual_network_type: Option<String>,
    /// `Enabled` or `Disabled`.
    pub public_network_access: Option<String>,
}

impl ApimService {
    /// Reads the service out of its envelope.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if a field is of another type than it can have.
    pub fn read(resource: &Resource) -> Result<Self, Malformed> {
        let text = |path| Ok::<_, Malformed>(resource.text(path)?.map(str::to_owned));
        Ok(Self {
            id: ApimServiceId::try_from(resource.id().clone())?,
            sku: text("sku.name")?.unwrap_or_default(),
            gateway_url: text("properties.gatewayUrl")?,
            gateway_hosts: gateway_hosts(resource),
            provisioning: Provisioning::read(resource)?,
            virtual_network_type: text("properties.virtualNetworkType")?,
            public_network_access: text("properties.publicNetworkAccess")?,
        })
    }

    /// The hosts of the gateway, as its policies know them.
    #[must_use]
    pub fn gateway(&self) -> GatewayHosts<'_> {
        GatewayHosts { host: self.gateway_host(), all: &self.gateway_hosts }
    }

    /// The host of the gateway, without a port, for the tokens that are meant for it.
    #[must_use]
    pub fn gateway_host(&self) -> Option<&str> {
        let rest = self.gateway_url.as_deref()?.split_once("://")?.1;
        rest.split(['/', ':']).next().filter(|host| !host.is_empty())
    }
}

/// The host names of the configurations that are of the gateway: `Proxy` is its name there.
fn gateway_hosts(resource: &Resource) -> Vec<String> {
    let all = resource.field("properties.hostnameConfigurations").and_then(Value::as_array);
    let is_of_gateway = |it: &&Value| it["type"].as_str().is_some_and(|it| it.eq_ignore_ascii_case("Proxy"));
    let hosts = all.into_iter().flatten().filter(is_of_gateway).filter_map(|it| it["hostName"].as_str());
    hosts.map(str::to_ascii_lowercase).collect()
}

/// Whether a product is shown to developers; a key opens it either way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProductState {
    /// `published`.
    Published,
    /// `notPublished`.
    NotPublished,
    /// A word that is not known here.
    Other(String),
}

impl ProductState {
    /// Azure's word for it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Published => "published",
            Self::NotPublished => "notPublished",
            Self::Other(word) => word,
        }
    }
}

/// A product: the APIs that its subscriptions open, behind its policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    /// The product's id.
    pub id: ProductId,
    /// Its display name, unique within the service.
    pub display_name: String,
    /// Whether a key is needed. Without, anybody can call its APIs.
    pub subscription_required: bool,
    /// Whether somebody has to approve each subscription.
    pub approval_required: bool,
    /// Whether it is published.
    pub state: ProductState,
}

impl Product {
    /// Reads the product out of its envelope.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if it lacks its `properties.displayName`.
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

    /// The product of a link: a new one, or `existing` with what a link needs put right.
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
    /// Any other: they are not.
    Other(String),
}

impl SubscriptionState {
    /// Azure's word for it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Active => "active",
            Self::Other(word) => word,
        }
    }
}

/// An API Management subscription: the holder of two keys for a scope. Not a billing scope.
#[derive(Clone, Debug, PartialEq)]
pub struct ApimSubscription {
    /// The subscription's id.
    pub id: ApimSubscriptionId,
    /// Its display name, which Azure does not always give.
    pub display_name: Option<String>,
    /// What its keys open, as Azure writes it: a full id, or relative to the service.
    pub scope: String,
    /// The user who owns it, as Azure writes it: the full id, or relative to the service.
    pub owner: Option<String>,
    /// Whether its keys are accepted.
    pub state: SubscriptionState,
    /// When it was made, as Azure writes it. Its keys may be younger.
    pub created_on: Option<String>,
}

impl ApimSubscription {
    /// Reads the subscription out of its envelope.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if it lacks its `properties.scope`.
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

    /// What the keys of a subscription open, in its envelope: `scope`, or `productId` of the api-versions of 2017
    /// and 2018.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if it is not a text.
    pub fn scope_of(resource: &Resource) -> Result<Option<&str>, Malformed> {
        match resource.text("properties.scope")? {
            Some(scope) => Ok(Some(scope)),
            None => resource.text("properties.productId"),
        }
    }

    /// The name of the product within the service that a scope names, if it names one:
    /// `/products/p` or the product's full id.
    #[must_use]
    pub fn product_of_scope(scope: &str) -> Option<&str> {
        let mut segments = scope.trim_end_matches('/').rsplit('/');
        let name = segments.next().filter(|name| !name.is_empty())?;
        segments.next().filter(|kind| kind.eq_ignore_ascii_case("products"))?;
        Some(name)
    }

    /// Whether it bears one of the names that linking gives.
    #[must_use]
    pub fn is_named_by(&self, names: &LinkNames) -> bool {
        self.display_name.as_deref().is_some_and(|name| names.names_subscription(name))
    }

    /// Of all subscriptions of a link's product, the one that the site uses, as far as the subscriptions
    /// themselves say so.
    #[must_use]
    pub fn of_link<'a>(candidates: &'a [Self], names: &LinkNames) -> Option<&'a Self> {
        let owners = Ownership::of_all(candidates, Some(names), &SiteSide::default());
        Ownership::used(&owners, candidates).map(|at| &candidates[at])
    }

    /// The subscription of a link: a new one, or `existing` with what a link needs put right.
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
    fn tokens_are_meant_for_the_gateways_host_whatever_its_port() {
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
