//! What pipelines are told: events, outputs, annotations; and what they are never told.

use serde_json::{Value, json};

use crate::support::{LABEL, Shop, product};

const EVENTS: &str = "events.ndjson";
const FILE: [(&str, &str); 1] = [("SWA_APIM_OUTPUT_FILE", EVENTS)];
const ACTIONS: [(&str, &str); 2] = [("GITHUB_ACTIONS", "true"), ("GITHUB_OUTPUT", "outputs")];

fn events(shop: &Shop) -> Vec<Value> {
    shop.read(EVENTS).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["event"].as_str().unwrap()).collect()
}

#[test]
fn every_step_and_result_and_failure_is_a_line() {
    let shop = Shop::sample();
    shop.run_with("link", &FILE).exits(0);
    let told = events(&shop);
    assert_eq!(kinds(&told), ["step", "step", "step", "step", "step", "result"]);
    assert_eq!(told[0]["action"], "put-product");
    assert_eq!((&told[0]["target"], &told[0]["status"]), (&json!(product()), &json!("applied")));
    let end = told.last().unwrap();
    assert_eq!(
        (&end["command"], &end["outcome"], &end["state"]),
        (&json!("link"), &json!("applied"), &json!("linked"))
    );
    assert_eq!((&end["changed"], &end["product"]), (&json!(true), &json!(LABEL)));

    shop.run_with("link", &FILE).exits(0);
    shop.run_with("status", &FILE).exits(0);
    shop.run_with("link --apim nowhere", &FILE).exits(4);
    shop.run_with("status --env nowhere", &FILE).exits(2);
    let told = events(&shop).split_off(6);
    assert_eq!(kinds(&told), ["result", "link", "result", "failure", "failure"], "a file is added to");
    assert_eq!((&told[0]["outcome"], &told[0]["changed"]), (&json!("unchanged"), &json!(false)));
    assert_eq!((&told[3]["env"], &told[3]["exitCode"]), (&json!("prod"), &json!(4)));
}

#[test]
fn every_line_is_valid_by_its_published_schema() {
    let shop = Shop::linked();
    for line in ["relink", "status", "link --apim nowhere", "unlink --dry-run", "unlink"] {
        shop.run_with(line, &FILE);
    }
    let all = swa_apim::report::schemas();
    let (_, schema) = all.iter().find(|(name, _)| *name == "event.v1.schema.json").unwrap();
    let validator = jsonschema::validator_for(schema.as_value()).unwrap();
    for event in events(&shop) {
        let errors: Vec<String> = validator.iter_errors(&event).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?} in {event}");
    }
}

#[test]
fn a_file_that_cannot_be_written_is_reported_before_the_first_change() {
    let shop = Shop::sample();
    let run = shop.run_with("link", &[("SWA_APIM_OUTPUT_FILE", "nowhere/events")]);
    assert!(run.exits(2).stderr.contains("nowhere/events"), "{}", run.stderr);
    assert_eq!(shop.state(), "unlinked");
}

#[test]
fn a_step_of_github_actions_gets_outputs() {
    let shop = Shop::sample();
    shop.run_with("link", &ACTIONS).exits(0);
    let states = r#"states={"prod":"linked"}"#;
    let link = format!("changed=true\nstate=linked\nproduct-id={LABEL}\n{states}\n");
    assert_eq!(shop.read("outputs"), link);
    shop.run_with("status", &ACTIONS).exits(0);
    assert_eq!(shop.read("outputs"), format!("{link}state=linked\nproduct-id={LABEL}\n{states}\n"));
}

#[test]
fn findings_and_failures_are_annotations_on_stderr() {
    let shop = Shop::linked();
    shop.change(&product(), |product| {
        product["properties"]["subscriptionRequired"] = false.into();
        product["properties"]["state"] = "notPublished".into();
    });
    let run = shop.run_with("status", &ACTIONS);
    let lines: Vec<&str> = run.exits(0).stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{}", run.stderr);
    assert!(
        lines[0].starts_with("::error title=prod%3A SWAAPIM032::the product requires no"),
        "{}",
        lines[0]
    );
    assert!(lines[0].contains("%0Arun `swa-apim relink"), "{}", lines[0]);
    assert!(lines[1].starts_with("::warning title=prod%3A SWAAPIM033::"), "{}", lines[1]);
    let run = shop.run_with("link --apim nowhere", &ACTIONS);
    assert!(
        run.exits(4).stderr.contains("::error title=prod%3A failed::could not plan the link%0A"),
        "{}",
        run.stderr
    );
    let run = shop.run_with("status --env nowhere", &ACTIONS);
    assert!(run.exits(2).stderr.contains("\n::error title=failed::"), "{}", run.stderr);
}

#[test]
fn nothing_is_annotated_elsewhere() {
    let shop = Shop::linked();
    for off in ["", "false", "0"] {
        let run = shop.run_with("status --env nowhere", &[("GITHUB_ACTIONS", off)]);
        assert!(!run.exits(2).stderr.contains("::"), "{}", run.stderr);
    }
}

/// A command to mask a key would print it, so there is none, and no key either.
#[test]
fn no_key_is_printed_and_none_is_masked() {
    let shop = Shop::linked();
    let (primary, secondary) = ("0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210");
    shop.set_keys(primary, secondary);
    let variables = [FILE.as_slice(), &ACTIONS].concat();
    for line in ["status", "relink", "status", "unlink --purge --yes"] {
        let run = shop.run_with(line, &variables);
        let told = [run.exits(0).stderr.clone(), shop.read(EVENTS), shop.read("outputs")].concat();
        assert!(!told.contains("add-mask") && !told.contains(primary) && !told.contains(secondary), "{told}");
        for key in shop.model()["secrets"]
            .as_object()
            .unwrap()
            .values()
            .filter_map(|keys| keys["primaryKey"].as_str())
        {
            assert!(!told.contains(key), "{line}");
        }
    }
}
