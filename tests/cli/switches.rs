//! Switches mean what they say: variables that are on or off, flags that contradict each other, help, times.

use std::io::Write as _;

use crate::support::{CONFIG, MODEL, Shop};

#[test]
fn a_variable_that_is_neither_on_nor_off_is_an_error_that_names_it() {
    let shop = Shop::linked();
    let before = shop.read(MODEL);
    for variable in ["SWA_APIM_YES", "SWA_APIM_NO_INPUT", "SWA_APIM_QUIET", "SWA_APIM_SAMPLE"] {
        for value in ["nein", "2", "truee", "y"] {
            let run = shop.run_with("unlink --purge", &[(variable, value)]);
            assert!(run.exits(2).stderr.contains(variable), "{variable}={value}: {}", run.stderr);
        }
    }
    for off in ["0", "FALSE", "No", "off", ""] {
        shop.run_with("unlink --purge", &[("SWA_APIM_YES", off)]).exits(2);
    }
    assert_eq!(shop.read(MODEL), before);
    shop.run_with("unlink --purge", &[("SWA_APIM_YES", "On")]).exits(0);
}

#[test]
fn an_empty_variable_that_names_no_target_counts_as_unset() {
    let shop = Shop::linked();
    let names =
        ["OUTPUT", "QUERY", "TIMEOUT", "PROVIDER", "PROVISIONING", "YES", "QUIET", "VERBOSE", "GRACE"];
    for name in names {
        let run = shop.run_with("relink --dry-run", &[(&format!("SWA_APIM_{name}"), "")]);
        assert!(run.exits(0).stdout.starts_with("prod: "), "{name}: {}", run.stdout);
    }
}

#[test]
fn an_unknown_variable_is_warned_of_with_the_nearest() {
    let shop = Shop::linked();
    let run = shop.run_with("status", &[("SWA_APIM_OUPUT", "json"), ("SWA_APIM_ACCESS_TOKEN", "x")]);
    let expected = "warning: the environment variable SWA_APIM_OUPUT is unknown and has no effect; did you mean \
         SWA_APIM_OUTPUT?\n";
    assert_eq!(run.exits(0).stderr, expected);
    assert_eq!(shop.run_with("status -q", &[("SWA_APIM_OUPUT", "json")]).exits(0).stderr, "");
}

#[test]
fn flags_that_contradict_each_other_are_refused() {
    let shop = Shop::sample();
    for (line, flag) in [
        ("status -q -v", "--quiet"),
        ("status --sample --config swa-apim.toml", "--sample"),
        ("status --endpoint https://management.azure.com", "--endpoint"),
        ("status --sample --endpoint https://management.azure.com", "--endpoint"),
        ("status --provider arm --model control-plane.json", "--model"),
        ("link --provider json --endpoint http://127.0.0.1:1", "--endpoint"),
        ("status --interval 1s", "--interval"),
        ("status --watch --detailed-exitcode", "--detailed-exitcode"),
        ("status --wait-for linked --detailed-exitcode", "--detailed-exitcode"),
        ("link --detailed-exitcode", "--detailed-exitcode"),
        ("relink --all --detailed-exitcode", "--detailed-exitcode"),
        ("unlink --detailed-exitcode", "--detailed-exitcode"),
        ("api add orders --detailed-exitcode", "--detailed-exitcode"),
        ("prune --apim shop-apim --detailed-exitcode", "--detailed-exitcode"),
        ("link --no-wait --dry-run", "--no-wait"),
        ("unlink --no-wait --out plan.json", "--no-wait"),
        ("graph -o json", "--output"),
        ("export --format bicep --query links", "--query"),
        ("export --format apiops --apis-only", "--apis-only"),
        ("model export --env prod", "--env"),
        ("model import all.json --apim shop-apim", "--apim"),
        ("explain 60 --env prod", "--env"),
        ("completions bash --model x.json", "--model"),
        ("man --timeout 5s", "--timeout"),
        ("help link --sample", "--sample"),
    ] {
        let run = shop.run(line);
        assert!(run.exits(2).stderr.contains(flag), "{line}: {}", run.stderr);
        assert!(run.stderr.contains("hint: "), "{line}: {}", run.stderr);
    }
    shop.run_with("status -q", &[("SWA_APIM_VERBOSE", "2")]).exits(0);
}

