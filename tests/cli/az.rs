//! What `az` prints, piped into `model import`: from recorded output, and from its own serialiser where that is installed.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::support::{MODEL, Shop, apim, site};

/// Runs a command of the program with this text as its standard input.
fn fed(shop: &Shop, line: &str, text: &[u8]) -> (i32, String) {
    let mut command = shop.swa_apim(line);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

fn imported(shop: &Shop, text: &[u8]) -> String {
    let (code, said) = fed(shop, "model import -", text);
    assert_eq!(code, 0, "{said}");
    said
}

/// What the Azure CLI prints for resources as Azure Resource Manager answers them.
fn printed_by_az(resources: &Value) -> Option<String> {
    let root = env!("CARGO_MANIFEST_DIR");
    let python = format!("{root}/target/clients/az-shapes/bin/python");
    if !std::path::Path::new(&python).exists() {
        crate::skip::skipped("the serialiser of the Azure CLI is not installed");
        return None;
    }
    let script = format!("{root}/tests/clients/az-shapes/shapes.py");
    let mut child =
        Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(resources.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).unwrap())
}

/// What `status` shows of a link, without the seventh digit of a second, and without its keys and their age: an import
/// has no keys, so it creates them.
fn shown(shop: &Shop) -> Value {
    let mut status = shop.status();
    status["subscription"]["keyFingerprints"].take();
    status["subscription"]["keyAge"].take();
    status["linkedBackend"]["createdOn"].take();
    status
}

#[test]
fn a_link_that_the_serialiser_of_az_printed_is_imported_whole() {
    let shop = Shop::linked();
    let exported = shop.run("model export").exits(0).json();
    let Some(printed) = printed_by_az(&exported) else { return };
    assert!(
        printed.contains("\"subscriptionKeyParameterNames\": null") || printed.contains("\"apiType\": null"),
        "{printed}"
    );
    let before = shop.read(MODEL);
    let count = exported.as_array().unwrap().len();
    assert!(
        imported(&shop, printed.as_bytes()).contains(&format!("0 created, 0 changed, {count} unchanged"))
    );
    assert_eq!(shop.read(MODEL), before);
    let copy = Shop::sample();
    std::fs::remove_file(copy.path(MODEL)).unwrap();
    assert!(
        imported(&copy, printed.as_bytes()).contains(&format!("{count} created, 0 changed, 0 unchanged"))
    );
    assert_eq!(shown(&copy), shown(&shop));
    assert_eq!(copy.state(), "linked");
}

#[test]
fn recorded_output_of_az_makes_a_site_a_service_and_an_api() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/trials/az");
    if !std::path::Path::new(folder).exists() {
        crate::skip::skipped("`trials/az` is not beside the repository");
        return;
    }
    let shop = Shop::empty();
    for (file, report) in [
        ("staticwebapp-list.json", "2 created, 0 changed, 0 unchanged"),
        ("apim-list.json", "1 created, 0 changed, 0 unchanged"),
        ("apim-api-list.json", "1 created, 0 changed, 0 unchanged"),
        ("staticwebapp-list.json", "0 created, 0 changed, 2 unchanged"),
    ] {
        let text = std::fs::read(format!("{folder}/{file}")).unwrap();
        assert!(imported(&shop, &text).contains(report), "{file}");
    }
    let run = shop.run("status --static-web-app tool-web --apim tool-apim -o json");
    let link = &run.json()["links"][0];
    assert_eq!(link["staticSite"]["defaultHostname"], "lively-river-0a1b2c3d4.5.azurestaticapps.net");
    assert_eq!(link["staticSite"]["sku"], "Standard");
    assert_eq!(link["apim"]["gatewayUrl"], "https://tool-apim.azure-api.net");
    assert!(link["linkedBackend"]["createdOn"].as_str().unwrap().starts_with("2026-10-01T10:00:00"));
    let apis = shop.run("api list --static-web-app tool-web --apim tool-apim");
    assert!(apis.stdout.contains("api/parts"), "{}{}", apis.stdout, apis.stderr);
}

