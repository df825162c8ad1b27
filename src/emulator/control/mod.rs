//! The control plane: Azure Resource Manager as its clients know it, over the model.

mod apim;
mod built_in;
mod call;
mod entity;
mod filter;
pub(super) mod fuzzing;
mod graph;
mod identity;
mod layout;
mod link;
mod operations;
mod order;
mod page;
mod policy;
mod region;
mod reply;
mod resources;
mod revision;
mod route;
mod schema;
mod shape;
mod site;
mod version;
mod web;
mod write;

use std::{collections::BTreeSet, sync::Arc};

use hyper::{Method, StatusCode, header::WWW_AUTHENTICATE};
use serde_json::{Map, Value};

pub(super) use self::reply::Reply;
use self::{
    call::{Call, Query, decoded},
    operations::Operations,
    route::{Kind, Namespace, Route},
};
use super::{limits, store::Store, switches::Switchboard, throttle::Throttle};
use crate::{
    ambient::Ambient,
    model::{Resource, ResourceId},
    provider::ProviderError,
};

/// What answers requests to Resource Manager.
pub(super) struct ControlPlane {
    store: Store,
    board: Arc<Switchboard>,
    operations: Operations,
    throttle: Throttle,
    /// The only token that is let in, unless any is.
    token: Option<String>,
    ambient: Arc<dyn Ambient>,
}

/// A request whose body has arrived, as the server hands it over.
pub(super) struct Arrived<'a> {
    pub(super) parts: &'a hyper::http::request::Parts,
    pub(super) body: bytes::Bytes,
    /// How the client reaches the control plane.
    pub(super) base: String,
}

impl ControlPlane {
    pub(super) fn new(
        store: Store,
        board: Arc<Switchboard>,
        token: Option<String>,
        ambient: Arc<dyn Ambient>,
    ) -> Self {
        Self {
            store,
            board,
            operations: Operations::default(),
            throttle: Throttle::default(),
            token,
            ambient,
        }
    }

    /// Ends what goes on in the background.
    pub(super) fn stop(&self) {
        self.operations.stop();
    }

    /// Answers a request.
    pub(super) async fn answer(self: &Arc<Self>, arrived: Arrived<'_>) -> Reply {
        let parts = arrived.parts;
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        let Some(path) = decoded(parts.uri.path()) else { return Reply::bad_path() };
        let route = Route::of(&path);
        if matches!(route, Ok(Route::Identity)) {
            return self.identity(&parts.headers, &query);
        }
        let is_open = matches!(route, Ok(Route::Endpoints));
        if !is_open && let Err(refusal) = self.authenticated(parts) {
            return refusal;
        }
        let left = match self.board.now().throttling {
            Some(limits) => match self.throttle.take(&limits, &parts.method) {
                Ok(left) => Some(left),
                Err(refusal) => return refusal,
            },
            None => None,
        };
        let version = query.get("api-version");
        let known = match &route {
            Ok(route) => version::check(route, version),
            Err(problem) => Err(version::unrouted(problem, version)),
        };
        let header = |name: &str| Some(parts.headers.get(name)?.to_str().ok()?.to_owned());
        let (if_match, if_none_match) = (header("if-match"), header("if-none-match"));
        let (method, path) = (parts.method.clone(), path.trim_end_matches('/').to_owned());
        let call =
            Call { method, path, query, if_match, if_none_match, body: arrived.body, base: arrived.base };
        let reply = match (known, route) {
            (Ok(()), Ok(route)) => {
                let is_web = route.namespace() == Namespace::Web;
                let reply = self.carry_out(&call, route).await.unwrap_or_else(|refusal| refusal);
                if is_web { reply.plain() } else { reply }
            }
            (Err(refusal), _) => refusal,
            (Ok(()), Err(_)) => Reply::internal_error(),
        };
        left.into_iter().fold(reply, |reply, (name, value)| reply.header(name, value))
    }

    async fn carry_out(self: &Arc<Self>, call: &Call, route: Route) -> Result<Reply, Reply> {
        match route {
            Route::Operation(number) => {
                let plane = self.store.current();
                let body = |id: &ResourceId| {
                    let found = plane.find(id).ok().flatten()?.value;
                    Some(match Kind::of_type(&id.resource_type()) {
                        Some(Kind::LinkedBackend) => site::backend(plane, &found, call, site::Zone::Named),
                        Some(Kind::Site) => site::site(plane, &found, call).ok()?,
                        _ => found.into_value(),
                    })
                };
                Ok(self.operations.progress(call, number, body))
            }
            Route::Collection(parent, listed) if call.method == Method::GET => match listed {
                route::Collection::Of(kind) if kind.is_of_web() => self.web_list(call, &parent, listed),
                _ => self.apim_list(call, &parent, listed).await,
            },
            Route::Collection(..) => Err(Reply::method_not_allowed(&call.method)),
            Route::Resource(id, kind) if kind.is_of_web() => self.web(call, id, kind).await,
            Route::Resource(id, kind) => self.apim(call, id, kind).await,
            Route::Action(..) if call.method != Method::POST => Err(Reply::method_not_allowed(&call.method)),
            Route::Action(id, Kind::LinkedBackend, action) if action == "validate" => {
                self.validate_backend(call, id)
            }
            Route::Action(id, Kind::Subscription, action) => self.subscription_action(id, &action).await,
            Route::Action(_, _, action) => Err(Reply::no_such_action(&action)),
            other => self.resources(call, other).await,
        }
    }

