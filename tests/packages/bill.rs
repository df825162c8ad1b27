//! The bill of materials.

use std::{collections::BTreeSet, fs, process::Command};

use serde_json::Value;
use tempfile::TempDir;

use crate::place::{done, has, repository, script, stated};

/// Every crate that the program for a platform contains, as `name version`.
fn linked(target: &str) -> BTreeSet<String> {
    let mut tree = Command::new("cargo");
    tree.args(["tree", "--locked", "--prefix=none", "--format={p}", "--edges=normal", "--target", target]);
    let listed = done(tree.current_dir(repository()));
    let crates = listed.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" v"));
    crates.map(|name| name.replace(" vv", " ")).filter(|name| !name.starts_with("swa-apim ")).collect()
}

#[test]
fn it_lists_every_crate_in_the_program_and_none_that_only_tests_use() {
    if !has("cargo-cyclonedx") {
        return;
    }
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let folder = TempDir::new().unwrap();
    let path = done(script("bill").arg(folder.path()).arg(&target));
    let bill: Value = serde_json::from_slice(&fs::read(path.trim()).unwrap()).unwrap();
    assert_eq!(bill["bomFormat"], "CycloneDX");
    let about = &bill["metadata"]["component"];
    assert_eq!((&about["name"], &about["version"]), (&"swa-apim".into(), &stated("version").into()));
    let components = bill["components"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let listed: BTreeSet<String> =
        components.iter().map(|it| format!("{} {}", text(&it["name"]), text(&it["version"]))).collect();
    let missing: Vec<_> = linked(&target).difference(&listed).cloned().collect();
    assert_eq!(missing, Vec::<String>::new());
    for only_tests in ["proptest", "trycmd", "snapbox", "loom", "rexpect"] {
        assert!(!listed.iter().any(|it| it.starts_with(&format!("{only_tests} "))), "{only_tests}");
    }
    assert!(components.iter().all(|it| it["licenses"].is_array()), "each crate states its licence");
}
