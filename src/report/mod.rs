//! Reports of commands: the values that JSON is serialized from and tables are drawn from.

mod audit;
mod change;
mod clean;
mod doctor;
mod emulator;
mod event;
mod explain;
mod finding;
mod history;
mod key_age;
mod link;
mod list;
mod mark;
mod schema;

use schemars::JsonSchema;
use serde::Serialize;

pub use self::{
    audit::{
        ActivityLogReport, AuditReport, DanglingLinkReport, ProductAuditReport, ProductStatus,
        ProductSubscriptionReport, PruneOutcome, PruneReport, PrunedReport, ServiceAuditReport, SparedReport,
    },
    change::{ChangeReport, ChangeResult, KeysReport, Outcome, StepReport, StepStatus, Told},
    doctor::{DoctorReport, HopReport, NeedReport, VerbReport},
    emulator::EmulatorReport,
    event::{Event, EventLine},
    explain::{ExplainReport, Explained, VersionReport},
    finding::{FindingReport, UndoReport},
    history::{HistoryEventReport, HistoryReport},
    key_age::{KeyAgeReport, KeyCreation},
    link::{
        ApiReport, ApiVersionReport, ApimReport, LinkReport, PolicyReport, PolicyVerdictReport,
        ProductReport, StaticSiteReport, StatusReport,
    },
    list::{BackendKind, LinkedToReport, ListReport, ListedSite, SiteState},
    schema::schemas,
};
pub(crate) use self::{
    clean::{escaped_json, one_line, put},
    link::environment_name,
    mark::{Mark, site_mark, state_mark},
};

/// The version of every JSON document that this program prints.
pub const SCHEMA_VERSION: u32 = 1;

/// A failure, as reports contain it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorReport {
    /// The error message.
    pub message: String,
    /// The causes, from the outermost to the innermost.
    pub causes: Vec<String>,
    /// The next command, if there is one.
    pub hint: Option<String>,
    /// The exit code of this failure by itself.
    pub exit_code: u8,
    /// The number of milliseconds after which the control plane asks for a retry; absent if it does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

/// The document that `api list -o json` prints.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiListReport {
    /// The version of this document's schema.
    pub schema_version: u32,
    /// The name of the environment in the configuration file.
    pub env: String,
    /// The link's product, if it exists.
    pub product: Option<String>,
    /// Every API of the service.
    pub apis: Vec<ApiReport>,
}

/// The document that `model snapshot --out FILE -o json` prints.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotReport {
    /// The version of this document's schema.
    pub schema_version: u32,
    /// The path of the model file.
    pub model: String,
    /// The number of resources in the model.
    pub resources: usize,
    /// Whether the model differs from the previous content of the file.
    pub changed: bool,
}

/// The document that `model import -o json` prints.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportReport {
    /// The version of this document's schema.
    pub schema_version: u32,
    /// The path of the model file.
    pub model: String,
    /// The number of created resources.
    pub created: usize,
    /// The number of resources that existed and were changed.
    pub changed: usize,
    /// The number of resources that existed and were not changed.
    pub unchanged: usize,
}
