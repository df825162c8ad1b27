//! Operations that no client requested, as far as the model shows them: keys that were created before the emulator
//! started, by another process on the same model, or when a site was connected.
#![warn(clippy::arithmetic_side_effects)]

use std::collections::VecDeque;

use hyper::StatusCode;
use jiff::{SignedDuration, Timestamp};

use super::Operation;
use crate::{
    model::{ApimSubscriptionId, KeySlot, KeyTimes, LinkedBackendId, ResourceId},
    provider::json::JsonControlPlane,
};

/// The caller of an operation that is known only from the model.
const CALLER: &str = "model";

/// Returns an operation for each key whose creation the model records and no requested operation shows.
pub(super) fn unrequested(plane: &JsonControlPlane, requested: &VecDeque<Operation>) -> Vec<Operation> {
    // An unreadable model is reported by every other answer.
    let all = plane.all_key_times().unwrap_or_default();
    let of_slots = all.into_iter().flat_map(|(id, KeyTimes { primary, secondary })| {
        [(id.clone(), KeySlot::Primary, primary), (id, KeySlot::Secondary, secondary)]
    });
    let timed = of_slots.filter_map(|(id, slot, time)| Some((id, slot, time?)));
    let mut all: Vec<Operation> =
        timed.filter_map(|(id, slot, time)| operation(&id, slot, time, requested)).collect();
    // One creation has made both keys.
    all.dedup_by(|a, b| (&a.id, &a.name, &a.resource) == (&b.id, &b.name, &b.resource));
    all
}

fn operation(
    id: &ResourceId,
    slot: KeySlot,
    time: Timestamp,
    requested: &VecDeque<Operation>,
) -> Option<Operation> {
    let mut at_this_time = requested.iter().filter(|operation| covers(operation, time));
    if at_this_time.clone().any(|operation| operation.resource == *id && can_change_keys(operation)) {
        return None;
    }
    let connect = at_this_time.find(|operation| operation.resource.is_a(LinkedBackendId::TYPE));
    Some(connect.map_or_else(|| regenerated(id, slot, time), |connect| created(id, time, connect)))
}

/// Returns the creation of a subscription with both keys, by connecting a site on behalf of the client.
fn created(id: &ResourceId, time: Timestamp, connect: &Operation) -> Operation {
    Operation {
        started: time,
        ended: time,
        name: format!("{}/write", ApimSubscriptionId::TYPE),
        resource: id.clone(),
        status: StatusCode::CREATED,
        ..connect.clone()
    }
}

fn regenerated(id: &ResourceId, slot: KeySlot, time: Timestamp) -> Operation {
    let action = match slot {
        KeySlot::Primary => "regeneratePrimaryKey/action",
        KeySlot::Secondary => "regenerateSecondaryKey/action",
    };
    let number = format!("{}-{action}-{time}", id.name());
    Operation {
        started: time,
        ended: time,
        caller: CALLER.to_owned(),
        name: format!("{}/{action}", ApimSubscriptionId::TYPE),
        resource: id.clone(),
        status: StatusCode::NO_CONTENT,
        correlation_id: number.clone(),
        id: number,
    }
}

/// Whether an operation on a subscription can have changed its keys: reads of keys are in the log too.
fn can_change_keys(operation: &Operation) -> bool {
    operation.name.ends_with("/write") || operation.name.ends_with("Key/action")
}

/// Whether an operation was in progress at a time, which the model records to the second.
fn covers(operation: &Operation, time: Timestamp) -> bool {
    time.duration_since(operation.started) > SignedDuration::from_secs(-1) && time <= operation.ended
}
