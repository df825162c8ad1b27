//! A site under load while its keys are replaced: the emulator's data plane carries the load, and the program
//! relinks over HTTP against its control plane.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod scene;
mod storm;

use std::{thread, time::Duration};

use scene::{Scene, Slow};
use storm::Storm;

/// How many requests have to be answered for the claim to mean something.
const REQUESTS: usize = 200_000;

#[test]
fn ten_relinks_in_a_row_lose_not_one_of_200_000_requests() {
    let scene = Scene::linked(Slow::by(Duration::from_millis(700)));
    let storm = Storm::over(&scene, 64);
    for number in 1..=10 {
        let relink = scene.run("relink --grace 1");
        assert!(relink.status.success(), "relink {number}: {relink:?}");
    }
    storm.wait_for(REQUESTS);
    let told = storm.end();
    assert_eq!(told.refused, Vec::<String>::new(), "of {} requests", told.answered);
    assert!(told.answered >= REQUESTS, "{}", told.answered);
}

#[test]
fn a_relink_that_is_killed_at_any_step_and_run_again_loses_no_request() {
    let steps = Scene::linked(Slow::by(Duration::from_millis(700))).relink_and_count_steps();
    assert!(steps >= 8, "a rotation has {steps} steps");
    thread::scope(|scope| {
        for step in 1..=steps {
            scope.spawn(move || {
                let scene = Scene::linked(Slow::by(Duration::from_millis(700)));
                let storm = Storm::steady(&scene);
                scene.kill_relink_at(step);
                let again = scene.run("relink --grace 1");
                assert!(again.status.success(), "killed at step {step}: {again:?}");
                let told = storm.end();
                let refused = Vec::<String>::new();
                assert_eq!(told.refused, refused, "killed at step {step}, of {} requests", told.answered);
            });
        }
    });
}

#[test]
fn two_relinks_at_once_lose_no_request() {
    let scene = Scene::linked(Slow::by(Duration::from_millis(700)));
    let storm = Storm::steady(&scene);
    let mut both: Vec<_> = (0..2).map(|_| scene.command("relink --grace 1").spawn().unwrap()).collect();
    for relink in &mut both {
        assert!(relink.wait().unwrap().success());
    }
    let told = storm.end();
    assert_eq!(told.refused, Vec::<String>::new(), "of {} requests", told.answered);
}

#[test]
fn the_naive_order_does_lose_requests_and_is_seen_to() {
    let scene = Scene::linked(Slow::by(Duration::from_millis(700)));
    let storm = Storm::steady(&scene);
    scene.regenerate_primary();
    storm.wait_for_refusal();
    scene.connect();
    let told = storm.end();
    assert!(!told.refused.is_empty(), "of {} requests, not one was lost", told.answered);
    let words = "Access denied due to invalid subscription key.";
    assert!(told.refused.iter().any(|refused| refused.contains(words)), "{:?}", told.refused);
}
