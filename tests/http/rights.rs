//! Rights: what is missing is told before anything is changed, and the role that is written is enough.

use std::{fmt::Write as _, io::Write as _};

use serde_json::{Value, json};

use crate::{
    azure::{FakeAzure, Options, SERVICE, SITE, site},
    program::{Run, command, run},
};

fn azure() -> FakeAzure {
    FakeAzure::with_scene(Options::default())
}

fn allow(azure: &FakeAzure, actions: &Value) {
    azure.state().set_permissions(json!([{"actions": actions, "notActions": []}]));
}

fn rights(report: &Value, command: &str) -> Vec<String> {
    let verbs = report["rights"].as_array().unwrap();
    let verb = verbs.iter().find(|verb| verb["command"] == command).unwrap();
    let missing = verb["missing"].as_array().unwrap().iter();
    missing.map(|need| need["action"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_caller_with_all_permissions_lacks_none() {
    let run = run(&azure(), "doctor --check-rights -o json");
    assert_eq!(run.code, Some(0), "{run:?}");
    for command in
        ["status", "status --all", "doctor", "link --dry-run", "link", "relink", "unlink", "unlink --purge"]
    {
        assert_eq!(rights(&run.json(), command), [""; 0], "{command}");
    }
}

#[test]
fn a_reader_may_look_and_nothing_else() {
    let azure = azure();
    allow(&azure, &json!(["*/read", "Microsoft.ApiManagement/service/subscriptions/listSecrets/action"]));
    let run = run(&azure, "doctor --check-rights -o json");
    assert_eq!(run.code, Some(6), "{run:?}");
    let report = run.json();
    assert_eq!(rights(&report, "status"), [""; 0]);
    assert_eq!(rights(&report, "unlink"), ["Microsoft.Web/staticSites/builds/linkedBackends/delete"]);
    assert!(rights(&report, "relink").iter().any(|it| it.ends_with("/subscriptions/write")));
}

/// The role that the doctor writes to a file.
fn role(azure: &FakeAzure) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("role.json");
    let line = format!("doctor --check-rights --no-probe --role-definition {}", file.display());
    assert_eq!(run(azure, &line).code, Some(0));
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// A site that is linked, with an API that can be asked.
fn with_an_api(azure: &FakeAzure) {
    let place = format!("{SERVICE}/products/agreeable-smoke-06273c21e/apis/orders");
    azure.put(&json!({"id": place, "properties": {}}));
    let set = format!("{SERVICE}/apiVersionSets/orders");
    azure.put(&json!({"id": set, "properties": {"versioningScheme": "Query", "versionQueryName": "v"}}));
    azure.put(&json!({"id": format!("{SERVICE}/apis/orders"), "properties": {
        "displayName": "orders", "path": "api/orders", "subscriptionRequired": true, "isCurrent": true,
        "apiVersion": "v1", "apiVersionSetId": set,
        "subscriptionKeyParameterNames": {"header": "Ocp-Apim-Subscription-Key", "query": "q"}}}));
}

#[test]
fn the_role_is_one_that_az_takes() {
    let role = role(&azure());
    let fields: Vec<&String> = role.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["Name", "IsCustom", "Description", "Actions", "NotActions", "AssignableScopes"]);
    let group = SITE.split("/providers/").next().unwrap();
    assert_eq!(role["AssignableScopes"], json!([group]));
    let actions = role["Actions"].as_array().unwrap();
    assert!(actions.iter().all(|action| !action.as_str().unwrap().contains('*')), "{actions:?}");
}

/// Runs a command over four envs, which is from how many on they are read by page. One was linked before.
fn fleet(azure: &FakeAzure, line: &str) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let mut config = String::new();
    for number in 0..4 {
        let id = format!("{SITE}-{number}");
        azure.put(&site(&id, &format!("calm-sea-{number}.5.azurestaticapps.net")));
        write!(config, "[env.e{number}]\nstatic-web-app = \"{id}\"\napim = \"{SERVICE}\"\n").unwrap();
    }
    let left = "Azure Static Web Apps - calm-sea-0.5.azurestaticapps.net (Linked)";
    let product = json!({"displayName": left, "subscriptionRequired": true, "state": "published"});
    azure.put(&json!({"id": format!("{SERVICE}/products/calm-sea-0"), "properties": product}));
    let file = folder.path().join("swa-apim.toml");
    std::fs::File::create(&file).unwrap().write_all(config.as_bytes()).unwrap();
    let mut command = command(azure, &format!("{line} --config {}", file.display()));
    Run::of(&command.env_remove("SWA_APIM_STATIC_WEB_APP").output().unwrap())
}

/// All that the role is for.
fn do_everything(azure: &FakeAzure) {
    for line in
        ["link --dry-run", "link --check-rights", "relink --check-rights", "status", "doctor --no-probe"]
    {
        let run = run(azure, line);
        assert_eq!(run.code, Some(0), "{line}: {run:?}");
        with_an_api(azure);
    }
    let fleet = fleet(azure, "status --all");
    assert_eq!(fleet.code, Some(0), "{fleet:?}");
    assert_eq!(run(azure, "unlink --check-rights").code, Some(0));
}

#[test]
fn a_caller_with_the_role_can_run_every_command_that_it_is_for() {
    let azure = azure();
    let role = role(&azure);
    allow(&azure, &role["Actions"]);
    do_everything(&azure);
    assert_eq!(run(&azure, "unlink --purge --yes").code, Some(6), "what does not come back is not in it");
}

#[test]
fn nothing_is_in_the_role_that_is_never_needed() {
    let azure = azure();
    let role = role(&azure);
    azure.take_seen();
    do_everything(&azure);
    let needed = azure.take_actions();
    // What the resource provider may do in the caller's name.
    let inferred = ["products/write", "products/policies/write"];
    for action in role["Actions"].as_array().unwrap() {
        let action = action.as_str().unwrap();
        let inferred = inferred.iter().any(|tail| action.ends_with(&format!("/service/{tail}")));
        assert!(inferred || needed.contains(action), "{action} is needed by nothing: {needed:?}");
    }
}

#[test]
fn azures_refusal_names_what_is_missing_and_how_to_get_it() {
    let azure = azure();
    allow(&azure, &json!(["*/read"]));
    let run = run(&azure, "link");
    assert_eq!(run.code, Some(6), "{run:?}");
    assert!(run.stderr.contains("Microsoft.Web/staticSites/builds/linkedBackends/write"), "{run:?}");
    assert!(run.stderr.contains("doctor --check-rights"), "{run:?}");
}

#[test]
fn a_role_can_be_selected_from_the_report() {
    let run = run(&azure(), "doctor --check-rights -o json --query roleDefinition.IsCustom");
    assert_eq!(run.stdout.trim(), "true", "{run:?}");
}

#[test]
fn a_change_that_is_not_allowed_is_refused_before_anything_is_changed() {
    let azure = azure();
    azure.state().set_permissions(json!([
        {"actions": ["*"], "notActions": ["Microsoft.Web/staticSites/builds/linkedBackends/WRITE"]},
        {"actions": ["Microsoft.Web/*/read"], "notActions": []},
    ]));
    let run = run(&azure, "link --check-rights");
    assert_eq!(run.code, Some(6), "{run:?}");
    assert!(
        run.stderr.contains("`Microsoft.Web/staticSites/builds/linkedBackends/write` on `shop`"),
        "{run:?}"
    );
    assert!(run.stderr.contains("doctor --check-rights --role-definition"), "{run:?}");
    let written = |method: &str| ["PUT", "PATCH", "DELETE"].contains(&method);
    assert!(azure.take_seen().iter().all(|seen| !written(&seen.method)));
}

#[test]
fn a_permission_that_is_not_known_to_be_needed_refuses_no_plan() {
    let azure = azure();
    let no_products = json!(["Microsoft.ApiManagement/service/products/write"]);
    azure.state().set_permissions(json!([{"actions": ["*"], "notActions": no_products}]));
    let run = run(&azure, "link --check-rights");
    assert_eq!(run.code, Some(0), "{run:?}");
    let doctor = command(&azure, "doctor --check-rights --no-probe -o json").output().unwrap();
    let report: Value = serde_json::from_slice(&doctor.stdout).unwrap();
    assert_eq!(report["hops"][3]["outcome"], "warning", "{report}");
    assert_eq!(doctor.status.code(), Some(0));
}

#[test]
fn rights_are_asked_for_at_both_ends_and_only_where_they_are_wanted() {
    let azure = azure();
    assert_eq!(run(&azure, "link").code, Some(0));
    let asked = |azure: &FakeAzure| {
        let mut asked: Vec<String> = azure.take_seen().into_iter().map(|seen| seen.path).collect();
        asked.retain(|path| path.ends_with("/providers/Microsoft.Authorization/permissions"));
        asked.sort();
        asked
    };
    assert_eq!(asked(&azure), [""; 0]);
    assert_eq!(run(&azure, "unlink --check-rights").code, Some(0));
    let of = |scope: &str| format!("{scope}/providers/Microsoft.Authorization/permissions");
    assert_eq!(asked(&azure), [of(SERVICE), of(SITE)]);
}
