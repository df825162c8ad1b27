//! Judges what stands and what was reported. It reads the stand-in's state and the log of requests, and shares no code
//! with the engine.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    azure::{Asked, InProcess, Keys, LABEL, SERVICE, SITE},
    network::Entry,
    run::Outcome,
    verb::Verb,
    world::{self, Drift, HOST, Start, World},
};

type Resources = BTreeMap<String, Value>;

/// What stands at one moment.
#[expect(clippy::struct_excessive_bools, reason = "four independent facts")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Picture {
    /// Whether the site sends requests to the service.
    proxied: bool,
    /// Whether the key that the site sends opens the product.
    key_opens: bool,
    /// Whether the product's policy demands a token of the site.
    guarded: bool,
    /// Whether a request without a valid token of the site gets through the link.
    unguarded: bool,
}

impl Picture {
    pub(crate) fn of(azure: &InProcess) -> Self {
        let proxied = own_backend(azure.resources());
        let product = azure.resources().get(&world::product().to_lowercase());
        let open = product.is_some_and(|body| body["properties"]["subscriptionRequired"] == false);
        let key = proxied.and_then(|id| azure.site_keys().get(id));
        let key_opens = key.is_some_and(|key| opens(azure, key));
        let guarded = is_guarded(azure.resources());
        let opened = product.is_some() && (key_opens || open);
        Self {
            proxied: proxied.is_some(),
            key_opens,
            guarded,
            unguarded: proxied.is_some() && opened && (!guarded || open),
        }
    }
}

/// The id of the site's backend that names the service.
fn own_backend(resources: &Resources) -> Option<&String> {
    let prefix = format!("{SITE}/builds/default/linkedbackends/").to_lowercase();
    let mut own = resources.range(prefix.clone()..).take_while(|(id, _)| id.starts_with(&prefix));
    own.find(|(_, body)| names(body, SERVICE)).map(|(id, _)| id)
}

fn names(backend: &Value, service: &str) -> bool {
    backend["properties"]["backendResourceId"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(service))
}

fn is_of_product(subscription: &Value) -> bool {
    let scope = subscription["properties"]["scope"].as_str().unwrap_or_default().to_lowercase();
    scope.ends_with(&format!("/products/{LABEL}"))
}

/// Whether a key opens the product: it is one of an active subscription's two.
fn opens(azure: &InProcess, key: &str) -> bool {
    azure.keys().iter().any(|(id, (primary, secondary))| {
        let body = azure.resources().get(id);
        let active = body.is_some_and(|it| is_of_product(it) && it["properties"]["state"] == "active");
        active && (primary == key || secondary == key)
    })
}

/// Whether the product's policy demands a token of this site. The worlds have no policy that is harder to read.
fn is_guarded(resources: &Resources) -> bool {
    let policy = resources.get(&format!("{}/policies/policy", world::product()).to_lowercase());
    let text = policy.and_then(|it| it["properties"]["value"].as_str()).unwrap_or_default();
    text.contains("<validate-jwt")
        && text.contains("X-MS-AUTH-TOKEN")
        && text.contains(&format!("https://{HOST}/.auth"))
}

/// Looks at every request that is carried out.
#[derive(Debug)]
pub(crate) struct Watch {
    /// What the command may not change, with the keys that it has.
    protected: BTreeMap<String, (Value, Option<Keys>)>,
    pub(crate) violations: Vec<String>,
    /// Whether a request of the program has changed something.
    pub(crate) changed: bool,
    /// Whether one has ever done so.
    pub(crate) has_changed: bool,
    /// Whether another has deleted the policy, and it has not been put back.
    pub(crate) guard_is_taken: bool,
    everything: Option<(Resources, BTreeMap<String, Keys>)>,
    keys_at_start: Option<Keys>,
}

impl Watch {
    pub(crate) fn new(verb: Verb, start: Start, azure: &mut InProcess) -> Self {
        azure.state();
        let azure = &*azure;
        let mut watch = Self {
            protected: BTreeMap::new(),
            violations: Vec::new(),
            changed: false,
            has_changed: false,
            guard_is_taken: false,
            everything: None,
            keys_at_start: azure.link_subscription().map(|(_, keys)| keys),
        };
        let ids: Vec<String> = azure.resources().keys().cloned().collect();
        for id in ids.iter().filter(|id| !may_change(verb, start, id, azure)) {
            watch.protect(azure, id);
        }
        watch
    }

