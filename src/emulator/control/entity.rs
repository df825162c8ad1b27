//! The rules that API Management checks its resources against, and the properties that it adds.

use std::fmt;

use hyper::StatusCode;
use serde_json::{Map, Value, json};

use super::{built_in::TIME, merge::set_default, policy, refused::refused, revision};
use crate::{
    ambient::Ambient,
    emulator::reply::Reply,
    model::{ArmType, Key, Resource},
};

/// How a resource is changed.
pub(super) struct Change<'a> {
    pub(super) existed: bool,
    pub(super) old: Option<&'a Resource>,
    pub(super) patched: bool,
}

/// The keys that a request sets on a subscription.
#[derive(Default)]
pub(super) struct GivenKeys {
    pub(super) primary: Option<Key>,
    pub(super) secondary: Option<Key>,
}

impl fmt::Debug for GivenKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GivenKeys")
            .field("primary", &self.primary)
            .field("secondary", &self.secondary)
            .finish_non_exhaustive()
    }
}

impl GivenKeys {
    /// Removes the keys from a body, so that none stays in the resource.
    pub(super) fn take(body: &mut Map<String, Value>) -> Result<Self, Reply> {
        let mut take = |name: &'static str| {
            let properties = body.get_mut("properties").and_then(Value::as_object_mut);
            let given = properties.and_then(|properties| properties.remove(name));
            match given {
                None | Some(Value::Null) => Ok(None),
                Some(Value::String(text)) => Key::new(text).map(Some).map_err(|_| unfit(name)),
                Some(_) => Err(unfit(name)),
            }
        };
        Ok(Self { primary: take("primaryKey")?, secondary: take("secondaryKey")? })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.primary.is_none() && self.secondary.is_none()
    }
}

fn unfit(name: &str) -> Reply {
    Reply::apim_invalid(name, "A key must be a string of 1 to 256 characters.")
}

/// Validates a resource and returns it with the properties that the service adds.
pub(super) fn completed(
    mut resource: Resource,
    kind: ArmType,
    change: &Change<'_>,
    ambient: &dyn Ambient,
) -> Result<Resource, Reply> {
    match kind {
        ArmType::ApimService => service(&mut resource, change, ambient),
        ArmType::Api => api(&mut resource, change)?,
        ArmType::Product => product(&mut resource),
        ArmType::ProductPolicy => product_policy(&mut resource)?,
        ArmType::ApimSubscription => subscription(&mut resource, change, ambient)?,
        ArmType::ProductApi => resource = Resource::new(resource.id().clone(), Map::new()),
        ArmType::ApiOperation
        | ArmType::ApiVersionSet
        | ArmType::StaticSite
        | ArmType::SiteEnvironment
        | ArmType::LinkedBackend => {}
    }
    Ok(resource)
}

/// Returns a required text, after checking its length.
fn text<'a>(resource: &'a Resource, field: &str, target: &str, longest: usize) -> Result<&'a str, Reply> {
    let found = resource.text(&format!("properties.{field}")).map_err(|error| refused(&error.into()))?;
    match found.filter(|text| !text.is_empty()) {
        None => Err(Reply::apim_invalid(target, &format!("'{field}' should not be empty."))),
        Some(text) if text.chars().count() > longest => {
            Err(Reply::apim_invalid(target, &format!("'{field}' should have a length of {longest} at most.")))
        }
        Some(text) => Ok(text),
    }
}

fn service(resource: &mut Resource, change: &Change<'_>, ambient: &dyn Ambient) {
    let name = resource.id().name().to_ascii_lowercase();
    set_default(resource, "gatewayUrl", format!("https://{name}.azure-api.net"));
    set_default(resource, "provisioningState", "Succeeded");
    set_default(resource, "virtualNetworkType", "None");
    set_default(resource, "publicNetworkAccess", "Enabled");
    if !change.existed {
        set_default(resource, "createdAtUtc", ambient.now().strftime(TIME).to_string());
    }
}

