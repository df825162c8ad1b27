//! Arithmetic with times is checked: an answer or a file can contain a time that no clock can add.

use crate::source::{self, SourceFile};

/// The lint that reports each operation that can overflow.
const LINT: &str = "#![warn(clippy::arithmetic_side_effects)]";
const TIMES: [&str; 3] = ["Duration", "Instant", "SystemTime"];
const OPERATORS: [&str; 8] = [" + ", " - ", " * ", " / ", " % ", " += ", " -= ", " *= "];

/// Whether a file names a type of time and has an operator that can overflow, outside of texts.
fn computes_with_time(file: &SourceFile) -> bool {
    let names = |word: &str| TIMES.contains(&word);
    let mut words = file.code.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(names) && file.code.lines().any(computes)
}

fn computes(line: &str) -> bool {
    let outside: String = line.split('"').step_by(2).collect();
    OPERATORS.iter().any(|operator| {
        let mut rests = outside.split(operator).skip(1);
        rests.any(|rest| *operator != " + " || !is_bound(rest))
    })
}

/// Whether a plus sign before this adds a bound to a type: the name of a trait, a lifetime or a capture.
fn is_bound(rest: &str) -> bool {
    let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let is_trait = name.starts_with(char::is_uppercase) && name.contains(char::is_lowercase);
    rest.starts_with('\'') || rest.starts_with("use<") || is_trait && !rest[name.len()..].starts_with("::")
}

fn is_of_tests(file: &SourceFile) -> bool {
    file.path.ends_with("tests.rs") || file.path.contains("/tests/")
}

#[test]
fn each_file_that_computes_with_time_has_the_lint_that_reports_overflows() {
    let computing = source::all().iter().filter(|file| !is_of_tests(file) && computes_with_time(file));
    let without: Vec<&str> =
        computing.filter(|file| !file.code.contains(LINT)).map(|file| file.path.as_str()).collect();
    assert!(without.is_empty(), "add `{LINT}` to {without:#?}");
}

#[test]
fn operators_are_distinguished_from_texts_and_bounds() {
    for line in ["let end = since + wait;", "count -= 1;", "now + LIFETIME", "it + Duration::from_secs(1)"] {
        assert!(computes(line), "{line}");
    }
    for line in [
        "Box<dyn Error + Send>",
        "impl AsyncRead + AsyncWrite",
        "let text = \"a + b\";",
        "-> Duration",
        "impl Fn() + use<'_>",
    ] {
        assert!(!computes(line), "{line}");
    }
}
