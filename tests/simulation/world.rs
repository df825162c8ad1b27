//! What there is before the first request, and which command is run.

use std::{sync::OnceLock, time::Duration};

use serde_json::{Value, json};
use swa_apim::cli::Invocation;

use crate::{
    azure::{Ending, InProcess, LABEL, Options, SERVICE, SITE, Shape, State, service, site},
    chance::Chance,
};

pub(crate) const HOST: &str = "agreeable-smoke-06273c21e.5.azurestaticapps.net";
const GROUP: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg";
const STARTER: [&str; 2] = ["Starter", "Unlimited"];

/// A command line, without what names the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Link,
    Replace,
    Relink,
    Unlink,
    Purge,
    AddApi,
    RemoveApi,
    Status,
    Audit,
    Prune,
    Rehearse,
}

impl Verb {
    /// The verbs, the more important ones more than once.
    const ALL: [Self; 16] = [
        Self::Link,
        Self::Link,
        Self::Link,
        Self::Replace,
        Self::Relink,
        Self::Relink,
        Self::Relink,
        Self::Relink,
        Self::Unlink,
        Self::Purge,
        Self::AddApi,
        Self::RemoveApi,
        Self::Status,
        Self::Audit,
        Self::Prune,
        Self::Rehearse,
    ];

    fn words(self) -> &'static str {
        match self {
            Self::Link => "link --grace 1s",
            Self::Replace => "link --replace --grace 1s",
            Self::Relink => "relink --grace 1s",
            Self::Unlink => "unlink",
            Self::Purge => "unlink --purge --yes",
            Self::AddApi => "api add orders",
            Self::RemoveApi => "api remove orders",
            Self::Status => "status",
            Self::Audit => "audit",
            Self::Prune => "prune --include-gone --yes",
            Self::Rehearse => "link --replace --dry-run",
        }
    }

    pub(crate) fn only_reads(self) -> bool {
        matches!(self, Self::Status | Self::Audit | Self::Rehearse)
    }

    pub(crate) fn links(self) -> bool {
        matches!(self, Self::Link | Self::Replace | Self::Relink)
    }

    pub(crate) fn disconnects(self) -> bool {
        matches!(self, Self::Unlink | Self::Purge)
    }
}

/// What there is before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    Unlinked,
    Linked,
    Leftover,
    ProductAlone,
    WithoutSubscription,
    Drifted(Drift),
    /// Linked, and a partner has a subscription of the product.
    Partnered,
    /// Leftover, and a partner's subscription is the only one of the product.
    OnlyPartner,
    /// Linked to another service.
    Elsewhere,
    /// Linked with a region in the backend.
    Regional,
    /// The product has the id of the link's, and was made by somebody for something else.
    Foreign,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drift {
    PolicyDeleted,
    PolicyOfAnotherSite,
    PolicyWithoutCheck,
    NoSubscriptionRequired,
    NotPublished,
    Renamed,
    Suspended,
    StaleKey,
}

impl Start {
    const ALL: [Self; 19] = [
        Self::Unlinked,
        Self::Unlinked,
        Self::Linked,
        Self::Linked,
        Self::Leftover,
        Self::ProductAlone,
        Self::WithoutSubscription,
        Self::Drifted(Drift::PolicyDeleted),
        Self::Drifted(Drift::PolicyOfAnotherSite),
        Self::Drifted(Drift::PolicyWithoutCheck),
        Self::Drifted(Drift::NoSubscriptionRequired),
        Self::Drifted(Drift::NotPublished),
        Self::Drifted(Drift::Renamed),
        Self::Drifted(Drift::Suspended),
        Self::Drifted(Drift::StaleKey),
        Self::Partnered,
        Self::OnlyPartner,
        Self::Elsewhere,
        Self::Regional,
    ];
}

/// A command, and the world that it runs in.
pub(crate) struct World {
    pub(crate) verb: Verb,
    pub(crate) start: Start,
    pub(crate) engine_provisions: bool,
}

