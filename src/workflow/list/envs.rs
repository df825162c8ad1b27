//! Which env of the configuration names a site environment.

use std::collections::HashMap;

use super::row::Row;
use crate::{
    config::EnvSettings,
    model::{ResourceId, SiteEnvironmentId, StaticSiteId},
    workflow::given::{id_in, tidy},
};

/// The envs of the configuration by the site environments that they name.
#[derive(Debug, Default)]
pub(super) struct Envs<'e> {
    /// By the ids of site environments, in the order of the configuration.
    named: HashMap<SiteEnvironmentId, Vec<&'e EnvSettings>>,
}

impl<'e> Envs<'e> {
    /// Finds the site environments that envs name, among these sites. A name that fits several sites names none of them.
    pub(super) fn of(envs: &'e [EnvSettings], sites: impl IntoIterator<Item = StaticSiteId>) -> Self {
        let mut by_name: HashMap<String, Vec<StaticSiteId>> = HashMap::new();
        for site in sites {
            let sites = by_name.entry(site.name().to_ascii_lowercase()).or_default();
            if !sites.contains(&site) {
                sites.push(site);
            }
        }
        let mut found = Self::default();
        for env in envs {
            let site = site_of(env, &by_name);
            let named = site.and_then(|site| site.environment(&env.site_environment.value).ok());
            if let Some(environment) = named {
                found.named.entry(environment).or_default().push(env);
            }
        }
        found
    }

    /// Returns the env of a site environment: the one with its service, or else the first.
    pub(super) fn env_of(&self, row: &Row) -> Option<&'e EnvSettings> {
        let envs = self.named.get(&row.environment)?;
        let service = row.backend.service();
        let of_service = envs.iter().find(|env| service.is_some_and(|id| is_named(id, &env.apim.value)));
        of_service.or(envs.first()).copied()
    }

    /// Whether an env names a site environment.
    pub(super) fn is_named(&self, environment: &SiteEnvironmentId) -> bool {
        self.named.contains_key(environment)
    }

    /// Returns the site environments that envs name.
    pub(super) fn environments(&self) -> impl Iterator<Item = &SiteEnvironmentId> {
        self.named.keys()
    }
}

/// Whether a text is the name or the id of a resource.
pub(super) fn is_named(id: &ResourceId, text: &str) -> bool {
    match id_in(text) {
        Some(text) => ResourceId::parse(&text).is_ok_and(|named| named == *id),
        None => id.name().eq_ignore_ascii_case(tidy(text)),
    }
}

fn site_of(env: &EnvSettings, by_name: &HashMap<String, Vec<StaticSiteId>>) -> Option<StaticSiteId> {
    let text = &env.static_web_app.value;
    if let Some(id) = id_in(text) {
        return StaticSiteId::parse(&id).ok();
    }
    let is = |wanted: &Option<crate::config::Sourced<String>>, actual: Option<&str>| {
        wanted.as_ref().is_none_or(|wanted| actual.is_some_and(|it| it.eq_ignore_ascii_case(&wanted.value)))
    };
    let sites = by_name.get(&tidy(text).to_ascii_lowercase())?;
    let mut fitting = sites.iter().filter(|site| {
        is(&env.resource_group, site.group()) && is(&env.azure_subscription, Some(site.azure_subscription()))
    });
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Some(only.clone()),
        _ => None,
    }
}
