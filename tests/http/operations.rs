//! Long-running operations, in every shape and with every ending.

use std::{thread, time::Duration};

use crate::{
    azure::{Ending, FakeAzure, Fault, Kind, Options, SITE, Seen, Shape},
    program::{run, side_by_side},
};

fn scene(shape: Shape, ending: Ending) -> FakeAzure {
    let takes = Duration::from_millis(1_200);
    FakeAzure::with_scene(Options { shape, takes, ending, ..Options::default() })
}

#[test]
fn every_shape_of_operation_is_waited_for() {
    side_by_side(Shape::ALL, |shape| {
        let azure = scene(shape, Ending::Succeeds);
        let link = run(&azure, "link");
        assert_eq!(link.code, Some(0), "{shape:?}: {link:?}");
        assert_eq!(run(&azure, "status -o json").json()["links"][0]["state"], "linked", "{shape:?}");
    });
}

#[test]
fn an_operation_that_fails_says_what_azure_says_and_can_be_run_again() {
    let cases = [
        (Shape::AsyncOperation, Ending::Fails),
        (Shape::AsyncOperation, Ending::Canceled),
        (Shape::AcceptedLocation, Ending::Fails),
        (Shape::AcceptedOnly, Ending::Fails),
        (Shape::Final, Ending::Fails),
        (Shape::Final, Ending::Canceled),
    ];
    side_by_side(cases, |(shape, ending)| {
        let azure = scene(shape, ending);
        let link = run(&azure, "link");
        assert_eq!(link.code, Some(7), "{shape:?} {ending:?}: {link:?}");
        let word = if ending == Ending::Fails { "Failed" } else { "Canceled" };
        assert!(
            link.stderr.contains(&format!("ended with the state {word}")),
            "{shape:?} {ending:?}: {link:?}"
        );
        azure.state().recover();
        let again = run(&azure, "relink");
        assert_eq!(again.code, Some(0), "{shape:?} {ending:?}: {again:?}");
    });
}

#[test]
fn an_operation_that_never_ends_is_given_up_when_the_time_is_over() {
    let azure = scene(Shape::AsyncOperation, Ending::Never);
    let link = run(&azure, "link --timeout 3s");
    assert_eq!(link.code, Some(7), "{link:?}");
    assert!(link.stderr.contains("the time limit of 3 s was reached"), "{link:?}");
}

#[test]
fn what_need_not_be_waited_for_is_not() {
    let azure = scene(Shape::AsyncOperation, Ending::Never);
    let link = run(&azure, "link --no-wait");
    assert_eq!(link.code, Some(0), "{link:?}");
    assert!(link.stdout.contains("Azure has accepted the request to link `shop` to `gate`"), "{link:?}");
    let polls = azure.take_seen().into_iter().filter(|seen| seen.path.contains("operationResults"));
    assert_eq!(polls.count(), 0);
}

#[test]
fn a_connection_that_another_command_has_begun_is_waited_for() {
    let azure = FakeAzure::with_scene(Options::default());
    assert_eq!(run(&azure, "link").code, Some(0));
    let id = format!("{SITE}/builds/default/linkedBackends/gate");
    let mut backend = azure.state().get(&id).cloned().unwrap();
    backend["properties"]["provisioningState"] = "InProgress".into();
    azure.put(&backend);
    azure.take_seen();
    let mut seen = Vec::new();
    let link = thread::scope(|scope| {
        let link = scope.spawn(|| run(&azure, "link --grace 60 -o json"));
        let reads = |seen: &[Seen]| seen.iter().filter(|it| it.path.ends_with("/policies/policy")).count();
        while reads(&seen) < 2 && !link.is_finished() {
            seen.extend(azure.take_seen());
            thread::sleep(Duration::from_millis(20));
        }
        backend["properties"]["provisioningState"] = "Succeeded".into();
        azure.put(&backend);
        link.join().unwrap()
    });
    assert_eq!(link.code, Some(0), "{link:?}");
    let result = link.json()["results"][0].clone();
    assert_eq!((&result["outcome"], &result["state"]), (&"unchanged".into(), &"linked".into()), "{result}");
    seen.extend(azure.take_seen());
    assert_eq!(seen.iter().filter(|it| it.method == "PUT").count(), 0, "it is not begun again");
}

#[test]
fn a_part_that_a_resource_provider_omits_is_requested_again_and_then_reported() {
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

/// How the state of the linked backend shows that the site did not take the key.
const FAILED: &str = concat!(
    r#"{"properties":{"backendResourceId":"/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg"#,
    r#"/providers/Microsoft.ApiManagement/service/gate","region":null,"provisioningState":"Failed"}}"#
);

#[test]
fn a_relink_replaces_no_key_after_a_connection_that_failed() {
    // Each connection is preceded by one read of the backend, and followed by another one.
    side_by_side([("PUT", 0), ("PUT", 1), ("GET", 1), ("GET", 3)], |(method, skip)| {
        let azure = FakeAzure::with_scene(Options::default());
        assert_eq!(run(&azure, "link").code, Some(0));
        let (live, _) = azure.state().link_keys().unwrap();
        let failed = Fault::always(method, "/linkedbackends/gate", Kind::Says(200, FAILED));
        azure.fault(Fault { skip, ..failed });
        let stopped = run(&azure, "relink -o json");
        assert_eq!(stopped.code, Some(7), "{method} {skip}: {stopped:?}");
        let (primary, secondary) = azure.state().link_keys().unwrap();
        assert!([primary, secondary].contains(&live), "{method} {skip}: {stopped:?}");
        assert_eq!(azure.state().violations(), Vec::<String>::new(), "{method} {skip}");
        azure.mend();
        assert_eq!(run(&azure, "relink").code, Some(0), "{method} {skip}");
    });
}
