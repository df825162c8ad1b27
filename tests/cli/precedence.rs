//! A flag overrides every variable that contradicts it.

use crate::support::{CONFIG, MODEL, Run, Shop, site};

/// Variables with which a command that goes to Azure ends at once, with exit code 6.
const WITHOUT_LOGIN: (&str, &str) = ("SWA_APIM_CREDENTIAL", "client-secret");

fn state(run: &Run) -> String {
    run.exits(0).json()["links"][0]["state"].as_str().unwrap().to_owned()
}

#[test]
fn a_flag_of_a_control_plane_overrides_the_variable_that_selects_the_other() {
    let shop = Shop::linked();
    let arm = [("SWA_APIM_PROVIDER", "arm"), WITHOUT_LOGIN];
    assert_eq!(state(&shop.run_with("status -o json --model control-plane.json", &arm)), "linked");
    shop.run_with("status", &arm).exits(6);
    let json = [("SWA_APIM_PROVIDER", "json"), WITHOUT_LOGIN];
    shop.run_with("status --endpoint http://127.0.0.1:1", &json).exits(6);
    for (line, name) in [
        ("status --provider arm --model control-plane.json", "--model"),
        ("status --provider json --endpoint http://127.0.0.1:1", "--endpoint"),
        ("status --model control-plane.json --endpoint http://127.0.0.1:1", "--endpoint"),
    ] {
        let run = shop.run_with(line, &arm);
        assert!(run.exits(2).stderr.contains(name), "{line}: {}", run.stderr);
    }
}

#[test]
fn a_flag_overrides_the_variable_of_the_sample_and_the_flag_of_the_sample_every_variable() {
    let shop = Shop::linked();
    let sample = [("SWA_APIM_SAMPLE", "1"), WITHOUT_LOGIN];
    assert_eq!(state(&shop.run_with("status -o json", &sample)), "unlinked");
    assert_eq!(state(&shop.run_with("status -o json --config swa-apim.toml", &sample)), "linked");
    let missing = shop.run_with("status --config nosuch.toml", &sample);
    assert!(missing.exits(2).stderr.contains("nosuch.toml"), "{}", missing.stderr);
    shop.run_with("status --provider arm", &sample).exits(6);
    let azure = [("SWA_APIM_PROVIDER", "arm"), ("SWA_APIM_CONFIG", "nosuch.toml"), WITHOUT_LOGIN];
    assert_eq!(state(&shop.run_with("status --sample -o json", &azure)), "unlinked");
    let both = shop.run("status --sample --provider arm");
    assert!(both.exits(2).stderr.contains("`--provider` selects `arm`"), "{}", both.stderr);
}

#[test]
fn the_flag_of_the_sample_does_not_change_the_model_that_a_variable_names() {
    let shop = Shop::sample();
    let before = shop.read(MODEL);
    let mine = [("SWA_APIM_MODEL", MODEL)];
    shop.run_with("link --env prod --sample", &mine).exits(0);
    assert_eq!(shop.read(MODEL), before);
    shop.run("link --sample --model other.json").exits(0);
    assert!(shop.path("other.json").exists());
}

#[test]
fn a_command_that_only_reads_creates_no_model() {
    let shop = Shop::empty();
    for line in ["status", "doctor --no-probe", "audit", "list", "graph", "model export", "api list"] {
        shop.run(&format!("{line} --sample --model typo.json")).exits(0);
        assert!(!shop.path("typo.json").exists(), "{line}");
    }
}

#[test]
fn a_variable_about_one_link_has_no_effect_on_all_of_them() {
    let shop = Shop::linked();
    let original = shop.model()["resources"].as_array().unwrap().clone();
    let original = original.into_iter().find(|it| it["name"] == "shop-web").unwrap();
    shop.add([{
        let mut copy = original;
        copy["id"] = site().replace("shop-web", "two").into();
        copy["name"] = "two".into();
        copy["properties"]["defaultHostname"] = "two.5.azurestaticapps.net".into();
        copy
    }]);
    shop.add_env("[env.two]\nstatic-web-app = 'two'\napim = 'shop-apim'\nresource-group = 'rg-shop'\nsubscription = '00000000-0000-0000-0000-000000000000'");
    let variables = [
        ("SWA_APIM_STATIC_WEB_APP", "shop-web"),
        ("SWA_APIM_APIM", "nosuch"),
        ("SWA_APIM_SITE_ENVIRONMENT", "dev"),
        ("SWA_APIM_RESOURCE_GROUP", "nosuch"),
        ("SWA_APIM_SUBSCRIPTION", "11111111-1111-1111-1111-111111111111"),
    ];
    let run = shop.run_with("status --all -o json", &variables);
    let links = run.exits(0).json()["links"].clone();
    let shown = |at: usize| (links[at]["staticSite"]["name"].clone(), links[at]["state"].clone());
    assert_eq!(shown(0), ("shop-web".into(), "linked".into()));
    assert_eq!(shown(1), ("two".into(), "unlinked".into()));
    let note = "note: with `--all`, these environment variables have no effect on an env that has its own value: \
                SWA_APIM_STATIC_WEB_APP, SWA_APIM_APIM, SWA_APIM_RESOURCE_GROUP, SWA_APIM_SUBSCRIPTION, \
                SWA_APIM_SITE_ENVIRONMENT\n";
    assert_eq!(run.stderr, note);
    assert_eq!(shop.run_with("status --all -q", &variables).exits(0).stderr, "");
    let note_of_one = shop.run_with("status --env prod", &[("SWA_APIM_APIM", "shop-apim")]);
    assert!(!note_of_one.exits(0).stderr.contains("note: "), "{}", note_of_one.stderr);
}

#[test]
fn a_group_of_a_variable_completes_the_envs_that_have_none() {
    let shop = Shop::sample();
    shop.write(CONFIG, "[env.prod]\nstatic-web-app = 'shop-web'\napim = 'shop-apim'\n");
    let group = [("SWA_APIM_RESOURCE_GROUP", "rg-other")];
    shop.run_with("status --all", &group).exits(4);
    shop.run_with("status --all", &[("SWA_APIM_RESOURCE_GROUP", "rg-shop")]).exits(0);
}
