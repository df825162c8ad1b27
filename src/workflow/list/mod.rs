//! The static web apps that the caller can see, and the backend of each.
//!
//! Azure is read by list: the sites, the services, and the products of each service. The number of requests does not
//! depend on the number of sites, except for the number of pages. A model is read completely.

mod envs;
mod place;
mod row;
mod services;
mod sites;
mod unnamed;

use self::{
    envs::{Envs, is_named},
    services::Services,
};
pub(in crate::workflow) use self::{
    row::{Backend, Row},
    sites::{Rows, rows},
    unnamed::{KnownSites, unnamed},
};
use super::{
    error::{Explain as _, Result},
    listener::Listener,
    plane::Plane,
    workspace::Workspace,
};
use crate::{
    config::{EnvSettings, ProviderKind, Source, Sourced},
    diagnosis::Selection,
    engine::{self, Adoption, Previews, Target},
    model::{ApimServiceId, ResourceId},
    provider::{Collection, ProviderError, arm::SearchScope},
    report::{BackendKind, LinkedToReport, ListReport, ListedSite, SiteState},
};

/// Which sites are listed, by whether a backend is linked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkFilter {
    /// All sites.
    #[default]
    All,
    /// Sites with a backend, even if it could not be read.
    Linked,
    /// Sites without a backend.
    Unlinked,
}

/// Lists the sites that the caller can see on the control plane that the settings select. Without a configuration, a
/// model in the working directory is selected, or else Azure.
///
/// # Errors
///
/// If no control plane can be selected or opened, or if no site can be read. A site or a subscription that cannot be
/// read is a note in the report if another one can be read.
pub async fn list(work: &Workspace, filter: LinkFilter, listener: &dyn Listener) -> Result<ListReport> {
    let plane = place::select(work).map_err(|error| place::explained(work, error))?;
    listener.doing("finding static web apps");
    let envs = place::envs_on(work, &plane);
    let explained = |error: ProviderError| place::explained(work, error.into());
    let Rows { mut rows, mut notes } = sites::rows(&plane, &scope_of(work)).await.map_err(explained)?;
    let named = Envs::of(&envs, rows.iter().map(Row::site));
    add_previews(&plane, &named, &mut rows, &mut notes).await;
    rows.retain(|row| is_wanted(work, filter, &named, row));
    Ok(listed_rows(&plane, &rows, &named, notes, listener).await)
}

/// The part of a control plane that flags and variables select.
fn scope_of(work: &Workspace) -> SearchScope {
    let given = work.overrides();
    let text = |given: &Option<Sourced<String>>| given.as_ref().map(|it| it.value.clone());
    SearchScope {
        azure_subscription: text(&given.azure_subscription),
        resource_group: text(&given.resource_group),
    }
}

/// Reads the state of each site environment, and returns the report.
async fn listed_rows(
    plane: &Plane,
    rows: &[Row],
    named: &Envs<'_>,
    mut notes: Vec<String>,
    listener: &dyn Listener,
) -> ListReport {
    listener.doing("reading API Management services");
    let services = Services::read(plane.as_ref(), rows, &mut notes).await;
    let mut sites = Vec::with_capacity(rows.len());
    for row in rows {
        let env = named.env_of(row);
        let state = state_of(plane, row, env, &services, &mut notes).await;
        sites.push(listed(row, state, env));
    }
    sites.sort_by_cached_key(|site| {
        (site.name.to_lowercase(), site.id.to_lowercase(), !site.is_production(), site.environment.clone())
    });
    ListReport::new(sites, notes)
}

/// The kind of control plane that [`list`] reads.
///
/// # Errors
///
/// If no control plane can be selected. It is not opened.
pub fn listed_on(work: &Workspace) -> Result<ProviderKind> {
    place::kind(work)
}

/// The ids of the API Management services that the caller can see on the control plane that [`list`] reads.
///
/// # Errors
///
/// If no control plane can be selected or opened, or the services cannot be listed.
pub async fn services(work: &Workspace) -> Result<Vec<String>> {
    let plane = place::select(work)?;
    let found = plane.as_ref().list(&Collection::Services).await;
    let found = found.explain("could not list the API Management services")?;
    let mut ids: Vec<String> = found.iter().map(|service| service.value.id().to_string()).collect();
    ids.sort_by_key(|id| id.to_lowercase());
    Ok(ids)
}

