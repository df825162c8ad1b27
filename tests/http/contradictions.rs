//! Answers that contradict each other: neither is relied on, and nothing is changed.

use crate::{
    azure::{FakeAzure, Fault, Kind, Options, SITE},
    program::{linked, run, side_by_side},
};

const NO_PRODUCT: &str =
    r#"{"error":{"code":"ResourceNotFound","message":"Product not found.","details":null}}"#;
const PRODUCT: &str = "/products/agreeable-smoke-06273c21e";

/// What a fault strikes, and how it answers.
fn contradictions() -> [(&'static str, Kind); 6] {
    let no_site = "The Resource 'Microsoft.Web/staticSites/shop' under resource group 'rg' was not found.";
    let no_build = r#"{"Code":"NotFound","Message":"Cannot find StaticSiteBuild with name default."}"#;
    [
        ("/builds/default/linkedbackends", Kind::Error(404, "ResourceNotFound", no_site)),
        ("/builds/default/linkedbackends", Kind::Says(404, no_build)),
        ("/builds/default/linkedbackends", Kind::Says(200, r#"{"value":[],"nextLink":null,"id":null}"#)),
        ("/products/agreeable-smoke-06273c21e/subscriptions", Kind::Says(404, NO_PRODUCT)),
        ("/products/agreeable-smoke-06273c21e/apis", Kind::Says(404, NO_PRODUCT)),
        (PRODUCT, Kind::Says(404, NO_PRODUCT)),
    ]
}

#[test]
fn a_link_about_which_answers_contradict_each_other_is_unknown_and_is_not_changed() {
    side_by_side(contradictions(), |(path, kind)| {
        let azure = linked();
        azure.fault(Fault::always("GET", path, kind.clone()));
        let status = run(&azure, "status -o json");
        assert_eq!(status.code, Some(5), "{path}, {kind:?}: {status:?}");
        assert_eq!(status.json()["links"][0]["state"], "unknown", "{status:?}");
        for verb in ["link --yes", "relink --yes", "unlink --yes", "unlink --purge --yes"] {
            let change = run(&azure, verb);
            assert_eq!(change.code, Some(5), "{verb}, {path}, {kind:?}: {change:?}");
            assert!(change.stderr.contains("hint: "), "{change:?}");
        }
        let reads = |method: &str, path: &str| method == "GET" || path.ends_with("listSecrets");
        let seen = azure.take_seen().into_iter().filter(|seen| !reads(&seen.method, &seen.path));
        let writes: Vec<_> = seen.map(|seen| format!("{} {}", seen.method, seen.path)).collect();
        assert_eq!(writes, [] as [String; 0], "{path}, {kind:?}");
    });
}

#[test]
fn an_answer_that_is_older_than_the_change_is_waited_out() {
    const BEFORE: &str = r#"{
        "id": "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Web/staticSites/shop",
        "name": "shop", "type": "Microsoft.Web/staticSites", "location": "Central US", "sku": {"name": "Standard", "tier": "Standard"},
        "properties": {"defaultHostname": "agreeable-smoke-06273c21e.5.azurestaticapps.net", "linkedBackends": [{"backendResourceId":
        "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.ApiManagement/service/gate"}]}}"#;
    let azure = linked();
    let stale = Fault::always("GET", "/staticsites/shop$", Kind::Says(200, BEFORE));
    azure.fault(Fault { skip: 1, times: 3, ..stale });
    let unlink = run(&azure, "unlink --yes");
    assert_eq!(unlink.code, Some(0), "{unlink:?}");
    let reads = azure.take_seen().into_iter().filter(|seen| seen.method == "GET");
    let of_site = reads.filter(|seen| seen.path.to_ascii_lowercase().ends_with("/staticsites/shop"));
    assert_eq!(of_site.count(), 5, "for the plan, three times too early, and when the change is shown");
}

#[test]
fn a_delete_is_not_applied_if_it_is_answered_with_404_and_the_backend_is_still_there() {
    let azure = linked();
    let missing = r#"{"Code":"NotFound","Message":"Cannot find LinkedBackend with name gate."}"#;
    azure.fault(Fault::always("DELETE", "/linkedbackends/gate", Kind::Says(404, missing)));
    let unlink = run(&azure, "unlink --purge --yes -o json");
    let result = unlink.json()["results"][0].clone();
    assert_eq!(result["outcome"], "failed", "{unlink:?}");
    assert!(result["error"]["causes"].to_string().contains("is not deleted"), "{result}");
    assert!(!result["steps"].to_string().contains("applied"), "{result}");
    let deletes = azure.take_seen().into_iter().filter(|seen| seen.method == "DELETE");
    assert_eq!(deletes.count(), 1);
    azure.mend();
    assert_eq!(run(&azure, "unlink --yes").code, Some(0));
}

#[test]
fn lists_of_resources_that_do_not_exist_are_empty() {
    let azure = FakeAzure::with_scene(Options::default());
    let no_build = r#"{"Code":"NotFound","Message":"Cannot find StaticSiteBuild with name default."}"#;
    azure.fault(Fault::always("GET", "/builds/default/linkedbackends", Kind::Says(404, no_build)));
    let status = run(&azure, "status -o json");
    assert_eq!(status.json()["links"][0]["state"], "unlinked", "{status:?}");
    azure.mend();
    assert_eq!(run(&azure, "link").code, Some(0));
}

#[test]
fn a_product_is_not_left_over_while_the_backend_cannot_be_read() {
    let azure = linked();
    let id = format!("{SITE}/builds/default/linkedBackends/gate");
    let mut backend = azure.state().get(&id).cloned().unwrap();
    backend["properties"]["backendResourceId"] = serde_json::Value::Null;
    azure.put(&backend);
    let status = run(&azure, "status -o json");
    assert_eq!(status.code, Some(5), "{status:?}");
    let link = status.json()["links"][0].clone();
    assert_eq!(link["state"], "unknown");
    let findings = link["findings"].as_array().unwrap();
    assert!(!findings.iter().any(|finding| finding["code"] == "SWAAPIM026"), "{findings:?}");
}
