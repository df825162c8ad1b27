//! One simulated world: Azure's answers, time, crashes and chance follow from a seed. Every verb runs against the
//! stand-in, and an oracle that shares no code with the engine judges what stands and what was reported.
//!
//! `SEED=n cargo test --test simulation` runs one seed and prints its requests; `SEEDS=n` sets how many are run. A world
//! that has found a fault is kept in `found.rs`, by what it consists of.
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
mod found;
mod mutants;
mod network;
mod oracle;
mod run;
mod verb;
mod world;

#[path = "../support/azure/mod.rs"]
mod azure;
#[path = "../support/skip.rs"]
mod skip;

use std::{
    collections::BTreeMap,
    io::Write as _,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use found::{FOUND, WEATHERS};
use mutants::Mutant;
use run::{Report, Tale, simulate};

/// How many seeds are run where the environment does not say.
const SEEDS: u64 = 500;
/// How many failures are printed.
const SHOWN: usize = 5;

/// What came of a world; a panic is a fault as well.
fn lived(tale: Tale, mutant: Mutant) -> Report {
    catch_unwind(AssertUnwindSafe(|| simulate(tale, mutant))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Report::of_panic(tale, &text.unwrap_or_default())
    })
}

/// What was found in worlds.
#[derive(Default)]
struct Found {
    /// The worlds in which there is a fault, by their places among all.
    failed: BTreeMap<usize, Report>,
    /// How often each line came.
    lines: BTreeMap<String, usize>,
}

/// Lives through worlds on every processor, until `enough` have a fault in which these words are.
fn run_all(tales: &[Tale], mutant: Mutant, words: &str, enough: usize) -> Found {
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Found::default()));
    let work = || {
        while found.lock().unwrap().failed.len() < enough {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(tale) = tales.get(at) else { return };
            let report = lived(*tale, mutant);
            let mut found = found.lock().unwrap();
            *found.lines.entry(report.line.clone()).or_default() += 1;
            if report.faults.iter().any(|fault| fault.contains(words)) {
                found.failed.insert(at, report);
            }
        }
    };
    thread::scope(|scope| {
        let processors = thread::available_parallelism().map_or(2, usize::from);
        for _ in 0..processors {
            thread::Builder::new().stack_size(8 << 20).spawn_scoped(scope, work).unwrap();
        }
    });
    found.into_inner().unwrap()
}

fn number(name: &str) -> Option<u64> {
    swa_apim::ambient::variable(name)?.parse().ok()
}

/// Prints past what the test harness captures.
fn show(text: &str) {
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}

/// What failed, for people: how often each fault, and the first worlds in full.
fn told(failed: &BTreeMap<usize, Report>) -> String {
    let mut kinds: BTreeMap<&str, Vec<&Report>> = BTreeMap::new();
    for report in failed.values() {
        for fault in &report.faults {
            kinds.entry(fault).or_default().push(report);
        }
    }
    let mut text = format!("{} worlds failed\n", failed.len());
    for (fault, reports) in &kinds {
        text += &format!("{} x {fault} ({})\n", reports.len(), reports[0].title);
    }
    for report in failed.values().take(SHOWN) {
        text += &format!("\n{}  faults: {:#?}\n", report.story(), report.faults);
    }
    text
}

fn seeds(count: u64) -> Vec<Tale> {
    (0..count).map(Tale::Seed).collect()
}

/// The worlds that are kept, each in several weathers.
fn kept() -> Vec<Tale> {
    FOUND.iter().flat_map(|known| (0..=WEATHERS).map(move |seed| Tale::Known(known, seed))).collect()
}

#[test]
fn with_any_answers_of_azure_and_crashes_at_any_time_the_link_is_safe_and_the_report_is_true() {
    if let Some(seed) = number("SEED") {
        let report = lived(Tale::Seed(seed), Mutant::None);
        show(&format!("{}{:#?}\n", report.story(), report.faults));
        assert!(report.faults.is_empty(), "{:#?}", report.faults);
        return;
    }
    let Found { failed, lines } = run_all(&seeds(number("SEEDS").unwrap_or(SEEDS)), Mutant::None, "", 1_000);
    if number("LINES").is_some() {
        lines.iter().for_each(|(line, count)| show(&format!("{count:5} {line}\n")));
    }
    assert!(failed.is_empty(), "{}", told(&failed));
}

#[test]
fn no_world_that_has_found_a_fault_finds_one_again() {
    let Found { failed, .. } = run_all(&kept(), Mutant::None, "", 1_000);
    assert!(failed.is_empty(), "{}", told(&failed));
}

/// The oracle has to find a program with this fault.
fn is_found(mutant: Mutant, words: &str) {
    let Found { failed, .. } = run_all(&seeds(4_000), mutant, words, 1);
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

/// `reverts/run` builds the program without one fix after the other; it takes long, so it is not part of the tests.
#[test]
fn the_reverts_of_fixes_fit_the_sources() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut patch = std::process::Command::new("patch");
    patch.args(["--dry-run", "--force", "-p1", "-i", "tests/simulation/reverts/reverts.patch"]);
    match patch.current_dir(root).output() {
        Ok(done) => assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout)),
        Err(_) => skip::skipped("there is no patch"),
    }
}
