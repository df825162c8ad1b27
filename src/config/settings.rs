//! Combines the layers of the configuration.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    Cloud, ConfigError, MODEL_NAME, ProviderKind, Provisioning, Searched, Source, Sourced,
    document::{ConfigDocument, EnvLayer},
    find::{self, Found, FoundBy},
    sample,
};
use crate::model::PRODUCTION;

/// The values of flags and environment variables; `None` where neither is set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// The configuration file.
    pub config: Option<Sourced<PathBuf>>,
    /// The env to work on.
    pub env: Option<Sourced<String>>,
    /// The static web app, by name or id.
    pub static_web_app: Option<Sourced<String>>,
    /// The API Management service, by name or id.
    pub apim: Option<Sourced<String>>,
    /// The resource group of the resources that are specified by name.
    pub resource_group: Option<Sourced<String>>,
    /// The Azure subscription of the resources that are specified by name.
    pub azure_subscription: Option<Sourced<String>>,
    /// The environment of the site.
    pub site_environment: Option<Sourced<String>>,
    /// The control plane.
    pub provider: Option<Sourced<ProviderKind>>,
    /// The file of the JSON model, relative to the working directory.
    pub model: Option<Sourced<PathBuf>>,
    /// The address of Azure Resource Manager.
    pub endpoint: Option<Sourced<String>>,
    /// Who creates the parts of a link.
    pub provisioning: Option<Sourced<Provisioning>>,
    /// Whether to use the built-in sample and no file.
    pub sample: bool,
    /// Whether the command creates the configuration file that `config` names.
    pub creates_config: bool,
}

impl Overrides {
    /// Refuses empty values: they are usually from a variable that a script did not set.
    fn check(&self) -> Result<(), ConfigError> {
        let names = [
            &self.env,
            &self.static_web_app,
            &self.apim,
            &self.resource_group,
            &self.azure_subscription,
            &self.site_environment,
            &self.endpoint,
        ];
        let paths = [&self.config, &self.model].into_iter().flatten();
        let empty_paths = paths.filter(|path| path.value.as_os_str().is_empty()).map(|path| &path.source);
        let empty_names = names.into_iter().flatten().filter(|name| name.value.trim().is_empty());
        match empty_names.map(|name| &name.source).chain(empty_paths).next() {
            Some(source) => Err(ConfigError::Empty(source.clone())),
            None => Ok(()),
        }
    }
}

/// All settings of a command's target, and where each value is from.
#[derive(Clone, Debug, PartialEq)]
pub struct EnvSettings {
    /// The name of the env.
    pub name: String,
    /// Where the env is from: a file, the sample, or flags.
    pub at: Source,
    /// The static web app, by name or id.
    pub static_web_app: Sourced<String>,
    /// The API Management service, by name or id.
    pub apim: Sourced<String>,
    /// The resource group of the resources that are specified by name.
    pub resource_group: Option<Sourced<String>>,
    /// The Azure subscription of the resources that are specified by name.
    pub azure_subscription: Option<Sourced<String>>,
    /// The environment of the site; `default` is production.
    pub site_environment: Sourced<String>,
    /// The APIs to keep in the link's product, without duplicates.
    pub apis: Vec<String>,
    /// The age above which keys are reported as too old.
    pub max_key_age: Option<Duration>,
    /// The control plane.
    pub provider: Sourced<ProviderKind>,
    /// The file of the JSON model.
    pub model: Sourced<PathBuf>,
    /// The cloud, which applies if there is no endpoint.
    pub cloud: Sourced<Cloud>,
    /// The address of Azure Resource Manager, if it is not that of the cloud.
    pub endpoint: Option<Sourced<String>>,
    /// Who creates the parts of a link.
    pub provisioning: Sourced<Provisioning>,
}

/// The configuration: the file, if there is one, overridden by environment variables and flags.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The file that was read.
    pub file: Option<PathBuf>,
    shown: Option<PathBuf>,
    by: FoundBy,
    cwd: PathBuf,
    document: ConfigDocument,
    overrides: Overrides,
}

impl Settings {
    /// Finds and reads the file, if there is one.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if the specified file is missing, or a file that was found cannot be used.
    pub fn load(overrides: Overrides, cwd: &Path) -> Result<Self, ConfigError> {
        let directories = find::directories();
        let user_directory = directories.as_ref().map(directories::ProjectDirs::config_dir);
        Self::load_with(overrides, cwd, user_directory)
    }

