//! On which control plane sites are listed.

use std::borrow::Cow;

use crate::{
    config::{EnvSettings, ProviderKind, Source, Sourced},
    workflow::{
        error::{Result, UsageError, WorkflowError},
        plane::Plane,
        workspace::Workspace,
    },
};

/// How the control plane is selected.
enum Selected {
    /// By flags and variables, or by the env that they name.
    Given,
    /// By the envs of the configuration, or because nothing selects another one.
    Kind(ProviderKind),
}

/// Selects the control plane: as flags and variables specify, or the one of the envs. Without these, a model in its
/// default place, or else Azure, as `az` does.
///
/// # Errors
///
/// If the envs of the configuration are on different control planes, or the control plane cannot be opened.
pub(super) fn select(work: &Workspace) -> Result<Plane> {
    match selected(work)? {
        Selected::Given => work.any_plane(),
        Selected::Kind(kind) => work.plane_on(&Sourced::default(kind)),
    }
}

/// The kind of the control plane that is selected, which is not opened.
///
/// # Errors
///
/// If the envs of the configuration are on different control planes.
pub(super) fn kind(work: &Workspace) -> Result<ProviderKind> {
    match selected(work)? {
        Selected::Given => work.any_kind(),
        Selected::Kind(kind) => Ok(kind),
    }
}

fn selected(work: &Workspace) -> Result<Selected> {
    let given = work.overrides();
    if work.is_sample() || given.env.is_some() || given.provider.is_some() || given.model.is_some() {
        return Ok(Selected::Given);
    }
    let envs = work.settings.written();
    let kinds = [ProviderKind::Json, ProviderKind::Arm];
    let used = kinds.into_iter().filter(|kind| envs.iter().any(|env| env.provider.value == *kind));
    match used.collect::<Vec<_>>().as_slice() {
        [kind] => Ok(Selected::Kind(*kind)),
        [] => {
            let is_model = given.endpoint.is_none() && work.settings.model().value.exists();
            Ok(Selected::Kind(if is_model { ProviderKind::Json } else { ProviderKind::Arm }))
        }
        _ => {
            let message = "some envs of the configuration are in Azure and other ones in a model";
            let hint = "select one of the two with `--provider arm` or `--provider json`";
            Err(UsageError::new(message).hint(hint).into())
        }
    }
}

/// The envs of the configuration that are on a control plane.
pub(super) fn envs_on<'w>(work: &'w Workspace, plane: &Plane) -> Cow<'w, [EnvSettings]> {
    let envs = work.settings.written();
    if envs.iter().all(|env| is_on(env, plane)) {
        return Cow::Borrowed(envs);
    }
    envs.iter().filter(|env| is_on(env, plane)).cloned().collect()
}

/// Whether an env of the configuration is on a control plane. An env that names no provider is on the selected one.
fn is_on(env: &EnvSettings, plane: &Plane) -> bool {
    env.provider.source == Source::Default || env.provider.value == plane.kind()
}

/// Adds to an error why Azure was asked, if neither the configuration nor a flag asked for it.
pub(super) fn explained(work: &Workspace, error: WorkflowError) -> WorkflowError {
    let given = work.overrides();
    let is_default =
        given.provider.is_none() && given.endpoint.is_none() && work.settings.written().is_empty();
    if is_default && !work.is_sample() && !work.settings.model().value.exists() {
        return error.explained(
            "could not list the static web apps in Azure, which is the default without a configuration and a model",
        );
    }
    error
}
