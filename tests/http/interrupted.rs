//! A saved plan that says how it is applied, and a change that is interrupted: what is printed for a program.
#![cfg(unix)]

use std::time::Duration;

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::{
    azure::{FakeAzure, Options},
    program::{Run, command, run},
};

#[test]
fn an_interrupted_change_reports_its_steps_as_json() {
    let azure = FakeAzure::with_scene(Options::default());
    assert_eq!(run(&azure, "link").code, Some(0));
    azure.take_seen();
    assert_eq!(run(&azure, "relink").code, Some(0));
    let seen = azure.take_seen();
    let swap = seen.iter().filter(|it| !it.data_plane).position(|it| it.method == "PATCH").unwrap();
    let arrived = azure.stop_at(swap);
    let mut command = command(&azure, "relink -o json");
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    arrived.recv_timeout(Duration::from_secs(60)).unwrap();
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGINT).unwrap();
    let ended = Run::of(&child.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(130), "{ended:?}");
    let report = ended.json();
    assert_eq!((&report["schemaVersion"], &report["command"]), (&1.into(), &"relink".into()), "{report}");
    let result = &report["results"][0];
    assert_eq!(
        (&result["outcome"], &result["error"]["exitCode"]),
        (&"failed".into(), &130.into()),
        "{report}"
    );
    let of = |status: &str| {
        let steps = result["steps"].as_array().unwrap().iter();
        let steps = steps.filter(|step| step["status"] == status);
        steps.map(|step| step["action"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of("applied"), ["connect"], "{report}");
    assert_eq!(of("unknown"), ["swap-keys"], "{report}");
    assert_eq!(of("pending").last().map(String::as_str), Some("retire-secondary"), "{report}");
    azure.stop_no_more();
    assert_eq!(run(&azure, "relink").code, Some(0));
}

#[test]
fn the_printed_command_applies_a_saved_plan() {
    let azure = FakeAzure::with_scene(Options::default());
    let endpoint = azure.endpoint();
    let file = format!("plan-{}.json", azure.port());
    let saved = run(&azure, &format!("link --endpoint {endpoint} --out {file}"));
    assert_eq!(saved.code, Some(0), "{saved:?}");
    let (_, next) = saved.stderr.split_once("next: swa-apim ").unwrap();
    assert_eq!(next.trim(), format!("apply {file} --endpoint {endpoint}"));
    let mut apply = command(&azure, next.trim());
    let applied = Run::of(&apply.env_remove("SWA_APIM_ENDPOINT").output().unwrap());
    assert_eq!(applied.code, Some(0), "{applied:?}");
}
