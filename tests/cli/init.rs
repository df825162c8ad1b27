//! `init` without a terminal: what it writes, what it keeps, and what it refuses. At a terminal: `terminal.rs`.

use crate::support::{CONFIG, MODEL, Shop};

const ENV: &str = "init --env new --static-web-app shop-web --apim shop-apim";

/// The sample's model without a configuration.
fn unconfigured() -> Shop {
    let shop = Shop::sample();
    std::fs::remove_file(shop.path(CONFIG)).unwrap();
    std::fs::remove_file(shop.path(".gitignore")).unwrap();
    shop
}

#[test]
fn every_missing_flag_is_reported_at_once() {
    let shop = Shop::empty();
    shop.run("init").is(snapbox::str![[r#"
exit 2
--- stderr
error: `--static-web-app`, `--apim`, `--provider` are not specified, and there is no terminal
hint: add `--static-web-app NAME --apim NAME --provider arm`; in place of `--provider arm`, name a model with `--model FILE`; `--sample` needs no other flag

"#]]);
    shop.run("init --apim gate --provider arm --no-input").is(snapbox::str![[r#"
exit 2
--- stderr
error: `--static-web-app` is not specified, and `--no-input` is set
hint: add `--static-web-app NAME`; `--sample` needs no other flag

"#]]);
    assert!(!shop.path(CONFIG).exists());
}

#[test]
fn no_env_is_written_for_a_model_that_does_not_exist() {
    let shop = Shop::empty();
    for line in [format!("{ENV} --provider json"), format!("{ENV} --model nowhere.json")] {
        let run = shop.run(&line);
        assert!(run.exits(2).stderr.contains("there is no model at"), "{}", run.stderr);
        assert!(run.stderr.contains("--provider arm") && run.stderr.contains("--sample"), "{}", run.stderr);
    }
    assert!(!shop.path(CONFIG).exists() && !shop.path(".gitignore").exists());
}

#[test]
fn flags_that_say_what_to_write_are_refused_with_the_sample() {
    let shop = Shop::empty();
    for flag in [
        "--env staging",
        "--static-web-app shop-web",
        "--apim shop-apim",
        "--resource-group rg",
        "--subscription 00000000-0000-0000-0000-000000000000",
        "--site-environment default",
        "--provider json",
        "--model m.json",
        "--endpoint http://127.0.0.1:8087",
        "--provisioning engine",
        "--api orders",
    ] {
        let run = shop.run(&format!("init --sample {flag}"));
        let name = flag.split(' ').next().unwrap();
        let said = format!("error: `{name}` has no effect on `init` with `--sample`");
        assert!(run.exits(2).stderr.starts_with(&said), "{}", run.stderr);
        let run = shop.run_with(&format!("init {flag}"), &[("SWA_APIM_SAMPLE", "yes")]);
        assert!(run.exits(2).stderr.starts_with(&said), "{}", run.stderr);
    }
    assert!(!shop.path(CONFIG).exists() && !shop.path(MODEL).exists());
    shop.run("init --sample --yes --no-input --timeout 10s --quiet").exits(0);
}

#[test]
fn a_model_is_kept_in_the_file_and_out_of_version_control() {
    let shop = unconfigured();
    std::fs::create_dir(shop.path("models")).unwrap();
    std::fs::rename(shop.path(MODEL), shop.path("models/plane.json")).unwrap();
    shop.write(".gitignore", "target");
    let run = shop.run(&format!("{ENV} --model models/plane.json"));
    assert!(run.exits(0).stderr.ends_with("next: swa-apim link --env new\n"), "{}", run.stderr);
    let config = shop.read(CONFIG);
    assert!(config.contains("[provider.json]\nmodel = \"models/plane.json\"\n"), "{config}");
    let ignored = shop.read(".gitignore");
    assert!(ignored.starts_with("target\n") && ignored.ends_with("/models/plane.json.*\n"), "{ignored}");
    shop.run("link --env new").exits(0);
    shop.run(&format!("{} --model models/plane.json", ENV.replace("new", "again"))).exits(0);
    assert_eq!(shop.read(".gitignore"), ignored, "nothing is added twice");
}

#[test]
fn the_default_model_needs_no_setting() {
    let shop = unconfigured();
    shop.run(ENV).exits(0);
    assert!(!shop.read(CONFIG).contains("provider"), "{}", shop.read(CONFIG));
    assert!(shop.read(".gitignore").contains("/control-plane.json\n"));
    shop.run("link").exits(0);
}

#[test]
fn the_endpoint_and_the_provisioning_are_kept() {
    let shop = Shop::empty();
    let run =
        shop.run(&format!("{ENV} --provider arm --endpoint http://127.0.0.1:8087 --provisioning engine"));
    assert!(run.exits(0).stderr.ends_with("next: swa-apim link --env new\n"), "{}", run.stderr);
    assert_eq!(
        shop.read(CONFIG),
        "[env.new]\nstatic-web-app = \"shop-web\"\napim           = \"shop-apim\"\nprovider       = \"arm\"\n\
         provisioning   = \"engine\"\n\n[provider.arm]\nendpoint = \"http://127.0.0.1:8087\"\n"
    );
    assert!(!shop.path(".gitignore").exists(), "there is no model");
    shop.run(&format!("{} --endpoint http://127.0.0.1:8087", ENV.replace("new", "same"))).exits(0);
    let other = shop.run(&format!("{} --endpoint http://127.0.0.1:1", ENV.replace("new", "other")));
    assert!(other.exits(2).stderr.contains("http://127.0.0.1:8087"), "{}", other.stderr);
    assert!(!shop.read(CONFIG).contains("env.other"));
}

#[test]
fn an_address_that_a_found_file_must_not_name_is_used_with_the_name_of_the_file() {
    let shop = Shop::empty();
    let run = shop.run(&format!("{ENV} --provider arm --endpoint https://arm.example.com"));
    let next = "next: swa-apim link --env new --config swa-apim.toml\n";
    assert!(run.exits(0).stderr.ends_with(next), "{}", run.stderr);
    shop.run(&format!("{ENV} --provider arm --endpoint 'not an address'")).exits(2);
}

#[test]
fn a_file_that_a_flag_names_is_created() {
    let shop = unconfigured();
    let run = shop.run(&format!("{ENV} --config other.toml"));
    let next = "next: swa-apim link --env new --config other.toml\n";
    assert!(run.exits(0).stderr.ends_with(next), "{}", run.stderr);
    shop.run("link --env new --config other.toml").exits(0);
    shop.run("link --env new --config nowhere.toml").exits(2);
}

#[test]
fn an_env_beside_those_in_azure_is_in_azure_too() {
    let shop = Shop::empty();
    shop.run(&format!("{ENV} --provider arm")).exits(0);
    shop.run(&ENV.replace("new", "second")).exits(0);
    assert_eq!(shop.read(CONFIG).matches("provider       = \"arm\"").count(), 2, "{}", shop.read(CONFIG));
}

#[test]
fn without_a_configuration_every_command_says_the_ways_to_continue() {
    for line in [
        "link",
        "relink",
        "unlink",
        "status",
        "doctor",
        "api list",
        "api add orders",
        "api remove orders",
        "export --format bicep",
        "graph",
        "audit",
        "prune",
        "link --all",
        "status --all",
        "status --static-web-app shop-web --apim shop-apim",
        "audit --apim shop-apim",
    ] {
        let shop = Shop::empty();
        let run = shop.run(line);
        run.exits(2);
        for way in ["swa-apim init", "--provider arm", "--sample"] {
            assert!(run.stderr.contains(way), "{line} does not say `{way}`:\n{}", run.stderr);
        }
    }
}
