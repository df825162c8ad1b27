//! Whatever request fails, the report says truthfully which steps were applied, and the exit code fits.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

use crate::{
    azure::{FakeAzure, Fault, Kind, LABEL, Options, SERVICE, Seen, Shape},
    program::{Run, command, run, side_by_side},
};

/// What is read of a site at each look, and at nothing else.
const SITES: &str = "/staticsites/";
/// How many runs of the program are under way at once; they mostly wait.
const AT_ONCE: usize = 8;
const LINKED: &[&str] = &["link", "api add orders"];
/// A verb, what was run before it, and whether Azure provisions.
const VERBS: [(&str, &[&str], bool); 5] = [
    ("link", &[], true),
    ("link --provisioning engine", &[], false),
    ("relink", LINKED, true),
    ("unlink --purge --yes", LINKED, true),
    ("api remove orders", LINKED, true),
];

fn scene(before: &[&str], provisions: bool) -> FakeAzure {
    let azure = FakeAzure::with_scene(Options { provisions, ..Options::default() });
    for line in before {
        assert_eq!(run(&azure, line).code, Some(0), "{line}");
    }
    azure.take_seen();
    azure
}

/// Whether a request changes something.
fn is_write(seen: &Seen) -> bool {
    let reads = ["/listsecrets", "/checkaccess", "/resources"];
    let path = seen.path.to_lowercase();
    !seen.data_plane
        && !["GET", "HEAD"].contains(&seen.method.as_str())
        && (seen.method != "POST" || !reads.iter().any(|it| path.ends_with(it)))
}

fn count(run: &Run, status: &str) -> usize {
    let steps = run.json()["results"][0]["steps"].as_array().unwrap().clone();
    let is = |step: &&Value| step["status"] == status && step["kind"] != "wait";
    steps.iter().filter(is).count()
}

fn is_truthful(failed: &Run, acknowledged: usize, what: &str) {
    let (applied, unknown) = (count(failed, "applied"), count(failed, "unknown"));
    assert_eq!(applied, acknowledged, "{what}: {failed:?}");
    let code = failed.code.unwrap();
    if applied > 0 {
        assert!([0, 7, 8].contains(&code), "{what}: {failed:?}");
    }
    let result = &failed.json()["results"][0];
    assert_eq!(result["outcome"] == "refused", code == 4, "{what}: {failed:?}");
    assert!(unknown == 0 || code != 4, "{what}: {failed:?}");
}

/// Fails every request from each one on, for each verb.
fn fails_from_every_request_on(kind: &Kind) {
    side_by_side(VERBS, |(verb, before, provisions)| {
        let start = scene(before, provisions);
        let azure = start.copy();
        let line = format!("{verb} -o json");
        assert_eq!(run(&azure, &line).code, Some(0), "{verb}");
        let requests = azure.take_seen().iter().filter(|seen| !seen.data_plane).count();
        let fails_from = |number: usize| {
            let what = format!("{verb}, request {number}, {kind:?}");
            let azure = start.copy();
            let from = Fault::once("*", "/", kind.clone());
            azure.fault(Fault { skip: number, times: usize::MAX, ..from });
            let failed = run(&azure, &line);
            let seen = azure.take_seen();
            let writes = seen.iter().filter(|seen| is_write(seen) && seen.status < 300).count();
            if failed.stdout.is_empty() {
                assert_eq!(writes, 0, "{what}: {failed:?}");
            } else {
                is_truthful(&failed, writes, &what);
            }
        };
        thread::scope(|scope| {
            for worker in 0..AT_ONCE {
                let fails_from = &fails_from;
                scope.spawn(move || (worker..requests).step_by(AT_ONCE).for_each(fails_from));
            }
        });
    });
}

#[test]
fn a_right_that_is_lost_at_any_request_leaves_a_truthful_report() {
    let denied =
        "The client 'a' with object id 'b' does not have authorization to perform action 'x' over scope '/s'";
    fails_from_every_request_on(&Kind::Error(403, "AuthorizationFailed", denied));
}

#[test]
fn a_refusal_of_any_request_leaves_a_truthful_report() {
    fails_from_every_request_on(&Kind::Error(409, "ScopeLocked", "locked"));
}