    /// Whether a request has a token that is let in.
    fn authenticated(&self, parts: &hyper::http::request::Parts) -> Result<(), Reply> {
        let given = parts.headers.get("authorization").and_then(|value| value.to_str().ok());
        let Some(given) = given else {
            return Err(Reply::unauthorized(
                "AuthenticationFailed",
                "Authentication failed. The 'Authorization' header is missing.",
            ));
        };
        let token = given.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let token = token.map(|(_, token)| token.trim()).filter(|token| !token.is_empty());
        match (token, &self.token) {
            (Some(_), None) => Ok(()),
            (Some(token), Some(only)) if token == only => Ok(()),
            _ => Err(Reply::unauthorized("InvalidAuthenticationToken", "The access token is invalid.")),
        }
    }
}

impl Reply {
    fn unauthorized(code: &str, message: &str) -> Self {
        Self::arm(StatusCode::UNAUTHORIZED, code, message)
            .header(WWW_AUTHENTICATE, "Bearer authorization_uri=\"https://login.microsoftonline.com/common\"")
    }

    fn method_not_allowed(method: &Method) -> Self {
        let message = format!("The requested resource does not support http method '{method}'.");
        Self::arm(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
    }

    fn no_such_action(action: &str) -> Self {
        let message = format!("The requested resource has no action '{action}'.");
        Self::arm(StatusCode::NOT_FOUND, "InvalidResourceType", message)
    }

    fn bad_path() -> Self {
        Self::arm(StatusCode::BAD_REQUEST, "InvalidRequestUri", "The path of the request is not UTF-8.")
    }
}

/// The types of resources that are not emulated, although some are in the model.
pub(super) fn types_not_emulated(resources: &[Resource]) -> BTreeSet<&'static str> {
    let types = resources.iter().map(|resource| resource.id().resource_type());
    types.filter_map(|resource_type| limits::not_emulated(&resource_type)).collect()
}

/// The resource that a request's body makes of what was there before, whose fields it replaces.
fn merged(id: &ResourceId, before: Option<Resource>, body: Map<String, Value>) -> Result<Resource, Reply> {
    let mut whole = match before {
        Some(before) => before.into_value(),
        None => Value::Object(Map::new()),
    };
    for (field, value) in body {
        match (field.as_str(), value) {
            ("id" | "name" | "type" | "etag" | "systemData", _) | ("properties", Value::Null) => {}
            ("properties", Value::Object(properties)) => {
                let Value::Object(there) = &mut whole else { continue };
                let there = there.entry("properties").or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(there) = there {
                    there.extend(properties);
                }
            }
            ("properties", _) => return Err(Reply::apim_invalid("properties", "An object is needed.")),
            (_, value) => whole[&field] = value,
        }
    }
    whole["id"] = id.as_str().into();
    if whole.get("properties").is_none() {
        whole["properties"] = Value::Object(Map::new());
    }
    Resource::from_value(whole).map_err(|error| refused(&error.into()))
}

/// The answer for a change that the model refuses.
fn refused(error: &ProviderError) -> Reply {
    match error {
        ProviderError::Conflict(_) => {
            let message = "Exception of type 'Microsoft.WindowsAzure.ApiManagement.Management.Core.Exceptions.\
                           PreconditionFailedException' was thrown.";
            Reply::apim(StatusCode::PRECONDITION_FAILED, "PreconditionFailed", message)
        }
        ProviderError::NotFound(id) => match Kind::of_type(&id.resource_type()) {
            Some(kind) if kind.is_top_level() => Reply::resource_not_found(id),
            Some(kind) if kind.is_of_web() => Reply::web_not_found(kind.noun(), id.name()),
            Some(kind) => apim::not_found(kind),
            None => Reply::resource_not_found(id),
        },
        ProviderError::Rejected { code, .. } if code == "59363" => link::second_backend(),
        ProviderError::Rejected { code, message, .. } => {
            let target = [("Product with", "name"), ("Subscription scope", "scope")];
            match target.iter().find(|(words, _)| message.starts_with(words)) {
                Some((_, target)) => Reply::apim_invalid(target, message),
                None => Reply::apim(StatusCode::BAD_REQUEST, code, message),
            }
        }
        ProviderError::Malformed(problem) => {
            Reply::apim(StatusCode::BAD_REQUEST, "ValidationError", &problem.to_string())
        }
        other => unavailable(other),
    }
}

/// The answer where the model cannot be read or written.
pub(super) fn unavailable(error: &ProviderError) -> Reply {
    tracing::warn!(%error, "the model cannot be used");
    let message = format!("The model of the emulator cannot be used: {error}.");
    Reply::arm(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", message).retry_after(1)
}
