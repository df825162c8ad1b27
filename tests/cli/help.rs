//! Help: `-h` fits on one screen and says where the rest is, `--help` says everything.

use clap::Command;

use crate::support::Shop;

/// The lines of a terminal on which `-h` fits.
const LINES: usize = 40;
/// The columns of that terminal.
const COLUMNS: usize = 80;

/// The words of every command and of the program itself, as a user types them.
fn paths(command: &Command, path: &str, into: &mut Vec<String>) {
    into.push(path.to_owned());
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        paths(below, format!("{path} {}", below.get_name()).trim_start(), into);
    }
}

fn all() -> Vec<String> {
    let mut all = Vec::new();
    paths(&swa_apim::cli::command(), "", &mut all);
    all
}

#[test]
fn short_help_fits_on_one_screen_and_has_examples() {
    let (shop, columns) = (Shop::empty(), COLUMNS.to_string());
    for path in all() {
        let text = shop.run_with(&format!("{path} -h"), &[("COLUMNS", &columns)]).exits(0).stdout.clone();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.len() <= LINES, "`{path} -h` has {} lines:\n{text}", lines.len());
        let wide = lines.iter().find(|line| line.chars().count() > COLUMNS);
        assert_eq!(wide, None, "`{path} -h`");
        let has_examples = text.contains("Examples:\n  ") || ["api", "model"].contains(&path.as_str());
        assert!(has_examples, "`{path} -h`:\n{text}");
        assert!(text.contains("--help") && text.contains("swa-apim help options"), "`{path} -h`:\n{text}");
    }
}

#[test]
fn each_command_takes_one_line_of_the_short_help() {
    let text = Shop::empty().run_with("-h", &[("COLUMNS", "80")]).exits(0).stdout.clone();
    let commands = text.lines().skip_while(|line| *line != "Commands:").skip(1);
    for line in commands.take_while(|line| !line.is_empty()) {
        assert!(line.starts_with("  ") && !line.starts_with("   "), "{line}");
    }
}

#[test]
fn long_help_explains_the_options_of_every_command() {
    let shop = Shop::empty();
    for path in all() {
        let text = shop.run(&format!("{path} --help")).exits(0).stdout.clone();
        for said in ["--resource-group", "SWA_APIM_OUTPUT", "--query"] {
            assert!(text.contains(said), "`{path} --help` says nothing of {said}:\n{text}");
        }
    }
}

#[test]
fn the_options_of_every_command_have_a_page() {
    let text = Shop::empty().run("help options").exits(0).stdout.clone();
    for arg in
        swa_apim::cli::command().get_arguments().filter(|arg| arg.is_global_set() && !arg.is_hide_set())
    {
        let flag = format!("--{}", arg.get_long().unwrap());
        assert!(text.contains(&flag), "{flag}:\n{text}");
    }
    for short in ["-e, --env", "-g, --resource-group", "-n, --static-web-app"] {
        assert!(text.contains(short), "{short}:\n{text}");
    }
}

#[test]
fn every_variable_has_a_page() {
    let text = Shop::empty().run("help environment").exits(0).stdout.clone();
    for variable in swa_apim::cli::environment() {
        assert!(text.contains(&variable.name) && text.contains(&variable.meaning), "{}", variable.name);
    }
}

#[test]
fn the_letters_of_az_are_those_of_az() {
    let shop = Shop::sample();
    let state = shop.run("status -n shop-web -g rg-shop --apim shop-apim -o tsv --query links[0].state");
    assert_eq!(state.exits(0).stdout, "unlinked\n");
    assert_eq!(shop.run("link -e prod -o tsv --query results[0].outcome").exits(0).stdout, "applied\n");
}
