//! The same over HTTP, where reads fail and processes die.

use std::collections::BTreeSet;

use crate::{
    fake::{FakeAzure, Fault, Kind as Wrong, Options, SITE},
    program::{Folder, Run, statuses},
    world::{GROUP, Kind, SERVICE, World},
};

fn azure_with(world: &World) -> FakeAzure {
    let azure = FakeAzure::start(Options { page: 37, ..Options::default() });
    world.resources.iter().for_each(|resource| azure.put(resource));
    azure
}

/// Lets the stand-in be asked as often as one likes.
fn generous(azure: &FakeAzure) {
    for (method, kind) in [("GET", "reads"), ("DELETE", "deletes")] {
        let name = match kind {
            "reads" => "x-ms-ratelimit-remaining-subscription-reads",
            _ => "x-ms-ratelimit-remaining-subscription-deletes",
        };
        azure.fault(Fault::always(method, "", Wrong::Header(name, "11999".to_owned())));
    }
}

fn products(azure: &FakeAzure) -> BTreeSet<String> {
    let state = azure.state();
    let prefix = format!("{}/products/", SERVICE.to_lowercase());
    let names = state.ids().into_iter().filter_map(|id| id.strip_prefix(&prefix).map(str::to_owned));
    names.filter(|name| !name.contains('/')).collect()
}

fn audit(folder: &Folder, azure: &FakeAzure) -> Run {
    folder.azure(azure, &format!("audit --apim {SERVICE} -o json"))
}

fn prune(folder: &Folder, azure: &FakeAzure) -> Run {
    folder.azure(azure, &format!("prune --apim {SERVICE} --yes --include-gone -o json"))
}

#[test]
fn every_product_is_classified() {
    let world = World::of(500);
    let (azure, folder) = (azure_with(&world), Folder::new());
    generous(&azure);
    let audit = audit(&folder, &azure).exits(0).json();
    let told = statuses(&audit);
    assert_eq!(told.len(), 500);
    for (name, kind) in &world.kinds {
        let (status, reason) = kind.expected();
        assert_eq!(told[name], (status.to_owned(), reason.map(str::to_owned)), "{name}: {kind:?}");
    }
    assert_eq!(audit["danglingLinks"].as_array().unwrap().len(), world.dangling().len());
    let writes =
        azure.take_seen().into_iter().filter(|seen| !["GET", "POST"].contains(&seen.method.as_str()));
    assert_eq!(writes.count(), 0);
}

#[test]
fn pruning_deletes_every_orphan_and_nothing_else() {
    let world = World::of(72);
    let (azure, folder) = (azure_with(&world), Folder::new());
    generous(&azure);
    let before = products(&azure);
    prune(&folder, &azure).exits(0);
    let deleted: BTreeSet<String> = before.difference(&products(&azure)).cloned().collect();
    assert_eq!(deleted, world.orphans().iter().map(|name| (*name).to_owned()).collect());
    assert!(azure.state().get(&format!("{SERVICE}/apis/orders")).is_some(), "an API never goes");
    for seen in azure.take_seen().iter().filter(|seen| seen.method == "DELETE") {
        assert_eq!(seen.status, 200, "{}: If-Match is sent, and holds", seen.path);
    }
    let again = prune(&folder, &azure).exits(0);
    assert_eq!(again.json()["products"].as_array().unwrap().len(), 0);
}

#[test]
fn products_of_missing_sites_are_kept_without_the_flag() {
    let world = World::of(18);
    let (azure, folder) = (azure_with(&world), Folder::new());
    let report = folder.azure(&azure, &format!("prune --apim {SERVICE} --yes -o json")).exits(0).json();
    let of_gone = |name: &&&str| world.kinds[**name].expected().1 == Some("site-gone");
    let orphans = world.orphans();
    let spared: BTreeSet<&str> = orphans.iter().filter(of_gone).copied().collect();
    let left = products(&azure);
    assert!(spared.iter().all(|name| left.contains(*name)), "{left:?}");
    assert!(orphans.difference(&spared).all(|name| !left.contains(*name)), "{left:?}");
    let told = report["spared"].as_array().unwrap().iter();
    let told: BTreeSet<&str> = told.map(|it| it["name"].as_str().unwrap()).collect();
    assert!(spared.is_subset(&told), "{told:?}");
}

/// A generator as simple as can be, so that a failure can be repeated.
struct Seed(u64);

impl Seed {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
}

/// Whether a path has to be read before this product may be deleted.
fn is_about(world: &World, name: &str, path: &str) -> bool {
    let site = format!("/staticsites/{}/", world.sites[name]);
    path.ends_with(&format!("/products/{name}"))
        || path.ends_with(&format!("/products/{name}/subscriptions"))
        || path.ends_with(&format!("/subscriptions/of-{name}"))
        || format!("{path}/").contains(&site)
}

