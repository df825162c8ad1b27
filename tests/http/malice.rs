//! Everything that can go wrong between the program and Azure, for each verb: the right exit code, a message
//! that can be read, a link that goes on working, and a next run that finishes.

use std::thread;

use crate::{
    azure::{FakeAzure, Fault, Kind, Options, When},
    program::{Run, run, side_by_side},
};

const VERBS: [&str; 4] = ["link", "relink", "unlink", "status"];

/// A scene on which a verb has something to do.
fn scene(verb: &str) -> FakeAzure {
    let azure = FakeAzure::with_scene(Options::default());
    if verb != "link" {
        assert_eq!(run(&azure, "link").code, Some(0));
        assert_eq!(run(&azure, "api add orders").code, Some(0));
    }
    azure
}

/// The requests that a verb sends, of which each can go wrong, and how many like them it sends before.
fn targets(verb: &str) -> &'static [(&'static str, &'static str, usize)] {
    match verb {
        "link" => &[("GET", "/staticsites/", 0), ("PUT", "/linkedbackends/", 0)],
        "relink" => &[
            ("POST", "/listsecrets", 0),
            ("PUT", "/linkedbackends/", 0),
            ("PATCH", "/subscriptions/", 0),
            ("PATCH", "/subscriptions/", 1),
        ],
        "unlink" => &[("GET", "/service/gate", 0), ("DELETE", "/linkedbackends/", 0)],
        _ => &[("GET", "/service/gate", 0), ("GET", "/policies/policy", 0)],
    }
}

fn finishes(azure: &FakeAzure, verb: &str, what: &str) {
    azure.mend();
    let again = run(azure, verb);
    assert_eq!(again.code, Some(0), "{what}, then again: {again:?}");
    assert_eq!(azure.state().violations(), Vec::<String>::new(), "{what}");
}

fn readable(failed: &Run, what: &str) {
    // Lines about the progress of steps come first.
    let has_error = failed.stderr.lines().any(|line| line.starts_with("error: "));
    assert!(has_error && failed.stderr.contains("hint: "), "{what}: {failed:?}");
}

/// A verb, and a request of it that goes wrong, by its method, a part of its path, and how many like it come before.
#[derive(Clone, Copy)]
struct Case<'a> {
    verb: &'static str,
    method: &'static str,
    path: &'static str,
    skip: usize,
    /// The scene of the verb, of which every run gets a copy.
    start: &'a FakeAzure,
}