    /// The command may not change this.
    pub(crate) fn protect(&mut self, azure: &InProcess, id: &str) {
        let id = id.to_lowercase();
        if let Some(body) = azure.resources().get(&id) {
            let keys = azure.keys().get(&id).cloned();
            self.protected.insert(id, (body.clone(), keys));
        }
    }

    /// Takes what somebody else has changed for what the command may not change.
    pub(crate) fn protect_again(&mut self, azure: &InProcess) {
        let ids: Vec<String> = std::mem::take(&mut self.protected).into_keys().collect();
        ids.iter().for_each(|id| self.protect(azure, id));
    }

    /// Looks at what a request has done.
    pub(crate) fn look(&mut self, asked: &Asked, before: Picture, after: Picture, azure: &InProcess) {
        let request = || format!("{} {}", asked.method, asked.path);
        self.guard_is_taken &= !before.guarded;
        if after.unguarded && !before.unguarded && !self.guard_is_taken {
            self.violations
                .push(format!("{}: the site is proxied into a product without its guard", request()));
        }
        if before.key_opens && after.proxied && !after.key_opens {
            self.violations
                .push(format!("{}: the key that the site sends opens the product no more", request()));
        }
        if asked.method == "GET" {
            return;
        }
        let violations = &mut self.violations;
        self.protected.retain(|id, (body, keys)| {
            let stands = azure.resources().get(id) == Some(body) && azure.keys().get(id) == keys.as_ref();
            if !stands {
                violations.push(format!("{}: has changed {id}, which the command may not change", request()));
            }
            stands
        });
        let partner = world::partner().to_lowercase();
        let is_used = azure.resources().contains_key(&partner);
        if is_used && !azure.resources().contains_key(&world::product().to_lowercase()) {
            self.violations.push(format!("{}: a product is deleted that a partner uses", request()));
        }
        let same = |(resources, keys): &(_, _)| resources == azure.resources() && keys == azure.keys();
        if self.everything.take().is_some_and(|old| !same(&old)) {
            (self.changed, self.has_changed) = (true, true);
        }
    }

    /// Remembers everything, before a request that may change something.
    pub(crate) fn remember(&mut self, azure: &mut InProcess) {
        azure.state();
        self.everything = Some((azure.resources().clone(), azure.keys().clone()));
    }
}

/// Whether the command may change a resource that was there before.
fn may_change(verb: Verb, start: Start, id: &str, azure: &InProcess) -> bool {
    let body = &azure.resources()[id];
    let product = world::product().to_lowercase();
    let is_partner = |id: &str| id == world::partner().to_lowercase();
    if verb.only_reads() || is_partner(id) {
        return false;
    }
    let of_site = format!("{SITE}/builds/default/linkedbackends/").to_lowercase();
    if id.starts_with(&of_site) {
        let own = names(body, SERVICE);
        return verb == Verb::Replace || own && (verb.links() || verb.disconnects());
    }
    let is_used = azure.resources().contains_key(&world::partner().to_lowercase());
    if verb == Verb::Prune {
        let leaves = id.contains("/products/") || id.contains("/subscriptions/") && id.contains("/service/");
        let of_label = id.starts_with(&product) || is_of_product(body);
        let is_link =
            |it: &Value| it["properties"]["displayName"].as_str().is_some_and(|it| it.ends_with("(Linked)"));
        if of_label {
            return leaves && own_backend(azure.resources()).is_none() && !is_used && start != Start::Foreign;
        }
        let other =
            format!("{}/builds/default/linkedBackends/gate", SITE.replace("/shop", "/other")).to_lowercase();
        let scope = body["properties"]["scope"].as_str().unwrap_or(id).to_lowercase();
        let owner = scope.split("/policies").next().and_then(|id| azure.resources().get(id));
        return leaves && owner.is_some_and(is_link) && !azure.resources().contains_key(&other);
    }
    if start == Start::Foreign {
        return false;
    }
    if id.starts_with(&format!("{product}/apis/")) {
        return matches!(verb, Verb::AddApi | Verb::RemoveApi | Verb::Purge);
    }
    if id == product || id.starts_with(&format!("{product}/")) {
        return verb.links() || verb == Verb::Purge;
    }
    if is_of_product(body) {
        let is_named = body["properties"]["displayName"].is_string();
        return verb.links() && is_named || verb == Verb::Purge;
    }
    false
}

