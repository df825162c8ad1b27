//! The planner's table: every state of a link, and what each command plans for it.

use swa_apim::engine::{FindingCode, Intent, LinkState};

use crate::{
    recipe::{BackendRecipe, LABEL, PolicyRecipe, ProductRecipe, Recipe, SiteKeyRecipe, SubscriptionRecipe},
    world::{LINK, PURGE, REPLACE, UNLINK, World},
};

const OURS: SubscriptionRecipe = SubscriptionRecipe { named: true, active: true, keys: true };
const PARTNER: SubscriptionRecipe = SubscriptionRecipe { named: false, active: true, keys: true };

fn leftover() -> Recipe {
    Recipe { backends: vec![], site_key: SiteKeyRecipe::None, ..Recipe::linked() }
}

fn partial() -> Recipe {
    Recipe { product: None, policy: None, subscriptions: vec![], in_product: vec![], ..Recipe::linked() }
}

fn drifted() -> Recipe {
    Recipe { policy: Some(PolicyRecipe::WithoutCheck), ..Recipe::linked() }
}

fn elsewhere() -> Recipe {
    Recipe { backends: vec![BackendRecipe::Foreign], ..Recipe::nothing() }
}

fn dangling() -> Recipe {
    Recipe { backends: vec![BackendRecipe::Gone], ..Recipe::linked() }
}

/// The site is there, and its hostname is no text.
fn unknown() -> World {
    let document = Recipe::linked().document();
    let broken = document.replace(&format!("\"{}\"", crate::recipe::HOST), "7");
    assert_ne!(document, broken);
    World::of_document(&broken, &[])
}

fn world(state: LinkState) -> World {
    match state {
        LinkState::Unlinked => World::new(&Recipe::nothing()),
        LinkState::Leftover => World::new(&leftover()),
        LinkState::Partial => World::new(&partial()),
        LinkState::Linked => World::new(&Recipe::linked()),
        LinkState::Drifted => World::new(&drifted()),
        LinkState::LinkedElsewhere => World::new(&elsewhere()),
        LinkState::Dangling => World::new(&dangling()),
        LinkState::Unknown => unknown(),
    }
}

/// The actions of a plan with the names of their targets, or the codes that stand in its way.
async fn planned(world: &World, intent: &Intent) -> String {
    match world.plan(intent).await {
        Ok(plan) => {
            let steps = plan.steps.iter().map(|planned| {
                let target = planned.step.target().name().replace(LABEL, "L");
                format!("{}{} {target}", planned.kind.sign(), planned.step.action())
            });
            steps.collect::<Vec<_>>().join(", ")
        }
        Err(refusal) => {
            let codes = refusal.findings.iter().map(|finding| finding.code.as_str());
            format!("refused: {}", codes.collect::<Vec<_>>().join(", "))
        }
    }
}

