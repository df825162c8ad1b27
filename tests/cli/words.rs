//! What `explain`, `help`, `man` and `completions` answer.

use snapbox::str;
use swa_apim::{cli::Trouble, diagnosis::ExitCode, engine::FindingCode};

use crate::support::Shop;

#[test]
fn a_code_is_explained() {
    Shop::empty().run("explain 60").is(str![[r#"
exit 0
--- stdout
SWAAPIM060: the site sends a key that is not valid
Severity: broken

The site uses the primary key that it copied when it was connected. The key was changed afterwards without connecting the site again, so every call of `/api` returns 401.

What to do: `relink` connects the site again, which gives it the current key. Do not regenerate the primary key of a link; `relink` replaces both keys without failed calls.

"#]]);
}

#[test]
fn every_code_is_listed_and_explained() {
    let shop = Shop::empty();
    let list = shop.run("explain").exits(0).stdout.clone();
    let lines: Vec<&str> = list.lines().collect();
    let parts: Vec<&[&str]> = lines.split(|line| line.is_empty()).collect();
    let counts: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    assert_eq!(counts, [FindingCode::ALL.len(), ExitCode::ALL.len(), Trouble::ALL.len()]);
    for line in lines.iter().filter(|line| !line.is_empty()) {
        let words =
            if line.starts_with('"') { line.trim_matches('"') } else { line.split(' ').next().unwrap() };
        assert!(shop.run_words(&["explain", words]).exits(0).stdout.contains("What to do:"), "{line}");
    }
}

#[test]
fn an_explanation_is_data_too() {
    let shop = Shop::empty();
    let one = shop.run("explain 60 -o json").exits(0).json();
    assert_eq!(one["entries"][0]["kind"], "finding");
    assert_eq!(one["entries"][0]["code"], "SWAAPIM060");
    assert_eq!(shop.run("explain exit-4 -o yaml --query entries[0].code").exits(0).stdout, "4\n");
    let message = shop.run("explain 'invalid subscription key' -o json").exits(0).json();
    assert_eq!(message["entries"][0]["kind"], "message");
    let all = shop.run("explain -o json").exits(0).json();
    let count = FindingCode::ALL.len() + ExitCode::ALL.len() + Trouble::ALL.len();
    assert_eq!(all["entries"].as_array().unwrap().len(), count);
    let rows = shop.run("explain -o tsv").exits(0).stdout.clone();
    assert!(rows.starts_with("finding\tSWAAPIM001\tbroken\t"), "{rows}");
}

#[test]
fn the_version_is_a_line_and_with_a_flag_all_that_is_known_of_the_build() {
    let shop = Shop::empty();
    let line = format!("swa-apim {}\n", env!("CARGO_PKG_VERSION"));
    for asked in ["--version", "-V"] {
        assert_eq!(shop.run(asked).exits(0).stdout, line);
    }
    let by_variable = shop.run_with("--version", &[("SWA_APIM_OUTPUT", "json")]);
    assert_eq!(by_variable.exits(0).stdout, line, "a script reads the line");
    let report = shop.run("--version -o json").exits(0).json();
    assert_eq!(report["version"], env!("CARGO_PKG_VERSION"));
    let target = report["target"].as_str().unwrap();
    assert!(target.starts_with(std::env::consts::ARCH), "{target}");
    let features = serde_json::json!(if cfg!(feature = "emulator") { vec!["emulator"] } else { vec![] });
    assert_eq!(report["features"], features);
    assert!(report.as_object().unwrap().contains_key("commit"));
    let text = shop.run("-vV").exits(0).stdout.clone();
    for part in [line.as_str(), "commit:   ", &format!("target:   {target}\n"), "features: "] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(shop.run("--version -o tsv --query target").exits(0).stdout, format!("{target}\n"));
    shop.run("--version --unheard-of").exits(2);
}

#[test]
fn an_exit_code_is_explained_by_its_number_after_a_word() {
    let shop = Shop::empty();
    let text = shop.run("explain exit-4").exits(0).stdout.clone();
    assert!(text.starts_with("exit code 4: refused by a check"), "{text}");
    for same in ["explain exit 4", "explain exit code 4", "explain Exit-4"] {
        assert_eq!(shop.run(same).stdout, text, "{same}");
    }
    assert!(shop.run("explain 4").exits(0).stdout.starts_with("SWAAPIM004"), "a number alone is a finding's");
    assert!(shop.run("explain exit-99").exits(2).stderr.contains("help exit-codes"));
}

#[test]
fn a_message_is_explained_by_some_of_its_words() {
    let shop = Shop::empty();
    let text = shop.run("explain 'Access denied due to invalid subscription key'").exits(0).stdout.clone();
    assert!(text.contains("swa-apim api add") && text.contains("SWAAPIM060"), "{text}");
    assert_eq!(shop.run("explain invalid subscription key").stdout, text);
    shop.run("explain the moon is green").is(str![[r#"
exit 2
--- stderr
error: no known message contains `the moon is green`
hint: `swa-apim explain` lists all messages; a part of the message is sufficient

"#]]);
}

#[test]
fn an_unknown_code_leads_to_the_nearest_one() {
    Shop::empty().run("explain SWAAPIM04").is(str![[r#"
exit 2
--- stderr
error: `SWAAPIM04` is not a finding code; did you mean `SWAAPIM040`?
hint: `swa-apim explain` lists all codes

"#]]);
    Shop::empty().run("explain foo").is(str![[r#"
exit 2
--- stderr
error: `foo` is not a finding code
hint: `swa-apim explain` lists all codes

"#]]);
}

#[test]
fn an_unknown_topic_leads_to_the_nearest_one() {
    Shop::empty().run("help lnik").is(str![[r#"
exit 2
--- stderr
error: there is no help topic `lnik`
hint: did you mean `link`?

"#]]);
    Shop::empty().run("help api ad").is(str![[r#"
exit 2
--- stderr
error: there is no help topic `ad`
hint: did you mean `add`?

"#]]);
    Shop::empty().run("help foo").is(str![[r#"
exit 2
--- stderr
error: there is no help topic `foo`
hint: `swa-apim help` lists the commands

"#]]);
}

#[test]
fn an_unknown_command_leads_to_the_nearest_one() {
    Shop::empty().run("lnik").is(str![[r#"
exit 2
--- stderr
error: unrecognized subcommand 'lnik'

  tip: some similar subcommands exist: 'relink', 'unlink', 'link'

Usage: swa-apim [OPTIONS] <COMMAND>

For more information, try '--help'.

"#]]);
    Shop::empty().run("man lnik").is(str![[r#"
exit 2
--- stderr
error: there is no command `lnik`
hint: did you mean `link`?

"#]]);
    Shop::empty().run("man api ad").is(str![[r#"
exit 2
--- stderr
error: there is no command `api ad`
hint: did you mean `api add`?

"#]]);
    Shop::empty().run("man foo").is(str![[r#"
exit 2
--- stderr
error: there is no command `foo`
hint: `swa-apim help` lists the commands

"#]]);
}

#[test]
fn an_unknown_shell_is_answered_with_the_known_ones() {
    Shop::empty().run("completions tcsh").is(str![[r#"
exit 2
--- stderr
error: invalid value 'tcsh' for '<SHELL>'
  [possible values: bash, zsh, fish, powershell, elvish]

  tip: a similar value exists: 'zsh'

For more information, try '--help'.

"#]]);
}

#[test]
fn every_exit_code_is_explained() {
    let text = Shop::empty().run("help exit-codes").exits(0).stdout.clone();
    for code in ExitCode::ALL.iter().copied() {
        assert!(text.contains(&format!("{:>3}  {}\n", code as u8, code.meaning())), "{text}");
    }
}

#[test]
fn help_and_man_know_every_command() {
    let shop = Shop::empty();
    for command in ["init", "link", "relink", "unlink", "status", "apply", "api add", "model import"] {
        assert!(shop.run(&format!("help {command}")).exits(0).stdout.contains("Usage:"), "{command}");
        assert!(shop.run(&format!("man {command}")).exits(0).stdout.contains(".TH"), "{command}");
    }
    shop.run("man --out pages").exits(0);
    assert!(shop.read("pages/swa-apim-api-add.1").contains(".TH"));
}
