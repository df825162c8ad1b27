//! What somebody breaks behind the link's back: seen by `status`, mended by one `relink`.

use serde_json::{Value, json};
use snapbox::str;

use crate::{
    preflight::elsewhere,
    support::{LABEL, MODEL, Shop, backends, product, service, subscription},
};

/// The state and the codes that `status` has to see.
fn is_seen(shop: &Shop, state: &str, codes: &[&str]) {
    shop.run("status --env prod").exits(0);
    assert_eq!(
        (shop.state().as_str(), shop.codes()),
        (state, codes.iter().map(|c| (*c).to_owned()).collect())
    );
    shop.run("status --env prod --detailed-exitcode").exits(3);
}

/// One relink mends it, and there is nothing left to do.
fn is_mended(shop: &Shop) {
    let before = keys(shop);
    shop.run("relink --env prod").exits(0);
    shop.run("status --env prod --detailed-exitcode").exits(0);
    assert_eq!((shop.state().as_str(), shop.codes().len()), ("linked", 0));
    let after = keys(shop);
    assert_eq!(after.site, after.pair[0], "the site sends the primary key");
    assert!(after.pair.iter().all(|key| !before.pair.contains(key)), "both keys are new");
    let model = shop.read(MODEL);
    let again = shop.run("link --env prod -o json").exits(0).json();
    assert_eq!(again["results"][0]["outcome"], "unchanged");
    assert_eq!(shop.read(MODEL), model, "not a byte is written");
}

struct Keys {
    pair: Vec<Value>,
    site: Value,
}

fn keys(shop: &Shop) -> Keys {
    let secrets = shop.model()["secrets"].clone();
    let secret = |id: &str| {
        let all = secrets.as_object().unwrap().iter();
        all.clone()
            .find(|(key, _)| key.eq_ignore_ascii_case(id))
            .map(|(_, value)| value.clone())
            .unwrap_or_default()
    };
    let pair = secret(&subscription());
    let pair = ["primaryKey", "secondaryKey"].map(|slot| pair[slot].clone());
    let pair = pair.into_iter().filter(|key| !key.is_null()).collect();
    Keys { pair, site: secret(&format!("{}/shop-apim", backends()))["primaryKey"].clone() }
}

fn edit_policy(change: impl FnOnce(&str) -> String) -> Shop {
    let shop = Shop::linked();
    shop.change(&format!("{}/policies/policy", product()), |policy| {
        let value = &mut policy["properties"]["value"];
        *value = change(value.as_str().unwrap()).into();
    });
    shop
}

fn policy_text(shop: &Shop) -> String {
    let resources = shop.model()["resources"].clone();
    let policy = resources.as_array().unwrap().iter().find(|it| it["name"] == "policy").unwrap();
    policy["properties"]["value"].as_str().unwrap().to_owned()
}

fn replace_in_policy(from: &str, to: &str) -> Shop {
    edit_policy(|text| {
        assert!(text.contains(from), "{text}");
        text.replace(from, to)
    })
}