const MAKE: &str = "+put-product L, +put-subscription L, +put-policy policy";
const ROTATE: &str = "~swap-keys s0, ~connect b0, ~retire-secondary s0";

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn every_state_and_every_intent_has_its_plan() {
    use LinkState::{Dangling, Drifted, Leftover, Linked, LinkedElsewhere, Partial, Unknown, Unlinked};
    let unreadable = "refused: SWAAPIM090".to_owned();
    let elsewhere = "refused: SWAAPIM020".to_owned();
    let connect_new = format!("{MAKE}, +connect apim");
    let replaced = format!("{MAKE}, -disconnect b0, +connect apim");
    let repaired = "+put-product L, +put-policy policy, +put-subscription L, +add-api orders, ~connect b0";
    let purged = "-delete-subscription s0, -delete-product L";
    let mend = "-disconnect b0, +connect apim";
    let rotated = ROTATE.replace("b0", "apim");
    let table: [(LinkState, [String; 5]); 8] = [
        // link, link --replace, relink, unlink, unlink --purge
        (Unlinked, [connect_new.clone(), connect_new.clone(), connect_new, String::new(), String::new()]),
        (
            Leftover,
            [
                "+connect apim".to_owned(),
                "+connect apim".to_owned(),
                format!("+connect apim, {rotated}"),
                String::new(),
                purged.to_owned(),
            ],
        ),
        (Partial, [repaired, repaired, repaired, "-disconnect b0", "-disconnect b0"].map(str::to_owned)),
        (
            Linked,
            [
                String::new(),
                String::new(),
                format!("~connect b0, {ROTATE}"),
                "-disconnect b0".to_owned(),
                format!("-disconnect b0, {purged}"),
            ],
        ),
        (
            Drifted,
            [
                "~put-policy policy".to_owned(),
                "~put-policy policy".to_owned(),
                format!("~put-policy policy, ~connect b0, {ROTATE}"),
                "-disconnect b0".to_owned(),
                format!("-disconnect b0, {purged}"),
            ],
        ),
        (LinkedElsewhere, [elsewhere.clone(), replaced, elsewhere.clone(), elsewhere.clone(), elsewhere]),
        (
            Dangling,
            [
                mend.to_owned(),
                mend.to_owned(),
                format!("{mend}, {rotated}"),
                "-disconnect b0".to_owned(),
                format!("-disconnect b0, {purged}"),
            ],
        ),
        (Unknown, std::array::from_fn(|_| unreadable.clone())),
    ];
    assert_eq!(table.each_ref().map(|row| row.0).len(), LinkState::ALL.len());
    for (state, expected) in table {
        let world = world(state);
        assert_eq!(world.verdict().await.state, state);
        for (intent, expected) in [LINK, REPLACE, Intent::Relink, UNLINK, PURGE].iter().zip(expected) {
            assert_eq!(planned(&world, intent).await, expected, "{state} × {intent:?}");
        }
    }
}

#[tokio::test]
async fn apis_are_added_to_and_removed_from_a_link_and_nothing_else() {
    let add = |api: &str| Intent::AddApis { apis: vec![api.to_owned()] };
    let remove = |api: &str| Intent::RemoveApis { apis: vec![api.to_owned()] };
    let mut world = World::new(&Recipe { wanted: vec![], ..Recipe::linked() });
    assert_eq!(planned(&world, &remove("orders")).await, "-remove-api orders");
    assert_eq!(planned(&world, &remove("catalog")).await, "");
    world.target.apis = vec!["catalog".to_owned()];
    assert_eq!(planned(&world, &add("catalog")).await, "+add-api catalog");
    world.target.apis = vec!["orders".to_owned()];
    assert_eq!(planned(&world, &add("orders")).await, "");
    world.target.apis = vec!["nowhere".to_owned()];
    assert_eq!(planned(&world, &add("nowhere")).await, "refused: SWAAPIM072");
    let mut unlinked = World::new(&Recipe::nothing());
    unlinked.target.apis = vec!["orders".to_owned()];
    assert_eq!(planned(&unlinked, &add("orders")).await, "refused: SWAAPIM030");
}

