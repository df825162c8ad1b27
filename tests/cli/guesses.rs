//! Command lines that users of other tools type, and where the message leads.

use snapbox::str;

use crate::support::Shop;

#[test]
fn the_name_of_an_env_leads_to_the_line_that_names_it() {
    let shop = Shop::sample();
    shop.run("link prod").is(str![[r#"
exit 2
--- stderr
error: `swa-apim link` has no argument `prod`
hint: did you mean `swa-apim link --env prod`?

"#]]);
    shop.add_env("[env.'two words']\nstatic-web-app = 'shop-web'\napim = 'shop-apim'");
    let run = shop.run("relink 'two words' --dry-run");
    assert!(run.exits(2).stderr.contains("`swa-apim relink --env 'two words' --dry-run`"), "{}", run.stderr);
    let run = shop.run("status prd");
    assert!(run.exits(2).stderr.contains("`swa-apim status --env prod`"), "{}", run.stderr);
    let run = shop.run("unlink something-else");
    assert!(run.exits(2).stderr.contains("the envs are: prod, two words"), "{}", run.stderr);
}

#[test]
fn without_an_env_a_name_leads_to_the_command_that_writes_one() {
    let run = Shop::empty().run("link prod");
    let stderr = &run.exits(2).stderr;
    assert!(stderr.contains("no argument `prod`") && stderr.contains("`swa-apim init`"), "{stderr}");
}

#[test]
fn the_line_that_is_proposed_does_what_was_meant() {
    let shop = Shop::sample();
    let run = shop.run("plan prod --json");
    let line = run.exits(2).stderr.lines().last().unwrap().split('`').nth(1).unwrap().to_owned();
    assert_eq!(line, "swa-apim link --dry-run --env prod --output json");
    let planned = shop.run(line.strip_prefix("swa-apim ").unwrap()).exits(0).json();
    assert_eq!(planned["results"][0]["outcome"], "planned");
}

#[test]
fn the_name_of_a_site_or_of_a_service_leads_to_its_flag() {
    let shop = Shop::sample();
    for (line, meant) in [
        ("status shop-web", "swa-apim status --static-web-app shop-web"),
        ("audit shop-apim", "swa-apim audit --apim shop-apim"),
        ("status all", "swa-apim status --all"),
        ("prod", "swa-apim status --env prod"),
    ] {
        let run = shop.run(line);
        assert!(run.exits(2).stderr.contains(&format!("`{meant}`?")), "{line}: {}", run.stderr);
    }
}

#[test]
fn commands_of_other_tools_lead_to_those_of_this_one() {
    let shop = Shop::empty();
    shop.run("login").is(str![[r#"
exit 2
--- stderr
error: `swa-apim` has no command `login`
hint: did you mean `az login`?

"#]]);
    for (line, meant) in [
        ("plan", "swa-apim link --dry-run"),
        ("delete", "swa-apim unlink"),
        ("version", "swa-apim --version"),
        ("validate", "swa-apim doctor"),
        ("config", "swa-apim init"),
        ("unlink --force", "swa-apim unlink --yes"),
        ("link --force", "swa-apim link --replace"),
        ("status --name shop-web", "swa-apim status --static-web-app shop-web"),
    ] {
        let run = shop.run(line);
        assert!(
            run.exits(2).stderr.ends_with(&format!("did you mean `{meant}`?\n")),
            "{line}: {}",
            run.stderr
        );
        assert_eq!(run.stdout, "", "{line}");
    }
}

#[test]
fn a_value_that_a_variable_has_is_blamed_on_the_variable() {
    let shop = Shop::linked();
    shop.run_with("status", &[("SWA_APIM_OUTPUT", "xml")]).is(str![[r#"
exit 2
--- stderr
error: the environment variable SWA_APIM_OUTPUT cannot be `xml`: it is one of table, json, jsonc, yaml, yamlc, tsv, markdown, none
hint: correct it, or unset it: `unset SWA_APIM_OUTPUT`

"#]]);
    shop.run_with("status", &[("SWA_APIM_MODEL", "")]).is(str![[r#"
exit 2
--- stderr
error: the environment variable SWA_APIM_MODEL is empty
hint: specify a value, or unset it

"#]]);
    for (variable, value) in [
        ("SWA_APIM_TIMEOUT", "soon"),
        ("SWA_APIM_PROVIDER", "aws"),
        ("SWA_APIM_QUERY", "["),
        ("SWA_APIM_VERBOSE", "much"),
        ("SWA_APIM_GRACE", "x"),
    ] {
        let run = shop.run_with("link", &[(variable, value)]);
        assert!(run.exits(2).stderr.contains(&format!("variable {variable} cannot be")), "{}", run.stderr);
    }
    let by_flag = shop.run_with("status -o xml", &[("SWA_APIM_OUTPUT", "json")]);
    assert!(!by_flag.exits(2).stderr.contains("SWA_APIM_OUTPUT"), "{}", by_flag.stderr);
}

#[test]
fn a_secret_of_the_line_is_not_repeated() {
    let run = Shop::empty().run("emulate --token very-secret --force");
    assert!(!run.exits(2).stderr.contains("very-secret"), "{}", run.stderr);
}
