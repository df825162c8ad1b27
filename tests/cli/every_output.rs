//! Every command with every value of `--output`: it is honoured, or refused before anything is done.

use std::collections::BTreeSet;

use crate::support::Shop;

const FORMATS: [&str; 8] = ["table", "json", "jsonc", "yaml", "yamlc", "tsv", "markdown", "none"];

/// Commands with a result, each with a line that changes nothing.
const HONOURED: [(&str, &str); 16] = [
    ("link", "link --dry-run"),
    ("relink", "relink --dry-run"),
    ("unlink", "unlink --dry-run"),
    ("status", "status"),
    ("list", "list"),
    ("doctor", "doctor"),
    ("show", "show plan.json"),
    ("apply", "apply plan.json --dry-run"),
    ("api list", "api list"),
    ("api add", "api add catalog --dry-run"),
    ("api remove", "api remove orders --dry-run"),
    ("audit", "audit --apim shop-apim"),
    ("prune", "prune --apim shop-apim --dry-run"),
    ("model import", "model import resources.json"),
    ("model export", "model export"),
    ("explain", "explain 60"),
];

/// Commands whose result has one form only.
const REFUSED: [(&str, &str); 7] = [
    ("init", "init --sample"),
    ("graph", "graph"),
    ("export", "export --format bicep"),
    ("ui", "ui"),
    ("completions", "completions bash"),
    ("man", "man"),
    ("help", "help link"),
];

/// Commands that need Azure, or that run until they are ended: `tests/http` and `tests/emulator` have them.
const ELSEWHERE: [&str; 3] = ["history", "model snapshot", "emulate"];

/// Every command that can be run, such as `api add`.
fn commands(command: &clap::Command, path: &str, into: &mut BTreeSet<String>) {
    if !command.has_subcommands() {
        into.insert(path.to_owned());
    }
    for below in command.get_subcommands() {
        commands(below, format!("{path} {}", below.get_name()).trim(), into);
    }
}

#[test]
fn each_command_is_in_one_of_the_tables() {
    let mut all = BTreeSet::new();
    commands(&swa_apim::cli::command(), "", &mut all);
    let named = HONOURED.iter().chain(&REFUSED).map(|(command, _)| *command).chain(ELSEWHERE);
    assert_eq!(named.map(str::to_owned).collect::<BTreeSet<_>>(), all);
}

#[test]
fn a_command_with_a_result_prints_it_in_the_requested_format() {
    let shop = Shop::linked();
    shop.write("resources.json", "[]");
    shop.run("unlink --out plan.json").exits(0);
    for (_, line) in HONOURED {
        for format in FORMATS {
            let run = shop.run(&format!("{line} -o {format}"));
            let printed = run.exits(0).stdout.as_str();
            let fits = match format {
                "json" | "jsonc" => serde_json::from_str::<serde_json::Value>(printed).is_ok(),
                "yaml" | "yamlc" => serde_norway::from_str::<serde_json::Value>(printed).is_ok(),
                "markdown" => printed.starts_with('|') || printed.starts_with("**"),
                "none" => printed.is_empty(),
                // A table without rows.
                "tsv" if printed.is_empty() => true,
                _ => !printed.is_empty() && !printed.starts_with('|'),
            };
            assert!(fits, "{line} -o {format}:\n{printed}");
        }
    }
}

#[test]
fn a_command_without_data_refuses_every_format_and_does_nothing() {
    for (command, line) in REFUSED {
        let shop = Shop::empty();
        for format in FORMATS {
            let run = shop.run(&format!("{line} -o {format}"));
            assert!(
                run.exits(2).stderr.contains(&format!("`--output` has no effect on `{command}`")),
                "{line}"
            );
            assert!(run.stderr.contains("\nhint: ") && run.stdout.is_empty(), "{line}: {}", run.stderr);
        }
        let run = shop.run(&format!("{line} --query x"));
        assert!(run.exits(2).stderr.contains("`--query` has no effect"), "{line}: {}", run.stderr);
        assert!(!shop.path("swa-apim.toml").exists());
    }
}

#[test]
fn the_variable_is_set_for_all_commands_and_refuses_none() {
    let shop = Shop::sample();
    for (_, line) in REFUSED.iter().filter(|(command, _)| *command != "ui") {
        shop.run_with(line, &[("SWA_APIM_OUTPUT", "json")]).exits(0);
    }
}
