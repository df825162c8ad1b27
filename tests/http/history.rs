//! Who changed a link, from the activity log of Azure.

use serde_json::{Value, json};
use swa_apim::ambient::{Ambient as _, System};

use crate::{
    azure::{FakeAzure, LABEL, Options, SERVICE, SITE, activity::event},
    program::run,
};

const REGENERATED: &str = "Microsoft.ApiManagement/service/subscriptions/regeneratePrimaryKey/action";

fn scene() -> FakeAzure {
    FakeAzure::with_scene(Options::default())
}

fn subscription() -> String {
    format!("{SERVICE}/subscriptions/{LABEL}")
}

/// The time so many seconds after a moment of today, in UTC.
fn seconds_ago(seconds: i64) -> String {
    let now = System.now();
    format!("{:.7}", now.saturating_sub(jiff::SignedDuration::from_secs(seconds)).unwrap())
}

/// An operation that has ended: it has two events.
fn operation(number: usize, operation: &str, resource: &str, ago: i64) -> [Value; 2] {
    let (started, ended) = (seconds_ago(ago), seconds_ago(ago - 1));
    [
        event(operation, resource, (number, "Succeeded", &ended)),
        event(operation, resource, (number, "Started", &started)),
    ]
}

fn reads_of_the_log(azure: &FakeAzure) -> usize {
    azure.take_seen().iter().filter(|seen| seen.path.to_lowercase().contains("microsoft.insights")).count()
}

#[test]
fn the_events_of_a_change_are_one_row_in_words_newest_first() {
    let azure = scene();
    let backend = format!("{SITE}/linkedBackends/gate");
    let policy = format!("{SERVICE}/products/{LABEL}/policies/policy");
    azure.log(operation(1, "Microsoft.Web/staticSites/linkedBackends/write", &backend, 300));
    azure.log(operation(2, "Microsoft.ApiManagement/service/products/policies/write", &policy, 200));
    azure.log(operation(3, REGENERATED, &subscription(), 100));
    azure.log(operation(
        4,
        "Microsoft.ApiManagement/service/subscriptions/listSecrets/action",
        &subscription(),
        50,
    ));
    azure.log(operation(
        5,
        "Microsoft.ApiManagement/service/products/write",
        &format!("{SERVICE}/products/other"),
        40,
    ));
    let report = run(&azure, "history -o json");
    assert_eq!(report.code, Some(0), "{report:?}");
    let report = report.json();
    assert_eq!(report["schemaVersion"], 1);
    let events = report["events"].as_array().unwrap();
    let summaries: Vec<&str> = events.iter().map(|event| event["summary"].as_str().unwrap()).collect();
    assert_eq!(
        summaries,
        [
            format!("regenerated the primary key of the subscription `{}`", LABEL.to_uppercase()),
            format!("wrote the policy of the product `{}`", LABEL.to_uppercase()),
            "wrote the linked backend `GATE`".to_owned(),
        ]
    );
    let first = &events[0];
    assert_eq!((&first["caller"], &first["status"]), (&json!("ann@contoso.com"), &json!("Succeeded")));
    assert_eq!(first["correlationId"], "00000000-0000-4000-9000-000000000003");
    assert_eq!(first["operation"], REGENERATED.to_uppercase());
    let table = run(&azure, "history");
    assert!(table.stdout.contains("regenerated the primary key") && table.stdout.contains("ann@contoso.com"));
}

#[test]
fn three_thousand_events_are_read_page_by_page() {
    let azure = scene();
    for number in 0..1500 {
        azure.log(operation(number, REGENERATED, &subscription(), 100_000 - i64::try_from(number).unwrap()));
    }
    let report = run(&azure, "history -o json");
    assert_eq!(report.code, Some(0), "{report:?}");
    assert_eq!(reads_of_the_log(&azure), 15, "3,000 events, 200 on a page");
    let report = report.json();
    let events = report["events"].as_array().unwrap();
    assert_eq!(events.len(), 1500, "two events are one change");
    let times: Vec<&str> = events.iter().map(|event| event["time"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b));
}

#[test]
fn a_log_that_may_not_be_read_ends_history_and_nothing_else() {
    let azure = scene();
    assert_eq!(run(&azure, "link").code, Some(0));
    azure.state().set_permissions(
        json!([{"actions": ["Microsoft.Web/*", "Microsoft.ApiManagement/*"], "notActions": []}]),
    );
    let history = run(&azure, "history");
    assert_eq!(history.code, Some(6), "{history:?}");
    assert!(history.stderr.contains("the activity log"), "{history:?}");
    assert_eq!(run(&azure, "status").code, Some(0));
    let doctor = run(&azure, "doctor --check-rights -o json");
    assert_eq!(doctor.code, Some(0), "{doctor:?}");
    let report = doctor.json();
    let rights = report["hops"].as_array().unwrap().iter().find(|hop| hop["hop"] == "rights").unwrap();
    assert_eq!(rights["outcome"], "ok", "{rights}");
    assert!(rights["saw"].to_string().contains("Microsoft.Insights/eventtypes/values/Read"), "{rights}");
}

#[test]
fn a_log_that_lags_shows_a_change_once_it_has_it() {
    let azure = scene();
    let empty = run(&azure, "history");
    assert_eq!(
        (empty.code, empty.stdout.as_str()),
        (Some(0), "no change of this link is in the activity log\n")
    );
    let [ended, started] = operation(1, REGENERATED, &subscription(), 60);
    azure.log([started]);
    assert_eq!(run(&azure, "history -o json").json()["events"][0]["status"], "Started");
    azure.log([ended]);
    let events = run(&azure, "history -o json").json()["events"].clone();
    assert_eq!((events.as_array().unwrap().len(), &events[0]["status"]), (1, &json!("Succeeded")));
}