impl World {
    pub(crate) fn new(chance: &mut Chance) -> (Self, InProcess) {
        let verb = *chance.of(&Verb::ALL);
        let start = if chance.hits(40) { Start::Foreign } else { *chance.of(&Start::ALL) };
        let engine_provisions = chance.hits(400);
        let ends = [Ending::Succeeds, Ending::Succeeds, Ending::Succeeds, Ending::Fails, Ending::Canceled];
        let options = Options {
            provisions: !engine_provisions,
            shape: *chance.of(&Shape::ALL),
            takes: Duration::from_secs(chance.below(4) as u64),
            ending: if chance.hits(200) { *chance.of(&ends) } else { Ending::Succeeds },
            page: if chance.hits(200) { 1 } else { 100 },
            ..Options::default()
        };
        let mut azure = InProcess::with_scene(Options { shape: Shape::Final, ..options.clone() });
        azure.state().recover();
        set(&mut azure, start, chance);
        azure.behave(options);
        (Self { verb, start, engine_provisions }, azure)
    }

    /// The command line, which is read once for all worlds.
    pub(crate) fn invocation(&self) -> &'static Invocation {
        static ALL: OnceLock<Vec<((&str, bool), Invocation)>> = OnceLock::new();
        let all = ALL.get_or_init(|| {
            let each = Verb::ALL.iter().flat_map(|verb| [(*verb, false), (*verb, true)]);
            let mut read: Vec<((&str, bool), Invocation)> = Vec::new();
            for (verb, engine) in each {
                if !read.iter().any(|(known, _)| *known == (verb.words(), engine)) {
                    read.push(((verb.words(), engine), invocation(verb, engine)));
                }
            }
            read
        });
        let wanted = (self.verb.words(), self.engine_provisions);
        &all.iter().find(|(known, _)| *known == wanted).unwrap().1
    }
}

fn invocation(verb: Verb, engine_provisions: bool) -> Invocation {
    let provisioning = if engine_provisions { "engine" } else { "service" };
    let line = format!(
        "{} --provider arm --endpoint {} --static-web-app {SITE} --apim {SERVICE} --provisioning {provisioning} \
         --output json --no-input --quiet",
        verb.words(),
        InProcess::ENDPOINT
    );
    Invocation::parse(line.split_whitespace()).unwrap()
}

pub(crate) fn product() -> String {
    format!("{SERVICE}/products/{LABEL}")
}

pub(crate) fn display_name() -> String {
    format!("Azure Static Web Apps - {HOST} (Linked)")
}

pub(crate) fn backend() -> String {
    format!("{SITE}/builds/default/linkedBackends/gate")
}

pub(crate) fn partner() -> String {
    format!("{SERVICE}/subscriptions/partner")
}

/// A partner subscribes to the link's product.
pub(crate) fn subscribe_partner(state: &mut State) {
    let keys = ("c0ffee00".repeat(4), "beef0000".repeat(4));
    state.set(json!({"id": partner(), "properties": {"scope": product(), "displayName": "Partner",
        "ownerId": format!("{SERVICE}/users/partner"), "state": "active", "allowTracing": false}}));
    state.set_keys(&partner(), keys);
}

fn set(azure: &mut InProcess, start: Start, chance: &mut Chance) {
    neighbours(azure, chance);
    match start {
        Start::Unlinked => {}
        Start::Foreign => {
            azure
                .state()
                .set(json!({"id": product(), "properties": {"displayName": "Shop", "state": "published",
                "subscriptionRequired": true, "approvalRequired": false}}));
            subscribe_partner(azure.state());
        }
        Start::Elsewhere => {
            let (id, other) = (backend(), format!("{SERVICE}-2"));
            azure.state().set(service(&other, "http://localhost:9"));
            azure.state().set(json!({"id": id, "properties": {"backendResourceId": other, "region": null,
                "createdOn": "2024-06-19T09:03:33", "provisioningState": "Succeeded"}}));
        }
        Start::Linked
        | Start::Leftover
        | Start::ProductAlone
        | Start::WithoutSubscription
        | Start::Drifted(_)
        | Start::Partnered
        | Start::OnlyPartner
        | Start::Regional => {
            azure.state().link(SITE, SERVICE);
            if chance.hits(500) {
                let api = azure.state().get(&format!("{SERVICE}/apis/orders")).unwrap()["properties"].clone();
                azure.state().set(json!({"id": format!("{}/apis/orders", product()), "properties": api}));
            }
            change(azure, start);
        }
    }
}

