//! The first stage: the site, the service, and the linked backends between them.

use futures_util::future::try_join_all;

use super::{see, see_all};
use crate::{
    engine::{EnvironmentSeen, Seen, Target, Unreadable},
    model::{ApimService, LinkNames, LinkedBackend, Resource, ResourceId, SiteEnvironment, StaticSite},
    provider::{Collection, ProviderError, Reads, Versioned},
};

/// The ends of a link. The fields have the meaning of those of [`Observed`](crate::engine::Observed).
pub(super) struct Ends {
    pub(super) target: Target,
    pub(super) site: Option<Seen<StaticSite>>,
    pub(super) environment: EnvironmentSeen,
    pub(super) names: Option<LinkNames>,
    pub(super) service: Option<Seen<ApimService>>,
    pub(super) backends: Vec<Seen<LinkedBackend>>,
    pub(super) gone: Vec<ResourceId>,
    pub(super) undetermined: Vec<(ResourceId, String)>,
    pub(super) missing_groups: Vec<ResourceId>,
    pub(super) unreadable: Vec<Unreadable>,
}

impl Ends {
    pub(super) async fn read(plane: &dyn Reads, target: &Target) -> Result<Self, ProviderError> {
        let environment_id = &target.site_environment;
        let site_id = environment_id.site();
        let of_environment = Collection::LinkedBackends(environment_id.clone());
        let (mut site, environment, mut backends, service) = tokio::try_join!(
            plane.get(&site_id),
            get_environment(plane, target),
            plane.list_if_there(&of_environment),
            plane.get(&target.service),
        )?;
        if let Some(text) = contradicted(target, site.as_ref(), environment.as_ref(), backends.as_deref()) {
            // The site may have been linked or unlinked, or the environment created, between the answers.
            (site, backends) = tokio::try_join!(plane.get(&site_id), plane.list_if_there(&of_environment))?;
            if contradicted(target, site.as_ref(), environment.as_ref(), backends.as_deref()).is_some() {
                return Err(ProviderError::undetermined(text));
            }
        }
        let backends = backends.unwrap_or_default();
        let missing = [(&*site_id, site.is_none()), (&*target.service, service.is_none())].into_iter();
        let missing = missing.filter(|(_, is_missing)| *is_missing);
        let missing_groups = missing.filter_map(|(id, _)| plane.missing_group(id)).collect();
        let found = [&site, &environment, &service].into_iter().flatten();
        let spelt = found.fold(target.clone(), |target, found| target.spelt_like(found.value.id()));
        let mut unreadable = Vec::new();
        let site = site.and_then(|found| see(found, StaticSite::read, &mut unreadable));
        let environment = match environment {
            _ if environment_id.is_production() => EnvironmentSeen::Production,
            Some(found) => see(found, SiteEnvironment::read, &mut unreadable)
                .map_or(EnvironmentSeen::Missing, |seen| EnvironmentSeen::Preview(seen.view)),
            None => EnvironmentSeen::Missing,
        };
        let service = service.and_then(|found| see(found, ApimService::read, &mut unreadable));
        let backends = see_all(backends, LinkedBackend::read, &mut unreadable);
        let has_service = service.is_some() || unreadable.iter().any(|it| it.id == *spelt.service);
        let (gone, undetermined) = named_by(plane, &backends, &spelt, has_service).await?;
        Ok(Self {
            target: spelt,
            names: names_of(&environment, site.as_ref()),
            site,
            environment,
            service,
            backends,
            gone,
            undetermined,
            missing_groups,
            unreadable,
        })
    }

    /// Returns the linked backend that names the target's service.
    pub(super) fn own_backend(&self) -> Option<&LinkedBackend> {
        self.backends.iter().map(|seen| &seen.view).find(|backend| self.target.is_linked_by(backend))
    }
}

