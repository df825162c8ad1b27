//! `list` over a model: the sites, the backend of each, the state, and the env of the configuration.

use serde_json::{Value, json};

use crate::support::{CONFIG, GROUP, LABEL, MODEL, Shop, apim, backends, product, site};

fn sites(shop: &Shop, line: &str) -> Vec<Value> {
    let list = shop.run(&format!("{line} -o json")).exits(0).json();
    assert_eq!(list["schemaVersion"], 1);
    list["sites"].as_array().unwrap().clone()
}

fn names(shop: &Shop, line: &str) -> Vec<String> {
    sites(shop, line).iter().map(|site| site["name"].as_str().unwrap().to_owned()).collect()
}

fn another(name: &str) -> Value {
    json!({"id": format!("{GROUP}/Microsoft.Web/staticSites/{name}"), "sku": {"name": "Free", "tier": "Free"},
        "properties": {"defaultHostname": format!("{name}.2.azurestaticapps.net")}})
}

fn backend(of: &str, id: &str) -> Value {
    json!({"id": format!("{GROUP}/Microsoft.Web/staticSites/{of}/builds/default/linkedBackends/b"),
        "properties": {"backendResourceId": id}})
}

#[test]
fn a_site_is_listed_with_its_backend_its_state_and_its_env() {
    let shop = Shop::sample();
    let unlinked = json!({"id": site(), "name": "shop-web", "resourceGroup": "rg-shop",
        "subscription": "00000000-0000-0000-0000-000000000000", "sku": "Standard",
        "defaultHostname": format!("{LABEL}.5.azurestaticapps.net"), "environment": "default",
        "linkedTo": null, "state": "unlinked", "env": "prod"});
    assert_eq!(sites(&shop, "list"), [unlinked]);
    shop.run("link").exits(0);
    let linked = &sites(&shop, "list")[0];
    assert_eq!(linked["linkedTo"], json!({"kind": "apim", "id": apim(), "name": "shop-apim"}));
    assert_eq!(linked["state"], "linked");
    shop.delete(&product());
    assert_eq!(sites(&shop, "list")[0]["state"], "partial", "a model is read completely");
    shop.run("relink").exits(0);
    shop.run("unlink").exits(0);
    assert_eq!(sites(&shop, "list")[0]["state"], "leftover");
}

#[test]
fn each_kind_of_backend_is_reported_and_can_be_selected() {
    let shop = Shop::linked();
    shop.add([another("z-free"), another("Docs"), another("blog"), another("api")]);
    let app = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/sites/functions";
    let container = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.App/containerApps/pod";
    shop.add([backend("blog", container), backend("Docs", app)]);
    shop.change(&format!("{GROUP}/Microsoft.Web/staticSites/api"), |api| {
        api["properties"]["userProvidedFunctionApps"] = json!([{"functionAppResourceId": app}]);
    });
    let all = sites(&shop, "list");
    let seen: Vec<[&str; 3]> = all
        .iter()
        .map(|site| [text(&site["name"]), text(&site["linkedTo"]["kind"]), text(&site["state"])])
        .collect();
    let expected = [
        ["api", "functions", "linked-elsewhere"],
        ["blog", "other", "linked-elsewhere"],
        ["Docs", "functions", "linked-elsewhere"],
        ["shop-web", "apim", "linked"],
        ["z-free", "", "unlinked"],
    ];
    assert_eq!(seen, expected, "in order of the names, whatever their case");
    assert_eq!(names(&shop, "list --linked"), ["api", "blog", "Docs", "shop-web"]);
    assert_eq!(names(&shop, "list --unlinked"), ["z-free"]);
    assert_eq!(names(&shop, "list --apim SHOP-apim"), ["shop-web"]);
    assert_eq!(names(&shop, &format!("list --apim {}", apim())), ["shop-web"]);
    assert_eq!(names(&shop, "list --static-web-app docs"), ["Docs"]);
    assert_eq!(names(&shop, "list --env prod"), ["shop-web"]);
    assert_eq!(names(&shop, "list --resource-group RG-shop").len(), 5);
    assert_eq!(names(&shop, "list --resource-group other").len(), 0);
    assert_eq!(names(&shop, "list --subscription other").len(), 0);
}

/// The text of a value; nothing for null.
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[test]
fn a_named_preview_is_a_site_environment_of_its_own_and_a_pull_request_is_not_listed() {
    let shop = Shop::linked();
    let build = |name: &str| {
        json!({"id": format!("{}/builds/{name}", site()), "properties": {"buildId": name,
            "hostname": format!("{LABEL}-{name}.centralus.5.azurestaticapps.net")}})
    };
    shop.add([build("dev"), build("12")]);
    shop.add_env(
        "[env.dev]\nstatic-web-app = \"shop-web\"\napim = \"shop-apim\"\nsite-environment = \"dev\"",
    );
    let all = sites(&shop, "list");
    let seen: Vec<(&str, &str, &str)> =
        all.iter().map(|it| (text(&it["environment"]), text(&it["env"]), text(&it["state"]))).collect();
    assert_eq!(seen, [("default", "prod", "linked"), ("dev", "dev", "unlinked")]);
}