#[test]
fn a_deleted_product_is_made_again() {
    let shop = Shop::linked();
    shop.delete(&product());
    is_seen(&shop, "partial", &["SWAAPIM030"]);
    shop.run("relink --dry-run").is(str![[r#"
exit 0
--- stdout
prod: 5 changes would relink `shop-web` to `shop-apim`
 + product                  agreeable-smoke-06273c21e: the link's product does not exist
 + policy                   the policy must accept only tokens of the site
 + subscription             the site needs a key of the product
 + API in the product       orders: the env lists it
 ~ linked backend: connect  shop-apim: the site copies the new key

"#]]);
    is_mended(&shop);
}

#[test]
fn a_deleted_product_and_subscription_are_made_again() {
    let shop = Shop::linked();
    shop.delete(&product());
    shop.delete(&subscription());
    is_seen(&shop, "partial", &["SWAAPIM030"]);
    is_mended(&shop);
}

#[test]
fn a_deleted_subscription_is_made_again() {
    let shop = Shop::linked();
    shop.delete(&subscription());
    is_seen(&shop, "partial", &["SWAAPIM040"]);
    is_mended(&shop);
}

#[test]
fn a_deleted_policy_is_restored() {
    let shop = Shop::linked();
    shop.delete(&format!("{}/policies/policy", product()));
    is_seen(&shop, "partial", &["SWAAPIM050"]);
    is_mended(&shop);
}

#[test]
fn a_policy_without_a_check_is_repaired() {
    let shop = edit_policy(|_| "<policies><inbound><base /></inbound></policies>".to_owned());
    is_seen(&shop, "drifted", &["SWAAPIM051"]);
    is_mended(&shop);
}

#[test]
fn a_check_in_a_comment_is_no_check() {
    let shop = edit_policy(|text| {
        text.replacen("<validate-jwt", "<!-- <validate-jwt", 1).replacen(
            "</validate-jwt>",
            "</validate-jwt> -->",
            1,
        )
    });
    is_seen(&shop, "drifted", &["SWAAPIM051"]);
    is_mended(&shop);
}

#[test]
fn a_check_of_another_header_is_repaired() {
    let shop = replace_in_policy("X-MS-AUTH-TOKEN", "Authorization");
    is_seen(&shop, "drifted", &["SWAAPIM052"]);
    is_mended(&shop);
}

#[test]
fn a_check_for_another_issuer_is_repaired() {
    let shop = replace_in_policy(LABEL, "other-site-0a1b2c3d4");
    is_seen(&shop, "drifted", &["SWAAPIM053"]);
    is_mended(&shop);
}

#[test]
fn a_check_that_accepts_unsigned_tokens_is_repaired() {
    let shop = replace_in_policy("require-signed-tokens=\"true\"", "require-signed-tokens=\"false\"");
    is_seen(&shop, "drifted", &["SWAAPIM054"]);
    is_mended(&shop);
}

#[test]
fn a_check_that_also_accepts_other_issuers_is_repaired() {
    let shop = replace_in_policy("<issuers>", "<issuers><issuer>https://evil.example.com</issuer>");
    is_seen(&shop, "drifted", &["SWAAPIM055"]);
    is_mended(&shop);
}

#[test]
fn a_policy_that_cannot_be_read_is_reported_and_not_changed() {
    let shop = replace_in_policy("</policies>", "");
    let text = policy_text(&shop);
    for command in ["link", "relink", "link --provisioning engine"] {
        shop.run("status --env prod --detailed-exitcode").exits(0);
        assert_eq!((shop.state().as_str(), shop.codes()), ("linked", vec!["SWAAPIM058".to_owned()]));
        let policy = json!({"validateJwt": null, "verdict": "undetermined"});
        assert_eq!(shop.status()["policy"], policy);
        shop.run(command).exits(0);
        assert_eq!(policy_text(&shop), text, "{command}");
    }
}

#[test]
fn a_repair_keeps_what_else_a_policy_has() {
    let limit = "<rate-limit calls=\"5\" renewal-period=\"60\" /><!-- ours -->";
    let shop = edit_policy(|_| format!("<policies><inbound><base />{limit}</inbound></policies>"));
    is_seen(&shop, "drifted", &["SWAAPIM051"]);
    is_mended(&shop);
    assert!(policy_text(&shop).contains(limit), "{}", policy_text(&shop));
}

#[test]
fn the_policy_of_a_leftover_product_is_judged_as_any_other() {
    let shop = edit_policy(|_| "<policies><inbound><base /></inbound></policies>".to_owned());
    shop.run("unlink").exits(0);
    assert_eq!(shop.status()["policy"], json!({"validateJwt": false, "verdict": "open"}));
    let table = shop.run("status --env prod");
    let row = table.stdout.lines().find(|line| line.contains("policy  ")).unwrap();
    assert!(row.contains("broken") && row.contains("open"), "{row}");
}

#[test]
fn a_leftover_product_that_needs_no_subscription_is_broken_in_every_report() {
    let shop = Shop::linked();
    shop.change(&product(), |product| product["properties"]["subscriptionRequired"] = false.into());
    shop.run("unlink").exits(0);
    assert_eq!(
        (shop.state().as_str(), shop.codes()),
        ("leftover", vec!["SWAAPIM026".into(), "SWAAPIM032".into()])
    );
    let table = shop.run("status --env prod");
    for row in ["prod: leftover", "product  "] {
        let row = table.stdout.lines().find(|line| line.contains(row)).unwrap();
        assert!(row.contains("broken") || row.starts_with("prod:"), "{row}");
    }
    let audit = shop.run("audit --apim shop-apim -o json").exits(0).json();
    let finding = &audit["services"][0]["products"][0]["findings"][0];
    assert_eq!((&finding["code"], &finding["severity"]), (&json!("SWAAPIM103"), &json!("broken")));
    let spared = shop.run("prune --apim shop-apim --yes -o json").exits(0).json();
    assert_eq!(spared["spared"][0]["message"], finding["message"]);
    let purge = shop.run("unlink --purge --yes -o json").exits(4).json();
    assert_eq!(purge["results"][0]["findings"][0]["code"], "SWAAPIM081");
}

#[test]
fn a_primary_key_that_was_changed_is_taken_by_the_site() {
    let shop = Shop::linked();
    shop.edit(|model| {
        let all = model["secrets"].as_object_mut().unwrap().iter_mut();
        let (_, pair) = all.into_iter().find(|(id, _)| id.eq_ignore_ascii_case(&subscription())).unwrap();
        pair["primaryKey"] = "0123456789abcdef0123456789abcdef".into();
    });
    is_seen(&shop, "drifted", &["SWAAPIM060"]);
    shop.run("status").is(str![[r#"
exit 0
--- stdout
prod: drifted
  https://agreeable-smoke-06273c21e.5.azurestaticapps.net/api/orders
 ok      static web app   shop-web, Standard
 ok      API Management   shop-apim, Consumption, https://shop-apim.azure-api.net
 ok      linked backend   Succeeded, since [DAY] [TIME] UTC
 ok      product          agreeable-smoke-06273c21e, published, key required
 ok      subscription     active, keys [KEY] and [KEY], from [DAY]
 ok      policy           healthy, accepts only requests with a token of the site
 broken  key of the site  not valid
 ok      APIs             orders at /api/orders

SWAAPIM060 broken: the site sends a key that is neither the primary nor the secondary key of the subscription
  key: [KEY], expected [KEY]
  -> run `swa-apim relink --env prod`

"#]]);
    is_mended(&shop);
}

#[test]
fn a_rotation_that_was_stopped_half_way_is_finished() {
    let shop = Shop::linked();
    shop.edit(|model| {
        let all = model["secrets"].as_object_mut().unwrap().iter_mut();
        let (_, pair) = all.into_iter().find(|(id, _)| id.eq_ignore_ascii_case(&subscription())).unwrap();
        pair["secondaryKey"] = pair["primaryKey"].take();
        pair["primaryKey"] = "0123456789abcdef0123456789abcdef".into();
    });
    is_seen(&shop, "drifted", &["SWAAPIM061"]);
    is_mended(&shop);
}

#[test]
fn missing_keys_are_created_again() {
    let shop = Shop::linked();
    shop.edit(|model| model["secrets"] = json!({}));
    is_seen(&shop, "partial", &["SWAAPIM044", "SWAAPIM062"]);
    is_mended(&shop);
}

#[test]
fn a_suspended_subscription_is_activated() {
    let shop = Shop::linked();
    shop.change(&subscription(), |it| it["properties"]["state"] = "suspended".into());
    is_seen(&shop, "drifted", &["SWAAPIM041"]);
    is_mended(&shop);
}

#[test]
fn a_product_that_requires_no_subscription_is_repaired() {
    let shop = Shop::linked();
    shop.change(&product(), |it| it["properties"]["subscriptionRequired"] = false.into());
    is_seen(&shop, "drifted", &["SWAAPIM032"]);
    is_mended(&shop);
}

#[test]
fn one_relink_repairs_all_faults() {
    let shop = replace_in_policy("X-MS-AUTH-TOKEN", "Authorization");
    shop.change(&subscription(), |it| it["properties"]["state"] = "suspended".into());
    shop.change(&product(), |it| {
        it["properties"]["displayName"] = "Mine".into();
        it["properties"]["state"] = "notPublished".into();
    });
    is_seen(&shop, "drifted", &["SWAAPIM031", "SWAAPIM033", "SWAAPIM041", "SWAAPIM052"]);
    is_mended(&shop);
}

fn point_backend_at(shop: &Shop, name: &str) {
    shop.change(&format!("{}/shop-apim", backends()), |backend| {
        backend["properties"]["backendResourceId"] = service(name).into();
    });
}

#[test]
fn a_backend_that_refers_to_a_deleted_service_is_replaced() {
    let shop = Shop::linked();
    point_backend_at(&shop, "gone-apim");
    is_seen(&shop, "dangling", &["SWAAPIM021"]);
    shop.run("relink --dry-run").is(str![[r#"
exit 0
--- stdout
prod: 5 changes would relink `shop-web` to `shop-apim`
 - linked backend           shop-apim: its target `gone-apim` does not exist
 + linked backend           the site will proxy `/api` to the service
 ~ keys: swap               agreeable-smoke-06273c21e: the primary key is new; the key in use stays valid as the secondary key
 ~ linked backend: connect  the site copies the new key
 ~ keys: retire old key     no edge of the site sends the old key any longer

"#]]);
    is_mended(&shop);
}

#[test]
fn a_backend_that_names_another_service_is_replaced_only_where_the_user_says_so() {
    let shop = elsewhere();
    is_seen(&shop, "linked-elsewhere", &["SWAAPIM020"]);
    let before = shop.read(MODEL);
    let refused = shop.run("relink --env prod");
    refused.exits(4);
    assert_eq!(shop.read(MODEL), before);
    let hint = "run `swa-apim link --replace --env prod`";
    assert!(refused.stderr.contains(hint), "{}", refused.stderr);
    shop.run("link --replace --env prod").is(str![[r#"
exit 0
--- stdout
prod: linked `shop-web` to `shop-apim`
 + product             agreeable-smoke-06273c21e: the link's product does not exist
 + subscription        the site needs a key of the product
 + policy              the policy must accept only tokens of the site
 + API in the product  orders: the env lists it
 - linked backend      old: the service of the env replaces `old-apim`
 + linked backend      shop-apim: the site copies the new key
open: https://agreeable-smoke-06273c21e.5.azurestaticapps.net/api/orders
to undo: swa-apim unlink --purge --env prod (`swa-apim link --static-web-app /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.Web/staticSites/shop-web --apim /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.ApiManagement/service/old-apim` links the site to `old-apim` again, where its product still exists)
--- stderr
next: swa-apim status --env prod

"#]]);
    assert_eq!((shop.state().as_str(), shop.codes().len()), ("linked", 0));
    is_mended(&shop);
}

#[test]
fn every_hint_of_status_that_is_a_command_works_when_pasted() {
    let shop = Shop::linked();
    shop.change(&subscription(), |it| it["properties"]["state"] = "suspended".into());
    let status = shop.status();
    let hint = status["findings"][0]["hint"].as_str().unwrap();
    let line = hint.strip_prefix("run `swa-apim ").unwrap().strip_suffix('`').unwrap();
    shop.run(line).exits(0);
    assert_eq!(shop.state(), "linked");
}
