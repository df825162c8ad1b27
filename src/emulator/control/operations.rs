//! Long-running operations: the state of each, and how its resource is shown until it ends.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use hyper::{StatusCode, header::LOCATION};
use serde_json::{Value, json};
use strum::IntoStaticStr;
use tokio::task::JoinSet;

use super::{
    call::Call,
    ended::{self, ASYNC_OPERATION},
    provisioning::Shape,
};
use crate::{
    emulator::reply::Reply,
    model::{ArmType, Resource, ResourceId, WEB},
};

/// The maximum number of operations that are kept.
const MOST: usize = 1000;

/// The state of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
pub(super) enum Stage {
    InProgress,
    Succeeded,
    Failed,
    Canceled,
}

impl Stage {
    pub(super) fn word(self) -> &'static str {
        self.into()
    }
}

/// How the addresses of an operation differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Addresses {
    /// There is one; the shape of the first answer decides what it returns.
    One(Shape),
    /// There is one for `Azure-AsyncOperation`, which returns the status, and another for `Location`.
    Two,
}

/// An operation that has not succeeded, and how its resource is shown meanwhile.
#[derive(Clone)]
struct OngoingOperation {
    number: u64,
    shown: Resource,
    stage: Stage,
    addresses: Addresses,
    /// The error that is reported if it fails.
    error: Value,
}

impl fmt::Debug for OngoingOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OngoingOperation")
            .field("number", &self.number)
            .field("shown", &self.shown)
            .finish_non_exhaustive()
    }
}

/// All operations that are kept.
#[derive(Debug, Default)]
pub(super) struct Operations {
    entries: Mutex<Vec<OngoingOperation>>,
    tasks: Mutex<JoinSet<()>>,
}

impl Operations {
    fn entries(&self) -> MutexGuard<'_, Vec<OngoingOperation>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins an operation on a resource, and drops any earlier operation on it.
    pub(super) fn begin(&self, shown: Resource, shape: Shape) -> u64 {
        self.add(shown, Addresses::One(shape), Stage::InProgress)
    }

    /// Adds an operation that has succeeded before its first answer, which has two addresses.
    pub(super) fn ended(&self, shown: Resource) -> u64 {
        self.add(shown, Addresses::Two, Stage::Succeeded)
    }

    fn add(&self, shown: Resource, addresses: Addresses, stage: Stage) -> u64 {
        let mut entries = self.entries();
        let number = entries.last().map_or(0, |last| last.number + 1);
        for other in entries.iter_mut().filter(|it| it.shown.id() == shown.id()) {
            other.stage = if other.stage == Stage::InProgress { Stage::Canceled } else { other.stage };
        }
        if entries.len() >= MOST {
            entries.remove(0);
        }
        entries.push(OngoingOperation { number, shown, stage, addresses, error: Value::Null });
        number
    }

    /// Ends an operation, unless another one has replaced it.
    pub(super) fn finish(&self, number: u64, stage: Stage, error: Value) {
        let mut entries = self.entries();
        let mut of_number = entries.iter_mut().filter(|it| it.number == number);
        if let Some(operation) = of_number.find(|it| it.stage == Stage::InProgress) {
            (operation.stage, operation.error) = (stage, error);
        }
    }

    /// Whether an operation is in progress.
    pub(super) fn is_going_on(&self, number: u64) -> bool {
        self.entries().iter().any(|it| it.number == number && it.stage == Stage::InProgress)
    }

    /// Cancels the operation on a resource, which is no longer shown.
    pub(super) fn forget(&self, id: &ResourceId) {
        for operation in self.entries().iter_mut().filter(|it| it.shown.id() == id) {
            operation.stage = Stage::Canceled;
            operation.shown = Resource::new(forgotten(), serde_json::Map::new());
        }
    }

    /// Returns how a resource is shown while an operation on it is in progress or after it has failed.
    pub(super) fn shown(&self, id: &ResourceId) -> Option<Resource> {
        let entries = self.entries();
        let last = entries.iter().rev().find(|it| it.shown.id() == id)?;
        (last.stage != Stage::Succeeded).then(|| {
            let mut shown = last.shown.clone();
            shown.set_property("provisioningState", last.stage.word());
            shown
        })
    }

    /// Returns the resources below a parent that have such an operation.
    pub(super) fn shown_below(&self, prefix: &str) -> Vec<Resource> {
        let mut ids: Vec<ResourceId> = self.entries().iter().map(|it| it.shown.id().clone()).collect();
        ids.retain(|id| id.lower_case().starts_with(prefix));
        ids.sort();
        ids.dedup();
        ids.iter().filter_map(|id| self.shown(id)).collect()
    }

    /// Runs the rest of an operation in the background, until it ends or the emulator stops.
    pub(super) fn spawn(&self, rest: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(rest);
    }

    /// Stops all operations in progress.
    pub(super) fn stop(&self) {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }

