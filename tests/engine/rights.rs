//! What plans need, and what is said of verbs before there is a plan.

use proptest::prelude::*;
use swa_apim::{
    engine::{self, Certainty, Grace, Intent, Need, Observed, Propagation, Provisioner, Rights, Scope, Verb},
    model::{Permission, Permissions},
};

use crate::{
    recipe::any_recipe,
    world::{LINK, PURGE, REPLACE, UNLINK, World},
};

fn observe(world: &World, provisioner: Provisioner, propagation: Propagation) -> Observed {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut observed = runtime.block_on(world.observe());
    (observed.target.provisioner, observed.target.propagation) = (provisioner, propagation);
    observed
}

fn verb_of(intent: &Intent) -> Verb {
    match intent {
        Intent::Relink => Verb::Relink,
        intent if *intent == PURGE => Verb::Purge,
        intent if *intent == UNLINK => Verb::Unlink,
        _ => Verb::Link,
    }
}

/// A caller who may do just these things, each where it is needed.
fn rights(needs: &[Need]) -> Rights {
    let of = |scope: Scope| {
        let here = needs.iter().filter(|need| need.scope == scope);
        let actions = here.map(|need| need.action.to_owned()).collect();
        Permissions::new(vec![Permission { actions, not_actions: Vec::new() }])
    };
    Rights::of(of(Scope::StaticSite), of(Scope::Service))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_plan_needs_more_than_its_verb_may_need(
        recipe in any_recipe(),
        intent in prop_oneof![Just(LINK), Just(REPLACE), Just(Intent::Relink), Just(UNLINK), Just(PURGE)],
        provisioner in prop_oneof![Just(Provisioner::Engine), Just(Provisioner::Service)],
        propagation in prop_oneof![Just(Propagation::Immediate), Just(Propagation::Eventual(Grace::default()))],
    ) {
        let world = World::new(&recipe);
        let observed = observe(&world, provisioner, propagation);
        let Ok(plan) = engine::plan(&observed, &intent) else { return Ok(()) };
        let may_need = rights(&Need::all_of_verb(verb_of(&intent), &observed.target));
        let lacking = may_need.lacks(Need::all_of_plan(&plan));
        prop_assert!(lacking.is_empty(), "{lacking:?}");
        prop_assert!(engine::check_rights(&plan, &may_need).is_ok());
    }

    #[test]
    fn every_known_need_that_is_not_met_is_reported(
        recipe in any_recipe(),
        intent in prop_oneof![Just(REPLACE), Just(Intent::Relink), Just(PURGE)],
        left_out in any::<prop::sample::Index>(),
    ) {
        let world = World::new(&recipe);
        let observed = observe(&world, Provisioner::Service, Propagation::Immediate);
        let Ok(plan) = engine::plan(&observed, &intent) else { return Ok(()) };
        let mut needs = Need::all_of_plan(&plan);
        let missing = needs.remove(left_out.index(needs.len()));
        match engine::check_rights(&plan, &rights(&needs)) {
            Ok(()) => prop_assert_eq!(missing.certainty, Certainty::Inferred),
            Err(error) => {
                prop_assert_eq!(&error.missing, &vec![missing]);
                prop_assert!(error.to_string().contains(missing.action));
            }
        }
    }
}

#[test]
fn a_right_at_one_end_is_none_at_the_other() {
    let world = World::of_document(r#"{"schemaVersion":1,"resources":[]}"#, &[]);
    let needs = Need::all_of_verb(Verb::Relink, &world.target);
    let everything =
        Permissions::new(vec![Permission { actions: vec!["*".to_owned()], not_actions: vec![] }]);
    let at_the_site = Rights::of(everything.clone(), Permissions::default());
    let lacking = at_the_site.lacks(needs.clone());
    assert!(!lacking.is_empty() && lacking.iter().all(|need| need.scope == Scope::Service), "{lacking:?}");
    assert!(Rights::of(everything.clone(), everything).lacks(needs).is_empty());
}
