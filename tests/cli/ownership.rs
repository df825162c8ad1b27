//! Resources as Azure lists them below something else: whose they are, and that no key of theirs is shown.

use serde_json::{Value, json};

use crate::support::{Shop, apim, product, subscription};

/// An element of `GET products/P/subscriptions`, or of `GET users/U/subscriptions`, in the form that was recorded
/// with 2019-01-01: with the id of the list, and with keys.
fn listed(owner: &str, name: &str, display_name: &Value) -> Value {
    let (kind, _) = owner.split_once('/').unwrap();
    json!({"id": format!("{}/{owner}/subscriptions/{name}", apim()), "name": name,
        "type": format!("Microsoft.ApiManagement/service/{kind}/subscriptions"),
        "properties": {"ownerId": format!("{}/users/1", apim()), "scope": product(), "displayName": display_name,
            "state": "active", "createdDate": "2020-02-07T01:07:13.923Z", "startDate": null,
            "primaryKey": "newSubscriptionPK9086", "secondaryKey": "newSubscriptionSK3593",
            "stateComment": null, "allowTracing": true}})
}

fn of_product() -> String {
    format!("products/{}", product().rsplit('/').next().unwrap())
}

#[test]
fn a_partner_that_was_imported_from_a_products_list_keeps_the_product_and_its_keys_are_not_shown() {
    for owner in [of_product(), "users/1".to_owned()] {
        let shop = Shop::linked();
        let list = json!({"value": [listed(&owner, "partner", &"A partner".into())], "count": 1});
        shop.write("list.json", list.to_string());
        shop.run("model import list.json").exits(0);
        let exported = shop.run("model export");
        assert!(exported.exits(0).stdout.contains("service/shop-apim/subscriptions/partner"), "{owner}");
        assert!(!exported.stdout.contains("newSubscription"), "a key is shown");
        let before = shop.model()["resources"].clone();
        let purge = shop.run("unlink --purge --yes");
        assert!(purge.exits(4).stderr.contains("`A partner` uses the product"), "{}", purge.stderr);
        assert_eq!(shop.model()["resources"], before);
    }
}

#[test]
fn a_subscription_that_an_earlier_version_kept_under_two_ids_is_one() {
    let shop = Shop::linked();
    let mut own = shop.model()["resources"].as_array().unwrap().clone();
    own.retain(|it| it["id"].as_str().unwrap().eq_ignore_ascii_case(&subscription()));
    let name = own[0]["name"].as_str().unwrap().to_owned();
    shop.add([
        listed(&of_product(), &name, &Value::Null),
        listed(&of_product(), "partner", &"A partner".into()),
    ]);
    assert_eq!(shop.state(), "linked");
    assert!(!shop.run("model export").exits(0).stdout.contains("newSubscription"));
    shop.run("unlink --purge --yes").exits(4);
}
