//! The control plane: Azure Resource Manager's interface to the model. Each file handles a part of it, with functions
//! of the [`ResourceManager`].

mod activity;
mod apim;
mod asked;
mod built_in;
mod call;
mod emptied;
mod ended;
mod entity;
mod envelope;
mod filter;
pub(super) mod fuzzing;
mod graph;
mod layout;
mod link;
mod manager;
mod merge;
mod not_emulated;
mod operations;
mod order;
mod page;
mod policy;
mod presence;
mod provisioning;
mod read;
mod refused;
mod region;
mod resources;
mod revision;
mod route;
mod schema;
mod scope;
mod served;
mod shape;
mod site;
mod version;
mod web;
mod write;

use std::{sync::Arc, time::Duration};

use hyper::{HeaderMap, Method};

pub use self::provisioning::{Ending, LinkProvisioning, Shape, UnknownChoice};
pub(super) use self::{
    asked::{Access, Asked},
    call::Query,
    manager::ResourceManager,
    not_emulated::{resource_types, types_not_emulated},
    provisioning::Linking,
    scope::TENANT,
};
use self::{
    call::Call,
    route::Route,
    served::{Listed, Namespace},
    shape::View,
};
use super::reply::Reply;
use crate::model::{ArmType, ResourceId};

/// The parts of a request other than its address.
pub(super) struct Arrived<'a> {
    pub(super) method: &'a Method,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: bytes::Bytes,
    /// The address at which the client reaches the control plane.
    pub(super) base: String,
    /// How a PUT of a linked backend behaves.
    pub(super) linking: Linking,
    /// How long a change is not in the activity log.
    pub(super) log_delay: Duration,
}

/// Handles an authorized request.
pub(super) async fn answer(manager: &Arc<ResourceManager>, asked: Asked, arrived: Arrived<'_>) -> Reply {
    let version = asked.query.get("api-version");
    let known = match &asked.route {
        Ok(route) => version::check(route, version),
        Err(problem) => Err(version::unrouted(problem, version)),
    };
    let header = |name: &str| Some(arrived.headers.get(name)?.to_str().ok()?.to_owned());
    let (if_match, if_none_match) = (header("if-match"), header("if-none-match"));
    let Asked { path, query, route } = asked;
    let call = Call {
        method: arrived.method.clone(),
        path,
        query,
        if_match,
        if_none_match,
        body: arrived.body,
        base: arrived.base,
        linking: arrived.linking,
        log_delay: arrived.log_delay,
    };
    match (known, route) {
        (Ok(()), Ok(route)) => {
            let is_web = route.namespace() == Namespace::Web;
            let begun = activity::Begun::of(&route, &call, arrived.headers, &*manager.ambient);
            let reply = carry_out(manager, &call, route).await.unwrap_or_else(|refusal| refusal);
            if let Some(begun) = begun {
                begun.end(reply.status, &manager.activity, &*manager.ambient);
            }
            if is_web { reply.plain() } else { reply }
        }
        (Err(refusal), _) => refusal,
        (Ok(()), Err(_)) => Reply::internal_error(),
    }
}

async fn carry_out(manager: &Arc<ResourceManager>, call: &Call, route: Route) -> Result<Reply, Reply> {
    presence::check(manager, call, &route)?;
    match route {
        Route::Operation(number) => Ok(progress(manager, call, number)),
        Route::Activity(azure_subscription) if call.method == Method::GET => {
            let (plane, now) = (manager.store.current(), manager.ambient.now());
            activity::answer(&manager.activity, &plane, now, call, &azure_subscription)
        }
        Route::Collection(parent, Listed::Of(kind)) if call.method == Method::GET && kind.is_of_web() => {
            web::list(manager, call, &parent, Listed::Of(kind))
        }
        Route::Collection(parent, listed) if call.method == Method::GET => {
            apim::list(manager, call, &parent, listed).await
        }
        Route::Activity(_) | Route::Collection(..) => Err(Reply::method_not_allowed(&call.method)),
        Route::Resource(id, kind) if kind.is_of_web() => web::answer(manager, call, id, kind).await,
        Route::Resource(id, kind) => apim::answer(manager, call, id, kind).await,
        Route::Action(..) if call.method != Method::POST => Err(Reply::method_not_allowed(&call.method)),
        Route::Action(id, ArmType::LinkedBackend, action) if action == "validate" => {
            link::validate(manager, call, id)
        }
        Route::Action(id, ArmType::ApimSubscription, action) => {
            apim::subscription_action(manager, id, &action).await
        }
        Route::Action(_, _, action) => Err(Reply::no_such_action(&action)),
        route @ (Route::Endpoints
        | Route::Identity
        | Route::Tenants
        | Route::AzureSubscriptions
        | Route::AzureSubscription(_)
        | Route::Groups(_)
        | Route::Group(_)
        | Route::Providers(..)
        | Route::All(_)
        | Route::Everywhere(..)
        | Route::Permissions
        | Route::Graph) => resources::answer(manager, call, route).await,
    }
}

/// Returns the status of an operation.
fn progress(manager: &ResourceManager, call: &Call, number: u64) -> Reply {
    let plane = &*manager.store.current();
    let body = |id: &ResourceId| {
        let found = plane.find(id).ok().flatten()?;
        if id.is_a(ArmType::ApimService.name()) {
            return Some(read::body(plane, found, ArmType::ApimService, call, View::Read));
        }
        let found = found.value;
        if id.is_a(ArmType::LinkedBackend.name()) {
            return Some(site::backend(plane, &found, call, site::Zone::Named));
        }
        if id.is_a(ArmType::StaticSite.name()) {
            return site::site(plane, &found, call).ok();
        }
        Some(found.into_value())
    };
    manager.operations.progress(call, number, body)
}