#[test]
fn one_log_is_read_for_a_site_and_a_service_of_one_group() {
    let azure = scene();
    run(&azure, "history");
    let seen = azure.take_seen();
    let reads = seen.iter().filter(|seen| seen.method == "GET").count();
    assert_eq!(reads_of(&seen), 1);
    assert!(reads <= 9, "{reads} requests: {seen:?}");
}

fn reads_of(seen: &[crate::azure::Seen]) -> usize {
    seen.iter().filter(|seen| seen.path.to_lowercase().contains("microsoft.insights")).count()
}

const DAY: i64 = 24 * 60 * 60;

/// A link, and the id of its subscription.
fn linked() -> (FakeAzure, String) {
    let azure = scene();
    assert_eq!(run(&azure, "link").code, Some(0));
    let name = azure.state().subscription_id().rsplit('/').next().unwrap().to_owned();
    (azure, format!("{SERVICE}/subscriptions/{name}"))
}

#[test]
fn keys_that_another_client_replaced_are_replaced_only_if_they_are_old_enough() {
    let (azure, id) = linked();
    azure.log(operation(1, "Microsoft.ApiManagement/service/subscriptions/write", &id, 59 * DAY + 60));
    azure.log(operation(
        2,
        "Microsoft.ApiManagement/service/subscriptions/regenerateSecondaryKey/action",
        &id,
        59 * DAY,
    ));
    keys_are_59_days_old(&azure);
}

#[test]
fn keys_that_a_relink_replaced_are_replaced_only_if_they_are_old_enough() {
    let (azure, id) = linked();
    let backend = format!("{SITE}/builds/default/linkedBackends/gate");
    let connect = "Microsoft.Web/staticSites/builds/linkedBackends/write";
    let write = "Microsoft.ApiManagement/service/subscriptions/write";
    // All requests of a command can have one id.
    for (operation_of, resource, ago) in
        [(connect, &backend, 180), (write, &id, 120), (connect, &backend, 60), (write, &id, 0)]
    {
        azure.log(operation(1, operation_of, resource, 59 * DAY + ago));
    }
    keys_are_59_days_old(&azure);
}

fn keys_are_59_days_old(azure: &FakeAzure) {
    let before = azure.state().link_keys();
    let skipped = run(azure, "relink --if-older-than 60d --grace 0 -o json");
    assert_eq!(skipped.code, Some(0), "{skipped:?}");
    let result = skipped.json()["results"][0].clone();
    assert_eq!(result["outcome"], "unchanged", "{result}");
    assert!(result["note"].as_str().unwrap().contains("not older than 60 days"), "{result}");
    assert_eq!(azure.state().link_keys(), before);
    let replaced = run(azure, "relink --if-older-than 58d --grace 0 -o json");
    assert_eq!(replaced.code, Some(0), "{replaced:?}");
    let result = replaced.json()["results"][0].clone();
    assert_eq!(result["outcome"], "applied", "{result}");
    assert!(result["note"].as_str().unwrap().contains("older than 58 days"), "{result}");
    assert_ne!(azure.state().link_keys(), before);
}

#[test]
fn an_audit_shows_when_each_product_was_last_changed_and_by_which_caller() {
    let azure = scene();
    assert_eq!(run(&azure, "link").code, Some(0));
    let product = format!("{SERVICE}/products/{LABEL}");
    azure.log(operation(1, "Microsoft.ApiManagement/service/products/write", &product, 5_000));
    azure.log(operation(2, REGENERATED, &subscription(), 4_000));
    azure.log(operation(3, "Microsoft.ApiManagement/service/products/write", &format!("{product}-2"), 100));
    azure.take_seen();
    let report = run(&azure, "audit -o json");
    assert_eq!(report.code, Some(0), "{report:?}");
    assert_eq!(reads_of_the_log(&azure), 1);
    let service = report.json()["services"][0].clone();
    assert!(service["activityLog"]["since"].is_string(), "{service}");
    let all = service["products"].as_array().unwrap();
    let change = &all.iter().find(|it| it["name"] == LABEL).unwrap()["lastChange"];
    assert_eq!(change["caller"], "ann@contoso.com");
    assert!(change["summary"].as_str().unwrap().starts_with("regenerated the primary key"), "{change}");
    let day = &change["time"].as_str().unwrap()[..10];
    for format in ["table", "markdown", "tsv"] {
        let shown = run(&azure, &format!("audit -o {format}"));
        assert!(shown.stdout.contains(day), "{format}: {}", shown.stdout);
    }
    assert!(run(&azure, "audit -o markdown").stdout.contains("| ann@contoso.com |"));
}

#[test]
fn a_log_that_may_not_be_read_is_a_note_of_the_audit() {
    let azure = scene();
    assert_eq!(run(&azure, "link").code, Some(0));
    azure.state().set_permissions(
        json!([{"actions": ["Microsoft.Web/*", "Microsoft.ApiManagement/*"], "notActions": []}]),
    );
    let text = run(&azure, "audit");
    assert_eq!(text.code, Some(0), "{text:?}");
    assert!(
        text.stdout.contains("note: when the products were last changed is not known"),
        "{}",
        text.stdout
    );
    let service = run(&azure, "audit -o json").json()["services"][0].clone();
    assert!(service["activityLog"]["error"].is_string(), "{service}");
    assert!(service["products"].as_array().unwrap().iter().all(|it| it["lastChange"].is_null()));
}
