//! Combines the layers of the configuration.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Cloud, ConfigError, ConfigUse, EnvSettings, MODEL_NAME, Overrides, ProviderKind, Provisioning, Searched,
    Source, Sourced,
    document::{ConfigDocument, EnvLayer},
    find::{self, Found, FoundBy},
    parsed::{ParsedConfig, ParsedFile},
    sample,
};
use crate::model::PRODUCTION;

/// The configuration: the file, if there is one, overridden by environment variables and flags.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The file that was read.
    pub file: Option<PathBuf>,
    shown: Option<PathBuf>,
    by: FoundBy,
    cwd: PathBuf,
    parsed: Arc<ParsedFile>,
    overrides: Overrides,
}

impl Settings {
    /// Finds and reads the file, if there is one. It is parsed again only if it is not the one that was `parsed` last.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if the specified file is missing, or a file that was found cannot be used.
    pub fn load(overrides: Overrides, cwd: &Path, parsed: &ParsedConfig) -> Result<Self, ConfigError> {
        let directories = find::directories();
        let user_directory = directories.as_ref().map(directories::ProjectDirs::config_dir);
        Self::load_with(overrides, cwd, user_directory, parsed)
    }

    fn load_with(
        overrides: Overrides,
        cwd: &Path,
        user: Option<&Path>,
        parsed: &ParsedConfig,
    ) -> Result<Self, ConfigError> {
        if overrides.config_use == ConfigUse::Ignore {
            return Ok(Self::without_file(ConfigDocument::default(), overrides, cwd));
        }
        overrides.check()?;
        if overrides.sample {
            return Self::sample(overrides, cwd);
        }
        let found = match find::find(overrides.config.as_ref(), cwd, user) {
            Err(ConfigError::NoSuchFile { .. }) if overrides.config_use == ConfigUse::Create => None,
            Ok(found) => found,
            Err(error) => return Err(error),
        };
        let Some(Found { path, shown, by, bytes }) = found else {
            return Ok(Self::without_file(ConfigDocument::default(), overrides, cwd));
        };
        let parsed = parsed.of(&path, &shown, bytes)?;
        Ok(Self { file: Some(path), shown: Some(shown), by, cwd: cwd.to_owned(), parsed, overrides })
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
        let parsed = Arc::new(ParsedFile::of(document));
        Self { file: None, shown: None, by, cwd: cwd.to_owned(), parsed, overrides }
    }

    /// Whether these are the settings of the same file, parsed once, with the same overrides.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.parsed, &other.parsed)
            && (&self.overrides, &self.file, &self.cwd) == (&other.overrides, &other.file, &other.cwd)
    }

    /// The env of a command: the selected one, or the only one, or one that is made of the flags for the site and the
    /// service and named after the site.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if there is no such env, if several envs exist and none is selected, or if a setting is missing.
    pub fn env(&self) -> Result<EnvSettings, ConfigError> {
        if let Some(chosen) = &self.overrides.env {
            let found = self.parsed.document.envs.iter().find(|env| env.name == chosen.value);
            return self.layered(found.ok_or_else(|| self.unknown_env(&chosen.value))?);
        }
        match self.parsed.document.envs.as_slice() {
            [only] => self.layered(only),
            _ => self.layered(&self.env_of_flags()?),
        }
    }

    /// An env that is made only of the flags for the site and the service; it has no setting of an env in the file.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if one of the two flags is missing.
    pub fn unnamed(&self) -> Result<EnvSettings, ConfigError> {
        self.layered(&self.env_of_flags()?)
    }

    /// All envs of the file, in the order of the file. A variable about one link overrides no value of them; a group or
    /// an Azure subscription from a variable completes the envs that have none.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if there is none, or one lacks a setting.
    pub fn all(&self) -> Result<Vec<EnvSettings>, ConfigError> {
        match self.parsed.document.envs.as_slice() {
            [] => Err(ConfigError::NoEnvs(self.shown.clone())),
            envs => {
                let each = Self { overrides: self.overrides.of_each_env(), ..self.clone() };
                let completed = |env| each.layered(env).map(|env| self.overrides.completed(env));
                envs.iter().map(completed).collect()
            }
        }
    }

    /// The envs that have a site and a service, as the file has them: no flag and no variable overrides a value.
    #[must_use]
    pub fn written(&self) -> &[EnvSettings] {
        self.parsed.written.get_or_init(|| {
            let plain = Self { overrides: Overrides::default(), ..self.clone() };
            plain.parsed.document.envs.iter().filter_map(|env| plain.layered(env).ok()).collect()
        })
    }

    /// The names of the envs, in the order of the file.
    #[must_use]
    pub fn env_names(&self) -> Vec<&str> {
        self.parsed.document.envs.iter().map(|env| env.name.as_str()).collect()
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
        let given = self.parsed.document.providers.model.clone();
        given.unwrap_or_else(|| Sourced::default(MODEL_NAME.into())).map(|path| folder.join(path))
    }

    /// The cloud.
    #[must_use]
    pub fn cloud(&self) -> Sourced<Cloud> {
        let given = self.parsed.document.providers.cloud.clone();
        given.unwrap_or_else(|| Sourced::default(Cloud::AzureCloud))
    }

    /// The address of Azure Resource Manager, if it is not that of the cloud.
    #[must_use]
    pub fn endpoint(&self) -> Option<Sourced<String>> {
        self.overrides.endpoint.clone().or_else(|| self.parsed.document.providers.endpoint.clone())
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
            ProviderKind::Arm => self.parsed.document.providers.provisioning.clone(),
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
        if let (Some(path), [_, ..]) = (&self.shown, self.parsed.document.envs.as_slice()) {
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
        self.parsed.document.envs.iter().map(|env| env.name.clone()).collect()
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
mod tests;
