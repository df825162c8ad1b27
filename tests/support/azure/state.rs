//! What exists, and what is known where.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Options, provision::Operation};

/// The two keys of a subscription.
pub(crate) type Keys = (String, String);

/// What the gateway and the edges were told at a moment: the keys there are, and those that sites hold.
type Told = (Instant, BTreeMap<String, Keys>, BTreeMap<String, String>);

#[derive(Clone)]
pub(crate) struct State {
    pub(super) options: Options,
    pub(super) port: u16,
    pub(super) resources: BTreeMap<String, Value>,
    etags: BTreeMap<String, u64>,
    /// When each was made, as a number of the moments there were.
    made: BTreeMap<String, u64>,
    pub(super) keys: BTreeMap<String, Keys>,
    /// The key that each linked backend's site holds.
    pub(super) site_keys: BTreeMap<String, String>,
    pub(super) operations: Vec<Operation>,
    /// What the gateway and the edges were told, and when.
    history: Vec<Told>,
    /// Links that have worked, and so have to go on.
    working: BTreeSet<String>,
    violations: Vec<String>,
    /// How often something may have changed, and how often that was so when the sites were last judged.
    changes: u64,
    judged: Option<u64>,
    pub(super) permissions: Value,
    counter: u64,
    pub(super) requests: u64,
    pub(super) buckets: BTreeMap<&'static str, (f64, Instant)>,
    pub(super) refused: usize,
    /// The events of the activity log.
    pub(super) activity: Vec<Value>,
}

impl State {
    pub(super) fn new(options: Options, port: u16) -> Self {
        Self {
            options,
            port,
            resources: BTreeMap::new(),
            etags: BTreeMap::new(),
            made: BTreeMap::new(),
            keys: BTreeMap::new(),
            site_keys: BTreeMap::new(),
            operations: Vec::new(),
            history: Vec::new(),
            working: BTreeSet::new(),
            violations: Vec::new(),
            changes: 0,
            judged: None,
            permissions: json!([{"actions": ["*"], "notActions": [], "dataActions": [], "notDataActions": []}]),
            counter: 0,
            requests: 0,
            buckets: BTreeMap::new(),
            refused: 0,
            activity: Vec::new(),
        }
    }

    /// The same at another port, where gateways then are.
    pub(super) fn moved_to(&self, port: u16) -> Self {
        let (old, new) = (format!(":{}", self.port), format!(":{port}"));
        let mut moved = Self { port, ..self.clone() };
        for body in moved.resources.values_mut() {
            if let Some(gateway) = body["properties"]["gatewayUrl"].as_str() {
                body["properties"]["gatewayUrl"] = gateway.replace(&old, &new).into();
            }
        }
        moved
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Value> {
        self.resources.get(&id.to_lowercase())
    }

    /// The ids of all that there is, in lower case.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.resources.keys().cloned().collect()
    }

    /// Puts a resource there, with the name and type that its id gives it.
    pub(crate) fn set(&mut self, mut body: Value) {
        let id = body["id"].as_str().unwrap().to_owned();
        let key = id.to_lowercase();
        body["name"] = id.rsplit('/').next().unwrap_or_default().into();
        body["type"] = type_of(&id).into();
        if self.resources.get(&key) != Some(&body) {
            self.touch(&key);
            self.made.entry(key.clone()).or_insert(self.counter);
            self.resources.insert(key, body);
        }
        self.remember();
    }

    /// When a resource was made.
    pub(super) fn made(&self, id: &str) -> Moment {
        Moment(self.made.get(&id.to_lowercase()).copied().unwrap_or_default())
    }

