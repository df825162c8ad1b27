//! The line that an emulator prints when it is ready.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use crate::support::Sandbox;

/// The first line that an emulator prints with these arguments.
fn first_line(args: &[&str]) -> String {
    let sandbox = Sandbox::with_sites(1);
    let mut command = sandbox.command(&["emulate", "--listen", "127.0.0.1:0", "--data-plane", "127.0.0.1:0"]);
    let mut child = command.args(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    line
}

/// Checks a ready line by its published schema.
fn check(line: &str) {
    let schema = serde_json::from_str(include_str!("../../docs/schemas/emulate.v1.schema.json")).unwrap();
    let line = serde_json::from_str(line).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&line).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?} in {line}");
}

#[test]
fn the_ready_line_is_json_unless_another_format_or_a_part_is_requested() {
    for args in [&[][..], &["-o", "json"], &["-o", "table"]] {
        let line = first_line(args);
        assert!(line.starts_with(r#"{"schemaVersion":1,"controlPlane":"http://127.0.0.1:"#), "{line}");
        assert!(line.ends_with("\"}\n") && !line.contains("\"ui\""), "{line}");
        check(&line);
    }
    assert_eq!(first_line(&["-o", "yaml"]), "schemaVersion: 1\n");
    let address = first_line(&["--query", "controlPlane", "-o", "tsv"]);
    assert!(address.starts_with("http://127.0.0.1:"), "{address}");
}
