//! What a model in a file does besides: lock, survive, refuse what it does not know, keep what it does not.

use std::{error::Error as _, fs, path::PathBuf, sync::Arc, time::Duration};

use serde_json::{Value, json};
use swa_apim::{
    cli::command_line,
    diagnosis::{Diagnose as _, ExitCode},
    provider::{
        Expected, ProviderError, Reads as _, Writes as _,
        json::{JsonControlPlane, ModelError},
    },
};

use crate::world::{
    Counting, WAIT, backend_id, create, open, product, put, put_a_link, service, service_id, service_named,
    site, site_id, subscription_id,
};

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    (folder, path)
}

fn text(path: &std::path::Path) -> String {
    fs::read_to_string(path).unwrap()
}

fn try_open(path: &std::path::Path) -> Result<JsonControlPlane, ModelError> {
    JsonControlPlane::open(path, WAIT, Arc::new(Counting::default()))
}

#[expect(clippy::disallowed_methods, reason = "the tests play the person with the editor")]
fn write(path: &std::path::Path, text: &str) {
    fs::write(path, text).unwrap();
}

async fn write_a_link(path: &std::path::Path) {
    let plane = create(path);
    plane.begin().await.unwrap();
    put_a_link(&plane).await;
    plane.commit().await.unwrap();
}

#[tokio::test]
async fn a_committed_change_is_visible_to_this_and_to_other_processes() {
    let (_folder, path) = folder();
    let plane = create(&path);
    let (lineage, serial) = plane.generation();
    plane.begin().await.unwrap();
    put_a_link(&plane).await;
    plane.commit().await.unwrap();
    assert_eq!(plane.generation(), (lineage.clone(), serial + 1));
    for plane in [plane, open(&path)] {
        assert!(plane.get(&backend_id("backend")).await.unwrap().is_some());
        assert!(plane.keys(&subscription_id("linked")).await.unwrap().is_some());
        assert_eq!(plane.generation(), (lineage.clone(), serial + 1));
    }
}

#[tokio::test]
async fn after_a_commit_reads_come_from_the_file() {
    let (_folder, path) = folder();
    let plane = create(&path);
    plane.begin().await.unwrap();
    put_a_link(&plane).await;
    plane.commit().await.unwrap();
    write(&path, r#"{"schemaVersion":1,"resources":[]}"#);
    assert_eq!(plane.get(&site_id()).await.unwrap(), None);
}

#[tokio::test]
async fn a_transaction_that_changes_nothing_writes_nothing() {
    let (_folder, path) = folder();
    write_a_link(&path).await;
    let before = (text(&path), fs::metadata(&path).unwrap().modified().unwrap());
    let plane = open(&path);
    plane.begin().await.unwrap();
    put_a_link(&plane).await;
    plane.commit().await.unwrap();
    assert_eq!((text(&path), fs::metadata(&path).unwrap().modified().unwrap()), before);
}

#[tokio::test]
async fn a_transaction_without_commit_leaves_no_trace() {
    let (_folder, path) = folder();
    let plane = create(&path);
    let before = text(&path);
    plane.begin().await.unwrap();
    put_a_link(&plane).await;
    plane.begin().await.unwrap();
    assert_eq!(plane.get(&site_id()).await.unwrap(), None, "another begin starts from the file");
    put(&plane, site()).await;
    drop(plane);
    assert_eq!(text(&path), before);
    open(&path).begin().await.expect("the lock is free again");
}

#[tokio::test]
async fn a_change_without_a_transaction_is_refused() {
    let (_folder, path) = folder();
    let plane = create(&path);
    let error = plane.put(site(), Expected::Anything).await.unwrap_err();
    assert!(error.to_string().contains("outside of a transaction"), "{error}");
}

#[tokio::test]
async fn transactions_exclude_each_other_and_say_who_holds_the_lock() {
    let (_folder, path) = folder();
    let (first, second) = (create(&path), open(&path));
    first.begin().await.unwrap();
    let error = second.begin().await.unwrap_err();
    let message = error.to_string();
    let pid = format!("process {}", std::process::id());
    assert!(message.contains(&pid) && message.contains("since 1970-01-01T00:00:00Z"), "{message}");
    assert_eq!(error.diagnosis().exit, ExitCode::Unavailable);
    assert!(error.diagnosis().hint.is_some());
    put(&first, site()).await;
    first.commit().await.unwrap();
    second.begin().await.unwrap();
    assert!(second.get(&site_id()).await.unwrap().is_some(), "it sees what the first has done");
}

#[test]
fn no_update_of_several_at_once_is_lost() {
    const WRITERS: usize = 4;
    const WRITES: usize = 8;
    let (_folder, path) = folder();
    create(&path);
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let path = &path;
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
                runtime.block_on(add_services(path, writer, WRITES));
            });
        }
    });
    let plane = open(&path);
    assert_eq!(plane.resources().unwrap().len(), WRITERS * WRITES);
    assert_eq!(plane.generation().1, u64::try_from(WRITERS * WRITES).unwrap() + 1);
}