/// Makes of a link what the start wants.
fn change(azure: &mut InProcess, start: Start) {
    let subscription = azure.link_subscription().map(|(id, _)| id).unwrap_or_default();
    match start {
        Start::Leftover => {
            azure.state().remove(&backend());
        }
        Start::ProductAlone => {
            azure.state().remove(&backend());
            azure.state().remove(&format!("{}/policies/policy", product()));
            azure.state().remove(&subscription);
        }
        Start::WithoutSubscription => {
            azure.state().remove(&subscription);
        }
        Start::Drifted(drift) => drifted(azure, drift, &subscription),
        Start::Partnered => subscribe_partner(azure.state()),
        Start::OnlyPartner => {
            azure.state().remove(&backend());
            let ids = azure.state().ids();
            for id in ids.iter().filter(|id| id.contains("/subscriptions/") && id.contains("/service/gate/"))
            {
                if azure.state().get(id).unwrap()["properties"]["scope"] == product() {
                    azure.state().remove(id);
                }
            }
            subscribe_partner(azure.state());
        }
        Start::Regional => with(azure, &backend(), "region", &json!("Central US")),
        Start::Unlinked | Start::Linked | Start::Elsewhere | Start::Foreign => {}
    }
}

fn drifted(azure: &mut InProcess, drift: Drift, subscription: &str) {
    let policy = format!("{}/policies/policy", product());
    let text = azure.state().get(&policy).unwrap()["properties"]["value"].as_str().unwrap().to_owned();
    match drift {
        Drift::PolicyDeleted => {
            azure.state().remove(&policy);
        }
        Drift::PolicyOfAnotherSite => {
            with(azure, &policy, "value", &text.replace("agreeable-smoke", "other-smoke").into());
        }
        Drift::PolicyWithoutCheck => {
            let open = "<policies>\r\n\t<inbound>\r\n\t\t<base />\r\n\t</inbound>\r\n</policies>";
            with(azure, &policy, "value", &open.into());
        }
        Drift::NoSubscriptionRequired => with(azure, &product(), "subscriptionRequired", &false.into()),
        Drift::NotPublished => with(azure, &product(), "state", &"notPublished".into()),
        Drift::Renamed => with(azure, &product(), "displayName", &"The shop's APIs".into()),
        Drift::Suspended => with(azure, subscription, "state", &"suspended".into()),
        Drift::StaleKey => {
            let (_, (_, secondary)) = azure.link_subscription().unwrap();
            azure.state().set_keys(subscription, ("5ca1ab1e".repeat(4), secondary));
        }
    }
}

pub(crate) fn with(azure: &mut InProcess, id: &str, property: &str, value: &Value) {
    let mut body = azure.state().get(id).unwrap().clone();
    body["properties"][property] = value.clone();
    azure.state().set(body);
}

/// What the link has nothing to do with: other products, another site's link, and what a site has left that is gone.
fn neighbours(azure: &mut InProcess, chance: &mut Chance) {
    for name in STARTER {
        let id = format!("{SERVICE}/products/{}", name.to_lowercase());
        azure.state().set(json!({"id": id, "properties": {"displayName": name, "state": "published",
            "subscriptionRequired": true, "approvalRequired": false}}));
    }
    if chance.hits(300) {
        let other = format!("{GROUP}/providers/Microsoft.Web/staticSites/other");
        azure.state().set(site(&other, "calm-sea-0a1b2c3d4.2.azurestaticapps.net"));
        azure.state().link(&other, SERVICE);
        if chance.hits(500) {
            azure.state().remove(&format!("{other}/builds/default/linkedBackends/gate"));
        }
    }
}
