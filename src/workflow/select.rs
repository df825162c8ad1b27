//! Resolves names to ids: the resources that an env's settings name on its control plane.

use std::{ptr, rc::Rc};

use super::{
    error::{Result, UsageError, WorkflowError},
    given::{id_in, tidy},
    plane::Plane,
    workspace::Workspace,
};
use crate::{
    config::{EnvSettings, ProviderKind, Sourced},
    diagnosis::{Diagnose as _, Hint, nearest},
    engine::{Adoption, Finding, FindingCode, Previews, Target},
    model::{ApimServiceId, ArmType, ResourceId, StaticSiteId},
    provider::{Collection, Reads},
};

impl Workspace {
    /// The control plane of an env, and the resources that its settings name there.
    ///
    /// # Errors
    ///
    /// [`UsageError`] if a name does not match exactly one resource; otherwise, if the control plane cannot be opened
    /// or read.
    pub async fn target(&self, env: &EnvSettings, previews: Previews) -> Result<(Plane, Target)> {
        let plane = self.plane_of(env)?;
        let place = Within::of(env);
        let site = resolve(self, plane.as_ref(), place, &env.static_web_app, &STATIC_WEB_APP).await?;
        let service = resolve(self, plane.as_ref(), place, &env.apim, &APIM).await?;
        let target = Target {
            env: env.name.clone(),
            site_environment: StaticSiteId::try_from(site)?.environment(&env.site_environment.value)?,
            service: ApimServiceId::try_from(service)?,
            apis: env.apis.clone(),
            provisioner: Plane::provisioner(env.provisioning.value),
            propagation: plane.propagation(),
            previews,
            adoption: Adoption::default(),
            selection: self.selection(env),
        };
        Ok((plane, target))
    }

    /// The service of a use case that has no site: the service of `--apim`, or of the env.
    pub(crate) async fn service(&self) -> Result<(Plane, ApimServiceId)> {
        let given = self.overrides();
        let (plane, apim, group, azure_subscription) = match (self.settings.env(), &given.apim) {
            (Ok(env), _) => (self.plane_of(&env)?, env.apim, env.resource_group, env.azure_subscription),
            (Err(_), Some(apim)) => {
                let (group, azure_subscription) =
                    (given.resource_group.clone(), given.azure_subscription.clone());
                (self.default_plane()?, apim.clone(), group, azure_subscription)
            }
            (Err(error), None) if given.env.is_some() => return Err(error.into()),
            (Err(error), None) => {
                let other = error.diagnosis().hint.map(|hint| Hint::from("; or: ").then(hint));
                let hint = Hint::from("name it with `--apim NAME`").then(other.unwrap_or_default());
                return Err(UsageError::new("no API Management service specified").hint(hint).into());
            }
        };
        let place = Within { group: group.as_ref(), azure_subscription: azure_subscription.as_ref() };
        let id = resolve(self, plane.as_ref(), place, &apim, &APIM).await?;
        Ok((plane, ApimServiceId::try_from(id)?))
    }

    /// The service of an env, independent of its site.
    pub(crate) async fn service_of(&self, plane: &dyn Reads, env: &EnvSettings) -> Result<ResourceId> {
        resolve(self, plane, Within::of(env), &env.apim, &APIM).await
    }

    /// The kind of the control plane that [`any_plane`](Self::any_plane) returns, which is not opened.
    pub(crate) fn any_kind(&self) -> Result<ProviderKind> {
        match self.settings.env() {
            Ok(env) => Ok(env.provider.value),
            Err(error) if self.overrides().env.is_some() => Err(error.into()),
            Err(_) => Ok(self.settings.provider().value),
        }
    }

    /// The control plane of a use case that covers all services: that of the env, if one is selected.
    pub(crate) fn any_plane(&self) -> Result<Plane> {
        match self.settings.env() {
            Ok(env) => self.plane_of(&env),
            Err(error) if self.overrides().env.is_some() => Err(error.into()),
            Err(_) => self.default_plane(),
        }
    }
}

/// The resource group and the Azure subscription of a resource that is specified by name.
#[derive(Clone, Copy)]
struct Within<'a> {
    group: Option<&'a Sourced<String>>,
    azure_subscription: Option<&'a Sourced<String>>,
}

impl<'a> Within<'a> {
    fn of(env: &'a EnvSettings) -> Self {
        Self { group: env.resource_group.as_ref(), azure_subscription: env.azure_subscription.as_ref() }
    }
}

