//! Names and messages of other parties, through every command and every format.

use serde_json::{Value, json};

use crate::support::{DISPLAY_NAME, Shop, apim, product, site, subscription};

const NASTY: &str =
    "x\u{1b}]52;c;aGk=\u{7}\u{9b}31m\u{202e}y\r\n::error::z\n##vso[task.setvariable]##[group]|`<b>\t$(id)";

fn hazards(text: &str) -> Vec<char> {
    let is_hazard =
        |c: &char| (c.is_control() && !"\n\t".contains(*c)) || "\u{202e}\u{2066}\u{200b}".contains(*c);
    text.chars().filter(is_hazard).collect()
}

fn assert_harmless(line: &str, text: &str) {
    assert_eq!(hazards(text), Vec::<char>::new(), "{line}: {text:?}");
    for shown in text.lines() {
        assert!(!shown.trim_start().starts_with("::"), "{line}: {text}");
        assert!(!shown.contains("##[") && !shown.contains("##vso["), "{line}: {text}");
    }
}

/// A link of which everything that a stranger can name is nasty.
fn nasty() -> Shop {
    let shop = Shop::linked();
    shop.change(&format!("{}/apis/orders", apim()), |it| {
        it["properties"]["path"] = format!("api/{NASTY}").into();
        it["properties"]["displayName"] = NASTY.into();
    });
    shop.change(&subscription(), |it| it["properties"]["state"] = NASTY.into());
    shop.change(&product(), |it| {
        it["properties"]["displayName"] = format!("{DISPLAY_NAME}{NASTY}").into();
        it["properties"]["state"] = NASTY.into();
    });
    shop.change(&site(), |it| it["sku"] = json!({"name": NASTY, "tier": NASTY}));
    shop
}

#[test]
fn what_azure_says_steers_neither_terminal_nor_pipeline() {
    let shop = nasty();
    for line in [
        "status",
        "status --all",
        "relink --dry-run",
        "link",
        "api list",
        "audit --apim shop-apim",
        "prune --apim shop-apim --dry-run",
        "doctor",
        "model export",
        "graph",
        "graph --format dot",
        "graph --format svg",
    ] {
        let formats: &[&str] = if line.starts_with("graph") {
            &[""]
        } else {
            &["", " -o json", " -o yaml", " -o tsv", " -o markdown"]
        };
        for format in formats {
            let line = format!("{line}{format} -vvv");
            let run = shop.run(&line);
            assert_harmless(&line, &run.stdout);
            assert_harmless(&line, &run.stderr);
        }
    }
    let status = shop.run("status -o json").json();
    assert_eq!(status["links"][0]["subscription"]["state"], NASTY, "data is faithful");
    let yaml: Value = serde_norway::from_str(&shop.run("status -o yaml").stdout).unwrap();
    assert_eq!(yaml, status);
}

#[test]
fn names_in_the_configuration_are_harmless_too() {
    let shop = Shop::sample();
    let name = json!(NASTY.replace(['\u{9b}', '\u{7}'], "")).to_string();
    shop.add_env(&format!("[env.{name}]\nstatic-web-app = {name}\napim = 'shop-apim'\n"));
    for line in ["status --all", "link --all", "status --env nope", "link --all --output-file events"] {
        for format in ["", " -o tsv", " -o markdown", " -o yaml"] {
            let line = format!("{line}{format} -vv");
            let run = shop.run(&line);
            assert_harmless(&line, &run.stdout);
            assert_harmless(&line, &run.stderr);
        }
    }
    assert_harmless("events", &shop.read("events"));
    assert_harmless("an argument", &shop.run_words(&["status", "--env", NASTY]).stderr);
    assert_harmless("an argument", &shop.run_words(&["status", "--timeout", NASTY]).stderr);
    assert_harmless("an argument", &shop.run_words(&["model", "import", NASTY]).stderr);
}

#[test]
fn commands_that_are_printed_are_quoted_for_a_shell() {
    let shop = Shop::sample();
    shop.add_env("[env.'my $(touch owned); prod']\nstatic-web-app = 'shop-web'\napim = 'shop-apim'\n");
    let run = shop.run_words(&["link", "--env", "my $(touch owned); prod"]);
    let hint = run.exits(0).stdout.lines().find_map(|line| line.strip_prefix("to undo: ")).unwrap();
    let mut shell = shop.command("sh");
    let script = hint.replacen("swa-apim", &format!("{} -q", env!("CARGO_BIN_EXE_swa-apim")), 1) + " --yes";
    assert!(shell.args(["-c", &script]).output().unwrap().status.success(), "{script}");
    assert!(!shop.path("owned").exists());
    assert_eq!(shop.state(), "unlinked");
}
