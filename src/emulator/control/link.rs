//! Linked backends: a PUT creates all resources of a link, with the engine that the command line uses.

use std::sync::Arc;

use futures_util::{FutureExt as _, future::BoxFuture};
use hyper::StatusCode;
use serde_json::{Value, json};

use super::{
    call::Call,
    manager::ResourceManager,
    operations::{Operations, Stage},
    provisioning::{Ending, Linking, Shape},
    refused::refused,
    schema::{self, Purpose},
    site,
};
use crate::{
    ambient::Ambient,
    diagnosis::Selection,
    emulator::{pause::pause, reply::Reply},
    engine::{
        self, Adoption, Existing, Intent, PlannedStep, Previews, Propagation, Provisioner, Step,
        StepListener, Target,
    },
    model::{
        APP, ApimServiceId, ArmType, CONTAINER_APP, LinkedBackendId, Resource, ResourceId, SiteEnvironmentId,
    },
    provider::{Expected, Writes as _, json::JsonControlPlane},
};

/// The types that a site's `/api` can be linked to, and Azure's name for each in an error about a missing backend.
const BACKENDS: [(&str, &str); 3] = [
    (ArmType::ApimService.name(), "ApiManagementService"),
    (APP, "WebSite"),
    (CONTAINER_APP, "ContainerApp"),
];

/// Handles a PUT of a linked backend.
pub(super) async fn put(manager: &Arc<ResourceManager>, call: &Call, id: ResourceId) -> Result<Reply, Reply> {
    let wanted = requested(call, id)?;
    let Linking { provisions, provisioning } = call.linking.clone();
    check(&manager.store.current(), &wanted)?;
    let (shape, ending) = (provisioning.shape, provisioning.ending);
    let takes = provisioning.takes_ms;
    if (shape, ending) == (Shape::Final, Ending::Succeeds) {
        pause(takes).await;
        manager.operations.forget(wanted.id());
        return Ok(connect(manager, call, wanted, provisions).await);
    }
    let mut shown = shown_now(&manager.store.current(), &wanted);
    shown.set_property("provisioningState", Stage::InProgress.word());
    let number = manager.operations.begin(shown.clone(), shape);
    let body = site::backend(&manager.store.current(), &shown, call, site::Zone::Named);
    let (late, of_late) = (Arc::clone(manager), call.clone());
    let rest = async move {
        pause(takes).await;
        conclude(&late, &of_late, number, wanted, (provisions, ending)).await;
    };
    if shape == Shape::Final {
        rest.await;
        let now = manager.operations.shown(shown.id()).unwrap_or(shown);
        return Ok(Reply::ok(site::backend(&manager.store.current(), &now, call, site::Zone::Named)));
    }
    manager.operations.spawn(rest);
    Ok(Operations::begun(call, number, shape, body))
}

async fn conclude(
    manager: &ResourceManager,
    call: &Call,
    number: u64,
    wanted: Resource,
    (provisions, ending): (bool, Ending),
) {
    let failure = json!({"code": "InternalServerError", "message": "The operation did not succeed."});
    match ending {
        Ending::Never => {}
        Ending::Fails => manager.operations.finish(number, Stage::Failed, failure),
        Ending::Cancelled => manager.operations.finish(number, Stage::Canceled, failure),
        Ending::Succeeds if !manager.operations.is_going_on(number) => {}
        Ending::Succeeds => {
            let reply = connect(manager, call, wanted, provisions).await;
            let stage = if reply.status.is_success() { Stage::Succeeded } else { Stage::Failed };
            manager.operations.finish(number, stage, reply.body().cloned().unwrap_or_default());
        }
    }
}

/// Creates the link, and answers with its linked backend.
async fn connect(manager: &ResourceManager, call: &Call, wanted: Resource, provisions: bool) -> Reply {
    let (ambient, id) = (Arc::clone(&manager.ambient), wanted.id().clone());
    let reply = manager.store.change(move |plane| linked(plane, ambient, wanted, provisions)).await;
    if !reply.status.is_success() {
        return reply;
    }
    match manager.store.current().find(&id) {
        Ok(Some(found)) => {
            let plane = &*manager.store.current();
            reply.with_body(site::backend(plane, &found.value, call, site::Zone::Named))
        }
        Ok(None) => reply,
        Err(error) => refused(&error),
    }
}

/// Returns the answer that a PUT would get, without changing anything.
pub(super) fn validate(manager: &ResourceManager, call: &Call, id: ResourceId) -> Result<Reply, Reply> {
    check(&manager.store.current(), &requested(call, id)?)?;
    Ok(Reply::status(StatusCode::NO_CONTENT))
}

fn linked(
    plane: &JsonControlPlane,
    ambient: Arc<dyn Ambient>,
    backend: Resource,
    provisions: bool,
) -> BoxFuture<'_, Result<Reply, Reply>> {
    async move {
        check(plane, &backend)?;
        if provisions {
            provision(plane, &*ambient, &backend).await?;
        }
        // Regardless of the earlier state: each PUT copies the current primary key to the site.
        plane.put(backend, Expected::Anything).await.map_err(|error| refused(&error))?;
        Ok(Reply::status(StatusCode::OK))
    }
    .boxed()
}

