//! Flags that have no effect where they are given are refused, and variables in the same place are not.

use crate::support::{CONFIG, MODEL, Shop, apim};

/// The flags that select a target.
const TARGET: [&str; 6] = [
    "--env prod",
    "--static-web-app shop-web",
    "--apim shop-apim",
    "--resource-group rg-shop",
    "--subscription 00000000-0000-0000-0000-000000000000",
    "--site-environment default",
];

/// The flags that select a control plane.
const PLANE: [&str; 4] =
    ["--provider json", "--sample", "--provisioning engine", "--endpoint http://127.0.0.1:1"];

fn refuses(shop: &Shop, line: &str, flags: impl IntoIterator<Item = &'static str>) {
    for flag in flags {
        let name = flag.split(' ').next().unwrap();
        let run = shop.run(&format!("{line} {flag}"));
        let said = &run.exits(2).stderr;
        assert!(said.starts_with(&format!("error: `{name}` has no effect on ")), "{line} {flag}: {said}");
        assert!(said.contains("hint: ") && run.stdout.is_empty(), "{line} {flag}: {said}");
    }
}

#[test]
fn an_audit_and_a_prune_refuse_flags_that_would_not_limit_them() {
    let shop = Shop::linked();
    shop.run("unlink").exits(0);
    let before = shop.read(MODEL);
    for line in ["prune --apim shop-apim --yes", "prune --env prod --yes", "audit", "audit --apim shop-apim"]
    {
        refuses(&shop, line, ["-n two", "--site-environment dev", "--provisioning engine"].map(long));
    }
    let of_all = ["--resource-group rg", "--subscription 00000000-0000-0000-0000-000000000000"];
    refuses(&shop, "audit --all-services", of_all);
    assert_eq!(shop.read(MODEL), before);
    let variables = [("SWA_APIM_STATIC_WEB_APP", "two"), ("SWA_APIM_RESOURCE_GROUP", "rg-shop")];
    shop.run_with("prune --apim shop-apim --dry-run", &variables).exits(0);
    shop.run_with("audit --all-services", &variables).exits(0);
    shop.run(&format!("audit --apim {} --env prod --resource-group rg-shop", apim())).exits(0);
}

fn long(flag: &'static str) -> &'static str {
    if flag == "-n two" { "--static-web-app two" } else { flag }
}

#[test]
fn a_result_in_a_form_of_its_own_refuses_other_forms() {
    let shop = Shop::linked();
    let forms = ["--output yaml", "--query links"];
    refuses(&shop, "model export --out all.json", forms);
    for line in ["link --out -", "relink --out -", "unlink --out /dev/stdout", "api add catalog --out -"] {
        refuses(&shop, line, forms);
    }
    refuses(&shop, "prune --apim shop-apim --out -", forms);
    shop.run_with("relink --out -", &[("SWA_APIM_OUTPUT", "yaml")]).exits(0);
    assert!(shop.run("relink --out - -o json").exits(0).stdout.starts_with('{'));
    assert!(shop.run("relink --out plan.json -o json").exits(0).stdout.starts_with('{'));
    assert!(!shop.path("all.json").exists());
    shop.run("model export --out all.json -o json").exits(0);
}

#[test]
fn a_saved_plan_names_its_target_and_its_control_plane() {
    let shop = Shop::sample();
    shop.run("link --out plan.json").exits(0);
    refuses(&shop, "apply plan.json", ["--provisioning engine"]);
    let sample = shop.run("apply plan.json --sample");
    assert!(sample.exits(2).stderr.contains("but `--sample` selects"), "{}", sample.stderr);
    let other = shop.run("apply plan.json --provider arm");
    assert!(other.exits(2).stderr.contains("`--provider` selects `arm`"), "{}", other.stderr);
    shop.run("apply plan.json --dry-run --provider json --env prod").exits(0);
    let elsewhere = shop.run("apply plan.json --endpoint http://127.0.0.1:1");
    assert!(elsewhere.exits(2).stderr.contains("`--endpoint` applies only to Azure"), "{}", elsewhere.stderr);
    refuses(&shop, "show plan.json", TARGET.into_iter().chain(PLANE));
    refuses(&shop, "show plan.json", ["--model control-plane.json"]);
    shop.run_with("show plan.json", &[("SWA_APIM_PROVIDER", "arm"), ("SWA_APIM_SAMPLE", "1")]).exits(0);
}

#[test]
fn a_plan_is_shown_beside_a_configuration_that_cannot_be_read() {
    let shop = Shop::sample();
    shop.run("link --out plan.json").exits(0);
    let before = shop.run("show plan.json").exits(0).stdout.clone();
    shop.write(CONFIG, "[env.prod");
    assert_eq!(shop.run("show plan.json").exits(0).stdout, before);
}

#[cfg(feature = "emulator")]
#[test]
fn an_emulator_refuses_flags_about_a_link_and_about_azure() {
    let shop = Shop::sample();
    // The address is of no machine, so that an emulator that is not refused ends.
    let line = "emulate --listen 192.0.2.1:0";
    refuses(&shop, line, TARGET);
    refuses(&shop, line, ["--provisioning engine", "--endpoint http://127.0.0.1:1"]);
    refuses(&shop, line, ["--tls-cert c.pem"]);
    let azure = shop.run(&format!("{line} --provider arm"));
    assert!(azure.exits(2).stderr.contains("`--provider` selects `arm`"), "{}", azure.stderr);
}

#[cfg(feature = "ui")]
#[test]
fn a_page_refuses_an_env_that_does_not_exist_and_flags_without_effect() {
    let shop = Shop::sample();
    let unknown = shop.run("ui --listen 192.0.2.1:0 --allow-remote --env nosuch");
    assert!(unknown.exits(2).stderr.contains("the env `nosuch` does not exist"), "{}", unknown.stderr);
    let two = "[env.two]\nstatic-web-app = 'two'\napim = 'shop-apim'\n";
    shop.add_env(two);
    let incomplete = shop.run("ui --listen 192.0.2.1:0 --allow-remote -n x");
    assert!(incomplete.exits(2).stderr.contains("none was selected"), "{}", incomplete.stderr);
    refuses(&shop, "ui --listen 192.0.2.1:0 --read-only", ["--grace 5s"]);
}

#[test]
fn an_extension_that_says_another_format_is_refused() {
    let shop = Shop::linked();
    for (line, said) in [
        ("graph --out pic.png", "`png`"),
        ("graph --format svg --out pic.dot", "`--format svg`"),
        ("export --format terraform --out x.bicep", "`--format terraform`"),
        ("export --all --format apiops --out x.json", "`--format apiops`"),
    ] {
        let run = shop.run(line);
        assert!(
            run.exits(2).stderr.contains(said) && run.stderr.contains("hint: "),
            "{line}: {}",
            run.stderr
        );
    }
    for file in ["pic.png", "pic.dot", "x.bicep", "x.json"] {
        assert!(!shop.path(file).exists(), "{file}");
    }
    shop.run("graph --format mermaid --out links.txt").exits(0);
}

#[test]
fn a_time_that_is_too_long_or_too_short_is_refused() {
    let shop = Shop::linked();
    let past = shop.run("history --since 900d");
    assert!(past.exits(2).stderr.contains("90 days"), "{}", past.stderr);
    for line in ["status --watch --interval 0", "status --wait-for linked --interval 0s"] {
        let run = shop.run(line);
        assert!(run.exits(2).stderr.contains("greater than zero"), "{line}: {}", run.stderr);
    }
}