#[test]
fn a_variable_is_never_refused_where_it_says_nothing() {
    let shop = Shop::linked();
    let variables = [("SWA_APIM_ENV", "prod"), ("SWA_APIM_OUTPUT", "json"), ("SWA_APIM_TIMEOUT", "5s")];
    for line in ["graph", "model export", "explain 60", "completions bash"] {
        shop.run_with(line, &variables).exits(0);
    }
}

#[test]
fn a_flag_that_applies_only_to_azure_is_noted_on_a_model() {
    let shop = Shop::linked();
    for flag in ["--grace 5s", "--check-rights"] {
        let run = shop.run(&format!("relink {flag}"));
        let name = flag.split(' ').next().unwrap();
        assert!(
            run.exits(0).stderr.contains(&format!("note: `{name}` has no effect on a model")),
            "{}",
            run.stderr
        );
    }
    let quiet = shop.run("unlink --no-wait -q");
    assert_eq!(quiet.exits(0).stderr, "");
    let by_variable = shop.run_with("link", &[("SWA_APIM_GRACE", "5s")]);
    assert!(!by_variable.exits(0).stderr.contains("note: "), "{}", by_variable.stderr);
}

#[test]
fn a_timeout_is_more_than_zero() {
    let shop = Shop::linked();
    for line in [
        "status --timeout 0s",
        "status --timeout 0",
        "link --timeout 0m",
        "status --wait-for linked --timeout 0",
    ] {
        assert!(shop.run(line).exits(2).stderr.contains("must be greater than zero"), "{line}");
    }
    shop.run_with("status", &[("SWA_APIM_TIMEOUT", "0")]).exits(2);
    shop.run("relink --grace 0").exits(0);
}

