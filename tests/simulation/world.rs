//! What there is before the first request, and which command is run.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    azure::{Ending, InProcess, LABEL, Options, SERVICE, SITE, Shape, State, service, site},
    chance::{Chance, Part},
    found::Known,
    verb::{Flags, How, Verb},
};

pub(crate) const HOST: &str = "agreeable-smoke-06273c21e.5.azurestaticapps.net";
const GROUP: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg";
const STARTER: [&str; 2] = ["Starter", "Unlimited"];

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
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) verb: Verb,
    pub(crate) start: Start,
    pub(crate) how: How,
    pub(crate) flags: Flags,
    /// Seconds since 1970 at the first request.
    pub(crate) clock: i64,
}

/// Clocks that are wrong: before 1970, at its beginning, and shortly before the last time that there is.
const WRONG: [i64; 3] = [-1_000_000_000, 0, 253_402_207_000];
/// November 2025.
const CLOCK: i64 = 1_764_000_000;

impl World {
    pub(crate) fn new(seed: u64) -> (Self, InProcess) {
        let chance = &mut Chance::of_part(seed, Part::World);
        let verb = *chance.of(&Verb::ALL);
        let start = if chance.hits(40) { Start::Foreign } else { *chance.of(&Start::ALL) };
        let flags = Flags::new(chance.hits(400), chance);
        let world = Self {
            verb,
            start,
            how: How::new(verb, chance),
            flags,
            clock: if chance.hits(100) { *chance.of(&WRONG) } else { CLOCK },
        };
        let ends = [Ending::Succeeds, Ending::Succeeds, Ending::Succeeds, Ending::Fails, Ending::Canceled];
        let options = Options {
            shape: *chance.of(&Shape::ALL),
            takes: Duration::from_secs(chance.below(4) as u64),
            ending: if chance.hits(200) { *chance.of(&ends) } else { Ending::Succeeds },
            page: if chance.hits(200) { 1 } else { 100 },
            ..Options::default()
        };
        let azure = world.azure(&options, chance);
        (world, azure)
    }

    /// A world that is kept, in the weather of a seed.
    pub(crate) fn of(known: &Known, seed: u64) -> (Self, InProcess) {
        let world = Self {
            verb: known.verb,
            start: known.start,
            how: known.how,
            flags: Flags { engine_provisions: known.engine_provisions, timeout: known.timeout },
            clock: known.clock.unwrap_or(CLOCK),
        };
        let takes = Duration::from_secs(1);
        let options = Options { shape: known.shape, ending: known.ending, takes, ..Options::default() };
        let azure = world.azure(&options, &mut Chance::of_part(seed, Part::World));
        (world, azure)
    }

    fn azure(&self, options: &Options, chance: &mut Chance) -> InProcess {
        let options = Options { provisions: !self.flags.engine_provisions, ..options.clone() };
        let mut azure = InProcess::with_scene(Options { shape: Shape::Final, ..options.clone() });
        azure.state().recover();
        set(&mut azure, self.start, chance);
        azure.behave(options);
        azure
    }
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
