//! Many envs: read by page, reported one by one, and changed no more than needed.

use std::{collections::BTreeSet, fmt::Write as _};

use serde_json::{Value, json};

use crate::{
    azure::{FakeAzure, Fault, Kind, Options, SERVICE, SITE, Seen, service, site},
    program::{Run, command},
};

const SITES: usize = 60;

/// A configuration with an env for each of so many sites, all on one service.
struct Fleet {
    azure: FakeAzure,
    folder: tempfile::TempDir,
}

impl Fleet {
    fn new(options: Options, sites: usize) -> Self {
        let azure = FakeAzure::with_scene(options);
        let folder = tempfile::tempdir().unwrap();
        let mut config = format!("[provider.arm]\nendpoint = \"{}\"\n", azure.endpoint());
        for number in 0..sites {
            let id = format!("{SITE}-{number:03}");
            azure.put(&site(&id, &format!("calm-sea-{number:03}.5.azurestaticapps.net")));
            writeln!(
            config,
                "[env.e{number:03}]\nstatic-web-app = \"{id}\"\napim = \"{SERVICE}\"\nprovider = \"arm\"\napis = [\"orders\"]"
            )
            .unwrap();
        }
        std::fs::File::create(folder.path().join("swa-apim.toml"))
            .and_then(|mut file| std::io::Write::write_all(&mut file, config.as_bytes()))
            .unwrap();
        Self { azure, folder }
    }

    fn run(&self, line: &str) -> Run {
        let mut command = command(&self.azure, line);
        for name in ["SWA_APIM_STATIC_WEB_APP", "SWA_APIM_APIM", "SWA_APIM_ENDPOINT", "SWA_APIM_PROVIDER"] {
            command.env_remove(name);
        }
        Run::of(&command.current_dir(self.folder.path()).output().unwrap())
    }

    fn states(&self) -> Vec<String> {
        let status = self.run("status --all -o json");
        let links = status.json()["links"].as_array().unwrap().clone();
        links.iter().map(|link| link["state"].as_str().unwrap().to_owned()).collect()
    }
}

fn reads(seen: &[Seen], of: &str) -> usize {
    seen.iter().filter(|seen| seen.method == "GET" && seen.path.to_lowercase().contains(of)).count()
}

#[test]
fn a_fleet_is_read_by_page_and_says_the_same_as_one_by_one() {
    let fleet = Fleet::new(Options { page: 25, ..Options::default() }, SITES);
    let link = fleet.run("link --all");
    assert_eq!(link.code, Some(0), "{link:?}");
    fleet.azure.take_seen();
    let by_page = fleet.run("status --all -o json").json();
    let seen = fleet.azure.take_seen();
    assert_eq!(reads(&seen, "/policies/policy"), SITES, "policies are not listed");
    assert!(seen.len() < SITES + 30, "{} requests for {SITES} envs", seen.len());
    assert!(!seen.iter().any(|seen| seen.path.ends_with("listSecrets")), "a fleet's keys are not read");
    for (number, link) in by_page["links"].as_array().unwrap().iter().enumerate().step_by(7) {
        let mut alone = fleet.run(&format!("status --env e{number:03} -o json")).json()["links"][0].take();
        assert_eq!(alone["state"], "linked");
        // What a page does not tell.
        alone["linkedBackend"]["name"] = Value::Null;
        alone["linkedBackend"]["createdOn"] = link["linkedBackend"]["createdOn"].clone();
        alone["subscription"]["keyFingerprints"] = Value::Null;
        // The activity log is read for one link alone.
        alone["subscription"]["keyAge"] = link["subscription"]["keyAge"].clone();
        assert_eq!(*link, alone, "e{number:03}");
    }
}

#[test]
fn each_env_is_reported_when_it_finishes_and_the_report_is_in_order() {
    let fleet = Fleet::new(Options::default(), 9);
    let link = fleet.run("link --all");
    let told: BTreeSet<&str> = link.stderr.lines().filter(|line| line.contains(": linked")).collect();
    assert_eq!(told.len(), 9, "{link:?}");
    let envs: Vec<usize> = (0..9).map(|n| link.stdout.find(&format!("e{n:03}")).unwrap()).collect();
    assert!(envs.windows(2).all(|pair| pair[0] < pair[1]), "{link:?}");
}

#[test]
fn a_second_run_does_only_what_is_left_and_the_worst_exit_code_wins() {
    let fleet = Fleet::new(Options::default(), 12);
    let denied =
        Kind::Error(403, "AuthorizationFailed", "no authorization to perform action 'x' over scope '/y'");
    fleet.azure.fault(Fault::always("PUT", "/staticsites/shop-003/", denied));
    let first = fleet.run("link --all -o json");
    assert_eq!(first.code, Some(6), "{first:?}");
    let outcomes = |run: &Run| -> Vec<String> {
        let results = run.json()["results"].as_array().unwrap().clone();
        results.iter().map(|result| result["outcome"].as_str().unwrap().to_owned()).collect()
    };
    let failed: Vec<usize> = (0..12).filter(|at| outcomes(&first)[*at] == "failed").collect();
    assert_eq!(failed, [3]);
    fleet.azure.mend();
    fleet.azure.take_seen();
    let second = fleet.run("link --all -o json");
    assert_eq!(second.code, Some(0), "{second:?}");
    let applied: Vec<usize> = (0..12).filter(|at| outcomes(&second)[*at] == "applied").collect();
    assert_eq!(applied, [3], "the others were done");
    let written = fleet.azure.take_seen().into_iter().filter(|seen| seen.method == "PUT");
    assert!(written.into_iter().all(|seen| seen.path.contains("shop-003") || seen.path.contains("sea-003")));
}

#[test]
fn a_link_that_a_page_shows_as_broken_is_read_in_full() {
    let fleet = Fleet::new(Options::default(), 8);
    assert_eq!(fleet.run("link --all").code, Some(0));
    let other = format!("{SERVICE}-other");
    fleet.azure.put(&service(&other, "https://other.azure-api.net"));
    let backend = format!("{SITE}-002/builds/default/linkedBackends/gate");
    let mut body = fleet.azure.state().get(&backend).unwrap().clone();
    body["properties"]["backendResourceId"] = json!(other);
    fleet.azure.put(&body);
    let product = format!("{SERVICE}/products/calm-sea-005");
    let mut body = fleet.azure.state().get(&product).unwrap().clone();
    body["properties"]["subscriptionRequired"] = json!(false);
    fleet.azure.put(&body);
    let mut expected = vec!["linked"; 8];
    (expected[2], expected[5]) = ("linked-elsewhere", "drifted");
    assert_eq!(fleet.states(), expected);
    let status = fleet.run("status --all -o json").json();
    assert_eq!(status["links"][2]["linkedBackend"]["name"], "gate", "its name was asked for");
}

#[test]
fn without_the_right_to_list_a_subscription_links_are_read_one_by_one() {
    let fleet = Fleet::new(Options::default(), 6);
    assert_eq!(fleet.run("link --all").code, Some(0));
    let denied = Kind::Error(403, "AuthorizationFailed", "no");
    fleet.azure.fault(Fault::always("GET", "000001/providers/microsoft.web/staticsites", denied));
    assert_eq!(fleet.states(), ["linked"; 6]);
}

#[test]
fn a_fleet_paces_itself_below_the_buckets() {
    let fleet = Fleet::new(Options { throttles: true, ..Options::default() }, 300);
    let status = fleet.run("status --all -o json");
    assert_eq!(status.code, Some(0), "{status:?}");
    assert_eq!(fleet.azure.state().refused(), 0, "no answer was 429");
}
