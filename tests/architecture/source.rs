//! Rust files, read line by line: no more of the language than imports and comments.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// A file of `src`, without its tests and comments.
pub(crate) struct SourceFile {
    /// From `src`, with slashes.
    pub(crate) path: String,
    /// The module below the root that it belongs to.
    pub(crate) module: String,
    /// Its code, without comments and tests.
    pub(crate) code: String,
    /// Every path that it imports or names, with groups taken apart.
    pub(crate) paths: Vec<String>,
    /// Those of the paths that it names for itself, and not only to pass them on.
    pub(crate) own_paths: Vec<String>,
    /// What it passes on to others: each name, and the path that it comes from.
    pub(crate) passed_on: Vec<(String, String)>,
}

/// Every file of `src` but the root of the library, which only declares modules.
pub(crate) fn all() -> &'static [SourceFile] {
    static ALL: LazyLock<Vec<SourceFile>> = LazyLock::new(read_all);
    &ALL
}

fn read_all() -> Vec<SourceFile> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&src, &mut files);
    files.sort();
    let read = files.iter().map(|file| SourceFile::read(&src, file));
    read.filter(|file| file.path != "lib.rs" && !is_of_tests(&file.path)).collect()
}

/// Whether a file has nothing but the tests of another one.
fn is_of_tests(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

/// Every file of `src`, its tests included, with the number of its lines.
pub(crate) fn lengths() -> Vec<(String, usize)> {
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let lines = |file: &PathBuf| fs::read_to_string(file).unwrap().lines().count();
    files.iter().map(|file| (file.display().to_string(), lines(file))).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

impl SourceFile {
    fn read(src: &Path, file: &Path) -> Self {
        let path = file.strip_prefix(src).unwrap().to_string_lossy().replace('\\', "/");
        Self::parse(path, &fs::read_to_string(file).unwrap())
    }

    /// A file, by its path from `src` and its text.
    pub(crate) fn parse(path: String, text: &str) -> Self {
        let own: Vec<&str> = text.lines().take_while(|line| *line != "#[cfg(test)]").collect();
        let is_code = |line: &&&str| !line.trim_start().starts_with("//");
        let code = own.iter().filter(is_code).copied().collect::<Vec<_>>().join("\n");
        let module = path.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        let (public, private): (Vec<_>, Vec<_>) = declared(&code).partition(|(is_public, _)| *is_public);
        let passed_on = public.iter().map(|(_, path)| named(path)).collect();
        let named_here = private.iter().map(|(_, path)| named(path).1).chain(written_out_in(&code));
        let (own_paths, paths) = (named_here.collect(), paths(&code));
        Self { path, module, code, paths, own_paths, passed_on }
    }
}

/// The name that a declared path has in its file, and the path.
fn named(path: &str) -> (String, String) {
    let (path, alias) = path.split_once(" as ").unwrap_or((path, ""));
    let name = if alias.is_empty() { path.rsplit("::").next().unwrap() } else { alias };
    (name.trim().to_owned(), path.trim().to_owned())
}

/// The paths of `use` declarations, each with whether it is passed on.
fn declared(code: &str) -> impl Iterator<Item = (bool, String)> {
    let mut found = Vec::new();
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        let line = line.trim_start();
        if !is_use(line) {
            continue;
        }
        let mut declaration = line.to_owned();
        while !declaration.contains(';') {
            declaration += lines.next().unwrap();
        }
        let (before, tree) = declaration.split_once("use ").unwrap();
        let mut paths = Vec::new();
        expand("", tree.trim_end().trim_end_matches(';'), &mut paths);
        found.extend(paths.into_iter().map(|path| (before.starts_with("pub"), path)));
    }
    found.into_iter()
}

fn is_use(line: &str) -> bool {
    let visibilities = ["", "pub ", "pub(crate) ", "pub(super) ", "pub(in crate::workflow) "];
    visibilities.iter().any(|before| line.strip_prefix(before).is_some_and(|rest| rest.starts_with("use ")))
}

/// The paths in code: of `use` declarations, taken apart, and those that are written out elsewhere.
fn paths(code: &str) -> Vec<String> {
    declared(code).map(|(_, path)| named(&path).1).chain(written_out_in(code)).collect()
}

/// The paths that are written out outside of `use` declarations.
fn written_out_in(code: &str) -> Vec<String> {
    let (mut found, mut within) = (Vec::new(), false);
    for line in code.lines() {
        within |= is_use(line.trim_start());
        if !within {
            found.extend(written_out(line));
        }
        within &= !line.contains(';');
    }
    found
}

fn written_out(line: &str) -> impl Iterator<Item = String> {
    let words = line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
    words.filter(|word| word.contains("::")).map(str::to_owned)
}

/// Takes `a::{b, c::{d, e}}` apart into `a::b`, `a::c::d` and `a::c::e`.
fn expand(prefix: &str, tree: &str, found: &mut Vec<String>) {
    let Some((head, group)) = tree.split_once('{') else {
        found.push(format!("{prefix}{}", tree.trim()));
        return;
    };
    let prefix = format!("{prefix}{}", head.trim());
    for part in parts(group.trim_end().strip_suffix('}').unwrap()) {
        expand(&prefix, part, found);
    }
}

/// The parts of a group, at the commas that are in no group of their own.
fn parts(group: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&group[start..]);
    parts.into_iter().filter(|part| !part.trim().is_empty()).collect()
}

#[test]
fn groups_are_taken_apart() {
    let code = "use crate::{\n    a::{b, c::{self, d}},\n    e,\n};\nlet x = crate::f::G::new();";
    let expected = ["crate::a::b", "crate::a::c::self", "crate::a::c::d", "crate::e", "crate::f::G::new"];
    assert_eq!(paths(code), expected);
}