/// Adds the preview environments that the configuration names and that are not in the list yet.
async fn add_previews(plane: &Plane, named: &Envs<'_>, rows: &mut Vec<Row>, notes: &mut Vec<String>) {
    for environment in named.environments().filter(|it| !it.is_production()) {
        let is_known = rows.iter().any(|row| row.environment == *environment);
        let site = environment.site();
        let production = rows.iter().find(|row| row.site() == site);
        if let Some(production) = production.filter(|_| !is_known) {
            let found = sites::preview(plane, environment, production.sku.clone()).await;
            rows.extend(found.rows);
            notes.extend(found.notes);
        }
    }
}

/// Whether a row is listed: flags select by site, service, env and link. A variable is set for every command, and
/// selects no site.
fn is_wanted(work: &Workspace, filter: LinkFilter, named: &Envs<'_>, row: &Row) -> bool {
    let given = work.overrides();
    let [site, apim, env] = [&given.static_web_app, &given.apim, &given.env].map(|it| flag(it.as_ref()));
    let is_linked = row.backend != Backend::Nothing;
    let fits = match filter {
        LinkFilter::All => true,
        LinkFilter::Linked => is_linked,
        LinkFilter::Unlinked => !is_linked,
    };
    fits && site.is_none_or(|site| is_named(&row.site(), site))
        && apim.is_none_or(|apim| row.backend.service().is_some_and(|id| is_named(id, apim)))
        && env.is_none_or(|env| named.env_of(row).is_some_and(|of_row| of_row.name == env))
}

fn flag(given: Option<&Sourced<String>>) -> Option<&str> {
    match given {
        Some(Sourced { value, source: Source::Flag(_) }) => Some(value),
        Some(_) | None => None,
    }
}

async fn state_of(
    plane: &Plane,
    row: &Row,
    env: Option<&EnvSettings>,
    services: &Services,
    notes: &mut Vec<String>,
) -> SiteState {
    let Some(service) = row.backend.service() else { return services.state(row) };
    if env.is_some_and(|env| !is_named(service, &env.apim.value)) {
        return SiteState::LinkedElsewhere;
    }
    if plane.is_azure() {
        return services.state(row);
    }
    match engine::verify(plane.as_ref(), &target(plane, row, service, env)).await {
        Ok(verdict) => verdict.state.into(),
        Err(error) => {
            notes.push(format!("the link of `{}` could not be read: {error}", row.site().name()));
            SiteState::Unknown
        }
    }
}

/// The link of a site environment with its service, whether or not the configuration has an env for it.
fn target(plane: &Plane, row: &Row, service: &ApimServiceId, env: Option<&EnvSettings>) -> Target {
    let provisioning = env.map_or_else(|| plane.kind().provisioning(), |env| env.provisioning.value);
    Target {
        env: env.map_or_else(|| row.site().name().to_owned(), |env| env.name.clone()),
        site_environment: row.environment.clone(),
        service: service.clone(),
        apis: env.map(|env| env.apis.clone()).unwrap_or_default(),
        provisioner: Plane::provisioner(provisioning),
        propagation: plane.propagation(),
        previews: Previews::Allow,
        adoption: Adoption::default(),
        selection: Selection::default(),
    }
}

fn listed(row: &Row, state: SiteState, env: Option<&EnvSettings>) -> ListedSite {
    let site = row.site();
    ListedSite {
        id: site.to_string(),
        name: site.name().to_owned(),
        resource_group: site.group().unwrap_or_default().to_owned(),
        subscription: site.azure_subscription().to_owned(),
        sku: row.sku.clone(),
        default_hostname: row.hostname.as_ref().map(ToString::to_string),
        environment: row.environment.name().to_owned(),
        linked_to: linked_to(&row.backend),
        state,
        env: env.map(|env| env.name.clone()),
    }
}

fn linked_to(backend: &Backend) -> Option<LinkedToReport> {
    let of_id = |kind, id: &ResourceId| LinkedToReport {
        kind,
        id: Some(id.to_string()),
        name: Some(id.name().to_owned()),
    };
    let of_text = |kind, id: &Option<String>| {
        let name = id.as_deref().and_then(|id| id.rsplit('/').next()).map(str::to_owned);
        LinkedToReport { kind, id: id.clone(), name }
    };
    match backend {
        Backend::Nothing => None,
        Backend::Service(id) => Some(of_id(BackendKind::Apim, id)),
        Backend::App(id) => Some(of_text(BackendKind::Functions, id)),
        Backend::Other(id) => Some(of_id(BackendKind::Other, id)),
        Backend::Unreadable(text) => Some(of_text(BackendKind::Unknown, text)),
    }
}
