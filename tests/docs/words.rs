//! Text that a person reads has none of the words and turns of phrase that `words.txt` lists.
//!
//! [`markdown_faults`] checks a page, [`source_faults`] the messages, the help and the doc comments of a Rust file, and
//! [`name_faults`] the names of its tests.

use std::{fs, ops::Range, path::Path};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use regex::{Regex, RegexBuilder};

use crate::{links::pages_in, root};

/// Sources whose texts are checked, relative to the repository.
const SOURCES: [&str; 4] = ["src", "tests/docs/main.rs", "tests/docs/picture.rs", "tests/docs/shell.rs"];

/// One entry of the list.
struct Entry {
    pattern: Regex,
    advice: String,
}

/// A fault in a text: its line, counted from 1, the words that were found, and the advice.
#[derive(Debug, PartialEq, Eq)]
struct Fault {
    line: usize,
    found: String,
    advice: String,
}

fn entries() -> Vec<Entry> {
    let list = fs::read_to_string(root().join("tests/docs/words.txt")).unwrap();
    let lines = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(entry).collect()
}

fn entry(line: &str) -> Entry {
    let (pattern, advice) = line.split_once(" => ").unwrap_or_else(|| panic!("no advice: {line}"));
    let pattern = RegexBuilder::new(&format!(r"\b(?:{pattern})\b")).case_insensitive(true).build().unwrap();
    Entry { pattern, advice: advice.to_owned() }
}

/// A paragraph, heading, table cell or list item as plain text. Inline code is a `□`.
struct Prose {
    line: usize,
    text: String,
}

/// The prose of a Markdown text, without code.
fn prose(markdown: &str) -> Vec<Prose> {
    let mut found: Vec<Prose> = Vec::new();
    let mut is_code = false;
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    for (event, Range { start, .. }) in Parser::new_ext(markdown, options).into_offset_iter() {
        let line = || markdown[..start].matches('\n').count() + 1;
        match event {
            Event::Start(Tag::CodeBlock(_)) => is_code = true,
            Event::End(TagEnd::CodeBlock) => is_code = false,
            Event::Start(Tag::Paragraph | Tag::Heading { .. } | Tag::TableCell | Tag::Item) => {
                found.push(Prose { line: line(), text: String::new() });
            }
            Event::Text(_) if is_code => {}
            Event::Text(part) => push(&mut found, line(), &part),
            Event::Code(_) => push(&mut found, line(), "□"),
            Event::SoftBreak | Event::HardBreak => push(&mut found, line(), " "),
            _ => {}
        }
    }
    found
}

fn push(found: &mut Vec<Prose>, line: usize, part: &str) {
    match found.last_mut() {
        Some(prose) => prose.text.push_str(part),
        None => found.push(Prose { line, text: part.to_owned() }),
    }
}

/// The faults of a Markdown text.
fn markdown_faults(entries: &[Entry], markdown: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    for Prose { line, text } in prose(markdown) {
        for Entry { pattern, advice } in entries {
            faults.extend(pattern.find_iter(&text).map(|found| Fault {
                line,
                found: found.as_str().to_owned(),
                advice: advice.clone(),
            }));
        }
    }
    faults
}

/// The faults in doc comments and in string literals of a Rust file, down to its unit tests.
fn source_faults(entries: &[Entry], source: &str) -> Vec<Fault> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let mut faults = Vec::new();
    for Prose { line, text } in doc_comments(code).into_iter().chain(literals(code)) {
        let here = markdown_faults(entries, &text);
        faults.extend(here.into_iter().map(|fault| Fault { line: line + fault.line - 1, ..fault }));
    }
    faults
}

/// Each run of lines that begin with `///` or `//!`, as Markdown.
fn doc_comments(code: &str) -> Vec<Prose> {
    let mut found: Vec<Prose> = Vec::new();
    let mut last = 0;
    for (line, text) in code.lines().enumerate() {
        let text = text.trim_start();
        let Some(text) = text.strip_prefix("///").or_else(|| text.strip_prefix("//!")) else { continue };
        let text = text.strip_prefix(' ').unwrap_or(text);
        match found.last_mut() {
            Some(prose) if last == line => prose.text.extend(["\n", text]),
            _ => found.push(Prose { line: line + 1, text: text.to_owned() }),
        }
        last = line + 1;
    }
    found
}

/// Each string literal that has more than one word. Escapes stay as they are written.
fn literals(code: &str) -> Vec<Prose> {
    let token = r##"//[^\n]*|r#+"((?s:.*?))"#+|'(?:\\.|[^\\'])'|"((?s:\\.|[^"\\])*)""##;
    let token = Regex::new(token).unwrap();
    let mut found = Vec::new();
    for captures in token.captures_iter(code) {
        let Some(text) =
            captures.get(1).or_else(|| captures.get(2)).filter(|text| text.as_str().contains(' '))
        else {
            continue;
        };
        let line = code[..text.start()].matches('\n').count() + 1;
        found.push(Prose { line, text: text.as_str().replace("\\n", " ") });
    }
    found
}