/// Returns how the answers about the linked backends contradict each other. A site names the backends of its production,
/// which has no resource of its own before the first deployment.
fn contradicted(
    target: &Target,
    site: Option<&Versioned<Resource>>,
    environment: Option<&Versioned<Resource>>,
    backends: Option<&[Versioned<Resource>]>,
) -> Option<String> {
    let id = &target.site_environment;
    if !id.is_production() {
        let is_denied = backends.is_none() && environment.is_some();
        return is_denied.then(|| {
            format!("the backends of `{}` cannot be listed: it does not exist, but it can be read", id.name())
        });
    }
    let site = StaticSite::read(&site?.value).ok()?;
    let named = site.linked_to.first().filter(|_| backends.is_none_or(<[_]>::is_empty))?;
    let (site, named) = (site.id.name(), named.name());
    Some(format!(
        "`{site}` names `{named}` as its backend, but the list of its linked backends does not contain it"
    ))
}

async fn get_environment(
    plane: &dyn Reads,
    target: &Target,
) -> Result<Option<Versioned<Resource>>, ProviderError> {
    if target.site_environment.is_production() {
        return Ok(None);
    }
    plane.get(&target.site_environment).await
}

/// Returns the names of the link's resources, if the hostname that they are derived from is known.
fn names_of(environment: &EnvironmentSeen, site: Option<&Seen<StaticSite>>) -> Option<LinkNames> {
    let hostname = match (environment, site) {
        (EnvironmentSeen::Preview(preview), _) => preview.hostname.clone(),
        (EnvironmentSeen::Production, Some(site)) => site.view.default_hostname.clone(),
        (EnvironmentSeen::Production | EnvironmentSeen::Missing, _) => return None,
    };
    Some(LinkNames::of(hostname))
}

/// The resource that a linked backend names.
enum End {
    /// It exists, or this control plane could not see it if it existed.
    There,
    /// It does not exist.
    Gone(ResourceId),
    /// Whether it exists could not be determined, for this reason.
    Undetermined(ResourceId, String),
}

/// The resources that do not exist, and those whose existence could not be determined, with the reason.
type GoneOrUndetermined = (Vec<ResourceId>, Vec<(ResourceId, String)>);

/// Reads the resources that linked backends name. `has_service` says whether the service of the target exists.
async fn named_by(
    plane: &dyn Reads,
    backends: &[Seen<LinkedBackend>],
    target: &Target,
    has_service: bool,
) -> Result<GoneOrUndetermined, ProviderError> {
    let end = async |seen: &Seen<LinkedBackend>| match &seen.view {
        backend if !target.is_linked_by(backend) => end_of(plane, &backend.backend).await,
        _ if has_service => Ok(End::There),
        backend => Ok(End::Gone(backend.backend.clone())),
    };
    let (mut gone, mut undetermined) = (Vec::new(), Vec::new());
    for end in try_join_all(backends.iter().map(end)).await? {
        match end {
            End::There => {}
            End::Gone(id) => gone.push(id),
            End::Undetermined(id, why) => undetermined.push((id, why)),
        }
    }
    Ok((gone, undetermined))
}

async fn end_of(plane: &dyn Reads, named: &ResourceId) -> Result<End, ProviderError> {
    if !plane.would_see(named) {
        return Ok(End::There);
    }
    match plane.get(named).await {
        Ok(Some(_)) => Ok(End::There),
        Ok(None) => Ok(End::Gone(named.clone())),
        Err(
            why @ (ProviderError::Undetermined(_)
            | ProviderError::NotAuthorized(_)
            | ProviderError::Rejected { .. }
            | ProviderError::Malformed(_)),
        ) => Ok(End::Undetermined(named.clone(), why.to_string())),
        Err(
            error @ (ProviderError::Conflict(_)
            | ProviderError::ConflictAfterLostAnswer(_)
            | ProviderError::NotFound(_)
            | ProviderError::NotAuthenticated(_)
            | ProviderError::Throttled(_)
            | ProviderError::Unavailable(_)
            | ProviderError::Unfinished(_)
            | ProviderError::Storage(_)),
        ) => Err(error),
    }
}
