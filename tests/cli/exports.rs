//! Resources in and out of the model, and keys that never leave it.

use snapbox::str;

use crate::support::{Shop, apim};

#[test]
fn an_import_in_every_format() {
    let shop = Shop::sample();
    shop.run("model export --out all.json").exits(0);
    for (format, expected) in [
        (
            "table",
            str![[r#"
exit 0
--- stdout
[DIR]/control-plane.json: 0 created, 0 changed, 4 unchanged

"#]],
        ),
        (
            "tsv",
            str![[r#"
exit 0
--- stdout
[DIR]/control-plane.json	0	0	4

"#]],
        ),
    ] {
        shop.run(&format!("model import all.json -o {format}")).is(expected);
    }
    shop.run("model import all.json -o json").is(str![[r#"
exit 0
--- stdout
{
  "schemaVersion": 1,
  "model": "[DIR]/control-plane.json",
  "created": 0,
  "changed": 0,
  "unchanged": 4
}

"#]]);
    shop.run("model import all.json -o yaml").is(str![[r#"
exit 0
--- stdout
schemaVersion: 1
model: [DIR]/control-plane.json
created: 0
changed: 0
unchanged: 4

"#]]);
    shop.run("model import all.json -o markdown").is(str![[r#"
exit 0
--- stdout
| model | created | changed | unchanged |
| --- | --- | --- | --- |
| [DIR]/control-plane.json | 0 | 0 | 4 |

"#]]);
}

#[test]
fn an_export_has_every_resource_and_no_key() {
    let shop = Shop::linked();
    let text = shop.run("model export").exits(0).stdout.clone();
    let secrets = shop.model()["secrets"].clone();
    for keys in secrets.as_object().unwrap().values() {
        for key in keys.as_object().unwrap().values() {
            assert!(!text.contains(key.as_str().unwrap()));
        }
    }
    let exported: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(exported.as_array().unwrap().len(), shop.model()["resources"].as_array().unwrap().len());
    assert!(text.contains(&format!("{}/products/", apim())));
}

#[test]
fn an_export_is_imported_into_an_empty_directory() {
    let shop = Shop::sample();
    shop.run("model export --out all.json").exits(0);
    shop.run("model import all.json --model copy.json").is(str![[r#"
exit 0
--- stdout
[DIR]/copy.json: 4 created, 0 changed, 0 unchanged

"#]]);
    shop.run("status --model copy.json").exits(0);
}

#[test]
fn no_output_holds_a_key() {
    let shop = Shop::linked();
    let secrets = shop.model()["secrets"].clone();
    let keys: Vec<String> = secrets
        .as_object()
        .unwrap()
        .values()
        .flat_map(|entry| entry.as_object().unwrap())
        .filter(|(name, _)| name.ends_with("Key"))
        .map(|(_, key)| key.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(keys.len(), 3, "two keys, and the copy that the site holds");
    for line in ["status -o json -vvv", "relink --dry-run -o json -vvv", "relink -vvv", "unlink -vvv"] {
        let run = shop.run(line);
        for key in &keys {
            assert!(!run.stdout.contains(key) && !run.stderr.contains(key), "{line}");
        }
    }
}
