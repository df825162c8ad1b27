//! No match over an enum of this crate has an arm for the rest: a new case does not compile until someone has decided it.
//!
//! An arm for the rest is `_`, `(_, _)` or a name, with or without a condition. It is one over our own enum if another
//! arm of the same match names a case of it, also within a tuple or an `Option`.

use std::collections::BTreeSet;

use crate::source::{self, SourceFile};

/// The names by which a file knows enums of this crate.
fn own_enums<'a>(file: &'a SourceFile, all: &'a BTreeSet<String>) -> BTreeSet<&'a str> {
    let words: Vec<&str> = file.code.split([' ', ':', ',', '{', '}', ';', '\n']).collect();
    let renamed = words.windows(3).filter(|words| words[1] == "as" && all.contains(words[0]));
    renamed.map(|words| words[2]).chain(all.iter().map(String::as_str)).collect()
}

/// The enums that a file defines.
fn enums(file: &SourceFile) -> impl Iterator<Item = String> {
    let heads = file.code.lines().filter_map(|line| {
        let (before, rest) = line.split_once("enum ")?;
        before.split_whitespace().all(|word| word.starts_with("pub")).then_some(rest)
    });
    heads.filter_map(|rest| rest.split([' ', '<']).next()).map(str::to_owned)
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// An arm of a match: its pattern without its condition.
#[derive(Debug)]
struct Arm {
    line: usize,
    pattern: String,
}

impl Arm {
    fn is_for_the_rest(&self) -> bool {
        let parts = self.pattern.trim_start_matches('(').trim_end_matches(')');
        let is_rest = |part: &str| {
            let part = part.trim();
            let is_name = part.starts_with(|c: char| c.is_ascii_lowercase()) && is_word(part);
            part == "_" || is_name && !["true", "false"].contains(&part)
        };
        parts.split(',').all(is_rest)
    }

    /// Whether it names a case of an enum.
    fn names(&self, is_own: impl Fn(&str) -> bool) -> bool {
        let mut paths =
            self.pattern.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).filter(|word| {
                word.rsplit("::")
                    .next()
                    .is_some_and(|case| case.starts_with(|c: char| c.is_ascii_uppercase()))
            });
        paths.any(|path| path.rsplit("::").nth(1).is_some_and(&is_own))
    }
}

fn is_word(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// The arms of the match that begins at a line. Code is formatted, so they stand one step to the right of its end.
fn arms(lines: &[&str], head: usize) -> Vec<Arm> {
    let within = indent(lines[head]) + 4;
    let mut found = Vec::new();
    let mut open: Option<Arm> = None;
    for (line, text) in lines.iter().enumerate().skip(head + 1) {
        if !text.trim().is_empty() && indent(text) < within {
            break;
        }
        let is_begun = open.is_some();
        if !is_begun
            && (indent(text) != within || text.trim_start().starts_with(['{', '}', ')', ']', '.', '#']))
        {
            continue;
        }
        let arm = open.get_or_insert(Arm { line, pattern: String::new() });
        arm.pattern.push_str(text.trim());
        arm.pattern.push(' ');
        if let Some((pattern, _)) = arm.pattern.split_once("=>") {
            let pattern = pattern.split(" if ").next().unwrap_or_default().trim().to_owned();
            found.push(Arm { line: arm.line, pattern });
            open = None;
        }
    }
    found
}

/// The type that the code around a line is an implementation of.
fn implemented<'a>(lines: &[&'a str], line: usize) -> Option<&'a str> {
    let head = lines[..=line].iter().rev().find(|line| line.starts_with("impl"))?;
    let of = head.rsplit(" for ").next()?.trim_start_matches("impl");
    let of = if of.starts_with('<') { of.split_once("> ")?.1 } else { of };
    of.split_whitespace().next().map(|name| name.split('<').next().unwrap_or(name))
}

/// The arms for the rest of a file, each with its line.
fn for_the_rest(file: &SourceFile, all: &BTreeSet<String>) -> Vec<String> {
    let own = own_enums(file, all);
    let lines: Vec<&str> = file.code.lines().collect();
    let mut found = Vec::new();
    for (head, _) in lines.iter().enumerate().filter(|(_, line)| is_head(line)) {
        let is_own = |name: &str| {
            own.contains(name)
                || name == "Self" && implemented(&lines, head).is_some_and(|name| own.contains(name))
        };
        let arms = arms(&lines, head);
        if !arms.iter().any(|arm| arm.names(is_own)) {
            continue;
        }
        let rest = arms.iter().filter(|arm| arm.is_for_the_rest());
        found.extend(rest.map(|arm| format!("{}: {}", file.path, lines[arm.line].trim())));
    }
    found
}

/// Whether a line begins a match whose arms are on the lines below.
fn is_head(line: &str) -> bool {
    let is_match = line.trim_start().starts_with("match ") || line.contains(" match ");
    line.ends_with('{') && is_match
}

fn all_enums() -> BTreeSet<String> {
    source::all().iter().flat_map(enums).collect()
}

#[test]
fn no_match_over_our_own_enums_has_an_arm_for_the_rest() {
    let all = all_enums();
    let found: Vec<String> = source::all().iter().flat_map(|file| for_the_rest(file, &all)).collect();
    assert_eq!(found, [] as [String; 0], "name each case");
}

#[test]
fn the_enums_of_this_crate_are_found() {
    let all = all_enums();
    for name in ["FindingCode", "ExitCode", "Step", "ArmError", "Token", "Argument"] {
        assert!(all.contains(name), "{name}");
    }
}

#[test]
fn an_arm_for_the_rest_is_found() {
    let all = BTreeSet::from(["Step".to_owned(), "Code".to_owned()]);
    let found = |arms: &str| {
        let code = format!(
            "use x::Code as Known;\nimpl Step {{\n    fn a() {{\n        match b {{\n{arms}        }}\n    }}\n}}\n"
        );
        for_the_rest(&SourceFile::parse("a.rs".to_owned(), &code), &all).len()
    };
    for arms in [
        "            Step::A => 1,\n            _ => 2,\n",
        "            Self::A => 1,\n            _ if c => 2,\n",
        "            Known::A\n            | Known::B => 1,\n            other => other,\n",
        "            (Some(Step::A), _) => {\n                1\n            }\n            (_, _) => 2,\n",
        "            Some(\n                Step::A\n                | Step::B,\n            ) => 1,\n            _\n                if c =>\n            {\n                2\n            }\n",
    ] {
        assert_eq!(found(arms), 1, "{arms}");
    }
    for arms in [
        "            Step::A => 1,\n            rest @ (Step::B | Step::C(_)) => 2,\n",
        "            Value::A => Step::A,\n            _ => Step::B,\n",
        "            (Step::A, _) => 1,\n            (Step::B, Some(_)) => 2,\n",
        "            (true, Known::A) => match c {\n                \"x\" => 1,\n                _ => 2,\n            },\n            (false, Known::A) => 3,\n",
    ] {
        assert_eq!(found(arms), 0, "{arms}");
    }
}
