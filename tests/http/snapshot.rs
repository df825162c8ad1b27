//! `model snapshot`: what is in Azure, in a file, to rehearse on.

use std::{fs, io::Write as _, path::PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    azure::{FakeAzure, Options, SERVICE, SITE},
    program::run,
};

struct Rehearsal {
    azure: FakeAzure,
    folder: TempDir,
}

impl Rehearsal {
    fn of_a_link() -> Self {
        let azure = FakeAzure::with_scene(Options::default());
        assert_eq!(run(&azure, "link").code, Some(0));
        assert_eq!(run(&azure, "api add orders").code, Some(0));
        Self { azure, folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("rehearsal.json")
    }

    /// A file beside the model.
    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
        path
    }

    fn model(&self) -> Value {
        serde_json::from_str(&fs::read_to_string(self.file()).unwrap()).unwrap()
    }

    fn take(&self, more: &str) -> crate::program::Run {
        run(&self.azure, &format!("model snapshot --out {} {more}", self.file().display()))
    }

    /// Runs a command on the model instead of Azure.
    fn rehearse(&self, line: &str) -> crate::program::Run {
        let model = self.file();
        run(&self.azure, &format!("{line} --provider json --model {}", model.display()))
    }
}

#[test]
fn a_snapshot_of_a_link_is_linked_and_knows_no_key() {
    let it = Rehearsal::of_a_link();
    let taken = it.take("");
    assert_eq!(taken.code, Some(0), "{taken:?}");
    let model = it.model();
    assert_eq!(model["secrets"], json!({}));
    assert_eq!(model["keys"], "unknown");
    let (primary, secondary) = it.azure.state().link_keys().unwrap();
    assert!(!model.to_string().contains(&primary) && !model.to_string().contains(&secondary));
    let status = it.rehearse("status -o json --detailed-exitcode");
    assert_eq!(status.code, Some(0), "{status:?}");
    let link = &status.json()["links"][0];
    assert_eq!(link["state"], "linked");
    assert_eq!(link["findings"], json!([]));
    assert_eq!(link["subscription"]["keyFingerprints"], Value::Null);
    let table = it.rehearse("status");
    assert!(table.stdout.contains("unknown"), "{table:?}");
}

#[test]
fn linking_what_is_linked_has_nothing_to_do_in_a_rehearsal_either() {
    let it = Rehearsal::of_a_link();
    it.take("");
    let before = it.model();
    let link = it.rehearse("link -o json");
    assert_eq!(link.code, Some(0), "{link:?}");
    assert_eq!(link.json()["results"][0]["outcome"], "unchanged");
    assert_eq!(it.model(), before);
}

#[test]
fn a_change_can_be_rehearsed_and_azure_does_not_notice() {
    let azure = FakeAzure::with_scene(Options::default());
    let it = Rehearsal { azure, folder: tempfile::tempdir().unwrap() };
    assert_eq!(it.take("").code, Some(0));
    it.azure.take_seen();
    for line in ["link", "api add catalog", "relink", "unlink --purge --yes"] {
        let run = it.rehearse(line);
        assert_eq!(run.code, Some(0), "{line}: {run:?}");
    }
    assert!(it.azure.take_seen().is_empty());
    assert!(it.azure.state().link_keys().is_none());
}

#[test]
fn a_relink_in_a_rehearsal_ends_with_keys_that_are_known() {
    let it = Rehearsal::of_a_link();
    it.take("");
    let relink = it.rehearse("relink -o json");
    assert_eq!(relink.code, Some(0), "{relink:?}");
    let status = it.rehearse("status -o json");
    assert_eq!(status.json()["links"][0]["state"], "linked");
    assert_ne!(status.json()["links"][0]["subscription"]["keyFingerprints"], Value::Null);
}

