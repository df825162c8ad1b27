//! The program over a model of 500 products: it finds every orphan, and takes nothing else for one.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    program::{Folder, statuses},
    world::{GROUP, Kind, SERVICE, World, gone_service},
};

const MODEL: &str = "control-plane.json";

fn folder_with(world: &World) -> Folder {
    let folder = Folder::new();
    folder.write("resources.json", &json!(world.resources));
    folder.run("model import resources.json").exits(0);
    folder
}

fn model(folder: &Folder) -> Value {
    serde_json::from_slice(&std::fs::read(folder.path(MODEL)).unwrap()).unwrap()
}

fn ids(folder: &Folder) -> BTreeSet<String> {
    let model = model(folder);
    model["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].as_str().unwrap().to_lowercase())
        .collect()
}

#[test]
fn every_product_is_classified() {
    let world = World::of(500);
    let folder = folder_with(&world);
    let audit = folder.run("audit --apim gate -o json --detailed-exitcode").exits(3).json();
    let told = statuses(&audit);
    assert_eq!(told.len(), 500);
    for (name, kind) in &world.kinds {
        let (status, reason) = kind.expected();
        assert_eq!(told[name], (status.to_owned(), reason.map(str::to_owned)), "{name}: {kind:?}");
    }
    let dangling = audit["danglingLinks"].as_array().unwrap().iter();
    let dangling: BTreeSet<&str> =
        dangling.map(|it| it["staticSite"].as_str().unwrap().rsplit('/').next().unwrap()).collect();
    assert_eq!(dangling, world.dangling());
}

#[test]
fn the_report_is_what_its_schema_says() {
    let folder = folder_with(&World::of(36));
    let schema = |name: &str| {
        let file = format!("{}/docs/schemas/{name}", env!("CARGO_MANIFEST_DIR"));
        let schema: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        jsonschema::validator_for(&schema).unwrap()
    };
    let audit = folder.run("audit --all-services -o json").exits(0).json();
    assert!(schema("audit.v1.schema.json").is_valid(&audit), "{audit}");
    let prune = schema("prune.v1.schema.json");
    for line in ["prune --apim gate --dry-run -o json", "prune --apim gate --yes -o json"] {
        let report = folder.run(line).exits(0).json();
        assert!(prune.is_valid(&report), "{report}");
    }
}

#[test]
fn pruning_deletes_every_orphan_and_nothing_else() {
    let world = World::of(500);
    let folder = folder_with(&world);
    let (before, serial) = (ids(&folder), model(&folder)["serial"].as_u64().unwrap());
    folder.run("prune --apim gate --dry-run --detailed-exitcode").exits(3);
    assert_eq!(ids(&folder), before, "a dry run changes nothing");
    folder.run("prune --apim gate --yes").exits(0);
    assert_eq!(model(&folder)["serial"].as_u64(), Some(serial + 1), "it is one transaction");
    let gone: BTreeSet<String> = before.difference(&ids(&folder)).cloned().collect();
    let mut expected = BTreeSet::new();
    for id in &before {
        let of_orphan = |name: &&str| {
            let product = format!("{}/products/{name}", SERVICE.to_lowercase());
            let own = format!("{}/subscriptions/of-{name}", SERVICE.to_lowercase());
            *id == product || id.starts_with(&format!("{product}/")) || *id == own
        };
        if world.orphans().iter().any(of_orphan) {
            expected.insert(id.clone());
        }
    }
    assert_eq!(gone, expected);
    let again = folder.run("prune --apim gate --yes -o json").exits(0).json();
    assert_eq!(again["products"], json!([]));
    folder.run("audit --apim gate --detailed-exitcode").exits(3);
    assert_eq!(model(&folder)["serial"].as_u64(), Some(serial + 1), "a second run writes nothing");
}

#[test]
fn without_a_terminal_nothing_is_deleted_without_yes() {
    let folder = folder_with(&World::of(18));
    let before = ids(&folder);
    let run = folder.run("prune --apim gate").exits(2);
    assert!(run.stderr.contains("`--yes`"), "{}", run.stderr);
    assert_eq!(ids(&folder), before);
}

#[test]
fn a_saved_plan_is_applied_as_it_stands_or_not_at_all() {
    let world = World::of(18);
    let folder = folder_with(&world);
    folder.run("prune --apim gate --out plan.json").exits(0);
    let before = ids(&folder);
    // One of the orphans gets its site back.
    let name = world.kinds.iter().find(|(_, kind)| **kind == Kind::Unlinked).unwrap().0;
    let site = format!("{}/Microsoft.Web/staticSites/{}", GROUP, world.sites[name]);
    let backend = format!("{site}/builds/default/linkedBackends/b");
    folder.write("link.json", &json!([{"id": backend, "properties": {"backendResourceId": SERVICE}}]));
    folder.run("model import link.json").exits(0);
    let refused = folder.run("apply plan.json").exits(4);
    assert!(refused.stderr.contains(&format!("`{name}` has changed")), "{}", refused.stderr);
    assert!(before.is_subset(&ids(&folder)), "nothing is gone");
    folder.run("prune --apim gate --out plan.json").exits(0);
    folder.run("apply plan.json").exits(0);
    let left = statuses(&folder.run("audit --apim gate -o json").exits(0).json());
    assert_eq!(left[name].0, "in-use");
    assert!(left.values().all(|(status, _)| status != "orphan"), "{left:?}");
}

#[test]
fn a_saved_plan_that_was_applied_already_deletes_nothing_and_says_so() {
    let folder = folder_with(&World::of(18));
    folder.run("prune --apim gate --out plan.json").exits(0);
    let before = folder.run("apply plan.json --dry-run --detailed-exitcode").exits(3);
    assert!(before.stdout.contains("would be deleted"), "{}", before.stdout);
    folder.run("apply plan.json").exits(0);
    let left = ids(&folder);
    let again = folder.run("apply plan.json").exits(0);
    assert!(
        again.stdout.contains("0 products deleted, ") && again.stdout.contains("already deleted"),
        "{}",
        again.stdout
    );
    let shown = folder.run("apply plan.json --dry-run --detailed-exitcode").exits(0);
    assert!(shown.stdout.contains("no products to delete"), "{}", shown.stdout);
    for line in ["apply plan.json -o json", "apply plan.json --dry-run -o json"] {
        let products = folder.run(line).exits(0).json()["products"].clone();
        let outcomes =
            products.as_array().unwrap().iter().map(|product| product["outcome"].as_str().unwrap());
        assert!(
            !products.as_array().unwrap().is_empty() && outcomes.into_iter().all(|it| it == "unchanged"),
            "{line}"
        );
    }
    assert_eq!(ids(&folder), left);
}

#[test]
fn the_command_that_an_audit_suggests_is_about_the_same_model() {
    let folder = folder_with(&World::of(18));
    std::fs::rename(folder.path("control-plane.json"), folder.path("other.json")).unwrap();
    let audit = folder.run("audit --apim gate --model other.json").exits(0);
    let line =
        audit.stdout.lines().find_map(|line| line.split('`').find(|it| it.starts_with("swa-apim prune")));
    let line = line.unwrap().trim_start_matches("swa-apim ");
    assert!(line.contains("--model other.json"), "{line}");
    assert!(folder.run(&format!("{line} --yes")).exits(0).stdout.contains("deleted"));
    let nowhere = SERVICE.replace("/gate", "/nowhere");
    let missing = folder.run(&format!("prune --apim {nowhere} --model other.json")).exits(4);
    assert!(
        missing.stderr.contains("swa-apim audit --all-services --model other.json"),
        "{}",
        missing.stderr
    );
}

#[test]
fn a_plan_that_was_tampered_with_deletes_nothing_that_is_in_use() {
    let world = World::of(18);
    let folder = folder_with(&world);
    folder.run("prune --apim gate --out plan.json").exits(0);
    let before = ids(&folder);
    let plan = String::from_utf8(std::fs::read(folder.path("plan.json")).unwrap()).unwrap();
    let in_use = world.kinds.iter().find(|(_, kind)| **kind == Kind::Linked).unwrap().0;
    let orphan = world.kinds.iter().find(|(_, kind)| **kind == Kind::Unlinked).unwrap().0;
    folder.write("plan.json", &serde_json::from_str(&plan.replace(orphan, in_use)).unwrap());
    folder.run("apply plan.json").exits(4);
    assert_eq!(ids(&folder), before);
}

#[test]
fn products_that_depend_on_a_malformed_resource_are_unknown() {
    let world = World::of(18);
    let folder = folder_with(&world);
    // A site without a hostname may be the one that any of the products was made for.
    let site = format!("{GROUP}/Microsoft.Web/staticSites/unfinished");
    let mut broken = model(&folder);
    let resources = broken["resources"].as_array_mut().unwrap();
    resources.push(
        json!({"id": site, "name": "unfinished", "type": "Microsoft.Web/staticSites", "properties": {}}),
    );
    folder.write(MODEL, &broken);
    let told = statuses(&folder.run("audit --apim gate -o json").exits(5).json());
    for (name, kind) in &world.kinds {
        let (status, reason) = kind.expected();
        let homeless = reason == Some("site-gone") || *kind == Kind::LeftToAPartner;
        let expected = if homeless { "unknown" } else { status };
        assert_eq!(told[name].0, expected, "{name}: {kind:?}");
    }
    folder.run("prune --apim gate --yes").exits(5);
    let left = statuses(&folder.run("audit --apim gate -o json").exits(5).json());
    assert!(left.values().all(|(status, _)| status != "orphan"), "{left:?}");
    let unknown = left.values().filter(|(status, _)| status == "unknown").count();
    assert_eq!(unknown, 4, "what is unknown is still there");
}

#[test]
fn the_audit_of_a_deleted_service_lists_the_sites_that_are_linked_to_it() {
    let world = World::of(18);
    let folder = folder_with(&world);
    let run = folder.run(&format!("audit --apim {} -o json", gone_service())).exits(4);
    assert_eq!(run.json()["danglingLinks"].as_array().unwrap().len(), 1);
}

#[test]
fn a_link_to_a_deleted_service_is_reported_once_for_all_services() {
    let folder = folder_with(&World::of(18));
    let run = folder.run("audit --all-services").exits(0);
    assert_eq!(run.stdout.matches("SWAAPIM021").count(), 1, "{}", run.stdout);
    let contradiction = folder.run("audit --all-services --apim gate").exits(2);
    assert!(contradiction.stderr.contains("cannot be used together"), "{}", contradiction.stderr);
}

#[test]
fn the_age_of_a_subscription_is_reported_only_if_it_is_known() {
    let mut world = World::of(2);
    let mut subscriptions =
        world.resources.iter_mut().filter(|it| it["id"].as_str().unwrap().contains("/subscriptions/of-"));
    subscriptions.next().unwrap()["properties"]["createdDate"] = "2026-01-02T03:04:05.678Z".into();
    let folder = folder_with(&world);
    let audit = folder.run("audit --apim gate -o json").exits(0).json();
    let products = audit["services"][0]["products"].as_array().unwrap();
    let created = |at: usize| &products[at]["subscriptions"][0]["createdOn"];
    assert_eq!(*created(0), "2026-01-02T03:04:05.678Z");
    assert_eq!(*created(1), Value::Null);
    let table = folder.run("audit --apim gate").exits(0).stdout;
    assert_eq!(table.matches("2026-01-02").count(), 1, "{table}");
}