#[test]
fn a_backend_that_does_not_exist_or_is_not_that_of_the_env_is_distinguished() {
    let shop = Shop::linked();
    shop.add([another("blog"), another("docs")]);
    let missing = format!("{GROUP}/Microsoft.ApiManagement/service/missing");
    shop.add([backend("blog", &missing), backend("docs", &apim())]);
    let state = |name: &str| {
        sites(&shop, &format!("list --static-web-app {name}"))[0]["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state("blog"), "dangling");
    assert_eq!(state("docs"), "partial", "another tool linked it");
    shop.configure("apim           = \"shop-apim\"", "apim           = \"other\"");
    assert_eq!(state("shop-web"), "linked-elsewhere");
}

#[test]
fn a_site_that_cannot_be_read_is_a_note_and_the_other_ones_are_listed() {
    let shop = Shop::linked();
    shop.add([another("blog")]);
    shop.change(&format!("{GROUP}/Microsoft.Web/staticSites/blog"), |blog| {
        blog["properties"]["defaultHostname"] = json!(7);
    });
    let run = shop.run("list -o json");
    let list = run.exits(0).json();
    assert_eq!(list["sites"][0]["name"], "blog");
    assert_eq!(list["sites"][0]["state"], "unknown");
    assert_eq!(list["sites"][0]["linkedTo"], json!({"kind": "unknown", "id": null, "name": null}));
    assert_eq!(list["sites"][1]["state"], "linked");
    assert!(run.stderr.contains("warning: `blog` could not be read"), "{}", run.stderr);
    assert!(list["notes"][0].as_str().unwrap().starts_with("`blog` could not be read"), "{list}");
}

#[test]
fn the_list_has_every_format() {
    let shop = Shop::linked();
    shop.add([another("blog")]);
    shop.run("list").is(snapbox::str![[r#"
exit 0
--- stdout
2 static web apps, 1 not linked
     NAME      STATE     LINKED TO  ENV   ENVIRONMENT  PLAN      RESOURCE GROUP  HOSTNAME
 -   blog      unlinked                   production   Free      rg-shop         blog.2.azurestaticapps.net
 ok  shop-web  linked    shop-apim  prod  production   Standard  rg-shop         agreeable-smoke-06273c21e.5.azurestaticapps.net

"#]]);
    let tsv = shop.run("list -o tsv").exits(0).stdout.clone();
    let subscription = "00000000-0000-0000-0000-000000000000";
    let host = format!("{LABEL}.5.azurestaticapps.net");
    let last = format!(
        "shop-web\trg-shop\t{subscription}\tdefault\tStandard\t{host}\tapim\tshop-apim\tlinked\tprod\n"
    );
    assert!(tsv.ends_with(&last), "{tsv}");
    let selected = shop.run("list -o tsv --query 'sites[?linkedTo==null].name'").exits(0).stdout.clone();
    assert_eq!(selected, "blog\n");
    assert!(shop.run("list -o markdown").exits(0).stdout.contains("| shop-web | rg-shop |"));
    assert!(shop.run("list -o yaml").exits(0).stdout.contains("name: shop-web"));
    let none = shop.run("list --resource-group other");
    assert_eq!(none.exits(0).stdout, "no static web app found\n");
}

#[test]
fn without_a_configuration_the_model_of_the_directory_is_listed_or_else_azure() {
    let shop = Shop::sample();
    std::fs::remove_file(shop.path(CONFIG)).unwrap();
    assert_eq!(names(&shop, "list"), ["shop-web"]);
    std::fs::rename(shop.path(MODEL), shop.path("m.json")).unwrap();
    assert_eq!(names(&shop, "list --model m.json"), ["shop-web"]);
    assert_eq!(names(&shop, "list --sample"), ["shop-web"]);
    let azure = shop.run_with("list", &[("SWA_APIM_CREDENTIAL", "azure-cli"), ("PATH", "")]);
    assert!(
        azure.exits(6).stderr.contains("the default without a configuration and a model"),
        "{}",
        azure.stderr
    );
}

#[test]
fn envs_on_both_control_planes_need_a_provider() {
    let shop = Shop::sample();
    shop.add_env("[env.live]\nstatic-web-app = \"live\"\napim = \"gate\"\nprovider = \"arm\"");
    let run = shop.run("list");
    assert!(run.exits(2).stderr.contains("--provider arm"), "{}", run.stderr);
    assert_eq!(names(&shop, "list --provider json"), ["shop-web"]);
    assert_eq!(names(&shop, "list --env prod"), ["shop-web"]);
}

#[test]
fn flags_that_contradict_each_other_are_refused() {
    let shop = Shop::sample();
    for line in [
        "list --linked --unlinked",
        "list --unlinked --apim shop-apim",
        "list --site-environment dev",
        "list --provisioning engine",
    ] {
        shop.run(line).exits(2);
    }
    let variables = [("SWA_APIM_APIM", "other"), ("SWA_APIM_STATIC_WEB_APP", "other")];
    let run = shop.run_with("list -o tsv", &variables);
    assert!(run.exits(0).stdout.starts_with("shop-web\t"), "a variable selects no site: {}", run.stdout);
}

#[test]
fn a_linked_backend_in_the_model_is_read_from_its_own_resource() {
    let shop = Shop::linked();
    shop.change(&site(), |site| site["properties"]["linkedBackends"] = json!([]));
    assert_eq!(sites(&shop, "list")[0]["state"], "linked");
    shop.delete(&format!("{}/shop-apim", backends()));
    assert_eq!(sites(&shop, "list")[0]["linkedTo"], Value::Null);
}
