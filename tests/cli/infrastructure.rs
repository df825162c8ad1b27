//! Links as infrastructure code: what parsers that are not ours read in it, and that no key is in it.

use std::{path::Path, process::Command};

use serde_json::{Value, json};

use crate::support::{CONFIG, LABEL, Shop, apim, product, service, site};

/// A name that ends a string, begins an expression or both, in one language or another.
const EVIL: &str = "[it's ${x} $${y}]";

/// What each parser makes of a file, as JSON. `quoted` takes off what one of them leaves of a literal.
const READ: &str = r#"
import json, sys
language, path = sys.argv[1:]
text = open(path, encoding="utf-8").read()
if language == "bicep":
    import tree_sitter_bicep
    from pycep import BicepParser
    from tree_sitter import Language, Parser
    tree = Parser(Language(tree_sitter_bicep.language())).parse(text.encode())
    assert not tree.root_node.has_error, "tree-sitter finds an error"
    print(json.dumps(BicepParser().parse(text=text), default=str))
elif language == "terraform":
    import hcl2
    print(json.dumps(hcl2.loads(text)))
"#;

/// The Python that has the parsers: what the gate makes, or the machine's own.
fn python() -> String {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/parsers/bin/python");
    if own.exists() { own.display().to_string() } else { "python3".to_owned() }
}