/// Whether what the command is for has been reached.
pub(crate) fn unmet(verb: Verb, watch: &Watch, azure: &mut InProcess) -> Option<String> {
    azure.state();
    let azure = &*azure;
    let has = |id: &str| azure.resources().contains_key(&id.to_lowercase());
    let orders = format!("{}/apis/orders", world::product());
    let fails = |is: bool, text: &str| is.then(|| text.to_owned());
    match verb {
        Verb::Link | Verb::Replace => unlinked(azure, Sees::NoKeys),
        Verb::Relink => unlinked(azure, Sees::Keys).or_else(|| {
            let ((one, two), (_, (new, newer))) = (watch.keys_at_start.clone()?, azure.link_subscription()?);
            let stays = [&new, &newer].iter().any(|key| **key == one || **key == two);
            fails(stays, "a key from before the relink is still valid")
        }),
        Verb::Unlink => fails(own_backend(azure.resources()).is_some(), "the site is still linked"),
        Verb::Purge => fails(own_backend(azure.resources()).is_some(), "the site is still linked")
            .or_else(|| fails(has(&world::product()), "the product is still there")),
        Verb::AddApi => fails(!has(&orders), "the API is not in the product"),
        Verb::RemoveApi => fails(has(&orders), "the API is still in the product"),
        Verb::Status | Verb::Audit | Verb::Prune | Verb::Rehearse => None,
    }
}

/// Whether a command can see that a site holds an old key: Azure shows that to none, and a relink replaces all.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sees {
    Keys,
    NoKeys,
}

/// What is missing from a link.
fn unlinked(azure: &InProcess, sees: Sees) -> Option<String> {
    let Some(backend) = own_backend(azure.resources()) else {
        return Some("the site is not linked".to_owned());
    };
    let Some(product) = azure.resources().get(&world::product().to_lowercase()) else {
        return Some("there is no product".to_owned());
    };
    let properties = &product["properties"];
    let is_right = properties["subscriptionRequired"] == true;
    let key = azure.site_keys().get(backend);
    let is_own = azure.link_subscription().is_some_and(|(_, (primary, _))| key == Some(&primary));
    let parts = [
        (is_right, "the product does not require a subscription"),
        (is_guarded(azure.resources()), "the product has no guard"),
        (
            sees == Sees::NoKeys || key.is_some_and(|key| opens(azure, key)),
            "the site's key does not open the product",
        ),
        (sees == Sees::NoKeys || is_own, "the site's key is not the primary key of the link's subscription"),
        (
            azure.resources()[backend]["properties"]["provisioningState"] == "Succeeded",
            "the backend is not ready",
        ),
    ];
    parts.iter().find(|(is, _)| !is).map(|(_, text)| (*text).to_owned())
}

/// Compares what was reported with what was done.
pub(crate) fn untrue(
    outcome: &Outcome,
    log: &[Entry],
    watch: &Watch,
    verb: Verb,
    others: &[String],
) -> Vec<String> {
    let mut all = Vec::new();
    let Some(code) = outcome.code else { return all };
    let mut say = |text: String| all.push(text);
    let deceived = log.iter().any(|entry| entry.heard.starts_with("Twice"));
    let sent = log.iter().any(super::network::Entry::had_effect);
    let changed = watch.changed && sent;
    if ![0, 2, 4, 5, 6, 7, 8].contains(&code) {
        say(format!("exit code {code} is for failures that the program does not expect"));
    }
    if [2, 4].contains(&code) && changed && !deceived {
        say(format!("exit code {code} says that nothing was changed"));
    }
    if verb.only_reads() && log.iter().any(Entry::is_write) {
        say("a command that only reads has sent a change".to_owned());
    }
    let Ok(report) = serde_json::from_str::<Value>(&outcome.stdout) else {
        if code == 0 {
            say("success without a report".to_owned());
        }
        if changed && !deceived {
            say("something was changed, and there is no report".to_owned());
        }
        return all;
    };
    let result = report["results"].get(0);
    let products = report["products"].as_array().into_iter().flatten();
    let steps: Vec<&Value> =
        result.into_iter().chain(products).filter_map(|it| it["steps"].as_array()).flatten().collect();
    if steps.is_empty() && result.is_none() {
        return all;
    }
    let of = |status: &str| {
        let fits = |step: &&&Value| step["status"] == status && step["kind"] != "wait";
        steps.iter().filter(fits).copied().collect::<Vec<_>>()
    };
    if !of("applied").is_empty() && ![0, 7, 8].contains(&code) {
        say(format!("exit code {code}, and a step is reported as applied"));
    }
    if let Some(result) = result
        && (result["outcome"] == "refused") != (code == 4)
    {
        say(format!("exit code {code}, and the outcome is {}", result["outcome"]));
    }
    if changed && !deceived && of("applied").is_empty() && of("unknown").is_empty() {
        say("something was changed, and no step is reported as applied or unknown".to_owned());
    }
    for step in of("applied") {
        // Where another has replaced the old key already, there is nothing to send.
        let is_of_keys = step["action"] == "swap-keys" || step["action"] == "retire-secondary";
        if is_of_keys && !others.is_empty() {
            continue;
        }
        if !log.iter().any(|entry| is_of(entry, step, log) && entry.had_effect()) {
            say(format!("{} {} is reported as applied", step["action"], step["target"]));
        }
    }
    for step in of("pending") {
        let twin = |other: &&&Value| {
            other["action"] == step["action"]
                && other["target"] == step["target"]
                && other["status"] != "pending"
        };
        if !steps.iter().any(|other| twin(&other))
            && log.iter().any(|entry| is_of(entry, step, log) && entry.done.is_some())
        {
            say(format!("{} {} is reported as pending, and was sent", step["action"], step["target"]));
        }
    }
    all
}

