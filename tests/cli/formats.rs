//! Every result in every format.

use snapbox::str;

use crate::support::Shop;

const FORMATS: [&str; 7] = ["table", "json", "jsonc", "yaml", "yamlc", "tsv", "markdown"];

#[test]
fn every_format_of_every_result_is_printed_only_on_stdout() {
    for format in FORMATS {
        let shop = Shop::sample();
        shop.write("resources.json", "[]");
        let lines = [
            "link --dry-run",
            "link",
            "status",
            "doctor --check-rights",
            "api list",
            "api add catalog",
            "api remove catalog",
            "relink",
            "model import resources.json",
            "unlink",
        ];
        for line in lines {
            let run = shop.run(&format!("{line} -o {format}"));
            run.exits(0);
            assert!(!run.stdout.is_empty() && run.stdout.ends_with('\n'), "{line} -o {format}");
            let for_people = |said: &str| said.lines().all(|line| line.starts_with("next: swa-apim "));
            assert!(
                run.stderr.is_empty() || format == "table" && for_people(&run.stderr),
                "{line} -o {format}"
            );
            assert!(!run.stdout.contains('\u{1b}'), "{line} -o {format}: no escape sequences in a pipe");
            assert!(run.stdout.is_ascii(), "{line} -o {format}: no decoration in a pipe");
        }
    }
}

