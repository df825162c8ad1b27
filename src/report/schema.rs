//! The JSON Schemas of the documents that commands print.

use schemars::{Schema, schema_for};

use super::{
    ApiListReport, AuditReport, ChangeReport, DoctorReport, EmulatorReport, EventLine, ExplainReport,
    HistoryReport, ImportReport, ListReport, PruneReport, SnapshotReport, StatusReport, VersionReport,
};

/// Returns the JSON Schema of every document, with the name of its file under `docs/schemas`.
#[must_use]
pub fn schemas() -> [(&'static str, Schema); 14] {
    [
        ("status.v1.schema.json", schema_for!(StatusReport)),
        ("change.v1.schema.json", schema_for!(ChangeReport)),
        ("api-list.v1.schema.json", schema_for!(ApiListReport)),
        ("list.v1.schema.json", schema_for!(ListReport)),
        ("import.v1.schema.json", schema_for!(ImportReport)),
        ("doctor.v1.schema.json", schema_for!(DoctorReport)),
        ("emulate.v1.schema.json", schema_for!(EmulatorReport)),
        ("snapshot.v1.schema.json", schema_for!(SnapshotReport)),
        ("audit.v1.schema.json", schema_for!(AuditReport)),
        ("prune.v1.schema.json", schema_for!(PruneReport)),
        ("event.v1.schema.json", schema_for!(EventLine)),
        ("history.v1.schema.json", schema_for!(HistoryReport)),
        ("explain.v1.schema.json", schema_for!(ExplainReport)),
        ("version.v1.schema.json", schema_for!(VersionReport)),
    ]
}