/// Whether a path has to be read before anything may be deleted.
fn is_about_all(path: &str) -> bool {
    let service = SERVICE.to_lowercase();
    path.ends_with("/subscriptions")
        || path.ends_with("/microsoft.web/staticsites")
        || path == service
        || path.strip_prefix(&service).is_some_and(|rest| rest == "/products")
}

#[test]
fn a_product_that_could_not_be_read_is_never_deleted() {
    let world = World::of(36);
    let paths = {
        let (azure, folder) = (azure_with(&world), Folder::new());
        generous(&azure);
        prune(&folder, &azure).exits(0);
        let gets = azure.take_seen().into_iter().filter(|seen| seen.method == "GET");
        gets.map(|seen| seen.path.to_lowercase()).collect::<BTreeSet<String>>()
    };
    let paths: Vec<&'static str> = paths.into_iter().map(|path| &*path.leak()).collect();
    let (mut went, mut stayed) = (0, 0);
    for seed in 0..24 {
        let (azure, folder) = (azure_with(&world), Folder::new());
        let mut chance = Seed(seed);
        let one_in = 4 + chance.next() % 16;
        for path in paths.iter().copied() {
            if !chance.next().is_multiple_of(one_in) {
                continue;
            }
            let refused = Wrong::Error(403, "AuthorizationFailed", "you may not read this");
            // Some fail from the beginning, some only when they are looked at again.
            let skip = usize::from(chance.next().is_multiple_of(3));
            azure.fault(Fault { skip, ..Fault::always("GET", path, refused) });
        }
        generous(&azure);
        let before = products(&azure);
        let run = prune(&folder, &azure);
        let after = products(&azure);
        let seen = azure.take_seen().into_iter().filter(|seen| seen.status == 403);
        let refused: Vec<String> = seen.map(|seen| seen.path.to_lowercase()).collect();
        for name in before.difference(&after) {
            assert!(world.orphans().contains(name.as_str()), "seed {seed}: {name} was in use");
            let wronged = refused.iter().find(|path| is_about(&world, name, path));
            assert_eq!(wronged, None, "seed {seed}: {name} went, and this was not read");
            went += 1;
        }
        // One that may not be read at the very last moment stops it.
        let stopped = run.stdout.contains("\"not-tried\"");
        for name in world.orphans().iter().filter(|name| after.contains(**name)) {
            let about = |path: &String| is_about(&world, name, path) || is_about_all(path);
            let excused = stopped || refused.iter().any(about);
            assert!(excused, "seed {seed}: {name} stayed, and all was read: {}", run.stdout);
            stayed += 1;
        }
        let code = run.code;
        assert!(refused.is_empty() || [0, 5, 6, 7].contains(&code), "seed {seed}: {code} {}", run.stderr);
    }
    assert!(went > 20 && stayed > 20, "{went} went and {stayed} stayed: the faults are all or nothing");
}

#[test]
fn a_link_over_http_is_undone_as_it_says() {
    let (azure, folder) = (FakeAzure::with_scene(Options::default()), Folder::new());
    let before = azure.state().shape();
    let target = format!("--static-web-app {SITE} --apim {SERVICE}");
    let report = folder.azure(&azure, &format!("link {target} --grace 0s -o json")).exits(0).json();
    assert_ne!(azure.state().shape(), before);
    let undo = report["results"][0]["undo"]["command"].as_str().unwrap().to_owned();
    let undo = undo.split(" --provider").next().unwrap().strip_prefix("swa-apim ").unwrap().to_owned();
    folder.azure(&azure, &format!("{undo} --yes")).exits(0);
    assert_eq!(azure.state().shape(), before);
}

#[test]
fn a_site_that_comes_back_before_its_turn_keeps_its_product() {
    let world = World::of(18);
    let (azure, folder) = (azure_with(&world), Folder::new());
    folder.azure(&azure, &format!("prune --apim {SERVICE} --out plan.json")).exits(0);
    let name = world.kinds.iter().find(|(_, kind)| **kind == Kind::Unlinked).unwrap().0;
    let id =
        format!("{GROUP}/Microsoft.Web/staticSites/{}/builds/default/linkedBackends/back", world.sites[name]);
    azure.put(&serde_json::json!({"id": id, "properties": {"backendResourceId": SERVICE}}));
    let before = products(&azure);
    let refused = folder.azure(&azure, "apply plan.json").exits(4);
    assert!(refused.stderr.contains("has changed since the plan was made"), "{}", refused.stderr);
    assert_eq!(products(&azure), before);
}

