//! Names → ids: what an env's settings mean on its control plane.

use std::{ptr, rc::Rc};

use super::plane::Plane;
use crate::{
    cli::session::{Context, UsageError},
    config::{EnvSettings, ProviderKind, Provisioning, Sourced},
    diagnosis::nearest,
    engine::{Adoption, Finding, FindingCode, Grace, Previews, Propagation, Provisioner, Target},
    model::{ApimServiceId, ResourceId, StaticSiteId},
    provider::{Collection, ControlPlane, arm::percent_decoded},
};

impl Context {
    /// What an env's settings mean on its control plane.
    pub(crate) async fn target(
        &self,
        env: &EnvSettings,
        plane: &dyn ControlPlane,
        previews: Previews,
    ) -> anyhow::Result<Target> {
        let place = Within { group: env.resource_group.as_ref(), subscription: env.subscription.as_ref() };
        let site = resolve(self, plane, place, &env.static_web_app, &STATIC_WEB_APP).await?;
        let service = resolve(self, plane, place, &env.apim, &APIM).await?;
        Ok(Target {
            env: env.name.clone(),
            site_environment: StaticSiteId::try_from(site)?.environment(&env.site_environment.value)?,
            service: ApimServiceId::try_from(service)?,
            apis: env.apis.clone(),
            provisioner: match env.provisioning.value {
                Provisioning::Engine => Provisioner::Engine,
                Provisioning::Service => Provisioner::Service,
            },
            propagation: match env.provider.value {
                ProviderKind::Json => Propagation::Immediate,
                ProviderKind::Arm => Propagation::Eventual(Grace::default()),
            },
            previews,
            adoption: Adoption::default(),
            selector: self.selector(env),
        })
    }
}

impl Context {
    /// The service that a command is about which is about no site: that of `--apim`, or of the env.
    pub(crate) async fn service(&self) -> anyhow::Result<(Plane, ApimServiceId)> {
        let given = self.overrides();
        let (plane, apim, group, subscription) = match (self.settings.env(), &given.apim) {
            (Ok(env), _) => (self.plane_of(&env)?, env.apim, env.resource_group, env.subscription),
            (Err(_), Some(apim)) => {
                let (group, subscription) = (given.resource_group.clone(), given.subscription.clone());
                (self.default_plane()?, apim.clone(), group, subscription)
            }
            (Err(error), None) if given.env.is_some() => return Err(error.into()),
            (Err(_), None) => {
                let error = UsageError::new("it is not said which API Management service is meant");
                return Err(error.hint("name it with `--apim`, or choose an env with `--env`").into());
            }
        };
        let place = Within { group: group.as_ref(), subscription: subscription.as_ref() };
        let id = resolve(self, plane.as_ref(), place, &apim, &APIM).await?;
        Ok((plane, ApimServiceId::try_from(id)?))
    }

    /// The service of an env, whatever its site is.
    pub(crate) async fn service_of(
        &self,
        plane: &dyn ControlPlane,
        env: &EnvSettings,
    ) -> anyhow::Result<ResourceId> {
        let place = Within { group: env.resource_group.as_ref(), subscription: env.subscription.as_ref() };
        resolve(self, plane, place, &env.apim, &APIM).await
    }

    /// The control plane of a command that is about all services: that of the env, if one is chosen.
    pub(crate) fn any_plane(&self) -> anyhow::Result<Plane> {
        match self.settings.env() {
            Ok(env) => self.plane_of(&env),
            Err(error) if self.overrides().env.is_some() => Err(error.into()),
            Err(_) => self.default_plane(),
        }
    }
}

/// Where something is that is given by name.
#[derive(Clone, Copy)]
struct Within<'a> {
    group: Option<&'a Sourced<String>>,
    subscription: Option<&'a Sourced<String>>,
}

/// Adds to the hint about a site or a service that does not exist the one that was probably meant. It looks
/// at all that there are, so it is for one env, and not for each of a fleet.
pub(crate) async fn name_lookalikes(plane: &dyn ControlPlane, findings: &mut [Finding]) {
    for finding in findings {
        let kind = match finding.code {
            FindingCode::SiteMissing => &STATIC_WEB_APP,
            FindingCode::ServiceMissing => &APIM,
            _ => continue,
        };
        let typed = finding.resource.as_deref().and_then(|id| id.rsplit('/').next()).unwrap_or_default();
        // Without a suggestion, the finding still says what is wrong.
        let Ok(all) = plane.list(&kind.all).await else { continue };
        let known: Vec<&ResourceId> = all.iter().map(|found| found.value.id()).collect();
        let near = nearest(typed, known.iter().map(|id| id.name()));
        if let Some(id) = near.and_then(|near| known.iter().find(|id| id.name() == near)) {
            finding.hint = format!("did you mean `{id}`? {}", finding.hint);
        }
    }
}