#[test]
fn a_relink_whose_last_look_fails_was_applied_and_not_verified() {
    let azure = scene(LINKED, true);
    let denied =
        "The client 'a' with object id 'b' does not have authorization to perform action 'x' over scope '/s'";
    let (reads, writes) = {
        let azure = scene(LINKED, true);
        assert_eq!(run(&azure, "relink").code, Some(0));
        let seen = azure.take_seen();
        let last = seen.iter().rposition(is_write).unwrap();
        let is_look = |seen: &&Seen| seen.method == "GET" && seen.path.to_lowercase().contains(SITES);
        let reads = seen[..last].iter().filter(is_look).count();
        (reads, seen.iter().filter(|seen| is_write(seen)).count())
    };
    let lost = Fault::once("GET", SITES, Kind::Error(403, "AuthorizationFailed", denied));
    azure.fault(Fault { skip: reads, times: usize::MAX, ..lost });
    let failed = run(&azure, "relink -o json");
    assert_eq!(failed.code, Some(8), "{failed:?}");
    assert_eq!((count(&failed, "applied"), count(&failed, "failed")), (writes, 0), "{failed:?}");
}

#[test]
fn an_answer_that_is_lost_leaves_its_step_unknown() {
    let cases =
        [("unlink", LINKED, "DELETE", "/linkedbackends/"), ("link", &[][..], "PUT", "/linkedbackends/")];
    side_by_side(cases, |(verb, before, method, path)| {
        let azure = scene(before, true);
        azure.fault(Fault::always(method, path, Kind::Hang).after());
        let failed = run(&azure, &format!("{verb} -o json --timeout 5s"));
        assert_eq!((count(&failed, "applied"), count(&failed, "unknown")), (0, 1), "{verb}: {failed:?}");
        assert_eq!(failed.code, Some(5), "{verb}: {failed:?}");
        assert_eq!(failed.json()["results"][0]["outcome"], "failed", "{failed:?}");
    });
}

/// The request is sent again, and refused because its own first attempt has changed the version.
#[test]
fn a_change_whose_answer_was_lost_and_that_is_then_refused_leaves_its_step_unknown() {
    let azure = scene(LINKED, true);
    let (product, policy) =
        (format!("{SERVICE}/products/{LABEL}"), format!("{SERVICE}/products/{LABEL}/policies/policy"));
    for (id, property, value) in
        [(&product, "state", "notPublished"), (&policy, "value", "<policies><inbound /></policies>")]
    {
        let mut body = azure.state().get(id).unwrap().clone();
        body["properties"][property] = value.into();
        azure.state().set(body);
        azure.fault(Fault::once("PUT", &id.to_lowercase().leak()[SERVICE.len()..], Kind::Reset).after());
        let linked = run(&azure, "link --provisioning engine -o json");
        assert_eq!(linked.code, Some(0), "{id}: {linked:?}");
        assert_eq!((count(&linked, "applied"), count(&linked, "unknown")), (0, 1), "{id}: {linked:?}");
        assert_eq!(linked.json()["results"][0]["outcome"], "applied", "{id}: {linked:?}");
        assert_eq!(linked.json()["results"][0]["state"], "linked", "{id}: {linked:?}");
    }
}

/// A gateway can answer 503 although the server behind it has carried the request out.
#[test]
fn a_change_that_ends_with_any_transient_status_leaves_its_step_unknown() {
    for status in [408, 500, 502, 503, 504] {
        let azure = scene(LINKED, true);
        azure.fault(
            Fault::always("DELETE", "/linkedbackends/", Kind::Later(status, "7200".to_owned())).after(),
        );
        let failed = run(&azure, "unlink -o json --timeout 5s");
        assert_eq!((count(&failed, "applied"), count(&failed, "unknown")), (0, 1), "{status}: {failed:?}");
        assert_eq!(failed.code, Some(5), "{status}: {failed:?}");
    }
}

