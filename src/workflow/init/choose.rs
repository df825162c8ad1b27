//! The questions of `init` about resources, in the order of the Azure portal: subscription, site, environment, service,
//! APIs. A choice that `link` would refuse says so.

use std::collections::HashMap;

use super::asker::{Asker, Choices};
use crate::{
    config::Sourced,
    model::{
        Api, ApimService, ApimServiceId, PRODUCTION, ProvisioningState, Reach, Resource, ResourceId,
        StaticSiteId, allows_backends,
    },
    provider::{Collection, arm::SearchScope},
    workflow::{
        error::{Result, UsageError, WorkflowError},
        list::{Backend, Row, Rows, rows},
        plane::Plane,
        workspace::Workspace,
    },
};

/// The answers about resources.
#[derive(Debug)]
pub(super) struct Chosen {
    /// The site, by name or id.
    pub(super) site: String,
    /// The environment of the site, if not production.
    pub(super) environment: Option<String>,
    /// The service, by name or id.
    pub(super) apim: String,
    /// The APIs to keep in the link's product.
    pub(super) apis: Vec<String>,
}

/// Asks for what flags do not answer.
///
/// # Errors
///
/// If a question is not answered, or there is no site or no service.
pub(super) async fn resources(
    work: &Workspace,
    plane: &Plane,
    apis: Vec<String>,
    asker: &dyn Asker,
) -> Result<Chosen> {
    let given = work.overrides();
    let text = |it: &Option<Sourced<String>>| it.as_ref().map(|it| it.value.clone());
    let azure_subscription = text(&given.azure_subscription);
    let (site, backend) = if let Some(site) = text(&given.static_web_app) {
        (site, None)
    } else {
        let scope = SearchScope {
            azure_subscription: azure_subscription.clone(),
            resource_group: text(&given.resource_group),
        };
        let row = choose_site(plane, &scope, asker).await?;
        (row.site().to_string(), Some(row.backend))
    };
    let environment = match text(&given.site_environment) {
        Some(environment) => Some(environment),
        None => choose_environment(plane, &site, asker).await?,
    };
    let apim = match text(&given.apim) {
        Some(apim) => apim,
        None => choose_service(plane, azure_subscription.as_deref(), backend.as_ref(), asker).await?,
    };
    let apis = if apis.is_empty() { choose_apis(plane, &apim, asker).await? } else { apis };
    Ok(Chosen { site, environment, apim, apis })
}

/// A choice: the resource, and what `link` would say about it.
struct Choice<T> {
    value: T,
    id: ResourceId,
    notice: Notice,
}

/// What `link` would say about a resource.
enum Notice {
    /// Nothing.
    None,
    /// A fact that matters for the choice.
    Fact(String),
    /// Why it would refuse the resource.
    Refusal(String),
}

impl<T> Choice<T> {
    fn shown(&self) -> String {
        let notice = match &self.notice {
            Notice::None => String::new(),
            Notice::Fact(text) | Notice::Refusal(text) => format!("  [{text}]"),
        };
        format!("{}  (resource group {}){notice}", self.id.name(), self.id.group().unwrap_or("none"))
    }

    fn is_refused(&self) -> bool {
        matches!(self.notice, Notice::Refusal(_))
    }
}

/// Asks for one of the choices; the first that `link` would not refuse is proposed.
fn choose<T>(
    mut choices: Vec<Choice<T>>,
    preferred: Option<&ResourceId>,
    text: &str,
    flag: &str,
    asker: &dyn Asker,
) -> Result<T> {
    let shown: Vec<String> = choices.iter().map(Choice::shown).collect();
    let preferred = choices.iter().position(|choice| Some(&choice.id) == preferred);
    let proposed = preferred.or_else(|| choices.iter().position(|choice| !choice.is_refused()));
    let proposed = proposed.unwrap_or_default();
    let at = asker.choose(&Choices { text, choices: &shown, proposed, flag })?;
    let chosen = choices.swap_remove(at);
    if let Notice::Refusal(why) = &chosen.notice {
        asker.say(&format!("note: `link` refuses `{}` as it is: {why}", chosen.id.name()));
    }
    Ok(chosen.value)
}

