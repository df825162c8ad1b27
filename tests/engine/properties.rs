//! Properties of plans over generated control planes.

use proptest::prelude::*;
use swa_apim::{
    engine::{Adoption, FindingCode, Intent, LinkState},
    model::Resource,
    provider::ControlPlane,
};

use crate::{
    oracle::Traffic,
    parts::twice_at_once,
    recipe::{BackendRecipe, LABEL, PolicyRecipe, ProductRecipe, Recipe, SiteKeyRecipe, any_recipe},
    world::{LINK, PURGE, REPLACE, Stopped, UNLINK, World},
};

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

/// What `link` has to refuse, told from the recipe alone.
fn refusals(recipe: &Recipe, intent: &Intent, adoption: Adoption) -> Vec<FindingCode> {
    let mut codes = Vec::new();
    if recipe.namesake {
        codes.push(FindingCode::ProductNameTaken);
    }
    if recipe.product == Some(ProductRecipe::OfAnotherSite) {
        codes.push(FindingCode::ProductOfAnotherSite);
    }
    if recipe.backends.contains(&BackendRecipe::Foreign) && *intent != REPLACE {
        codes.push(FindingCode::LinkedElsewhere);
    }
    if is_unproven(recipe) && adoption == Adoption::Refuse {
        codes.push(FindingCode::ProductUnproven);
    }
    codes
}

/// Whether the product has another display name, and neither its subscriptions nor, where the site is linked, its
/// policy are of the link.
fn is_unproven(recipe: &Recipe) -> bool {
    let renamed = matches!(recipe.product, Some(ProductRecipe::Wrong { renamed: true, .. }));
    let of_site =
        matches!(recipe.policy, Some(PolicyRecipe::Right | PolicyRecipe::Lax | PolicyRecipe::AlsoLetsIn));
    let connected =
        recipe.backends.iter().any(|it| matches!(it, BackendRecipe::Own | BackendRecipe::OwnFailed));
    let holder = match recipe.site_key {
        SiteKeyRecipe::PrimaryOf(at) | SiteKeyRecipe::SecondaryOf(at) => recipe.subscriptions.get(at),
        SiteKeyRecipe::Stale | SiteKeyRecipe::None => None,
    };
    let held = connected && holder.is_some_and(|holder| holder.keys);
    let named = recipe.subscriptions.iter().any(|it| it.named);
    let linked = of_site && connected;
    let is_its_own = linked || held || named;
    renamed && !is_its_own
}