#[test]
fn a_signal_at_any_request_names_the_steps_that_were_applied() {
    let start = scene(LINKED, true);
    let azure = start.copy();
    assert_eq!(run(&azure, "relink").code, Some(0));
    let seen = azure.take_seen();
    let writes: Vec<usize> = seen
        .iter()
        .filter(|seen| !seen.data_plane)
        .enumerate()
        .filter(|(_, seen)| is_write(seen))
        .map(|(at, _)| at)
        .collect();
    thread::scope(|scope| {
        for (done, number) in writes.into_iter().enumerate() {
            let start = &start;
            scope.spawn(move || {
                let azure = start.copy();
                let arrived = azure.stop_at(number);
                let mut command = command(&azure, "relink");
                let child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
                arrived.recv_timeout(Duration::from_secs(60)).unwrap();
                let signal = if done % 2 == 0 { Signal::SIGINT } else { Signal::SIGTERM };
                kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
                let ended = Run::of(&child.wait_with_output().unwrap());
                assert_eq!(ended.code, Some(130), "{ended:?}");
                let line = |words: &str| ended.stderr.lines().find(|line| line.contains(words));
                let applied = line(": applied: ").map_or(0, |line| line.split(", ").count());
                assert_eq!(applied, done, "{ended:?}");
                assert!(line("not known whether it was applied").is_some(), "{ended:?}");
                azure.stop_no_more();
                assert_eq!(run(&azure, "relink").code, Some(0));
            });
        }
    });
}

/// None of these requests is ever answered, so only the signal ends the command.
#[test]
fn a_signal_ends_an_audit_and_a_prune_at_any_request() {
    let start = scene(&["link", "unlink"], true);
    let reported = AtomicUsize::new(0);
    for (line, words) in [("audit", "interrupted"), ("prune --yes -o json", "interrupted")] {
        let azure = start.copy();
        assert_eq!(run(&azure, line).code, Some(0), "{line}");
        let requests = azure.take_seen().iter().filter(|seen| !seen.data_plane).count();
        assert!(requests > 3, "{line} sends {requests} requests");
        let ends_at = |number: usize| {
            let azure = start.copy();
            let arrived = azure.stop_at(number);
            let mut command = command(&azure, line);
            command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
            let child = command.spawn().unwrap();
            arrived.recv_timeout(Duration::from_secs(60)).unwrap();
            let signal = if number.is_multiple_of(2) { Signal::SIGTERM } else { Signal::SIGINT };
            kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
            let ended = Run::of(&child.wait_with_output().unwrap());
            assert_eq!(ended.code, Some(130), "{line}, request {number}: {ended:?}");
            assert!(ended.stderr.contains(words), "{line}, request {number}: {ended:?}");
            if let ("prune --yes -o json", false) = (line, ended.stdout.is_empty()) {
                let report = ended.json();
                let steps = report["products"][0]["steps"].as_array().unwrap();
                let of = |status: &str| steps.iter().filter(|step| step["status"] == status).count();
                let deleted =
                    azure.take_seen().iter().filter(|seen| is_write(seen) && seen.status < 300).count();
                assert!(of("applied") <= deleted, "request {number}: {ended:?}");
                assert!(of("pending") + of("unknown") > 0, "request {number}: {ended:?}");
                assert_eq!(report["products"][0]["error"]["exitCode"], 130, "{ended:?}");
                reported.fetch_add(1, Ordering::Relaxed);
            }
        };
        thread::scope(|scope| {
            for worker in 0..AT_ONCE {
                let ends_at = &ends_at;
                scope.spawn(move || (worker..requests).step_by(AT_ONCE).for_each(ends_at));
            }
        });
    }
    assert!(reported.into_inner() > 2, "each request after the plan");
}

/// The first answer names no operation and shows no backend, so the connection is sent again.
#[test]
fn a_connection_that_was_accepted_and_is_refused_when_it_is_sent_again_is_unknown() {
    let azure = FakeAzure::with_scene(Options { shape: Shape::AcceptedOnly, ..Options::default() });
    let refused = Fault::once("PUT", "/linkedbackends/", Kind::Error(409, "ScopeLocked", "locked"));
    azure.fault(Fault { skip: 1, ..refused });
    let failed = run(&azure, "link -o json");
    assert_eq!((count(&failed, "applied"), count(&failed, "unknown")), (0, 1), "{failed:?}");
    assert_eq!(failed.code, Some(7), "{failed:?}");
    assert_eq!(run(&azure, "link").code, Some(0));
}

#[test]
fn waits_that_do_not_fit_into_the_timeout_are_refused_before_anything_is_changed() {
    let azure = scene(LINKED, true);
    let run = run(&azure, "relink --grace 1h --timeout 6s");
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stderr.contains("--timeout") && run.stderr.contains("--grace"), "{run:?}");
    assert!(!azure.take_seen().iter().any(is_write));
}