/// Runs a check for each verb and each of its requests, all at once: they mostly wait.
fn for_each(check: impl Fn(Case<'_>) + Sync) {
    let check = &check;
    thread::scope(|scope| {
        for verb in VERBS {
            scope.spawn(move || {
                let start = &scene(verb);
                thread::scope(|scope| {
                    for &(method, path, skip) in targets(verb) {
                        scope.spawn(move || check(Case { verb, method, path, skip, start }));
                    }
                });
            });
        }
    });
}

#[test]
fn what_passes_is_waited_for() {
    let kinds = [
        Kind::Status(408),
        Kind::Later(429, "1".to_owned()),
        Kind::Status(500),
        Kind::Status(502),
        Kind::Status(503),
        Kind::Status(504),
        Kind::Reset,
        Kind::Truncated,
        Kind::Malformed,
    ];
    for_each(|case| {
        thread::scope(|scope| {
            for kind in &kinds {
                scope.spawn(move || passes(case, kind));
            }
        });
    });
}

fn passes(Case { verb, method, path, skip, start }: Case<'_>, kind: &Kind) {
    side_by_side([When::Before, When::After], |when| {
        let what = format!("{verb}, {method} {path} {skip}, {kind:?} {when:?}");
        let azure = start.copy();
        azure.fault(Fault { skip, when, ..Fault::once(method, path, kind.clone()) });
        let done = run(&azure, verb);
        assert_eq!(done.code, Some(0), "{what}: {done:?}");
        finishes(&azure, verb, &what);
    });
}

#[test]
fn a_persistent_failure_is_reported_with_its_exit_code() {
    let denied = "The client 'a' with object id 'b' does not have authorization to perform action 'x/read' over scope '/s'";
    let cases = [
        (Kind::Page(403), 6),
        (Kind::Error(403, "AuthorizationFailed", denied), 6),
        (Kind::Claims, 6),
        (Kind::Error(401, "InvalidAuthenticationToken", "no"), 6),
        (Kind::Error(409, "ScopeLocked", "locked"), 4),
        (Kind::Later(503, "3600".to_owned()), 5),
        (Kind::Later(429, "Fri, 31 Dec 2100 23:59:59 GMT".to_owned()), 5),
        (Kind::Huge, 5),
    ];
    for_each(|case| {
        thread::scope(|scope| {
            for (kind, exit) in &cases {
                scope.spawn(move || stays(case, kind, *exit));
            }
        });
    });
}

fn stays(Case { verb, method, path, skip, start }: Case<'_>, kind: &Kind, exit: i32) {
    let azure = start.copy();
    let what = format!("{verb}, {method} {path} {skip}, {kind:?}");
    azure.fault(Fault { skip, ..Fault::always(method, path, kind.clone()) });
    let failed = run(&azure, verb);
    assert!([Some(exit), Some(7)].contains(&failed.code), "{what}: {failed:?}");
    assert!(failed.code != Some(7) || verb == "relink", "{what}: {failed:?}");
    readable(&failed, &what);
    finishes(&azure, verb, &what);
}

#[test]
fn a_request_without_an_answer_ends_at_the_time_limit() {
    for_each(|Case { verb, method, path, skip, start }| {
        side_by_side([Kind::Hang, Kind::Endless], |kind| {
            let azure = start.copy();
            let what = format!("{verb}, {method} {path} {skip}, {kind:?}");
            azure.fault(Fault { skip, ..Fault::always(method, path, kind) });
            let failed = run(&azure, &format!("{verb} --timeout 5s"));
            assert!([Some(5), Some(7)].contains(&failed.code), "{what}: {failed:?}");
            readable(&failed, &what);
            finishes(&azure, verb, &what);
        });
    });
}

#[test]
fn a_version_that_changed_once_is_planned_again_and_one_that_always_changes_is_reported() {
    let azure = scene("relink");
    let always = azure.copy();
    let moved = Kind::Error(412, "PreconditionFailed", "moved");
    azure.fault(Fault::once("PATCH", "/subscriptions/", moved.clone()));
    always.fault(Fault::always("PATCH", "/subscriptions/", moved));
    thread::scope(|scope| {
        scope.spawn(|| assert_eq!(run(&azure, "relink").code, Some(0)));
        let failed = run(&always, "relink --grace 0");
        assert!([Some(4), Some(7)].contains(&failed.code), "{failed:?}");
        readable(&failed, "412 for ever");
        finishes(&always, "relink", "412 for ever");
    });
}

#[test]
fn something_in_progress_is_waited_for() {
    let azure = scene("relink");
    azure.fault(Fault::once(
        "PATCH",
        "/subscriptions/",
        Kind::Error(409, "Conflict", "Operation on the API is in progress"),
    ));
    assert_eq!(run(&azure, "relink").code, Some(0));
}

#[test]
fn a_retirement_whose_answer_is_lost_is_not_carried_out_twice() {
    let azure = scene("relink");
    azure.fault(Fault { skip: 1, ..Fault::once("PATCH", "/subscriptions/", Kind::Reset).after() });
    let done = run(&azure, "relink");
    assert_eq!(done.code, Some(0), "the key is gone, whatever became of the answer: {done:?}");
    let seen = azure.take_seen();
    let answers: Vec<u16> =
        seen.iter().filter(|seen| seen.method == "PATCH").map(|seen| seen.status).collect();
    assert_eq!(answers, [200, 0, 412], "a swap, a lost answer, and a refusal of the repetition");
}
