//! Where a setting is from: flags beat the environment, the environment beats the file.

use crate::support::{CONFIG, MODEL, Shop, apim, site};

/// The sample with a second site, `env-web`, and a third, `flag-web`.
fn three_sites() -> Shop {
    let shop = Shop::sample();
    let original = shop.model()["resources"][3].clone();
    assert_eq!(original["name"], "shop-web");
    shop.add(["env-web", "flag-web"].map(|name| {
        let mut copy = original.clone();
        copy["id"] = site().replace("shop-web", name).into();
        copy["name"] = name.into();
        copy
    }));
    shop
}

fn site_of(shop: &Shop, line: &str, variables: &[(&str, &str)]) -> String {
    let run = shop.run_with(&format!("{line} -o json"), variables);
    run.exits(0).json()["links"][0]["staticSite"]["name"].as_str().unwrap().to_owned()
}

#[test]
fn flags_beat_the_environment_and_the_environment_beats_the_file() {
    let shop = three_sites();
    let variable = [("SWA_APIM_STATIC_WEB_APP", "env-web")];
    assert_eq!(site_of(&shop, "status", &[]), "shop-web");
    assert_eq!(site_of(&shop, "status", &variable), "env-web");
    assert_eq!(site_of(&shop, "status --static-web-app flag-web", &variable), "flag-web");
    assert_eq!(site_of(&shop, "status --static-web-app flag-web", &[]), "flag-web");
}

#[test]
fn an_empty_variable_is_pointed_out() {
    let run = Shop::sample().run_with("status", &[("SWA_APIM_APIM", "")]);
    assert!(
        run.exits(2).stderr.contains("the environment variable SWA_APIM_APIM is empty"),
        "{}",
        run.stderr
    );
}

/// For each variable: a value, and what shows that it was heeded.
#[test]
fn every_variable_works() {
    let shop = three_sites();
    std::fs::rename(shop.path(CONFIG), shop.path("other.toml")).unwrap();
    std::fs::rename(shop.path(MODEL), shop.path("model.json")).unwrap();
    let base = "status --static-web-app shop-web --apim shop-apim --model model.json";
    let with = |line: &str, variable: &str, value: &str| shop.run_with(line, &[(variable, value)]);
    with("status --model model.json", "SWA_APIM_CONFIG", "other.toml").exits(0);
    with("status --config other.toml --model model.json", "SWA_APIM_ENV", "prd").exits(2);
    with("status --apim shop-apim --model model.json", "SWA_APIM_STATIC_WEB_APP", "shop-web").exits(0);
    with("status --static-web-app shop-web --model model.json", "SWA_APIM_APIM", &apim()).exits(0);
    with(base, "SWA_APIM_RESOURCE_GROUP", "nowhere").exits(4);
    with(base, "SWA_APIM_SUBSCRIPTION", "11111111-1111-1111-1111-111111111111").exits(4);
    let run = with(&format!("{base} -o json"), "SWA_APIM_SITE_ENVIRONMENT", "dev");
    assert_eq!(run.json()["links"][0]["staticSite"]["environment"], "dev");
    let arm = [("SWA_APIM_PROVIDER", "arm"), ("SWA_APIM_CREDENTIAL", "client-secret")];
    shop.run_with("status --static-web-app shop-web --apim shop-apim", &arm).exits(6);
    with("status --config other.toml", "SWA_APIM_MODEL", "model.json").exits(0);
    with(base, "SWA_APIM_PROVISIONING", "service").exits(2);
    with("status", "SWA_APIM_SAMPLE", "1").exits(0);
    with("status", "SWA_APIM_SAMPLE", "false").exits(2);
    assert!(with(base, "SWA_APIM_OUTPUT", "json").stdout.starts_with('{'));
    assert_eq!(with(&format!("{base} -o tsv"), "SWA_APIM_QUERY", "links[0].state").stdout, "unlinked\n");
    with(base, "SWA_APIM_TIMEOUT", "soon").exits(2);
    assert!(with(base, "SWA_APIM_NO_INPUT", "1").exits(0).stdout.contains("unlinked"));
    let link = base.replacen("status", "link", 1);
    shop.run(&link).exits(0);
    let remove = base.replacen("status", "unlink --purge", 1);
    with(&remove, "SWA_APIM_YES", "false").exits(2);
    with(&remove, "SWA_APIM_YES", "true").exits(0);
    let init = "init --provider arm --static-web-app shop-web --apim shop-apim";
    assert_eq!(with(init, "SWA_APIM_QUIET", "1").exits(0).stderr, "");
}

#[test]
fn every_flag_that_every_command_takes_has_a_variable() {
    let command = swa_apim::cli::command();
    let global = command.get_arguments().filter(|arg| arg.is_global_set());
    let without: Vec<&str> =
        global.filter(|arg| arg.get_env().is_none()).map(|arg| arg.get_id().as_str()).collect();
    assert_eq!(without, Vec::<&str>::new());
}

#[test]
fn a_flag_or_a_variable_turns_on_log_messages() {
    let shop = Shop::linked();
    let told = |run: crate::support::Run| run.stderr.contains("INFO applying step=\"swap-keys\"");
    assert!(told(shop.run("relink -v")));
    assert!(told(shop.run_with("relink", &[("SWA_APIM_VERBOSE", "1")])));
    assert!(!told(shop.run("relink")));
    assert!(!told(shop.run_with("relink -q", &[("SWA_APIM_VERBOSE", "1")])));
}

#[test]
fn the_sample_is_kept_in_the_data_directory_between_commands() {
    let shop = Shop::empty();
    shop.run("link --sample --env prod").exits(0);
    assert!(shop.run("status --sample -o tsv --query links[0].state").stdout.starts_with("linked"));
    assert!(shop.path("data/swa-apim/sample").join(MODEL).exists() || cfg!(not(target_os = "linux")));
    assert!(!shop.path(CONFIG).exists());
}

#[test]
fn hints_repeat_the_flags_that_the_next_command_needs() {
    let shop = Shop::empty();
    shop.run("link --sample").exits(0);
    let run = shop.run("unlink --sample");
    let command = run.stdout.split('`').find(|part| part.contains("--purge")).unwrap().to_owned();
    let line = command.strip_prefix("swa-apim ").unwrap();
    shop.run(&format!("{line} --yes")).exits(0);
}
