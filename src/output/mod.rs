//! Reports → tables, JSON and the rest. The only module that writes to stdout or stderr.

mod ask;
mod audit;
mod change;
mod ci;
mod clean;
mod doctor;
mod export;
mod format;
mod graph;
mod notes;
mod progress;
mod report;
mod schema;
mod status;
mod streams;
mod style;
mod ui;

pub use ask::AskError;
pub use ci::{Event, EventLine, Pipeline};
#[cfg(test)]
use clean::is_hazard;
pub(crate) use clean::{one_line, printable};
pub use export::{ExportError, ExportFormat, ExportPart, LinkExport};
pub use format::{Format, InvalidQuery, Query};
pub use graph::{Graph, GraphFormat};
pub use progress::Progress;
pub use report::{
    ApiListReport, ApiReport, ApiVersionReport, ApimReport, AuditReport, ChangeReport, ChangeResult,
    DanglingLinkReport, DoctorReport, ErrorReport, HopReport, ImportReport, KeysReport, LinkReport,
    NeedReport, Outcome, PolicyReport, PolicyVerdictReport, ProductAuditReport, ProductStatus, PruneOutcome,
    PruneReport, PrunedReport, SCHEMA_VERSION, ServiceAuditReport, SnapshotReport, SparedReport,
    StaticSiteReport, StatusReport, StepReport, StepStatus, Told, VerbReport,
};
pub use schema::schemas;
pub use streams::{Streams, Written};
pub(crate) use ui::Screen;
pub use ui::{Ui, UiOptions};
