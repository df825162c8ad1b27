//! Which wing uses which dependency.

use std::{collections::BTreeSet, fs, path::Path};

use crate::source;

/// Where each dependency is at home. One that reads arguments, draws, serves or encrypts has one wing to itself; those
/// that any wing may use are named as such.
const HOMES: [(&str, Home); 60] = [
    ("anstream", Home::In(&["cli", "output"])),
    ("anstyle", Home::In(&["output"])),
    ("anyhow", Home::In(&["cli", "output", "ui"])),
    ("async-trait", Home::In(&["emulator", "engine", "provider"])),
    ("axum", Home::In(&["ui"])),
    ("azure_core", Home::In(&["provider"])),
    ("azure_identity", Home::In(&["provider"])),
    ("base64", Home::In(&["emulator", "model", "provider"])),
    ("bytes", Home::In(&["emulator"])),
    ("clap", Home::In(&["cli"])),
    ("clap_complete", Home::In(&["cli"])),
    ("clap_mangen", Home::In(&["cli"])),
    ("comfy-table", Home::In(&["output"])),
    ("dialoguer", Home::In(&["output"])),
    ("directories", Home::In(&["config"])),
    ("form_urlencoded", Home::In(&["emulator"])),
    ("futures-util", Home::In(&["emulator", "engine", "provider", "workflow"])),
    ("gethostname", Home::In(&["provider"])),
    ("http-body-util", Home::In(&["emulator"])),
    ("httpdate", Home::In(&["emulator", "provider"])),
    ("hyper", Home::In(&["emulator", "ui"])),
    ("hyper-rustls", Home::In(&["emulator"])),
    ("hyper-util", Home::In(&["emulator", "ui"])),
    ("indicatif", Home::In(&["output"])),
    ("jiff", Home::Anywhere),
    ("jmespath", Home::In(&["output"])),
    ("maud", Home::In(&["ui"])),
    ("mime_guess", Home::In(&["emulator"])),
    ("percent-encoding", Home::In(&["emulator", "model", "provider", "ui", "workflow"])),
    ("rand", Home::In(&["emulator"])),
    ("rcgen", Home::In(&["emulator"])),
    ("reqwest", Home::In(&["provider"])),
    ("ring", Home::In(&["ambient", "emulator", "provider"])),
    ("roxmltree", Home::In(&["model"])),
    ("rsa", Home::In(&["emulator"])),
    ("rustix", Home::In(&["cli", "config", "emulator", "files", "output"])),
    ("rustls", Home::In(&["emulator", "provider"])),
    ("schemars", Home::In(&["engine", "report"])),
    ("secrecy", Home::In(&["model"])),
    ("serde", Home::Anywhere),
    ("serde-saphyr", Home::In(&["output"])),
    ("serde_json", Home::Anywhere),
    ("sha2", Home::In(&["emulator", "model", "provider", "ui", "workflow"])),
    ("shlex", Home::In(&["diagnosis"])),
    ("strum", Home::Anywhere),
    ("strsim", Home::In(&["diagnosis"])),
    ("supports-hyperlinks", Home::In(&["output"])),
    ("tempfile", Home::In(&["emulator", "files"])),
    ("textwrap", Home::In(&["output"])),
    ("thiserror", Home::Anywhere),
    ("tokio", Home::In(&["cli", "emulator", "engine", "files", "provider", "stream", "ui", "workflow"])),
    ("tokio-rustls", Home::In(&["emulator"])),
    ("toml", Home::In(&["config"])),
    ("toml_edit", Home::In(&["config"])),
    ("tracing", Home::Anywhere),
    ("tracing-subscriber", Home::In(&["cli"])),
    ("unicode-width", Home::In(&["config"])),
    ("url", Home::In(&["model", "provider", "ui"])),
    ("uuid", Home::In(&["ambient", "emulator", "model", "provider", "workflow"])),
    ("webpki-root-certs", Home::In(&["provider"])),
];