#[test]
fn a_mark_and_line_ends_of_windows_are_read() {
    let shop = Shop::sample();
    let text = format!("\u{feff}{}", shop.read(MODEL).replace('\n', "\r\n"));
    shop.write(MODEL, &text);
    let exported = shop.run("model export").exits(0).stdout.replace('\n', "\r\n");
    let given = format!("\u{feff}{exported}");
    assert!(imported(&shop, given.as_bytes()).contains("0 created, 0 changed, 4 unchanged"));
    shop.write("in.json", &given);
    shop.run("model import in.json").exits(0);
    assert_eq!(shop.read(MODEL), text, "nothing has changed");
    shop.run("link --env prod").exits(0);
    assert!(!shop.read(MODEL).starts_with('\u{feff}'));
    assert_eq!(shop.state(), "linked");
}

#[test]
fn a_page_is_refused_and_imported_if_it_is_asked_for() {
    let shop = Shop::sample();
    let before = shop.read(MODEL);
    let page = json!({"value": [], "nextLink": "https://management.azure.com/next"}).to_string();
    let (code, said) = fed(&shop, "model import -", page.as_bytes());
    assert!(code == 2 && said.contains("`nextLink` is set") && said.contains("--partial"), "{said}");
    assert_eq!(shop.read(MODEL), before);
    assert_eq!(fed(&shop, "model import --partial -", page.as_bytes()).0, 0);
}

#[test]
fn a_secret_is_left_out_with_a_note_and_never_printed() {
    let shop = Shop::sample();
    let secret = "a-secret-that-stays-hidden";
    let value = json!({"id": format!("{}/namedValues/n", apim()),
        "properties": {"displayName": "n", "secret": true, "value": secret}});
    let said = imported(&shop, value.to_string().as_bytes());
    assert!(said.contains("`properties.value`") && !said.contains(secret), "{said}");
    assert!(!shop.read(MODEL).contains(secret));
    shop.add([json!({"id": format!("{}/namedValues/old", apim()),
        "properties": {"displayName": "old", "secret": true, "value": secret}})]);
    let exported = shop.run("model export").exits(0).stdout.clone();
    assert!(exported.contains("namedValues/old") && !exported.contains(secret), "{exported}");
}

#[test]
fn a_link_is_not_planned_if_a_functions_app_was_imported_without_its_site() {
    let shop = Shop::sample();
    let site = site();
    let app = json!({"id": format!("{site}/userProvidedFunctionApps/fn"), "name": "fn", "functionAppRegion": "West Europe",
        "functionAppResourceId": format!("{}/providers/Microsoft.Web/sites/fn", site.split("/providers").next().unwrap()),
        "type": "Microsoft.Web/staticSites/userProvidedFunctionApps"});
    imported(&shop, app.to_string().as_bytes());
    let run = shop.run("link --env prod --dry-run -o json");
    assert_eq!(run.code(), 4, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("sites/fn"), "{}", run.stdout);
}

#[test]
fn an_id_in_another_casing_creates_resources_in_the_casing_of_the_control_plane() {
    let shop = Shop::sample();
    let (site, apim) = (site(), apim());
    let line = format!("--static-web-app {}/ --apim {}", site.to_uppercase(), apim.to_uppercase());
    shop.run(&format!("link {line}")).exits(0);
    assert!(shop.read(MODEL).contains(&format!("\"id\":\"{apim}/products/")), "{}", shop.read(MODEL));
    assert!(!shop.read(MODEL).contains("MICROSOFT"), "{}", shop.read(MODEL));
    let link = &shop.run(&format!("status {line} -o json")).exits(0).json()["links"][0];
    assert_eq!((&link["staticSite"]["id"], &link["apim"]["id"]), (&json!(site), &json!(apim)));
}
