//! Plans that are shown, saved and applied; changes that were made already.

use snapbox::str;

use crate::support::{DISPLAY_NAME, MODEL, Shop, subscription};

const CHANGES: [&str; 4] = ["link", "relink", "unlink --purge", "api add catalog"];

#[test]
fn a_dry_run_changes_nothing() {
    for shop in [Shop::sample(), Shop::linked()] {
        let before = shop.read(MODEL);
        for line in CHANGES {
            shop.run(&format!("{line} --dry-run"));
            shop.run(&format!("{line} --out plan.json"));
            assert_eq!(shop.read(MODEL), before, "{line}");
        }
    }
}

#[test]
fn the_exit_code_of_a_dry_run_shows_whether_there_are_changes() {
    let shop = Shop::sample();
    shop.run("link --dry-run").exits(0);
    shop.run("link --dry-run --detailed-exitcode").exits(3);
    shop.run("unlink --dry-run --detailed-exitcode").exits(0);
    shop.run("link").exits(0);
    shop.run("link --dry-run --detailed-exitcode").exits(0);
}

#[test]
fn what_a_dry_run_shows_is_what_is_done() {
    let shop = Shop::sample();
    for line in ["link", "relink", "api add catalog", "unlink --purge --yes"] {
        let steps = |run: &crate::support::Run| {
            let mut steps = run.json()["results"][0]["steps"].clone();
            steps
                .as_array_mut()
                .unwrap()
                .iter_mut()
                .for_each(|step| step["status"].take().to_string().clear());
            steps
        };
        let shown = steps(shop.run(&format!("{line} --dry-run -o json")).exits(0));
        assert_eq!(steps(shop.run(&format!("{line} -o json")).exits(0)), shown, "{line}");
    }
}

