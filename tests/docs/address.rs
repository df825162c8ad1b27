//! The address of the repository: the manifest states it, pages and examples repeat it, and one script changes it
//! everywhere.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use regex::Regex;

use crate::root;

/// What a placeholder in the address is explained with.
const EXPLANATION: &str = "`OWNER` stands for";

/// The files that users read or copy, relative to the repository.
const PLACES: [&str; 4] = ["README.md", "action.yml", "docs", ".github"];

fn files_below(path: &Path, into: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            files_below(&entry.unwrap().path(), into);
        }
    } else {
        into.push(path.to_owned());
    }
}

/// The texts in the places of a checkout; pictures are left out.
fn texts(checkout: &Path) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for place in PLACES {
        files_below(&checkout.join(place), &mut files);
    }
    files.into_iter().filter_map(|file| Some((file.clone(), fs::read_to_string(file).ok()?))).collect()
}

/// `OWNER/NAME` of the repository of a checkout.
fn stated(checkout: &Path) -> String {
    let manifest = fs::read_to_string(checkout.join("Cargo.toml")).unwrap();
    let line = Regex::new(r#"(?m)^repository = "https://github.com/(.+)"$"#).unwrap();
    line.captures(&manifest).unwrap()[1].to_owned()
}

/// Fails if a text names another repository than the manifest, or a placeholder is not explained exactly once.
fn check(checkout: &Path) {
    let (stated, texts) = (stated(checkout), texts(checkout));
    let named = Regex::new(r"(?:github\.com/|ghcr\.io/|uses: |--repo )([\w-]+/swa-apim)\b").unwrap();
    let mut count = 0;
    for (file, text) in &texts {
        for found in named.captures_iter(text) {
            assert_eq!(found[1], stated, "{}", file.display());
            count += 1;
        }
    }
    assert!(count > 10, "{count} places name the repository");
    let explained: usize = texts.iter().map(|(_, text)| text.matches(EXPLANATION).count()).sum();
    // The script that sets the address names the explanation too.
    let expected = if stated.starts_with("OWNER/") { 2 } else { 1 };
    assert_eq!(
        explained, expected,
        "the placeholder of {stated} is explained once, and only while there is one"
    );
}

#[test]
fn pages_and_examples_name_the_repository_that_the_manifest_states() {
    check(&root());
}

#[test]
fn one_script_sets_the_address_everywhere() {
    let copy = tempfile::tempdir().unwrap();
    let paths = PLACES.iter().chain(&["Cargo.toml"]).map(|place| root().join(place));
    let copied = Command::new("cp").arg("-r").args(paths).arg(copy.path()).status().unwrap();
    assert!(copied.success());
    // Git looks for a repository only in the copy.
    assert!(Command::new("git").args(["init", "-q"]).current_dir(copy.path()).status().unwrap().success());
    let script = copy.path().join(".github/package/address");
    let set = Command::new(script).arg("https://github.com/contoso/swa-apim").output().unwrap();
    assert!(set.status.success(), "{}", String::from_utf8_lossy(&set.stderr));
    assert_eq!(stated(copy.path()), "contoso/swa-apim");
    check(copy.path());
}
