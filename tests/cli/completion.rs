//! Completion: the scripts, and the candidates that are known only when Tab is pressed.

use crate::support::Shop;

const VARIABLE: &str = "SWA_APIM_COMPLETE";

/// The candidates that are not flags.
fn names(shop: &Shop, words: &[&str]) -> Vec<String> {
    candidates(shop, words).into_iter().filter(|word| !word.starts_with('-')).collect()
}

/// The candidates for the last of these words, asked for as the script of bash asks.
fn candidates(shop: &Shop, words: &[&str]) -> Vec<String> {
    let mut command = shop.swa_apim("--");
    command.arg("swa-apim").args(words).env(VARIABLE, "bash").env("_CLAP_IFS", "\n");
    command.env("_CLAP_COMPLETE_INDEX", words.len().to_string());
    command.env("_CLAP_COMPLETE_COMP_TYPE", "9").env("_CLAP_COMPLETE_SPACE", "true");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn every_shell_has_its_script() {
    let shop = Shop::empty();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = shop.run(&format!("completions {shell}")).exits(0).stdout.clone();
        assert!(script.contains("swa-apim") && script.contains(VARIABLE), "{shell}: {script}");
        let here = env!("CARGO_BIN_EXE_swa-apim");
        assert!(!script.contains(here), "{shell}: the program is looked for where the user has it");
    }
}

#[test]
fn commands_are_completed() {
    assert_eq!(candidates(&Shop::empty(), &["rel"]), ["relink"]);
    assert_eq!(candidates(&Shop::empty(), &["api", "r"]), ["remove"]);
}

#[test]
fn env_names_are_completed() {
    let shop = Shop::sample();
    shop.add_env("[env.staging]\nstatic-web-app = 'shop-web'\napim = 'shop-apim'");
    assert_eq!(candidates(&shop, &["link", "--env", ""]), ["prod", "staging"]);
    assert_eq!(candidates(&shop, &["link", "--env", "st"]), ["staging"]);
    assert_eq!(candidates(&Shop::empty(), &["link", "--sample", "--env", ""]), ["prod"]);
}

#[test]
fn api_names_are_completed() {
    let shop = Shop::sample();
    assert_eq!(names(&shop, &["api", "add", "--env", "prod", ""]), ["catalog", "orders"]);
    assert_eq!(candidates(&shop, &["api", "remove", "--env=prod", "o"]), ["orders"]);
}

#[test]
fn finding_codes_are_completed() {
    let found = candidates(&Shop::empty(), &["explain", "SWAAPIM06"]);
    assert_eq!(found, ["SWAAPIM060", "SWAAPIM061", "SWAAPIM062"]);
}

#[test]
fn topics_and_pages_are_completed() {
    assert!(candidates(&Shop::empty(), &["help", "e"]).contains(&"exit-codes".to_owned()));
    assert_eq!(candidates(&Shop::empty(), &["man", "expl"]), ["explain"]);
}

#[test]
fn a_broken_configuration_completes_nothing_and_says_nothing() {
    let shop = Shop::sample();
    shop.write(crate::support::CONFIG, "[env");
    assert_eq!(candidates(&shop, &["link", "--env", ""]), [""; 0]);
    shop.write(crate::support::MODEL, "{");
    assert_eq!(names(&shop, &["api", "add", "--env", "prod", ""]), [""; 0]);
}

/// What bash itself would offer for the last word, or nothing where there is no bash.
fn in_bash(shop: &Shop, words: &[&str]) -> Option<String> {
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_swa-apim")).parent().unwrap();
    let script = "PATH=\"$1:$PATH\"; shift; source <(swa-apim completions bash); COMP_TYPE=9; \
                  COMP_WORDS=(swa-apim \"$@\"); COMP_CWORD=$#; _clap_complete_swa_apim swa-apim \"${@: -1}\"; \
                  echo \"${COMPREPLY[@]}\"";
    let mut command = shop.command("bash");
    command.args(["--norc", "-c", script, "bash"]).arg(folder).args(words);
    let Ok(output) = command.output() else { return None };
    let found = String::from_utf8(output.stdout).unwrap();
    Some(found.split_whitespace().filter(|word| !word.starts_with('-')).collect::<Vec<_>>().join(" "))
}

#[test]
fn bash_itself_completes() {
    let shop = Shop::sample();
    for (words, expected) in [
        (vec!["link", "--env", ""], "prod"),
        (vec!["api", "add", "--env", "prod", ""], "catalog orders"),
        (vec!["explain", "SWAAPIM09"], "SWAAPIM090"),
        (vec!["unl"], "unlink"),
    ] {
        match in_bash(&shop, &words) {
            Some(found) => assert_eq!(found, expected, "{words:?}"),
            None => crate::skip::skipped("there is no bash"),
        }
    }
}
