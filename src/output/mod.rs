//! Reports → tables, JSON and the rest. The only module that writes to stdout or stderr.

mod change;
mod format;
mod report;
mod schema;
mod status;
mod style;
mod ui;

pub use format::{Format, InvalidQuery, Query};
pub use report::{
    ApiListReport, ApiReport, ApimReport, ChangeReport, ChangeResult, ErrorReport, ImportReport, KeysReport,
    LinkReport, Outcome, SCHEMA_VERSION, StaticSiteReport, StatusReport, StepReport, StepStatus,
};
pub use schema::schemas;
pub use ui::{AskError, Progress, Ui, UiOptions};
