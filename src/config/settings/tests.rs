use std::{fs::File, io::Write};

use tempfile::TempDir;

use super::*;
use crate::{
    cli::command_line,
    config::{FILE_NAME, Source},
    diagnosis::{Diagnose, ExitCode},
};

const TWO_ENVS: &str = "[env.prod]\nstatic-web-app = 'shop'\napim = 'gate'\n\
                        [env.staging]\nstatic-web-app = 'shop2'\napim = 'gate2'\n";

const WAYS: &str = "`swa-apim init` writes a configuration; `--static-web-app NAME --apim NAME --provider arm` works \
                    in Azure without one, where `swa-apim list` shows the names; `--sample` uses the built-in \
                    sample";

/// A working directory, and the user's configuration directory.
struct TestFolder {
    root: TempDir,
}

impl TestFolder {
    fn empty() -> Self {
        Self { root: tempfile::tempdir().unwrap() }
    }

    fn with(text: &str) -> Self {
        let place = Self::empty();
        place.write(FILE_NAME, text);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join("work").join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
    }

    fn load(&self, overrides: Overrides) -> Result<Settings, ConfigError> {
        self.load_in("", overrides)
    }

    fn load_in(&self, folder: &str, overrides: Overrides) -> Result<Settings, ConfigError> {
        Settings::load_with(
            overrides,
            &self.path(folder),
            Some(&self.path("../user")),
            &ParsedConfig::default(),
        )
    }

    fn env(&self, overrides: Overrides) -> EnvSettings {
        self.load(overrides).unwrap().env().unwrap()
    }

    fn refusal(&self, overrides: Overrides) -> (String, String) {
        let error = self.load(overrides).and_then(|settings| settings.env()).unwrap_err();
        assert_eq!(error.diagnosis().exit, ExitCode::Usage);
        (error.to_string(), error.diagnosis().hint.unwrap_or_default().text(command_line))
    }
}

fn flag<T>(flag: &'static str, value: impl Into<T>) -> Sourced<T> {
    Sourced::new(value.into(), Source::Flag(flag))
}

fn chosen(env: &str) -> Overrides {
    Overrides { env: Some(flag("--env", env)), ..Overrides::default() }
}

fn line(line: usize) -> Source {
    Source::File { path: Path::new(FILE_NAME).into(), line }
}

#[test]
fn flags_and_environment_lie_over_the_file_and_the_file_over_the_defaults() {
    let place = TestFolder::with(
        "[env.prod]\nstatic-web-app = 'shop'\napim = 'gate'\nresource-group = 'rg'\nprovider = 'arm'\n\
         apis = ['a']\n[provider.arm]\ncloud = 'AzureChinaCloud'\nprovisioning = 'engine'\n",
    );
    let variable = Sourced::new("rg2".to_owned(), Source::Variable("SWA_APIM_RESOURCE_GROUP"));
    let env = place.env(Overrides {
        apim: Some(flag("--apim", "other")),
        resource_group: Some(variable.clone()),
        ..Overrides::default()
    });
    assert_eq!(env.name, "prod");
    assert_eq!(env.static_web_app, Sourced::new("shop".to_owned(), line(2)));
    assert_eq!(env.apim, Sourced::new("other".to_owned(), Source::Flag("--apim")));
    assert_eq!(env.resource_group, Some(variable));
    assert_eq!(env.azure_subscription, None);
    assert_eq!(env.site_environment, Sourced::default("default".to_owned()));
    assert_eq!(env.apis, ["a"]);
    assert_eq!(env.provider, Sourced::new(ProviderKind::Arm, line(5)));
    assert_eq!(env.provisioning, Sourced::new(Provisioning::Engine, line(9)));
    assert_eq!(env.cloud, Sourced::new(Cloud::AzureChinaCloud, line(8)));
    assert_eq!((env.endpoint, env.model.source), (None, Source::Default));
}

