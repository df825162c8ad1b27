//! Links that are refused before anything is changed, each with its cure.

use serde_json::{Value, json};
use snapbox::str;

use crate::support::{DISPLAY_NAME, MODEL, Shop, apim, backends, product, service, site};

/// The sample, changed by somebody.
fn with(id: &str, change: impl FnOnce(&mut Value)) -> Shop {
    let shop = Shop::sample();
    shop.change(id, change);
    shop
}

/// The sample, linked to another service by somebody.
pub(crate) fn elsewhere() -> Shop {
    let shop = Shop::sample();
    shop.add([
        json!({"id": service("old-apim"), "sku": {"name": "Consumption"}, "properties": {
            "provisioningState": "Succeeded", "gatewayUrl": "https://old-apim.azure-api.net"}}),
        json!({"id": format!("{}/old", backends()), "properties": {
            "backendResourceId": service("old-apim"), "provisioningState": "Succeeded"}}),
    ]);
    shop
}

#[test]
fn a_free_plan_allows_no_link() {
    let shop = with(&site(), |site| site["sku"] = json!({"name": "Free", "tier": "Free"}));
    let before = shop.read(MODEL);
    shop.run("link").is(str![[r#"
exit 4
--- stdout
prod: refused; nothing was changed

SWAAPIM003 broken: the plan of `shop-web` is Free, which does not support linked backends
  sku.name: Free, expected Standard or Dedicated
  -> run `az staticwebapp update --name shop-web --sku Standard`, then run the command again
--- stderr
error: could not plan the link
  caused by: the plan of `shop-web` is Free, which does not support linked backends
hint: run `az staticwebapp update --name shop-web --sku Standard`, then run the command again

"#]]);
    shop.run("link --dry-run").exits(4);
    shop.run("relink").exits(4);
    assert_eq!(shop.read(MODEL), before);
}

#[test]
fn the_environment_of_a_pull_request_is_never_linked() {
    Shop::sample().run("link --site-environment 12 --allow-preview").is(str![[r#"
exit 4
--- stdout
prod: refused; nothing was changed

SWAAPIM004 broken: `12` is the environment of a pull request; Azure cannot link such an environment
  -> link the production environment, or a named preview environment with `--allow-preview`
--- stderr
error: could not plan the link
  caused by: `12` is the environment of a pull request; Azure cannot link such an environment
hint: link the production environment, or a named preview environment with `--allow-preview`

"#]]);
}

#[test]
fn an_environment_that_does_not_exist_is_refused() {
    Shop::sample().run("link --site-environment dev --allow-preview").is(str![[r#"
exit 4
--- stdout
prod: refused; nothing was changed

SWAAPIM006 broken: `shop-web` has no environment `dev`
  -> correct `site-environment` of the env. The production environment is called `default`
--- stderr
error: could not plan the link
  caused by: `shop-web` has no environment `dev`
hint: correct `site-environment` of the env. The production environment is called `default`

"#]]);
}

#[test]
fn a_preview_is_linked_only_where_the_user_insists() {
    let shop = Shop::sample();
    shop.add([json!({"id": format!("{}/builds/dev", site()), "properties": {"buildId": "dev",
        "hostname": "agreeable-smoke-06273c21e-dev.centralus.5.azurestaticapps.net"}})]);
    shop.run("link --site-environment dev").is(str![[r#"
exit 4
--- stdout
prod: refused; nothing was changed

SWAAPIM005 degraded: `dev` is a preview environment, and Azure may refuse to link it
  -> run the command again with `--allow-preview` to try to link the environment
--- stderr
error: could not plan the link
  caused by: `dev` is a preview environment, and Azure may refuse to link it
hint: run the command again with `--allow-preview` to try to link the environment

"#]]);
    shop.run("link --site-environment dev --allow-preview").is(str![[r#"
exit 0
--- stdout
prod: linked `shop-web` to `shop-apim`
 + product             agreeable-smoke-06273c21e-dev: the link's product does not exist
 + subscription        the site needs a key of the product
 + policy              the policy must accept only tokens of the site
 + API in the product  orders: the env lists it
 + linked backend      shop-apim: the site copies the new key
open: https://agreeable-smoke-06273c21e-dev.centralus.5.azurestaticapps.net/api/orders
to undo: swa-apim unlink --purge --env prod --site-environment dev
--- stderr
next: swa-apim status --env prod --site-environment dev

"#]]);
}

#[test]
fn a_functions_app_of_a_preview_must_be_unlinked_first() {
    let shop = Shop::sample();
    let app = format!("{}/Microsoft.Web/sites/orders-fn", crate::support::GROUP);
    shop.add([json!({"id": format!("{}/builds/dev", site()), "properties": {"buildId": "dev",
        "hostname": "agreeable-smoke-06273c21e-dev.centralus.5.azurestaticapps.net",
        "userProvidedFunctionApps": [{"id": "x", "properties": {"functionAppResourceId": app}}]}})]);
    let before = shop.model();
    let run = shop.run("link --site-environment dev --allow-preview");
    assert!(
        run.exits(4).stderr.contains("the Functions app `orders-fn` already serves `/api` of `dev`"),
        "{}",
        run.stderr
    );
    let cure =
        "`az staticwebapp functions unlink --name shop-web --resource-group rg-shop --environment-name dev`";
    assert!(run.stderr.contains(cure), "{}", run.stderr);
    assert_eq!(shop.model(), before);
}

#[test]
fn a_functions_app_must_be_unlinked_first() {
    let shop = with(&site(), |site| {
        let app = format!("{}/Microsoft.Web/sites/orders-fn", crate::support::GROUP);
        site["properties"]["userProvidedFunctionApps"] =
            json!([{"properties": {"functionAppResourceId": app}}]);
    });
    shop.run("link").is(str![[r#"
exit 4
--- stdout
prod: refused; nothing was changed

SWAAPIM007 broken: the Functions app `orders-fn` already serves `/api` of `shop-web`
  properties.userProvidedFunctionApps: /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.Web/sites/orders-fn, expected none
  -> run `az staticwebapp functions unlink --name shop-web --resource-group rg-shop`, then run the command again
--- stderr
error: could not plan the link
  caused by: the Functions app `orders-fn` already serves `/api` of `shop-web`
hint: run `az staticwebapp functions unlink --name shop-web --resource-group rg-shop`, then run the command again

"#]]);
}

#[test]
fn a_site_that_is_linked_elsewhere_is_left_there() {
    let shop = elsewhere();
    let before = shop.read(MODEL);
    shop.run("link").is(str![[r#"
exit 4
--- stdout
prod: refused; nothing was changed

SWAAPIM020 broken: `shop-web` is already linked to `old-apim`
  properties.backendResourceId: old-apim, expected shop-apim
  -> to link `shop-web` to another backend, run `swa-apim link --replace --env prod`; if `old-apim` is correct, correct `apim` of the env
--- stderr
error: could not plan the link
  caused by: `shop-web` is already linked to `old-apim`
hint: to link `shop-web` to another backend, run `swa-apim link --replace --env prod`; if `old-apim` is correct, correct `apim` of the env

"#]]);
    shop.run("relink").is(str![[r#"
exit 4
--- stdout
prod: refused; nothing was changed

SWAAPIM020 broken: `shop-web` is already linked to `old-apim`
  properties.backendResourceId: old-apim, expected shop-apim
  -> to link `shop-web` to another backend, run `swa-apim link --replace --env prod`; if `old-apim` is correct, correct `apim` of the env
--- stderr
error: could not plan the relink
  caused by: `shop-web` is already linked to `old-apim`
hint: to link `shop-web` to another backend, run `swa-apim link --replace --env prod`; if `old-apim` is correct, correct `apim` of the env

"#]]);
    shop.run("unlink").is(str![[r#"
exit 4
--- stdout
prod: refused; nothing was changed

SWAAPIM020 broken: `shop-web` is linked to `old-apim`, not to `shop-apim`
  properties.backendResourceId: old-apim, expected shop-apim
  -> to unlink it from `old-apim`, run the command again with `--apim /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.ApiManagement/service/old-apim`
--- stderr
error: could not plan the unlink
  caused by: `shop-web` is linked to `old-apim`, not to `shop-apim`
hint: to unlink it from `old-apim`, run the command again with `--apim /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.ApiManagement/service/old-apim`

"#]]);
    assert_eq!(shop.read(MODEL), before);
}

#[test]
fn the_hint_of_a_refused_unlink_unlinks() {
    let shop = elsewhere();
    let refused = shop.run("unlink");
    let flag = refused.stderr.rsplit('`').nth(1).unwrap().to_owned();
    shop.run(&format!("unlink {flag}")).exits(0);
    assert_eq!(shop.state(), "unlinked");
}

#[test]
fn a_service_in_an_internal_network_is_out_of_reach() {
    let shop = with(&apim(), |apim| apim["properties"]["virtualNetworkType"] = "Internal".into());
    shop.run("link").is(str![[r#"
exit 4
--- stdout
prod: refused; nothing was changed

SWAAPIM009 broken: the gateway of `shop-apim` is in an internal virtual network, where the site cannot reach it
  properties.virtualNetworkType: Internal, expected None or External
  -> use a service whose virtual network type is `None` or `External`, with public network access enabled
--- stderr
error: could not plan the link
  caused by: the gateway of `shop-apim` is in an internal virtual network, where the site cannot reach it
hint: use a service whose virtual network type is `None` or `External`, with public network access enabled

"#]]);
}

#[test]
fn a_service_without_public_access_is_out_of_reach() {
    let shop = with(&apim(), |apim| apim["properties"]["publicNetworkAccess"] = "Disabled".into());
    shop.run("link").is(str![[r#"
exit 4
--- stdout
prod: refused; nothing was changed

SWAAPIM009 broken: public network access to `shop-apim` is disabled, so the site cannot reach it
  properties.publicNetworkAccess: Disabled, expected Enabled
  -> use a service whose virtual network type is `None` or `External`, with public network access enabled
--- stderr
error: could not plan the link
  caused by: public network access to `shop-apim` is disabled, so the site cannot reach it
hint: use a service whose virtual network type is `None` or `External`, with public network access enabled

"#]]);
}

#[test]
fn a_service_that_is_not_ready_is_refused() {
    let shop = with(&apim(), |apim| apim["properties"]["provisioningState"] = "Activating".into());
    shop.run("link").is(str![[r#"
exit 4
--- stdout
prod: refused; nothing was changed

SWAAPIM008 broken: the service `shop-apim` is not ready: Activating
  properties.provisioningState: Activating, expected Succeeded
  -> wait until the service's provisioning state is `Succeeded`, then run the command again
--- stderr
error: could not plan the link
  caused by: the service `shop-apim` is not ready: Activating
hint: wait until the service's provisioning state is `Succeeded`, then run the command again

"#]]);
}

#[test]
fn another_product_with_the_display_name_blocks_the_link() {
    let shop = Shop::sample();
    let id = format!("{}/products/other", apim());
    shop.add([json!({"id": id, "properties": {"displayName": DISPLAY_NAME}})]);
    shop.run("link").is(str![[r#"
exit 4
--- stdout
prod: refused; nothing was changed

SWAAPIM010 broken: the product `other` already has the display name of this link's product
  properties.displayName: Azure Static Web Apps - agreeable-smoke-06273c21e.5.azurestaticapps.net (Linked), expected another display name
  -> rename or delete the product `other`, then run the command again
--- stderr
error: could not plan the link
  caused by: the product `other` already has the display name of this link's product
hint: rename or delete the product `other`, then run the command again

"#]]);
    shop.run("status").is(str![[r#"
exit 0
--- stdout
prod: unlinked
 ok      static web app  shop-web, Standard, agreeable-smoke-06273c21e.5.azurestaticapps.net
 ok      API Management  shop-apim, Consumption, https://shop-apim.azure-api.net
 broken  product         none
 -       none            linked backend, subscription, policy, key of the site, APIs

SWAAPIM010 broken: the product `other` already has the display name of this link's product
  properties.displayName: Azure Static Web Apps - agreeable-smoke-06273c21e.5.azurestaticapps.net (Linked), expected another display name
  -> rename or delete the product `other`, then run the command again

"#]]);
}

#[test]
fn the_product_of_another_site_is_not_taken() {
    let shop = Shop::sample();
    let name = DISPLAY_NAME.replace(".5.", ".2.");
    shop.add([json!({"id": product(), "properties": {"displayName": name, "state": "published"}})]);
    shop.run("link").is(str![[r#"
exit 4
--- stdout
prod: refused; nothing was changed

SWAAPIM011 broken: the product `agreeable-smoke-06273c21e` belongs to the link of another site
  properties.displayName: Azure Static Web Apps - agreeable-smoke-06273c21e.2.azurestaticapps.net (Linked), expected Azure Static Web Apps - agreeable-smoke-06273c21e.5.azurestaticapps.net (Linked)
  -> find the site that the product belongs to. If that site does not exist, delete the product and run the command again
--- stderr
error: could not plan the link
  caused by: the product `agreeable-smoke-06273c21e` belongs to the link of another site
hint: find the site that the product belongs to. If that site does not exist, delete the product and run the command again

"#]]);
    shop.run("status").is(str![[r#"
exit 0
--- stdout
prod: unlinked
 ok      static web app  shop-web, Standard, agreeable-smoke-06273c21e.5.azurestaticapps.net
 ok      API Management  shop-apim, Consumption, https://shop-apim.azure-api.net
 broken  product         agreeable-smoke-06273c21e, published, key required
 -       none            linked backend, subscription, policy, key of the site, APIs

SWAAPIM011 broken: the product `agreeable-smoke-06273c21e` belongs to the link of another site
  properties.displayName: Azure Static Web Apps - agreeable-smoke-06273c21e.2.azurestaticapps.net (Linked), expected Azure Static Web Apps - agreeable-smoke-06273c21e.5.azurestaticapps.net (Linked)
  -> find the site that the product belongs to. If that site does not exist, delete the product and run the command again

"#]]);
}

#[test]
fn several_obstacles_are_named_at_once() {
    let shop = with(&site(), |site| site["sku"] = json!({"name": "Free", "tier": "Free"}));
    shop.change(&apim(), |apim| apim["properties"]["publicNetworkAccess"] = "Disabled".into());
    shop.run("link").is(str![[r#"
exit 4
--- stdout
prod: refused; nothing was changed

SWAAPIM003 broken: the plan of `shop-web` is Free, which does not support linked backends
  sku.name: Free, expected Standard or Dedicated
  -> run `az staticwebapp update --name shop-web --sku Standard`, then run the command again
SWAAPIM009 broken: public network access to `shop-apim` is disabled, so the site cannot reach it
  properties.publicNetworkAccess: Disabled, expected Enabled
  -> use a service whose virtual network type is `None` or `External`, with public network access enabled
--- stderr
error: could not plan the link
  caused by: the plan of `shop-web` is Free, which does not support linked backends; public network access to `shop-apim` is disabled, so the site cannot reach it
hint: run `az staticwebapp update --name shop-web --sku Standard`, then run the command again; use a service whose virtual network type is `None` or `External`, with public network access enabled

"#]]);
}