#[tokio::test]
async fn each_drift_is_one_finding_and_one_repair() {
    let wrong = |required, published, approval, renamed| {
        let product = Some(ProductRecipe::Wrong { required, published, approval, renamed });
        Recipe { product, ..Recipe::linked() }
    };
    let policy = |policy| Recipe { policy, ..Recipe::linked() };
    let own = |subscription| Recipe { subscriptions: vec![subscription], ..Recipe::linked() };
    let key = |site_key| Recipe { site_key, ..Recipe::linked() };
    let rows = [
        (wrong(false, true, false, false), FindingCode::SubscriptionNotRequired, "~put-product L"),
        (wrong(true, false, false, false), FindingCode::ProductNotPublished, "~put-product L"),
        (wrong(true, true, true, false), FindingCode::ApprovalRequired, "~put-product L"),
        (wrong(true, true, false, true), FindingCode::ProductRenamed, "~put-product L"),
        (policy(None), FindingCode::PolicyMissing, "+put-policy policy"),
        (policy(Some(PolicyRecipe::WithoutCheck)), FindingCode::PolicyWithoutCheck, "~put-policy policy"),
        (policy(Some(PolicyRecipe::OtherHeader)), FindingCode::PolicyOtherHeader, "~put-policy policy"),
        (policy(Some(PolicyRecipe::OtherIssuer)), FindingCode::PolicyOtherIssuer, "~put-policy policy"),
        (policy(Some(PolicyRecipe::Lax)), FindingCode::PolicyLax, "~put-policy policy"),
        (policy(Some(PolicyRecipe::AlsoLetsIn)), FindingCode::PolicyAlsoLetsIn, "~put-policy policy"),
        (
            own(SubscriptionRecipe { active: false, ..OURS }),
            FindingCode::SubscriptionInactive,
            "~put-subscription s0",
        ),
        (own(PARTNER), FindingCode::SubscriptionRenamed, "~put-subscription s0"),
        (
            own(SubscriptionRecipe { keys: false, ..OURS }),
            FindingCode::KeysMissing,
            "~swap-keys s0, ~connect b0",
        ),
        (key(SiteKeyRecipe::SecondaryOf(0)), FindingCode::SiteKeySecondary, "~connect b0"),
        (key(SiteKeyRecipe::Stale), FindingCode::SiteKeyStale, "~connect b0"),
        (key(SiteKeyRecipe::None), FindingCode::SiteKeyMissing, "~connect b0"),
        (
            Recipe { in_product: vec!["catalog"], ..Recipe::linked() },
            FindingCode::ApiNotInProduct,
            "+add-api orders",
        ),
        (
            Recipe { backends: vec![BackendRecipe::OwnFailed], ..Recipe::linked() },
            FindingCode::BackendFailed,
            "~connect b0",
        ),
        (
            Recipe { subscriptions: vec![], site_key: SiteKeyRecipe::Stale, ..Recipe::linked() },
            FindingCode::SubscriptionMissing,
            "+put-subscription L, ~connect b0",
        ),
    ];
    for (recipe, code, repair) in rows {
        let world = World::new(&recipe);
        let codes: Vec<_> = world.verdict().await.findings.iter().map(|finding| finding.code).collect();
        assert!(codes.contains(&code), "{code}: {codes:?}");
        let repairs = planned(&world, &LINK).await;
        assert_eq!(repairs, repair, "{code}");
        for finding in world.verdict().await.findings {
            assert!(!finding.hint.is_empty() && !finding.message.is_empty(), "{code}");
        }
    }
}

#[tokio::test]
async fn a_purge_is_refused_while_the_product_is_not_recognisable_or_in_use() {
    let product =
        Some(ProductRecipe::Wrong { required: true, published: true, approval: false, renamed: true });
    let renamed = World::new(&Recipe { product, ..Recipe::linked() });
    assert_eq!(planned(&renamed, &PURGE).await, "refused: SWAAPIM080");
    let shared = World::new(&Recipe { subscriptions: vec![OURS, PARTNER], ..Recipe::linked() });
    assert_eq!(planned(&shared, &PURGE).await, "refused: SWAAPIM081");
    assert_eq!(planned(&shared, &UNLINK).await, "-disconnect b0");
}

#[tokio::test]
async fn a_partners_subscription_is_not_taken_for_the_links_own() {
    let recipe =
        Recipe { subscriptions: vec![PARTNER, PARTNER], site_key: SiteKeyRecipe::Stale, ..Recipe::linked() };
    let world = World::new(&recipe);
    assert_eq!(planned(&world, &LINK).await, "+put-subscription L, ~connect b0");
    let held = World::new(&Recipe { site_key: SiteKeyRecipe::PrimaryOf(1), ..recipe });
    assert_eq!(planned(&held, &LINK).await, "~put-subscription s1", "the site's key tells which one it is");
}

#[tokio::test]
async fn a_link_that_the_portal_made_under_any_name_is_adopted() {
    let world = World::new(&Recipe::linked());
    let verdict = world.verdict().await;
    assert_eq!(verdict.observed.own_backend().unwrap().view.id.name(), "b0");
    assert_eq!(planned(&world, &LINK).await, "");
}