/// Whether a request is one that a step sends.
fn is_of(entry: &Entry, step: &Value, log: &[Entry]) -> bool {
    let method = match step["action"].as_str().unwrap_or_default() {
        "put-product" | "put-subscription" | "put-policy" | "add-api" | "connect" => "PUT",
        "swap-keys" | "retire-secondary" => "PATCH",
        _ => "DELETE",
    };
    let plain = |id: &str| id.to_lowercase().replace("/builds/default", "");
    let target = plain(step["target"].as_str().unwrap_or_default());
    let path = plain(&entry.asked.path);
    if method == "PATCH" && is_retirement(entry, log) != (step["action"] == "retire-secondary") {
        return false;
    }
    // A resource that exists already may be updated.
    path == target && (entry.asked.method == method || method == "PUT" && entry.asked.method == "PATCH")
}

/// Whether an update of keys is for the retirement of one: it keeps the primary key of an earlier update, and has
/// another secondary key.
fn is_retirement(entry: &Entry, log: &[Entry]) -> bool {
    let keys = |entry: &Entry| {
        let body = serde_json::from_slice::<Value>(&entry.asked.body).unwrap_or_default();
        let key = |name: &str| body["properties"][name].as_str().map(str::to_owned);
        Some((key("primaryKey")?, key("secondaryKey")?))
    };
    let Some((primary, secondary)) = keys(entry) else { return false };
    let before = log.iter().take_while(|before| !std::ptr::eq(*before, entry));
    before.filter_map(keys).any(|before| before.0 == primary && before.1 != secondary)
}

/// Compares what was reported with what was done, where a plan was only saved.
pub(crate) fn untrue_of_saving(outcome: &Outcome, log: &[Entry], is_saved: bool) -> Vec<String> {
    let Some(code) = outcome.code else { return Vec::new() };
    let parts = [
        (![0, 2, 4, 5, 6].contains(&code), format!("a plan is saved with exit code {code}")),
        (log.iter().any(Entry::is_write), "a command that saves a plan has sent a change".to_owned()),
        (code == 0 && !is_saved, "exit code 0, and there is no plan".to_owned()),
    ];
    parts.into_iter().filter(|(is, _)| *is).map(|(_, text)| text).collect()
}

/// Whether the command may be refused, undisturbed.
pub(crate) fn may_be_refused(world: &World, others: &[String]) -> bool {
    let partner = matches!(world.start, Start::Partnered | Start::OnlyPartner | Start::Foreign)
        || others.iter().any(|act| act.contains("partner"));
    let unlinked = matches!(
        world.start,
        Start::Unlinked
            | Start::Leftover
            | Start::ProductAlone
            | Start::OnlyPartner
            | Start::Elsewhere
            | Start::Foreign
    );
    match world.verb {
        Verb::Link | Verb::Rehearse => matches!(world.start, Start::Elsewhere | Start::Foreign),
        Verb::Replace => world.start == Start::Foreign,
        Verb::Relink => unlinked,
        Verb::Unlink => world.start == Start::Elsewhere,
        // Who calls the APIs without a key, and whose a product of another name is, cannot be known.
        Verb::Purge => {
            let unclear = [Drift::NoSubscriptionRequired, Drift::Renamed].map(Start::Drifted);
            partner || unclear.contains(&world.start) || world.start == Start::Elsewhere
        }
        Verb::AddApi | Verb::RemoveApi => {
            matches!(world.start, Start::Unlinked | Start::Elsewhere | Start::Foreign)
        }
        Verb::Status | Verb::Audit | Verb::Prune => false,
    }
}
