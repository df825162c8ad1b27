//! Whose a product and its subscriptions are, and that nothing of a partner's is changed or deleted.

use serde_json::{Value, json};
use swa_apim::{
    ambient::System,
    engine::{self, Adoption, ApplyError, FindingCode, Intent, LinkState},
    model::{Ownership, ResourceId},
    provider::{Expected, ProviderError, Reads as _, Writes as _},
};

use crate::{
    recipe::{LABEL, PolicyRecipe, ProductRecipe, Recipe, SiteKeyRecipe, SubscriptionRecipe, service_id},
    world::{LINK, PURGE, Silent, Stopped, UNLINK, World},
};

const OURS: SubscriptionRecipe = SubscriptionRecipe { named: true, active: true, keys: true };
const PARTNER: SubscriptionRecipe = SubscriptionRecipe { named: false, active: true, keys: true };

fn leftover(subscriptions: Vec<SubscriptionRecipe>) -> Recipe {
    Recipe { backends: vec![], site_key: SiteKeyRecipe::None, subscriptions, ..Recipe::linked() }
}

/// The subscription that API Management creates with every product, as a list of the product shows it.
/// Azure/azure-sdk-for-go, TestApimproductsTestSuite.json, recorded 2022-10-21 with 2021-08-01.
fn automatic() -> Value {
    let service = service_id("apim");
    json!({"id": format!("{service}/products/{LABEL}/subscriptions/635307d6463461024444c8ab"),
        "type": "Microsoft.ApiManagement/service/products/subscriptions", "name": "635307d6463461024444c8ab",
        "properties": {"ownerId": format!("{service}/users/1"), "scope": format!("{service}/products/{LABEL}"),
            "displayName": null, "state": "active", "createdDate": "2022-10-21T20:57:58.62Z",
            "startDate": "2022-10-21T00:00:00Z", "expirationDate": null, "endDate": null,
            "notificationDate": null, "stateComment": null, "allowTracing": false}})
}

fn world_with(recipe: &Recipe, more: &[Value]) -> World {
    let mut document: Value = serde_json::from_str(&recipe.document()).unwrap();
    document["resources"].as_array_mut().unwrap().extend(more.iter().cloned());
    World::of_document(&document.to_string(), &recipe.wanted)
}

async fn actions(world: &World, intent: &Intent) -> Vec<String> {
    let plan = world.plan(intent).await.unwrap();
    let steps = plan.steps.iter();
    steps.map(|planned| format!("{} {}", planned.step.action(), planned.step.target().name())).collect()
}

async fn refusal(world: &World, intent: &Intent) -> Vec<FindingCode> {
    world.plan(intent).await.unwrap_err().findings.iter().map(|finding| finding.code).collect()
}

fn subscription_id(name: &str) -> ResourceId {
    ResourceId::parse(&format!("{}/subscriptions/{name}", service_id("apim"))).unwrap()
}

