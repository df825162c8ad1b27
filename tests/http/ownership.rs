//! Products and subscriptions as Azure shows them: who they belong to, and in which version they are deleted.

use serde_json::{Value, json};

use crate::{
    azure::{FakeAzure, Options, SERVICE, SITE, Spelling},
    program::run,
};

const LABEL: &str = "agreeable-smoke-06273c21e";

fn subscription(name: &str, properties: &Value) -> Value {
    let mut whole = json!({"id": format!("{SERVICE}/subscriptions/{name}"), "properties": properties});
    whole["properties"]["scope"] = format!("{SERVICE}/products/{LABEL}").into();
    whole["properties"]["state"] = "active".into();
    whole
}

fn add(azure: &FakeAzure, name: &str, properties: &Value) {
    let whole = subscription(name, properties);
    let mut state = azure.state();
    state.set(whole);
    state.set_keys(&format!("{SERVICE}/subscriptions/{name}"), ("1a".repeat(16), "1b".repeat(16)));
}

/// A link with the subscription that API Management creates with every product.
fn linked_by_the_engine() -> FakeAzure {
    let azure = FakeAzure::with_scene(Options { provisions: false, ..Options::default() });
    let link = run(&azure, "link --provisioning engine");
    assert_eq!(link.code, Some(0), "{link:?}");
    azure
}

fn products(azure: &FakeAzure) -> usize {
    azure.state().ids().iter().filter(|id| id.ends_with(&format!("/products/{LABEL}"))).count()
}

#[test]
fn a_purge_takes_the_administrators_own_subscription_along_and_names_the_version_of_all_it_deletes() {
    let azure = linked_by_the_engine();
    let status = run(&azure, "status -o json --provisioning engine").json();
    assert_eq!(status["links"][0]["state"], "linked", "{status}");
    azure.take_seen();
    let purge = run(&azure, "unlink --purge --yes --provisioning engine");
    assert_eq!(purge.code, Some(0), "{purge:?}");
    assert_eq!(products(&azure), 0);
    let deletes: Vec<_> = azure.take_seen().into_iter().filter(|seen| seen.method == "DELETE").collect();
    assert_eq!(deletes.len(), 4, "the backend, two subscriptions and the product");
    for seen in deletes.iter().filter(|seen| seen.path.contains("Microsoft.ApiManagement")) {
        let tag = seen.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("if-match"));
        assert!(tag.is_some_and(|(_, tag)| tag.starts_with('"')), "{}: {tag:?}", seen.path);
    }
}

#[test]
fn audit_prune_and_purge_agree_on_a_partner() {
    let azure = linked_by_the_engine();
    add(&azure, "partner", &json!({"displayName": "A partner"}));
    assert_eq!(run(&azure, "unlink").code, Some(0));
    assert_eq!(run(&azure, "unlink --purge --yes").code, Some(4));
    let audit = run(&azure, &format!("audit --apim {SERVICE} -o json")).json();
    assert_eq!(audit["services"][0]["products"][0]["status"], "in-use", "{audit}");
    let prune = run(&azure, &format!("prune --apim {SERVICE} --yes -o json"));
    assert_eq!(prune.code, Some(0), "{prune:?}");
    assert_eq!(products(&azure), 1);
}

#[test]
fn a_partners_only_subscription_keeps_its_keys() {
    let azure = linked_by_the_engine();
    add(&azure, "partner", &json!({"displayName": "A partner", "ownerId": "/users/7"}));
    let gone = azure.state().ids().into_iter().find(|id| id.ends_with(&format!("/subscriptions/{LABEL}")));
    azure.state().remove(&gone.unwrap());
    azure.take_seen();
    let relink = run(&azure, "relink --provisioning engine");
    assert_eq!(relink.code, Some(0), "{relink:?}");
    for seen in azure.take_seen() {
        let of_others = seen.path.ends_with("/subscriptions/partner");
        assert!(!of_others || seen.method == "GET", "{} {}", seen.method, seen.path);
    }
}

#[test]
fn the_product_of_another_team_is_adopted_only_with_the_flag() {
    let azure = FakeAzure::with_scene(Options::default());
    azure.put(&json!({"id": format!("{SERVICE}/products/{LABEL}"), "properties": {
        "displayName": "Checkout", "subscriptionRequired": true, "approvalRequired": false, "state": "published"}}));
    for verb in ["link", "relink"] {
        let refused = run(&azure, verb);
        assert_eq!(refused.code, Some(4), "{refused:?}");
        assert!(refused.stderr.contains(&format!("swa-apim {verb} --adopt")), "{refused:?}");
    }
    let adopted = run(&azure, "link --adopt --provisioning engine");
    assert_eq!(adopted.code, Some(0), "{adopted:?}");
}

/// A link that Azure made, whose subscription bears a display name that no page of Azure's documents.
fn linked_under_another_form(created: &str) -> FakeAzure {
    // as they are put, times included
    let azure = FakeAzure::with_scene(Options { spelling: Spelling::AsPut, ..Options::default() });
    azure.state().link(SITE, SERVICE);
    let ids = azure.state().ids();
    // API Management's own for the administrator has no display name.
    let is_named =
        |id: &String| azure.state().get(id).is_some_and(|it| it["properties"]["displayName"].is_string());
    let id = ids.into_iter().find(|id| id.contains("/service/gate/subscriptions/") && is_named(id)).unwrap();
    azure.put(
        &json!({"id": id, "properties": {"scope": format!("{SERVICE}/products/{LABEL}"), "state": "active",
        "displayName": "Another form", "createdDate": created, "allowTracing": false}}),
    );
    azure.take_seen();
    azure
}

#[test]
fn a_link_whose_subscription_has_an_undocumented_display_name_is_linked_and_keeps_its_keys() {
    // connecting created it, and an earlier connection may have created it
    for created in ["2024-06-19T09:03:31.07Z", "2024-01-01T00:00:00Z"] {
        let azure = linked_under_another_form(created);
        let is_other_form = |id: &String| {
            azure.state().get(id).is_some_and(|it| it["properties"]["displayName"] == "Another form")
        };
        let ids = azure.state().ids();
        let presumed = ids.into_iter().find(is_other_form).unwrap();
        let status = run(&azure, "status -o json").json();
        assert_eq!(status["links"][0]["state"], "linked", "{status}");
        let findings = status["links"][0]["findings"].as_array().unwrap();
        let codes: Vec<_> = findings.iter().map(|finding| finding["code"].as_str().unwrap()).collect();
        assert!(codes.contains(&"SWAAPIM043") && !codes.contains(&"SWAAPIM040"), "{codes:?}");
        let link = run(&azure, "link");
        assert_eq!(link.code, Some(0), "{link:?}");
        let purge = run(&azure, "unlink --purge --yes");
        assert_eq!(purge.code, Some(4), "{purge:?}");
        assert!(purge.stderr.contains("its display name"), "{purge:?}");
        let relink = run(&azure, "relink");
        assert_eq!(relink.code, Some(0), "{relink:?}");
        for seen in azure.take_seen() {
            let of_key = seen.method == "PATCH" || seen.path.to_lowercase().contains("regenerate");
            let of_another = !seen.path.to_lowercase().contains(&presumed.to_lowercase());
            assert!(!of_key || of_another, "{} {}", seen.method, seen.path);
        }
    }
}
