//! A service with products of every kind, each of which it is known what it is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

pub(crate) const GROUP: &str =
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers";
pub(crate) const SERVICE: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.ApiManagement/service/gate";

/// Every kind of product: what is used, what is left over, and what only looks like it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Linked,
    LinkedAndShared,
    LinkedInCapitals,
    LinkedPreview,
    LinkedAndRenamed,
    SiteGone,
    SiteGoneWithoutSubscription,
    Unlinked,
    UnlinkedWithTheOtherName,
    LinkedElsewhere,
    LinkedToNothing,
    PreviewUnlinked,
    PreviewGone,
    LeftToAPartner,
    LeftOpen,
    NamedLikeALink,
    UsersOwn,
    UsersOwnWithASitesLabel,
}

impl Kind {
    pub(crate) const ALL: [Self; 18] = [
        Self::Linked,
        Self::LinkedAndShared,
        Self::LinkedInCapitals,
        Self::LinkedPreview,
        Self::LinkedAndRenamed,
        Self::SiteGone,
        Self::SiteGoneWithoutSubscription,
        Self::Unlinked,
        Self::UnlinkedWithTheOtherName,
        Self::LinkedElsewhere,
        Self::LinkedToNothing,
        Self::PreviewUnlinked,
        Self::PreviewGone,
        Self::LeftToAPartner,
        Self::LeftOpen,
        Self::NamedLikeALink,
        Self::UsersOwn,
        Self::UsersOwnWithASitesLabel,
    ];

    /// What an audit has to say of it: the status, and the reason of an orphan.
    pub(crate) fn expected(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Linked
            | Self::LinkedAndShared
            | Self::LinkedInCapitals
            | Self::LinkedPreview
            | Self::LinkedAndRenamed
            | Self::LeftToAPartner
            | Self::LeftOpen => ("in-use", None),
            Self::SiteGone | Self::SiteGoneWithoutSubscription | Self::PreviewGone => {
                ("orphan", Some("site-gone"))
            }
            Self::Unlinked | Self::UnlinkedWithTheOtherName | Self::PreviewUnlinked => {
                ("orphan", Some("unlinked"))
            }
            Self::LinkedElsewhere | Self::LinkedToNothing => ("orphan", Some("linked-elsewhere")),
            Self::NamedLikeALink | Self::UsersOwn | Self::UsersOwnWithASitesLabel => ("foreign", None),
        }
    }

    fn has_site(self) -> bool {
        !matches!(
            self,
            Self::SiteGone | Self::SiteGoneWithoutSubscription | Self::LeftToAPartner | Self::UsersOwn
        )
    }

    fn is_preview(self) -> bool {
        matches!(self, Self::LinkedPreview | Self::PreviewUnlinked | Self::PreviewGone)
    }

    /// What its site, or the preview, is linked to.
    fn link(self) -> Option<String> {
        match self {
            Self::Linked | Self::LinkedAndShared | Self::LinkedPreview | Self::LinkedAndRenamed => {
                Some(SERVICE.to_owned())
            }
            Self::LinkedInCapitals => {
                Some(SERVICE.to_uppercase().replace("/SUBSCRIPTIONS/", "/subscriptions/"))
            }
            Self::LinkedElsewhere => Some(other_service()),
            Self::LinkedToNothing => Some(gone_service()),
            _ => None,
        }
    }
}

pub(crate) fn other_service() -> String {
    SERVICE.replace("/gate", "/other")
}

pub(crate) fn gone_service() -> String {
    SERVICE.replace("/gate", "/gone")
}

/// The resources of a world, and what each product is.
pub(crate) struct World {
    pub(crate) resources: Vec<Value>,
    /// The kind of each product, by its name.
    pub(crate) kinds: BTreeMap<String, Kind>,
    /// The name of the site that a product is about, by the product's.
    pub(crate) sites: BTreeMap<String, String>,
}

impl World {
    /// So many products, of every kind in turn.
    pub(crate) fn of(count: usize) -> Self {
        let kinds: Vec<Kind> = Kind::ALL.iter().cycle().take(count).copied().collect();
        Self::with(&kinds)
    }

    /// A product of each of these kinds.
    pub(crate) fn with(kinds: &[Kind]) -> Self {
        let mut world = Self { resources: Vec::new(), kinds: BTreeMap::new(), sites: BTreeMap::new() };
        for id in [SERVICE.to_owned(), other_service()] {
            world.add(
                json!({"id": id, "location": "Central US", "sku": {"name": "Consumption", "capacity": 0},
                "properties": {"gatewayUrl": "http://localhost:1", "provisioningState": "Succeeded"}}),
            );
        }
        for api in ["orders", "catalog"] {
            world.add(json!({"id": format!("{SERVICE}/apis/{api}"), "properties": {
                "displayName": api, "path": format!("api/{api}"), "subscriptionRequired": true}}));
        }
        kinds.iter().enumerate().for_each(|(number, kind)| world.add_product(number, *kind));
        world
    }

