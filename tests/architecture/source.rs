//! Rust files, read line by line: no more of the language than imports and comments.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A file of `src`, without its tests and comments.
pub(crate) struct SourceFile {
    /// From `src`, with slashes.
    pub(crate) path: String,
    /// The module below the root that it belongs to.
    pub(crate) module: String,
    /// Its code, without comments and tests.
    pub(crate) code: String,
    /// How many lines it has without its tests.
    pub(crate) lines: usize,
    /// Every path that it imports or names, with groups taken apart.
    pub(crate) paths: Vec<String>,
}

/// Every file of `src` but the root of the library, which only declares modules.
pub(crate) fn all() -> Vec<SourceFile> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&src, &mut files);
    files.sort();
    let read = files.iter().map(|file| SourceFile::read(&src, file));
    read.filter(|file| file.path != "lib.rs").collect()
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
        let text = fs::read_to_string(file).unwrap();
        let own: Vec<&str> = text.lines().take_while(|line| *line != "#[cfg(test)]").collect();
        let is_code = |line: &&&str| !line.trim_start().starts_with("//");
        let code = own.iter().filter(is_code).copied().collect::<Vec<_>>().join("\n");
        let path = file.strip_prefix(src).unwrap().to_string_lossy().replace('\\', "/");
        let module = path.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        Self { module, lines: own.len(), paths: paths(&code), path, code }
    }
}

/// The paths in code: of `use` declarations, taken apart, and those that are written out elsewhere.
fn paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let is_start =
        |line: &str| line.trim_start_matches("pub ").trim_start_matches("pub(crate) ").starts_with("use ");
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        if !is_start(line.trim_start()) {
            found.extend(written_out(line));
            continue;
        }
        let mut declaration = line.to_owned();
        while !declaration.contains(';') {
            declaration += lines.next().unwrap();
        }
        let (_, tree) = declaration.split_once("use ").unwrap();
        expand("", tree.trim_end().trim_end_matches(';'), &mut found);
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
