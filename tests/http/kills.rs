//! The program is killed before each of its requests, and run again.

use std::time::Duration;

use crate::{
    azure::{FakeAzure, Options},
    program::{command, run, start},
};

fn prepare(azure: &FakeAzure, lines: &[&str]) {
    for line in lines {
        assert_eq!(run(azure, line).code, Some(0), "{line}");
    }
}

/// How a state looks in the end, and how many requests it takes to get there.
fn undisturbed(first: &FakeAzure, line: &str) -> (String, usize) {
    let azure = first.copy();
    let done = run(&azure, line);
    assert_eq!(done.code, Some(0), "{done:?}");
    let requests = azure.take_seen().into_iter().filter(|seen| !seen.data_plane).count();
    assert_eq!(azure.state().violations(), Vec::<String>::new(), "{line}");
    let shape = azure.state().shape();
    (shape, requests)
}

fn survives(before: &[&str], line: &str, options: &Options) {
    let first = FakeAzure::with_scene(options.clone());
    prepare(&first, before);
    let (wanted, requests) = undisturbed(&first, line);
    assert!(requests > 3, "there is something to be killed between");
    std::thread::scope(|scope| {
        let at_once = 32;
        for worker in 0..at_once {
            let (first, wanted) = (&first, &wanted);
            scope.spawn(move || {
                for number in (worker..requests).step_by(at_once) {
                    let azure = first.copy();
                    let arrived = azure.stop_at(number);
                    let mut child = start(&azure, line);
                    arrived.recv_timeout(Duration::from_secs(60)).unwrap();
                    child.kill().unwrap();
                    child.wait().unwrap();
                    azure.stop_no_more();
                    let again = run(&azure, line);
                    assert_eq!(again.code, Some(0), "{line}, killed before request {number}: {again:?}");
                    let violations = azure.state().violations();
                    assert_eq!(violations, Vec::<String>::new(), "{line}, killed before request {number}");
                    assert_eq!(azure.state().shape(), *wanted, "{line}, killed before request {number}");
                }
            });
        }
    });
}

const LINKED: &[&str] = &["link", "api add orders"];

#[test]
fn a_link_that_is_killed_is_finished_by_the_next() {
    survives(&[], "link", &Options::default());
}

#[test]
fn a_link_that_the_engine_provisions_survives_too() {
    let options = Options { provisions: false, ..Options::default() };
    survives(&[], "link --provisioning engine", &options);
}

#[test]
fn a_relink_that_is_killed_is_finished_by_the_next_and_no_request_of_the_site_is_refused() {
    let options = Options { propagation: Duration::from_millis(700), ..Options::default() };
    survives(LINKED, "relink", &options);
}

#[test]
fn an_unlink_that_is_killed_is_finished_by_the_next() {
    survives(LINKED, "unlink --purge --yes", &Options::default());
}

#[test]
fn the_watch_sees_a_request_that_would_be_refused() {
    let azure = FakeAzure::with_scene(Options::default());
    prepare(&azure, LINKED);
    let keys = azure.state().link_keys().unwrap();
    let id = azure.state().subscription_id();
    azure.state().set_keys(&id, ("0".repeat(32), keys.1));
    assert_ne!(
        azure.state().violations(),
        Vec::<String>::new(),
        "the key was replaced behind the site's back"
    );
}

#[test]
fn two_relinks_at_once_lose_no_request_and_both_finish() {
    let azure =
        FakeAzure::with_scene(Options { propagation: Duration::from_millis(300), ..Options::default() });
    prepare(&azure, LINKED);
    let mut both: Vec<_> = (0..2).map(|_| command(&azure, "relink").spawn().unwrap()).collect();
    let codes: Vec<_> = both.iter_mut().map(|child| child.wait().unwrap().code()).collect();
    assert_eq!(codes, [Some(0), Some(0)]);
    assert_eq!(azure.state().violations(), Vec::<String>::new());
    assert_eq!(run(&azure, "status -o json").json()["links"][0]["state"], "linked");
    let primary = azure.state().link_keys().map(|keys| keys.0);
    assert_eq!(azure.state().site_key(), primary);
}
