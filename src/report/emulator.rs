//! The document that `emulate` prints when it is ready.

use schemars::JsonSchema;
use serde::Serialize;

use super::SCHEMA_VERSION;

/// The document that `emulate` prints when it accepts connections.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmulatorReport {
    /// The version of this document's schema.
    pub schema_version: u32,
    /// The address of Resource Manager.
    pub control_plane: String,
    /// The address of the edges and the gateways.
    pub data_plane: String,
    /// The address of the page, with its one-time token; absent without `--ui`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ui: Option<String>,
}

impl EmulatorReport {
    /// Returns the report of an emulator by its addresses.
    #[must_use]
    pub fn new(control_plane: String, data_plane: String, ui: Option<String>) -> Self {
        Self { schema_version: SCHEMA_VERSION, control_plane, data_plane, ui }
    }
}