    /// The subscription that a product made by PUT has at once, of the service's owner. Its name begins with the
    /// second in which it was made (apim-product-subscriptions #0 #1).
    pub(super) fn subscribe_owner(&mut self, product: &str) {
        let Some(body) = self.get(product).filter(|body| body["properties"]["subscriptionRequired"] != false)
        else {
            return;
        };
        let (id, made) = (body["id"].as_str().unwrap().to_owned(), self.made(product));
        let (service, _) = id.rsplit_once("/products/").unwrap();
        let subscription = format!("{service}/subscriptions/{:08x}{}", made.seconds(), &fresh_key()[..16]);
        self.set(
            json!({"id": subscription, "properties": {"ownerId": format!("{service}/users/1"), "scope": id,
            "displayName": null, "state": "active", "startDate": made.day()}}),
        );
        self.set_keys(&subscription, (fresh_key(), fresh_key()));
    }

    pub(crate) fn set_keys(&mut self, id: &str, keys: Keys) {
        let key = id.to_lowercase();
        if self.keys.get(&key) != Some(&keys) {
            self.touch(&key);
            self.keys.insert(key, keys);
        }
        self.remember();
    }

    pub(crate) fn remove(&mut self, id: &str) -> bool {
        let key = id.to_lowercase();
        let below = format!("{key}/");
        let gone = self.resources.remove(&key).is_some();
        self.made.remove(&key);
        let place = key.split_once("/apis/").filter(|(service, _)| !service.contains("/products/"));
        let is_place = |id: &str| {
            place.is_some_and(|(service, api)| {
                let rest = id.strip_prefix(service).and_then(|rest| rest.strip_prefix("/products/"));
                rest.is_some_and(|rest| rest.ends_with(&format!("/apis/{api}")))
            })
        };
        self.resources.retain(|id, _| !id.starts_with(&below) && !is_place(id));
        self.keys.retain(|id, _| *id != key && !id.starts_with(&below));
        self.site_keys.retain(|id, _| *id != key && !id.starts_with(&below));
        if gone {
            // What is unlinked on purpose need not go on working.
            self.working.remove(&key);
        }
        self.remember();
        gone
    }

    fn touch(&mut self, key: &str) {
        self.counter += 1;
        self.etags.insert(key.to_owned(), self.counter);
    }

    pub(crate) fn etag(&self, id: &str) -> String {
        let number = self.etags.get(&id.to_lowercase()).copied().unwrap_or_default();
        format!("\"{}\"", BASE64_STANDARD.encode(number.to_be_bytes()))
    }

    /// Lets operations end well from now on.
    pub(crate) fn recover(&mut self) {
        self.options.ending = super::Ending::Succeeds;
    }

    /// The id of the link's subscription, in lower case: one that has a name, or else any of a product.
    pub(crate) fn subscription_id(&self) -> String {
        self.link_subscription().unwrap_or_default()
    }

    /// The keys of the link's subscription.
    pub(crate) fn link_keys(&self) -> Option<Keys> {
        self.keys.get(&self.link_subscription()?).cloned()
    }

    fn link_subscription(&self) -> Option<String> {
        let all = self.keys.keys().filter_map(|id| Some((id, self.resources.get(id)?)));
        let mut scoped: Vec<_> = all.filter(|(_, body)| body["properties"]["scope"].is_string()).collect();
        scoped.sort_by_key(|(_, body)| !body["properties"]["displayName"].is_string());
        scoped.first().map(|(id, _)| (*id).clone())
    }

    /// The key that the site's production holds.
    pub(crate) fn site_key(&self) -> Option<String> {
        self.site_keys.values().next().cloned()
    }

    /// Everything there is, for comparing two states: keys by whose they are, and not as they are.
    pub(crate) fn shape(&self) -> String {
        let mut lines = Vec::new();
        for (id, body) in &self.resources {
            let mut body = body.clone();
            if let Some(properties) = body["properties"].as_object_mut() {
                properties.retain(|name, _| !name.contains("Date") && name != "createdOn");
            }
            let id = if self.keys.contains_key(id) { "(a subscription)" } else { id };
            let own_port = format!(":{}", self.port);
            lines.push(format!("{id} {}", body["properties"]).replace(&own_port, ":port"));
        }
        for (backend, held) in &self.site_keys {
            let is_primary = self.keys.values().any(|(primary, _)| primary == held);
            lines.push(format!("{backend} holds the primary key: {is_primary}"));
        }
        lines.sort();
        lines.join("\n")
    }

