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
 +  product         agreeable-smoke-06273c21e  the link's product does not exist
 +  subscription    agreeable-smoke-06273c21e  the site needs a key that opens the product
 +  policy          agreeable-smoke-06273c21e  only tokens of the site may be let in
 +  linked backend  shop-apim                  the site takes the new key
to take it back: swa-apim unlink --purge --env prod

SWAAPIM070 degraded: the product `agreeable-smoke-06273c21e` is empty: no API can be reached
  -> run `swa-apim api add API --env prod`
--- stderr
next: swa-apim status --env prod

"#]]);
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
 +  product             agreeable-smoke-06273c21e  the link's product does not exist
 +  subscription        agreeable-smoke-06273c21e  the site needs a key that opens the product
 +  policy              agreeable-smoke-06273c21e  only tokens of the site may be let in
 +  API in the product  orders                     the env lists it
 +  linked backend      shop-apim                  the site takes the new key
to take it back: swa-apim unlink --purge --env prod

SWAAPIM073 degraded: the API `orders` has the path `orders`, which the site never calls
  properties.path: orders, expected api/orders
  -> give the API `orders` a path that begins with `api/`, such as `api/orders`
SWAAPIM074 degraded: the API `orders` looks for the key in the header `X-Key`
  properties.subscriptionKeyParameterNames.header: X-Key, expected Ocp-Apim-Subscription-Key
  -> set the API's subscription key header back to `Ocp-Apim-Subscription-Key`
SWAAPIM075 degraded: the API `orders` can be called without a key, past the site
  properties.subscriptionRequired: false, expected true
  -> make the subscription required on the API, unless it is meant to be public
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
  -> correct the name of the API; `swa-apim api list --env prod` shows the APIs there are
--- stderr
error: could not plan the link
  caused by: the service `shop-apim` has no API `ordrs`
hint: correct the name of the API; `swa-apim api list --env prod` shows the APIs there are

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
 +  API in the product  catalog  the site is to reach it
to take it back: swa-apim api remove catalog --env prod
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
 -  API in the product  catalog  the site is not to reach it
to take it back: swa-apim api add catalog --env prod

"#]]);
    shop.run("api remove catalog").is(str![[r#"
exit 0
--- stdout
prod: nothing to do

"#]]);
}

#[test]
fn an_api_of_the_env_that_is_removed_comes_back_and_the_user_is_told() {
    let shop = Shop::linked();
    shop.run("api remove orders").is(str![[r#"
exit 0
--- stdout
prod: removed orders from the product of `shop-web`
 -  API in the product  orders  the site is not to reach it
to take it back: swa-apim api add orders --env prod

SWAAPIM070 degraded: the product `agreeable-smoke-06273c21e` is empty: no API can be reached
  -> run `swa-apim api add API --env prod`
--- stderr
note: the env lists `orders`; the next link or relink adds it again

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
  -> correct the name of the API; `swa-apim api list --env prod` shows the APIs there are
--- stderr
error: could not plan adding APIs
  caused by: the service `shop-apim` has no API `nope`
hint: correct the name of the API; `swa-apim api list --env prod` shows the APIs there are

"#]]);
}

#[test]
fn without_a_link_there_is_nothing_to_add_an_api_to() {
    Shop::sample().run("api add catalog").is(str![[r#"
exit 4
--- stdout
prod: refused; nothing was changed

SWAAPIM030 broken: there is no link yet, and so no product to add an API to
  -> run `swa-apim link --env prod` first
--- stderr
error: could not plan adding APIs
  caused by: there is no link yet, and so no product to add an API to
hint: run `swa-apim link --env prod` first

"#]]);
}
