//! The action: how its command is split, what it leaves, and where the program comes from.

use std::{fs, process::Command};

use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::Value;

use crate::{
    root,
    runner::{Ran, Runner},
    shelf::Shelf,
    yaml,
};

/// A step that uses the action, with inputs.
fn step(command: &str, summary: bool) -> Value {
    let mut step = yaml(&format!("uses: {}@v0\nid: a\nwith: {{}}", crate::runner::repository()));
    step["with"]["command"] = command.into();
    step["with"]["summary"] = summary.to_string().into();
    step
}

fn run(runner: &Runner, command: &str) -> Ran {
    runner.steps(&[step(command, true)])
}

/// The words of a command as the action splits it, or the problem.
fn words(text: &str) -> Result<Vec<String>, String> {
    let script = ". \"$1\"; split_words \"$2\" || { printf %s \"$problem\"; exit 1; }; [ ${#words[@]} -eq 0 ] || printf '%s\\0' \"${words[@]}\"";
    let file = root().join(".github/action/words.sh");
    let output = Command::new("bash").args(["-uc", script, "bash"]).arg(file).arg(text).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        return Err(told);
    }
    Ok(told.split_terminator('\0').map(str::to_owned).collect())
}

#[test]
fn a_command_is_split_as_a_shell_splits_it() {
    for (text, expected) in [
        ("api add catalog  --env prod", vec!["api", "add", "catalog", "--env", "prod"]),
        ("api add 'orders --dry-run'", vec!["api", "add", "orders --dry-run"]),
        (r#"--query "links[0].env || 'x'" -o tsv"#, vec!["--query", "links[0].env || 'x'", "-o", "tsv"]),
        (r#"a\ b '' "" c"d"'e'"#, vec!["a b", "", "", "cde"]),
        ("a \\\n b\n# a comment\nc#d", vec!["a", "b", "c#d"]),
        (r#""\$HOME \"x\" \n""#, vec![r#"$HOME "x" \n"#]),
        ("$(touch x) `y` *; |", vec!["$(touch", "x)", "`y`", "*;", "|"]),
        (" \t\n", vec![]),
    ] {
        assert_eq!(words(text).unwrap(), expected, "{text}");
    }
}

#[test]
fn a_quote_without_an_end_is_a_problem() {
    for (text, problem) in [
        ("api add 'orders", "a single quote has no end"),
        ("api add \"orders'", "a double quote has no end"),
        ("api add orders\\", "a backslash at the end quotes nothing"),
    ] {
        assert_eq!(words(text).unwrap_err(), problem);
    }
}

/// The words of a text in which nothing is to be expanded, as bash itself splits it.
fn words_of_a_shell(text: &str) -> Option<Vec<String>> {
    let script = format!("words=({text}\n); [ ${{#words[@]}} -eq 0 ] || printf '%s\\0' \"${{words[@]}}\"");
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    output.status.success().then(|| told.split_terminator('\0').map(str::to_owned).collect())
}

#[test]
fn every_text_is_split_as_a_shell_splits_it() {
    let characters = prop::sample::select(vec!['a', ' ', '\t', '\n', '\'', '"', '\\', '#', '-', 'ä']);
    let texts = prop::collection::vec(characters, 0..12).prop_map(String::from_iter);
    let config = ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(&texts, |text| {
            let split = words(&text);
            // A shell would wait for the next line.
            if split.as_ref().is_err_and(|problem| problem.contains("backslash")) {
                return Ok(());
            }
            prop_assert_eq!(split.ok(), words_of_a_shell(&text));
            Ok(())
        })
        .unwrap();
}

#[test]
fn no_word_of_a_command_is_run_by_a_shell() {
    let runner = Runner::linked();
    let ran = run(&runner, "status --query '`touch ran`' $(touch ran); touch ran");
    ran.fails();
    assert!(!runner.path("ran").exists(), "{}", ran.log);
}

#[test]
fn a_quoting_error_stops_the_action_before_anything_is_run() {
    let runner = Runner::linked();
    let ran = run(&runner, "api add catalog --env prod 'orders --dry-run");
    ran.fails();
    assert!(ran.log.contains("::error title=swa-apim::the input command cannot be split"), "{}", ran.log);
    assert_eq!(ran.output("a", "exit-code"), "2");
    assert_eq!(apis(&runner), "orders\n");
}

#[test]
fn a_quoted_word_stays_one_word() {
    let runner = Runner::linked();
    let ran = run(&runner, "api add catalog --env prod 'orders --dry-run'");
    ran.fails();
    assert_eq!(apis(&runner), "orders\n", "no API has such a name, so none was added: {}", ran.log);
    let ran = runner.steps(&[step("status -o tsv --query 'links[0].env || state'", false)]);
    ran.succeeds();
    assert!(ran.log.contains("\nprod\n"), "{}", ran.log);
    assert!(runner.path(&ran.output("a", "events")).exists());
}

/// The names of the APIs in the product.
fn apis(runner: &Runner) -> String {
    runner.asked(&["api", "list", "-o", "tsv", "--query", "apis[?inProduct].name"])
}

#[test]
fn the_format_of_the_command_goes_before_the_table() {
    for command in ["status -o json", "status -qojson", "status --output=json", "status --output json"] {
        let runner = Runner::linked();
        let ran = run(&runner, command);
        ran.succeeds();
        assert!(ran.log.contains("\"schemaVersion\""), "{command}: {}", ran.log);
        let summary = runner.summary();
        assert!(
            summary.starts_with("````````\n{") && summary.trim_end().ends_with("\n````````"),
            "{command}: {summary}"
        );
    }
    let runner = Runner::linked();
    run(&runner, "status").succeeds();
    assert!(runner.summary().starts_with("| env |"), "{}", runner.summary());
}

#[test]
fn the_event_file_of_the_command_is_an_output() {
    let runner = Runner::linked();
    let ran = run(&runner, "status --output-file my.ndjson");
    ran.succeeds();
    assert_eq!(ran.output("a", "events"), "my.ndjson");
    assert!(runner.path("my.ndjson").exists());
}

#[test]
fn state_changed_and_pending_describe_the_current_and_the_planned_state() {
    let runner = Runner::unlinked();
    let planned = run(&runner, "link --env prod --dry-run");
    planned.succeeds();
    assert_eq!(
        (planned.output("a", "pending"), planned.output("a", "changed")),
        ("true".to_owned(), "false".to_owned())
    );
    let linked = run(&runner, "link --env prod");
    linked.succeeds();
    assert_eq!(
        (linked.output("a", "pending"), linked.output("a", "changed")),
        ("false".to_owned(), "true".to_owned())
    );
    assert_eq!(linked.output("a", "state"), "linked");
    let again = run(&runner, "link --env prod");
    assert_eq!(
        (again.output("a", "pending"), again.output("a", "changed")),
        ("false".to_owned(), "false".to_owned())
    );
    runner.drift();
    let drifted = run(&runner, "status --all --detailed-exitcode");
    drifted.fails();
    assert_eq!(
        (drifted.output("a", "pending"), drifted.output("a", "state")),
        ("true".to_owned(), "drifted".to_owned())
    );
    assert_eq!(drifted.output("a", "exit-code"), "3");
}

/// A server with a release whose program says that it came from there, and then is the program under test.
fn release(wrong: bool) -> Shelf {
    let folder = tempfile::tempdir().unwrap();
    let target = format!(
        "{}-{}",
        std::env::consts::ARCH,
        if cfg!(target_os = "macos") { "apple-darwin" } else { "unknown-linux-musl" }
    );
    let name = format!("swa-apim-{}-{target}", env!("CARGO_PKG_VERSION"));
    let script = format!("#!/bin/sh\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_swa-apim"));
    fs::create_dir(folder.path().join(&name)).unwrap();
    let program = folder.path().join(&name).join("swa-apim");
    std::io::Write::write_all(&mut fs::File::create(program).unwrap(), script.as_bytes()).unwrap();
    let packed =
        Command::new("tar").arg("-C").arg(folder.path()).args(["-czf", "-", &name]).output().unwrap();
    let archive = folder.path().join("archive");
    std::io::Write::write_all(&mut fs::File::create(&archive).unwrap(), &packed.stdout).unwrap();
    let sum = Command::new("sha256sum").arg(&archive).output().unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap();
    let sum = if wrong { "0".repeat(64) } else { sum[..64].to_owned() };
    let shelf = Shelf::start();
    let at = format!("/example/swa-apim/releases/download/v{}", env!("CARGO_PKG_VERSION"));
    shelf.put(&format!("{at}/{name}.tar.gz"), packed.stdout);
    shelf.put(&format!("{at}/SHA256SUMS"), format!("{sum}  {name}.tar.gz\n"));
    shelf
}

#[test]
fn the_program_is_downloaded_once_and_then_comes_from_the_cache() {
    let shelf = release(false);
    let runner = Runner::downloading(shelf.url());
    let ran = run(&runner, "status --env prod");
    ran.succeeds();
    assert!(ran.log.contains("installed swa-apim"), "{}", ran.log);
    assert_eq!(shelf.asked().len(), 2, "the archive and the checksums");
    fs::remove_file(runner.path("path")).unwrap();
    let again = run(&runner, "status --env prod");
    again.succeeds();
    assert!(again.log.contains("comes from the cache"), "{}", again.log);
    assert_eq!(shelf.asked().len(), 2, "nothing was downloaded again");
}

#[test]
fn a_cache_that_was_changed_is_not_believed() {
    let shelf = release(false);
    let runner = Runner::downloading(shelf.url());
    run(&runner, "status --env prod").succeeds();
    let added = fs::read_to_string(runner.path("path")).unwrap();
    let program = std::path::Path::new(added.trim()).join("swa-apim");
    let written = Command::new("sed").args(["-i", "2s/.*/touch ran/"]).arg(program).status().unwrap();
    assert!(written.success());
    fs::remove_file(runner.path("path")).unwrap();
    let ran = run(&runner, "status --env prod");
    ran.succeeds();
    assert!(ran.log.contains("installed swa-apim") && !runner.path("ran").exists(), "{}", ran.log);
}

#[test]
fn a_release_with_another_checksum_is_not_run() {
    let shelf = release(true);
    let runner = Runner::downloading(shelf.url());
    let ran = run(&runner, "status --env prod");
    ran.fails();
    assert!(ran.log.contains("the checksum of"), "{}", ran.log);
}

#[test]
fn a_version_is_a_version() {
    let runner = Runner::downloading("http://127.0.0.1:9".to_owned());
    let mut step = step("status", true);
    step["with"]["version"] = "0.1.0; touch ran".into();
    let ran = runner.steps(&[step]);
    ran.fails();
    assert!(
        ran.log.contains("the input version is not a version") && !runner.path("ran").exists(),
        "{}",
        ran.log
    );
}