    pub(super) fn tick_history(&mut self) {
        self.remember();
    }

    fn remember(&mut self) {
        self.changes += 1;
        if self.options.propagation.is_zero() {
            // Only what is known now reaches the gateway.
            self.history.clear();
        }
        self.history.push((Instant::now(), self.keys.clone(), self.site_keys.clone()));
        self.judge();
    }

    /// Does what is due by now.
    pub(crate) fn tick(&mut self) {
        self.finish_operations();
        self.judge();
        if self.history.len() > 10_000 {
            self.history.drain(..5_000);
        }
    }

    pub(crate) fn violations(&self) -> Vec<String> {
        self.violations.clone()
    }

    /// What some node of the gateway, or some edge, may still go by.
    fn within_reach(&self) -> impl Iterator<Item = &Told> {
        let since = Instant::now().checked_sub(self.options.propagation);
        let first = self.history.iter().rposition(|(at, ..)| since.is_none_or(|since| *at <= since));
        self.history[first.unwrap_or(0)..].iter()
    }

    /// Whether every node of the gateway has the key for the product.
    pub(super) fn gateway_accepts(&self, product: &str, key: &str) -> bool {
        self.within_reach().all(|(_, keys, _)| {
            keys.iter().any(|(id, (primary, secondary))| {
                (primary == key || secondary == key) && self.opens(id, product)
            })
        })
    }

    pub(super) fn opens(&self, subscription: &str, product: &str) -> bool {
        let Some(body) = self.resources.get(subscription) else { return false };
        let scope = body["properties"]["scope"].as_str().unwrap_or_default().to_lowercase();
        let active = body["properties"]["state"].as_str().unwrap_or("active") == "active";
        active && scope.ends_with(&format!("/products/{}", product.to_lowercase()))
    }

    /// A number that differs from an earlier one if something has changed in between.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// A site that has worked may at no moment send a key that some node refuses.
    fn judge(&mut self) {
        // Without a delay, the verdict changes only with what there is.
        if self.options.propagation.is_zero() && self.judged == Some(self.changes) {
            return;
        }
        self.judged = Some(self.changes);
        let mut said = Vec::new();
        let mut works = Vec::new();
        for backend in self.site_keys.keys() {
            let Some(body) = self.resources.get(backend) else { continue };
            let service = body["properties"]["backendResourceId"].as_str().unwrap_or_default().to_lowercase();
            let product = self.product_of(backend);
            let guarded =
                self.resources.contains_key(&format!("{service}/products/{product}/policies/policy"));
            let sent: BTreeSet<&String> =
                self.within_reach().filter_map(|(_, _, held)| held.get(backend)).collect();
            let refused = sent.iter().any(|key| !self.gateway_accepts(&product, key));
            if !refused && guarded {
                works.push(backend.clone());
            } else if self.working.contains(backend) {
                said.push(format!("a key of {sent:?} is refused, guarded: {guarded}"));
            }
        }
        self.working.extend(works);
        if self.violations.len() < 10 {
            self.violations.extend(said);
        }
    }

    /// The product of the link of a backend's site environment: the first label of its hostname.
    pub(super) fn product_of(&self, backend: &str) -> String {
        let environment = backend.rsplit_once("/linkedbackends/").map_or("", |(environment, _)| environment);
        let (site, name) = environment.rsplit_once("/builds/").unwrap_or((environment, "default"));
        let hostname = if name == "default" {
            self.resources.get(site).map(|site| site["properties"]["defaultHostname"].clone())
        } else {
            self.resources.get(environment).map(|build| build["properties"]["hostname"].clone())
        };
        let hostname = hostname.unwrap_or_default();
        hostname.as_str().unwrap_or_default().split('.').next().unwrap_or_default().to_owned()
    }

