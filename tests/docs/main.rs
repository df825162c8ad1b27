//! The pages show what the program does: every `console` block in `README.md` and `docs` is run here, and every
//! `shellsession` block in `shell.rs`. `TRYCMD=overwrite cargo test --test docs` puts in what is printed now.
#![expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")]

#[cfg(unix)]
mod address;
mod links;
#[cfg(unix)]
mod picture;
mod promises;
#[cfg(unix)]
mod shell;
#[cfg(unix)]
#[path = "../support/skip.rs"]
mod skip;
mod words;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use regex::Regex;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "the environment of the tests")]
fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

/// Whether pages and pictures take what is printed now.
#[cfg(unix)]
fn is_accepted() -> bool {
    variable("TRYCMD") == "overwrite"
}

#[expect(clippy::disallowed_methods, reason = "a page that is half written is still in the repository")]
fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
}

/// The pages that have console blocks.
fn pages() -> Vec<PathBuf> {
    let mut pages = links::pages_in(&root().join("docs"));
    pages.push(root().join("README.md"));
    pages.retain(|page| fs::read_to_string(page).unwrap().contains("```console\n"));
    pages.sort();
    pages
}

/// A directory with the files that a page can name: only the examples.
fn folder_for(page: &Path) -> PathBuf {
    let name = format!("docs-{}", page.file_stem().unwrap().to_string_lossy());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(folder.join("docs/examples")).unwrap();
    let examples = fs::read_dir(root().join("docs/examples")).unwrap().map(|example| example.unwrap());
    for example in examples.filter(|example| example.path().is_file()) {
        fs::copy(example.path(), folder.join("docs/examples").join(example.file_name())).unwrap();
    }
    folder
}

/// Each page runs in its own directory with its own home, its blocks one after the other.
#[test]
fn the_pages_show_what_the_program_does() {
    for page in pages() {
        let folder = folder_for(&page);
        env::set_current_dir(&folder).unwrap();
        let home = folder.to_string_lossy();
        let cases = trycmd::TestCases::new();
        for variable in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
            cases.env(variable, home.as_ref());
        }
        cases.env("TZ", "UTC");
        // Pages show what a person sees, also where these tests are run by a pipeline.
        cases.env("GITHUB_ACTIONS", "false");
        cases.case(&page).run();
        blur(&page);
    }
}

/// Replaces values that differ in each run by `[..]`, also in a page that was just rewritten.
fn blur(page: &Path) {
    let text = fs::read_to_string(page).unwrap();
    let mut in_block = false;
    let lines = text.lines().map(|line| {
        in_block = if line.starts_with("```") { line == "```console" } else { in_block };
        if in_block { blurred(line) } else { line.to_owned() }
    });
    let blurred = lines.collect::<Vec<_>>().join("\n") + "\n";
    if blurred != text {
        write(page, &blurred);
    }
}

fn blurred(line: &str) -> String {
    let time = Regex::new(r"\b20\d\d-\d\d-\d\d \d\d:\d\d( UTC)?").unwrap();
    let line = time.replace_all(line, "[..]");
    let words = line.split(' ').map(|word| {
        let bare = word.trim_matches(|c: char| ",;\"`".contains(c));
        if is_chance(bare) { word.replace(bare, "[..]") } else { word.replace("[CWD]", "[..]") }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A fingerprint, a time or a day.
fn is_chance(word: &str) -> bool {
    let fingerprint = word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let time =
        word.len() > 18 && word.starts_with("20") && word.as_bytes()[10] == b'T' && word.ends_with('Z');
    let shape: String = word.chars().map(|c| if c.is_ascii_digit() { 'd' } else { c }).collect();
    fingerprint || time || shape == "dddd-dd-dd"
}

#[test]
fn fingerprints_and_times_are_blurred_and_nothing_else_is() {
    assert_eq!(
        blurred("keys 1bc34b0219ca, 2202a3db7e16 since 2026-01-02T03:04:05.6Z, 2026-01-02 03:04, 2026-01-02"),
        "keys [..], [..] since [..], [..], [..]"
    );
    let line = "prod: linked `shop-web` to agreeable-smoke-06273c21e";
    assert_eq!(blurred(line), line);
}