/// Asks for an Azure subscription, if the resources are in several.
async fn choose_subscription(
    plane: &Plane,
    ids: &[&ResourceId],
    text: &str,
    asker: &dyn Asker,
) -> Result<String> {
    let mut azure_subscriptions: Vec<String> =
        ids.iter().map(|id| id.azure_subscription().to_owned()).collect();
    azure_subscriptions.sort_by_key(|id| id.to_lowercase());
    azure_subscriptions.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
    let names = names_of_subscriptions(plane).await;
    let shown = azure_subscriptions.iter().map(|id| match names.get(&id.to_lowercase()) {
        Some(name) => format!("{name}  ({id})"),
        None => id.clone(),
    });
    let shown: Vec<String> = shown.collect();
    let at = asker.choose(&Choices { text, choices: &shown, proposed: 0, flag: "`--subscription ID`" })?;
    Ok(azure_subscriptions.swap_remove(at))
}

/// The names of Azure subscriptions by their ids in lower case. Without them, the ids are shown.
async fn names_of_subscriptions(plane: &Plane) -> HashMap<String, String> {
    let Some(azure) = plane.azure() else { return HashMap::new() };
    let all = azure.azure_subscriptions().await.unwrap_or_default();
    all.into_iter().filter_map(|it| Some((it.id.to_lowercase(), it.name?))).collect()
}

async fn choose_site(plane: &Plane, scope: &SearchScope, asker: &dyn Asker) -> Result<Row> {
    let Rows { mut rows, notes } = rows(plane, scope).await?;
    for note in notes {
        asker.say(&format!("note: {note}"));
    }
    rows.retain(|row| row.environment.is_production());
    rows.sort_by_cached_key(|row| (row.site().name().to_lowercase(), row.site()));
    if rows.is_empty() {
        return Err(nothing(plane, "static web app"));
    }
    let ids: Vec<StaticSiteId> = rows.iter().map(Row::site).collect();
    let is_one =
        |id: &StaticSiteId| id.azure_subscription().eq_ignore_ascii_case(ids[0].azure_subscription());
    if !ids.iter().all(is_one) {
        let ids: Vec<&ResourceId> = ids.iter().map(|id| &**id).collect();
        let text = "Azure subscription of the static web app";
        let azure_subscription = choose_subscription(plane, &ids, text, asker).await?;
        rows.retain(|row| row.site().azure_subscription().eq_ignore_ascii_case(&azure_subscription));
    }
    let choices = rows.into_iter().map(|row| Choice {
        id: (*row.site()).clone(),
        notice: notice_of_site(&row),
        value: row,
    });
    choose(choices.collect(), None, "Static web app", "`--static-web-app NAME`", asker)
}

/// What `link` would say about a site. One that is linked to a service is refused only for another service.
fn notice_of_site(row: &Row) -> Notice {
    let sku = row.sku.as_deref().unwrap_or("unknown");
    if !allows_backends(sku) {
        return Notice::Refusal(format!("the plan is {sku}; a backend needs Standard or Dedicated"));
    }
    match &row.backend {
        Backend::Nothing => Notice::None,
        Backend::Service(service) => Notice::Fact(format!("linked to the service `{}`", service.name())),
        Backend::App(id) => {
            let name = id.as_deref().and_then(|id| id.rsplit('/').next()).unwrap_or("an app");
            Notice::Refusal(format!("linked to the app `{name}`"))
        }
        Backend::Other(id) => Notice::Refusal(format!("linked to `{}`", id.name())),
        Backend::Unreadable(_) => Notice::Refusal("its backend could not be read".to_owned()),
    }
}

async fn choose_environment(plane: &Plane, site: &str, asker: &dyn Asker) -> Result<Option<String>> {
    let Ok(site) = StaticSiteId::parse(site) else { return Ok(None) };
    let found = plane.as_ref().list(&Collection::SiteEnvironments(site)).await?;
    let previews = found.iter().map(|it| it.value.id().name().to_owned()).filter(|name| name != PRODUCTION);
    let names: Vec<String> = [PRODUCTION.to_owned()].into_iter().chain(previews).collect();
    if names.len() == 1 {
        return Ok(None);
    }
    let shown = |name: &String| match name.as_str() {
        PRODUCTION => "Production".to_owned(),
        name if name.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{name}  [a pull request, which cannot be linked]")
        }
        name => format!("{name}  [a preview; `link` needs `--allow-preview`]"),
    };
    let choices: Vec<String> = names.iter().map(shown).collect();
    let (text, flag) = ("Environment to link", "`--site-environment NAME`");
    let at = asker.choose(&Choices { text, choices: &choices, proposed: 0, flag })?;
    Ok((at > 0).then(|| names[at].clone()))
}