#[test]
fn every_override_wins_over_the_file() {
    let place = TestFolder::with(
        "[env.prod]\nstatic-web-app='1'\napim='1'\nresource-group='1'\nsubscription='1'\nsite-environment='1'\n\
         provider='json'\nprovisioning='engine'\n[provider.json]\nmodel='1'\n[provider.arm]\nendpoint='1'\n",
    );
    let env = place.env(Overrides {
        static_web_app: Some(flag("--f", "2")),
        apim: Some(flag("--f", "2")),
        resource_group: Some(flag("--f", "2")),
        azure_subscription: Some(flag("--f", "2")),
        site_environment: Some(flag("--f", "2")),
        provider: Some(flag("--f", ProviderKind::Arm)),
        model: Some(flag("--f", "2")),
        endpoint: Some(flag("--f", "2")),
        provisioning: Some(flag("--f", Provisioning::Service)),
        ..chosen("prod")
    });
    let two = || Sourced::new("2".to_owned(), Source::Flag("--f"));
    assert_eq!((env.static_web_app, env.apim, env.site_environment), (two(), two(), two()));
    assert_eq!(
        (env.resource_group, env.azure_subscription, env.endpoint),
        (Some(two()), Some(two()), Some(two()))
    );
    assert_eq!((env.provider.value, env.provisioning.value), (ProviderKind::Arm, Provisioning::Service));
    assert_eq!(env.model.value, place.path("2"), "relative to the working directory");
}

#[test]
fn the_provider_determines_the_default_of_provisioning() {
    let place = TestFolder::with(TWO_ENVS);
    assert_eq!(place.env(chosen("prod")).provisioning, Sourced::default(Provisioning::Engine));
    let arm = Overrides { provider: Some(flag("--provider", ProviderKind::Arm)), ..chosen("prod") };
    assert_eq!(place.env(arm).provisioning, Sourced::default(Provisioning::Service));
    let place = TestFolder::with(&format!("{TWO_ENVS}[provider.arm]\nprovisioning='service'"));
    assert_eq!(
        place.env(chosen("prod")).provisioning.value,
        Provisioning::Engine,
        "the model's are not arm's"
    );
}

#[test]
fn the_file_is_found_upward_and_then_in_the_users_directory() {
    let place = TestFolder::with(TWO_ENVS);
    place.write("a/b/.keep", "");
    place.write("../user/swa-apim.toml", "[env.mine]\n");
    let found = place.load_in("a/b", Overrides::default()).unwrap();
    assert_eq!(found.file, Some(place.path(FILE_NAME)));
    assert_eq!(found.model().value, place.path("control-plane.json"), "beside the file");
    place.write("a/swa-apim.toml", "[env.near]\n");
    assert_eq!(place.load_in("a/b", Overrides::default()).unwrap().env_names(), ["near"]);
    std::fs::remove_file(place.path("a/swa-apim.toml")).unwrap();
    std::fs::remove_file(place.path(FILE_NAME)).unwrap();
    assert_eq!(place.load_in("a/b", Overrides::default()).unwrap().env_names(), ["mine"]);
}

#[test]
fn a_file_that_was_found_by_walking_may_not_redirect_tokens() {
    let text = "[env.e]\nstatic-web-app='s'\napim='a'\n[provider.arm]\nendpoint='https://x.example'\n";
    let place = TestFolder::with(text);
    let trusts = |overrides| {
        let settings = place.load(overrides).unwrap();
        settings.may_redirect_tokens(&settings.endpoint().unwrap().source)
    };
    assert!(!trusts(Overrides::default()));
    assert!(trusts(Overrides { config: Some(flag("--config", FILE_NAME)), ..Overrides::default() }));
    let endpoint = Some(flag("--endpoint", "https://x.example"));
    assert!(trusts(Overrides { endpoint, ..Overrides::default() }));
    std::fs::remove_file(place.path(FILE_NAME)).unwrap();
    place.write("../user/swa-apim.toml", text);
    assert!(trusts(Overrides::default()), "the user's own directory");
}