    /// Takes a token from a bucket; `None` if there is none, with how long to wait.
    pub(super) fn take_token(&mut self, method: &str) -> (&'static str, Option<u32>, Duration) {
        let (kind, most) = Self::limit(method);
        let (capacity, rate) = (f64::from(most), if kind == "reads" { 25.0 } else { 10.0 });
        let now = Instant::now();
        let (tokens, at) = self.buckets.entry(kind).or_insert((capacity, now));
        *tokens = f64::min(*tokens + (now - *at).as_secs_f64() * rate, capacity);
        *at = now;
        if *tokens < 1.0 {
            self.refused += 1;
            return (kind, None, Duration::from_secs_f64(1.0 / rate));
        }
        *tokens -= 1.0;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 250")]
        let left = *tokens as u32;
        (kind, Some(left), Duration::ZERO)
    }

    /// Which bucket a request is counted in, and how many it holds.
    pub(super) fn limit(method: &str) -> (&'static str, u32) {
        match method {
            "GET" | "HEAD" => ("reads", 250),
            "DELETE" => ("deletes", 200),
            _ => ("writes", 200),
        }
    }

    /// How often a bucket was empty.
    pub(crate) fn refused(&self) -> usize {
        self.refused
    }

    pub(crate) fn set_permissions(&mut self, permissions: Value) {
        self.permissions = permissions;
    }
}

/// A moment of the stand-in's own time, a second after the one before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment(u64);

impl Moment {
    pub(super) fn number(self) -> u64 {
        self.0
    }

    /// Seconds since 1970: there is no clock here that could differ from one run to the next.
    pub(super) fn seconds(self) -> u64 {
        1_757_884_800 + self.0
    }

    fn time(self) -> String {
        jiff::Timestamp::from_second(i64::try_from(self.seconds()).unwrap()).unwrap().to_string()
    }

    /// With seven digits, as in the answer that tells of its making (apim-subscriptions #13).
    pub(super) fn precise(self) -> String {
        self.time().replace('Z', ".0714968Z")
    }

    /// With three digits at most and no zero at the end, as ever after (apim-subscriptions #16).
    pub(super) fn rounded(self) -> String {
        self.time().replace('Z', ".07Z")
    }

    /// The beginning of its day.
    pub(super) fn day(self) -> String {
        format!("{}T00:00:00Z", &self.time()[..10])
    }
}

pub(super) fn type_of(id: &str) -> String {
    const MARK: &str = "/providers/";
    let Some(at) = id.to_ascii_lowercase().rfind(MARK) else { return "Microsoft.Resources".to_owned() };
    let path = &id[at + MARK.len()..];
    let (namespace, rest) = path.split_once('/').unwrap_or((path, ""));
    let kinds: Vec<&str> = rest.split('/').step_by(2).collect();
    format!("{namespace}/{}", kinds.join("/"))
}

thread_local! {
    /// What keys and names are made from on this thread, if not from chance.
    static SEED: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Makes the keys and names that the stand-in invents on this thread follow from a number.
pub(crate) fn seed_keys(seed: u64) {
    SEED.set(Some(seed));
}

#[expect(clippy::disallowed_methods, reason = "the stand-in's own keys, by chance as Azure's are")]
pub(super) fn fresh_key() -> String {
    let Some(seed) = SEED.get() else { return uuid::Uuid::new_v4().simple().to_string() };
    SEED.set(Some(seed.wrapping_add(2)));
    let mixed = |number: u64| {
        // SplitMix64 (https://prng.di.unimi.it/splitmix64.c)
        let first = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let second = (first ^ (first >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        second ^ (second >> 31)
    };
    let golden = |number: u64| mixed(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    format!("{:016x}{:016x}", golden(seed.wrapping_add(1)), golden(seed.wrapping_add(2)))
}
