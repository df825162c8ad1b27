//! The values of flags and environment variables, and which of them apply.

use std::path::PathBuf;

use super::{ConfigError, EnvSettings, ProviderKind, Provisioning, Source, Sourced};

/// How a command uses the configuration file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConfigUse {
    /// It reads the file.
    #[default]
    Read,
    /// It reads the file if it exists, and creates the file of `--config` otherwise.
    Create,
    /// It does not read the file.
    Ignore,
}

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
    /// Whether a flag asks for the sample.
    pub sample_flag: bool,
    /// How the command uses the configuration file.
    pub config_use: ConfigUse,
}

impl Overrides {
    /// Refuses empty values: they are usually from a variable that a script did not set.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let names = self.names();
        let paths = self.paths().into_iter().flatten();
        let empty_paths = paths.filter(|path| path.value.as_os_str().is_empty()).map(|path| &path.source);
        let empty_names = names.into_iter().flatten().filter(|name| name.value.trim().is_empty());
        match empty_names.map(|name| &name.source).chain(empty_paths).next() {
            Some(source) => Err(ConfigError::Empty(source.clone())),
            None => Ok(()),
        }
    }

    /// Whether a flag says which env is meant, or what is in it.
    pub(crate) fn has_flag(&self) -> bool {
        let names = self.names().into_iter().flatten().map(|it| &it.source);
        let paths = self.paths().into_iter().flatten().map(|it| &it.source);
        let kinds =
            [self.provider.as_ref().map(|it| &it.source), self.provisioning.as_ref().map(|it| &it.source)];
        let mut sources = names.chain(paths).chain(kinds.into_iter().flatten());
        sources.any(|source| matches!(source, Source::Flag(_)))
    }

    /// Whether flags select one link.
    #[must_use]
    pub fn select_one(&self) -> bool {
        let names = [&self.env, &self.static_web_app, &self.apim];
        names.into_iter().any(|given| flag_of(given.as_ref()).is_some())
    }

    /// Drops every variable that a flag contradicts, and adds the sample if `sample` asks for it. A flag of a control
    /// plane selects that control plane.
    #[must_use]
    pub fn flags_first(mut self, sample: Option<&Source>) -> Self {
        let by_variable = self.provider.as_ref().is_some_and(|it| !is_flag(&it.source));
        let selects = match (flag_of(self.model.as_ref()), flag_of(self.endpoint.as_ref())) {
            (Some(flag), None) => Some(Sourced::new(ProviderKind::Json, flag)),
            (None, Some(flag)) => Some(Sourced::new(ProviderKind::Arm, flag)),
            (None, None) | (Some(_), Some(_)) => None,
        };
        if by_variable && selects.is_some() {
            self.provider = selects;
        }
        let Some(sample) = sample else { return self };
        if is_flag(sample) {
            self.provider = self.provider.filter(|it| is_flag(&it.source));
            self.model = self.model.filter(|it| is_flag(&it.source));
            self.config = None;
            (self.sample, self.sample_flag) = (true, true);
        } else {
            let provider = self.provider.as_ref();
            let is_in_azure = provider.is_some_and(|it| it.value == ProviderKind::Arm && is_flag(&it.source));
            let elsewhere = [flag_of(self.config.as_ref()), flag_of(self.endpoint.as_ref())];
            self.sample = !is_in_azure && elsewhere.iter().all(Option::is_none);
        }
        self
    }

    /// The overrides for each of several envs: without the variables that name the parts of one link.
    pub(super) fn of_each_env(&self) -> Self {
        let flag = |given: &Option<Sourced<String>>| given.clone().filter(|it| is_flag(&it.source));
        Self {
            env: flag(&self.env),
            static_web_app: flag(&self.static_web_app),
            apim: flag(&self.apim),
            resource_group: flag(&self.resource_group),
            azure_subscription: flag(&self.azure_subscription),
            site_environment: flag(&self.site_environment),
            ..self.clone()
        }
    }

    /// One of several envs, with the group and the Azure subscription of a variable if it has none.
    pub(super) fn completed(&self, env: EnvSettings) -> EnvSettings {
        EnvSettings {
            resource_group: env.resource_group.or(self.resource_group.clone()),
            azure_subscription: env.azure_subscription.or(self.azure_subscription.clone()),
            ..env
        }
    }

    fn names(&self) -> [&Option<Sourced<String>>; 7] {
        [
            &self.env,
            &self.static_web_app,
            &self.apim,
            &self.resource_group,
            &self.azure_subscription,
            &self.site_environment,
            &self.endpoint,
        ]
    }

    fn paths(&self) -> [&Option<Sourced<PathBuf>>; 2] {
        [&self.config, &self.model]
    }
}

fn is_flag(source: &Source) -> bool {
    matches!(source, Source::Flag(_))
}

/// The flag that a value is from.
fn flag_of<T>(given: Option<&Sourced<T>>) -> Option<Source> {
    given.map(|given| given.source.clone()).filter(is_flag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<T>(value: T, source: &Source) -> Sourced<T> {
        Sourced::new(value, source.clone())
    }

    const VARIABLE: Source = Source::Variable("SWA_APIM_X");
    const FLAG: Source = Source::Flag("--x");

    #[test]
    fn a_flag_of_a_control_plane_selects_it_unless_a_flag_selects_the_provider() {
        use ProviderKind::{Arm, Json};
        for (provider, model, endpoint, expected) in [
            (Some(of(Arm, &VARIABLE)), Some(of("m".into(), &FLAG)), None, Some((Json, FLAG))),
            (Some(of(Json, &VARIABLE)), None, Some(of("u".to_owned(), &FLAG)), Some((Arm, FLAG))),
            (Some(of(Arm, &VARIABLE)), Some(of("m".into(), &VARIABLE)), None, Some((Arm, VARIABLE))),
            (Some(of(Arm, &FLAG)), Some(of("m".into(), &FLAG)), None, Some((Arm, FLAG))),
            (None, Some(of("m".into(), &FLAG)), None, None),
        ] {
            let given = Overrides { provider, model, endpoint, ..Overrides::default() };
            let selected = given.flags_first(None).provider.map(|it| (it.value, it.source));
            assert_eq!(selected, expected);
        }
    }

    #[test]
    fn the_flag_of_the_sample_drops_variables_and_its_variable_gives_way_to_flags() {
        let with = |source: &Source| Overrides {
            config: Some(of("c".into(), source)),
            provider: Some(of(ProviderKind::Arm, source)),
            model: Some(of("m".into(), source)),
            ..Overrides::default()
        };
        let sample = Overrides { sample: true, sample_flag: true, ..Overrides::default() };
        assert_eq!(with(&VARIABLE).flags_first(Some(&FLAG)), sample);
        assert!(!with(&FLAG).flags_first(Some(&VARIABLE)).sample);
        assert!(with(&VARIABLE).flags_first(Some(&VARIABLE)).sample);
        let endpoint = Overrides { endpoint: Some(of("u".to_owned(), &FLAG)), ..Overrides::default() };
        assert!(!endpoint.flags_first(Some(&VARIABLE)).sample);
        let model = Overrides { model: Some(of("m".into(), &FLAG)), ..Overrides::default() };
        assert!(model.flags_first(Some(&VARIABLE)).sample);
    }
}