#[tokio::test]
async fn a_partners_only_subscription_is_neither_rotated_nor_deleted() {
    let recipe = leftover(vec![PARTNER]);
    for intent in [LINK, Intent::Relink] {
        let world = World::new(&recipe);
        let before = world.plane().keys(&subscription_id("s0").try_into().unwrap()).await.unwrap();
        assert_eq!(actions(&world, &intent).await, [&format!("put-subscription {LABEL}"), "connect apim"]);
        world.run(&intent).await.unwrap();
        let after = world.plane().keys(&subscription_id("s0").try_into().unwrap()).await.unwrap();
        assert_eq!(before, after, "{intent:?}: the keys of the partner are as they were");
        assert_eq!(world.verdict().await.state, LinkState::Linked);
    }
    let world = World::new(&recipe);
    assert_eq!(refusal(&world, &PURGE).await, [FindingCode::PurgeInUse]);
    assert_eq!(actions(&world, &UNLINK).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_administrators_subscription_is_deleted_with_the_product_and_otherwise_unchanged() {
    let world = world_with(&Recipe::linked(), &[automatic()]);
    let observed = world.observe().await;
    assert_eq!(observed.ownership, [Ownership::Administrator, Ownership::Link]);
    assert_eq!(world.verdict().await.state, LinkState::Linked, "it is not drift");
    let codes: Vec<_> = world.verdict().await.findings.iter().map(|finding| finding.code).collect();
    assert!(!codes.contains(&FindingCode::OtherSubscriptions), "{codes:?}");
    let automatic_id = subscription_id("635307d6463461024444c8ab");
    let rotated = actions(&world, &Intent::Relink).await;
    assert!(rotated.iter().all(|action| !action.contains(automatic_id.name())), "{rotated:?}");
    world.run(&PURGE).await.unwrap();
    assert!(world.plane().get(&automatic_id).await.unwrap().is_none());
    assert_eq!(world.verdict().await.state, LinkState::Unlinked);
}

#[tokio::test]
async fn the_administrators_own_subscription_is_not_the_links_even_if_it_is_the_only_one() {
    let world = world_with(&leftover(vec![]), &[automatic()]);
    let linked = actions(&world, &Intent::Relink).await;
    assert_eq!(linked, [&format!("put-subscription {LABEL}"), "connect apim"]);
    let deleted = actions(&world, &PURGE).await;
    assert_eq!(deleted, ["delete-subscription 635307d6463461024444c8ab", &format!("delete-product {LABEL}")]);
    let both = world_with(&leftover(vec![PARTNER]), &[automatic()]);
    assert_eq!(refusal(&both, &PURGE).await, [FindingCode::PurgeInUse]);
}

#[tokio::test]
async fn a_subscription_of_unknown_owner_is_reported_with_a_hint_and_never_deleted() {
    let nameless = json!({"id": subscription_id("x").as_str(),
        "properties": {"scope": format!("/products/{LABEL}"), "state": "active"}});
    let world = world_with(&Recipe::linked(), &[nameless]);
    let finding =
        world.verdict().await.findings.into_iter().find(|it| it.code == FindingCode::OtherSubscriptions);
    let finding = finding.unwrap();
    assert!(
        finding.message.contains("`x`") && finding.message.contains("cannot be determined"),
        "{finding:?}"
    );
    assert!(finding.hint.contains("its display name"), "{finding:?}");
    assert_eq!(refusal(&world, &PURGE).await, [FindingCode::PurgeInUse]);
    let steps = actions(&world, &Intent::Relink).await;
    assert!(steps.iter().all(|step| !step.ends_with(" x")), "{steps:?}");
}

#[tokio::test]
async fn a_product_that_requires_no_subscription_is_in_use() {
    let product =
        Some(ProductRecipe::Wrong { required: false, published: true, approval: false, renamed: false });
    let world = World::new(&Recipe { product, ..leftover(vec![OURS]) });
    assert_eq!(refusal(&world, &PURGE).await, [FindingCode::PurgeInUse]);
}

fn foreign_product() -> Recipe {
    let product =
        Some(ProductRecipe::Wrong { required: true, published: true, approval: false, renamed: true });
    Recipe { product, policy: Some(PolicyRecipe::WithoutCheck), ..leftover(vec![PARTNER]) }
}

#[tokio::test]
async fn a_product_that_does_not_show_that_it_is_the_links_is_used_only_if_that_is_asked_for() {
    let mut world = World::new(&foreign_product());
    let before = world.snapshot();
    for intent in [LINK, Intent::Relink] {
        let Err(Stopped::Refused(refusal)) = world.run(&intent).await else { panic!("{intent:?}") };
        let [finding] = refusal.findings.as_slice() else { panic!("{refusal:?}") };
        assert_eq!(finding.code, FindingCode::ProductUnproven);
        let command = format!("swa-apim {} --adopt --env prod", intent.verb());
        assert!(finding.hint.contains(&command), "{}", finding.hint);
    }
    assert_eq!(world.snapshot(), before);
    assert_eq!(
        world.verdict().await.state,
        LinkState::Unlinked,
        "the product of another team is not a leftover"
    );
    world.target.adoption = Adoption::Allow;
    world.run(&LINK).await.unwrap();
    world.target.adoption = Adoption::Refuse;
    assert_eq!(world.verdict().await.state, LinkState::Linked);
    assert_eq!(actions(&world, &LINK).await, Vec::<String>::new());
}

#[tokio::test]
async fn any_evidence_makes_a_renamed_product_the_links() {
    let linked_by_policy = Recipe { backends: Recipe::linked().backends, ..foreign_product() };
    let evidence = [
        Recipe { subscriptions: vec![OURS], ..foreign_product() },
        Recipe { policy: Some(PolicyRecipe::Right), ..linked_by_policy },
        Recipe {
            backends: Recipe::linked().backends,
            site_key: SiteKeyRecipe::SecondaryOf(0),
            ..foreign_product()
        },
    ];
    for recipe in evidence {
        let world = World::new(&recipe);
        world.run(&LINK).await.unwrap();
        assert_eq!(world.verdict().await.state, LinkState::Linked, "{recipe:?}");
    }
    let connected =
        Recipe { backends: Recipe::linked().backends, site_key: SiteKeyRecipe::Stale, ..foreign_product() };
    assert_eq!(refusal(&World::new(&connected), &Intent::Relink).await, [FindingCode::ProductUnproven]);
}

#[tokio::test]
async fn a_policy_of_the_site_does_not_make_a_renamed_product_the_links_while_the_site_is_not_linked() {
    let recipe = Recipe { policy: Some(PolicyRecipe::Right), ..foreign_product() };
    let world = World::new(&recipe);
    let before = world.snapshot();
    let add = Intent::AddApis { apis: vec!["orders".to_owned()] };
    for intent in [LINK, Intent::Relink, add] {
        assert_eq!(refusal(&world, &intent).await, [FindingCode::ProductUnproven], "{intent:?}");
    }
    assert_eq!(world.snapshot(), before);
    assert_eq!(world.verdict().await.state, LinkState::Unlinked);
}

/// Purges by a plan that was made before `meanwhile`, as a command does that was just confirmed.
async fn purge_after(world: &World, meanwhile: impl AsyncFnOnce(&World)) -> Result<(), ApplyError> {
    let observed = world.observe().await;
    let plan = engine::plan(&observed, &PURGE).unwrap();
    meanwhile(world).await;
    engine::apply(&world.plane(), &System, &plan, Some(observed), &Silent).await.map(drop)
}

fn assert_conflict(outcome: &Result<(), ApplyError>) {
    let Err(ApplyError::Step { done: 0, source: ProviderError::Conflict(_), .. }) = outcome else {
        panic!("{outcome:?}")
    };
}

#[tokio::test]
async fn a_product_that_is_linked_again_after_the_plan_was_made_is_not_deleted() {
    let world = World::new(&leftover(vec![OURS]));
    assert_conflict(&purge_after(&world, async |world| assert_ne!(world.run(&LINK).await.unwrap(), 0)).await);
    assert_eq!(world.verdict().await.state, LinkState::Linked);
}

#[tokio::test]
async fn a_product_that_a_partner_subscribed_to_after_the_plan_was_made_is_not_deleted() {
    let world = World::new(&leftover(vec![OURS]));
    let before = world.snapshot();
    let outcome = purge_after(&world, async |world| {
        let mut partner =
            before.iter().find(|it| *it.id() == subscription_id("s0")).unwrap().clone().into_value();
        partner["id"] = subscription_id("partner").as_str().into();
        partner["properties"]["displayName"] = "A partner".into();
        let partner = swa_apim::model::Resource::from_value(partner).unwrap();
        world.plane().put(partner, Expected::Absent).await.unwrap();
    });
    assert_conflict(&outcome.await);
    assert_eq!(world.snapshot().len(), before.len() + 1, "nothing was deleted");
}
