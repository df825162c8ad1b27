//! Names that try to leave the quotes that they stand in, through every export, picture and file that is written.

use std::collections::BTreeMap;

use proptest::{prelude::*, sample::select, test_runner::TestRunner};
use serde_json::{Value, json};
use swa_apim::config::{NewEnv, render_env};

use crate::support::{LABEL, Shop, apim, product};

/// A name that needs no quoting in any language.
const PLAIN: &str = "plain";

/// What ends a string, begins an expression, a comment, an entity or an element in one of the languages, or cannot be
/// seen.
const PIECES: [&str; 26] = [
    "'",
    "\"",
    "\\",
    "`",
    "${x}",
    "$${x}",
    "%{if y}",
    "{{z}}",
    "#{w}",
    "[[",
    "[",
    "]",
    "//",
    "/*",
    "*/",
    "#",
    "<!--",
    "-->",
    "]]>",
    "<script>",
    "&quot;",
    "\u{1b}[31m",
    "\r\n",
    "\u{202e}",
    "'''",
    "it's",
];

/// Names of several pieces, without the slash that ends a segment of an id.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => select(&PIECES[..]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => "[a-z ]{1,4}".prop_map(String::from),
    ];
    proptest::collection::vec(piece, 1..6).prop_map(|pieces| format!("x{}", pieces.concat()))
}

/// Whether a character can be in the name of a resource.
fn may_be_in_an_id(c: char) -> bool {
    c != '/' && swa_apim::model::ResourceId::parse(&format!("{}/apis/x{c}x", apim())).is_ok()
}

/// As many names as whole processes are run for.
fn few() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) }
}

/// How the strings of a language are written.
struct Quoting {
    quote: char,
    comment: &'static str,
    /// What would begin an expression within a string.
    expressions: &'static [&'static str],
    unescape: fn(&str) -> (String, usize),
}

const BICEP: Quoting = Quoting { quote: '\'', comment: "//", expressions: &["${"], unescape: of_bicep };
const TERRAFORM: Quoting =
    Quoting { quote: '"', comment: "#", expressions: &["${", "%{"], unescape: of_terraform };

fn simple(c: char) -> Option<char> {
    Some(match c {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '\'' | '"' | '\\' | '$' => c,
        _ => return None,
    })
}

fn number(hex: &str) -> String {
    char::from_u32(u32::from_str_radix(hex, 16).unwrap()).unwrap().to_string()
}

/// What an escape stands for, and how long it is behind its backslash.
fn of_bicep(text: &str) -> (String, usize) {
    match text.strip_prefix("u{").and_then(|rest| rest.split_once('}')) {
        Some((hex, _)) => (number(hex), hex.len() + 3),
        None => (simple(text.chars().next().unwrap()).expect("a known escape").to_string(), 1),
    }
}

fn of_terraform(text: &str) -> (String, usize) {
    match text.chars().next().unwrap() {
        'u' => (number(&text[1..5]), 5),
        'U' => (number(&text[1..9]), 9),
        c => (simple(c).expect("a known escape").to_string(), 1),
    }
}

