//! Which file imports which within a wing, and whether one comes back to where it began.
//!
//! An import of a name that a module only passes on is one of the file that defines it.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{self, SourceFile};

/// The files that each file imports, of its own wing.
type Imports = BTreeMap<String, BTreeSet<String>>;

/// The modules of the crate, by path.
struct Crate<'a>(BTreeMap<String, &'a SourceFile>);

impl<'a> Crate<'a> {
    fn of(files: &'a [SourceFile]) -> Self {
        Self(files.iter().map(|file| (module_of(file), file)).collect())
    }

    /// A path from the root of the crate, if it leads into it.
    fn absolute(&self, module: &str, path: &str) -> Option<String> {
        let (first, rest) = path.split_once("::").unwrap_or((path, ""));
        let join = |base: &str| if rest.is_empty() { base.to_owned() } else { format!("{base}::{rest}") };
        match first {
            "crate" => Some(path.to_owned()),
            "self" => Some(join(module)),
            "super" => {
                let parent = module.rsplit_once("::")?.0;
                if rest.starts_with("super") { self.absolute(parent, rest) } else { Some(join(parent)) }
            }
            child => {
                let child = format!("{module}::{child}");
                self.0.contains_key(&child).then(|| join(&child))
            }
        }
    }

    /// The file that defines what a path names.
    fn home(&self, path: &str) -> Option<&'a SourceFile> {
        let path = path.trim_end_matches("::self").trim_end_matches("::*");
        let mut module = path;
        while !self.0.contains_key(module) {
            module = module.rsplit_once("::")?.0;
        }
        let file = self.0[module];
        let name = path[module.len()..].trim_start_matches("::").split("::").next().unwrap_or_default();
        let passed_on = file.passed_on.iter().find(|(known, _)| !name.is_empty() && known == name);
        match passed_on.and_then(|(_, from)| self.absolute(module, from)) {
            Some(from) => self.home(&from),
            None => Some(file),
        }
    }

    fn imports(&self) -> Imports {
        let of = |(module, file): (&String, &&SourceFile)| {
            let homes = file.own_paths.iter().filter_map(|path| self.home(&self.absolute(module, path)?));
            let own = homes.filter(|home| home.module == file.module && home.path != file.path);
            let own = own.filter(|home| !is_head_of(&home.path, &file.path));
            (file.path.clone(), own.map(|home| home.path.clone()).collect())
        };
        self.0.iter().map(of).collect()
    }
}

/// Whether a file is the head of the folder that another one is in, at whichever depth. What a head defines belongs to all
/// of its folder, so naming it is no way back.
fn is_head_of(head: &str, file: &str) -> bool {
    let folder = head.strip_suffix("/mod.rs").or_else(|| head.strip_suffix(".rs")).unwrap_or(head);
    file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn module_of(file: &SourceFile) -> String {
    let path = file.path.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::");
    format!("crate::{path}")
}

/// Everything that a file reaches by imports.
fn reached(from: &str, imports: &Imports) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    let mut open: Vec<&String> = imports.get(from).into_iter().flatten().collect();
    while let Some(file) = open.pop() {
        if known.insert(file.clone()) {
            open.extend(imports.get(file).into_iter().flatten());
        }
    }
    known
}

/// The files that reach themselves, each with those that it shares a circle with.
fn circles(imports: &Imports) -> BTreeSet<Vec<String>> {
    let reached: BTreeMap<&String, BTreeSet<String>> =
        imports.keys().map(|file| (file, reached(file, imports))).collect();
    let groups = reached.iter().map(|(file, all)| {
        let back = |other: &&String| reached.get(other).is_some_and(|it| it.contains(*file));
        all.iter().filter(back).cloned().collect::<Vec<_>>()
    });
    groups.filter(|group| !group.is_empty()).collect()
}

#[test]
fn no_file_imports_one_that_imports_it() {
    let found = circles(&Crate::of(source::all()).imports());
    assert!(found.is_empty(), "these import each other: {found:#?}");
}

#[test]
fn a_circle_is_found_and_what_is_passed_on_is_none() {
    let file = |path: &str, code: &str| SourceFile::parse(path.to_owned(), code);
    let files = [
        file("a/mod.rs", "mod b;\nmod c;\npub use b::B;\n"),
        file("a/b.rs", "use super::c::C;\n"),
        file("a/c.rs", "use crate::a::B;\n"),
        file("a/d.rs", "use super::B;\n"),
    ];
    let found = circles(&Crate::of(&files).imports());
    assert_eq!(found, BTreeSet::from([vec!["a/b.rs".to_owned(), "a/c.rs".to_owned()]]));
}