#[test]
fn a_rehearsal_refuses_what_azure_would_refuse() {
    let azure = FakeAzure::with_scene(Options::default());
    let other = format!("{SERVICE}2");
    azure.put(&json!({"id": other, "sku": {"name": "Consumption"}, "properties": {"provisioningState": "Succeeded"}}));
    assert_eq!(run(&azure, &format!("link --apim {other}")).code, Some(0));
    let it = Rehearsal { azure, folder: tempfile::tempdir().unwrap() };
    assert_eq!(it.take("").code, Some(0));
    let status = it.rehearse("status -o json");
    assert_eq!(status.json()["links"][0]["state"], "linked-elsewhere", "{status:?}");
    assert_eq!(it.rehearse("link --dry-run").code, Some(4));
    assert_eq!(it.rehearse("link --replace --dry-run").code, Some(0));
}

#[test]
fn a_second_snapshot_is_the_next_generation_of_the_first() {
    let it = Rehearsal::of_a_link();
    it.take("");
    let first = it.model();
    let again = it.take("-o json");
    assert_eq!(again.json()["changed"], false, "{again:?}");
    assert_eq!(it.model(), first, "nothing is written where nothing has changed");
    it.rehearse("unlink");
    assert_eq!(run(&it.azure, "api add catalog").code, Some(0));
    let third = it.take("-o json");
    assert_eq!((third.code, &third.json()["changed"]), (Some(0), &Value::Bool(true)), "{third:?}");
    let model = it.model();
    assert_eq!(model["lineage"], first["lineage"]);
    assert!(model["serial"].as_u64() > first["serial"].as_u64());
    let status = it.rehearse("status -o json");
    assert_eq!(status.json()["links"][0]["product"]["apis"].as_array().unwrap().len(), 2);
}

#[test]
fn another_model_is_overwritten_only_with_yes() {
    let it = Rehearsal::of_a_link();
    let site = json!([{"id": SITE, "properties": {"defaultHostname": "a.b"}}]);
    let other = it.write("other.json", &site.to_string());
    assert_eq!(it.rehearse(&format!("model import {}", other.display())).code, Some(0));
    let before = it.model();
    let refused = it.take("");
    assert_eq!(refused.code, Some(4), "{refused:?}");
    assert!(refused.stderr.contains("--yes"), "{refused:?}");
    assert_eq!(it.model(), before);
    assert_eq!(it.take("--yes").code, Some(0));
    assert_ne!(it.model()["lineage"], before["lineage"]);
    let kept: Value =
        serde_json::from_str(&fs::read_to_string(it.folder.path().join("rehearsal.json.previous")).unwrap())
            .unwrap();
    assert_eq!(kept, before);
}

#[test]
fn without_a_file_the_snapshot_is_an_array_that_an_import_takes() {
    let it = Rehearsal::of_a_link();
    let printed = run(&it.azure, "model snapshot");
    assert_eq!(printed.code, Some(0), "{printed:?}");
    let resources = printed.json();
    let ids: Vec<&str> = resources.as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    for tail in ["/staticSites/shop", "/linkedBackends/gate", "/apis/catalog", "/policies/policy"] {
        assert!(ids.iter().any(|id| id.ends_with(tail)), "{tail}: {ids:?}");
    }
    let (primary, _) = it.azure.state().link_keys().unwrap();
    assert!(!printed.stdout.contains(&primary));
    let file = it.write("resources.json", &printed.stdout);
    assert_eq!(it.rehearse(&format!("model import {}", file.display())).code, Some(0));
    assert_eq!(it.rehearse("status -o json").json()["links"][0]["state"], "linked");
}

#[test]
fn a_snapshot_of_a_model_or_of_nothing_is_refused() {
    let it = Rehearsal::of_a_link();
    it.take("");
    assert_eq!(it.rehearse("model snapshot").code, Some(2));
    it.azure.state().remove(SITE);
    let gone = it.take("");
    assert_eq!(gone.code, Some(4), "{gone:?}");
}
