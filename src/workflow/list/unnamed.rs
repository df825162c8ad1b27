//! The sites that no env names, listed again and again.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    envs::Envs,
    listed_rows, place,
    row::Row,
    scope_of,
    sites::{self, Rows},
};
use crate::{
    config::EnvSettings,
    model::{PRODUCTION, SiteEnvironmentId, StaticSiteId},
    provider::{
        ProviderError,
        json::{AnswerBasis, JsonControlPlane},
    },
    report::ListReport,
    workflow::{
        error::Result,
        generations::{Generations, mark_of},
        listener::Listener,
        plane::Plane,
        workspace::Workspace,
    },
};

/// The sites of a model that had an environment that no env named.
#[derive(Debug, Default)]
pub(in crate::workflow) struct KnownSites(Option<Known>);

#[derive(Debug)]
struct Known {
    /// The file of the model.
    path: Option<PathBuf>,
    /// The mark of the envs on the model.
    envs: u64,
    sites: Vec<StaticSiteId>,
    /// The environments of these sites that envs name.
    named: HashSet<SiteEnvironmentId>,
}

/// Lists the site environments that the caller can see and that no env of the configuration names, as
/// [`list`](super::list) does. A model is not searched for them again if no site has been added or removed since they
/// were `known`.
///
/// # Errors
///
/// As [`list`](super::list).
pub(in crate::workflow) async fn unnamed(
    work: &Workspace,
    generations: &Generations,
    listener: &dyn Listener,
    known: &mut KnownSites,
) -> Result<ListReport> {
    let plane = place::select(work).map_err(|error| place::explained(work, error))?;
    listener.doing("finding static web apps");
    let explained = |error: ProviderError| place::explained(work, error.into());
    let scope = scope_of(work);
    let envs = place::envs_on(work, &plane);
    let (Rows { mut rows, notes }, named) = if let Plane::Model(model) = &plane {
        // A large model is not read for the sites that are left out.
        let found = known.take(model, &envs, generations).map_err(explained)?;
        let rows = sites::rows_of_these(&plane, &scope, &found.sites).await.map_err(explained)?;
        let named = found.named.clone();
        known.0 = Some(found);
        (rows, named)
    } else {
        let found = sites::rows(&plane, &scope).await.map_err(explained)?;
        let named = Envs::of(&envs, found.rows.iter().map(Row::site));
        let named = named.environments().cloned().collect();
        (found, named)
    };
    rows.retain(|row| !named.contains(&row.environment));
    Ok(listed_rows(&plane, &rows, &Envs::default(), notes, listener).await)
}

impl KnownSites {
    /// Finds the sites of a model, or takes those that are known.
    fn take(
        &mut self,
        model: &Arc<JsonControlPlane>,
        envs: &[EnvSettings],
        generations: &Generations,
    ) -> Result<Known, ProviderError> {
        let is_same = |known: &Known| {
            let changed = generations.changed_in(model);
            let has_same_sites = changed.is_some_and(|it| !it.concerns(&AnswerBasis::of_environments()));
            let has_same_envs = || generations.same_settings || known.envs == mark_of(envs);
            has_same_sites && known.path.as_deref() == model.path() && has_same_envs()
        };
        self.0.take().filter(is_same).map_or_else(|| Known::of(model, envs), Ok)
    }
}

impl Known {
    fn of(model: &JsonControlPlane, envs: &[EnvSettings]) -> Result<Self, ProviderError> {
        let sites = model.site_ids()?;
        let named = Envs::of(envs, sites.iter().cloned());
        let is_other = |environment: &SiteEnvironmentId| !named.is_named(environment);
        let has_other = |site: &StaticSiteId| {
            let recorded = model.environment_ids(site).unwrap_or_default();
            site.environment(PRODUCTION).is_ok_and(|it| is_other(&it)) || recorded.iter().any(is_other)
        };
        let sites: Vec<StaticSiteId> = sites.iter().filter(|site| has_other(site)).cloned().collect();
        let environments = named.environments().filter(|it| sites.contains(&it.site())).cloned().collect();
        let path = model.path().map(Path::to_owned);
        Ok(Self { path, envs: mark_of(envs), sites, named: environments })
    }
}
