//! What commands report: the very values that JSON is written from and tables are drawn from.

mod audit;
mod change;
mod clean;
mod doctor;
mod event;
mod link;
mod mark;
mod schema;

use schemars::JsonSchema;
use serde::Serialize;

pub use self::{
    audit::{
        AuditReport, DanglingLinkReport, ProductAuditReport, ProductStatus, PruneOutcome, PruneReport,
        PrunedReport, ServiceAuditReport, SparedReport,
    },
    change::{ChangeReport, ChangeResult, KeysReport, Outcome, StepReport, StepStatus, Told},
    doctor::{DoctorReport, HopReport, NeedReport, VerbReport},
    event::{Event, EventLine},
    link::{
        ApiReport, ApiVersionReport, ApimReport, LinkReport, PolicyReport, PolicyVerdictReport,
        StaticSiteReport, StatusReport,
    },
    schema::schemas,
};
pub(crate) use self::{
    clean::{is_hazard, one_line, put},
    link::environment_name,
    mark::{Mark, state_mark},
};

/// The version of every JSON document that this program prints.
pub const SCHEMA_VERSION: u32 = 1;

/// A failure, as it stands in a report.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorReport {
    /// What failed.
    pub message: String,
    /// Why, from the outermost cause to the innermost.
    pub causes: Vec<String>,
    /// The next thing to do, where there is one.
    pub hint: Option<String>,
    /// The exit code that it has by itself.
    pub exit_code: u8,
    /// After how many milliseconds the control plane wants to be asked again, where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

/// What `api list -o json` prints.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiListReport {
    /// The version of this document's shape.
    pub schema_version: u32,
    /// The name of the env.
    pub env: String,
    /// The link's product, if it exists.
    pub product: Option<String>,
    /// Every API of the service.
    pub apis: Vec<ApiReport>,
}

/// What `model snapshot --out FILE -o json` prints.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotReport {
    /// The version of this document's shape.
    pub schema_version: u32,
    /// The model file.
    pub model: String,
    /// How many resources are in it.
    pub resources: usize,
    /// Whether it differs from what was in the file.
    pub changed: bool,
}

/// What `model import -o json` prints.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportReport {
    /// The version of this document's shape.
    pub schema_version: u32,
    /// The model file.
    pub model: String,
    /// How many resources are new.
    pub created: usize,
    /// How many were there and have changed.
    pub changed: usize,
    /// How many were there just so.
    pub unchanged: usize,
}