/// The faults in the names of the tests of a Rust file. A name is checked as a sentence.
fn name_faults(entries: &[Entry], source: &str) -> Vec<Fault> {
    let test = r"#\[(?:tokio::)?test[^\]]*\]\s*(?:#\[[^\]]*\]\s*)*(?:async )?fn (\w+)|fn (\w+)\([^()]* in ";
    let mut faults = Vec::new();
    for captures in Regex::new(test).unwrap().captures_iter(source) {
        let Some(name) = captures.get(1).or_else(|| captures.get(2)) else { continue };
        let line = source[..name.start()].matches('\n').count();
        let (first, rest) = name.as_str().split_at(1);
        let sentence = format!("{}{}", first.to_uppercase(), rest.replace('_', " "));
        let here = markdown_faults(entries, &sentence);
        faults.extend(here.into_iter().map(|fault| Fault { line: line + fault.line, ..fault }));
    }
    faults
}

/// The Rust files below a path.
fn sources_in(path: &Path) -> Vec<std::path::PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let inner = fs::read_dir(path).unwrap().flat_map(|entry| sources_in(&entry.unwrap().path()));
    inner.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// Whether a file of `src` has nothing but the unit tests of another one.
fn is_of_unit_tests(path: &Path) -> bool {
    let within = path.strip_prefix(root().join("src")).ok();
    within.is_some_and(|path| {
        path.ends_with("tests.rs") || path.components().any(|it| it.as_os_str() == "tests")
    })
}

/// Each fault as `PATH:LINE: WORDS: ADVICE`.
fn report(path: &Path, faults: &[Fault]) -> Vec<String> {
    let path = path.strip_prefix(root()).unwrap_or(path).display();
    let line = |Fault { line, found, advice }: &Fault| format!("{path}:{line}: `{found}`: {advice}");
    faults.iter().map(line).collect()
}

#[test]
fn the_pages_are_written_in_plain_words() {
    let entries = entries();
    let mut pages = pages_in(&root().join("docs"));
    pages.extend(["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"].map(|it| root().join(it)));
    let faults: Vec<String> = pages
        .iter()
        .flat_map(|page| {
            let text = fs::read_to_string(page).unwrap();
            report(page, &markdown_faults(&entries, &text))
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_sources_are_written_in_plain_words() {
    let entries = entries();
    let files = SOURCES.iter().flat_map(|path| sources_in(&root().join(path)));
    let files: Vec<_> = files.filter(|file| !is_of_unit_tests(file)).collect();
    assert!(files.len() > 100, "{}", files.len());
    let faults: Vec<String> = files
        .iter()
        .flat_map(|file| report(file, &source_faults(&entries, &fs::read_to_string(file).unwrap())))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_names_of_tests_are_written_in_plain_words() {
    let entries = entries();
    let files: Vec<_> = ["src", "tests"].iter().flat_map(|path| sources_in(&root().join(path))).collect();
    let faults: Vec<String> = files
        .iter()
        .flat_map(|file| report(file, &name_faults(&entries, &fs::read_to_string(file).unwrap())))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn found(faults: Vec<Fault>) -> Vec<(usize, String)> {
    faults.into_iter().map(|fault| (fault.line, fault.found)).collect()
}

#[test]
fn words_are_found_in_prose_across_lines_and_not_in_code() {
    let entries = entries();
    let page = "# Nobody\n\nA file that\nbelongs\ninto `nobody`.\n\n```sh\nnobody\n```\n\n| a |\n| --- |\n| surely |\n";
    let expected = [(1, "Nobody"), (3, "belongs into"), (13, "surely")];
    assert_eq!(found(markdown_faults(&entries, page)), expected.map(|(line, word)| (line, word.to_owned())));
    assert_eq!(markdown_faults(&entries, "The command fails if the file is not a directory."), []);
}

#[test]
fn words_are_found_in_doc_comments_and_literals_and_not_in_code_or_tests() {
    let entries = entries();
    let source = "//! Tells nobody.\n\nfn nobody() {\n    // nobody knows \"that\"\n    let c = '\"';\n    \
        f(\"it is \\\"surely\\\" so\\n\");\n}\n\n#[cfg(test)]\nmod tests {\n    const A: &str = \"ask nobody\";\n}\n";
    let expected = [(1, "nobody"), (1, "Tells"), (6, "surely")];
    assert_eq!(found(source_faults(&entries, source)), expected.map(|(line, word)| (line, word.to_owned())));
}

#[test]
fn words_are_found_in_the_names_of_tests() {
    let entries = entries();
    let plain = "#[test]\nfn what_is_here() {}\n\n#[tokio::test(start_paused = true)]\n#[should_panic]\nasync fn a_key_of_nobody() {}\n";
    // In one piece, this would be the name of a test of this file.
    let property = format!(
        "\nproptest! {{\n    #[test]\n    fn {}(text in \"x\") {{}}\n}}\n\nfn nobody() {{}}\n",
        "others"
    );
    let expected = [(2, "What is"), (6, "nobody"), (10, "Others")];
    let found = found(name_faults(&entries, &format!("{plain}{property}")));
    assert_eq!(found, expected.map(|(line, word)| (line, word.to_owned())));
}

#[test]
fn each_pattern_is_a_regular_expression_with_advice() {
    let entries = entries();
    assert!(entries.len() > 40, "{}", entries.len());
    assert!(entries.iter().all(|entry| !entry.advice.is_empty() && !entry.pattern.is_match("")));
}