async fn add_services(path: &std::path::Path, writer: usize, count: usize) {
    let ambient = Arc::new(Counting::default());
    let plane = JsonControlPlane::open(path, Duration::from_secs(30), ambient).unwrap();
    for number in 0..count {
        plane.begin().await.unwrap();
        let id = service_named(&format!("w{writer}-{number}"));
        put(&plane, crate::world::resource(&id, &json!({}))).await;
        plane.commit().await.unwrap();
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_symbolic_link_to_a_model_is_the_model_and_stays_a_link() {
    let (folder, path) = folder();
    let link = folder.path().join("link.json");
    std::os::unix::fs::symlink("model.json", &link).unwrap();
    let (by_link, by_name) = (create(&link), open(&path));
    assert_eq!(by_link.path(), by_name.path());
    by_link.begin().await.unwrap();
    assert!(by_name.begin().await.is_err(), "two names, one lock");
    put(&by_link, site()).await;
    by_link.commit().await.unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(open(&path).get(&site_id()).await.unwrap().is_some());
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_a_model_and_the_directory_that_is_created_for_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new").join("model.json");
    write_a_link(&path).await;
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let error = open(&path).begin().await.unwrap_err();
    assert_eq!(error.diagnosis().exit, ExitCode::Usage);
    assert!(
        error.diagnosis().hint.is_some_and(|hint| hint.text(command_line).contains("chmod 600")),
        "{error}"
    );
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    open(&path).begin().await.expect("the refused transaction holds no lock");
}

#[tokio::test]
async fn the_previous_generation_is_kept() {
    let (_folder, path) = folder();
    write_a_link(&path).await;
    let before = text(&path);
    let plane = open(&path);
    plane.begin().await.unwrap();
    plane.delete(&site_id(), Expected::Anything).await.unwrap();
    plane.commit().await.unwrap();
    let previous = path.with_file_name("model.json.previous");
    assert_eq!(text(&previous), before);
    write(&path, "{");
    let hint = try_open(&path).unwrap_err().diagnosis().hint.unwrap().text(command_line);
    assert!(hint.contains(previous.to_str().unwrap()), "{hint}");
}

#[tokio::test]
async fn what_a_person_has_written_is_read_and_kept() {
    let (_folder, path) = folder();
    let pretty = json!({
        "owner": {"team": "web"},
        "schemaVersion": 1,
        "resources": [service().into_value()],
        "secrets": {"something else": {"kept": true}},
    });
    write(&path, &serde_json::to_string_pretty(&pretty).unwrap());
    let plane = open(&path);
    plane.begin().await.unwrap();
    put(&plane, site()).await;
    plane.commit().await.unwrap();
    let written: Value = serde_json::from_str(&text(&path)).unwrap();
    assert_eq!(written["owner"], pretty["owner"]);
    assert_eq!(written["secrets"], pretty["secrets"]);
    assert_eq!(written["serial"], 1);
    assert!(written["lineage"].as_str().is_some_and(|lineage| !lineage.is_empty()));
    assert!(text(&path).contains("\n        \"gatewayUrl\""), "byte for byte");
}

#[tokio::test]
async fn a_resource_or_a_secret_has_a_line_of_its_own() {
    let (_folder, path) = folder();
    write_a_link(&path).await;
    let text = text(&path);
    for line in text.lines().filter(|line| line.contains("{\"id\":")) {
        let resource: Value = serde_json::from_str(line.trim_end_matches(',')).unwrap();
        assert!(resource["id"].is_string());
    }
    assert_eq!(text.lines().filter(|line| line.contains("primaryKey")).count(), 2, "{text}");
}

#[tokio::test]
async fn white_space_is_no_part_of_a_version() {
    let (_folder, path) = folder();
    write_a_link(&path).await;
    let before = open(&path).get(&service_id()).await.unwrap().unwrap().etag;
    let whole: Value = serde_json::from_str(&text(&path)).unwrap();
    write(&path, &serde_json::to_string_pretty(&whole).unwrap());
    assert_eq!(open(&path).get(&service_id()).await.unwrap().unwrap().etag, before);
}

#[tokio::test]
async fn children_of_what_a_person_has_taken_out_are_not_there_and_do_not_come_back() {
    let (_folder, path) = folder();
    write_a_link(&path).await;
    let without: String = text(&path)
        .lines()
        .filter(|line| !line.contains("\"displayName\":\"Linked\""))
        .fold(String::new(), |all, line| all + line + "\n");
    write(&path, &without);
    let plane = open(&path);
    plane.begin().await.unwrap();
    let (policy, subscription) = (crate::world::policy(), subscription_id("linked"));
    assert_eq!(plane.get(policy.id()).await.unwrap(), None);
    put(&plane, product()).await;
    assert_eq!(plane.get(policy.id()).await.unwrap(), None);
    assert_eq!(plane.get(&subscription).await.unwrap(), None, "a new product has no subscriptions");
    plane.commit().await.unwrap();
    assert!(!text(&path).contains(&format!("\"{subscription}\":{{\"primaryKey\"")));
}

#[test]
fn a_newer_schema_is_refused_and_left_as_it_is() {
    let (_folder, path) = folder();
    let newer = r#"{"schemaVersion":7,"resources":{"of":"another shape"}}"#;
    write(&path, newer);
    let error = try_open(&path).unwrap_err();
    assert!(matches!(error, ModelError::Newer { found: 7, .. }), "{error}");
    assert_eq!(error.diagnosis().exit, ExitCode::Usage);
    let ambient = Arc::new(Counting::default());
    assert!(JsonControlPlane::create(&path, "", WAIT, ambient).is_err());
    assert_eq!(text(&path), newer);
}

#[tokio::test]
async fn a_model_that_became_newer_in_the_meantime_is_not_written_over() {
    let (_folder, path) = folder();
    let plane = create(&path);
    let newer = r#"{"schemaVersion":2,"resources":[]}"#;
    write(&path, newer);
    let error = plane.begin().await.unwrap_err();
    assert_eq!(error.diagnosis().exit, ExitCode::Usage);
    plane.commit().await.unwrap();
    assert_eq!(text(&path), newer);
    write(&path, r#"{"schemaVersion":1,"resources":[]}"#);
    open(&path).begin().await.expect("the failed transaction holds no lock");
}

#[test]
fn a_damaged_model_is_refused_with_the_place_and_left_as_it_is() {
    let (_folder, path) = folder();
    let id = site_id();
    let duplicate = format!(
        "{{\"schemaVersion\":1,\"resources\":[\n{{\"id\":\"{id}/builds/default/linkedBackends/b\"}},\n{{\"id\":\"{id}/linkedBackends/b\"}}]}}"
    );
    for (damaged, place) in
        [("", "line 1, column 1"), ("{\"schemaVersion\":1,\n\"res", "line 2"), (&duplicate, "line 3")]
    {
        write(&path, damaged);
        let error = try_open(&path).unwrap_err();
        assert!(error.to_string().contains(place), "{error}");
        assert_eq!(error.diagnosis().exit, ExitCode::Unexpected);
        assert_eq!(text(&path), damaged);
    }
}

#[tokio::test]
async fn what_no_value_can_hold_is_damage_when_it_is_read() {
    let (_folder, path) = folder();
    let id = site_id();
    write(&path, &format!("{{\"schemaVersion\":1,\"resources\":[\n{{\"id\":\"{id}\",\n\"x\":1e999}}]}}"));
    let error = open(&path).get(&id).await.unwrap_err();
    assert!(error.to_string().contains("line 3"), "{error}");
}

#[test]
fn a_missing_model_and_a_directory_are_usage_errors() {
    let (folder, path) = folder();
    for (path, wanted) in [(path.as_path(), "does not exist"), (folder.path(), "is a directory")] {
        let error = try_open(path).unwrap_err();
        assert!(error.to_string().contains(wanted), "{error}");
        assert_eq!(error.diagnosis().exit, ExitCode::Usage);
    }
}

#[tokio::test]
async fn a_model_that_cannot_be_locked_can_be_read_and_not_changed() {
    let (_folder, path) = folder();
    write_a_link(&path).await;
    let lock = path.with_file_name("model.json.lock");
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    let plane = open(&path);
    assert!(plane.get(&site_id()).await.unwrap().is_some());
    let error = plane.begin().await.unwrap_err();
    assert!(error.to_string().contains("model.json.lock"), "{error}");
    assert!(error.source().is_some() && error.diagnosis().hint.is_some());
    assert_eq!(error.diagnosis().exit, ExitCode::Usage);
}

#[cfg(unix)]
#[tokio::test]
async fn a_model_in_a_read_only_directory_can_be_read_and_not_changed() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, path) = folder();
    write_a_link(&path).await;
    fs::remove_file(path.with_file_name("model.json.lock")).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let plane = open(&path);
    assert!(plane.get(&site_id()).await.unwrap().is_some());
    if let Err(error) = plane.begin().await {
        assert!(matches!(error, ProviderError::Storage(_)));
        assert!(error.to_string().contains("no permission to write"), "{error}");
    } else {
        crate::skip::skipped("the superuser may write anywhere");
    }
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test]
async fn debug_shows_no_keys() {
    let (_folder, path) = folder();
    write_a_link(&path).await;
    let plane = open(&path);
    plane.begin().await.unwrap();
    let keys = plane.keys(&subscription_id("linked")).await.unwrap().unwrap();
    let stored: Value = serde_json::from_str(&text(&path)).unwrap();
    let secrets = stored["secrets"].as_object().unwrap().values();
    let stored: Vec<&str> = secrets
        .flat_map(|keys| keys.as_object().unwrap().values())
        .map(|key| key.as_str().unwrap())
        .collect();
    assert!(stored.contains(&keys.value.primary.expose()) && stored.len() >= 3, "the model has keys");
    let shown = format!("{plane:?} {plane:#?} {keys:?}");
    assert!(shown.starts_with("JsonControlPlane { path: Some("), "{shown}");
    for key in stored {
        assert!(!shown.contains(key), "{shown}");
    }
}

#[test]
fn a_created_model_has_the_specified_content_and_a_new_lineage() {
    let (_folder, path) = folder();
    let initial =
        json!({"schemaVersion": 1, "lineage": "sample", "serial": 9, "resources": [site().into_value()]});
    let create =
        || JsonControlPlane::create(&path, &initial.to_string(), WAIT, Arc::new(Counting::default()));
    let first = create().unwrap();
    assert_eq!(first.resources().unwrap(), [site()]);
    assert_eq!(first.generation(), ("00000000-0000-0000-0000-000000000001".to_owned(), 1));
    let before = text(&path);
    create().unwrap();
    assert_eq!(text(&path), before, "what is there is opened");
}
