//! How long functions are, from the line that names one to the brace that ends it.

use crate::source::{self, SourceFile};

/// The longest that a function may be.
const LONGEST: usize = 80;
/// How long nineteen of twenty are at most: the 95th percentile.
const USUAL: usize = 36;
/// How long half of them are at most: the median.
const MEDIAN: usize = 7;

/// The functions of a file that have a body, each with its number of lines, without comments. Code is formatted, so a
/// body ends at the first brace that stands as far left as its head.
fn functions(file: &SourceFile) -> Vec<(String, usize)> {
    let lines: Vec<&str> = file.code.lines().collect();
    let heads = lines.iter().enumerate().filter_map(|(at, line)| Some((at, line, named(line)?)));
    let length = |(at, head, name): (usize, &&str, &str)| {
        let indent = &head[..head.len() - head.trim_start().len()];
        let ends = |line: &&str| {
            let rest = line.strip_prefix(indent).unwrap_or(" ");
            line == head && line.ends_with(['}', ';'])
                || rest.starts_with('}')
                || rest.starts_with(')') && rest.ends_with(';')
        };
        let length = lines[at..].iter().position(ends)? + 1;
        // A trait's function without a body ends in a semicolon.
        (!lines[at + length - 1].ends_with(';')).then(|| (format!("{}: {name}", file.path), length))
    };
    heads.filter_map(length).collect()
}

/// The name of the function that a line begins, if it begins one.
fn named(line: &str) -> Option<&str> {
    let words = line.trim_start();
    let (before, rest) = words.split_once("fn ")?;
    let known = ["pub", "const", "async", "unsafe"];
    let is_head = before.split_whitespace().all(|word| known.contains(&word.split('(').next().unwrap()));
    is_head.then(|| rest.split(['(', '<']).next().unwrap())
}

#[test]
fn functions_are_short_enough_to_be_read_at_once() {
    let mut all: Vec<(String, usize)> = source::all().iter().flat_map(functions).collect();
    all.sort_by_key(|(_, lines)| *lines);
    let (longest, lines) = all.last().unwrap();
    assert!(*lines <= LONGEST, "{longest} has {lines} lines, {LONGEST} at most");
    for (place, most) in [(all.len() * 19 / 20, USUAL), (all.len() / 2, MEDIAN)] {
        let (name, lines) = &all[place];
        let longer = all.len() - place;
        assert!(
            *lines <= most,
            "{longer} functions are as long as {name} with {lines} lines, {most} at most"
        );
    }
}

#[test]
fn the_lines_of_a_function_are_counted() {
    let code = "impl A {\n    pub(crate) async fn b(\n        c: u8,\n    ) -> u8 {\n        if c > 0 {\n        }\n        c\n    }\n    fn e(\n        c: u8,\n    ) -> u8;\n    fn f();\n}\nfn d() {}\n";
    let found = functions(&SourceFile::parse("a.rs".to_owned(), code));
    assert_eq!(found, [("a.rs: b".to_owned(), 7), ("a.rs: d".to_owned(), 1)]);
}
