//! Models that are missing, damaged or from the future.

use snapbox::str;

use crate::support::{MODEL, Shop, site};

/// Whatever is wrong with the model, no command changes a byte of it.
fn untouched(shop: &Shop, lines: &[&str]) {
    let before = std::fs::read(shop.path(MODEL)).unwrap();
    for line in lines {
        shop.run(line);
        assert_eq!(std::fs::read(shop.path(MODEL)).unwrap(), before, "{line}");
    }
}

const EVERYTHING: [&str; 5] =
    ["status", "link", "relink", "unlink --purge --yes", "model import resources.json"];

#[test]
fn a_missing_model_says_how_to_get_one() {
    let shop = Shop::sample();
    shop.run("status --model nowhere.json").is(str![[r#"
exit 2
--- stderr
error: there is no model at `[DIR]/nowhere.json`
hint: name the model with `--model`, make one with `swa-apim model import`, or try `--sample`

"#]]);
    shop.run("link --model nowhere.json").is(str![[r#"
exit 2
--- stdout
prod: failed
--- stderr
error: there is no model at `[DIR]/nowhere.json`
hint: name the model with `--model`, make one with `swa-apim model import`, or try `--sample`

"#]]);
    assert!(!shop.path("nowhere.json").exists());
}

#[test]
fn a_model_that_was_cut_off_names_the_place_and_the_way_back() {
    let shop = Shop::linked();
    let text = shop.read(MODEL);
    shop.write(MODEL, &text[..2000]);
    shop.run("status").is(str![[r#"
exit 5
--- stderr
error: `[DIR]/control-plane.json` is damaged at line 7, column 115: EOF while parsing a string
hint: mend the file there, or go back one generation: `cp '[DIR]/control-plane.json.previous' '[DIR]/control-plane.json'`

"#]]);
    shop.run("link").is(str![[r#"
exit 5
--- stdout
prod: failed
--- stderr
error: `[DIR]/control-plane.json` is damaged at line 7, column 115: EOF while parsing a string
hint: mend the file there, or go back one generation: `cp '[DIR]/control-plane.json.previous' '[DIR]/control-plane.json'`

"#]]);
    shop.write("resources.json", "[]");
    untouched(&shop, &EVERYTHING);
}

#[test]
fn the_way_back_of_the_hint_leads_back() {
    let shop = Shop::linked();
    shop.write(MODEL, "{");
    let run = shop.run("status");
    let copy = run.stderr.split('`').rev().nth(1).unwrap().to_owned();
    assert!(shop.command("sh").args(["-c", &copy]).status().unwrap().success(), "{copy}");
    assert_eq!(shop.state(), "unlinked");
}

#[test]
fn a_model_of_a_newer_schema_is_left_alone() {
    let shop = Shop::sample();
    shop.edit(|model| model["schemaVersion"] = 2.into());
    shop.run("status").is(str![[r#"
exit 2
--- stderr
error: `[DIR]/control-plane.json` has schema version 2, and this program knows 1
hint: update `swa-apim`; the file was left as it is

"#]]);
    shop.write("resources.json", "[]");
    untouched(&shop, &EVERYTHING);
}

#[test]
fn a_folder_is_no_model() {
    let shop = Shop::sample();
    std::fs::create_dir(shop.path("folder")).unwrap();
    shop.run("status --model folder").is(str![[r#"
exit 2
--- stderr
error: `[DIR]/folder` is a folder, and a model is a file
hint: name a file in it with `--model`

"#]]);
}

#[test]
fn an_empty_file_is_no_model() {
    let shop = Shop::sample();
    shop.write(MODEL, "");
    shop.run("status").is(str![[r#"
exit 5
--- stderr
error: `[DIR]/control-plane.json` is damaged at line 1, column 1: the file is empty
hint: mend the file there; it was left as it is

"#]]);
    shop.write("resources.json", "[]");
    untouched(&shop, &EVERYTHING);
}

#[test]
fn a_model_that_is_not_utf_8_is_damaged() {
    let shop = Shop::sample();
    shop.write(MODEL, b"{\"schemaVersion\":1,\n\"lineage\":\"\xff\"}");
    shop.run("status").is(str![[r#"
exit 5
--- stderr
error: `[DIR]/control-plane.json` is damaged at line 2, column 12: the text is not UTF-8
hint: mend the file there; it was left as it is

"#]]);
}

#[test]
fn a_site_that_cannot_be_understood_leaves_the_state_unknown() {
    let shop = Shop::sample();
    shop.change(&site(), |site| site["properties"] = "a text".into());
    shop.run("status").is(str![[r#"
exit 5
--- stdout
prod: unknown
 broken  static web app   shop-web   default
 ok      API Management   shop-apim  Consumption, https://shop-apim.azure-api.net
 -       linked backend   unknown
 -       product          unknown
 -       subscription     unknown
 -       policy           unknown
 -       key of the site  unknown
 -       APIs             unknown

SWAAPIM090 broken: `properties.defaultHostname` of `/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.Web/staticSites/shop-web` is missing, and a text is needed
  -> look at the resource that is named, mend it where it is kept, and run the command again

"#]]);
    shop.run("link").is(str![[r#"
exit 5
--- stdout
prod: refused; nothing was changed

SWAAPIM090 broken: `properties.defaultHostname` of `/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.Web/staticSites/shop-web` is missing, and a text is needed
  -> look at the resource that is named, mend it where it is kept, and run the command again
--- stderr
error: could not plan the link
  caused by: `properties.defaultHostname` of `/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.Web/staticSites/shop-web` is missing, and a text is needed
hint: look at the resource that is named, mend it where it is kept, and run the command again

"#]]);
}

#[test]
fn what_cannot_be_imported_changes_nothing() {
    let shop = Shop::sample();
    let before = shop.read(MODEL);
    shop.run("model import nope.json").is(str![[r#"
exit 2
--- stderr
error: could not read `nope.json`: No such file or directory (os error 2)
hint: name a file with an array of ARM resources, or `-` for standard input

"#]]);
    shop.write("in.json", "garbage");
    shop.run("model import in.json").is(str![[r#"
exit 2
--- stderr
error: `in.json` is not JSON: expected value at line 1 column 1
hint: give it an array of ARM resources, or what an ARM list call answers

"#]]);
    shop.write("in.json", "[{\"name\": \"x\"}]");
    shop.run("model import in.json").is(str![[r#"
exit 2
--- stderr
error: element 0 does not fit
  caused by: a resource needs an `id`
hint: mend the element or leave it out; nothing was changed

"#]]);
    shop.write("in.json", "[{\"id\": \"x/y\"}]");
    shop.run("model import in.json").is(str![[r#"
exit 2
--- stderr
error: element 0 (`x/y`) does not fit
  caused by: `x/y` is not an ARM resource id: it has to begin with `/subscriptions/`
hint: mend the element or leave it out; nothing was changed

"#]]);
    shop.write("in.json", b"\xff\xfe[\0]\0");
    shop.run("model import in.json").is(str![[r#"
exit 2
--- stderr
error: `in.json` is UTF-16, and JSON is UTF-8
hint: save it as UTF-8; Windows PowerShell does so with `| Out-File -Encoding utf8 FILE`

"#]]);
    shop.write("in.json", "[7]");
    shop.run("model import in.json").is(str![[r#"
exit 2
--- stderr
error: element 0 does not fit
  caused by: a resource has to be a JSON object, and this is a number
hint: mend the element or leave it out; nothing was changed

"#]]);
    assert_eq!(shop.read(MODEL), before);
}

#[test]
fn an_export_can_be_queried() {
    let run = Shop::sample().run("model export --query '[].name' -o tsv");
    assert_eq!(run.exits(0).stdout, "shop-apim\ncatalog\norders\nshop-web\n");
}

#[test]
fn the_sample_is_not_said_to_be_written_twice() {
    let shop = Shop::empty();
    assert!(shop.run("init --sample").exits(0).stderr.contains("are there now"));
    let model = shop.read(MODEL);
    assert!(shop.run("init --sample").exits(0).stderr.contains("are there already"));
    assert_eq!(shop.read(MODEL), model);
}
