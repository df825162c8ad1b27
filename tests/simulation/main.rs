//! One simulated world: Azure's answers, time, crashes and chance follow from a seed. Every verb runs against the
//! stand-in, and an oracle that shares no code with the engine judges what stands and what was reported.
//!
//! `SEED=n cargo test --test simulation` runs one seed and prints its requests; `SEEDS=n` sets how many are run.
#![expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")]
#![expect(clippy::match_same_arms, reason = "a table has a row for each case")]
#![expect(
    clippy::needless_for_each,
    clippy::format_push_string,
    reason = "a report is put together line by line"
)]
#![expect(clippy::too_many_lines, reason = "a table of commands and goals is read as one")]

mod chance;
mod faults;
mod mutants;
mod network;
mod oracle;
mod run;
mod world;

#[path = "../support/azure/mod.rs"]
mod azure;

use std::{
    collections::BTreeMap,
    io::Write as _,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use mutants::Mutant;
use run::{Report, simulate};

/// How many seeds are run where the environment does not say.
const SEEDS: u64 = 500;
/// Seeds that have found a fault. They are kept.
const FOUND: [u64; 0] = [];
/// How many failures are printed.
const SHOWN: usize = 5;

/// A seed and what came of it; a panic is a fault as well.
fn lived(seed: u64, mutant: Mutant) -> Report {
    catch_unwind(AssertUnwindSafe(|| simulate(seed, mutant))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let fault = format!("the program panicked: {}", text.unwrap_or_default());
        Report { faults: vec![fault], story: format!("seed {seed}"), line: "panic".to_owned() }
    })
}

/// Runs seeds on every processor, until `enough` have a fault in which these words are.
fn run_all(
    seeds: &[u64],
    mutant: Mutant,
    words: &str,
    enough: usize,
) -> (BTreeMap<u64, Report>, BTreeMap<String, usize>) {
    let (next, failed, lines) = (AtomicU64::new(0), Mutex::new(BTreeMap::new()), Mutex::new(BTreeMap::new()));
    let work = || {
        while failed.lock().unwrap().len() < enough {
            let at = usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap();
            let Some(seed) = seeds.get(at) else { return };
            let report = lived(*seed, mutant);
            *lines.lock().unwrap().entry(report.line.clone()).or_default() += 1;
            if report.faults.iter().any(|fault| fault.contains(words)) {
                failed.lock().unwrap().insert(*seed, report);
            }
        }
    };
    thread::scope(|scope| {
        let processors = thread::available_parallelism().map_or(2, usize::from);
        for _ in 0..processors {
            thread::Builder::new().stack_size(8 << 20).spawn_scoped(scope, work).unwrap();
        }
    });
    (failed.into_inner().unwrap(), lines.into_inner().unwrap())
}

fn number(name: &str) -> Option<u64> {
    swa_apim::ambient::variable(name)?.parse().ok()
}

/// Prints past what the test harness captures.
fn show(text: &str) {
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}

/// What failed, for people: how often each fault, and the first seeds in full.
fn told(failed: &BTreeMap<u64, Report>) -> String {
    let mut kinds: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (seed, report) in failed {
        for fault in &report.faults {
            kinds.entry(fault).or_default().push(*seed);
        }
    }
    let mut text = format!("{} seeds failed\n", failed.len());
    for (fault, seeds) in &kinds {
        text += &format!("{} x {fault} (SEED={})\n", seeds.len(), seeds[0]);
    }
    for (_, report) in failed.iter().take(SHOWN) {
        text += &format!("\n{}  faults: {:#?}\n", report.story, report.faults);
    }
    text
}

#[test]
fn whatever_azure_answers_and_whenever_the_program_crashes_the_link_is_safe_and_the_report_true() {
    if let Some(seed) = number("SEED") {
        let report = lived(seed, Mutant::None);
        show(&format!("{}{:#?}\n", report.story, report.faults));
        assert!(report.faults.is_empty(), "{:#?}", report.faults);
        return;
    }
    let seeds: Vec<u64> = FOUND.into_iter().chain(0..number("SEEDS").unwrap_or(SEEDS)).collect();
    let (failed, lines) = run_all(&seeds, Mutant::None, "", 1_000);
    if number("LINES").is_some() {
        lines.iter().for_each(|(line, count)| show(&format!("{count:5} {line}\n")));
    }
    assert!(failed.is_empty(), "{}", told(&failed));
}

/// The oracle has to find a program with this fault.
fn is_found(mutant: Mutant, words: &str) {
    let seeds: Vec<u64> = (0..4_000).collect();
    let (failed, _) = run_all(&seeds, mutant, words, 1);
    assert!(!failed.is_empty(), "{mutant:?} was not found");
}

#[test]
fn the_oracle_finds_a_program_that_takes_every_404_for_absence() {
    is_found(Mutant::AnyNotFoundIsAbsence, "exit code 0, and");
}

#[test]
fn the_oracle_finds_a_program_that_takes_the_version_of_a_linked_backend_from_what_it_sent() {
    is_found(Mutant::VersionIsOfWhatWasSent, "undisturbed");
}

#[test]
fn the_oracle_finds_a_program_that_ends_with_5_after_an_applied_step() {
    is_found(Mutant::UnavailableAfterSteps, "exit code 5, and a step is reported as applied");
}

#[test]
fn the_oracle_finds_a_program_in_which_a_time_overflows() {
    is_found(Mutant::RetryAfterOverflows, "overflow");
}

#[test]
fn the_oracle_finds_a_program_that_adopts_the_subscription_of_a_partner() {
    is_found(Mutant::OnlySubscriptionIsTheLinks, "partner");
}
