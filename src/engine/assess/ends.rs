//! The two ends of a link, the site and the service, and the linked backend between them.

use super::run;
use crate::{
    diagnosis::{Cure, Hint},
    engine::{EnvironmentSeen, Finding, FindingCode as Code, Observed, Previews, Seen},
    model::{ApimService, LinkedBackend, ProvisioningState, ResourceId},
};

pub(super) fn site(observed: &Observed, all: &mut Vec<Finding>) {
    let id = observed.target.site_environment.site();
    let Some(site) = &observed.site else {
        if !observed.unreadable.iter().any(|part| part.id == *id) {
            all.push(missing(observed, Code::SiteMissing, &id, "static web app"));
        }
        return;
    };
    if !site.view.plan_allows_backends() {
        let message = format!(
            "the plan of `{}` is {}, which does not support linked backends",
            id.name(),
            site.view.sku
        );
        let finding = Finding::new(Code::PlanTooSmall, &id).message(message);
        let change = format!(
            "run `az staticwebapp update --name {} --sku Standard`, then run the command again",
            id.name()
        );
        all.push(finding.field("sku.name", "Standard or Dedicated", &site.view.sku).hint(change));
    }
    all.extend(functions_app(&id, id.name(), &site.view.functions_apps, ""));
    environment(observed, all);
}

/// Returns the finding for a Functions app that serves the `/api` of a site, or of one of its environments.
fn functions_app(id: &ResourceId, site: &str, apps: &[String], flags: &str) -> Option<Finding> {
    let app = apps.first()?;
    let name = app.rsplit('/').next().unwrap_or(app);
    let message = format!("the Functions app `{name}` already serves `/api` of `{}`", id.name());
    let group = id.group().map(|group| format!(" --resource-group {group}")).unwrap_or_default();
    let hint = format!(
        "run `az staticwebapp functions unlink --name {site}{group}{flags}`, then run the command again"
    );
    let finding = Finding::new(Code::FunctionsApp, id).message(message).hint(hint);
    Some(finding.field("properties.userProvidedFunctionApps", "none", app))
}

/// Returns the finding for a missing site or service, or for the missing resource group that should contain it.
fn missing(observed: &Observed, code: Code, id: &ResourceId, title: &str) -> Finding {
    let (name, azure_subscription) = (id.name(), id.azure_subscription());
    let group = id.group().unwrap_or_default();
    if observed.lacks_group_of(id) {
        let message = format!(
            "the {title} `{name}` does not exist, because the subscription `{azure_subscription}` has no resource \
             group `{group}`"
        );
        let hint = format!(
            "correct `--resource-group` or `--subscription`; `az group list --subscription {azure_subscription} --output table` \
             lists the resource groups"
        );
        return Finding::new(code, id).message(message).hint(hint);
    }
    let place = if group.is_empty() { String::new() } else { format!(" in resource group `{group}`") };
    Finding::new(code, id).message(format!("the {title} `{name}` does not exist{place}"))
}

fn environment(observed: &Observed, all: &mut Vec<Finding>) {
    let id = &observed.target.site_environment;
    let name = id.name();
    if id.is_production() {
        return;
    }
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        let message =
            format!("`{name}` is the environment of a pull request; Azure cannot link such an environment");
        all.push(Finding::new(Code::PullRequestEnvironment, id).message(message));
        return;
    }
    if let EnvironmentSeen::Preview(preview) = &observed.environment {
        let flags = format!(" --environment-name {name}");
        all.extend(functions_app(id, id.site().name(), &preview.functions_apps, &flags));
    }
    if matches!(observed.environment, EnvironmentSeen::Missing) {
        let message = format!("`{}` has no environment `{name}`", id.site().name());
        all.push(Finding::new(Code::EnvironmentMissing, id).message(message));
    } else if observed.target.previews == Previews::Refuse && observed.own_backend().is_none() {
        let message = format!("`{name}` is a preview environment, and Azure may refuse to link it");
        all.push(Finding::new(Code::PreviewEnvironment, id).message(message));
    }
}