    /// The names of the products that are to be deleted.
    pub(crate) fn orphans(&self) -> BTreeSet<&str> {
        let orphans = self.kinds.iter().filter(|(_, kind)| kind.expected().0 == "orphan");
        orphans.map(|(name, _)| name.as_str()).collect()
    }

    /// The names of the sites that are linked to a service that is gone.
    pub(crate) fn dangling(&self) -> BTreeSet<&str> {
        let dangling = self.kinds.iter().filter(|(_, kind)| **kind == Kind::LinkedToNothing);
        dangling.map(|(name, _)| self.sites[name].as_str()).collect()
    }

    fn add(&mut self, mut resource: Value) {
        let id = resource["id"].as_str().unwrap().to_owned();
        resource["name"] = id.rsplit('/').next().unwrap().into();
        let (_, path) = id.rsplit_once("/providers/").unwrap();
        let (namespace, path) = path.split_once('/').unwrap();
        let kinds: Vec<&str> = path.split('/').step_by(2).collect();
        resource["type"] = format!("{namespace}/{}", kinds.join("/")).into();
        self.resources.push(resource);
    }

    fn add_product(&mut self, number: usize, kind: Kind) {
        let site_label = format!("calm-sea-{number:09}");
        let site = format!("site-{number}");
        let label = if kind.is_preview() { format!("{site_label}-stage") } else { site_label.clone() };
        let hostname = format!("{label}.5.azurestaticapps.net");
        let made_for = format!("Azure Static Web Apps - {hostname} (Linked)");
        let (name, display_name) = match kind {
            Kind::NamedLikeALink => (format!("copied-{number}"), made_for.clone()),
            Kind::UsersOwn => (format!("starter-{number}"), format!("Starter {number}")),
            Kind::LinkedAndRenamed | Kind::UsersOwnWithASitesLabel => (label, format!("Our own {number}")),
            _ => (label, made_for.clone()),
        };
        if kind.has_site() {
            self.add_site(&site, &site_label, &hostname, kind);
        }
        self.add_parts(&name, &display_name, &made_for, &hostname, kind);
        self.kinds.insert(name.clone(), kind);
        self.sites.insert(name, site);
    }

    fn add_site(&mut self, site: &str, label: &str, hostname: &str, kind: Kind) {
        let id = format!("{GROUP}/Microsoft.Web/staticSites/{site}");
        let own = format!("{label}.5.azurestaticapps.net");
        self.add(json!({"id": id, "location": "Central US", "sku": {"name": "Standard", "tier": "Standard"},
            "properties": {"defaultHostname": own}}));
        let environment = if kind.is_preview() { "stage" } else { "default" };
        if kind.is_preview() && kind != Kind::PreviewGone {
            self.add(json!({"id": format!("{id}/builds/stage"), "properties": {"hostname": hostname}}));
        }
        if let Some(service) = kind.link() {
            self.add(json!({"id": format!("{id}/builds/{environment}/linkedBackends/backend"),
                "properties": {"backendResourceId": service}}));
        }
    }

    fn add_parts(&mut self, name: &str, display_name: &str, made_for: &str, hostname: &str, kind: Kind) {
        let product = format!("{SERVICE}/products/{name}");
        let open = kind == Kind::LeftOpen;
        self.add(
            json!({"id": product, "properties": {"displayName": display_name, "subscriptionRequired": !open,
            "approvalRequired": false, "state": "published"}}),
        );
        self.add(json!({"id": format!("{product}/policies/policy"), "properties": {"format": "rawxml",
            "value": "<policies><inbound/></policies>"}}));
        self.add(json!({"id": format!("{product}/apis/orders"), "properties": {}}));
        let mut subscription = |id: String, display_name: &str| {
            self.add(json!({"id": format!("{SERVICE}/subscriptions/{id}"), "properties": {
                "scope": product, "displayName": display_name, "state": "active"}}));
        };
        match kind {
            Kind::SiteGoneWithoutSubscription => {}
            Kind::LeftToAPartner => subscription(format!("partner-{name}"), "A partner"),
            Kind::UnlinkedWithTheOtherName => {
                let generated =
                    format!("Generated for Static Web Apps resource with default hostname: {hostname}");
                subscription(format!("of-{name}"), &generated);
            }
            Kind::LinkedAndShared => {
                subscription(format!("of-{name}"), made_for);
                subscription(format!("partner-{name}"), "A partner");
            }
            _ => subscription(format!("of-{name}"), made_for),
        }
    }
}
