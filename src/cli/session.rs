//! What a command works with: settings and control planes, the terminal, and what was changed so far.

use std::env;

use anyhow::Context as _;
use clap::ArgMatches;

use super::{
    args::{GlobalArgs, contradictions},
    interrupt::Interrupt,
    invocation::Outside,
    journal::Journal,
};
use crate::{
    output::Ui,
    workflow::{Deadline, UsageError, Workspace, WorkspaceOptions},
};

/// What a command works with.
pub(crate) struct Session {
    pub(crate) ui: Ui,
    /// Settings and control planes.
    pub(crate) work: Workspace,
    /// Whether every question is answered with yes.
    pub(crate) yes: bool,
    /// What the command has changed so far.
    pub(crate) journal: Journal,
    /// The request to end.
    pub(crate) interrupt: Interrupt,
}

impl Session {
    pub(crate) fn new(
        global: &GlobalArgs,
        matches: &ArgMatches,
        journal: Journal,
        interrupt: Interrupt,
        outside: Outside,
    ) -> anyhow::Result<Self> {
        contradictions::check(matches)?;
        let folder = env::current_dir().context("could not find the working directory")?;
        let options = WorkspaceOptions {
            overrides: global.overrides(matches),
            deadline: Deadline::new(global.timeout),
            ambient: outside.ambient,
            variables: outside.variables,
            transport: outside.transport,
        };
        let work = Workspace::open(&folder, options)?;
        let ui = global.ui().writing_to(outside.streams);
        ui.check_pipeline().map_err(|(file, error)| {
            UsageError::new(format!("could not write `{}`: {error}", file.display()))
                .hint("it is where a pipeline wants to read what happened: name a file that you may write to")
        })?;
        Ok(Self { ui, work, yes: global.yes, journal, interrupt })
    }
}