#[test]
fn a_saved_plan_is_applied_exactly() {
    let shop = Shop::sample();
    shop.run("link --out 'my plan.json'").is(str![[r#"
exit 0
--- stdout
prod: 5 changes would link `shop-web` to `shop-apim`
 + product             agreeable-smoke-06273c21e: the link's product does not exist
 + subscription        the site needs a key of the product
 + policy              the policy must accept only tokens of the site
 + API in the product  orders: the env lists it
 + linked backend      shop-apim: the site copies the new key
--- stderr
saved the plan to my plan.json; next: swa-apim apply 'my plan.json'

"#]]);
    shop.run("apply 'my plan.json'").is(str![[r#"
exit 0
--- stdout
prod: linked `shop-web` to `shop-apim`
 + product             agreeable-smoke-06273c21e: the link's product does not exist
 + subscription        the site needs a key of the product
 + policy              the policy must accept only tokens of the site
 + API in the product  orders: the env lists it
 + linked backend      shop-apim: the site copies the new key
open: https://agreeable-smoke-06273c21e.5.azurestaticapps.net/api/orders
to undo: swa-apim unlink --purge --env prod
--- stderr
next: swa-apim status --env prod

"#]]);
    assert_eq!(shop.state(), "linked");
}

#[test]
fn a_saved_plan_holds_no_key() {
    let shop = Shop::linked();
    shop.run("relink --out plan.json").exits(0);
    let (plan, model) = (shop.read("plan.json"), shop.model());
    let secrets = model["secrets"].as_object().unwrap().values().flat_map(|it| it.as_object().unwrap());
    for (_, secret) in secrets.filter(|(name, _)| name.ends_with("Key")) {
        assert!(!plan.contains(secret.as_str().unwrap()));
    }
}

#[test]
fn a_saved_plan_is_refused_once_the_model_has_moved() {
    let shop = Shop::linked();
    shop.run("relink --out plan.json").exits(0);
    shop.change(&subscription(), |it| it["properties"]["displayName"] = format!("{DISPLAY_NAME}!").into());
    let before = shop.read(MODEL);
    shop.run("apply plan.json").is(str![[r#"
exit 4
--- stdout
prod: refused; nothing was changed
 ~ linked backend: connect  not done  shop-apim: ensures that the site has the current primary key
 ~ keys: swap               not done  agreeable-smoke-06273c21e: the primary key is new; the key in use stays valid as the secondary key
 ~ linked backend: connect  not done  the site copies the new key
 ~ keys: retire old key     not done  no edge of the site sends the old key any longer
--- stderr
error: the plan is stale; nothing was changed
  caused by: the subscription `agreeable-smoke-06273c21e` has changed since the plan was made
hint: create a new plan with `--dry-run --out FILE`, then apply it

"#]]);
    assert_eq!(shop.read(MODEL), before);
}

#[test]
fn a_saved_plan_is_applied_once() {
    let shop = Shop::linked();
    shop.run("relink --out plan.json").exits(0);
    shop.run("apply plan.json").exits(0);
    let before = shop.read(MODEL);
    shop.run("apply plan.json").exits(4);
    assert_eq!(shop.read(MODEL), before);
}

#[test]
fn files_that_are_not_plans_are_not_applied() {
    let shop = Shop::sample();
    shop.run("apply nope.json").is(str![[r#"
exit 2
--- stderr
error: could not read the plan `nope.json`: No such file or directory (os error 2)
hint: save a plan with `--out FILE` of link, relink, unlink or prune

"#]]);
    shop.write("plan.json", "garbage");
    shop.run("apply plan.json").is(str![[r#"
exit 2
--- stderr
error: `plan.json` is not a plan: line 1, column 1: a value was expected
hint: save a plan with `--out FILE` of link, relink, unlink or prune

"#]]);
    shop.write("plan.json", "{\"schemaVersion\": 9, \"plans\": []}");
    shop.run("apply plan.json").is(str![[r#"
exit 2
--- stderr
error: the plan `plan.json` has schema version 9
hint: this version of swa-apim supports schema version 1

"#]]);
}

#[test]
fn a_plan_that_cannot_be_saved_is_not_applied_either() {
    let shop = Shop::sample();
    shop.run("link --out nowhere/plan.json").is(str![[r#"
exit 2
--- stderr
error: could not write `nowhere/plan.json`: No such file or directory (os error 2)
hint: specify a file in an existing directory for which you have write permission, or `-` for standard output

"#]]);
    assert_eq!(shop.state(), "unlinked");
}

#[test]
fn a_second_link_and_a_second_unlink_do_nothing() {
    let shop = Shop::sample();
    shop.run("unlink").is(str![[r#"
exit 0
--- stdout
prod: `shop-web` is not linked to `shop-apim`; nothing to do

"#]]);
    shop.run("link").is(str![[r#"
exit 0
--- stdout
prod: linked `shop-web` to `shop-apim`
 + product             agreeable-smoke-06273c21e: the link's product does not exist
 + subscription        the site needs a key of the product
 + policy              the policy must accept only tokens of the site
 + API in the product  orders: the env lists it
 + linked backend      shop-apim: the site copies the new key
open: https://agreeable-smoke-06273c21e.5.azurestaticapps.net/api/orders
to undo: swa-apim unlink --purge --env prod
--- stderr
next: swa-apim status --env prod

"#]]);
    let linked = shop.read(MODEL);
    shop.run("link").is(str![[r#"
exit 0
--- stdout
prod: `shop-web` is already linked to `shop-apim`; nothing to do
--- stderr
next: swa-apim status --env prod

"#]]);
    assert_eq!(shop.read(MODEL), linked);
    shop.run("unlink").is(str![[r#"
exit 0
--- stdout
prod: unlinked `shop-web` from `shop-apim`; its product and subscription stay
 - linked backend  shop-apim: the site will no longer proxy `/api` to `shop-apim`
to undo: swa-apim link --env prod (the product, its APIs and its keys still exist)

SWAAPIM026 note: the product `agreeable-smoke-06273c21e` of an earlier link still exists
  -> `swa-apim link --env prod` uses the product again; `swa-apim unlink --purge --env prod` deletes it

"#]]);
    let unlinked = shop.read(MODEL);
    shop.run("unlink").is(str![[r#"
exit 0
--- stdout
prod: `shop-web` is not linked to `shop-apim`; nothing to do

SWAAPIM026 note: the product `agreeable-smoke-06273c21e` of an earlier link still exists
  -> `swa-apim link --env prod` uses the product again; `swa-apim unlink --purge --env prod` deletes it

"#]]);
    assert_eq!(shop.read(MODEL), unlinked);
}

#[test]
fn a_relink_says_that_both_keys_are_new() {
    Shop::linked().run("relink").is(str![[r#"
exit 0
--- stdout
prod: relinked `shop-web` to `shop-apim`; both keys are new
 ~ linked backend: connect  shop-apim: ensures that the site has the current primary key
 ~ keys: swap               agreeable-smoke-06273c21e: the primary key is new; the key in use stays valid as the secondary key
 ~ linked backend: connect  the site copies the new key
 ~ keys: retire old key     no edge of the site sends the old key any longer
open: https://agreeable-smoke-06273c21e.5.azurestaticapps.net/api/orders
this cannot be undone: the replaced keys cannot be restored
--- stderr
next: swa-apim status --env prod

"#]]);
}

#[test]
fn a_purge_requires_yes_without_a_terminal() {
    let shop = Shop::linked();
    let before = shop.read(MODEL);
    shop.run("unlink --purge").is(str![[r#"
exit 2
--- stderr
error: input required, but there is no terminal: This deletes the product of the link of `shop-web` and its keys
hint: run the command again with `--yes`

"#]]);
    shop.run("unlink --purge --no-input").is(str![[r#"
exit 2
--- stderr
error: input required, but `--no-input` is set: This deletes the product of the link of `shop-web` and its keys
hint: run the command again with `--yes`

"#]]);
    assert_eq!(shop.read(MODEL), before);
    shop.run("unlink --purge --yes").is(str![[r#"
exit 0
--- stdout
prod: unlinked `shop-web` from `shop-apim`; its product and subscription are deleted
 - linked backend  shop-apim: the site will no longer proxy `/api` to `shop-apim`
 - subscription    agreeable-smoke-06273c21e: no other consumer uses it; its keys become invalid
 - product         no other consumer uses it; its APIs stay in the service
to undo: swa-apim link --env prod (linking creates new keys, and its product will contain orders only if the env lists them)

"#]]);
    assert_eq!(shop.state(), "unlinked");
}

#[test]
fn a_purge_of_what_was_unlinked_earlier_takes_the_leftovers() {
    let shop = Shop::linked();
    shop.run("unlink").exits(0);
    assert_eq!((shop.state().as_str(), shop.codes()), ("leftover", vec!["SWAAPIM026".to_owned()]));
    shop.run("unlink --purge --yes").exits(0);
    assert_eq!((shop.state().as_str(), shop.codes().len()), ("unlinked", 0));
}