#[test]
fn status_as_a_table() {
    Shop::linked().run("status").is(str![[r#"
exit 0
--- stdout
prod: linked
  https://agreeable-smoke-06273c21e.5.azurestaticapps.net/api/orders
 ok  static web app   shop-web, Standard
 ok  API Management   shop-apim, Consumption, https://shop-apim.azure-api.net
 ok  linked backend   Succeeded, since [DAY] [TIME] UTC
 ok  product          agreeable-smoke-06273c21e, published, key required
 ok  subscription     active, keys [KEY] and [KEY], from [DAY]
 ok  policy           healthy, accepts only requests with a token of the site
 ok  key of the site  primary
 ok  APIs             orders at /api/orders

"#]]);
}

#[test]
fn status_as_yaml() {
    let shop = Shop::linked();
    // A fingerprint that consists of digits alone would stand in quotes.
    shop.set_keys(&"0123456789abcdef".repeat(2), &"fedcba9876543210".repeat(2));
    shop.run("status -o yaml").is(str![[r#"
exit 0
--- stdout
schemaVersion: 1
links:
- env: prod
  state: linked
  staticSite:
    id: >-
      /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.Web/staticSites/shop-web
    name: shop-web
    defaultHostname: agreeable-smoke-06273c21e.5.azurestaticapps.net
    sku: Standard
    environment: default
  apim:
    id: >-
      /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.ApiManagement/service/shop-apim
    name: shop-apim
    gatewayUrl: https://shop-apim.azure-api.net
    sku: Consumption
  linkedBackend:
    name: shop-apim
    backendResourceId: >-
      /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.ApiManagement/service/shop-apim
    provisioningState: Succeeded
    createdOn: "[DATE]"
  product:
    id: >-
      /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.ApiManagement/service/shop-apim/products/agreeable-smoke-06273c21e
    name: agreeable-smoke-06273c21e
    displayName: Azure Static Web Apps - agreeable-smoke-06273c21e.5.azurestaticapps.net (Linked)
    subscriptionRequired: true
    state: published
    apis:
    - name: orders
      path: api/orders
      inProduct: true
  subscription:
    id: >-
      /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.ApiManagement/service/shop-apim/subscriptions/agreeable-smoke-06273c21e
    name: agreeable-smoke-06273c21e
    displayName: Azure Static Web Apps - agreeable-smoke-06273c21e.5.azurestaticapps.net (Linked)
    scope: >-
      /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.ApiManagement/service/shop-apim/products/agreeable-smoke-06273c21e
    state: active
    keyFingerprints:
      primary: [KEY]
      secondary: [KEY]
    keyAge:
      created: at
      time: "[DATE]"
  policy:
    validateJwt: true
    verdict: healthy
  findings: []

"#]]);
}

#[test]
fn a_text_that_looks_like_something_else_stays_a_text_in_yaml() {
    let shop = Shop::sample();
    for name in ["1e5", "0123", "no", "null", "2026-11-23"] {
        shop.configure(&shop.env_line(), &format!("[env.{name}]"));
        let run = shop.run("status -o yaml");
        assert!(run.exits(0).stdout.contains(&format!("env: \"{name}\"\n")), "{}", run.stdout);
    }
}

#[test]
fn status_as_tsv() {
    Shop::linked().run("status -o tsv").is(str![[r#"
exit 0
--- stdout
prod	linked	shop-web	shop-apim	agreeable-smoke-06273c21e	

"#]]);
}

#[test]
fn findings_follow_the_table_in_markdown() {
    let shop = Shop::linked();
    shop.change(&crate::support::product(), |product| {
        product["properties"]["subscriptionRequired"] = false.into();
    });
    shop.run("status -o markdown").is(str![[r#"
exit 0
--- stdout
| env | state | staticSite | apim | product | findings |
| --- | --- | --- | --- | --- | --- |
| prod | drifted | shop-web | shop-apim | agreeable-smoke-06273c21e | SWAAPIM032 |

**prod**

* SWAAPIM032, broken: the product requires no subscription: any client can call its APIs without a key; run /`swa-apim relink --env prod/`

"#]]);
    shop.run("link --apim nowhere -o markdown").is(str![[r#"
exit 4
--- stdout
| env | outcome | state | changes | error |
| --- | --- | --- | --- | --- |
| prod | refused | unknown | 0 | could not plan the link |

**prod**

* SWAAPIM002, broken: the API Management service /`nowhere/` does not exist in resource group /`rg-shop/`; correct /`apim/` of the env. For a service in another resource group or subscription, specify its full ARM ID
* SWAAPIM020, broken: /`shop-web/` is already linked to /`shop-apim/`; to link /`shop-web/` to another backend, run /`swa-apim link --replace --env prod --apim nowhere/`; if /`shop-apim/` is correct, correct /`apim/` of the env
* error: could not plan the link: the API Management service /`nowhere/` does not exist in resource group /`rg-shop/`; /`shop-web/` is already linked to /`shop-apim/`; correct /`apim/` of the env. For a service in another resource group or subscription, specify its full ARM ID; to link /`shop-web/` to another backend, run /`swa-apim link --replace --env prod --apim nowhere/`; if /`shop-apim/` is correct, correct /`apim/` of the env
--- stderr
error: could not plan the link
  caused by: the API Management service `nowhere` does not exist in resource group `rg-shop`; `shop-web` is already linked to `shop-apim`
hint: correct `apim` of the env. For a service in another resource group or subscription, specify its full ARM ID; to link `shop-web` to another backend, run `swa-apim link --replace --env prod --apim nowhere`; if `shop-apim` is correct, correct `apim` of the env

"#]]);
}

#[test]
fn status_as_markdown() {
    Shop::linked().run("status -o markdown").is(str![[r#"
exit 0
--- stdout
| env | state | staticSite | apim | product | findings |
| --- | --- | --- | --- | --- | --- |
| prod | linked | shop-web | shop-apim | agreeable-smoke-06273c21e |  |

"#]]);
}

#[test]
fn status_of_nothing() {
    Shop::sample().run("status").is(str![[r#"
exit 0
--- stdout
prod: unlinked
 ok  static web app  shop-web, Standard, agreeable-smoke-06273c21e.5.azurestaticapps.net
 ok  API Management  shop-apim, Consumption, https://shop-apim.azure-api.net
 -   none            linked backend, product, subscription, policy, key of the site, APIs

"#]]);
}

#[test]
fn a_change_in_formats_for_programs() {
    let shop = Shop::linked();
    shop.run("api add catalog -o json").is(str![[r#"
exit 0
--- stdout
{
  "schemaVersion": 1,
  "command": "api add",
  "results": [
    {
      "env": "prod",
      "outcome": "applied",
      "steps": [
        {
          "action": "add-api",
          "kind": "create",
          "target": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.ApiManagement/service/shop-apim/products/agreeable-smoke-06273c21e/apis/catalog",
          "reason": "the site will be able to call it",
          "status": "applied"
        }
      ],
      "state": "linked",
      "address": "https://agreeable-smoke-06273c21e.5.azurestaticapps.net/api/catalog",
      "findings": [],
      "undo": {
        "command": "swa-apim api remove catalog --env prod"
      }
    }
  ]
}

"#]]);
    shop.run("api remove catalog -o yaml").is(str![[r#"
exit 0
--- stdout
schemaVersion: 1
command: api remove
results:
- env: prod
  outcome: applied
  steps:
  - action: remove-api
    kind: delete
    target: >-
      /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.ApiManagement/service/shop-apim/products/agreeable-smoke-06273c21e/apis/catalog
    reason: the site will no longer be able to call it
    status: applied
  state: linked
  findings: []
  undo:
    command: swa-apim api add catalog --env prod

"#]]);
}

#[test]
fn a_change_in_formats_for_tables() {
    let shop = Shop::linked();
    shop.run("api add catalog -o tsv").is(str![[r#"
exit 0
--- stdout
prod	applied	linked	1	

"#]]);
    shop.run("api remove catalog -o markdown").is(str![[r#"
exit 0
--- stdout
| env | outcome | state | changes | error |
| --- | --- | --- | --- | --- |
| prod | applied | linked | 1 |  |

**prod**

|  | step | target | reason | status |
| --- | --- | --- | --- | --- |
| - | remove-api | catalog | the site will no longer be able to call it | applied |

"#]]);
}

#[test]
fn apis_in_every_format() {
    let shop = Shop::linked();
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
      "inProduct": false
    },
    {
      "name": "orders",
      "path": "api/orders",
      "inProduct": true
    }
  ]
}

"#]]);
    shop.run("api list -o yaml").is(str![[r#"
exit 0
--- stdout
schemaVersion: 1
env: prod
product: agreeable-smoke-06273c21e
apis:
- name: catalog
  path: api/catalog
  inProduct: false
- name: orders
  path: api/orders
  inProduct: true

"#]]);
    shop.run("api list -o tsv").is(str![[r#"
exit 0
--- stdout
catalog	api/catalog	false
orders	api/orders	true

"#]]);
    shop.run("api list -o markdown").is(str![[r#"
exit 0
--- stdout
| name | path | inProduct |
| --- | --- | --- |
| catalog | api/catalog | false |
| orders | api/orders | true |

"#]]);
}

#[test]
fn a_query_prints_what_it_selects_and_nothing_else() {
    let shop = Shop::linked();
    shop.run("status --query links[0].state -o tsv").is(str![[r#"
exit 0
--- stdout
linked

"#]]);
    shop.run("status --query links[0].state -o json").is(str![[r#"
exit 0
--- stdout
"linked"

"#]]);
    shop.run("status --query links[].[env,state] -o tsv").is(str![[r#"
exit 0
--- stdout
prod	linked

"#]]);
    shop.run("status --query 'links[].{env: env, state: state}' -o table").is(str![[r#"
exit 0
--- stdout
 ENV   STATE
 prod  linked

"#]]);
    shop.run("status --query 'links[].{env: env, state: state}' -o markdown").is(str![[r#"
exit 0
--- stdout
| env | state |
| --- | --- |
| prod | linked |

"#]]);
    shop.run("status --query links[0].apim -o yaml").is(str![[r#"
exit 0
--- stdout
id: >-
  /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shop/providers/Microsoft.ApiManagement/service/shop-apim
name: shop-apim
gatewayUrl: https://shop-apim.azure-api.net
sku: Consumption

"#]]);
    shop.run("api list --query apis[?inProduct].name -o tsv").is(str![[r#"
exit 0
--- stdout
orders

"#]]);
    shop.run("relink --query results[0].outcome -o tsv").is(str![[r#"
exit 0
--- stdout
applied

"#]]);
}

#[test]
fn colours_of_data_come_with_their_formats_and_where_colours_are_allowed() {
    let shop = Shop::linked();
    for (painted, plain) in [("jsonc", "json"), ("yamlc", "yaml")] {
        let colored = shop.run(&format!("status -o {painted} --color always")).exits(0).stdout.clone();
        let without = shop.run(&format!("status -o {plain} --color always")).exits(0).stdout.clone();
        assert!(colored.contains("\u{1b}[") && !without.contains('\u{1b}'), "{painted}");
        assert_eq!(anstream_free(&colored), without, "{painted}");
        assert_eq!(shop.run(&format!("status -o {painted} --color never")).exits(0).stdout, without);
        assert_eq!(shop.run(&format!("status -o {painted}")).exits(0).stdout, without, "in a pipe");
    }
    let selected = shop.run("status -o jsonc --color always --query links[0].state").exits(0).stdout.clone();
    assert_eq!(anstream_free(&selected), "\"linked\"\n");
    assert!(selected.contains("\u{1b}["));
}

/// A text without its styles.
fn anstream_free(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').unwrap().1)
}

#[test]
fn the_format_none_prints_no_result_and_keeps_the_exit_code() {
    let shop = Shop::sample();
    for line in
        ["link --dry-run", "link", "status", "status --query links[0].state", "explain 60", "model export"]
    {
        let run = shop.run(&format!("{line} -o none"));
        assert_eq!((run.exits(0).stdout.as_str(), run.stderr.as_str()), ("", ""), "{line}");
    }
    assert!(shop.run("link --apim nowhere -o none").exits(4).stderr.contains("error: "));
    shop.run("unlink -o none").exits(0);
    shop.run("status --detailed-exitcode -o none").exits(3);
}

#[test]
fn a_query_keeps_the_order_of_keys_as_az_does() {
    let shop = Shop::linked();
    let run = shop.run("status -o tsv --query 'links[].{site: staticSite.name, env: env, apim: apim.name}'");
    assert_eq!(run.exits(0).stdout, "shop-web\tprod\tshop-apim\n");
    let run = shop.run("status -o json --query 'links[0].staticSite'");
    let order = ["\"id\"", "\"name\"", "\"defaultHostname\"", "\"sku\"", "\"environment\""];
    let places: Vec<usize> = order.iter().map(|key| run.stdout.find(key).unwrap()).collect();
    assert!(places.is_sorted(), "{}", run.stdout);
    let table = shop.run("status --query 'links[].{state: state, env: env}'").exits(0).stdout.clone();
    assert!(table.trim_start().starts_with("STATE"), "{table}");
}

#[test]
fn resources_of_a_model_are_printed_in_the_requested_format() {
    let shop = Shop::sample();
    let as_json = shop.run("model export").exits(0).stdout.clone();
    assert!(as_json.starts_with('['), "{as_json}");
    assert_eq!(shop.run("model export -o json").stdout, as_json);
    let yaml = shop.run("model export -o yaml").exits(0).stdout.clone();
    let parsed: serde_json::Value = serde_norway::from_str(&yaml).unwrap();
    assert_eq!(parsed, serde_json::from_str::<serde_json::Value>(&as_json).unwrap());
    let rows = shop.run("model export -o tsv --query [].[name,type]").exits(0).stdout.clone();
    assert!(rows.contains("shop-web\tMicrosoft.Web/staticSites\n"), "{rows}");
}

#[test]
fn a_command_without_data_says_where_the_data_is() {
    let shop = Shop::linked();
    for (line, there) in [
        ("graph -o json", "swa-apim status --all -o json"),
        ("export --format bicep -o yaml", "swa-apim status -o json"),
    ] {
        let run = shop.run(line);
        assert!(
            run.exits(2).stderr.contains(there) && run.stderr.contains("--format"),
            "{line}: {}",
            run.stderr
        );
    }
}