pub(super) fn service(observed: &Observed, all: &mut Vec<Finding>) {
    let id = &observed.target.service;
    let Some(service) = &observed.service else {
        if !observed.unreadable.iter().any(|part| part.id == **id) {
            all.push(missing(observed, Code::ServiceMissing, id, "API Management service"));
        }
        return;
    };
    let state = &service.view.provisioning;
    if matches!(state, ProvisioningState::Pending(_) | ProvisioningState::Failed(_)) {
        let message = format!("the service `{}` is not ready: {}", id.name(), state.as_str());
        let finding = Finding::new(Code::ServiceNotReady, id).message(message);
        all.push(finding.field("properties.provisioningState", "Succeeded", state.as_str()));
    }
    all.extend(unreachable(&service.view));
}

fn unreachable(service: &ApimService) -> Option<Finding> {
    let is = |value: &Option<String>, word: &str| {
        value.as_deref().is_some_and(|value| value.eq_ignore_ascii_case(word))
    };
    let name = service.id.name();
    let finding = Finding::new(Code::ServiceUnreachable, &service.id);
    if is(&service.virtual_network_type, "Internal") {
        let message = format!(
            "the gateway of `{name}` is in an internal virtual network, where the site cannot reach it"
        );
        let field = "properties.virtualNetworkType";
        return Some(finding.field(field, "None or External", "Internal").message(message));
    }
    is(&service.public_network_access, "Disabled").then(|| {
        let message = format!("public network access to `{name}` is disabled, so the site cannot reach it");
        finding.field("properties.publicNetworkAccess", "Enabled", "Disabled").message(message)
    })
}

pub(super) fn backends(observed: &Observed, all: &mut Vec<Finding>) {
    let target = &observed.target;
    for backend in &observed.backends {
        let id = &backend.view.id;
        let named = &backend.view.backend;
        if observed.is_gone(backend) {
            let message = format!(
                "the linked backend `{}` refers to `{}`, which does not exist",
                id.name(),
                named.name()
            );
            let finding = Finding::new(Code::Dangling, id).message(message);
            let field = "properties.backendResourceId";
            let cure = if observed.service.is_some() { Cure::Relink } else { Cure::Unlink };
            all.push(finding.field(field, &target.service, named).hint(run(observed, cure)));
        } else if !observed.is_own(backend) {
            let site = target.site_environment.site();
            let unknown = observed.undetermined(backend);
            let unknown = unknown.map(|why| format!(", which could not be read: {why}")).unwrap_or_default();
            let message = format!("`{}` is already linked to `{}`{unknown}", site.name(), named.name());
            let finding = Finding::new(Code::LinkedElsewhere, id).message(message);
            let hint = Hint::from(format!("to link `{}` to another backend, ", site.name()))
                .then(target.run(Cure::LinkReplacing))
                .then(format!("; if `{}` is correct, correct `apim` of the env", named.name()));
            all.push(finding.field("properties.backendResourceId", &target.service, named).hint(hint));
        } else {
            all.extend(unfinished(observed, backend));
        }
    }
    if observed.backends.len() > 1 {
        let names: Vec<_> = observed.backends.iter().map(|backend| backend.view.id.name()).collect();
        let message =
            format!("the site environment has {} linked backends: {}", names.len(), names.join(", "));
        let finding = Finding::new(Code::SeveralBackends, &target.site_environment).message(message);
        all.push(finding.hint(run(observed, Cure::Relink)));
    }
}

fn unfinished(observed: &Observed, backend: &Seen<LinkedBackend>) -> Option<Finding> {
    let state = &backend.view.provisioning;
    let code = match state {
        ProvisioningState::Succeeded => return None,
        ProvisioningState::Pending(_) => Code::BackendPending,
        ProvisioningState::Failed(_) => Code::BackendFailed,
        ProvisioningState::Other(_) => Code::BackendStateUnknown,
    };
    let finding = Finding::new(code, &backend.view.id);
    let finding = finding.field("properties.provisioningState", "Succeeded", state.as_str());
    Some(if code == Code::BackendFailed { finding.hint(run(observed, Cure::Relink)) } else { finding })
}
