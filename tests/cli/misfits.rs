//! Files of another form than expected: what is wrong is said in the words of JSON, never in those of a Rust library.

use serde_json::{Value, json};

use crate::support::{MODEL, Shop};

/// Words that are known only to those who read the source.
const OF_A_LIBRARY: [&str; 12] = [
    "enum",
    "variant",
    "sequence",
    "struct",
    "u64",
    "u32",
    "invalid type",
    "invalid length",
    "untagged",
    "flattened",
    "EOF",
    "deserializ",
];

/// Replaces the value at each place of a document, one after the other.
fn replaced(document: &Value, with: &Value) -> Vec<Value> {
    let mut found = vec![with.clone()];
    match document {
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                found.extend(replaced(item, with).into_iter().map(|item| {
                    let mut items = items.clone();
                    items[at] = item;
                    Value::Array(items)
                }));
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                found.extend(replaced(field, with).into_iter().map(|field| {
                    let mut fields = fields.clone();
                    fields[name] = field;
                    Value::Object(fields)
                }));
            }
        }
        _ => {}
    }
    found
}

fn is_plain(line: &str, told: &str) {
    let word = OF_A_LIBRARY.iter().find(|word| told.contains(*word));
    assert_eq!(word, None, "{line}: {told}");
}

#[test]
fn a_plan_that_does_not_fit_is_described_in_plain_words() {
    let shop = Shop::sample();
    shop.run("link --out plan.json").exits(0);
    let plan: Value = serde_json::from_str(&shop.read("plan.json")).unwrap();
    for with in [json!(3), json!([]), json!({}), json!("x")] {
        // Of many places, every seventh.
        for (at, plan) in
            replaced(&plan, &with).into_iter().enumerate().filter(|(at, _)| at % 7 == 0 || *at < 12)
        {
            shop.write("other.json", plan.to_string());
            let run = shop.run("apply other.json --no-input");
            is_plain(&format!("{with} at {at}"), &run.stderr);
            shop.run("unlink --purge --yes").exits(0);
        }
    }
    shop.write("other.json", "{\"schemaVersion\": 1, \"plans\": [");
    let run = shop.run("apply other.json");
    assert!(run.exits(2).stderr.contains("the text ends too early"), "{}", run.stderr);
    shop.write("other.json", "{\"schemaVersion\": 1}");
    is_plain("a head", &shop.run("apply other.json").exits(2).stderr);
}

#[test]
fn a_model_that_does_not_fit_is_described_in_plain_words() {
    let shop = Shop::linked();
    let model = shop.model();
    for with in [json!(3), json!([]), json!("x"), Value::Null] {
        for name in model.as_object().unwrap().keys() {
            let mut other = model.clone();
            other[name] = with.clone();
            shop.write(MODEL, other.to_string());
            let run = shop.run("status");
            is_plain(&format!("{name}: {with}"), &format!("{}{}", run.stdout, run.stderr));
        }
        let mut other = model.clone();
        for secret in other["secrets"].as_object_mut().unwrap().values_mut() {
            *secret = with.clone();
        }
        shop.write(MODEL, other.to_string());
        let run = shop.run("status");
        is_plain(&format!("secrets: {with}"), &format!("{}{}", run.stdout, run.stderr));
    }
    shop.write(MODEL, "[]");
    let run = shop.run("status");
    assert!(run.stderr.contains("a model was expected, and this is an array"), "{}", run.stderr);
}

#[test]
fn a_configuration_that_does_not_fit_is_described_in_plain_words() {
    let shop = Shop::sample();
    for text in [
        "env = [1]",
        "env = 3",
        "[env.prod]\napis = 'x'",
        "[env.prod]\nstatic-web-app = 1",
        "[env.prod]\nprovider = [1]",
        "provider = 'x'",
        "[provider.arm]\nprovisioning = {}",
        "[provider]\narm = []",
        "[env.prod]\napis = [1]",
        "[[env]]\nx = 1",
    ] {
        shop.write(crate::support::CONFIG, text);
        is_plain(text, &shop.run("status").exits(2).stderr);
    }
}