#[test]
fn colours_are_there_when_they_are_asked_for() {
    let shop = Shop::linked();
    let colored = |line: &str, variables: &[(&str, &str)]| {
        shop.run_with(line, variables).exits(0).stdout.contains("\u{1b}[")
    };
    assert!(!colored("status", &[]) && !colored("status --color never", &[("CLICOLOR_FORCE", "1")]));
    assert!(colored("status --color always", &[]) && colored("status --color always", &[("NO_COLOR", "1")]));
    for variable in ["SWA_APIM_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE"] {
        let value = if variable == "SWA_APIM_COLOR" { "always" } else { "1" };
        assert!(colored("status", &[(variable, value)]), "{variable}");
    }
    assert!(!colored("status", &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")]));
    assert!(!colored("status -o json --color always", &[]), "data has no colours");
    let wrong = shop.run("status --color sometimes");
    assert!(wrong.exits(2).stderr.contains("always"), "{}", wrong.stderr);
}

#[test]
fn no_help_shows_the_value_of_a_variable() {
    let shop = Shop::empty();
    let mut paths = vec![Vec::new()];
    let root = swa_apim::cli::command();
    let mut at = 0;
    while at < paths.len() {
        let path: Vec<String> = paths[at].clone();
        let found = path.iter().try_fold(&root, |command, name| command.find_subcommand(name)).unwrap();
        paths.extend(found.get_subcommands().map(|it| [&path[..], &[it.get_name().to_owned()]].concat()));
        at += 1;
    }
    let variables: Vec<(String, String)> = ["ENV", "GRACE", "EMULATOR_TOKEN", "TIMEOUT", "CONFIG", "QUERY"]
        .iter()
        .map(|name| (format!("SWA_APIM_{name}"), "7".repeat(9)))
        .collect();
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (&**name, &**value)).collect();
    for path in paths {
        let line = format!("{} --help", path.join(" "));
        let run = shop.run_with(&line, &variables);
        assert!(!run.exits(0).stdout.contains("7777"), "{line}: {}", run.stdout);
    }
}

#[test]
fn times_of_any_length_are_read() {
    let shop = Shop::linked();
    for time in ["9223372036854775807s", "18446744073709551615", "99999999999999999999999"] {
        shop.run(&format!("status --timeout {time}")).exits(0);
        shop.run(&format!("status --wait-for linked --timeout {time} --interval {time}")).exits(0);
        shop.run(&format!("relink --grace {time} --timeout {time}")).exits(0);
    }
}

#[test]
fn a_state_is_waited_for_until_the_time_limit_and_then_checked_again() {
    let shop = Shop::sample();
    let mut command = shop.swa_apim("status --wait-for linked --timeout 3s -v");
    let mut waiting = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    // The interval is longer than the timeout: the last look finds what was made in between.
    shop.run("link").exits(0);
    assert_eq!(waiting.wait().unwrap().code(), Some(0));
}

const REMOTE: &str = "[env.prod]\nstatic-web-app = 'shop-web'\napim = 'shop-apim'\nprovider = 'arm'\n\
                      resource-group = 'rg'\nsubscription = '00000000-0000-0000-0000-000000000000'\n[provider.arm]\n";

#[test]
fn a_file_that_was_found_sends_no_token_to_an_address_of_its_own() {
    let shop = Shop::empty();
    let token = [("SWA_APIM_ACCESS_TOKEN", "very-secret")];
    for address in [
        "https://evil.example",
        "https://management.azure.com.evil.example",
        "https://management.azure.com:8443",
        "https://169.254.169.254",
        "https://localhost.evil.example",
    ] {
        shop.write(CONFIG, format!("{REMOTE}endpoint = '{address}'\n"));
        std::fs::create_dir_all(shop.path("below")).unwrap();
        for line in ["status", "link", "relink --dry-run", "audit", "doctor --no-probe"] {
            let run = shop.run_with(line, &token);
            let told = format!("{}{}", run.stdout, run.stderr);
            assert!(told.contains(address) && told.contains("parent directories"), "{line}: {told}");
            assert!(told.contains(&format!("--endpoint {address}")), "{line}: {told}");
        }
        shop.run_with("status", &token).exits(2);
    }
    for address in
        ["https://u:p@evil.example", "https://management.azure.com\\\\@evil.example", "http://evil.example"]
    {
        shop.write(CONFIG, format!("{REMOTE}endpoint = \"{address}\"\n"));
        shop.run_with("status", &token).exits(2);
    }
}

#[test]
fn an_address_of_this_machine_or_one_that_the_user_names_is_used() {
    let shop = Shop::empty();
    let token = [("SWA_APIM_ACCESS_TOKEN", "very-secret")];
    shop.write(CONFIG, format!("{REMOTE}endpoint = 'http://127.0.0.1:1'\n"));
    shop.run_with("status --timeout 1s", &token).exits(5);
    shop.write(CONFIG, format!("{REMOTE}endpoint = 'https://localhost.invalid'\n"));
    shop.run_with("status --timeout 1s --config swa-apim.toml", &token).exits(5);
    let endpoint = ("SWA_APIM_ENDPOINT", "http://127.0.0.1:1");
    shop.run_with("status --timeout 1s", &[token[0], endpoint]).exits(5);
    std::fs::create_dir_all(shop.path("config/swa-apim")).unwrap();
    std::fs::rename(shop.path(CONFIG), shop.path("config/swa-apim/swa-apim.toml")).unwrap();
    if cfg!(target_os = "linux") {
        shop.run_with("status --timeout 1s", &token).exits(5);
    }
}

#[cfg(unix)]
#[test]
fn a_file_of_another_user_is_refused_unless_it_is_named() {
    let shop = Shop::linked();
    // Only root can give a file away.
    if std::os::unix::fs::chown(shop.path(CONFIG), Some(12_345), None).is_err() {
        return;
    }
    let run = shop.run("status");
    assert!(run.exits(2).stderr.contains("belongs to another user (uid 12345)"), "{}", run.stderr);
    assert!(run.stderr.contains("`--config swa-apim.toml`"), "{}", run.stderr);
    shop.run("status --config swa-apim.toml").exits(0);
    std::fs::File::options().append(true).open(shop.path(CONFIG)).unwrap().write_all(b"\n").unwrap();
}

#[test]
fn events_are_written_while_the_command_runs_and_once() {
    let shop = Shop::sample();
    shop.add_env("[env.again]\nstatic-web-app = 'shop-web'\napim = 'shop-apim'\n");
    shop.run("link --all --output-file events").exits(0);
    let events: Vec<serde_json::Value> =
        shop.read("events").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| events.iter().filter(|event| event["event"] == kind).count();
    assert_eq!((of("step"), of("result")), (5, 2));
}
