//! Sites and services that are misnamed.

use snapbox::str;

use crate::support::{CONFIG, Shop, apim, site};

const NAMES_ALONE: &str = "[env.prod]\nstatic-web-app = 'shop-wb'\napim = 'shop-apm'\n[provider.json]\nmodel = 'control-plane.json'\n";

#[test]
fn a_malformed_id_in_the_file_is_shown_with_its_line() {
    let shop = Shop::sample();
    shop.configure("\"shop-web\"", "\"/subscriptions/x/shop-web\"");
    shop.run("status").is(str![[r#"
exit 2
--- stderr
error: the static web app (from swa-apim.toml, line 3) is not valid: `/subscriptions/x/shop-web` is not an ARM resource ID: `providers` is expected instead of `shop-web`
hint: specify a name, or a full ID: /subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.Web/staticSites/NAME

"#]]);
}

#[test]
fn a_malformed_id_in_a_flag_is_shown_with_the_flag() {
    Shop::sample().run("status --apim /subscriptions//x").is(str![[r#"
exit 2
--- stderr
error: the API Management service (from `--apim`) is not valid: `/subscriptions//x` is not an ARM resource ID: segment 2 is empty
hint: specify a name, or a full ID: /subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.ApiManagement/service/NAME

"#]]);
}

#[test]
fn an_id_of_another_type_is_not_taken() {
    let shop = Shop::sample();
    shop.run(&format!("status --static-web-app {}", apim())).is(str![[r#"
exit 2
--- stderr
error: `/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.ApiManagement/service/shop-apim` (from `--static-web-app`) is the ID of a `Microsoft.ApiManagement/service`
hint: specify the ID of a `Microsoft.Web/staticSites`, or a name

"#]]);
    shop.run(&format!("status --apim {}", site())).is(str![[r#"
exit 2
--- stderr
error: `/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.Web/staticSites/shop-web` (from `--apim`) is the ID of a `Microsoft.Web/staticSites`
hint: specify the ID of a `Microsoft.ApiManagement/service`, or a name

"#]]);
}

#[test]
fn a_mistyped_name_leads_to_the_nearest_one() {
    let shop = Shop::sample();
    shop.write(CONFIG, NAMES_ALONE);
    shop.run("status").is(str![[r#"
exit 4
--- stderr
error: the static web app `shop-wb` (from swa-apim.toml, line 2) does not exist
hint: did you mean `shop-web`?

"#]]);
    shop.run("link --static-web-app shop-web").is(str![[r#"
exit 4
--- stdout
prod: refused; nothing was changed
--- stderr
error: the API Management service `shop-apm` (from swa-apim.toml, line 3) does not exist
hint: did you mean `shop-apim`?

"#]]);
}

#[test]
fn a_name_like_no_other_is_refused_too() {
    let shop = Shop::sample();
    shop.write(CONFIG, NAMES_ALONE);
    shop.run("link --static-web-app elsewhere").is(str![[r#"
exit 4
--- stdout
prod: refused; nothing was changed
--- stderr
error: the static web app `elsewhere` (from `--static-web-app`) does not exist
hint: specify its full ARM ID, or check that `--provider` selects the correct control plane

"#]]);
}

#[test]
fn a_name_of_two_services_must_be_completed() {
    let shop = Shop::sample();
    shop.write(CONFIG, NAMES_ALONE.replace("shop-wb", "shop-web").replace("shop-apm", "shop-apim"));
    let other = apim().replace("rg-shop", "rg-other");
    shop.add([serde_json::json!({"id": other, "sku": {"name": "Developer"},
        "properties": {"provisioningState": "Succeeded", "gatewayUrl": "https://other.azure-api.net"}})]);
    shop.run("link").is(str![[r#"
exit 2
--- stdout
prod: failed
--- stderr
error: 2 API Management services have the name `shop-apim` (from swa-apim.toml, line 3)
hint: specify the resource group or the full ID: /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-other/providers/Microsoft.ApiManagement/service/shop-apim, /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.ApiManagement/service/shop-apim

"#]]);
    shop.run("link --resource-group rg-shop").exits(0);
}

#[test]
fn a_site_that_does_not_exist_is_refused() {
    let shop = Shop::sample();
    shop.run("link --static-web-app shop-wb").is(str![[r#"
exit 4
--- stdout
prod: refused; nothing was changed

SWAAPIM001 broken: the static web app `shop-wb` does not exist in resource group `rg-shop`
  -> did you mean `/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.Web/staticSites/shop-web`? correct `static-web-app`, `resource-group` and `subscription` of the env, or specify the full ARM ID of the static web app
--- stderr
error: could not plan the link
  caused by: the static web app `shop-wb` does not exist in resource group `rg-shop`
hint: did you mean `/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.Web/staticSites/shop-web`? correct `static-web-app`, `resource-group` and `subscription` of the env, or specify the full ARM ID of the static web app

"#]]);
    shop.run("status --static-web-app shop-wb").is(str![[r#"
exit 4
--- stdout
prod: unknown
 broken  static web app  shop-wb
 ok      API Management  shop-apim, Consumption, https://shop-apim.azure-api.net
 -       unknown         linked backend, product, subscription, policy, key of the site, APIs

SWAAPIM001 broken: the static web app `shop-wb` does not exist in resource group `rg-shop`
  -> did you mean `/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.Web/staticSites/shop-web`? correct `static-web-app`, `resource-group` and `subscription` of the env, or specify the full ARM ID of the static web app

"#]]);
}

#[test]
fn a_service_that_does_not_exist_is_refused() {
    Shop::sample().run("link --apim shop-apm").is(str![[r#"
exit 4
--- stdout
prod: refused; nothing was changed

SWAAPIM002 broken: the API Management service `shop-apm` does not exist in resource group `rg-shop`
  -> did you mean `/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.ApiManagement/service/shop-apim`? correct `apim` of the env. For a service in another resource group or subscription, specify its full ARM ID
--- stderr
error: could not plan the link
  caused by: the API Management service `shop-apm` does not exist in resource group `rg-shop`
hint: did you mean `/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.ApiManagement/service/shop-apim`? correct `apim` of the env. For a service in another resource group or subscription, specify its full ARM ID

"#]]);
}

#[test]
fn what_looks_like_an_id_and_is_malformed_is_not_looked_up_as_a_name() {
    let shop = Shop::sample();
    let inner = site().replace("/subscriptions/", "");
    let run = shop.run(&format!("status --static-web-app {inner}"));
    assert_eq!(run.code(), 2, "{}", run.stderr);
    assert!(run.stderr.contains("is not valid"), "{}", run.stderr);
    for text in
        [format!("{}/", site()), format!(" {}\n", site()), format!("'{}'", site()), site()[1..].to_owned()]
    {
        let run = shop.run_words(&["status", "-o", "json", "--static-web-app", &text]);
        assert_eq!(run.json()["links"][0]["staticSite"]["id"], site(), "{text}: {}", run.stderr);
    }
}