/// Adds the most similar existing name to the hint about a site or a service that does not exist. It lists all
/// resources of the type, so it is used for one env, not for each env of a fleet.
pub(crate) async fn name_lookalikes(plane: &dyn Reads, findings: &mut [Finding]) {
    for finding in findings {
        let kinds = [(FindingCode::SiteMissing, &STATIC_WEB_APP), (FindingCode::ServiceMissing, &APIM)];
        let Some((_, kind)) = kinds.into_iter().find(|(code, _)| *code == finding.code) else { continue };
        let typed = finding.resource.as_deref().and_then(|id| id.rsplit('/').next()).unwrap_or_default();
        // Without a suggestion, the finding still reports the problem.
        let Ok(all) = plane.list(&kind.all).await else { continue };
        let known: Vec<&ResourceId> = all.iter().map(|found| found.value.id()).collect();
        let near = nearest(typed, known.iter().map(|id| id.name()));
        if let Some(id) = near.and_then(|near| known.iter().find(|id| id.name() == near)) {
            let hint = std::mem::take(&mut finding.hint);
            finding.hint = Hint::from(format!("did you mean `{id}`? ")).then(hint);
        }
    }
}

/// A resource type that can be found by name.
struct Named {
    title: &'static str,
    of: ArmType,
    all: Collection,
}

const STATIC_WEB_APP: Named =
    Named { title: "static web app", of: ArmType::StaticSite, all: Collection::StaticSites };

const APIM: Named =
    Named { title: "API Management service", of: ArmType::ApimService, all: Collection::Services };

/// Resolves a text to an id: a full id is used as it is; a name with its group and subscription is combined with them;
/// a name without them is searched.
async fn resolve(
    work: &Workspace,
    plane: &dyn Reads,
    place: Within<'_>,
    given: &Sourced<String>,
    kind: &Named,
) -> Result<ResourceId> {
    let given = &Sourced { value: tidy(&given.value).to_owned(), source: given.source.clone() };
    let name = &given.value;
    if let Some(text) = id_in(name) {
        let id = ResourceId::parse(&text).map_err(|error| malformed(given, kind, &error))?;
        let wanted = kind.of.name();
        if !id.is_a(wanted) {
            let message = format!("`{name}` (from {}) is the ID of a `{}`", given.source, id.resource_type());
            let hint = format!("specify the ID of a `{wanted}`, or a name");
            return Err(UsageError::new(message).hint(hint).into());
        }
        return Ok(id.in_known_casing());
    }
    if let (Some(group), Some(azure_subscription)) = (place.group, place.azure_subscription) {
        let group = ResourceId::resource_group(&azure_subscription.value, &group.value)
            .map_err(|error| malformed(given, kind, &error))?;
        let id = group.resource(kind.of, name);
        return id.map_err(|error| malformed(given, kind, &error).into());
    }
    look_up(work, plane, place, given, kind).await
}

fn malformed(given: &Sourced<String>, kind: &Named, error: &crate::model::InvalidId) -> UsageError {
    UsageError::new(format!("the {} (from {}) is not valid: {error}", kind.title, given.source)).hint(
        format!(
            "specify a name, or a full ID: /subscriptions/ID/resourceGroups/GROUP/providers/{}/NAME",
            kind.of.name()
        ),
    )
}

/// Returns every id of a type on a control plane. The ids are listed once for all envs on it; concurrent callers wait
/// for the same list.
async fn every(work: &Workspace, plane: &dyn Reads, kind: &Named) -> Result<Rc<[ResourceId]>> {
    // The address of a control plane does not change while the command runs.
    let answer = work.known_ids(ptr::from_ref(plane).addr(), kind.of);
    let ids = answer.get_or_try_init(async || {
        let all = plane.list(&kind.all).await?;
        Ok::<_, WorkflowError>(all.iter().map(|found| found.value.id().clone()).collect())
    });
    Ok(Rc::clone(ids.await?))
}

async fn look_up(
    work: &Workspace,
    plane: &dyn Reads,
    place: Within<'_>,
    given: &Sourced<String>,
    kind: &Named,
) -> Result<ResourceId> {
    let name = &given.value;
    let is = |wanted: Option<&Sourced<String>>, actual: Option<&str>| {
        wanted.is_none_or(|wanted| actual.is_some_and(|actual| actual.eq_ignore_ascii_case(&wanted.value)))
    };
    let ids = every(work, plane, kind).await?;
    let matching = ids.iter().filter(|id| {
        id.name().eq_ignore_ascii_case(name)
            && is(place.group, id.group())
            && is(place.azure_subscription, Some(id.azure_subscription()))
    });
    match matching.collect::<Vec<_>>().as_slice() {
        [only] => Ok((*only).clone()),
        [] => {
            let message = format!("the {} `{name}` (from {}) does not exist", kind.title, given.source);
            let error = UsageError::refused(message);
            let near = nearest(name, ids.iter().map(ResourceId::name));
            Err(match near {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(
                    "specify its full ARM ID, or check that `--provider` selects the correct control plane",
                ),
            }
            .into())
        }
        several => {
            let message =
                format!("{} {}s have the name `{name}` (from {})", several.len(), kind.title, given.source);
            let list: Vec<&str> = several.iter().map(|id| id.as_str()).collect();
            let hint = format!("specify the resource group or the full ID: {}", list.join(", "));
            Err(UsageError::new(message).hint(hint).into())
        }
    }
}