    fn load_with(overrides: Overrides, cwd: &Path, user: Option<&Path>) -> Result<Self, ConfigError> {
        overrides.check()?;
        if overrides.sample {
            return Self::sample(overrides, cwd);
        }
        let found = match find::find(overrides.config.as_ref(), cwd, user) {
            Err(ConfigError::NoSuchFile { .. }) if overrides.creates_config => None,
            found => found?,
        };
        let Some(Found { path, shown, by, bytes }) = found else {
            return Ok(Self::without_file(ConfigDocument::default(), overrides, cwd));
        };
        let document = ConfigDocument::parse(&shown, &bytes)?;
        Ok(Self { file: Some(path), shown: Some(shown), by, cwd: cwd.to_owned(), document, overrides })
    }

    fn sample(overrides: Overrides, cwd: &Path) -> Result<Self, ConfigError> {
        if let Some(provider) = overrides.provider.as_ref().filter(|p| p.value == ProviderKind::Arm) {
            return Err(ConfigError::SampleOverArm(provider.source.clone()));
        }
        let kept = overrides.model.as_ref().map(|model| model.value.clone()).or_else(sample::user_data_model);
        let document = sample::document(&kept.ok_or(ConfigError::NoDataDirectory)?);
        Ok(Self::without_file(document, overrides, cwd))
    }

    fn without_file(document: ConfigDocument, overrides: Overrides, cwd: &Path) -> Self {
        let by = FoundBy::User;
        Self { file: None, shown: None, by, cwd: cwd.to_owned(), document, overrides }
    }

    /// The env of a command: the selected one, or the only one, or one that is made of the flags for the site and the
    /// service and named after the site.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if there is no such env, if several envs exist and none is selected, or if a setting is missing.
    pub fn env(&self) -> Result<EnvSettings, ConfigError> {
        if let Some(chosen) = &self.overrides.env {
            let found = self.document.envs.iter().find(|env| env.name == chosen.value);
            return self.layered(found.ok_or_else(|| self.unknown_env(&chosen.value))?);
        }
        match self.document.envs.as_slice() {
            [only] => self.layered(only),
            _ => self.layered(&self.env_of_flags()?),
        }
    }

    /// All envs of the file, in the order of the file.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if there is none, or one lacks a setting.
    pub fn all(&self) -> Result<Vec<EnvSettings>, ConfigError> {
        match self.document.envs.as_slice() {
            [] => Err(ConfigError::NoEnvs(self.shown.clone())),
            envs => envs.iter().map(|env| self.layered(env)).collect(),
        }
    }

    /// The envs that have a site and a service, as the file has them: no flag and no variable overrides a value.
    #[must_use]
    pub fn written(&self) -> Vec<EnvSettings> {
        let plain = Self { overrides: Overrides::default(), ..self.clone() };
        plain.document.envs.iter().filter_map(|env| plain.layered(env).ok()).collect()
    }

    /// The names of the envs, in the order of the file.
    #[must_use]
    pub fn env_names(&self) -> Vec<&str> {
        self.document.envs.iter().map(|env| env.name.as_str()).collect()
    }

    /// The default control plane, for commands without an env and envs that do not specify one.
    #[must_use]
    pub fn provider(&self) -> Sourced<ProviderKind> {
        let given = self.overrides.provider.clone();
        given.unwrap_or_else(|| Sourced::default(ProviderKind::Json))
    }

    /// The file of the JSON model: as flags specify, relative to the working directory; otherwise as the file
    /// specifies, relative to the configuration file; otherwise the default name in the directory of the configuration
    /// file.
    #[must_use]
    pub fn model(&self) -> Sourced<PathBuf> {
        if let Some(model) = &self.overrides.model {
            return model.clone().map(|path| self.cwd.join(path));
        }
        let folder = self.file.as_deref().and_then(Path::parent).unwrap_or(&self.cwd);
        let given = self.document.providers.model.clone();
        given.unwrap_or_else(|| Sourced::default(MODEL_NAME.into())).map(|path| folder.join(path))
    }

    /// The cloud.
    #[must_use]
    pub fn cloud(&self) -> Sourced<Cloud> {
        let given = self.document.providers.cloud.clone();
        given.unwrap_or_else(|| Sourced::default(Cloud::AzureCloud))
    }

    /// The address of Azure Resource Manager, if it is not that of the cloud.
    #[must_use]
    pub fn endpoint(&self) -> Option<Sourced<String>> {
        self.overrides.endpoint.clone().or_else(|| self.document.providers.endpoint.clone())
    }

    /// Whether an access token may be sent to any address from this source. A file that was found by searching upward
    /// from the working directory may have been created by another user.
    #[must_use]
    pub fn may_redirect_tokens(&self, source: &Source) -> bool {
        match source {
            Source::File { .. } => self.by == FoundBy::User,
            Source::Flag(_) | Source::Variable(_) | Source::Default | Source::Sample => true,
        }
    }

