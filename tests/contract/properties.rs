//! Under random commands every control plane answers as the reference does.

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

use proptest::prelude::*;
use serde_json::{Value, json};
use swa_apim::{
    ambient::Ambient as _,
    model::{KeySlot, Resource, ResourceId},
    provider::{
        Collection, ControlPlane, Expected, ProviderError, Versioned, Writes as _, json::JsonControlPlane,
    },
};

use crate::{
    candidate,
    parts::twice_at_once,
    reference::Reference,
    world::{
        Counting, LABEL, api, code_of, create, pair, put, put_a_link, resource, service_named, site, site_id,
        subscription_id,
    },
};

#[derive(Clone, Debug)]
enum Command {
    Put(Resource, Wanted),
    Delete(ResourceId, Wanted),
    SetKeys(&'static str, u8),
    Regenerate(&'static str, KeySlot),
}

#[derive(Clone, Copy, Debug)]
enum Wanted {
    Anything,
    Absent,
    AsItIs,
}

/// What of a view is the same on every control plane that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Everything,
    /// All but the keys of sites, which Azure keeps to itself, and what it adds to a linked backend and a policy.
    ByAzure,
}

const SUBSCRIPTIONS: [&str; 3] = ["linked", "two", "three"];

/// Everything that the commands are about, each resource in several variants.
fn universe() -> Vec<Resource> {
    let mut all = vec![site(), api("orders"), api("catalog"), shouted(&site())];
    all.push(resource(&site_id(), &json!({"defaultHostname": "other-label.azurestaticapps.net"})));
    for environment in ["preview", "default"] {
        let id = site_id().environment(environment).unwrap();
        all.push(resource(&id, &json!({"hostname": format!("{LABEL}-preview.azurestaticapps.net")})));
        for (name, service) in [("backend", "gateway"), ("b", "gateway"), ("backend", "other")] {
            let target = service_named(service);
            let id = id.linked_backend(name).unwrap();
            all.push(resource(&id, &json!({"backendResourceId": target.as_str()})));
        }
    }
    for service in [service_named("gateway"), service_named("other")] {
        all.push(resource(&service, &json!({})));
        for product in [LABEL, "second"] {
            let id = service.product(product).unwrap();
            all.push(resource(&id, &json!({"displayName": "A product"})));
            all.push(resource(&id, &json!({"displayName": product})));
            all.push(resource(&id.policy(), &json!({"value": "<policies/>"})));
            all.push(resource(&id.api(&service.api("orders").unwrap()), &json!({})));
        }
    }
    for (name, scope) in
        SUBSCRIPTIONS.into_iter().flat_map(|name| [LABEL, "second", ""].map(|scope| (name, scope)))
    {
        let scope = if scope.is_empty() { "/apis".to_owned() } else { format!("/products/{scope}") };
        all.push(resource(&subscription_id(name), &json!({"scope": scope, "state": "active"})));
    }
    all
}

fn shouted(resource: &Resource) -> Resource {
    let id = ResourceId::parse(&resource.id().as_str().to_uppercase()).unwrap();
    Resource::new(id, resource.body()["properties"].as_object().unwrap().clone())
}

fn commands() -> impl Strategy<Value = Vec<Command>> {
    prop::collection::vec(command(), 1..40)
}

/// Commands whose outcome is Azure's own wherever it runs. A service that is gone cannot be linked there, and
/// whether what is unique is there already is left to Azure: `tests/contract/behaviour.rs` has both.
fn commands_over_http() -> impl Strategy<Value = Vec<Command>> {
    let of_service = |id: &ResourceId| id.is_a("Microsoft.ApiManagement/service");
    let unique = |id: &ResourceId| {
        id.is_a("Microsoft.Web/staticSites/builds/linkedBackends")
            || id.is_a("Microsoft.ApiManagement/service/products/apis")
    };
    let common = command().prop_filter_map("it is Azure's own", move |command| match command {
        Command::Delete(id, _) if of_service(&id) => None,
        Command::Put(resource, Wanted::Absent) if unique(resource.id()) => None,
        other => Some(other),
    });
    prop::collection::vec(common, 1..24)
}

fn command() -> impl Strategy<Value = Command> {
    let wanted = prop_oneof![
        6 => Just(Wanted::Anything),
        1 => Just(Wanted::Absent),
        1 => Just(Wanted::AsItIs),
    ];
    let one = prop::sample::select(universe());
    let name = prop::sample::select(&SUBSCRIPTIONS[..]);
    let slot = prop_oneof![Just(KeySlot::Primary), Just(KeySlot::Secondary)];
    prop_oneof![
        10 => (one.clone(), wanted.clone()).prop_map(|(resource, wanted)| Command::Put(resource, wanted)),
        3 => (one, wanted).prop_map(|(it, wanted)| Command::Delete(it.id().clone(), wanted)),
        1 => (name.clone(), 0..3_u8).prop_map(|(name, key)| Command::SetKeys(name, key)),
        1 => (name, slot).prop_map(|(name, slot)| Command::Regenerate(name, slot)),
    ]
}

async fn expected(plane: &dyn ControlPlane, id: &ResourceId, wanted: Wanted) -> Expected {
    match wanted {
        Wanted::Anything => Expected::Anything,
        Wanted::Absent => Expected::Absent,
        Wanted::AsItIs => match plane.get(id).await.unwrap() {
            Some(found) => Expected::Unchanged(found.etag),
            None => Expected::Absent,
        },
    }
}

async fn run(plane: &dyn ControlPlane, command: &Command) -> String {
    match command.clone() {
        Command::Put(resource, wanted) => {
            let expected = expected(plane, resource.id(), wanted).await;
            code_of(plane.put(resource, expected).await)
        }
        Command::Delete(id, wanted) => {
            let expected = expected(plane, &id, wanted).await;
            code_of(plane.delete(&id, expected).await)
        }
        Command::SetKeys(name, key) => {
            let keys = pair(&format!("primary{key}"), "secondary");
            code_of(plane.set_keys(&subscription_id(name), keys, Expected::Anything).await)
        }
        Command::Regenerate(name, slot) => code_of(plane.regenerate(&subscription_id(name), slot).await),
    }
}

/// All that can be seen of a control plane, versions apart.
async fn view(plane: &dyn ControlPlane, told: Told) -> Result<Vec<String>, ProviderError> {
    let mut seen = Vec::new();
    let values = |found: Vec<Versioned<Resource>>| -> Vec<_> {
        found.into_iter().map(|found| sorted(found.value, told)).collect()
    };
    for it in universe() {
        seen.push(format!("{:?}", plane.get(it.id()).await?.map(|found| sorted(found.value, told))));
    }
    for name in SUBSCRIPTIONS {
        let keys = plane.keys(&subscription_id(name)).await?;
        seen.push(format!("{name}: {:?}", keys.map(|keys| keys.value)));
    }
    let mut collections = vec![
        Collection::StaticSitesOfEach,
        Collection::StaticSites,
        Collection::Services,
        Collection::SiteEnvironments(site_id()),
    ];
    for environment in ["default", "preview"].map(|name| site_id().environment(name).unwrap()) {
        for name in ["backend", "b"] {
            let key = plane.site_key(&environment.linked_backend(name).unwrap()).await?;
            if told == Told::Everything {
                seen.push(format!("{environment} {name}: {key:?}"));
            }
        }
        collections.push(Collection::LinkedBackends(environment));
    }
    for service in ["gateway", "other"].map(service_named) {
        collections.push(Collection::Apis(service.clone()));
        collections.push(Collection::Products(service.clone()));
        collections.push(Collection::Subscriptions(service.clone()));
        collections.push(Collection::ApiProducts(service.api("orders").unwrap()));
        collections.push(Collection::ProductsNamed(service.clone(), "A product".to_owned()));
        for product in [LABEL, "second"].map(|name| service.product(name).unwrap()) {
            collections.push(Collection::ProductApis(product.clone()));
            collections.push(Collection::ProductSubscriptions(product));
        }
    }
    for collection in collections {
        seen.push(format!("{collection:?}: {:?}", values(plane.list(&collection).await?)));
    }
    Ok(seen)
}

/// A resource as text in which the order of its members does not matter.
fn sorted(resource: Resource, told: Told) -> String {
    let mut value = resource.into_value();
    if told == Told::ByAzure {
        drop_what_azure_adds(&mut value);
    }
    value.sort_all_objects();
    value.to_string()
}

fn drop_what_azure_adds(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let added = ["createdOn", "location", "managedServiceIdentityType", "routingPath", "format"];
            members.retain(|name, _| !added.contains(&name.as_str()));
            members.values_mut().for_each(drop_what_azure_adds);
        }
        Value::Array(values) => values.iter_mut().for_each(drop_what_azure_adds),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Runs the commands, each a transaction of its own, and looks at everything after each.
async fn compare(commands: &[Command], ours: &JsonControlPlane) {
    let theirs = Arc::new(Counting::default());
    // as many as a new model takes for its lineage
    theirs.unguessable();
    let reference = Reference::new(theirs);
    ours.begin().await.unwrap();
    for plane in [ours as &dyn ControlPlane, &reference] {
        put_a_link(plane).await;
    }
    ours.commit().await.unwrap();
    for (at, command) in commands.iter().enumerate() {
        ours.begin().await.unwrap();
        let answers = (run(ours, command).await, run(&reference, command).await);
        ours.commit().await.unwrap();
        assert_eq!(answers.0, answers.1, "answers to command {at}: {command:?}");
        let ours = view(ours, Told::Everything).await.unwrap();
        let theirs = view(&reference, Told::Everything).await.unwrap();
        assert_alike(&ours, &theirs, &format!("after command {at}: {command:?}"));
    }
}

/// The same over HTTP, as far as Azure tells.
async fn compare_over_http(commands: &[Command]) {
    let azure = candidate::azure();
    let reference = Reference::new(Arc::new(Counting::default()));
    for plane in [&candidate::at(&azure) as &dyn ControlPlane, &reference] {
        put_a_link(plane).await;
        put(plane, resource(&service_named("other"), &json!({}))).await;
    }
    for (at, command) in commands.iter().enumerate() {
        let ours = candidate::at(&azure);
        let answers = (run(&ours, command).await, run(&reference, command).await);
        assert_eq!(answers.0, answers.1, "answers to command {at}: {command:?}");
        let ours = with_numbered_keys(&view(&ours, Told::ByAzure).await.unwrap());
        let theirs = with_numbered_keys(&view(&reference, Told::ByAzure).await.unwrap());
        assert_alike(&ours, &theirs, &format!("after command {at}: {command:?}"));
    }
}

fn assert_alike(ours: &[String], theirs: &[String], when: &str) {
    assert_eq!(ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert_eq!(ours, theirs, "{when}");
    }
}

/// A view with each key as the number under which it was first met: they are made by chance.
fn with_numbered_keys(view: &[String]) -> Vec<String> {
    let mut keys = BTreeMap::new();
    view.iter().map(|line| numbered(line, &mut keys)).collect()
}

/// The text with each key that it names as the number under which it was first met.
fn numbered(line: &str, keys: &mut BTreeMap<String, usize>) -> String {
    let mut parts = line.split("KeyPair(");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (fingerprints, rest) = part.split_once(')').unwrap();
        let number = |fingerprint: &str| {
            let next = keys.len();
            keys.entry(fingerprint.to_owned()).or_insert(next).to_string()
        };
        let numbers: Vec<String> = fingerprints.split(", ").map(number).collect();
        write!(text, "KeyPair({}){rest}", numbers.join(", ")).unwrap();
    }
    text
}

fn block_on(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_model_in_a_file_answers_as_the_reference_does(commands in commands()) {
        let folder = tempfile::tempdir().unwrap();
        block_on(compare(&commands, &create(&folder.path().join("model.json"))));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    fn a_model_in_memory_answers_as_the_reference_does(commands in commands()) {
        block_on(compare(&commands, &JsonControlPlane::in_memory(Arc::new(Counting::default()))));
    }
}

#[test]
fn the_model_in_memory_answers_as_the_reference_does() {
    twice_at_once(a_model_in_memory_answers_as_the_reference_does);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2, max_shrink_iters: 64, ..ProptestConfig::default() })]

    fn an_azure_answers_as_the_reference_does(commands in commands_over_http()) {
        block_on(compare_over_http(&commands));
    }
}

#[test]
fn azure_resource_manager_answers_as_the_reference_does() {
    twice_at_once(an_azure_answers_as_the_reference_does);
}
