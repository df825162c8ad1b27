//! APIs that the site cannot reach, and `api list|add|remove`.

use serde_json::json;
use snapbox::str;

use crate::support::{Shop, apim};

#[test]
fn an_empty_product_is_pointed_out() {
    let shop = Shop::sample();
    shop.configure("[\"orders\"]", "[]");
    shop.run("link").is(str![[r#"
exit 0
--- stdout
prod: linked `shop-web` to `shop-apim`
 + product         agreeable-smoke-06273c21e: the link's product does not exist
 + subscription    the site needs a key of the product
 + policy          the policy must accept only tokens of the site
 + linked backend  shop-apim: the site copies the new key
open: https://agreeable-smoke-06273c21e.5.azurestaticapps.net/api
to undo: swa-apim unlink --purge --env prod

SWAAPIM070 degraded: the product `agreeable-smoke-06273c21e` contains no API, so the site can call none
  -> run `swa-apim api add API --env prod`
--- stderr
next: swa-apim status --env prod

"#]]);
}

#[test]
fn the_apis_of_a_service_or_for_a_site_that_does_not_exist_are_not_listed() {
    let shop = Shop::sample();
    for (flags, missing) in [
        ("--apim nowhere", "`nowhere` does not exist"),
        ("--static-web-app nowhere", "`nowhere` does not exist"),
        ("--resource-group nowhere", "does not exist"),
        ("--site-environment nowhere", "no environment `nowhere`"),
    ] {
        let list = shop.run(&format!("api list {flags}"));
        assert!(list.exits(4).stderr.contains(missing), "{flags}: {}", list.stderr);
        assert!(list.stderr.contains("hint: "), "{flags}: {}", list.stderr);
    }
}

#[test]
fn a_name_that_no_api_can_have_is_a_mistake_in_the_command_line() {
    let shop = Shop::sample();
    for line in ["api add ''", "api add a/b", "api remove a?b", "init --env new --api ''"] {
        let run = shop.run(line);
        assert!(run.exits(2).stderr.contains("invalid value"), "{line}: {}", run.stderr);
        assert!(run.stderr.contains("swa-apim api list"), "{line}: {}", run.stderr);
    }
}

#[test]
fn an_api_that_the_site_cannot_call_is_pointed_out() {
    let shop = Shop::sample();
    shop.change(&format!("{}/apis/orders", apim()), |api| {
        api["properties"]["path"] = "orders".into();
        api["properties"]["subscriptionRequired"] = false.into();
        api["properties"]["subscriptionKeyParameterNames"] = json!({"header": "X-Key", "query": "key"});
    });
    shop.run("link").is(str![[r#"
exit 0
--- stdout
prod: linked `shop-web` to `shop-apim`
 + product             agreeable-smoke-06273c21e: the link's product does not exist
 + subscription        the site needs a key of the product
 + policy              the policy must accept only tokens of the site
 + API in the product  orders: the env lists it
 + linked backend      shop-apim: the site copies the new key
open: https://agreeable-smoke-06273c21e.5.azurestaticapps.net/api
to undo: swa-apim unlink --purge --env prod

SWAAPIM073 degraded: the API `orders` has the path `orders`; the site calls only paths that begin with `api`
  properties.path: orders, expected api/orders
  -> change the path of the API `orders` to one that begins with `api/`, such as `api/orders`
SWAAPIM074 degraded: the API `orders` reads the key from the header `X-Key`; the site sends it in another one
  properties.subscriptionKeyParameterNames.header: X-Key, expected Ocp-Apim-Subscription-Key
  -> change the subscription key header of the API to `Ocp-Apim-Subscription-Key`
SWAAPIM075 degraded: the API `orders` can be called without a key and without passing the site
  properties.subscriptionRequired: false, expected true
  -> require a subscription for the API, unless it is meant to be public
--- stderr
next: swa-apim status --env prod

"#]]);
}

#[test]
fn an_api_of_the_env_that_does_not_exist_is_refused() {
    let shop = Shop::sample();
    shop.configure("[\"orders\"]", "[\"ordrs\"]");
    shop.run("link").is(str![[r#"
exit 4
--- stdout
prod: refused; nothing was changed

SWAAPIM072 broken: the service `shop-apim` has no API `ordrs`
  -> correct the name of the API; `swa-apim api list --env prod` lists the APIs of the service
--- stderr
error: could not plan the link
  caused by: the service `shop-apim` has no API `ordrs`
hint: correct the name of the API; `swa-apim api list --env prod` lists the APIs of the service

"#]]);
}

#[test]
fn an_api_is_added_and_removed_again() {
    let shop = Shop::linked();
    shop.run("api list").is(str![[r#"
exit 0
--- stdout
 API      PATH          IN THE PRODUCT
 catalog  /api/catalog  no
 orders   /api/orders   yes

"#]]);
    shop.run("api add catalog").is(str![[r#"
exit 0
--- stdout
prod: added catalog to the product of `shop-web`
 + API in the product  catalog: the site will be able to call it
open: https://agreeable-smoke-06273c21e.5.azurestaticapps.net/api/catalog
to undo: swa-apim api remove catalog --env prod
--- stderr
next: swa-apim status --env prod

"#]]);
    shop.run("api add catalog").is(str![[r#"
exit 0
--- stdout
prod: nothing to do
--- stderr
next: swa-apim status --env prod

"#]]);
    shop.run("api remove catalog").is(str![[r#"
exit 0
--- stdout
prod: removed catalog from the product of `shop-web`
 - API in the product  catalog: the site will no longer be able to call it
to undo: swa-apim api add catalog --env prod

"#]]);
    shop.run("api remove catalog").is(str![[r#"
exit 0
--- stdout
prod: nothing to do

"#]]);
}

#[test]
fn removing_an_api_of_the_env_prints_a_note_that_the_next_link_adds_it() {
    let shop = Shop::linked();
    shop.run("api remove orders").is(str![[r#"
exit 0
--- stdout
prod: removed orders from the product of `shop-web`
 - API in the product  orders: the site will no longer be able to call it
to undo: swa-apim api add orders --env prod

SWAAPIM070 degraded: the product `agreeable-smoke-06273c21e` contains no API, so the site can call none
  -> run `swa-apim api add API --env prod`
--- stderr
note: the env lists `orders`; the next `link` or `relink` adds it again

"#]]);
    assert_eq!(shop.codes(), ["SWAAPIM071"]);
    shop.run("link").exits(0);
    assert_eq!(shop.codes(), [""; 0]);
}

#[test]
fn an_api_that_does_not_exist_is_not_added() {
    Shop::linked().run("api add nope").is(str![[r#"
exit 4
--- stdout
prod: refused; nothing was changed

SWAAPIM072 broken: the service `shop-apim` has no API `nope`
  -> correct the name of the API; `swa-apim api list --env prod` lists the APIs of the service
--- stderr
error: could not plan adding APIs
  caused by: the service `shop-apim` has no API `nope`
hint: correct the name of the API; `swa-apim api list --env prod` lists the APIs of the service

"#]]);
}

#[test]
fn without_a_link_there_is_nothing_to_add_an_api_to() {
    Shop::sample().run("api add catalog").is(str![[r#"
exit 4
--- stdout
prod: refused; nothing was changed

SWAAPIM030 broken: the site is not linked, so there is no product to add an API to
  -> run `swa-apim link --env prod` first
--- stderr
error: could not plan adding APIs
  caused by: the site is not linked, so there is no product to add an API to
hint: run `swa-apim link --env prod` first

"#]]);
}

/// Puts an API into version `v1` of a set of this scheme.
fn version(shop: &Shop, api: &str, scheme: &str) {
    let set = format!("{}/apiVersionSets/{api}", apim());
    shop.change(&format!("{}/apis/{api}", apim()), |found| {
        found["properties"]["apiVersion"] = "v1".into();
        found["properties"]["apiVersionSetId"] = set.as_str().into();
    });
    shop.add([json!({"id": set, "name": api, "type": "Microsoft.ApiManagement/service/apiVersionSets",
        "properties": {"displayName": api, "versioningScheme": scheme, "versionQueryName": "api-version",
        "versionHeaderName": "Api-Version"}})]);
}

#[test]
fn versions_are_listed_as_clients_call_them() {
    let shop = Shop::linked();
    version(&shop, "orders", "Segment");
    version(&shop, "catalog", "Header");
    shop.run("api list").is(str![[r#"
exit 0
--- stdout
 API      PATH                            IN THE PRODUCT
 catalog  /api/catalog (Api-Version: v1)  no
 orders   /api/orders/v1                  yes

"#]]);
    shop.change(&format!("{}/apiVersionSets/orders", apim()), |set| {
        set["properties"]["versioningScheme"] = "Query".into();
    });
    shop.change(&format!("{}/apiVersionSets/catalog", apim()), |set| set["properties"] = json!({}));
    shop.run("api list -o json").is(str![[r#"
exit 0
--- stdout
{
  "schemaVersion": 1,
  "env": "prod",
  "product": "agreeable-smoke-06273c21e",
  "apis": [
    {
      "name": "catalog",
      "path": "api/catalog",
      "version": {
        "name": "v1",
        "address": null,
        "header": null
      },
      "inProduct": false
    },
    {
      "name": "orders",
      "path": "api/orders",
      "version": {
        "name": "v1",
        "address": "api/orders?api-version=v1",
        "header": null
      },
      "inProduct": true
    }
  ]
}

"#]]);
    assert_eq!(shop.codes(), [""; 0]);
}

#[test]
fn the_doctor_reports_an_address_that_it_could_not_determine() {
    let shop = Shop::linked();
    version(&shop, "orders", "Segment");
    let run = shop.run("doctor");
    run.exits(0);
    assert!(run.stdout.contains("`orders` in version v1 is served at `/api/orders/v1`"), "{}", run.stdout);
    shop.edit(|model| {
        model["resources"]
            .as_array_mut()
            .unwrap()
            .retain(|it| !it.to_string().contains("/apiVersionSets/orders\",\"n"));
    });
    let run = shop.run("doctor");
    run.exits(0);
    assert!(run.stdout.contains("could not be determined"), "{}", run.stdout);
    assert!(run.stdout.contains("apiVersionSets/read"), "{}", run.stdout);
}

#[test]
fn an_api_without_a_path_is_reachable_by_operations_below_api() {
    let shop = Shop::linked();
    let api = format!("{}/apis/orders", apim());
    shop.change(&api, |api| api["properties"]["path"] = "".into());
    let operation = |template: &str| {
        json!({"id": format!("{api}/operations/get"), "name": "get",
            "type": "Microsoft.ApiManagement/service/apis/operations",
            "properties": {"displayName": "get", "method": "GET", "urlTemplate": template}})
    };
    shop.add([operation("/orders/{id}")]);
    assert_eq!(shop.codes(), ["SWAAPIM073"]);
    shop.change(&format!("{api}/operations/get"), |found| *found = operation("/api/orders/{id}"));
    assert_eq!(shop.codes(), [""; 0]);
}

#[test]
fn a_revision_is_neither_added_nor_listed_and_its_api_is_named() {
    let shop = Shop::linked();
    shop.add([json!({"id": format!("{}/apis/catalog;rev=2", apim()), "name": "catalog;rev=2",
        "type": "Microsoft.ApiManagement/service/apis",
        "properties": {"displayName": "catalog", "path": "api/catalog", "apiRevision": "2"}})]);
    shop.run("api list").is(str![[r#"
exit 0
--- stdout
 API      PATH          IN THE PRODUCT
 catalog  /api/catalog  no
 orders   /api/orders   yes

"#]]);
    for verb in ["add", "remove"] {
        let run = shop.run(&format!("api {verb} catalog;rev=2"));
        run.exits(4);
        assert!(run.stderr.contains("specify the API `catalog`"), "{}", run.stderr);
    }
    shop.configure("[\"orders\"]", "[\"catalog;rev=2\"]");
    let run = shop.run("link");
    run.exits(4);
    assert!(run.stderr.contains("`catalog;rev=2` is a revision"), "{}", run.stderr);
}
