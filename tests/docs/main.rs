//! What the pages show of the program is what it does: every console block in `README.md` and `docs` is run.
//! `TRYCMD=overwrite cargo test --test docs` puts in what the program prints now.
#![expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")]

mod links;
mod promises;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The pages that have console blocks.
fn pages() -> Vec<PathBuf> {
    let folder = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<PathBuf> = folder.chain([root().join("README.md")]).collect();
    pages.retain(|page| page.extension().is_some_and(|extension| extension == "md"));
    pages.retain(|page| fs::read_to_string(page).unwrap().contains("```console\n"));
    pages.sort();
    pages
}

/// A folder with what a page may name: the examples, and nothing else.
fn folder_for(page: &Path) -> PathBuf {
    let name = format!("docs-{}", page.file_stem().unwrap().to_string_lossy());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(folder.join("docs/examples")).unwrap();
    for example in fs::read_dir(root().join("docs/examples")).unwrap() {
        let example = example.unwrap();
        fs::copy(example.path(), folder.join("docs/examples").join(example.file_name())).unwrap();
    }
    folder
}

/// Pages one after the other, each in a folder and with a home of its own; the blocks of a page in its order.
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
        // Pages show what a person sees, also where these tests are run by a pipeline.
        cases.env("GITHUB_ACTIONS", "false");
        cases.case(&page).run();
        blur(&page);
    }
}

/// Whatever is different each time stands as `[..]` in the pages, also in those that were just made anew.
#[expect(clippy::disallowed_methods, reason = "a page that is half written is still in the repository")]
fn blur(page: &Path) {
    let text = fs::read_to_string(page).unwrap();
    let mut in_block = false;
    let lines = text.lines().map(|line| {
        in_block = if line.starts_with("```") { line == "```console" } else { in_block };
        if in_block { blurred(line) } else { line.to_owned() }
    });
    let blurred = lines.collect::<Vec<_>>().join("\n") + "\n";
    if blurred != text {
        fs::write(page, blurred).unwrap();
    }
}

fn blurred(line: &str) -> String {
    let words = line.split(' ').map(|word| {
        let bare = word.trim_matches(|c: char| ",;\"`".contains(c));
        if is_chance(bare) { word.replace(bare, "[..]") } else { word.replace("[CWD]", "[..]") }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A fingerprint, or a time.
fn is_chance(word: &str) -> bool {
    let fingerprint = word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let time =
        word.len() > 18 && word.starts_with("20") && word.as_bytes()[10] == b'T' && word.ends_with('Z');
    fingerprint || time
}

#[test]
fn fingerprints_and_times_are_blurred_and_nothing_else_is() {
    assert_eq!(
        blurred("keys 1bc34b0219ca, 2202a3db7e16 since 2026-01-02T03:04:05.6Z"),
        "keys [..], [..] since [..]"
    );
    let line = "prod: linked `shop-web` to agreeable-smoke-06273c21e";
    assert_eq!(blurred(line), line);
}