/// Where a dependency may be used.
#[derive(Clone, Copy)]
enum Home {
    /// In these wings.
    In(&'static [&'static str]),
    /// In every wing.
    Anywhere,
}

/// The file with the reason for each dependency.
const REASONS: &str = "docs/adr/0010-dependencies.md";

fn text_of(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The dependencies of the tables of the manifest that `wanted` selects, by their names without the target.
fn dependencies(wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let (mut found, mut within) = (Vec::new(), false);
    for line in text_of("Cargo.toml").lines() {
        if let Some(table) = line.strip_prefix('[') {
            within = wanted(table.trim_end_matches(']').rsplit('.').next().unwrap());
        } else if let (true, Some((name, _))) = (within, line.split_once(" = ")) {
            found.push(name.trim().to_owned());
        }
    }
    found
}

/// The wings that name a dependency.
fn users(dependency: &str) -> BTreeSet<&'static str> {
    let dependency = dependency.replace('-', "_");
    let uses = |path: &String| path.split("::").next() == Some(dependency.as_str());
    let files = source::all().iter().filter(|file| file.paths.iter().any(uses));
    files.map(|file| file.module.as_str()).collect()
}

#[test]
fn every_dependency_has_a_home() {
    let homes: BTreeSet<&str> = HOMES.iter().map(|(dependency, _)| *dependency).collect();
    let dependencies = dependencies(|table| table == "dependencies");
    let found: BTreeSet<&str> = dependencies.iter().map(String::as_str).collect();
    assert_eq!(found, homes);
}

#[test]
fn a_dependency_is_used_only_at_its_home() {
    for (dependency, home) in HOMES {
        let users = users(dependency);
        assert!(!users.is_empty(), "nothing uses `{dependency}`");
        if let Home::In(wings) = home {
            let stranger = users.iter().find(|wing| !wings.contains(*wing));
            assert_eq!(stranger, None, "a wing uses `{dependency}`, which is at home in {wings:?}");
        }
    }
}

/// The libraries of the tables of [`REASONS`], each with its reason. The table of those that are not used is left out.
fn reasons(page: &str) -> Vec<(String, String)> {
    let used = page.split("\n### Not used\n").next().unwrap();
    let rows = used.lines().filter(|line| line.starts_with("| `"));
    let of_row = |row: &str| {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let reason = cells.get(2).copied().unwrap_or_default().to_owned();
        let names: Vec<&str> = cells[0].split('`').skip(1).step_by(2).collect();
        names.into_iter().map(|name| (name.to_owned(), reason.clone())).collect::<Vec<_>>()
    };
    rows.flat_map(of_row).collect()
}

#[test]
fn every_dependency_has_a_reason() {
    let reasons = reasons(&text_of(REASONS));
    let all = dependencies(|table| table.ends_with("dependencies"));
    for dependency in &all {
        let reason = reasons.iter().find(|(name, _)| name == dependency).map(|(_, reason)| reason.as_str());
        assert!(reason.is_some_and(|reason| !reason.is_empty()), "`{dependency}` has no reason in {REASONS}");
    }
    // The model keeps the order of fields with a feature of another library.
    let through = ["indexmap", "preserve_order"];
    let is_strange = |name: &String| !all.contains(name) && !through.contains(&name.as_str());
    let stranger = reasons.iter().find(|(name, _)| is_strange(name));
    assert_eq!(stranger, None, "{REASONS} gives a reason for a library that is not used");
}

#[test]
fn a_row_has_the_names_of_its_first_cell_and_its_reason() {
    let page = "| a | b |\n| --- | --- |\n| `x`, `y-z` | `task` | because |\n| `v` | task |  |\n\n### Not used\n\n| `w` | t | r |\n";
    let found = reasons(page);
    let expected = [("x", "because"), ("y-z", "because"), ("v", "")];
    assert_eq!(found, expected.map(|(name, reason)| (name.to_owned(), reason.to_owned())));
}
