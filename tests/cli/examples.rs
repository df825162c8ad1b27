//! What `--help` shows as examples works as it stands: every one is run by bash in the folder of the sample.
#![cfg(unix)]

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use clap::Command;

use crate::support::Shop;

/// Examples that end with something else than 0 there, and with what.
const OTHERWISE: [(&str, i32); 4] = [
    // There is no terminal to ask at.
    ("swa-apim init", 2),
    ("swa-apim unlink --env prod --purge", 2),
    // A model keeps no log.
    ("swa-apim history --env prod", 4),
    ("swa-apim history --env prod --since 7d -o json", 4),
];

/// Commands whose examples are run before anything is linked.
const FIRST: [&str; 3] = ["init", "link", "apply"];

/// Commands whose examples are run by a test of their own: each is for another shell, needs Azure, or goes on
/// until it is interrupted, as `tests/emulator` has it.
const APART: [&str; 4] = ["completions", "snapshot", "emulate", "ui"];

/// Every command that has no commands below it.
fn leaves(command: &Command) -> Vec<&Command> {
    let below: Vec<&Command> = command.get_subcommands().flat_map(leaves).collect();
    if below.is_empty() { vec![command] } else { below }
}

/// The lines under `Examples:` of a command's help.
fn examples(command: &Command) -> Vec<String> {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let lines = text.lines().skip_while(|line| *line != "Examples:").skip(1);
    lines.take_while(|line| !line.is_empty()).map(|line| line.trim().to_owned()).collect()
}

/// The sample in a folder, with stand-ins for other programs that examples begin or end with.
fn shop() -> Shop {
    let shop = Shop::sample();
    shop.write("resources.json", "[]");
    for (name, script) in [("az", "echo '[]'"), ("man", "cat > /dev/null"), ("xdg-open", "true")] {
        shop.write(name, format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(shop.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    shop
}

/// The exit code of a line, and what it printed.
fn run(shop: &Shop, line: &str) -> (i32, String) {
    run_with(shop, line, &[])
}

fn run_with(shop: &Shop, line: &str, variables: &[(&str, &str)]) -> (i32, String) {
    let programs = Path::new(env!("CARGO_BIN_EXE_swa-apim")).parent().unwrap().display();
    let path = format!("{}:{programs}:/usr/bin:/bin", shop.path("").display());
    let mut command = shop.command("bash");
    command.args(["--norc", "-o", "pipefail", "-c", line]).env("PATH", path).envs(variables.iter().copied());
    let output = command.output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8_lossy(&told).into_owned())
}

#[test]
fn every_command_has_examples() {
    let root = swa_apim::cli::command();
    for command in leaves(&root).into_iter().filter(|command| !command.is_hide_set()) {
        assert!(!examples(command).is_empty(), "`{}` has none", command.get_name());
    }
}

#[test]
fn every_example_works() {
    let root = swa_apim::cli::command();
    for command in leaves(&root).into_iter().filter(|command| !APART.contains(&command.get_name())) {
        // In their order, in one folder: an example may go on from the one before it.
        let shop = shop();
        if !FIRST.contains(&command.get_name()) {
            shop.run("link").exits(0);
            shop.run("link --env prod --sample").exits(0);
        }
        for example in examples(command) {
            let expected = OTHERWISE.iter().find(|(line, _)| *line == example).map_or(0, |(_, code)| *code);
            let (code, told) = run(&shop, &example);
            assert_eq!(code, expected, "{example}\n{told}");
        }
    }
}

/// They begin with the name of the shell that each is for; bash runs its own.
#[test]
fn the_example_of_completions_for_bash_works() {
    let root = swa_apim::cli::command();
    let completions = root.find_subcommand("completions").unwrap();
    let lines = examples(completions);
    let line = lines.iter().find_map(|line| line.strip_prefix("bash ")).unwrap();
    let (code, told) = run(&shop(), &format!("{line} && complete -p swa-apim"));
    assert_eq!(code, 0, "{told}");
}

/// The page is served until it is interrupted.
#[cfg(feature = "ui")]
#[test]
fn the_examples_of_the_page_print_its_address() {
    let root = swa_apim::cli::command();
    let ui = leaves(&root).into_iter().find(|command| command.get_name() == "ui").unwrap();
    let shop = shop();
    for example in examples(ui) {
        let words: Vec<&str> = example.split(' ').skip(1).filter(|word| *word != "--open").collect();
        let mut command = shop.command(env!("CARGO_BIN_EXE_swa-apim"));
        let mut page = command.args(words).stdout(std::process::Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut out = std::io::BufReader::new(page.stdout.take().unwrap());
        std::io::BufRead::read_line(&mut out, &mut line).unwrap();
        page.kill().unwrap();
        page.wait().unwrap();
        assert!(line.starts_with("http://127.0.0.1:") && line.contains("/?token="), "{example}: {line}");
    }
}

#[cfg(feature = "emulator")]
#[test]
fn the_examples_of_a_snapshot_work_against_the_emulator() {
    let root = swa_apim::cli::command();
    let snapshot = leaves(&root).into_iter().find(|command| command.get_name() == "snapshot").unwrap();
    let shop = shop();
    shop.run("link").exits(0);
    let mut emulate = shop.command(env!("CARGO_BIN_EXE_swa-apim"));
    emulate.args(["emulate", "--listen", "127.0.0.1:0", "--data-plane", "127.0.0.1:0", "--log", "off"]);
    let mut emulator = emulate.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    let mut out = std::io::BufReader::new(emulator.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut out, &mut ready).unwrap();
    let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
    let variables = [
        ("SWA_APIM_PROVIDER", "arm"),
        ("SWA_APIM_ENDPOINT", ready["controlPlane"].as_str().unwrap()),
        ("SWA_APIM_ACCESS_TOKEN", "a-token"),
    ];
    let outcomes: Vec<(String, (i32, String))> = examples(snapshot)
        .into_iter()
        .map(|example| (example.clone(), run_with(&shop, &example, &variables)))
        .collect();
    emulator.kill().unwrap();
    emulator.wait().unwrap();
    for (example, (code, told)) in outcomes {
        assert_eq!(code, 0, "{example}\n{told}");
    }
}