#[test]
fn a_named_file_is_taken_and_no_other() {
    let place = TestFolder::with(TWO_ENVS);
    place.write("x/other.toml", "[env.it]\nstatic-web-app='s'\napim='a'\n[provider.json]\nmodel='m/c.json'");
    let named = |path: &str| Overrides { config: Some(flag("--config", path)), ..Overrides::default() };
    let env = place.env(named("x/other.toml"));
    assert_eq!(env.model.value, place.path("x/m/c.json"), "relative to the file");
    assert_eq!(env.model.source.to_string(), "x/other.toml, line 5");
    let (message, hint) = place.refusal(named("y.toml"));
    assert_eq!(message, "the file `y.toml` (from `--config`) does not exist");
    assert_eq!(hint, "`swa-apim init` creates a configuration");
}

#[test]
fn a_file_that_cannot_be_read_is_a_fault_of_the_configuration() {
    let place = TestFolder::with(TWO_ENVS);
    let folder = Overrides { config: Some(flag("--config", ".")), ..Overrides::default() };
    let error = place.load(folder).unwrap_err();
    assert_eq!(error.to_string(), "could not read `.`");
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(error.diagnosis().exit, ExitCode::Usage);
}

#[test]
fn the_only_env_needs_no_name_and_of_several_one_must_be_selected() {
    let place = TestFolder::with("[env.only]\nstatic-web-app='s'\napim='a'\n");
    assert_eq!(place.env(Overrides::default()).name, "only");
    let place = TestFolder::with(TWO_ENVS);
    assert_eq!(place.env(chosen("staging")).apim.value, "gate2");
    let (message, hint) = place.refusal(Overrides::default());
    assert_eq!(message, "`swa-apim.toml` has 2 envs, and none was selected");
    assert_eq!(hint, "add `--env NAME`; the envs are: prod, staging");
}

#[test]
fn an_unknown_env_leads_to_the_nearest() {
    let place = TestFolder::with(TWO_ENVS);
    let (message, hint) = place.refusal(chosen("stagin"));
    assert_eq!(message, "the env `stagin` does not exist in `swa-apim.toml`");
    assert_eq!(hint, "did you mean `staging`? the envs are: prod, staging");
    assert_eq!(place.refusal(chosen("x")).1, "the envs are: prod, staging");
    let (message, hint) = TestFolder::empty().refusal(chosen("prod"));
    assert_eq!(message, "the env `prod` does not exist because no `swa-apim.toml` was found");
    assert_eq!(hint, WAYS);
    let hint = TestFolder::with("").refusal(chosen("prod")).1;
    assert_eq!(hint, "add a table `[env.NAME]` to the file, or run `swa-apim init`");
}

#[test]
fn many_envs_are_not_all_listed() {
    let text: String = (0..20).fold(String::new(), |text, n| format!("{text}[env.e{n}]\n"));
    let hint = TestFolder::with(&text).refusal(Overrides::default()).1;
    assert!(hint.ends_with("e10, e11 and 8 more"), "{hint}");
}

#[test]
fn a_site_and_a_service_make_an_env_of_their_own() {
    let flags = |site: &str| Overrides {
        static_web_app: Some(flag("--static-web-app", site)),
        apim: Some(flag("--apim", "gate")),
        ..Overrides::default()
    };
    let env = TestFolder::empty()
        .env(flags("/subscriptions/s/resourceGroups/r/providers/Microsoft.Web/staticSites/shop"));
    assert_eq!((env.name.as_str(), env.apis.len()), ("shop", 0));
    assert_eq!(TestFolder::with(TWO_ENVS).env(flags("shop")).name, "shop");
    let apart = TestFolder::with("[env.only]\napis=['a']\n").load(flags("shop")).unwrap().unnamed().unwrap();
    assert_eq!((apart.name.as_str(), apart.apis.len()), ("shop", 0));
    let only = TestFolder::with("[env.only]\napis=['a']\n").env(flags("shop"));
    assert_eq!(
        (only.name.as_str(), only.apis),
        ("only", vec!["a".to_owned()]),
        "flags lie over the only env"
    );
}