#[test]
fn a_plan_without_the_versions_of_what_it_deletes_is_not_saved() {
    let world = World::of(18);
    let (azure, folder) = (azure_with(&world), Folder::new());
    let name = world.kinds.iter().find(|(_, kind)| **kind == Kind::Unlinked).unwrap().0;
    // The subscriptions of the service can be read, and those of one product cannot.
    let path: &str = format!("/products/{name}/subscriptions").leak();
    let unknown = Wrong::Error(404, "SubscriptionNotFound", "it could not be found");
    azure.fault(Fault::always("GET", path, unknown));
    let line = format!("prune --apim {SERVICE} --include-gone --out plan.json");
    let failed = folder.azure(&azure, &line).exits(5);
    assert!(failed.stderr.contains("could not be determined"), "{}", failed.stderr);
    assert!(!folder.path("plan.json").exists());
}

#[test]
fn a_saved_plan_whose_site_cannot_be_read_is_not_refused_and_can_be_applied_later() {
    let world = World::of(18);
    let (azure, folder) = (azure_with(&world), Folder::new());
    folder.azure(&azure, &format!("prune --apim {SERVICE} --out plan.json")).exits(0);
    let before = products(&azure);
    azure.fault(Fault::always("GET", "/linkedbackends", Wrong::Error(403, "AuthorizationFailed", "no")));
    let failed = folder.azure(&azure, "apply plan.json").exits(5);
    assert!(!failed.stderr.contains("has changed"), "{}", failed.stderr);
    assert_eq!(products(&azure), before);
    azure.mend();
    generous(&azure);
    folder.azure(&azure, "apply plan.json --yes").exits(0);
}

#[test]
fn a_delete_whose_answer_is_lost_is_reported_as_unknown() {
    let world = World::with(&[Kind::Linked, Kind::Unlinked]);
    let (azure, folder) = (azure_with(&world), Folder::new());
    azure.fault(Fault::always("DELETE", "", Wrong::Later(503, "7200".to_owned())).after());
    let report = prune(&folder, &azure).exits(5).json();
    let statuses: Vec<&str> = report["products"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|product| product["steps"].as_array().unwrap())
        .map(|step| step["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses.iter().filter(|status| **status == "unknown").count(), 1, "{statuses:?}");
    assert!(!statuses.contains(&"failed"), "{statuses:?}");
}

#[test]
fn a_prune_that_dies_between_any_two_requests_is_finished_by_running_it_again() {
    let world = World::with(&[Kind::Linked, Kind::SiteGone, Kind::Unlinked, Kind::LinkedElsewhere]);
    let whole = {
        let (azure, folder) = (azure_with(&world), Folder::new());
        generous(&azure);
        prune(&folder, &azure).exits(0);
        (azure.take_seen().len(), azure.state().shape())
    };
    let (requests, shape) = whole;
    for number in 0..requests {
        let (azure, folder) = (azure_with(&world), Folder::new());
        generous(&azure);
        let stopped = azure.stop_at(number);
        let line = format!("prune --apim {SERVICE} --yes --include-gone -o json");
        let mut command = folder.azure_command(&azure, &line);
        let mut child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
        stopped.recv_timeout(std::time::Duration::from_secs(60)).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        azure.stop_no_more();
        for name in world.kinds.iter().filter(|(_, kind)| kind.expected().0 != "orphan").map(|(name, _)| name)
        {
            assert!(products(&azure).contains(name), "after {number} requests: {name} is gone");
        }
        prune(&folder, &azure).exits(0);
        assert_eq!(azure.state().shape(), shape, "after {number} requests");
    }
}

#[test]
fn a_refused_delete_stops_it_and_says_what_is_left() {
    let world = World::of(18);
    let (azure, folder) = (azure_with(&world), Folder::new());
    let refused = Wrong::Error(403, "AuthorizationFailed", "you may not delete this");
    azure.fault(Fault { skip: 3, ..Fault::always("DELETE", "", refused) });
    generous(&azure);
    let run = prune(&folder, &azure).exits(7);
    let report = run.json();
    let outcomes: BTreeSet<&str> =
        report["products"].as_array().unwrap().iter().map(|it| it["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, BTreeSet::from(["deleted", "failed", "not-tried"]));
    azure.mend();
    prune(&folder, &azure).exits(0);
    let left = products(&azure);
    assert!(world.orphans().iter().all(|name| !left.contains(*name)));
}

#[test]
fn a_state_is_waited_for_over_http_too() {
    let (azure, folder) = (FakeAzure::with_scene(Options::default()), Folder::new());
    let target = format!("--static-web-app {SITE} --apim {SERVICE}");
    let run =
        folder.azure(&azure, &format!("status {target} --wait-for linked --timeout 1s --interval 100ms"));
    assert!(run.exits(5).stderr.contains("is unlinked, not linked"));
    let mut waiting = folder
        .azure_command(&azure, &format!("status {target} --wait-for linked --timeout 60s --interval 50ms"))
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    folder.azure(&azure, &format!("link {target} --grace 0s")).exits(0);
    assert_eq!(waiting.wait().unwrap().code(), Some(0));
}
