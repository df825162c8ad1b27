//! The doctor over a model: all but the calls of `/api`.

use serde_json::{Value, json};
use snapbox::str;

use crate::support::{Run, Shop, apim, product, service, site};

fn outcome(run: &Run, name: &str) -> Value {
    let report = run.json();
    let hops = report["hops"].as_array().unwrap().iter();
    let found: Vec<&Value> = hops.filter(|hop| hop["hop"] == name).collect();
    assert_eq!(found.len(), 1, "{name} is there once");
    found[0]["outcome"].clone()
}

#[test]
fn a_model_is_checked_from_end_to_end_and_serves_no_requests() {
    Shop::linked().run("doctor -o tsv").is(str![[r#"
exit 0
--- stdout
configuration	ok	env `prod` (swa-apim.toml, line 2); configuration file [DIR]/swa-apim.toml; static web app `shop-web` (swa-apim.toml, line 3); API Management `shop-apim` (swa-apim.toml, line 4); provider json (swa-apim.toml, line 8); model [DIR]/control-plane.json (swa-apim.toml, line 11)		
credentials	skipped	a model requires no credentials		
control plane	ok	[DIR]/control-plane.json can be read		
rights	skipped	not requested; `--check-rights` checks them		
static web app	ok	`shop-web`, Standard, environment default, agreeable-smoke-06273c21e.5.azurestaticapps.net		
API Management	ok	`shop-apim`, Consumption, Succeeded; virtual network None, public access Enabled		
link	ok	linked, product `agreeable-smoke-06273c21e`, keys [KEY] and [KEY]		
APIs	ok	orders		
gateway, with the key	skipped	a model does not serve requests		
gateway, without a key	skipped	a model does not serve requests		
site, as a browser	skipped	a model does not serve requests		

"#]]);
}

#[test]
fn faults_in_a_model_are_reported_at_their_hops() {
    let shop = Shop::linked();
    shop.change(&product(), |product| product["properties"]["subscriptionRequired"] = false.into());
    let run = shop.run("doctor -o json");
    run.exits(4);
    assert_eq!(outcome(&run, "link"), "failed");
    assert_eq!(outcome(&run, "service"), "ok");
    assert_eq!(outcome(&run, "site"), "skipped");
    shop.run("relink").exits(0);
    shop.run("doctor").exits(0);
}

#[test]
fn an_unreadable_resource_is_reported_at_its_hop() {
    for (id, change, hop) in [
        (product(), json!({"displayName": 7}), "link"),
        (apim(), json!({"gatewayUrl": 7}), "service"),
        (site(), json!({"defaultHostname": 7}), "static-site"),
    ] {
        let shop = Shop::linked();
        shop.change(&id, |it| it["properties"] = change.clone());
        let run = shop.run("doctor -o json");
        run.exits(5);
        assert_eq!(outcome(&run, hop), "failed", "{id}");
    }
}

#[test]
fn a_service_that_is_not_there_leads_to_the_one_that_was_probably_meant() {
    let shop = Shop::sample();
    let run = shop.run(&format!("doctor --apim {} -o json", service("shop-apmi")));
    run.exits(4);
    assert!(run.stdout.contains("did you mean") && run.stdout.contains("shop-apim"), "{}", run.stdout);
    assert_eq!(outcome(&run, "service"), "failed");
}

#[test]
fn a_model_needs_no_credentials_and_the_role_is_written_nevertheless() {
    let shop = Shop::sample();
    let run = shop.run("doctor --check-rights --role-definition role.json -o json");
    run.exits(0);
    assert_eq!(outcome(&run, "rights"), "skipped");
    let role: Value = serde_json::from_str(&shop.read("role.json")).unwrap();
    assert_eq!(role, run.json()["roleDefinition"]);
    let actions = role["Actions"].as_array().unwrap();
    let adds = "Microsoft.ApiManagement/service/products/apis/write";
    assert!(actions.iter().any(|action| action == adds), "the env lists an API");
}

#[test]
fn a_role_is_about_rights_and_an_address_is_one() {
    let shop = Shop::sample();
    shop.run("doctor --role-definition role.json").exits(2);
    for url in
        ["shop.example", "ftp://shop.example", "https://", "https://user@shop.example", "https://a.b/?x"]
    {
        shop.run(&format!("doctor --site-url {url}")).exits(2);
    }
    shop.run("doctor --no-probe --site-url https://shop.example").exits(2);
}
