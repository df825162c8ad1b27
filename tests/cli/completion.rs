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
fn options_come_after_a_dash_or_where_there_is_nothing_else() {
    let shop = Shop::sample();
    for words in [&[""][..], &["api", ""], &["explain", ""], &["link", "--env", ""], &["status", "-o", ""]] {
        let found = candidates(&shop, words);
        assert!(!found.is_empty() && found.iter().all(|word| !word.starts_with('-')), "{words:?}: {found:?}");
    }
    assert!(candidates(&shop, &[""]).contains(&"link".to_owned()));
    assert!(candidates(&shop, &["link", "--re"]).contains(&"--replace".to_owned()));
    assert!(candidates(&shop, &["link", ""]).contains(&"--dry-run".to_owned()));
    assert!(candidates(&shop, &["-"]).contains(&"--config".to_owned()));
}

#[test]
fn sites_and_services_of_the_model_are_completed() {
    let shop = Shop::sample();
    assert_eq!(candidates(&shop, &["status", "--static-web-app", ""]), ["shop-web"]);
    assert_eq!(candidates(&shop, &["status", "-n", "sh"]), ["shop-web"]);
    assert_eq!(candidates(&shop, &["audit", "--apim", ""]), ["shop-apim"]);
    let mut twin = shop.model()["resources"][0].clone();
    let id =
        format!("{}/Microsoft.Web/staticSites/shop-web", crate::support::GROUP.replace("rg-shop", "rg-two"));
    for (key, value) in [("id", id.as_str()), ("name", "shop-web"), ("type", "Microsoft.Web/staticSites")] {
        twin[key] = value.into();
    }
    shop.add([twin]);
    let ids = [crate::support::site(), id];
    let mut found = candidates(&shop, &["status", "--static-web-app", ""]);
    found.sort();
    let mut expected = ids.to_vec();
    expected.sort();
    assert_eq!(found, expected, "a name that two have is completed as an id");
    shop.configure("provider       = \"json\"", "provider       = \"arm\"");
    assert_eq!(candidates(&shop, &["audit", "--env", "prod", "--apim", ""]), [""; 0], "Azure is not asked");
}

#[test]
fn a_script_is_installed_where_its_shell_looks_for_it() {
    let shop = Shop::empty();
    for (shell, file) in [
        ("bash", "data/bash-completion/completions/swa-apim"),
        ("zsh", "data/zsh/site-functions/_swa-apim"),
        ("fish", "config/fish/completions/swa-apim.fish"),
    ] {
        for _ in 0..2 {
            let run = shop.run(&format!("completions {shell} --install"));
            let path = shop.path(file).display().to_string();
            assert!(run.exits(0).stderr.starts_with(&format!("wrote {path}\nnext: ")), "{}", run.stderr);
            assert_eq!(run.stdout, "");
            assert_eq!(shop.read(file), shop.run(&format!("completions {shell}")).stdout, "{shell}");
        }
    }
    for (shell, startup) in [("powershell", "$PROFILE"), ("elvish", "rc.elv")] {
        let run = shop.run(&format!("completions {shell} --install"));
        assert!(
            run.exits(0).stderr.contains(startup) && run.stderr.contains("next: add this line"),
            "{}",
            run.stderr
        );
    }
    let moved = [("BASH_COMPLETION_USER_DIR", shop.path("own").display().to_string())];
    let moved: Vec<(&str, &str)> = moved.iter().map(|(name, value)| (*name, value.as_str())).collect();
    shop.run_with("completions bash --install", &moved).exits(0);
    assert!(shop.path("own/completions/swa-apim").exists());
    let homeless = [("HOME", ""), ("XDG_CONFIG_HOME", "relative")];
    let run = shop.run_with("completions fish --install", &homeless);
    assert!(run.exits(2).stderr.contains("neither XDG_CONFIG_HOME nor HOME"), "{}", run.stderr);
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
