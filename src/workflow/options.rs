//! The options of a workspace.

use std::{fmt, sync::Arc};

use super::deadline::Deadline;
use crate::{
    ambient::{self, Ambient, System},
    config::{Overrides, ParsedConfig},
    diagnosis::Render,
    provider::{
        arm::{Connections, Transport},
        json::ParsedModels,
    },
};

/// How a sample is opened that has no file yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingSample {
    /// Its file is created.
    #[default]
    Create,
    /// It is read from memory, and no file is created.
    InMemory,
}

/// The options to open a workspace with.
#[derive(Clone)]
pub struct WorkspaceOptions {
    /// The values of flags and environment variables, which override files.
    pub overrides: Overrides,
    /// When the command must end.
    pub deadline: Deadline,
    /// The time and random numbers.
    pub ambient: Arc<dyn Ambient>,
    /// Reads environment variables, in which credentials are configured.
    pub variables: fn(&str) -> Option<String>,
    /// Sends requests to Azure, if not the network.
    pub transport: Option<Arc<dyn Transport>>,
    /// The connections to Azure and the credentials. Workspaces that are opened with clones of these options share them.
    pub connections: Connections,
    /// The configuration file that was parsed last. Workspaces that are opened with clones of these options share it.
    pub configuration: ParsedConfig,
    /// The models that were parsed last. Workspaces that are opened with clones of these options share them.
    pub models: ParsedModels,
    /// Writes the commands in reports.
    pub render: Render,
    /// How a sample is opened that has no file yet.
    pub missing_sample: MissingSample,
}

impl fmt::Debug for WorkspaceOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkspaceOptions").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

impl WorkspaceOptions {
    /// Options without overrides, with the default time limit, the operating system and the network. The commands in
    /// reports are written by `render`, such as [`command_line`](crate::cli::command_line).
    #[must_use]
    pub fn new(render: Render) -> Self {
        Self {
            overrides: Overrides::default(),
            deadline: Deadline::new(None),
            ambient: Arc::new(System),
            variables: ambient::variable,
            transport: None,
            connections: Connections::default(),
            configuration: ParsedConfig::default(),
            models: ParsedModels::default(),
            render,
            missing_sample: MissingSample::default(),
        }
    }
}