struct Kind {
    title: &'static str,
    provider: &'static str,
    collection: &'static str,
    all: Collection,
}

const STATIC_WEB_APP: Kind = Kind {
    title: "static web app",
    provider: "Microsoft.Web",
    collection: "staticSites",
    all: Collection::StaticSites,
};

const APIM: Kind = Kind {
    title: "API Management service",
    provider: "Microsoft.ApiManagement",
    collection: "service",
    all: Collection::Services,
};

/// A full id stands for itself; a name with its group and subscription makes one; a name alone is looked up.
async fn resolve(
    cx: &Context,
    plane: &dyn ControlPlane,
    place: Within<'_>,
    given: &Sourced<String>,
    kind: &Kind,
) -> anyhow::Result<ResourceId> {
    let given = &Sourced { value: tidy(&given.value).to_owned(), source: given.source.clone() };
    let name = &given.value;
    if let Some(text) = id_in(name) {
        let id = ResourceId::parse(&text).map_err(|error| malformed(given, kind, &error))?;
        let wanted = format!("{}/{}", kind.provider, kind.collection);
        if !id.is_a(&wanted) {
            let message = format!("`{name}` (from {}) is the id of a `{}`", given.source, id.resource_type());
            let hint = format!("give the id of a `{wanted}`, or a name");
            return Err(UsageError::new(message).hint(hint).into());
        }
        return Ok(id.in_known_casing());
    }
    if let (Some(group), Some(subscription)) = (place.group, place.subscription) {
        let group = ResourceId::resource_group(&subscription.value, &group.value)
            .map_err(|error| malformed(given, kind, &error))?;
        let id = group.resource(kind.provider, kind.collection, name);
        return id.map_err(|error| malformed(given, kind, &error).into());
    }
    look_up(cx, plane, place, given, kind).await
}

/// The id in a text that is meant as one: an id itself; the link of a page of the portal, which has an id in it
/// and after that the name of the page; an id that Git Bash took for a path and put its own folder before.
pub(crate) fn id_in(text: &str) -> Option<String> {
    let text = tidy(text);
    if let Some(text) = plain_id(text) {
        return Some(text);
    }
    let is_link = text.starts_with("https://") || text.starts_with("http://");
    let is_path = text.get(1..3).is_some_and(|colon| [":/", ":\\"].contains(&colon));
    if !is_link && !is_path {
        return None;
    }
    let plain = percent_decoded(text).replace('\\', "/");
    let lower = plain.to_ascii_lowercase();
    let Some(at) = lower.find("/subscriptions/") else {
        return lower.contains("/providers/").then_some(plain);
    };
    let path = plain[at..].split(['?', '#', '&']).next().unwrap_or_default().trim_end_matches('/');
    if is_path {
        return Some(path.to_owned());
    }
    // Subscription, group, provider, type and name, each behind what it is; then the page.
    let id: Vec<&str> = path.split('/').take(9).collect();
    Some(id.join("/"))
}

/// A text without the white space and the quotes that come along when it is copied.
fn tidy(text: &str) -> &str {
    let text = text.trim();
    let quoted = ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    quoted.map_or(text, str::trim)
}

/// An id that stands by itself, also without its first slash or with a last one. What only looks like an id is one
/// that is not well-formed, and never a name.
fn plain_id(text: &str) -> Option<String> {
    let is_address = text.contains(':');
    let has = |part: &str| text.to_ascii_lowercase().contains(part);
    let begins =
        text.get(.."subscriptions/".len()).is_some_and(|it| it.eq_ignore_ascii_case("subscriptions/"));
    if begins && !is_address {
        return Some(format!("/{}", text.trim_end_matches('/')));
    }
    // Git Bash leaves an id alone that begins with two slashes
    let text = if text.starts_with("//") { &text[1..] } else { text };
    let looks_so = text.starts_with('/') || !is_address && has("/providers/");
    let trimmed = text.trim_end_matches('/');
    looks_so.then(|| if trimmed.is_empty() { text } else { trimmed }.to_owned())
}

fn malformed(given: &Sourced<String>, kind: &Kind, error: &crate::model::InvalidId) -> UsageError {
    UsageError::new(format!("the {} (from {}) is not well-formed: {error}", kind.title, given.source)).hint(
        format!(
            "write a name, or a full id: /subscriptions/ID/resourceGroups/GROUP/providers/{}/{}/NAME",
            kind.provider, kind.collection
        ),
    )
}