/// A text without comments, with a mark in the place of each string, and what the strings stand for.
fn taken_apart(text: &str, quoting: &Quoting) -> (String, Vec<String>) {
    let (mut frame, mut strings, mut rest) = (String::new(), Vec::new(), text);
    while let Some(c) = rest.chars().next() {
        if rest.starts_with(quoting.comment) {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if c == quoting.quote {
            let (string, length) = string(rest, quoting);
            frame.push('\u{25a1}');
            strings.push(string);
            rest = &rest[length..];
        } else {
            frame.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    (frame, strings)
}

/// The string that a text begins with, and how long it is with its quotes.
fn string(text: &str, quoting: &Quoting) -> (String, usize) {
    let (mut value, mut at) = (String::new(), 1);
    loop {
        let rest = &text[at..];
        let c = rest.chars().next().expect("a string ends");
        let is_own = ["${local.swa_apim_product}"].iter().any(|own| rest.starts_with(own));
        let begins = quoting.expressions.iter().find(|it| rest.starts_with(**it));
        assert!(is_own || begins.is_none(), "an expression begins in {text}");
        assert!(!c.is_control(), "a string has the control character {c:?}");
        if c == quoting.quote {
            return (value, at + 1);
        }
        if c == '\\' {
            let (meant, length) = (quoting.unescape)(&rest[1..]);
            value.push_str(&meant);
            at += 1 + length;
        } else {
            value.push(c);
            at += c.len_utf8();
        }
    }
}

/// What the exports of a shop are whose env lists one API of this name.
fn exports(name: &str) -> BTreeMap<&'static str, String> {
    let shop = Shop::sample();
    shop.configure("[\"orders\"]", &toml::Value::from(vec![name]).to_string());
    let export = |format| (format, shop.run(&format!("export --format {format}")).exits(0).stdout.clone());
    ["bicep", "terraform", "arm", "apiops"].map(export).into()
}

#[test]
fn no_name_leaves_the_quotes_of_an_export() {
    let plain = exports(PLAIN);
    let mut runner = TestRunner::new(few());
    // The name of a resource has no white space around it.
    let id = hostile()
        .prop_map(|name| name.chars().filter(|c| may_be_in_an_id(*c)).collect::<String>().trim().to_owned());
    let outcome = runner.run(&id, |name| {
        let written = exports(&name);
        for (language, quoting) in [("bicep", &BICEP), ("terraform", &TERRAFORM)] {
            let (frame, strings) = taken_apart(&written[language], quoting);
            prop_assert_eq!(&frame, &taken_apart(&plain[language], quoting).0, "{}", language);
            prop_assert!(strings.contains(&name), "{language}: {strings:?}");
        }
        let arm: Value = serde_json::from_str(&written["arm"]).unwrap();
        let listed = arm["parameters"]["apis"]["defaultValue"][0].as_str().unwrap();
        // A text that begins with one bracket would be an expression.
        prop_assert!(!listed.starts_with('[') || listed.starts_with("[["), "{}", listed);
        prop_assert_eq!(
            listed.strip_prefix('[').filter(|rest| rest.starts_with('[')).unwrap_or(listed),
            &name
        );
        prop_assert_eq!(&written["apiops"], &plain["apiops"]);
        Ok(())
    });
    outcome.unwrap();
}

/// The pictures of a linked shop in whose product an API has this name and path.
fn pictures(name: &str) -> BTreeMap<&'static str, String> {
    let shop = Shop::linked();
    let place = |id: String, properties: Value| json!({"id": id, "properties": properties});
    shop.add([
        place(format!("{}/apis/evil", apim()), json!({"path": name, "displayName": name})),
        place(format!("{}/apis/evil", product()), json!({})),
    ]);
    let draw = |format| (format, shop.run(&format!("graph --format {format}")).exits(0).stdout.clone());
    ["mermaid", "dot", "svg"].map(draw).into()
}

/// The names and numbers of the elements of a picture, and all its text.
fn elements(svg: &str) -> (Vec<String>, String) {
    let document = roxmltree::Document::parse(svg).unwrap();
    let elements = document.descendants().filter(roxmltree::Node::is_element);
    let names = elements.map(|it| {
        let attributes: Vec<&str> = it.attributes().map(|attribute| attribute.name()).collect();
        format!("{} {}", it.tag_name().name(), attributes.join(" "))
    });
    let text = document.descendants().filter_map(|it| it.text().filter(|_| it.is_text()));
    (names.collect(), text.collect())
}

#[test]
fn no_name_leaves_the_quotes_of_a_picture() {
    // Graphviz and Mermaid have no comments in what is written here.
    let dot =
        Quoting { quote: '"', comment: "\0", expressions: &[], unescape: |text| (text[..1].to_owned(), 1) };
    let mermaid = Quoting { unescape: |_| panic!("Mermaid has no escapes"), ..dot };
    let plain = pictures(PLAIN);
    let mut runner = TestRunner::new(few());
    let outcome = runner.run(&hostile(), |name| {
        let drawn = pictures(&name);
        for (language, quoting) in [("dot", &dot), ("mermaid", &mermaid)] {
            let (frame, strings) = taken_apart(&drawn[language], quoting);
            prop_assert_eq!(&frame, &taken_apart(&plain[language], quoting).0, "{}", language);
            for string in strings {
                let markup = string.replace("<br/>", "").contains(['<', '>']);
                prop_assert!(language == "dot" || !markup, "{}", string);
            }
        }
        let ((hostile, text), (expected, _)) = (elements(&drawn["svg"]), elements(&plain["svg"]));
        prop_assert_eq!(hostile, expected);
        prop_assert!(text.contains(LABEL), "{}", text);
        Ok(())
    });
    outcome.unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn an_env_of_any_name_is_read_back_as_it_was_written(name in hostile(), site in hostile()) {
        let env = NewEnv {
            name: name.clone(),
            static_web_app: site.clone(),
            apim: name.clone(),
            resource_group: Some(site.clone()),
            apis: vec![name.clone(), site.clone()],
            ..NewEnv::default()
        };
        let read: toml::Table = render_env(&env).parse().unwrap();
        prop_assert_eq!(read.keys().collect::<Vec<_>>(), ["env"]);
        let envs = read["env"].as_table().unwrap();
        prop_assert_eq!(envs.len(), 1);
        let written = envs[&name].as_table().unwrap();
        prop_assert_eq!(written["static-web-app"].as_str(), Some(site.as_str()));
        prop_assert_eq!(written["apis"].as_array().unwrap().len(), 2);
        prop_assert_eq!(written["apis"][0].as_str(), Some(name.as_str()));
    }
}
