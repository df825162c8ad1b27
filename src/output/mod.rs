//! Reports → tables, JSON and the rest. The only module that writes to stdout or stderr.

mod change;
mod doctor;
mod format;
mod report;
mod schema;
mod status;
mod style;
mod ui;

pub use format::{Format, InvalidQuery, Query};
pub use report::{
    ApiListReport, ApiReport, ApimReport, ChangeReport, ChangeResult, DoctorReport, ErrorReport, HopReport,
    ImportReport, KeysReport, LinkReport, NeedReport, Outcome, SCHEMA_VERSION, SnapshotReport,
    StaticSiteReport, StatusReport, StepReport, StepStatus, VerbReport,
};
pub use schema::schemas;
pub use ui::{AskError, Progress, Ui, UiOptions};
