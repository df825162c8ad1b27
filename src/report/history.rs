//! The report of `history`.

use schemars::JsonSchema;
use serde::Serialize;

use super::SCHEMA_VERSION;
use crate::{engine::LinkEvent, model::ResourceId};

/// The document that `history -o json` prints.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryReport {
    /// The version of this document's schema.
    pub schema_version: u32,
    /// The changes of the link, newest first.
    pub events: Vec<HistoryEventReport>,
}

/// A change of a link, as the activity log has it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEventReport {
    /// When the operation started, in UTC.
    pub time: String,
    /// The name of the user, or the id of the application; `null` if the log has none.
    pub caller: Option<String>,
    /// The operation, as Azure names it.
    pub operation: String,
    /// The operation in words.
    pub summary: String,
    /// The ARM id of the resource.
    #[schemars(with = "String")]
    pub resource: ResourceId,
    /// The latest status, as Azure names it, such as `Succeeded`.
    pub status: String,
    /// The correlation id of the client's request, for a request to Azure's support.
    pub correlation_id: Option<String>,
}

impl HistoryReport {
    /// Returns the report of these changes.
    #[must_use]
    pub fn of(events: &[LinkEvent]) -> Self {
        Self { schema_version: SCHEMA_VERSION, events: events.iter().map(HistoryEventReport::of).collect() }
    }
}

impl HistoryEventReport {
    fn of(event: &LinkEvent) -> Self {
        Self {
            time: format!("{:.0}", event.time),
            caller: event.caller.clone(),
            operation: event.operation.clone(),
            summary: event.summary.clone(),
            resource: event.resource.clone(),
            status: event.status.clone(),
            correlation_id: event.correlation_id.clone(),
        }
    }
}