#[test]
fn without_a_file_the_missing_flags_are_named() {
    let (message, hint) = TestFolder::empty().refusal(Overrides::default());
    let expected = "no `swa-apim.toml` was found, and `--static-web-app` and `--apim` are not specified";
    assert_eq!(message, expected);
    assert_eq!(hint, WAYS);
    let site = Overrides { static_web_app: Some(flag("--static-web-app", "s")), ..Overrides::default() };
    assert_eq!(
        TestFolder::with("").refusal(site).0,
        "`swa-apim.toml` contains no env, and `--apim` is not specified"
    );
}

#[test]
fn an_env_without_its_service_says_where() {
    let place = TestFolder::with("\n[env.prod]\nstatic-web-app = 's'\n");
    let (message, hint) = place.refusal(Overrides::default());
    assert_eq!(message, "the env `prod` has no `apim` (swa-apim.toml, line 2)");
    assert_eq!(hint, "add `apim = \"NAME\"` to the env, or specify `--apim`");
    place.env(Overrides { apim: Some(flag("--apim", "a")), ..Overrides::default() });
}

#[test]
fn an_empty_flag_or_variable_is_refused() {
    let given = Some(Sourced::new(" ".to_owned(), Source::Variable("SWA_APIM_APIM")));
    let (message, hint) = TestFolder::empty().refusal(Overrides { apim: given, ..Overrides::default() });
    assert_eq!(message, "the environment variable SWA_APIM_APIM is empty");
    assert_eq!(hint, "specify a value, or remove it");
    let path = Overrides { config: Some(flag("--config", "")), ..Overrides::default() };
    assert_eq!(TestFolder::empty().refusal(path).0, "`--config` is empty");
}

#[test]
fn all_envs_come_in_the_order_of_the_file() {
    let settings = TestFolder::with(TWO_ENVS).load(Overrides::default()).unwrap();
    let names: Vec<String> = settings.all().unwrap().into_iter().map(|env| env.name).collect();
    assert_eq!(names, ["prod", "staging"]);
    let none = |place: TestFolder| place.load(Overrides::default()).unwrap().all().unwrap_err().to_string();
    assert_eq!(none(TestFolder::empty()), "no `swa-apim.toml` was found");
    assert_eq!(none(TestFolder::with("")), "`swa-apim.toml` contains no env");
}

#[test]
fn the_sample_needs_no_file_and_ignores_an_existing_one() {
    let place = TestFolder::with("this is not TOML");
    let sample =
        || Overrides { sample: true, model: Some(flag("--model", "m.json")), ..Overrides::default() };
    let env = place.env(sample());
    assert_eq!((env.name.as_str(), env.apis.as_slice()), ("prod", ["orders".to_owned()].as_slice()));
    assert_eq!(env.static_web_app, Sourced::new("shop-web".to_owned(), Source::Sample));
    assert_eq!(env.provider.value, ProviderKind::Json);
    assert_eq!(env.model.value, place.path("m.json"));
    let (message, hint) = place.refusal(Overrides { env: Some(flag("--env", "dev")), ..sample() });
    assert_eq!(message, "the env `dev` does not exist in the sample");
    assert_eq!(hint, "the only env of the sample is `prod`: remove `--env`");
    let arm = Overrides { provider: Some(flag("--provider", ProviderKind::Arm)), ..sample() };
    let (message, hint) = place.refusal(arm);
    assert_eq!(message, "the sample is a JSON model, but `--provider` selects `arm`");
    assert_eq!(hint, "remove one of the two");
}

#[test]
fn the_sample_is_kept_in_the_users_data_directory() {
    let Some(kept) = sample::user_data_model() else { return };
    let env = TestFolder::empty().env(Overrides { sample: true, ..Overrides::default() });
    assert_eq!(env.model, Sourced::new(kept, Source::Sample));
}

#[test]
fn a_large_fleet_loads_completely() {
    let text = (0..2_000).fold(String::new(), |text, n| {
        text + &format!("[env.site-{n}]\nstatic-web-app = 'site-{n}'\napim = 'gate'\n\n")
    });
    let all = TestFolder::with(&text).load(Overrides::default()).unwrap().all().unwrap();
    assert_eq!(all.len(), 2_000);
    assert_eq!(all[1_999].apim.source, line(1_999 * 4 + 3));
}
