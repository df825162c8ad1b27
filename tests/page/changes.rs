//! Changes: planned, confirmed, applied and reported.

use reqwest::StatusCode;

use crate::{
    support::{Sandbox, sites_hold_live_keys},
    world::Served,
};

fn state(sandbox: &Sandbox) -> String {
    sandbox.status()["links"][0]["state"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_link_is_planned_made_rotated_and_removed() {
    let served = Served::with_sites(1);
    let visitor = served.visitor().await;
    let plan = visitor.get("/links/e0/link").await;
    plan.says("Nothing has been changed yet").says("put-product").says("connect");
    assert_eq!(state(&served.sandbox), "unlinked");
    visitor.apply(&plan, "").await.says("Applied").says("put-policy");
    assert_eq!(state(&served.sandbox), "linked");
    visitor.get("/links/e0/link").await.says("No change is needed");

    let keys = served.sandbox.model()["secrets"].clone();
    visitor.apply(&visitor.get("/links/e0/relink").await, "").await.says("Applied").says("swap-keys");
    let model = served.sandbox.model();
    assert_ne!(model["secrets"], keys);
    assert!(sites_hold_live_keys(&model));

    visitor.apply(&visitor.get("/links/e0/unlink").await, "").await.says("Applied").says("disconnect");
    assert_eq!(state(&served.sandbox), "leftover");
}

#[tokio::test]
async fn a_deletion_needs_the_name_of_the_site() {
    let sandbox = Sandbox::with_sites(1);
    sandbox.succeed(&["link", "--all"]);
    let served = Served::of(sandbox, &[]);
    let visitor = served.visitor().await;
    let plan = visitor.get("/links/e0/purge").await;
    plan.says("They cannot be restored").says("delete-product");
    let (action, form) =
        (plan.captured(r#"action="([^"]+)""#), plan.captured(r#"name="form" value="([^"]+)""#));
    for wrong in ["", "site-1"] {
        let answer = visitor.post(&action, &[("form", &form), ("name", wrong)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        answer.says("Nothing has been changed");
    }
    assert_eq!(state(&served.sandbox), "linked");
    visitor.apply(&plan, "site-0").await.says("Applied");
    assert_eq!(state(&served.sandbox), "unlinked");
    let again = visitor.post(&action, &[("form", &form), ("name", "site-0")]).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    again.says("was applied already");
}

#[tokio::test]
async fn a_plan_that_is_out_of_date_changes_nothing() {
    let served = Served::with_sites(1);
    let visitor = served.visitor().await;
    let plan = visitor.get("/links/e0/link").await;
    served.sandbox.succeed(&["link", "--env", "e0"]);
    let before = served.sandbox.read("control-plane.json");
    let result = visitor.apply(&plan, "").await;
    result.says("Refused; nothing was changed");
    assert_eq!(served.sandbox.read("control-plane.json"), before);
}

#[tokio::test]
async fn leftovers_of_a_service_are_deleted_after_its_name_is_typed() {
    let sandbox = Sandbox::with_sites(2);
    sandbox.succeed(&["link", "--all"]);
    sandbox.succeed(&["unlink", "--env", "e0"]);
    let served = Served::of(sandbox, &[]);
    let visitor = served.visitor().await;
    let services = visitor.get("/services").await;
    services.says("site-0 left over").says("site-1 in use");
    let plan = visitor.get(&services.captured(r#"href="(/prune\?service=[^"]+)""#)).await;
    plan.says("Delete leftovers of shop-apim").says("delete-product site-0").does_not_say("site-1");
    visitor.apply(&plan, "shop-apim").await.says("delete-product site-0");
    visitor.get("/services").await.does_not_say("site-0.5.azurestaticapps.net").says("site-1 in use");
}

#[tokio::test]
async fn a_refusal_is_shown_with_its_finding_and_cannot_be_applied() {
    let sandbox = Sandbox::with_sites(1);
    let mut model = sandbox.model();
    for resource in model["resources"].as_array_mut().unwrap() {
        if resource["type"] == "Microsoft.Web/staticSites" {
            resource["sku"] = serde_json::json!({"name": "Free", "tier": "Free"});
        }
    }
    sandbox.write("control-plane.json", &model.to_string());
    let served = Served::of(sandbox, &[]);
    let plan = served.visitor().await.get("/links/e0/link").await;
    plan.says("SWAAPIM003").does_not_say("method=\"post\"");
}
