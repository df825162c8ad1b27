//! How a change is taken back: what the report says is run, and leads back to what was there.

use serde_json::Value;

use crate::support::{Run, Shop, apim, backends, product, service, site};

/// Every resource, without what tells the time.
fn resources(shop: &Shop) -> Vec<Value> {
    let mut all = shop.run("model export").json().as_array().unwrap().clone();
    for resource in &mut all {
        if let Some(properties) = resource["properties"].as_object_mut() {
            properties.remove("createdOn");
            properties.remove("linkedBackends");
        }
    }
    all
}

fn keys(shop: &Shop) -> Value {
    shop.status()["subscription"]["keyFingerprints"].clone()
}

fn undo(run: &Run) -> Value {
    run.exits(0).json()["results"][0]["undo"].clone()
}

/// Runs a line, then what takes it back.
fn and_back(shop: &Shop, line: &str) -> String {
    let undo = undo(&shop.run(&format!("{line} -o json")));
    let command = undo["command"].as_str().unwrap_or_else(|| panic!("{line}: {undo}")).to_owned();
    shop.run(&format!("{} --yes", command.strip_prefix("swa-apim ").unwrap())).exits(0);
    command
}

#[test]
fn a_new_link_is_undone_with_all_that_it_made() {
    let shop = Shop::sample();
    let before = resources(&shop);
    assert_eq!(and_back(&shop, "link --env prod"), "swa-apim unlink --purge --env prod");
    assert_eq!(resources(&shop), before);
}

#[test]
fn a_link_that_took_up_what_was_there_leaves_it_there() {
    let shop = Shop::linked();
    shop.run("unlink --env prod").exits(0);
    let before = resources(&shop);
    assert_eq!(and_back(&shop, "link --env prod"), "swa-apim unlink --env prod");
    assert_eq!(resources(&shop), before);
}

#[test]
fn an_unlink_is_undone_with_the_same_keys() {
    let shop = Shop::linked();
    let before = (resources(&shop), keys(&shop));
    assert_eq!(and_back(&shop, "unlink --env prod"), "swa-apim link --env prod");
    assert_eq!((resources(&shop), keys(&shop)), before);
}

#[test]
fn the_undo_of_a_purge_lists_what_it_does_not_restore() {
    let shop = Shop::linked();
    shop.run("api add catalog --env prod").exits(0);
    let before = keys(&shop);
    let undo = undo(&shop.run("unlink --purge --env prod --yes -o json"));
    assert_eq!(undo["command"], "swa-apim link --env prod");
    let note = undo["note"].as_str().unwrap();
    assert!(note.contains("creates new keys") && note.contains("catalog, orders"), "{note}");
    shop.run("link --env prod").exits(0);
    assert_ne!(keys(&shop), before);
}

#[test]
fn purged_leftovers_cannot_be_restored() {
    let shop = Shop::linked();
    shop.run("unlink --env prod").exits(0);
    let undo = undo(&shop.run("unlink --purge --env prod --yes -o json"));
    assert!(undo["impossible"].as_str().unwrap().contains("keys cannot be restored"), "{undo}");
}

#[test]
fn apis_come_and_go() {
    let shop = Shop::linked();
    let before = resources(&shop);
    assert_eq!(
        and_back(&shop, "api add catalog orders --env prod"),
        "swa-apim api remove catalog --env prod"
    );
    assert_eq!(resources(&shop), before);
    assert_eq!(and_back(&shop, "api remove orders --env prod"), "swa-apim api add orders --env prod");
    assert_eq!(resources(&shop), before);
}

#[test]
fn keys_and_what_was_wrong_do_not_come_back() {
    let shop = Shop::linked();
    let relink = undo(&shop.run("relink --env prod -o json"));
    assert!(relink["impossible"].as_str().unwrap().contains("keys"), "{relink}");
    shop.change(&product(), |product| product["properties"]["subscriptionRequired"] = false.into());
    let repair = undo(&shop.run("link --env prod -o json"));
    assert!(repair["impossible"].as_str().unwrap().contains("repaired an existing link"), "{repair}");
    let nothing = shop.run("link --env prod -o json");
    assert_eq!(undo(&nothing), Value::Null, "nothing was changed");
}

#[test]
fn a_replaced_backend_is_named_with_what_links_it_again() {
    let shop = Shop::linked();
    let other = service("other-apim");
    let mut copy =
        shop.model()["resources"].as_array().unwrap().iter().find(|it| it["id"] == apim()).unwrap().clone();
    (copy["id"], copy["name"]) = (other.clone().into(), "other-apim".into());
    shop.add([copy]);
    shop.configure("apis", "# apis");
    let undo = undo(&shop.run(&format!("link --env prod --apim {other} --replace -o json")));
    assert_eq!(undo["command"], format!("swa-apim unlink --purge --env prod --apim {other}"));
    let note = undo["note"].as_str().unwrap();
    let again = format!("swa-apim link --static-web-app {} --apim {}", site(), apim());
    assert!(note.contains(&again), "{note}");
    shop.run(&format!("unlink --purge --env prod --apim {other} --yes")).exits(0);
    shop.run(again.strip_prefix("swa-apim ").unwrap()).exits(0);
    assert_eq!(shop.state(), "linked");
}

#[test]
fn a_link_to_a_deleted_service_cannot_be_restored() {
    let shop = Shop::linked();
    shop.delete(&apim());
    let undo = undo(&shop.run("unlink --env prod -o json"));
    assert!(undo["impossible"].as_str().unwrap().contains("does not exist"), "{undo}");
    assert!(!shop.run("model export").stdout.contains(&backends()));
}

#[test]
fn the_undo_command_is_printed_after_the_steps() {
    let shop = Shop::sample();
    let run = shop.run("link --env prod");
    assert!(run.stdout.ends_with("\nto undo: swa-apim unlink --purge --env prod\n"), "{}", run.stdout);
    let dry = shop.run("unlink --env prod --dry-run");
    assert!(!dry.stdout.contains("to undo"), "{}", dry.stdout);
}