async fn choose_service(
    plane: &Plane,
    azure_subscription: Option<&str>,
    backend: Option<&Backend>,
    asker: &dyn Asker,
) -> Result<String> {
    let found = plane.as_ref().list(&Collection::Services).await?;
    let mut services: Vec<Resource> = found.into_iter().map(|it| it.value).collect();
    if services.is_empty() {
        return Err(nothing(plane, "API Management service"));
    }
    let azure_subscription = if let Some(given) = azure_subscription {
        given.to_owned()
    } else {
        let ids: Vec<&ResourceId> = services.iter().map(Resource::id).collect();
        choose_subscription(plane, &ids, "Azure subscription of the API Management service", asker).await?
    };
    services.retain(|it| it.id().azure_subscription().eq_ignore_ascii_case(&azure_subscription));
    if services.is_empty() {
        let message = format!("subscription `{azure_subscription}` has no API Management service");
        return Err(UsageError::refused(message).into());
    }
    services.sort_by_cached_key(|it| (it.id().name().to_lowercase(), it.id().clone()));
    let choices = services.iter().map(|it| Choice {
        id: it.id().clone(),
        notice: refusal_of_service(it).map_or(Notice::None, Notice::Refusal),
        value: it.id().to_string(),
    });
    let linked = backend.and_then(Backend::service).map(|id| &**id);
    choose(choices.collect(), linked, "API Management service", "`--apim NAME`", asker)
}

/// Why `link` would refuse a service.
fn refusal_of_service(resource: &Resource) -> Option<String> {
    let Ok(service) = ApimService::read(resource) else { return Some("it could not be read".to_owned()) };
    let is = |value: &Option<String>, word: &str| {
        value.as_deref().is_some_and(|value| value.eq_ignore_ascii_case(word))
    };
    if is(&service.virtual_network_type, "Internal") {
        return Some("in an internal virtual network, which the site cannot reach".to_owned());
    }
    if is(&service.public_network_access, "Disabled") {
        return Some("public network access is disabled".to_owned());
    }
    match service.provisioning {
        ProvisioningState::Succeeded | ProvisioningState::Other(_) => None,
        ProvisioningState::Pending(state) | ProvisioningState::Failed(state) => {
            Some(format!("not ready: {state}"))
        }
    }
}

async fn choose_apis(plane: &Plane, apim: &str, asker: &dyn Asker) -> Result<Vec<String>> {
    let Ok(service) = ApimServiceId::parse(apim) else { return Ok(Vec::new()) };
    let found = plane.as_ref().list(&Collection::Apis(service)).await?;
    let apis = found.iter().filter_map(|found| Api::read(&found.value).ok());
    let apis: Vec<Api> = apis.filter(|api| api.is_current).collect();
    if apis.is_empty() {
        return Ok(Vec::new());
    }
    let shown = |api: &Api| {
        let note = match api.reach() {
            Reach::Reachable | Reach::Undetermined => "",
            Reach::Unreachable => "  [the path does not begin with api, so the site cannot call it]",
        };
        format!("{}  (/{}){note}", api.id.name(), api.path)
    };
    let choices: Vec<String> = apis.iter().map(shown).collect();
    let (text, flag) = ("APIs that the site may call (space to choose)", "`--api API`");
    let chosen = asker.choose_any(&Choices { text, choices: &choices, proposed: 0, flag })?;
    Ok(chosen.into_iter().map(|at| apis[at].id.name().to_owned()).collect())
}

/// The error for a control plane that has no resource of a type.
fn nothing(plane: &Plane, title: &str) -> WorkflowError {
    let (message, hint) = if plane.is_azure() {
        let hint = "sign in with another account or tenant, or create one; `--sample` needs no account";
        (format!("the signed-in account can see no {title}"), hint)
    } else {
        let hint = "import resources into the model, or use `--sample`";
        (format!("the control plane has no {title}"), hint)
    };
    UsageError::refused(message).hint(hint).into()
}