fn others(resources: &[Resource]) -> Vec<&Resource> {
    let of_link = |resource: &&Resource| {
        let key = resource.id().lower_case();
        let own = key.contains(&format!("/products/{LABEL}")) || key.contains("/linkedbackends/");
        !own && !key.contains("/subscriptions/s") && !key.ends_with(&format!("/subscriptions/{LABEL}"))
    };
    resources
        .iter()
        .filter(of_link)
        .filter(|resource| !resource.id().lower_case().ends_with("/staticsites/shop"))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn link_and_relink_converge_or_refuse_for_the_known_reasons(
        recipe in any_recipe(),
        intent in prop_oneof![Just(LINK), Just(REPLACE), Just(Intent::Relink)],
        adoption in prop_oneof![Just(Adoption::Refuse), Just(Adoption::Allow)],
    ) {
        block_on(async {
            let mut world = World::new(&recipe);
            world.target.adoption = adoption;
            let expected = refusals(&recipe, &intent, adoption);
            let before = world.snapshot();
            match world.run(&intent).await {
                Ok(_) => prop_assert!(expected.is_empty(), "should have refused: {expected:?}"),
                Err(Stopped::Refused(refusal)) => {
                    let codes: Vec<_> = refusal.findings.iter().map(|finding| finding.code).collect();
                    prop_assert!(!expected.is_empty(), "refused: {refusal}");
                    prop_assert!(expected.iter().all(|code| codes.contains(code)), "{codes:?}");
                    prop_assert_eq!(before, world.snapshot(), "a refusal changes nothing");
                    return Ok(());
                }
                Err(Stopped::Died(error)) => prop_assert!(false, "{error}: {:?}", std::error::Error::source(&error)),
            }
            let verdict = world.verdict().await;
            prop_assert_eq!(verdict.state, LinkState::Linked, "{:?}", verdict.findings);
            let again = world.plan(&LINK).await.unwrap();
            prop_assert!(again.is_empty(), "a second run has steps: {:?}", again.steps);
            let traffic = Traffic::of(&world.plane()).await;
            prop_assert!(traffic.proxied && traffic.key_is_valid && !traffic.unguarded, "{traffic:?}");
            Ok(())
        })?;
    }

    #[test]
    fn unlink_disconnects_and_touches_no_api_and_no_other_product(
        recipe in any_recipe(),
        intent in prop_oneof![Just(UNLINK), Just(PURGE)],
    ) {
        block_on(async {
            let world = World::new(&recipe);
            let before = world.snapshot();
            let outcome = world.run(&intent).await;
            let after = world.snapshot();
            prop_assert_eq!(others(&before), others(&after), "what is not of the link stays as it is");
            if recipe.product == Some(ProductRecipe::OfAnotherSite) {
                let product = |all: &[Resource]| {
                    all.iter().find(|r| r.id().lower_case().ends_with(&format!("/products/{LABEL}"))).cloned()
                };
                prop_assert_eq!(product(&before), product(&after), "another site's product stays");
            }
            let Ok(_) = outcome else {
                prop_assert!(matches!(outcome, Err(Stopped::Refused(_))));
                prop_assert_eq!(before, after, "a refusal changes nothing");
                return Ok(());
            };
            prop_assert!(world.verdict().await.fulfils(&intent));
            let again = world.plan(&intent).await;
            prop_assert!(again.is_ok_and(|plan| plan.is_empty()) || recipe.backends.contains(&BackendRecipe::Foreign));
            Ok(())
        })?;
    }

    #[test]
    fn a_purge_deletes_no_subscription_that_linking_did_not_make(recipe in any_recipe()) {
        block_on(async {
            let world = World::new(&recipe);
            let partners = |all: &[Resource]| {
                let of_partner = |r: &&Resource| {
                    r.text("properties.displayName").ok().flatten().is_some_and(|name| name.starts_with("Partner"))
                };
                all.iter().filter(of_partner).cloned().collect::<Vec<_>>()
            };
            let before = partners(&world.snapshot());
            let adopted = world.observe().await.subscription().map(|own| own.view.id.to_string());
            drop(world.run(&PURGE).await);
            let after = partners(&world.snapshot());
            let lost: Vec<_> = before.iter().filter(|r| !after.contains(r)).collect();
            prop_assert!(lost.iter().all(|r| Some(r.id().to_string()) == adopted), "{lost:?}");
            Ok(())
        })?;
    }

    #[test]
    fn relink_leaves_no_key_alive_that_was_known_before(recipe in any_recipe()) {
        block_on(async {
            let world = World::new(&recipe);
            let before = world.observe().await.keys;
            if world.run(&Intent::Relink).await.is_err() {
                return Ok(());
            }
            let (Some(before), Some(after)) = (before, world.observe().await.keys) else { return Ok(()) };
            for old in [&before.primary, &before.secondary] {
                prop_assert_eq!(after.slot_of(old), None, "an old key is still accepted");
            }
            Ok(())
        })?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_shrink_iters: 400, ..ProptestConfig::default() })]

    fn every_prefix_of_a_plan_keeps_calls_working_and_guarded(
        recipe in any_recipe(),
        intent in prop_oneof![Just(LINK), Just(REPLACE), Just(Intent::Relink)],
    ) {
        block_on(async {
            let whole = World::new(&recipe);
            let Ok(writes) = whole.run(&intent).await else { return Ok(()) };
            for survived in 0..writes {
                let world = World::new(&recipe);
                let before = Traffic::of(&world.plane()).await;
                let died = world.run_dying(&intent, survived).await;
                prop_assert!(matches!(died, Err(Stopped::Died(_))));
                let after = Traffic::of(&world.plane()).await;
                prop_assert!(before.unguarded || !after.unguarded, "unguarded after {survived} writes");
                let worked = before.proxied && before.key_is_valid;
                prop_assert!(!worked || after.key_is_valid, "the site's key is refused after {survived} writes");
                // What was wrong before does not matter any more once the same command ran again.
                prop_assert!(world.run(&intent).await.is_ok());
                let verdict = world.verdict().await;
                prop_assert_eq!(verdict.state, LinkState::Linked, "{:?}", verdict.findings);
                let traffic = Traffic::of(&world.plane()).await;
                prop_assert!(traffic.key_is_valid && !traffic.unguarded, "{traffic:?}");
            }
            Ok(())
        })?;
    }
}

#[test]
fn every_prefix_of_every_plan_keeps_calls_working_and_guarded() {
    twice_at_once(every_prefix_of_a_plan_keeps_calls_working_and_guarded);
}

#[test]
fn two_relinks_at_once_leave_a_working_link() {
    block_on(async {
        let world = World::new(&Recipe::linked());
        let plan = world.plan(&Intent::Relink).await.unwrap();
        let other = world.plan(&Intent::Relink).await.unwrap();
        let plane = world.plane();
        swa_apim::engine::apply(&plane, &swa_apim::ambient::System, &plan, None, &crate::world::Silent)
            .await
            .unwrap();
        let late = world.plane();
        let error =
            swa_apim::engine::apply(&late, &swa_apim::ambient::System, &other, None, &crate::world::Silent)
                .await;
        assert!(matches!(error, Err(swa_apim::engine::ApplyError::Moved { .. })), "{error:?}");
        let traffic = Traffic::of(&world.plane() as &dyn ControlPlane).await;
        assert!(traffic.key_is_valid && !traffic.unguarded);
    });
}
