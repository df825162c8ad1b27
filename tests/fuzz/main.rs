//! The targets of `fuzz/`, for some thousand inputs each: the seeds, and what becomes of them by chance. The chance is the
//! same in every run. `cargo fuzz` goes on for as long as it is let.
#![expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")]

mod mutate;

use std::{
    collections::BTreeSet,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        mpsc::{RecvTimeoutError, channel},
    },
    time::Duration,
};

use swa_apim::fuzzing;

use self::mutate::Mutator;

/// A target: its name, the function, and how many inputs it gets.
type Target = (&'static str, fn(&[u8]), usize);

const TARGETS: [Target; 16] = [
    ("address", fuzzing::address, 3000),
    ("configuration", fuzzing::configuration, 1000),
    ("failure", fuzzing::failure, 300),
    ("filter", fuzzing::filter, 2000),
    ("graph_query", fuzzing::graph_query, 2000),
    ("host", fuzzing::host, 2000),
    ("hostname", fuzzing::hostname, 3000),
    ("import", fuzzing::import, 500),
    ("model", fuzzing::model, 1000),
    ("page", fuzzing::page, 1000),
    ("plan", fuzzing::plan, 1000),
    ("policy", fuzzing::policy, 200),
    ("resource", fuzzing::resource, 1000),
    ("resource_id", fuzzing::resource_id, 2000),
    ("retry_after", fuzzing::retry_after, 3000),
    ("site_configuration", fuzzing::site_configuration, 1500),
];

/// How long all inputs of a target may take. It ends a target that does not end by itself, and measures nothing.
const HANGS: Duration = Duration::from_secs(300);

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(name)
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(folder("seeds").join(target)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Runs a target on its seeds, on mutations of them, and on texts that nest deeply.
fn run(name: &str) {
    let (_, function, count) = TARGETS.into_iter().find(|(target, ..)| *target == name).unwrap();
    let current = Arc::new(Mutex::new(Vec::new()));
    let (sender, receiver) = channel();
    let running = Arc::clone(&current);
    let seeds = seeds(name);
    std::thread::spawn(move || {
        let mut mutator = Mutator::new(&seeds);
        let deep = mutate::deep();
        let inputs = seeds.iter().cloned().chain(deep);
        for input in inputs.chain((0..count).map(|_| mutator.input())) {
            running.lock().unwrap().clone_from(&input);
            if catch_unwind(AssertUnwindSafe(|| function(&input))).is_err() {
                sender.send(input).unwrap();
            }
        }
    });
    let shown = |input: &[u8]| input[..input.len().min(2000)].escape_ascii().to_string();
    match receiver.recv_timeout(HANGS) {
        Err(RecvTimeoutError::Disconnected) => {}
        Err(RecvTimeoutError::Timeout) => {
            panic!("{name} does not end on {}", shown(&current.lock().unwrap()))
        }
        Ok(input) => {
            let mut failed = vec![input];
            failed.extend(receiver.iter());
            failed.sort_by_key(Vec::len);
            panic!("{name} fails on {} inputs, such as: {}", failed.len(), shown(&failed[0]));
        }
    }
}

macro_rules! targets {
    ($($test:ident: $name:literal)*) => {
        $(#[test]
        fn $test() {
            run($name);
        })*

        #[test]
        fn every_target_has_a_test_seeds_and_a_binary() {
            let tested = BTreeSet::from([$($name.to_owned()),*]);
            assert_eq!(tested, TARGETS.iter().map(|(name, ..)| (*name).to_owned()).collect());
            let names = |folder: PathBuf| -> BTreeSet<String> {
                let entries = fs::read_dir(folder).unwrap();
                entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
            };
            assert_eq!(names(folder("fuzz_targets")), tested);
            assert_eq!(names(folder("seeds")), tested);
            let manifest = fs::read_to_string(folder("Cargo.toml")).unwrap();
            for name in &tested {
                assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
                let target = fs::read_to_string(folder("fuzz_targets").join(format!("{name}.rs"))).unwrap();
                assert!(target.contains(&format!("swa_apim::fuzzing::{name}(data)")), "{name}");
            }
        }
    };
}

targets! {
    any_address_is_this_clouds_or_refused: "address"
    any_configuration_is_read_or_refused: "configuration"
    any_body_of_a_failure_is_a_message: "failure"
    any_filter_is_applied_or_refused: "filter"
    any_graph_query_is_answered_or_refused: "graph_query"
    any_host_is_this_machine_or_refused: "host"
    any_name_of_a_host_is_kept_or_refused: "hostname"
    any_import_is_complete_or_refused: "import"
    any_model_is_kept_or_refused: "model"
    any_page_is_read_or_refused: "page"
    any_plan_is_kept_or_refused: "plan"
    any_policy_is_judged: "policy"
    any_resource_is_read_or_refused: "resource"
    any_resource_id_is_canonical_or_refused: "resource_id"
    any_wait_is_bounded: "retry_after"
    any_site_configuration_is_applied_or_refused: "site_configuration"
}