/// Returns the linked backend that a request describes.
fn requested(call: &Call, id: ResourceId) -> Result<Resource, Reply> {
    let body = schema::checked(ArmType::LinkedBackend, Purpose::Whole, call.object()?)?;
    let properties = body.get("properties").unwrap_or(&Value::Null);
    let named = properties.get("backendResourceId").and_then(Value::as_str).unwrap_or_default();
    if ResourceId::parse(named).is_err() {
        let message = format!("The parameter backendResourceId has an invalid value '{named}'.");
        return Err(Reply::web(StatusCode::BAD_REQUEST, "BadRequest", Some("51021"), &message));
    }
    let region = properties.get("region").cloned().unwrap_or_default();
    let properties = [("backendResourceId".to_owned(), named.into()), ("region".to_owned(), region)];
    Ok(Resource::new(id, properties.into_iter().collect()))
}

/// Checks that the backend can be linked.
fn check(plane: &JsonControlPlane, backend: &Resource) -> Result<(), Reply> {
    let environment = environment_of(backend)?;
    let named =
        backend.required_text("properties.backendResourceId").map_err(|error| refused(&error.into()))?;
    let target = ResourceId::parse(named).map_err(|error| refused(&error.into()))?;
    let there = |id: &ResourceId| plane.exists(id).map_err(|error| refused(&error));
    if !there(&environment.site())? {
        return Err(Reply::resource_not_found(&environment.site()));
    }
    if !there(&environment)? {
        return Err(Reply::web_not_found("StaticSiteBuild", environment.name()));
    }
    let Some((_, noun)) = BACKENDS.iter().find(|(known, _)| target.is_a(known)) else {
        let message =
            format!("Linked backends are not supported for the resource type {}.", target.resource_type());
        return Err(Reply::web(StatusCode::BAD_REQUEST, "BadRequest", None, &message));
    };
    if *noun == "WebSite" && backend.field("properties.region").is_none() {
        return Err(Reply::with(
            StatusCode::INTERNAL_SERVER_ERROR,
            json!({"Message": "An error has occurred."}),
        ));
    }
    let others =
        plane.children(&environment, ArmType::LinkedBackend.collection()).map_err(|error| refused(&error))?;
    let is_same = |other: &Resource| {
        let of = other.text("properties.backendResourceId").ok().flatten().unwrap_or_default();
        other.id() == backend.id() && of.eq_ignore_ascii_case(named)
    };
    if !others.iter().all(|other| is_same(&other.value)) {
        return Err(Reply::web_second_backend());
    }
    if there(&target)? { Ok(()) } else { Err(Reply::web_not_found(noun, target.name())) }
}

fn environment_of(backend: &Resource) -> Result<SiteEnvironmentId, Reply> {
    let id = LinkedBackendId::try_from(backend.id().clone());
    let parent = id.ok().and_then(|id| id.parent());
    let environment = parent.and_then(|parent| SiteEnvironmentId::try_from(parent).ok());
    environment.ok_or_else(Reply::internal_error)
}

/// Creates or repairs product, subscription and policy.
async fn provision(plane: &JsonControlPlane, ambient: &dyn Ambient, backend: &Resource) -> Result<(), Reply> {
    struct Quiet;
    impl StepListener for Quiet {
        fn starting(&self, _: usize, _: &PlannedStep) {}
    }
    let named = backend.required_text("properties.backendResourceId").unwrap_or_default();
    let Ok(service) = ApimServiceId::parse(named) else { return Ok(()) };
    let site_environment = environment_of(backend)?;
    let target = Target {
        env: site_environment.site().name().to_owned(),
        site_environment,
        service,
        apis: Vec::new(),
        provisioner: Provisioner::Engine,
        propagation: Propagation::Immediate,
        previews: Previews::Allow,
        adoption: Adoption::Allow,
        selection: Selection::default(),
    };
    let observed = engine::observe(plane, &target).await.map_err(|error| refused(&error))?;
    let mut plan = engine::plan(&observed, &Intent::Link { existing: Existing::Keep })
        .map_err(|refusal| Reply::web(StatusCode::BAD_REQUEST, "BadRequest", None, &refusal.to_string()))?;
    // The linked backend itself is stored under the name in the request.
    plan.steps.retain(|planned| !matches!(planned.step, Step::Connect { .. } | Step::Disconnect { .. }));
    match engine::apply(plane, ambient, &plan, Some(observed), &Quiet).await {
        Ok(_) => Ok(()),
        Err(engine::ApplyError::Step { source, .. }) => Err(refused(&source)),
        Err(error) => {
            tracing::warn!(%error, "the link could not be created");
            Err(Reply::internal_error())
        }
    }
}

/// Returns the backend with the properties that are already known.
fn shown_now(plane: &JsonControlPlane, backend: &Resource) -> Resource {
    match plane.find(backend.id()) {
        Ok(Some(found)) => found.value,
        Ok(None) | Err(_) => backend.clone(),
    }
}
