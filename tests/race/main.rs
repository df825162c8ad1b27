//! Many processes at once: nothing is lost, nothing is done twice.
#![expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")]

#[path = "../support/mod.rs"]
mod support;

use std::{
    fs::File,
    process::{Output, Stdio},
};

use serde_json::Value;

use self::support::{MODEL, Sandbox, service_id, sites_hold_live_keys, told};

const PROCESSES: usize = 64;

/// Starts all processes while the lock is taken, so that they meet at it, and waits for all.
fn at_once(sandbox: &Sandbox, commands: impl Iterator<Item = Vec<String>>) -> Vec<Output> {
    let lock = File::create(sandbox.path(&format!("{MODEL}.lock"))).unwrap();
    lock.lock().unwrap();
    let start = |args: Vec<String>| {
        let mut command = sandbox.command(&["--timeout", "10m", "-o", "json"]);
        command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = commands.map(start).collect();
    lock.unlock().unwrap();
    children.into_iter().map(|child| child.wait_with_output().unwrap()).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

fn serial(sandbox: &Sandbox) -> u64 {
    sandbox.model()["serial"].as_u64().unwrap()
}

fn states(status: &Value) -> Vec<&str> {
    status["links"].as_array().unwrap().iter().map(|link| link["state"].as_str().unwrap()).collect()
}

fn count(outputs: &[Output], outcome: &str) -> usize {
    let has = |output: &&Output| {
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        report["results"][0]["outcome"] == outcome
    };
    outputs.iter().filter(has).count()
}

fn assert_nothing_left_behind(sandbox: &Sandbox) {
    let files = sandbox.files();
    assert!(!files.iter().any(|name| name.contains(".next") || name.contains(".tmp")), "{files:?}");
}

#[test]
fn sixty_four_links_of_sixty_four_envs_are_all_made_one_generation_each() {
    let sandbox = Sandbox::with_sites(PROCESSES);
    let before = serial(&sandbox);
    let outputs = at_once(&sandbox, (0..PROCESSES).map(|n| words(&format!("link --env e{n}"))));
    for output in &outputs {
        assert!(output.status.success(), "{}", told(output));
    }
    assert_eq!(count(&outputs, "applied"), PROCESSES);
    assert_eq!(states(&sandbox.status()), vec!["linked"; PROCESSES]);
    assert_eq!(serial(&sandbox) - before, PROCESSES as u64, "one generation for each");
    assert!(sites_hold_live_keys(&sandbox.model()));
    assert_nothing_left_behind(&sandbox);
}

#[test]
fn of_sixty_four_concurrent_links_of_one_env_only_one_changes_it() {
    let sandbox = Sandbox::with_sites(1);
    let before = serial(&sandbox);
    let outputs = at_once(&sandbox, (0..PROCESSES).map(|_| words("link --env e0")));
    for output in &outputs {
        assert!(output.status.success(), "{}", told(output));
    }
    assert_eq!((count(&outputs, "applied"), count(&outputs, "unchanged")), (1, PROCESSES - 1));
    assert_eq!(states(&sandbox.status()), ["linked"]);
    assert_eq!(serial(&sandbox) - before, 1, "who finds it there writes nothing");
    assert_nothing_left_behind(&sandbox);
}

#[test]
fn sixty_four_relinks_of_one_env_leave_the_site_a_live_key() {
    let sandbox = Sandbox::with_sites(1);
    sandbox.succeed(&["link", "--env", "e0"]);
    let outputs = at_once(&sandbox, (0..PROCESSES).map(|_| words("relink --env e0")));
    for output in &outputs {
        assert!(output.status.success(), "{}", told(output));
    }
    assert_eq!(states(&sandbox.status()), ["linked"]);
    assert!(sites_hold_live_keys(&sandbox.model()));
    assert_nothing_left_behind(&sandbox);
}

#[test]
fn concurrent_commands_on_one_env_keep_the_model_valid_and_a_link_still_converges() {
    let sandbox = Sandbox::with_sites(1);
    let mix = ["link", "relink", "unlink", "status", "unlink --purge --yes", "api add catalog"];
    let asked = |n: usize| format!("{} --env e0", mix[n % mix.len()]);
    let outputs = at_once(&sandbox, (0..PROCESSES).map(|n| words(&asked(n))));
    for (n, output) in outputs.iter().enumerate() {
        // done, refused, try again, stopped part-way, undone by another client
        let documented = matches!(output.status.code(), Some(0 | 3 | 4 | 5 | 7 | 8));
        assert!(documented, "{}: {}", asked(n), told(output));
        assert!(serde_json::from_slice::<Value>(&output.stdout).is_ok(), "{}: {}", asked(n), told(output));
    }
    assert!(sites_hold_live_keys(&sandbox.model()));
    sandbox.succeed(&["link", "--env", "e0"]);
    assert_eq!(states(&sandbox.status()), ["linked"]);
    let model = sandbox.model();
    assert!(sites_hold_live_keys(&model));
    let of_products = |id: &&String| id.starts_with(&format!("{}/subscriptions/", service_id()));
    assert_eq!(
        model["secrets"].as_object().unwrap().keys().filter(of_products).count(),
        1,
        "no key is orphaned"
    );
    assert_nothing_left_behind(&sandbox);
}
