//! `--all`: one env that fails does not stop the others, and the worst exit code wins.

use serde_json::json;
use snapbox::str;

use crate::support::{MODEL, Shop, site};

/// The sample's env, one whose site has a Free plan, and one whose service is misspelt.
fn fleet() -> Shop {
    let shop = Shop::sample();
    let mut free = shop.model()["resources"][3].clone();
    free["id"] = site().replace("shop-web", "free-web").into();
    free["name"] = "free-web".into();
    free["sku"] = json!({"name": "Free", "tier": "Free"});
    free["properties"]["defaultHostname"] = "calm-sea-0a1b2c3d4.5.azurestaticapps.net".into();
    shop.add([free]);
    shop.add_env("[env.free]\nstatic-web-app = 'free-web'\napim = 'shop-apim'\n");
    shop.add_env("[env.typo]\nstatic-web-app = 'shop-web'\napim = 'shop-apm'\n");
    shop
}

#[test]
fn one_env_that_fails_does_not_stop_the_other_envs() {
    let shop = fleet();
    shop.run("link --all").is(str![[r#"
exit 7
--- stdout
prod: linked `shop-web` to `shop-apim`, 5 changes
free: refused; nothing was changed
typo: refused; nothing was changed

free:
SWAAPIM003 broken: the plan of `free-web` is Free, which does not support linked backends
  sku.name: Free, expected Standard or Dedicated
  -> run `az staticwebapp update --name free-web --sku Standard`, then run the command again

3 envs: 1 applied, 2 refused
--- stderr
error: free: could not plan the link
  caused by: the plan of `free-web` is Free, which does not support linked backends
hint: run `az staticwebapp update --name free-web --sku Standard`, then run the command again
error: typo: the API Management service `shop-apm` (from swa-apim.toml, line 20) does not exist
hint: did you mean `shop-apim`?

"#]]);
    assert_eq!(shop.state(), "linked");
}

#[test]
fn the_status_of_all_is_an_overview() {
    let shop = fleet();
    shop.run("link --env prod").exits(0);
    shop.run("status --all").is(str![[r#"
exit 4
--- stdout
         ENV   STATE     STATIC WEB APP  API MANAGEMENT  FINDINGS
 ok      prod  linked    shop-web        shop-apim
 broken  free  unlinked  free-web        shop-apim       SWAAPIM003
 broken  typo  unknown   shop-web        shop-apm

typo: the API Management service `shop-apm` (from swa-apim.toml, line 20) does not exist
  -> did you mean `shop-apim`?

free:
SWAAPIM003 broken: the plan of `free-web` is Free, which does not support linked backends
  sku.name: Free, expected Standard or Dedicated
  -> run `az staticwebapp update --name free-web --sku Standard`, then run the command again

3 envs: 1 unlinked, 1 linked, 1 unknown

"#]]);
}

#[test]
fn the_worst_exit_code_wins() {
    let shop = fleet();
    shop.run("link --all --dry-run").exits(4);
    shop.run("status --all").exits(4);
    shop.configure("'shop-apm'", "'/subscriptions/x'");
    shop.run("link --all --dry-run").exits(2);
}

#[test]
fn all_envs_are_in_the_json_in_the_order_of_the_file() {
    let shop = fleet();
    let run = shop.run("link --all -o json");
    let outcomes: Vec<_> = run.json()["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("{} {}", it["env"].as_str().unwrap(), it["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(outcomes, ["prod applied", "free refused", "typo refused"]);
    assert_eq!(run.json()["results"][1]["error"]["exitCode"], 4);
}

#[test]
fn one_plan_for_all_is_saved_only_if_all_can_be_planned() {
    let shop = fleet();
    shop.run("link --all --out plan.json").exits(4);
    assert!(!shop.path("plan.json").exists());
}

#[test]
fn all_envs_of_one_model_change_in_one_transaction() {
    let shop = Shop::sample();
    shop.add_env("[env.again]\nstatic-web-app = 'shop-web'\napim = 'shop-apim'\n");
    let serial = |shop: &Shop| shop.model()["serial"].as_u64().unwrap();
    let before = serial(&shop);
    shop.run("link --all").is(str![[r#"
exit 0
--- stdout
prod: linked `shop-web` to `shop-apim`, 5 changes
again: `shop-web` is already linked to `shop-apim`; nothing to do

2 envs: 1 applied, 1 unchanged

"#]]);
    assert_eq!(serial(&shop), before + 1);
    assert!(shop.path(&format!("{MODEL}.previous")).exists());
}