    /// The answer that begins an operation.
    pub(super) fn begun(call: &Call, number: u64, shape: Shape, body: Value) -> Reply {
        let address = call.address(
            &format!(
                "/subscriptions/{}/providers/{WEB}/locations/emulator/operationResults/{number}",
                azure_subscription(&call.path)
            ),
            &format!("api-version={}", call.query.get("api-version").unwrap_or_default()),
        );
        let status = match shape {
            Shape::Final | Shape::InProgress | Shape::Location | Shape::AsyncOperation => StatusCode::OK,
            Shape::CreatedAsyncOperation => StatusCode::CREATED,
            Shape::AcceptedAsyncOperation | Shape::AcceptedLocation => StatusCode::ACCEPTED,
        };
        let reply = if body.is_null() { Reply::status(status) } else { Reply::with(status, body) };
        match shape {
            Shape::Final | Shape::InProgress => reply,
            Shape::Location | Shape::AcceptedLocation => reply.header(LOCATION, address),
            Shape::AsyncOperation | Shape::CreatedAsyncOperation | Shape::AcceptedAsyncOperation => {
                reply.header(ASYNC_OPERATION, address)
            }
        }
        .retry_after(1)
    }

    /// The answer to a poll of an operation; `current` is the resource as it is now.
    pub(super) fn progress(
        &self,
        call: &Call,
        number: u64,
        current: impl FnOnce(&ResourceId) -> Option<Value>,
    ) -> Reply {
        let found = self.entries().iter().find(|it| it.number == number).cloned();
        let Some(operation) = found else {
            return Reply::arm(StatusCode::NOT_FOUND, "NotFound", "The operation was not found.");
        };
        let word = operation.stage.word();
        let by_location = match operation.addresses {
            Addresses::One(shape) => matches!(shape, Shape::Location | Shape::AcceptedLocation),
            Addresses::Two => !ended::is_of_status(call),
        };
        match (operation.stage, by_location) {
            (Stage::InProgress, true) => Reply::status(StatusCode::ACCEPTED)
                .header(LOCATION, call.address(&call.path, &call.query.with("attempt", "next")))
                .retry_after(1),
            (Stage::Succeeded, true) => match current(operation.shown.id()) {
                Some(body) => Reply::ok(body),
                // As recorded, the deletion of a service ends with 200 and without a body.
                None if operation.shown.id().is_a(ArmType::ApimService.name()) => {
                    Reply::status(StatusCode::OK)
                }
                None => Reply::status(StatusCode::NO_CONTENT),
            },
            (Stage::InProgress, false) => Reply::ok(json!({ "status": word })).retry_after(1),
            (Stage::Succeeded, false) if operation.addresses == Addresses::Two => ended::status(call, word),
            (Stage::Succeeded, false) => Reply::ok(json!({ "status": word })),
            (Stage::Failed | Stage::Canceled, _) => {
                Reply::ok(json!({"status": word, "error": operation.error}))
            }
        }
    }
}

fn azure_subscription(path: &str) -> &str {
    path.split('/').nth(2).unwrap_or_default()
}

/// Returns a placeholder id.
fn forgotten() -> ResourceId {
    ResourceId::resource_group("-", "-").expect("constant names")
}

#[cfg(test)]
mod tests {
    use hyper::Method;
    use serde_json::Map;

    use super::{super::call::tests::call, *};

    fn backend() -> Resource {
        let id = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/staticSites/x/linkedBackends/b";
        Resource::new(ResourceId::parse(id).unwrap(), Map::new())
    }

    fn asked() -> Call {
        call(Method::GET, "/subscriptions/s/operationResults/0?api-version=2024-04-01", &Value::Null)
    }

    #[test]
    fn every_shape_ends_in_what_clients_wait_for() {
        for shape in <Shape as strum::VariantNames>::VARIANTS {
            let shape: Shape = shape.parse().unwrap();
            let operations = Operations::default();
            let number = operations.begin(backend(), shape);
            let begun = Operations::begun(&asked(), number, shape, json!({"id": "x"})).into_response();
            assert_eq!(begun.headers()["retry-after"], "1", "{shape}");
            let state = |shown: Option<Resource>| {
                shown.and_then(|it| it.field("properties.provisioningState").cloned())
            };
            assert_eq!(state(operations.shown(backend().id())), Some("InProgress".into()));
            let by_location = begun.headers().contains_key("location");
            let pending = operations.progress(&asked(), number, |_| None);
            assert_eq!(pending.status.as_u16(), if by_location { 202 } else { 200 }, "{shape}");
            assert_eq!(pending.into_response().headers()["retry-after"], "1");
            operations.finish(number, Stage::Succeeded, Value::Null);
            let done = operations.progress(&asked(), number, |_| Some(json!({"id": "now"})));
            let expected = if by_location { json!({"id": "now"}) } else { json!({"status": "Succeeded"}) };
            assert_eq!((done.status, done.body()), (StatusCode::OK, Some(&expected)), "{shape}");
            assert_eq!(operations.shown(backend().id()), None, "the resource speaks for itself again");
        }
    }

    #[test]
    fn a_failure_is_reported_until_the_resource_is_put_again() {
        let operations = Operations::default();
        let number = operations.begin(backend(), Shape::AsyncOperation);
        operations.finish(number, Stage::Failed, json!({"code": "x"}));
        let body = operations.progress(&asked(), number, |_| None);
        assert_eq!(body.body(), Some(&json!({"status": "Failed", "error": {"code": "x"}})));
        let shown = operations.shown(backend().id()).unwrap();
        assert_eq!(shown.field("properties.provisioningState"), Some(&"Failed".into()));
        let again = operations.begin(backend(), Shape::AsyncOperation);
        operations.finish(number, Stage::Succeeded, Value::Null);
        assert!(operations.is_going_on(again), "what is late changes nothing");
        operations.forget(backend().id());
        assert_eq!(operations.shown(backend().id()), None);
        assert!(!operations.is_going_on(again));
    }
}