/// What an independent parser reads, or nothing where there is none.
fn parsed(shop: &Shop, language: &str, file: &str) -> Option<Value> {
    let output = Command::new(python()).args(["-c", READ, language]).arg(shop.path(file)).output();
    let Ok(output) = output else {
        crate::skip::skipped("there is no Python");
        return None;
    };
    let told = String::from_utf8_lossy(&output.stderr);
    if told.contains("ModuleNotFoundError") {
        crate::skip::skipped(&format!("there is no parser of {language}"));
        return None;
    }
    assert!(output.status.success(), "{told}\n{}", shop.read(file));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// The linked sample, with an API that has a bad name in its product.
fn evil() -> Shop {
    let shop = Shop::sample();
    shop.add([json!({"id": format!("{}/apis/{EVIL}", apim()), "name": EVIL,
        "type": "Microsoft.ApiManagement/service/apis", "properties": {"path": "api/evil"}})]);
    shop.configure("[\"orders\"]", &format!("['''{EVIL}''', 'orders']"));
    shop.run("link").exits(0);
    shop
}

#[test]
fn two_parsers_of_bicep_read_the_link() {
    let shop = Shop::linked();
    shop.run("export --out link.bicep").exits(0);
    let Some(read) = parsed(&shop, "bicep", "link.bicep") else { return };
    let link = &read["resources"]["linkedBackend"];
    assert_eq!(link["type"], "Microsoft.Web/staticSites/linkedBackends");
    assert_eq!(link["config"]["name"], "shop-apim");
    assert_eq!(link["config"]["properties"]["backendResourceId"], apim());
    assert_eq!(read["resources"]["product"]["config"]["name"], LABEL);
    assert_eq!(read["resources"]["productApis"]["config"]["config"]["dependsOn"], json!(["linkedBackend"]));
    assert_eq!(read["parameters"]["apis"]["default"], json!(["orders"]));
    assert!(read["outputs"]["productId"].is_object());
}

#[test]
fn a_parser_of_terraform_reads_the_link() {
    let shop = Shop::linked();
    shop.run("export --out link.tf").exits(0);
    let Some(read) = parsed(&shop, "terraform", "link.tf") else { return };
    let text = read.to_string();
    let link = &read["resource"][0]["\"azapi_resource\""]["\"swa_apim_link\""];
    assert_eq!(link["lifecycle"][0]["ignore_changes"], json!(["location"]), "{text}");
    assert_eq!(link["parent_id"], format!("\"{}\"", site()));
    assert_eq!(link["body"]["properties"]["backendResourceId"], format!("\"{}\"", apim()));
    assert_eq!(read["locals"][0]["swa_apim_product"], format!("\"{LABEL}\""));
    let imported = format!("\"{}/linkedBackends/shop-apim?api-version=2024-04-01\"", site());
    assert_eq!(read["import"][0]["id"], imported);
    assert_eq!(read["import"][1]["id"], format!("\"{}/apis/orders\"", product()));
}

#[test]
fn resources_that_do_not_exist_yet_are_not_imported() {
    let shop = Shop::sample();
    let text = shop.run("export --format terraform").exits(0).stdout.clone();
    assert!(!text.contains("import {") && text.contains(LABEL), "{text}");
}

#[test]
fn an_arm_template_has_the_shape_that_deployments_take() {
    let shop = Shop::linked();
    let template: Value = shop.run("export --format arm").exits(0).json();
    assert!(template["$schema"].as_str().unwrap().ends_with("/2019-04-01/deploymentTemplate.json#"));
    assert_eq!(template["contentVersion"], "1.0.0.0");
    let resources = template["resources"].as_array().unwrap();
    for resource in resources {
        let (kind, name) = (resource["type"].as_str().unwrap(), resource["name"].as_str().unwrap());
        assert!(resource["apiVersion"].as_str().unwrap().len() == 10);
        // The name of a nested resource has a segment for each one of its type after the provider.
        let segments = kind.split('/').count() - 1;
        assert!(name.starts_with('[') || name.split('/').count() == segments, "{kind}: {name}");
    }
    assert_eq!(resources[0]["properties"]["backendResourceId"], apim());
    assert_eq!(template["outputs"]["productName"]["value"], LABEL);
    assert_eq!(template["outputs"]["productId"]["value"], product());
    for output in template["outputs"].as_object().unwrap().values() {
        assert_eq!(output["type"], "string");
    }
}

#[test]
fn a_name_is_a_name_in_every_language() {
    let shop = evil();
    shop.run("export --out link.bicep").exits(0);
    shop.run("export --out link.tf").exits(0);
    let template = shop.run("export --format arm").exits(0).json();
    assert_eq!(template["parameters"]["apis"]["defaultValue"][0], format!("[{EVIL}"));
    if parsed(&shop, "bicep", "link.bicep").is_some() {
        assert!(shop.read("link.bicep").contains(r"'[it\'s \${x} \$\${y}]'"));
    }
    if parsed(&shop, "terraform", "link.tf").is_some() {
        assert!(
            shop.read("link.tf").contains(r#""[it's \u0024{x} $\u0024{y}]""#),
            "{}",
            shop.read("link.tf")
        );
    }
}

#[test]
fn a_service_in_another_group_gets_a_deployment_of_its_own() {
    let shop = Shop::sample();
    let elsewhere = service("far").replace("rg-shop", "rg-apim");
    shop.add([json!({"id": elsewhere, "name": "far", "type": "Microsoft.ApiManagement/service",
        "sku": {"name": "Consumption"}, "properties": {"provisioningState": "Succeeded"}})]);
    for language in ["bicep", "arm"] {
        let line = format!("export --format {language} --apim {elsewhere}");
        let link = shop.run(&line);
        assert!(link.exits(0).stderr.contains("`--apis-only`"), "{}", link.stderr);
        assert!(!link.stdout.contains("products/apis@") && link.stdout.contains("linkedBackends"));
        let apis = shop.run(&format!("{line} --apis-only"));
        assert_eq!(apis.exits(0).stderr, "");
        assert!(!apis.stdout.contains("linkedBackends") && apis.stdout.contains(LABEL), "{}", apis.stdout);
    }
    shop.run(&format!("export --out link.bicep --apim {elsewhere}")).exits(0);
    shop.run(&format!("export --out apis.bicep --apim {elsewhere} --apis-only")).exits(0);
    for file in ["link.bicep", "apis.bicep"] {
        parsed(&shop, "bicep", file);
    }
}

#[test]
fn an_ignore_list_names_what_every_link_is_made_of() {
    let shop = Shop::linked();
    shop.add_env("[env.again]\nstatic-web-app = 'shop-web'\napim = 'shop-apim'");
    let text = shop.run("export --all --format apiops").exits(0).stdout.clone();
    let list: Value = serde_norway::from_str(&text).unwrap();
    let excluded = json!([format!("!{LABEL}")]);
    assert_eq!(list, json!({"products": excluded, "subscriptions": excluded}));
}

#[test]
fn links_that_cannot_be_exported_are_refused() {
    let shop = Shop::sample();
    shop.run("export --all --format bicep").exits(2);
    shop.run("export").exits(2);
    shop.run("export --out link.txt").exits(2);
    let run = shop.run("export --format bicep --static-web-app nowhere");
    assert!(run.exits(4).stderr.contains("hostname"), "{}", run.stderr);
}

#[test]
fn no_key_is_in_any_export() {
    let shop = Shop::linked();
    let (primary, secondary) = ("0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210");
    shop.set_keys(primary, secondary);
    for language in ["bicep", "terraform", "arm", "apiops"] {
        let text = shop.run(&format!("export --format {language}")).exits(0).stdout.clone();
        assert!(!text.contains(primary) && !text.contains(secondary), "{language}");
    }
    assert!(shop.read(CONFIG).contains("prod"));
}