    fn layered(&self, env: &EnvLayer) -> Result<EnvSettings, ConfigError> {
        let over = &self.overrides;
        let provider = over.provider.clone().or(env.provider.clone()).unwrap_or_else(|| self.provider());
        let site_environment = over.site_environment.clone().or(env.site_environment.clone());
        Ok(EnvSettings {
            name: env.name.clone(),
            at: env.at.clone(),
            static_web_app: needed([&over.static_web_app, &env.static_web_app], env, "static-web-app")?,
            apim: needed([&over.apim, &env.apim], env, "apim")?,
            resource_group: over.resource_group.clone().or(env.resource_group.clone()),
            azure_subscription: over.azure_subscription.clone().or(env.azure_subscription.clone()),
            site_environment: site_environment.unwrap_or_else(|| Sourced::default(PRODUCTION.to_owned())),
            apis: env.apis.clone(),
            max_key_age: env.max_key_age,
            provisioning: self.provisioning(env, provider.value),
            provider,
            model: self.model(),
            cloud: self.cloud(),
            endpoint: self.endpoint(),
        })
    }

    fn provisioning(&self, env: &EnvLayer, provider: ProviderKind) -> Sourced<Provisioning> {
        let of_provider = match provider {
            ProviderKind::Json => None,
            ProviderKind::Arm => self.document.providers.provisioning.clone(),
        };
        let given = self.overrides.provisioning.clone().or(env.provisioning.clone()).or(of_provider);
        given.unwrap_or_else(|| Sourced::default(provider.provisioning()))
    }

    fn env_of_flags(&self) -> Result<EnvLayer, ConfigError> {
        let over = &self.overrides;
        if let (Some(site), Some(_)) = (&over.static_web_app, &over.apim) {
            let name = site.value.rsplit('/').find(|segment| !segment.is_empty()).unwrap_or(&site.value);
            return Ok(EnvLayer::new(name, site.source.clone()));
        }
        if let (Some(path), [_, ..]) = (&self.shown, self.document.envs.as_slice()) {
            return Err(ConfigError::NoEnvChosen { path: path.clone(), known: self.known() });
        }
        let flags = [("--static-web-app", &over.static_web_app), ("--apim", &over.apim)];
        let missing = flags.into_iter().filter(|(_, given)| given.is_none()).map(|(flag, _)| flag).collect();
        Err(ConfigError::NoTarget { path: self.shown.clone(), missing })
    }

    fn unknown_env(&self, name: &str) -> ConfigError {
        let searched = match &self.shown {
            _ if self.overrides.sample => Searched::Sample,
            Some(path) => Searched::File(path.clone()),
            None => Searched::NoFile,
        };
        ConfigError::UnknownEnv { name: name.to_owned(), searched, known: self.known() }
    }

    fn known(&self) -> Vec<String> {
        self.document.envs.iter().map(|env| env.name.clone()).collect()
    }
}

fn needed(
    layers: [&Option<Sourced<String>>; 2],
    env: &EnvLayer,
    key: &'static str,
) -> Result<Sourced<String>, ConfigError> {
    let given = layers.into_iter().flatten().next().cloned();
    given.ok_or_else(|| ConfigError::Missing { env: env.name.clone(), key, at: env.at.clone() })
}

#[cfg(test)]
mod tests {
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
            Settings::load_with(overrides, &self.path(folder), Some(&self.path("../user")))
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
        place.write(
            "x/other.toml",
            "[env.it]\nstatic-web-app='s'\napim='a'\n[provider.json]\nmodel='m/c.json'",
        );
        let named = |path: &str| Overrides { config: Some(flag("--config", path)), ..Overrides::default() };
        let env = place.env(named("x/other.toml"));
        assert_eq!(env.model.value, place.path("x/m/c.json"), "relative to the file");
        assert_eq!(env.model.source.to_string(), "x/other.toml, line 5");
        let (message, hint) = place.refusal(named("y.toml"));
        assert_eq!(message, "the file `y.toml` (from `--config`) does not exist");
        assert_eq!(hint, "`swa-apim init` creates a configuration");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_no_mistake_of_usage() {
        let place = TestFolder::with(TWO_ENVS);
        let folder = Overrides { config: Some(flag("--config", ".")), ..Overrides::default() };
        let error = place.load(folder).unwrap_err();
        assert_eq!(error.to_string(), "could not read `.`");
        assert!(std::error::Error::source(&error).is_some());
        assert_eq!(error.diagnosis().exit, ExitCode::Unexpected);
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
        let none =
            |place: TestFolder| place.load(Overrides::default()).unwrap().all().unwrap_err().to_string();
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
}
