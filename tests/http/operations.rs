//! Long-running operations, in every shape and with every ending.

use std::time::Duration;

use crate::{
    azure::{Ending, FakeAzure, Options, Shape},
    program::run,
};

fn scene(shape: Shape, ending: Ending) -> FakeAzure {
    let takes = Duration::from_millis(1_200);
    FakeAzure::with_scene(Options { shape, takes, ending, ..Options::default() })
}

#[test]
fn every_shape_of_operation_is_waited_for() {
    for shape in Shape::ALL {
        let azure = scene(shape, Ending::Succeeds);
        let link = run(&azure, "link");
        assert_eq!(link.code, Some(0), "{shape:?}: {link:?}");
        assert_eq!(run(&azure, "status -o json").json()["links"][0]["state"], "linked", "{shape:?}");
    }
}

#[test]
fn an_operation_that_fails_says_what_azure_says_and_can_be_run_again() {
    for (shape, ending) in [
        (Shape::AsyncOperation, Ending::Fails),
        (Shape::AsyncOperation, Ending::Canceled),
        (Shape::AcceptedLocation, Ending::Fails),
        (Shape::AcceptedOnly, Ending::Fails),
    ] {
        let azure = scene(shape, ending);
        let link = run(&azure, "link");
        assert_eq!(link.code, Some(7), "{shape:?} {ending:?}: {link:?}");
        let word = if ending == Ending::Fails { "Failed" } else { "Canceled" };
        assert!(link.stderr.contains(&format!("ended as {word}")), "{shape:?} {ending:?}: {link:?}");
        azure.state().recover();
        let again = run(&azure, "relink");
        assert_eq!(again.code, Some(0), "{shape:?} {ending:?}: {again:?}");
    }
}

#[test]
fn an_operation_that_never_ends_is_given_up_when_the_time_is_over() {
    let azure = scene(Shape::AsyncOperation, Ending::Never);
    let link = run(&azure, "link --timeout 3s");
    assert_eq!(link.code, Some(7), "{link:?}");
    assert!(link.stderr.contains("that the command may take are over"), "{link:?}");
}

#[test]
fn what_need_not_be_waited_for_is_not() {
    let azure = scene(Shape::AsyncOperation, Ending::Never);
    let link = run(&azure, "link --no-wait");
    assert_eq!(link.code, Some(0), "{link:?}");
    assert!(link.stdout.contains("Azure has accepted to link `shop` to `gate`"), "{link:?}");
    let polls = azure.take_seen().into_iter().filter(|seen| seen.path.contains("operationResults"));
    assert_eq!(polls.count(), 0);
}

#[test]
fn what_a_resource_provider_leaves_out_is_asked_for_once_more_and_then_told() {
    let azure = FakeAzure::with_scene(Options { provisions: false, ..Options::default() });
    let link = run(&azure, "link");
    assert_eq!(link.code, Some(8), "{link:?}");
    assert!(
        link.stdout.contains("the link's product `agreeable-smoke-06273c21e` does not exist"),
        "{link:?}"
    );
    let puts = azure.take_seen().into_iter().filter(|seen| seen.method == "PUT");
    assert_eq!(puts.count(), 2, "connected, and connected again");
    let by_hand = run(&azure, "relink --provisioning engine");
    assert_eq!(by_hand.code, Some(0), "{by_hand:?}");
}

#[test]
fn keys_that_azure_replaces_by_itself_are_not_replaced_again() {
    let azure = FakeAzure::with_scene(Options { rotates: true, ..Options::default() });
    assert_eq!(run(&azure, "link").code, Some(0));
    let before = azure.state().link_keys().unwrap();
    let relink = run(&azure, "relink");
    assert_eq!(relink.code, Some(0), "{relink:?}");
    let after = azure.state().link_keys().unwrap();
    assert!(before.0 != after.0 && before.1 != after.1);
    assert_eq!(azure.state().site_key(), Some(after.0));
}
