//! Resource Manager's refusal of a request in an Azure subscription or a resource group that does not exist. It refuses
//! before it asks a provider.

use hyper::{Method, StatusCode};

use super::{
    call::Call, manager::ResourceManager, refused::refused, route::Route, scope::azure_subscriptions,
    site::site_of,
};
use crate::{emulator::reply::Reply, model::ResourceId, provider::json::JsonControlPlane};

/// The scopes that must exist before a request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Requirement {
    Nothing,
    AzureSubscription,
    Group,
}

/// Checks that the scopes of a request exist.
pub(super) fn check(manager: &ResourceManager, call: &Call, route: &Route) -> Result<(), Reply> {
    let required = requirement(call, route);
    let Some((azure_subscription, group)) = scopes(&call.path) else { return Ok(()) };
    if required == Requirement::Nothing {
        return Ok(());
    }
    let whole = group.and_then(|group| ResourceId::resource_group(azure_subscription, group).ok());
    if !is_below_a_resource(&manager.store.current(), route)? {
        if !azure_subscriptions(manager)?.contains(&azure_subscription.to_ascii_lowercase()) {
            return Err(subscription_not_found(azure_subscription));
        }
        if let (Requirement::Group, Some(whole)) = (required, &whole)
            && !group_exists(manager, whole)?
        {
            return Err(Reply::group_not_found(whole.name()));
        }
    }
    if call.method == Method::DELETE {
        manager.emptied.keep(whole, azure_subscription);
    }
    Ok(())
}

/// Returns the scopes that a request requires. The PUT of a group, a site or a service requires none: the scopes of the
/// model are those of its resources, so that a script can begin with an empty model, in any subscription. Azure refuses
/// such a PUT in a group that has not been created.
fn requirement(call: &Call, route: &Route) -> Requirement {
    let creates = call.method == Method::PUT;
    match route {
        Route::Endpoints
        | Route::Identity
        | Route::Tenants
        | Route::AzureSubscriptions
        | Route::AzureSubscription(_)
        | Route::Graph
        | Route::Operation(_) => Requirement::Nothing,
        Route::Group(_) if creates => Requirement::Nothing,
        Route::Resource(_, kind) if creates && kind.is_top_level() => Requirement::Nothing,
        Route::Groups(_) | Route::Group(_) | Route::Providers(..) | Route::Activity(_) => {
            Requirement::AzureSubscription
        }
        // As recorded, the permissions in a group that does not exist are answered, and those in a resource are not.
        Route::Permissions if is_of_group(&call.path) => Requirement::AzureSubscription,
        Route::Permissions
        | Route::All(_)
        | Route::Everywhere(..)
        | Route::Collection(..)
        | Route::Resource(..)
        | Route::Action(..) => Requirement::Group,
    }
}

/// Parses the Azure subscription and the resource group of a path.
fn scopes(path: &str) -> Option<(&str, Option<&str>)> {
    let segments: Vec<&str> = path.split('/').collect();
    let [_, subscriptions, azure_subscription, rest @ ..] = segments.as_slice() else { return None };
    let group = match rest {
        [word, group, ..] if word.eq_ignore_ascii_case("resourceGroups") => Some(*group),
        _ => None,
    };
    subscriptions.eq_ignore_ascii_case("subscriptions").then_some((azure_subscription, group))
}

/// Whether the scope of a path to permissions is a group or a subscription, and not a resource.
fn is_of_group(path: &str) -> bool {
    path.to_ascii_lowercase().matches("/providers/").count() < 2
}

/// Whether the site or the service of a request exists, and so its scopes.
fn is_below_a_resource(plane: &JsonControlPlane, route: &Route) -> Result<bool, Reply> {
    let (Route::Resource(id, _) | Route::Collection(id, _) | Route::Action(id, ..)) = route else {
        return Ok(false);
    };
    plane.exists(&site_of(id)).map_err(|error| refused(&error))
}

/// Whether a resource group contains a resource, has contained one, or was created.
fn group_exists(manager: &ResourceManager, group: &ResourceId) -> Result<bool, Reply> {
    let all = manager.store.current().resources().map_err(|error| refused(&error))?;
    let is_in = |id: &ResourceId| {
        let rest = id.lower_case().strip_prefix(group.lower_case());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let emptied = manager.emptied.groups(group.azure_subscription());
    Ok(emptied.contains(group) || all.iter().any(|resource| is_in(resource.id())))
}

pub(super) fn subscription_not_found(id: &str) -> Reply {
    let message = format!("The subscription '{id}' could not be found.");
    Reply::arm(StatusCode::NOT_FOUND, "SubscriptionNotFound", message)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{super::call::tests::call, *};

    #[test]
    fn the_scopes_of_a_path_are_read_in_any_case() {
        for (path, expected) in [
            ("/subscriptions/s", Some(("s", None))),
            ("/SUBSCRIPTIONS/s/resourcegroups/RG/providers/x", Some(("s", Some("RG")))),
            ("/subscriptions/s/providers/Microsoft.Web/staticSites", Some(("s", None))),
            ("/subscriptions", None),
            ("/tenants", None),
        ] {
            assert_eq!(scopes(path), expected, "{path}");
        }
    }

    #[test]
    fn a_put_that_can_begin_a_model_requires_no_scope() {
        const GROUP: &str = "/subscriptions/s/resourceGroups/rg";
        const SITE: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/staticSites/x";
        let of = |method: &Method, path: &str| {
            requirement(&call(method.clone(), path, &Value::Null), &Route::of(path).unwrap())
        };
        for path in [GROUP, SITE] {
            assert_eq!(of(&Method::PUT, path), Requirement::Nothing, "{path}");
        }
        assert_eq!(of(&Method::GET, GROUP), Requirement::AzureSubscription);
        let below = [SITE.to_owned(), format!("{SITE}/linkedBackends/b"), format!("{SITE}/builds")];
        for path in &below {
            assert_eq!(of(&Method::GET, path), Requirement::Group, "{path}");
        }
        assert_eq!(of(&Method::PUT, &below[1]), Requirement::Group);
        let permissions = "/providers/Microsoft.Authorization/permissions";
        assert_eq!(of(&Method::GET, &format!("{GROUP}{permissions}")), Requirement::AzureSubscription);
        assert_eq!(of(&Method::GET, &format!("{SITE}{permissions}")), Requirement::Group);
    }
}
