//! Control planes as they can be found: any piece missing, wrong, doubled, renamed or somebody else's.

use proptest::prelude::*;
use serde_json::{Value, json};

pub(crate) const HOST: &str = "calm-sea-0a1b2c3d4.5.azurestaticapps.net";
pub(crate) const LABEL: &str = "calm-sea-0a1b2c3d4";
pub(crate) const OTHER_HOST: &str = "calm-sea-0a1b2c3d4.2.azurestaticapps.net";
const GROUP: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg";

pub(crate) fn site_id() -> String {
    format!("{GROUP}/providers/Microsoft.Web/staticSites/shop")
}

pub(crate) fn service_id(name: &str) -> String {
    format!("{GROUP}/providers/Microsoft.ApiManagement/service/{name}")
}

fn display_name(host: &str) -> String {
    format!("Azure Static Web Apps - {host} (Linked)")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BackendRecipe {
    Own,
    OwnFailed,
    Foreign,
    Gone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProductRecipe {
    Right,
    Wrong { required: bool, published: bool, approval: bool, renamed: bool },
    OfAnotherSite,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PolicyRecipe {
    Right,
    WithoutCheck,
    OtherHeader,
    OtherIssuer,
    Lax,
    AlsoLetsIn,
    Broken,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SubscriptionRecipe {
    pub(crate) named: bool,
    pub(crate) active: bool,
    pub(crate) keys: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SiteKeyRecipe {
    /// The primary key of the subscription at this place.
    PrimaryOf(usize),
    SecondaryOf(usize),
    Stale,
    None,
}

/// One control plane, and what the env says about it.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    pub(crate) backends: Vec<BackendRecipe>,
    pub(crate) product: Option<ProductRecipe>,
    pub(crate) policy: Option<PolicyRecipe>,
    pub(crate) subscriptions: Vec<SubscriptionRecipe>,
    pub(crate) site_key: SiteKeyRecipe,
    pub(crate) namesake: bool,
    pub(crate) in_product: Vec<&'static str>,
    pub(crate) wanted: Vec<&'static str>,
}

impl Recipe {
    pub(crate) fn nothing() -> Self {
        Self {
            backends: vec![],
            product: None,
            policy: None,
            subscriptions: vec![],
            site_key: SiteKeyRecipe::None,
            namesake: false,
            in_product: vec![],
            wanted: vec![],
        }
    }

    pub(crate) fn linked() -> Self {
        Self {
            backends: vec![BackendRecipe::Own],
            product: Some(ProductRecipe::Right),
            policy: Some(PolicyRecipe::Right),
            subscriptions: vec![SubscriptionRecipe { named: true, active: true, keys: true }],
            site_key: SiteKeyRecipe::PrimaryOf(0),
            namesake: false,
            in_product: vec!["orders"],
            wanted: vec!["orders"],
        }
    }

    /// The model document.
    pub(crate) fn document(&self) -> String {
        let mut resources = vec![
            json!({"id": site_id(), "sku": {"name": "Standard"}, "properties": {"defaultHostname": HOST}}),
            service("apim"),
            service("other"),
            json!({"id": format!("{}/apis/orders", service_id("apim")), "properties": {"path": "api/orders"}}),
            json!({"id": format!("{}/apis/catalog", service_id("apim")), "properties": {"path": "api/catalog"}}),
            json!({"id": format!("{}/products/starter", service_id("apim")), "properties": {"displayName": "Starter"}}),
        ];
        let mut secrets = serde_json::Map::new();
        self.add_backends(&mut resources, &mut secrets);
        self.add_product(&mut resources);
        self.add_subscriptions(&mut resources, &mut secrets);
        json!({"schemaVersion": 1, "lineage": "6f9f2f6e-0000-4000-8000-000000000000", "serial": 1,
               "resources": resources, "secrets": secrets})
        .to_string()
    }

    fn add_backends(&self, resources: &mut Vec<Value>, secrets: &mut serde_json::Map<String, Value>) {
        for (at, backend) in self.backends.iter().enumerate() {
            let id = format!("{}/builds/default/linkedBackends/b{at}", site_id());
            let (names, state) = match backend {
                BackendRecipe::Own => (service_id("apim"), "Succeeded"),
                BackendRecipe::OwnFailed => (service_id("apim"), "Failed"),
                BackendRecipe::Foreign => (service_id("other"), "Succeeded"),
                BackendRecipe::Gone => (service_id("gone"), "Succeeded"),
            };
            resources.push(
                json!({"id": id, "properties": {"backendResourceId": names, "provisioningState": state}}),
            );
            let key = match self.site_key {
                SiteKeyRecipe::PrimaryOf(at) => Some(key(at, 'a')),
                SiteKeyRecipe::SecondaryOf(at) => Some(key(at, 'b')),
                SiteKeyRecipe::Stale => Some("dead".repeat(8)),
                SiteKeyRecipe::None => None,
            };
            if let Some(key) = key {
                secrets.insert(id, json!({"primaryKey": key}));
            }
        }
    }

    fn add_product(&self, resources: &mut Vec<Value>) {
        let apim = service_id("apim");
        let id = format!("{apim}/products/{LABEL}");
        if self.namesake {
            resources.push(json!({"id": format!("{apim}/products/namesake"), "properties": {"displayName": display_name(HOST)}}));
        }
        let properties = match self.product {
            None => None,
            Some(ProductRecipe::Right) => Some(product(&display_name(HOST), true, false, "published")),
            Some(ProductRecipe::OfAnotherSite) => {
                Some(product(&display_name(OTHER_HOST), true, false, "published"))
            }
            Some(ProductRecipe::Wrong { required, published, approval, renamed }) => {
                let name = if renamed { "Renamed".to_owned() } else { display_name(HOST) };
                Some(product(&name, required, approval, if published { "published" } else { "notPublished" }))
            }
        };
        if let Some(properties) = properties {
            resources.push(json!({"id": id, "properties": properties, "mine": {"kept": true}}));
        }
        if let Some(policy) = self.policy {
            let value = policy_xml(policy);
            resources.push(json!({"id": format!("{id}/policies/policy"), "properties": {"format": "xml", "value": value}}));
        }
        for api in &self.in_product {
            resources.push(json!({"id": format!("{id}/apis/{api}"), "properties": {}}));
        }
    }

    fn add_subscriptions(&self, resources: &mut Vec<Value>, secrets: &mut serde_json::Map<String, Value>) {
        let apim = service_id("apim");
        for (at, subscription) in self.subscriptions.iter().enumerate() {
            let id = format!("{apim}/subscriptions/s{at}");
            let name = if subscription.named { display_name(HOST) } else { format!("Partner {at}") };
            let state = if subscription.active { "active" } else { "suspended" };
            resources.push(json!({"id": id, "properties": {
                "scope": format!("/products/{LABEL}"), "displayName": name, "state": state}}));
            if subscription.keys {
                secrets.insert(id, json!({"primaryKey": key(at, 'a'), "secondaryKey": key(at, 'b')}));
            }
        }
    }
}

fn service(name: &str) -> Value {
    json!({"id": service_id(name), "sku": {"name": "Consumption"}, "properties": {
        "gatewayUrl": format!("https://{name}.azure-api.net"), "provisioningState": "Succeeded"}})
}

fn product(display_name: &str, required: bool, approval: bool, state: &str) -> Value {
    json!({"displayName": display_name, "subscriptionRequired": required, "approvalRequired": approval, "state": state})
}

pub(crate) fn key(at: usize, slot: char) -> String {
    format!("{at:x}{slot}").repeat(16)
}

fn policy_xml(recipe: PolicyRecipe) -> String {
    let jwt = |attributes: &str, issuers: &[&str]| {
        let keys = format!("https://{}/.auth/.well-known/openid-configuration", issuers[0]);
        let issuers: Vec<_> =
            issuers.iter().map(|host| format!("<issuer>https://{host}/.auth</issuer>")).collect();
        let issuers = issuers.concat();
        format!(
            "<policies><inbound><base /><validate-jwt {attributes}><openid-config url=\"{keys}\" /><issuers>{issuers}</issuers></validate-jwt></inbound></policies>"
        )
    };
    let header = "header-name=\"X-MS-AUTH-TOKEN\"";
    match recipe {
        PolicyRecipe::Right => jwt(header, &[HOST]),
        PolicyRecipe::WithoutCheck => "<policies><inbound><base /></inbound></policies>".to_owned(),
        PolicyRecipe::OtherHeader => jwt("header-name=\"Authorization\"", &[HOST]),
        PolicyRecipe::OtherIssuer => jwt(header, &[OTHER_HOST]),
        PolicyRecipe::Lax => jwt(&format!("{header} require-signed-tokens=\"false\""), &[HOST]),
        PolicyRecipe::AlsoLetsIn => jwt(header, &[HOST, OTHER_HOST]),
        PolicyRecipe::Broken => "<policies><inbound>".to_owned(),
    }
}

fn subscription() -> impl Strategy<Value = SubscriptionRecipe> {
    (any::<bool>(), any::<bool>(), prop::bool::weighted(0.9))
        .prop_map(|(named, active, keys)| SubscriptionRecipe { named, active, keys })
}

/// Any control plane.
pub(crate) fn any_recipe() -> impl Strategy<Value = Recipe> {
    let backend = prop_oneof![
        6 => Just(BackendRecipe::Own),
        1 => Just(BackendRecipe::OwnFailed),
        1 => Just(BackendRecipe::Foreign),
        2 => Just(BackendRecipe::Gone),
    ];
    let wrong = any::<(bool, bool, bool, bool)>().prop_map(|(required, published, approval, renamed)| {
        ProductRecipe::Wrong { required, published, approval, renamed }
    });
    let product = prop_oneof![
        3 => Just(ProductRecipe::Right), 3 => wrong, 1 => Just(ProductRecipe::OfAnotherSite)];
    let policy = prop_oneof![
        3 => Just(PolicyRecipe::Right),
        1 => Just(PolicyRecipe::WithoutCheck),
        1 => Just(PolicyRecipe::OtherHeader),
        1 => Just(PolicyRecipe::OtherIssuer),
        1 => Just(PolicyRecipe::Lax),
        1 => Just(PolicyRecipe::AlsoLetsIn),
        1 => Just(PolicyRecipe::Broken),
    ];
    let site_key = prop_oneof![
        4 => (0..3_usize).prop_map(SiteKeyRecipe::PrimaryOf),
        2 => (0..3_usize).prop_map(SiteKeyRecipe::SecondaryOf),
        1 => Just(SiteKeyRecipe::Stale),
        1 => Just(SiteKeyRecipe::None),
    ];
    let apis = || prop::sample::subsequence(vec!["orders", "catalog"], 0..=2);
    (
        prop::collection::vec(backend, 0..3),
        prop::option::weighted(0.8, product),
        prop::option::weighted(0.8, policy),
        prop::collection::vec(subscription(), 0..4),
        site_key,
        prop::bool::weighted(0.1),
        apis(),
        apis(),
    )
        .prop_map(
            |(backends, product, policy, subscriptions, site_key, namesake, in_product, wanted)| Recipe {
                backends,
                product,
                policy,
                subscriptions,
                site_key,
                namesake,
                in_product,
                wanted,
            },
        )
}