/// Every id of a kind on a control plane, listed once for all envs that are on it.
async fn every(cx: &Context, plane: &dyn ControlPlane, kind: &Kind) -> anyhow::Result<Rc<[ResourceId]>> {
    // Control planes stay where they are for as long as the command runs.
    let key = (ptr::from_ref(plane).addr(), kind.collection);
    if let Some(known) = cx.known_ids.borrow().get(&key) {
        return Ok(Rc::clone(known));
    }
    let all = plane.list(&kind.all).await?;
    let ids: Rc<[ResourceId]> = all.iter().map(|found| found.value.id().clone()).collect();
    cx.known_ids.borrow_mut().insert(key, Rc::clone(&ids));
    Ok(ids)
}

async fn look_up(
    cx: &Context,
    plane: &dyn ControlPlane,
    place: Within<'_>,
    given: &Sourced<String>,
    kind: &Kind,
) -> anyhow::Result<ResourceId> {
    let name = &given.value;
    let is = |wanted: Option<&Sourced<String>>, actual: Option<&str>| {
        wanted.is_none_or(|wanted| actual.is_some_and(|actual| actual.eq_ignore_ascii_case(&wanted.value)))
    };
    let ids = every(cx, plane, kind).await?;
    let matching = ids.iter().filter(|id| {
        id.name().eq_ignore_ascii_case(name)
            && is(place.group, id.group())
            && is(place.subscription, Some(id.azure_subscription()))
    });
    match matching.collect::<Vec<_>>().as_slice() {
        [only] => Ok((*only).clone()),
        [] => {
            let message = format!("there is no {} `{name}` (from {})", kind.title, given.source);
            let error = UsageError::refused(message);
            let near = nearest(name, ids.iter().map(ResourceId::name));
            Err(match near {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint("give its full ARM id, or check the control plane that you are on"),
            }
            .into())
        }
        several => {
            let message =
                format!("{} {}s are called `{name}` (from {})", several.len(), kind.title, given.source);
            let list: Vec<&str> = several.iter().map(|id| id.as_str()).collect();
            let hint = format!("say which, with its resource group or its full id: {}", list.join(", "));
            Err(UsageError::new(message).hint(hint).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/staticSites/shop";

    #[test]
    fn an_id_is_found_in_a_link_of_the_portal_and_in_a_path_of_git_bash() {
        let blade = "https://portal.azure.com/#view/WebsitesExtension/X/id/";
        let encoded = SITE.replace('/', "%2F");
        for text in [
            SITE.to_owned(),
            format!("https://portal.azure.com/#@contoso.onmicrosoft.com/resource{SITE}/overview"),
            format!("https://portal.azure.com/#resource{SITE}/staticsite"),
            format!("https://portal.azure.us/#@0a/resource{SITE}"),
            format!("https://portal.azure.com/?feature.x=1#@t/resource{SITE}/apis?tab=2"),
            format!("{blade}{encoded}/page~/false"),
            format!("C:/Program Files/Git{SITE}"),
            format!("D:\\msys64{}", SITE.replace('/', "\\")),
        ] {
            assert_eq!(id_in(&text).as_deref(), Some(SITE), "{text}");
        }
    }

    #[test]
    fn an_id_is_found_whatever_came_along_when_it_was_copied() {
        for text in [
            format!("{SITE}/"),
            format!(" {SITE}\n"),
            format!("\"{SITE}\""),
            format!("'{SITE}/'"),
            format!("\"{SITE}\"\r\n"),
            SITE[1..].to_owned(),
            format!("{}/", &SITE[1..]),
            format!("/{SITE}"),
        ] {
            assert_eq!(id_in(&text).as_deref(), Some(SITE), "{text}");
        }
    }

    #[test]
    fn what_looks_like_an_id_is_one_that_is_malformed() {
        for text in [
            "s/resourceGroups/rg/providers/Microsoft.Web/staticSites/shop",
            "/resourceGroups/rg/providers/Microsoft.Web/staticSites/shop",
            "rg/PROVIDERS/Microsoft.Web/staticSites/shop",
            "subscriptions/s/shop",
        ] {
            assert!(id_in(text).is_some_and(|id| ResourceId::parse(&id).is_err()), "{text}");
        }
    }

    #[test]
    fn a_name_is_not_an_id_and_a_link_without_one_neither() {
        for text in ["shop", "my-shop", "https://shop.azurestaticapps.net", "c:", ""] {
            assert_eq!(id_in(text), None, "{text}");
        }
    }
}
