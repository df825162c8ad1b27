//! Files and variables with values of the wrong type: the errors are in words of the program, not of its parsers.

use std::{collections::BTreeSet, thread};

use serde_json::{Value, json};

use crate::support::{MODEL, Shop};

/// Words of the parsers that say nothing to a user.
const WORDS: [&str; 16] = [
    "invalid type",
    "invalid value:",
    "invalid length",
    "missing field",
    "duplicate field",
    "unknown field",
    "unknown variant",
    "no variant of enum",
    "did not match any variant",
    "expected struct",
    "expected internally tagged",
    "expected a sequence",
    "expected a map",
    "type sequence",
    "flattened data",
    "EOF while",
];

/// The paths of all values below `value`.
fn pointers(value: &Value, path: &str, into: &mut Vec<String>) {
    into.push(path.to_owned());
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(fields) => {
            fields
                .iter()
                .for_each(|(name, value)| pointers(value, &format!("{path}/{}", escaped(name)), into));
        }
        Value::Array(elements) => {
            // The elements of an array have the same form.
            elements.iter().take(2).enumerate().for_each(|(at, value)| {
                pointers(value, &format!("{path}/{at}"), into);
            });
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Variants of a document in which one value has another type, is missing, or has an unknown neighbor. Each value gets
/// three of the replacements, so that each replacement is used in many places.
fn variants(document: &Value) -> Vec<Value> {
    let others =
        [json!(null), json!(true), json!(-7), json!(1.5), json!("odd"), json!([]), json!({}), json!([{}])];
    let mut paths = Vec::new();
    pointers(document, "", &mut paths);
    let mut variants = Vec::new();
    for (at, path) in paths.iter().enumerate() {
        for other in others.iter().cycle().skip(at).take(3) {
            let mut variant = document.clone();
            *variant.pointer_mut(path).unwrap() = other.clone();
            variants.push(variant);
        }
        let Some((parent, name)) = path.rsplit_once('/') else { continue };
        let mut variant = document.clone();
        if let Some(Value::Object(fields)) = variant.pointer_mut(parent) {
            let value = fields.remove(&name.replace("~1", "/").replace("~0", "~"));
            variants.push(variant.clone());
            let Some(Value::Object(fields)) = variant.pointer_mut(parent) else { continue };
            fields.insert("odd".to_owned(), value.unwrap_or_default());
            variants.push(variant);
        }
    }
    variants
}

/// Runs a command on each text in `file`, and returns the errors that contain words of a parser.
fn stumbles(texts: &[String], file: &str, line: &str) -> BTreeSet<String> {
    let of_some = |texts: &[String]| {
        let shop = Shop::linked();
        let mut found = BTreeSet::new();
        for text in texts {
            shop.write(file, text);
            let run = shop.run(line);
            let message = format!("{}{}", run.stdout, run.stderr);
            if WORDS.iter().any(|words| message.contains(words)) {
                found.insert(message);
            }
        }
        found
    };
    thread::scope(|scope| {
        let workers: Vec<_> =
            texts.chunks(texts.len().div_ceil(4)).map(|some| scope.spawn(|| of_some(some))).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

fn check(document: &str, file: &str, line: &str) {
    let document: Value = serde_json::from_str(document).unwrap();
    let texts: Vec<String> = variants(&document).iter().map(ToString::to_string).collect();
    assert!(texts.len() > 50, "{}", texts.len());
    assert_eq!(stumbles(&texts, file, line), BTreeSet::new());
}

#[test]
fn a_model_with_wrong_types_is_reported_without_words_of_a_parser() {
    let shop = Shop::linked();
    check(&shop.read(MODEL), MODEL, "status --env prod");
}

#[test]
fn a_plan_with_wrong_types_is_reported_without_words_of_a_parser() {
    let shop = Shop::linked();
    shop.run("relink --env prod --out plan.json").exits(0);
    check(&shop.read("plan.json"), "plan.json", "apply plan.json --dry-run");
    shop.run("unlink --env prod").exits(0);
    shop.run("prune --apim shop-apim --out plan.json").exits(0);
    check(&shop.read("plan.json"), "plan.json", "apply plan.json --dry-run");
}

#[test]
fn an_import_with_wrong_types_is_reported_without_words_of_a_parser() {
    let shop = Shop::linked();
    let resources = shop.run("model export").stdout;
    check(&resources, "resources.json", "model import resources.json --model imported.json");
}

#[test]
fn a_configuration_with_wrong_types_is_reported_without_words_of_a_parser() {
    let keys = [
        "static-web-app",
        "apim",
        "resource-group",
        "subscription",
        "site-environment",
        "apis",
        "provider",
        "provisioning",
    ];
    let values = [
        "7",
        "-1.5",
        "true",
        "'odd'",
        "''",
        "[]",
        "[7]",
        "['', 'a']",
        "{}",
        "{ a = 1 }",
        "1979-05-27",
        "nan",
    ];
    let lines = keys.iter().flat_map(|key| values.iter().map(move |value| format!("{key} = {value}")));
    let mut texts: Vec<String> = lines.map(|line| format!("[env.prod]\n{line}\n")).collect();
    for line in ["env = 7", "env = []", "env.prod = 7", "[[env]]", "[env]\nprod = 'x'", "provider = 7"] {
        texts.push(format!("{line}\n"));
    }
    for (table, key) in [("json", "model"), ("arm", "cloud"), ("arm", "endpoint"), ("arm", "odd")] {
        texts.extend(values.iter().map(|value| format!("[provider.{table}]\n{key} = {value}\n")));
    }
    texts.extend(["[env", "[env.prod]\napim = ", "= 7", "a b", "x = 'y"].map(str::to_owned));
    assert_eq!(stumbles(&texts, "swa-apim.toml", "status --env prod"), BTreeSet::new());
}

#[test]
fn variables_with_wrong_values_are_reported_without_words_of_a_parser() {
    let shop = Shop::linked();
    let names = [
        "CONFIG",
        "ENV",
        "STATIC_WEB_APP",
        "APIM",
        "RESOURCE_GROUP",
        "SUBSCRIPTION",
        "SITE_ENVIRONMENT",
        "PROVIDER",
        "MODEL",
        "ENDPOINT",
        "PROVISIONING",
        "SAMPLE",
        "OUTPUT",
        "QUERY",
        "YES",
        "NO_INPUT",
        "TIMEOUT",
        "COLOR",
        "QUIET",
        "VERBOSE",
    ];
    for name in names {
        for value in ["7", "-1", "{}", "[]", "nine", "\"", "/subscriptions/", "http://"] {
            let run = shop.run_with("status", &[(&format!("SWA_APIM_{name}"), value)]);
            let message = format!("{}{}", run.stdout, run.stderr);
            let found = WORDS.iter().find(|words| message.contains(*words));
            assert_eq!(found, None, "{name}={value}: {message}");
        }
    }
}
