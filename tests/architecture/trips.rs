//! The trips of `docs/architecture.md`: each file that they name exists, and contains the functions and types that are
//! named after it.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A name in a trip, and the file or folder that is named before it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    path: String,
    name: String,
}

/// The trips of a page: everything between the two headings.
fn trips(page: &str) -> &str {
    let begun = page.split_once("\n## The path of a command\n").unwrap().1;
    begun.split_once("\n## ").unwrap().0
}

/// The texts in backquotes of the trips, without those of headings, which are command lines.
fn quoted(trips: &str) -> Vec<String> {
    let text: Vec<&str> = trips.lines().filter(|line| !line.starts_with('#')).collect();
    text.join(" ").split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether a text in backquotes is a path below `src`.
fn is_path(text: &str) -> bool {
    let is_file = Path::new(text).extension().is_some_and(|extension| extension == "rs");
    !text.contains([' ', '-']) && (text.contains('/') || is_file) && !text.starts_with("tests/")
}

/// Whether a text in backquotes is the name of a function, with its parentheses, of a type or of a constant.
fn is_name(text: &str) -> bool {
    text.ends_with("()") || text.starts_with(|c: char| c.is_ascii_uppercase())
}

/// The paths of the trips, and the names after each.
fn named(trips: &str) -> (Vec<String>, Vec<Named>) {
    let (mut paths, mut names): (Vec<String>, Vec<Named>) = (Vec::new(), Vec::new());
    for text in quoted(trips) {
        if is_path(&text) {
            paths.push(text);
        } else if let (true, Some(path)) = (is_name(&text), paths.last()) {
            names.push(Named { path: path.clone(), name: text });
        }
    }
    (paths, names)
}

fn src(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(path)
}

/// Whether code defines a name: `name()`, `Type`, `Type::name()` or `CONSTANT`.
fn defines(code: &str, name: &str) -> bool {
    let follows = |before: &str, name: &str| {
        let head = format!("{before} {name}");
        code.split(&head).skip(1).any(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    match name.trim_end_matches("()").split_once("::") {
        Some((of, function)) => code.contains(of) && follows("fn", function),
        None if name.ends_with("()") => follows("fn", name.trim_end_matches("()")),
        None => ["struct", "enum", "trait", "const"].iter().any(|kind| follows(kind, name)),
    }
}

/// The names that are not in their file.
fn missing(names: &[Named]) -> Vec<Named> {
    let is_missing = |named: &&Named| {
        let code = fs::read_to_string(src(&named.path)).unwrap_or_default();
        let own = code.split("\n#[cfg(test)]\n").next().unwrap_or_default();
        !defines(own, &named.name)
    };
    names.iter().filter(is_missing).cloned().collect()
}

#[test]
fn the_trips_name_files_and_functions_that_exist() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md");
    let page = fs::read_to_string(page).unwrap();
    let (paths, names) = named(trips(&page));
    let absent: Vec<&String> = paths.iter().filter(|path| !src(path).is_file()).collect();
    assert!(absent.is_empty(), "no files: {absent:?}");
    assert_eq!(missing(&names), []);
    let silent = paths.iter().find(|path| !names.iter().any(|named| named.path == **path));
    assert_eq!(silent, None, "a file without the function that is called");
}

#[test]
fn every_trip_that_is_promised_is_there() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md");
    let page = fs::read_to_string(page).unwrap();
    let headings: Vec<&str> = trips(&page).lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let trips = [
        "`link --env prod` on a model",
        "`relink` in Azure",
        "A request to the emulator",
        "A request to the page",
    ];
    assert_eq!(headings, trips);
}

#[test]
fn a_name_that_is_not_in_its_file_is_found() {
    let page = "# a\n\n## The path of a command\n\n### `link /a`\n\n1. `main.rs` (`main()`, `absent()`) with `--out`\n   \
                `cli/mod.rs` (`Cli`, `Command::changes()`, `Com`)\n\n## Next\n\n`nowhere/else.rs`\n";
    let (paths, names) = named(trips(page));
    assert_eq!(paths, ["main.rs", "cli/mod.rs"]);
    let missing: Vec<String> = missing(&names).into_iter().map(|named| named.name).collect();
    assert_eq!(missing, ["absent()", "Com"]);
}
