//! The pipelines that `docs/ci.md` shows, the action and the template: each of their steps is run by bash, with the files
//! and variables that GitHub Actions or Azure Pipelines would give it.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test panics where its world is not as it says")]

mod action;
mod runner;
#[path = "../support/shelf.rs"]
mod shelf;

use std::{fs, path::PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use runner::Runner;
use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn yaml(text: &str) -> Value {
    serde_norway::from_str(text).unwrap()
}

/// The workflows of the page, by their names.
fn workflow(name: &str) -> Value {
    let text = fs::read_to_string(root().join("docs/ci.md")).unwrap();
    let mut block = None;
    for event in Parser::new(&text) {
        match (event, &mut block) {
            (Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))), _) if &*kind == "yaml" => {
                block = Some(String::new());
            }
            (Event::Text(text), Some(block)) => block.push_str(&text),
            (Event::End(TagEnd::CodeBlock), _) => {
                let found = block.take().map(|text| yaml(&text));
                if let Some(found) = found.filter(|found| found["name"] == name) {
                    return found;
                }
            }
            _ => {}
        }
    }
    panic!("the page has no workflow `{name}`")
}

#[test]
fn the_nightly_look_is_green_and_red_when_it_should_be() {
    let runner = Runner::linked();
    let job = &workflow("drift")["jobs"]["status"];
    runner.job(job).succeeds();
    assert!(runner.summary().contains("| prod | linked |"), "{}", runner.summary());
    runner.drift();
    let ran = runner.job(job);
    ran.fails();
    assert!(ran.log.contains("::error title=prod%3A SWAAPIM032::"), "{}", ran.log);
    assert!(runner.summary().contains("| prod | drifted |"), "{}", runner.summary());
}

#[test]
fn a_plan_is_made_handed_over_and_applied() {
    let runner = Runner::unlinked();
    let jobs = &workflow("link")["jobs"];
    let plan = runner.job(&jobs["plan"]);
    plan.succeeds();
    assert_eq!(plan.output("plan", "exit-code"), "3");
    assert!(plan.leads_to("plan", &jobs["plan"], &jobs["apply"]), "{}", jobs["apply"]);
    assert_eq!(runner.state(), "unlinked");
    let apply = runner.job(&jobs["apply"]);
    apply.succeeds();
    assert_eq!(runner.state(), "linked");
    assert_eq!(apply.output("apply", "changed"), "true");
    assert!(apply.log.contains("the product is agreeable-smoke-06273c21e"), "{}", apply.log);
}

#[test]
fn a_plan_with_nothing_in_it_is_not_applied() {
    let runner = Runner::linked();
    let jobs = &workflow("link")["jobs"];
    let plan = runner.job(&jobs["plan"]);
    plan.succeeds();
    assert_eq!(plan.output("plan", "exit-code"), "0");
    assert!(!plan.leads_to("plan", &jobs["plan"], &jobs["apply"]), "{}", jobs["apply"]);
}

#[test]
fn a_plan_that_is_refused_fails_the_job() {
    let runner = Runner::unlinked();
    runner.lose_the_service();
    let jobs = &workflow("link")["jobs"];
    let plan = runner.job(&jobs["plan"]);
    plan.fails();
    assert_eq!(plan.output("plan", "exit-code"), "4");
    assert!(!plan.leads_to("plan", &jobs["plan"], &jobs["apply"]), "{}", jobs["apply"]);
}

#[test]
fn a_workflow_without_the_action_branches_on_the_state() {
    let job = &workflow("status")["jobs"]["status"];
    let runner = Runner::unlinked();
    runner.job(job).succeeds();
    assert_eq!(runner.state(), "linked", "the last step has linked it");
    let again = runner.job(job);
    again.succeeds();
    assert_eq!(again.scripts, 1, "what is linked is not linked again");
}

/// The script of an example for Azure Pipelines.
fn example(name: &str) -> String {
    let example = yaml(&fs::read_to_string(root().join("docs/examples").join(name)).unwrap());
    let steps = example["steps"].as_array().unwrap();
    steps.iter().find_map(|step| step["inputs"]["inlineScript"].as_str()).unwrap().to_owned()
}

#[test]
fn the_example_for_azure_pipelines_reports_what_it_found() {
    let script = example("azure-pipelines.yml");
    let runner = Runner::linked();
    let ran = runner.bash(&script);
    ran.succeeds();
    assert!(ran.log.contains("##vso[task.uploadsummary]") && !ran.log.contains("logissue"), "{}", ran.log);
    assert!(ran.log.contains("##vso[task.setvariable variable=state;isOutput=true]linked\n"), "{}", ran.log);
    runner.drift();
    let ran = runner.bash(&script);
    ran.fails();
    assert!(
        ran.log.contains("##vso[task.logissue type=error;code=SWAAPIM032;]prod: the product"),
        "{}",
        ran.log
    );
    assert!(ran.log.contains("##vso[task.setvariable variable=state;isOutput=true]drifted\n"), "{}", ran.log);
}

#[test]
fn a_rotation_replaces_the_keys_on_github_and_on_azure_pipelines() {
    let runner = Runner::linked();
    let github = || runner.job(&workflow("rotation")["jobs"]["relink"]);
    let ran = github();
    ran.succeeds();
    assert_eq!(ran.output("relink", "changed"), "false", "the keys are new");
    runner.age_keys();
    let ran = github();
    ran.succeeds();
    assert_eq!(ran.output("relink", "changed"), "true");
    assert_eq!(runner.state(), "linked");
    runner.age_keys();
    let ran = runner.bash(&example("azure-pipelines-rotation.yml"));
    ran.succeeds();
    assert!(ran.log.contains("##vso[task.setvariable variable=changed;isOutput=true]true\n"), "{}", ran.log);
    assert_eq!(runner.state(), "linked");
}

/// The address of the repository is stated once, in Cargo.toml; what repeats it repeats it as it is there.
#[test]
fn pages_and_examples_name_the_repository_as_it_is() {
    let stated = runner::repository();
    let owner = stated.split('/').next().unwrap();
    let pages = ["README.md", "docs/ci.md", "docs/install.md", "docs/examples/azure-pipelines.yml"];
    for page in pages.into_iter().chain(["docs/examples/azure-pipelines-rotation.yml"]) {
        let text = fs::read_to_string(root().join(page)).unwrap();
        for (at, _) in text.match_indices("/swa-apim@").chain(text.match_indices("/swa-apim/releases")) {
            assert!(text[..at].ends_with(owner), "{page} names another repository than {stated}");
        }
    }
}

/// Whoever copies an example gets an action by a tag at least, and no more rights than it needs.
#[test]
fn every_workflow_limits_its_rights() {
    for name in ["drift", "link", "rotation", "status"] {
        let workflow = workflow(name);
        assert_eq!(workflow["permissions"]["contents"], "read", "{name}");
        for job in workflow["jobs"].as_object().unwrap().values() {
            for uses in job["steps"].as_array().unwrap().iter().filter_map(|step| step["uses"].as_str()) {
                assert!(uses.split_once('@').is_some_and(|(_, version)| version.starts_with('v')), "{uses}");
            }
        }
    }
}