fn api(resource: &mut Resource, change: &Change<'_>) -> Result<(), Reply> {
    if resource.field("properties.value").is_some() {
        return Err(Reply::not_emulated("the import of an API from a description (properties.value)"));
    }
    text(resource, "displayName", "displayName", 300)?;
    if resource.field("properties.path").is_none() {
        return Err(Reply::apim_invalid("path", "'path' should not be empty."));
    }
    let path = resource.text("properties.path").map_err(|error| refused(&error.into()))?.unwrap_or_default();
    let path = path.trim_start_matches('/').to_owned();
    resource.set_property("path", path);
    revision::settle(resource, change.old);
    drop(resource.remove_property("sourceApiId"));
    drop(resource.remove_property("format"));
    set_default(resource, "subscriptionRequired", true);
    set_default(resource, "protocols", json!(["https"]));
    let names = json!({"header": "Ocp-Apim-Subscription-Key", "query": "subscription-key"});
    set_default(resource, "subscriptionKeyParameterNames", names);
    Ok(())
}

/// Checks Azure's rule for which properties of a product can be combined.
pub(super) fn check_approval(body: &Map<String, Value>) -> Result<(), Reply> {
    let given = |name: &str| body.get("properties").and_then(|properties| properties.get(name));
    let is_open = given("subscriptionRequired") == Some(&Value::Bool(false));
    if is_open && (given("approvalRequired").is_some() || given("subscriptionsLimit").is_some()) {
        let message = "Cannot provide values for approvalRequired and subscriptionsLimit when subscriptionRequired is \
                       set to false in the request payload";
        return Err(Reply::apim(StatusCode::BAD_REQUEST, "ValidationError", message));
    }
    Ok(())
}

fn product(resource: &mut Resource) {
    set_default(resource, "subscriptionRequired", true);
    set_default(resource, "state", "notPublished");
    let required = resource.field("properties.subscriptionRequired") != Some(&Value::Bool(false));
    if required {
        set_default(resource, "approvalRequired", false);
    } else {
        for name in ["approvalRequired", "subscriptionsLimit"] {
            drop(resource.remove_property(name));
        }
    }
}

fn product_policy(resource: &mut Resource) -> Result<(), Reply> {
    let text = policy::kept(resource)?;
    let written = [("format".to_owned(), "xml".into()), ("value".to_owned(), text.into())];
    *resource = Resource::new(resource.id().clone(), written.into_iter().collect());
    Ok(())
}

fn subscription(resource: &mut Resource, change: &Change<'_>, ambient: &dyn Ambient) -> Result<(), Reply> {
    let scope = full_scope(resource)?;
    resource.set_property("scope", scope);
    if !change.patched {
        let kept = |name: &str| change.old.and_then(|old| old.field(&format!("properties.{name}")).cloned());
        let state = kept("state").unwrap_or_else(|| "active".into());
        set_default(resource, "state", state);
        let now = || (!change.existed).then(|| ambient.now().strftime(TIME).to_string().into());
        if let Some(created) = kept("createdDate").or_else(now) {
            resource.set_property("createdDate", created);
        }
        // A PUT without these properties keeps their values.
        for name in ["ownerId", "startDate", "allowTracing"] {
            if let Some(value) = kept(name) {
                set_default(resource, name, value);
            }
        }
    }
    Ok(())
}

/// Returns the full resource id of the scope, in whichever form the request has it.
fn full_scope(subscription: &Resource) -> Result<String, Reply> {
    let scope = text(subscription, "scope", "scope", 1000)?;
    let service = subscription.id().parent().ok_or_else(Reply::internal_error)?;
    let of_service =
        scope.get(..service.as_str().len()).is_some_and(|it| it.eq_ignore_ascii_case(service.as_str()));
    let relative = if of_service { &scope[service.as_str().len()..] } else { scope };
    let lower = relative.to_ascii_lowercase();
    let is_known =
        matches!(lower.as_str(), "/apis") || ["/apis/", "/products/"].iter().any(|it| lower.starts_with(it));
    let is_whole_service = of_service && matches!(lower.as_str(), "" | "/");
    if is_known || is_whole_service {
        return Ok(format!("{service}{relative}"));
    }
    Err(Reply::apim_invalid(
        "scope",
        "Subscription scope should be one of '/apis', '/apis/{apiId}', '/products/{productId}'",
    ))
}
