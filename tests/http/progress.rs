//! What a long change prints while it runs, where no terminal shows a list of its steps.

use regex::Regex;

use crate::{
    azure::{FakeAzure, Fault, Kind, Options},
    program::{Run, run},
};

fn relinked(before: impl FnOnce(&FakeAzure), line: &str) -> Run {
    let azure = FakeAzure::with_scene(Options::default());
    assert_eq!(run(&azure, "link").code, Some(0));
    before(&azure);
    let run = run(&azure, line);
    assert_eq!(run.code, Some(0), "{run:?}");
    run
}

#[test]
fn each_step_has_a_line_with_its_number_and_its_time() {
    let run = relinked(|_| (), "relink -o json");
    let total = run.json()["results"][0]["steps"].as_array().unwrap().len();
    let line = Regex::new(r"(?m)^\S+: (\d+)/(\d+) .+, \d+\.\d s$").unwrap();
    let mut numbers: Vec<usize> = Vec::new();
    for found in line.captures_iter(&run.stderr) {
        assert_eq!(found[2].parse(), Ok(total), "{}", run.stderr);
        numbers.push(found[1].parse().unwrap());
    }
    assert!(numbers.is_sorted(), "{}", run.stderr);
    numbers.dedup();
    assert_eq!(numbers, (1..=total).collect::<Vec<_>>(), "{}", run.stderr);
    assert!(run.stderr.contains("waiting for the site's edges, 1.0 s"), "{}", run.stderr);
    let quiet = relinked(|_| (), "relink -q");
    assert_eq!(quiet.stderr, "");
}

#[test]
fn a_retry_is_printed_when_it_happens() {
    let later = |azure: &FakeAzure| {
        azure.fault(Fault::once("GET", "/staticsites/", Kind::Later(429, "1".to_owned())));
    };
    let run = relinked(later, "relink");
    assert!(run.stderr.contains("retry in 1.0 s: "), "{}", run.stderr);
}
